"""Commands about benchmarks, sites, flavors and tags."""

from __future__ import annotations

import itertools
import json as jsonlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import click

from eoscperf.client.cli.base import Group, limit_option, settings
from eoscperf.client.cli.output import JSON, field, show_object, show_rows
from eoscperf.client.errors import Usage
from eoscperf.client.model import Status

STATUSES = ("approved", "on_review", "rejected", "deleted")

UPLOADED = field("upload_datetime", "uploaded")
DESCRIPTION = field("description", shown=lambda text: text.partition("\n")[0])
BENCHMARK = (
    field("id"),
    field("docker_image", "image"),
    field("docker_tag", "tag"),
    field("status"),
    UPLOADED,
    DESCRIPTION,
)
SITE = (field("id"), field("name"), field("address"), field("status"), UPLOADED, DESCRIPTION)
FLAVOR = (field("id"), field("name"), field("status"), UPLOADED, DESCRIPTION)
METRIC = (
    field("path"),
    field("label"),
    field("unit_symbol", "unit"),
    field("better"),
    field("headline"),
    field("parameter"),
    field("kind"),
)
TAG = (field("id"), field("name"), UPLOADED, DESCRIPTION)

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

status_option: Decorator = click.option(
    "--status",
    type=click.Choice(STATUSES),
    default="approved",
    show_default=True,
    help="Of others you see approved ones only.",
)
sort_option: Decorator = click.option("--sort", metavar="FIELDS", help="Such as +name or -upload_datetime.")
terms_argument: Decorator = click.argument("terms", nargs=-1, required=True)
description_option: Decorator = click.option("--description", metavar="TEXT")


@click.group(cls=Group)
def benchmarks() -> None:
    """Benchmarks: container images with the schema of their results."""


@benchmarks.command("list")
@click.option("--image", metavar="IMAGE", help="Only versions of this image.")
@status_option
@sort_option
@limit_option
def list_benchmarks(image: str | None, status: Status, sort: str | None, limit: int, every: bool) -> None:
    """List benchmarks."""
    query = _given(docker_image=image, status=status, sort_by=sort)
    show_rows(_some(settings().client().benchmarks.iter(**query), limit, every), BENCHMARK, settings().output)


@benchmarks.command("search")
@terms_argument
@status_option
@limit_option
def search_benchmarks(terms: tuple[str, ...], status: Status, limit: int, every: bool) -> None:
    """List benchmarks in which all words occur."""
    found = settings().client().benchmarks.iter(list(terms), status=status)
    show_rows(_some(found, limit, every), BENCHMARK, settings().output)


@benchmarks.command("show")
@click.argument("benchmark")
def show_benchmark(benchmark: str) -> None:
    """Show a benchmark: IMAGE:TAG or its id."""
    show_object(cast(dict[str, Any], settings().client().names.benchmark(benchmark)), settings().output)


