"""The commands `compare`, `leaderboard` and `medians`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, cast

import click

from eoscperf.client.cli.base import Command, limit_option, settings
from eoscperf.client.cli.finding import Finding, finding_options
from eoscperf.client.cli.output import CSV, JSON, TABLE, Column, echo_json, field, say, show_rows
from eoscperf.client.cli.terminal import harmless
from eoscperf.client.client import Client
from eoscperf.client.comparing import compare as cells_of
from eoscperf.client.comparing import inputs as inputs_of
from eoscperf.client.comparing import metric as metric_of
from eoscperf.client.comparison import METHOD
from eoscperf.client.errors import NotFound, Usage
from eoscperf.client.model import ComparedMetric, Comparison, Leaderboard

LARGEST_PAGE = 100

weight_option = click.option(
    "--weight",
    type=click.Choice(["source", "run"]),
    default="source",
    show_default=True,
    help="What counts alike: uploaders or runs.",
)


@click.command(cls=Command)
@click.argument("items", nargs=-1, required=True, metavar="ITEM...")
@click.option("--base", metavar="ITEM", help="The one to compare the others with; by default the first.")
@click.option("--metric", metavar="PATH", help="Number to compare; by default each benchmark's headline.")
@weight_option
@click.option(
    "--missing",
    type=click.Choice(["common", "penalise"]),
    default="common",
    show_default=True,
    help="Geometric means over benchmarks that all have, or with a penalty for those that a row lacks.",
)
@finding_options("site", "flavor", "tag", "terms", "status", "sort")
def compare(
    items: tuple[str, ...], base: str | None, metric: str | None, weight: Any, missing: Any, **options: Any
) -> None:
    """Compare flavors, sites, tags or single results, with intervals and verdicts.

    An ITEM is flavor:SITE/FLAVOR, site:SITE, tag:TAG or result:ID, each by name or id; a site or tag stands
    for all its flavors. Without --benchmark there is a table for each benchmark that ran on two of them.
    """
    given = settings()
    client = given.client()
    query = Finding(**options).query(client) | {"weight": weight, "missing": missing}
    query |= {key: value for key, value in (("base", base), ("metric", metric)) if value is not None}
    found = client.compare(items, **query)
    if found["method"] == METHOD:
        say("This platform does not compare: these are medians computed here, which say nothing about chance")
    if given.output == JSON:
        echo_json(found)
    elif given.output == CSV:
        show_rows(_compared(found), _COMPARED_CSV, CSV)
    else:
        _show_comparison(found)


@click.command(cls=Command)
@click.argument("benchmark")
@click.option("--metric", metavar="PATH", help="Number to rank by; by default the benchmark's headline.")
@click.option("--base", metavar="SITE/FLAVOR", help="Flavor to compare with; by default the best.")
@weight_option
@click.option("--sort", type=click.Choice(["rank", "site", "n", "last"]), default="rank", show_default=True)
@limit_option
@finding_options("benchmark", "flavor", "terms", "status", "sort")
def leaderboard(
    benchmark: str,
    metric: str | None,
    base: str | None,
    weight: str,
    sort: str,
    limit: int,
    every: bool,
    **options: Any,
) -> None:
    """Rank the flavors on which BENCHMARK (IMAGE:TAG or its id) ran, best first.

    Flavors that the data do not tell apart share a rank (1=); with fewer than five runs it is provisional,
    in brackets.
    """
    given = settings()
    client = given.client()
    query = Finding(**options).query(client) | {"weight": weight, "sort_by": sort}
    if metric is not None:
        query["metric"] = metric
    if base is not None:
        query["base"] = client.names.flavor(base)["id"]
    found = _ranked(client, client.names.benchmark(benchmark)["id"], query, None if every else limit)
    if given.output == JSON:
        echo_json({key: value for key, value in found.items() if key not in _PAGING})
        return
    if given.output == TABLE:
        click.echo(harmless(_title(found["benchmark"], found["metric"], found["inputs"])))
    show_rows(found["items"], _RANKED_CSV if given.output == CSV else _RANKED, given.output)
    if given.output == TABLE:
        _show_notes(found["headline"], _others(found), found["false_alarms"])


@click.command(cls=Command)
@click.argument("benchmark")
@click.option("--metric", metavar="PATH", help="Number to compare; by default the benchmark's headline.")
@finding_options("benchmark")
def medians(benchmark: str, metric: str | None, **options: Any) -> None:
    """Count the results of BENCHMARK (IMAGE:TAG or its id) on each flavor and take medians, best first.

    They are computed here, so all that finds results can be said. They say nothing about chance; see
    `compare` and `leaderboard`. Runs with different inputs, as the schema of the benchmark declares them,
    are never mixed.
    """
    given = settings()
    client = given.client()
    found = client.names.benchmark(benchmark)
    chosen = metric_of(found, metric)
    query = Finding(**options).query(client)
    results = client.results.export_results(**{**query, "benchmark_id": found["id"]})
    cells = cells_of(results, chosen, inputs_of(found))
    name = f"{found['docker_image']}:{found['docker_tag']}"
    if given.output == JSON:
        echo_json({"benchmark": name, "metric": asdict(chosen), "cells": [asdict(cell) for cell in cells]})
        return
    unit = f" [{chosen.unit}]" if chosen.unit else ""
    better = f", {chosen.better} is better" if chosen.better else ""
    say(f"{name}: {chosen.title or chosen.path}{unit}{better}")
    given_inputs = [_input(path) for path in inputs_of(found)]
    columns = [
        *(field(key) for key in ("site", "flavor")),
        *given_inputs,
        *(field(key) for key in ("count", "median", "min", "max")),
    ]
    ratio = field("ratio", "of best", lambda value: f"{value:.0%}")
    show_rows([asdict(cell) for cell in cells], [*columns, ratio], given.output)


def _input(path: str) -> Column:
    return Column(path, lambda row: row["inputs"].get(path))


_PAGING = ("page", "pages", "per_page", "has_next", "has_prev")


def _ranked(client: Client, id: str, query: dict[str, Any], limit: int | None) -> Leaderboard:
    """The ranking with as many rows as are wanted."""
    per_page = min(limit or LARGEST_PAGE, LARGEST_PAGE)
    try:
        found = client.benchmarks.leaderboard(id, **query, per_page=per_page)
    except NotFound:
        if any(path.endswith("/leaderboard") for path in client.document().get("paths", {})):
            raise
        raise Usage("This platform makes no rankings; `eoscperf medians` computes medians here") from None
    rows, page = found["items"], found
    while page["has_next"] and (limit is None or len(rows) < limit):
        page = client.benchmarks.leaderboard(id, page=page["page"] + 1, **query, per_page=per_page)
        rows += page["items"]
    found["items"] = rows if limit is None else rows[:limit]
    return found


def _others(found: Leaderboard) -> str | None:
    runs = sum(other["runs"] for other in found["other_inputs"])
    if not runs:
        return None
    told = "1 run with other inputs is" if runs == 1 else f"{runs} runs with other inputs are"
    return f"{told} left out; choose inputs with --filter."


def _title(benchmark: str, metric: ComparedMetric, inputs: dict[str, Any]) -> str:
    unit = f" [{metric['unit_symbol']}]" if metric["unit_symbol"] else ""
    better = f", {metric['better']} is better" if metric["better"] else ""
    given = "".join(f", {path} = {value}" for path, value in inputs.items())
    return f"{benchmark}: {metric['label']}{unit}{better}{given}"


def _show_comparison(found: Comparison) -> None:
    missing = [row["name"] for row in found["rows"] if not row["found"]]
    for name in missing:
        say(f"Not there, or without results: {name}")
    if not found["tables"]:
        say("No benchmark has results of two of these; name one with --benchmark")
    names = [row["name"] for row in found["rows"]]
    for number, table in enumerate(found["tables"]):
        if number:
            click.echo()
        click.echo(harmless(_title(table["benchmark"], table["metric"], table["inputs"])))
        show_rows([{"name": names[one["row"]], **one} for one in table["items"]], _COMPARED, TABLE)
        _show_notes(table["note"], table["false_alarms"])
    means = found["geometric_means"]
    if means:
        click.echo(f"\nGeometric means of the ratios over {means[0]['of']} benchmarks")
        rows = [{"name": name, **mean} for name, mean in zip(names, means, strict=True)]
        show_rows(rows, _MEANS, TABLE)
    if found["more_benchmarks"]:
        say(f"{found['more_benchmarks']} more benchmarks: name those that matter with --benchmark")


def _show_notes(*notes: str | None) -> None:
    for note in notes:
        if note:
            click.echo(harmless(note))


def _compared(found: Comparison) -> Iterator[dict[str, Any]]:
    names = [row["name"] for row in found["rows"]]
    for table in found["tables"]:
        for item in table["items"]:
            yield {**table, **cast(dict[str, Any], item), "name": names[item["row"]]}


def _interval(name: str, title: str) -> Column:
    """Both ends of an interval in one cell, for people."""
    return Column(title, lambda row: row[name], lambda ends: f"{ends[0]:.4g} to {ends[1]:.4g}")


def _ends(name: str) -> tuple[Column, Column]:
    """Both ends in cells of their own, for programs."""

    def end(place: int) -> Any:
        return lambda row: row[name][place] if row[name] else None

    return Column(f"{name}_low", end(0)), Column(f"{name}_high", end(1))


def _ratio(value: float) -> str:
    return f"{value:.3g}"


_VERDICT = Column("verdict", lambda row: (row["verdict"] or {}).get("sentence"), whole=True)

_NUMBERS = (
    field("n", "runs"),
    field("median"),
    _interval("interval", "95% interval"),
    field("ratio", shown=_ratio),
    _interval("ratio_interval", "of the ratio"),
    _VERDICT,
)
_NUMBERS_CSV = (
    field("n"),
    field("sources"),
    field("median"),
    *_ends("interval"),
    field("min"),
    field("max"),
    field("ratio"),
    *_ends("ratio_interval"),
    field("verdict.code", "verdict"),
    field("verdict.sentence", "sentence"),
)

_COMPARED = (field("name", "row"), *_NUMBERS)
_COMPARED_CSV = (
    field("benchmark"),
    field("metric.path", "metric"),
    field("metric.unit", "unit"),
    field("inputs"),
    field("name"),
    *_NUMBERS_CSV,
)
_RANKED = (field("rank_label", "rank"), field("site"), field("flavor"), *_NUMBERS)
_RANKED_CSV = (
    field("rank"),
    field("provisional"),
    field("site"),
    field("flavor"),
    field("flavor_id"),
    *_NUMBERS_CSV,
    field("last_run"),
)
_MEANS = (
    field("name", "row"),
    field("value", "mean", _ratio),
    _interval("interval", "95% interval"),
    field("over"),
    field("penalised"),
)
