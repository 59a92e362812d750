"""Commands about trust rules of CI workflows."""

from __future__ import annotations

from typing import Any, cast

import click

from eoscperf.client.cli.base import Group, settings
from eoscperf.client.cli.output import field, say, show_object, show_rows

RULE = (
    field("id"),
    field("repository"),
    field("workflow"),
    field("ref"),
    field("benchmark_id", "benchmark"),
    field("site_id", "site"),
    field("used_datetime", "last used"),
)


@click.group("trust-rules", cls=Group)
def trust_rules() -> None:
    """Trust rules: CI workflows that upload in your name, without a secret."""


@trust_rules.command("list")
def list_rules() -> None:
    """List your trust rules."""
    show_rows(settings().client().trust_rules.iter(), RULE, settings().output)


@trust_rules.command("create")
@click.argument("repository")
@click.option("--issuer", default="github", show_default=True, help="github, gitlab, or an address.")
@click.option("--workflow", metavar="FILE", help="Such as benchmark.yml; at GitLab .gitlab-ci.yml.")
@click.option("--ref", metavar="REF", help="Such as refs/heads/main or refs/tags/v*; without it any.")
@click.option("--benchmark", metavar="IMAGE:TAG", help="Only this benchmark, by name or id.")
@click.option("--site", metavar="SITE", help="Only this site, by name or id.")
@click.option("--flavor", "flavors", multiple=True, metavar="FLAVOR", help="Only this one of the site.")
@click.option("--repository-id", metavar="NUMBER", help="That of the repository at the CI system.")
@click.option("--owner-id", metavar="NUMBER", help="That of the repository's owner there.")
def create_rule(
    repository: str,
    issuer: str,
    workflow: str | None,
    ref: str | None,
    benchmark: str | None,
    site: str | None,
    flavors: tuple[str, ...],
    repository_id: str | None,
    owner_id: str | None,
) -> None:
    """Trust a workflow of REPOSITORY with uploads in your name."""
    client = settings().client()
    names = client.names
    made = client.trust_rules.create(
        issuer,
        repository,
        workflow=workflow,
        ref=ref,
        benchmark_id=names.benchmark(benchmark)["id"] if benchmark else None,
        site_id=names.site(site)["id"] if site else None,
        flavors_ids=[names.flavor(flavor, site)["id"] for flavor in flavors],
        repository_id=repository_id,
        repository_owner_id=owner_id,
    )
    show_object(cast(dict[str, Any], made), settings().output)


@trust_rules.command("delete")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
def delete_rules(ids: tuple[str, ...]) -> None:
    """End trust rules."""
    client = settings().client()
    for id in ids:
        client.trust_rules.delete(id)
        say(f"Ended {id}")
