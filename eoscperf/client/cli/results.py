"""Commands about results."""

from __future__ import annotations

import itertools
import sys
from typing import Any, cast, get_args

import click

from eoscperf.client.cli.base import Group, limit_option, settings
from eoscperf.client.cli.finding import Finding, finding_options
from eoscperf.client.cli.output import JSON, TABLE, Column, field, is_terminal, say, show_object, show_rows
from eoscperf.client.cli.terminal import harmless_stream
from eoscperf.client.cli.uploading import submit, upload
from eoscperf.client.errors import Usage
from eoscperf.client.exports import save
from eoscperf.client.frames import MISSING, look_up, split_path
from eoscperf.client.model import Format

RESULT = (
    field("id"),
    field("execution_datetime", "executed"),
    Column("benchmark", lambda row: f"{row['benchmark']['docker_image']}:{row['benchmark']['docker_tag']}"),
    field("site.name", "site"),
    field("flavor.name", "flavor"),
    Column("tags", lambda row: [tag["name"] for tag in row["tags"]]),
    field("status"),
)

SUFFIXES = {
    ".csv": "csv",
    ".json": "json",
    ".md": "md",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".parquet": "parquet",
}


@click.group(cls=Group)
def results() -> None:
    """Results: runs of benchmarks on flavors."""


results.add_command(upload)
results.add_command(submit)

columns_option = click.option(
    "--column", "columns", multiple=True, metavar="PATH", help="Also this value of the JSON."
)


@results.command("list")
@finding_options()
@columns_option
@click.option("--mine", is_flag=True, help="Your own, hidden ones included.")
@limit_option
def list_results(columns: tuple[str, ...], mine: bool, limit: int, every: bool, **options: Any) -> None:
    """List results."""
    client = settings().client()
    source = client.users.results if mine else client.results
    found = source.iter(**cast(Any, Finding(**options).query(client)))
    shown = [*RESULT, *map(_path_column, columns)]
    show_rows(found if every else itertools.islice(found, limit), shown, settings().output)


@results.command("search")
@click.argument("words", nargs=-1, required=True)
@finding_options("terms")
@columns_option
@limit_option
def search_results(
    words: tuple[str, ...], columns: tuple[str, ...], limit: int, every: bool, **options: Any
) -> None:
    """List results where all words occur: in benchmark, site, flavor or tags."""
    client = settings().client()
    query = Finding(**options, terms=words).query(client)
    found = client.results.iter(**cast(Any, query))
    shown = [*RESULT, *map(_path_column, columns)]
    show_rows(found if every else itertools.islice(found, limit), shown, settings().output)


@results.command("show")
@click.argument("id")
def show_result(id: str) -> None:
    """Show a result."""
    found = settings().client().results.get(id)
    if settings().output == JSON:
        show_object(cast(dict[str, Any], found), JSON)
        return
    told: dict[str, Any] = {}
    for column in RESULT:
        told[column.title] = column.text(found) if settings().output == TABLE else column.of(found)
    show_object(told | {"json": found["json"]}, settings().output)


@results.command("export")
@click.argument("file", default="-")
@click.option(
    "--format", "format", type=click.Choice(get_args(Format)), help="By default what FILE ends in, else csv."
)
@click.option(
    "--column", "columns", multiple=True, metavar="PATH", help="A column instead of the JSON; csv, parquet."
)
@click.option("--mine", is_flag=True, help="Your own, hidden ones included.")
@finding_options()
def export_results(
    file: str, format: Format | None, columns: tuple[str, ...], mine: bool, **options: Any
) -> None:
    """Write all results that are found to FILE, or standard output.

    FILE.gz and FILE.zst are compressed. The file appears only when it is complete.
    """
    client = settings().client()
    source = client.users.results if mine else client.results
    chosen = format or _format_of(file)
    if file == "-" and is_terminal() and chosen == "parquet":
        raise Usage("Parquet is nothing to look at: name a file")
    parts = source.export(chosen, columns, **cast(Any, Finding(**options).query(client)))
    if file != "-":
        size = save(parts, file)
        say(f"Wrote {size} bytes of {chosen} to {file}")
    elif is_terminal():
        for text in harmless_stream(parts):
            click.echo(text, nl=False)
    else:
        for part in parts:
            sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()


@results.command("withdraw")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option("--message", "-m", metavar="TEXT", help="Why.")
def withdraw_results(ids: tuple[str, ...], message: str | None) -> None:
    """Take back results of yours."""
    client = settings().client()
    for id in ids:
        client.results.withdraw(id, message=message)
        say(f"Withdrew {id}")


@results.command("restore")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option("--message", "-m", metavar="TEXT", help="Why.")
def restore_results(ids: tuple[str, ...], message: str | None) -> None:
    """Bring back what you withdrew, or as an administrator what was removed."""
    client = settings().client()
    for id in ids:
        client.results.restore(id, message=message)
        say(f"Restored {id}")


@results.command("tag")
@click.argument("id")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Name or id; repeated: several.")
def tag_result(id: str, tags: tuple[str, ...]) -> None:
    """Replace the tags of a result of yours; without --tag it has none."""
    client = settings().client()
    client.results.set_tags(id, [client.names.tag(name)["id"] for name in tags])
    say(f"{id} has {len(tags)} tags")


def _path_column(path: str) -> Column:
    segments = split_path(path)

    def find(row: Any) -> Any:
        value = look_up(row["json"], segments)
        return None if value is MISSING else value

    return Column(path, find)


def _format_of(file: str) -> Format:
    name = file.lower().removesuffix(".gz").removesuffix(".zst")
    for suffix, format in SUFFIXES.items():
        if name.endswith(suffix):
            return cast(Format, format)
    if file == "-":
        return "csv"
    raise Usage(
        f"The name {file} does not say the format: end it in one of {', '.join(SUFFIXES)}, or say --format"
    )