@benchmarks.command("submit")
@click.option("--image", required=True, metavar="IMAGE", help="Container image, without a tag.")
@click.option("--tag", required=True, metavar="TAG", help="Its tag, the version.")
@click.option("--schema", required=True, metavar="FILE", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--url", metavar="URL", help="Where to read about it.")
@description_option
def submit_benchmark(image: str, tag: str, schema: str, url: str | None, description: str | None) -> None:
    """Propose a benchmark; moderators decide about it."""
    client = settings().client()
    found = client.benchmarks.submit(image, tag, _schema(schema), url=url, description=description)
    show_object(cast(dict[str, Any], found), settings().output, leave_out=("json_schema", "uploader"))


@benchmarks.command("metrics")
@click.argument("benchmark")
@click.option("--version", type=click.IntRange(0), help="Another version than the one in force.")
def show_metrics(benchmark: str, version: int | None) -> None:
    """List what is known of the values in the results of BENCHMARK: units, and what is better."""
    given = settings()
    client = given.client()
    found = client.benchmarks.metrics(client.names.benchmark(benchmark)["id"], version=version)
    if given.output == JSON:
        show_object(cast(dict[str, Any], found), given.output)
    else:
        show_rows(found["metrics"], METRIC, given.output)


@click.group(cls=Group)
def sites() -> None:
    """Sites: places that offer machines."""


@sites.command("list")
@status_option
@sort_option
@limit_option
def list_sites(status: Status, sort: str | None, limit: int, every: bool) -> None:
    """List sites."""
    query = _given(status=status, sort_by=sort)
    show_rows(_some(settings().client().sites.iter(**query), limit, every), SITE, settings().output)


@sites.command("search")
@terms_argument
@status_option
@limit_option
def search_sites(terms: tuple[str, ...], status: Status, limit: int, every: bool) -> None:
    """List sites in which all words occur."""
    found = settings().client().sites.iter(list(terms), status=status)
    show_rows(_some(found, limit, every), SITE, settings().output)


@sites.command("show")
@click.argument("site")
def show_site(site: str) -> None:
    """Show a site: its name or id."""
    show_object(cast(dict[str, Any], settings().client().names.site(site)), settings().output)


@sites.command("submit")
@click.option("--name", required=True)
@click.option("--address", required=True, help="Where it is, for people.")
@description_option
def submit_site(name: str, address: str, description: str | None) -> None:
    """Propose a site; moderators decide about it."""
    found = settings().client().sites.submit(name, address, description=description)
    show_object(cast(dict[str, Any], found), settings().output, leave_out=("uploader",))


@click.group(cls=Group)
def flavors() -> None:
    """Flavors: the kinds of machines that a site offers."""


@flavors.command("list")
@click.argument("site")
@status_option
@sort_option
@limit_option
def list_flavors(site: str, status: Status, sort: str | None, limit: int, every: bool) -> None:
    """List the flavors of a site, by its name or id."""
    client = settings().client()
    query = _given(status=status, sort_by=sort)
    found = client.flavors.iter(client.names.site(site)["id"], **query)
    show_rows(_some(found, limit, every), FLAVOR, settings().output)


@flavors.command("search")
@click.argument("site")
@terms_argument
@status_option
@limit_option
def search_flavors(site: str, terms: tuple[str, ...], status: Status, limit: int, every: bool) -> None:
    """List the flavors of a site in which all words occur."""
    client = settings().client()
    found = client.flavors.iter(client.names.site(site)["id"], list(terms), status=status)
    show_rows(_some(found, limit, every), FLAVOR, settings().output)


@flavors.command("show")
@click.argument("flavor")
@click.option("--site", metavar="SITE", help="Its site, if FLAVOR is just its name.")
def show_flavor(flavor: str, site: str | None) -> None:
    """Show a flavor: SITE/FLAVOR or its id."""
    show_object(cast(dict[str, Any], settings().client().names.flavor(flavor, site)), settings().output)


@flavors.command("submit")
@click.option("--site", required=True, metavar="SITE", help="Name or id of its site.")
@click.option("--name", required=True)
@description_option
def submit_flavor(site: str, name: str, description: str | None) -> None:
    """Propose a flavor; moderators decide about it."""
    client = settings().client()
    found = client.flavors.submit(client.names.site(site)["id"], name, description=description)
    show_object(cast(dict[str, Any], found), settings().output, leave_out=("uploader",))


@click.group(cls=Group)
def tags() -> None:
    """Tags: words that group results."""


@tags.command("list")
@sort_option
@limit_option
def list_tags(sort: str | None, limit: int, every: bool) -> None:
    """List tags."""
    query = _given(sort_by=sort)
    show_rows(_some(settings().client().tags.iter(**query), limit, every), TAG, settings().output)


@tags.command("search")
@terms_argument
@limit_option
def search_tags(terms: tuple[str, ...], limit: int, every: bool) -> None:
    """List tags in which all words occur."""
    found = settings().client().tags.iter(list(terms))
    show_rows(_some(found, limit, every), TAG, settings().output)


@tags.command("show")
@click.argument("tag")
def show_tag(tag: str) -> None:
    """Show a tag: its name or id."""
    show_object(cast(dict[str, Any], settings().client().names.tag(tag)), settings().output)


@tags.command("submit")
@click.option("--name", required=True)
@description_option
def submit_tag(name: str, description: str | None) -> None:
    """Make a tag, for everybody to use at once."""
    found = settings().client().tags.submit(name, description=description)
    show_object(cast(dict[str, Any], found), settings().output)


def _schema(path: str) -> dict[str, Any]:
    text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    try:
        found = jsonlib.loads(text)
    except (ValueError, RecursionError) as error:
        raise Usage(f"{path} is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise Usage(f"{path} holds no JSON Schema, which is an object")
    return found


def _some(rows: Iterator[Any], limit: int, every: bool) -> Iterator[Any]:
    return rows if every else itertools.islice(rows, limit)


def _given(**options: Any) -> Any:
    """The options that were given, as a query."""
    return {key: value for key, value in options.items() if value is not None}
