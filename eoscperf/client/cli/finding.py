"""Which results are meant: options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from eoscperf.client.client import Client

STATUSES = ("visible", "claimed", "withdrawn", "removed")


@dataclass(frozen=True)
class Finding:
    """What the options said, with names as they were given."""

    benchmark: tuple[str, ...] = ()
    site: tuple[str, ...] = ()
    flavor: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    after: str | None = None
    before: str | None = None
    status: str | None = None
    sort: str | None = None

    def query(self, client: Client) -> dict[str, Any]:
        """The query, with ids in place of names."""
        names = client.names
        query: dict[str, Any] = {
            "benchmark_id": [names.benchmark(name)["id"] for name in self.benchmark],
            "site_id": [names.site(name)["id"] for name in self.site],
            "flavor_id": [
                names.flavor(name, self.site[0] if len(self.site) == 1 and "/" not in name else None)["id"]
                for name in self.flavor
            ],
            "tags_ids": [names.tag(name)["id"] for name in self.tag],
            "filters": list(self.filters),
            "terms": list(self.terms),
            "execution_after": self.after,
            "execution_before": self.before,
            "status": self.status,
            "sort_by": self.sort,
        }
        return {key: value for key, value in query.items() if value not in (None, [])}


def finding_options(*without: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options, but for some that a command has in another way."""

    def many(name: str, metavar: str, help: str, target: str | None = None) -> Any:
        return click.option(f"--{name}", target or name, multiple=True, metavar=metavar, help=help)

    options = {
        "benchmark": many("benchmark", "IMAGE:TAG", "Only of this benchmark; repeated: or of that."),
        "site": many("site", "SITE", "Only of this site; repeated: or of that."),
        "flavor": many("flavor", "SITE/FLAVOR", "Only on this flavor; repeated: or on that."),
        "tag": many("tag", "TAG", "Only with this tag; repeated: and that."),
        "filters": many(
            "filter", "'PATH OP VALUE'", "Such as 'machine.cpu.count >= 8'; repeated: and.", "filters"
        ),
        "terms": many("term", "WORD", "Only where this word occurs; repeated: and that.", "terms"),
        "after": click.option("--after", metavar="TIME", help="Executed after this day or time."),
        "before": click.option("--before", metavar="TIME", help="Executed before this day or time."),
        "status": click.option("--status", type=click.Choice(STATUSES), help="Those you may see."),
        "sort": click.option("--sort", metavar="FIELDS", help="Such as -execution_datetime or +json.time."),
    }

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for name, option in reversed(options.items()):
            if name not in without:
                function = option(function)
        return function

    return decorate
