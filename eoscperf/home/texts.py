"""Pages of text: what this is, what the rules are, how programs use it. Operators may replace them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from eoscperf import jsontext
from eoscperf.benchmarks.schema_engine.dialects import DIALECTS
from eoscperf.extend.directives import ExportFormat, export_formats
from eoscperf.home import guideline
from eoscperf.home.service import Examples, Overviews
from eoscperf.rest.pages import absolute

PAGES = (
    ("terms_of_service", "/terms-of-service"),
    ("privacy_policy", "/privacy-policy"),
    ("about", "/about"),
)


@dataclass(frozen=True, slots=True)
class Server:
    """Where programs find this installation."""

    base: str
    """address of the first page, without a slash at the end"""
    api: str
    """address of the REST API, without a slash at the end"""


@dataclass(frozen=True, slots=True)
class Lines:
    """What one copies from the help, with ids of this installation."""

    benchmarks: str
    results: str
    csv: str
    leaderboard: str
    pandas: str
    r: str
    client: str
    command: str
    token: str
    register: str
    upload: str
    validate: str
    site: str
    flavor: str
    benchmark: str


def text_page(request: Any) -> dict[str, Any]:
    """A page of text, with this server's addresses filled in."""
    settings = request.registry.settings
    base = absolute(request, request.route_path("home")).rstrip("/")
    return {
        "server": Server(base, base + settings["api.prefix"]),
        "limits": {
            "result": settings["limits.result_bytes"],
            "schema": settings["limits.json_schema_bytes"],
            "batch": settings["limits.batch_items"],
            "writes": _rate(settings["rates.writes"]),
            "exports": _rate(settings["rates.exports"]),
            "refused": _rate(settings["rates.failed_authentications"]),
            "claims": settings["rates.claims"],
            "tokens": settings["limits.api_tokens"],
        },
    }


def guidelines(request: Any) -> dict[str, Any]:
    """How to make a benchmark, with an example that works."""
    return text_page(request) | {
        "annotations": guideline.ANNOTATIONS,
        "schema": guideline.SCHEMA,
        "result": guideline.RESULT,
        "depth": jsontext.MAX_DEPTH,
        "dialects": [dialect.uri for dialect in DIALECTS],
    }


def help_api(request: Any) -> dict[str, Any]:
    """How programs use this installation, in lines that can be copied."""
    values = text_page(request)
    examples = request.find_service(Overviews).examples()
    return values | {
        "examples": examples,
        "lines": _lines(values["server"], examples),
        "formats": _formats(request),
    }


def _formats(request: Any) -> list[ExportFormat]:
    found = [one for one in export_formats(request.registry).values() if one.available()]
    return sorted(found, key=lambda one: one.name)


def _lines(server: Server, examples: Examples) -> Lines:
    benchmark = str(examples.benchmark_id or "BENCHMARK")
    flavor = str(examples.flavor_id or "FLAVOR")
    name, place = examples.benchmark or "IMAGE:TAG", examples.flavor or "SITE/FLAVOR"
    value = examples.value or "result.score"
    table = f"{server.api}/results?" + urlencode(
        {"benchmark_id": benchmark, "format": "csv", "columns": value}, safe=":", quote_via=quote
    )
    upload = (
        f'RUN="benchmark_id={benchmark}&flavor_id={flavor}&execution_datetime=2024-05-01T12:30:00Z"\n'
        f'curl -sS --fail-with-body -X POST "{server.api}/results%s?$RUN" \\\n'
        '  -H "Authorization: Bearer $TOKEN" \\\n'
        "  -H 'Content-Type: application/json' \\\n"
        "  --data-binary @result.json"
    )
    return Lines(
        benchmarks=f"curl -sS '{server.api}/benchmarks?per_page=20'",
        results=(
            f"curl -sS --get '{server.api}/results' \\\n"
            f"  --data 'benchmark_id={benchmark}' \\\n"
            f"  --data-urlencode {shlex.quote(f'filters={value} > 0')} \\\n"
            f"  --data-urlencode {shlex.quote(f'sort_by=+json.{value}')} \\\n"
            "  --data 'per_page=3'"
        ),
        csv=f"curl -sS --output results.csv \\\n  '{table}'",
        leaderboard=f"curl -sS '{server.api}/benchmarks/{benchmark}/leaderboard?per_page=3'",
        pandas=f'import pandas\n\nresults = pandas.read_csv(\n    "{table}"\n)\nprint(results.describe())',
        r=(
            f'results <- read.csv(\n  "{table}",\n  check.names = FALSE\n)\nsummary(results)\n\n'
            "# With the package jsonlite, everything that a result says:\n"
            f'page <- jsonlite::fromJSON("{server.api}/results?benchmark_id={benchmark}")\n'
            "page$items$json"
        ),
        client=(
            "from eoscperf.client import Client\n\n"
            f'with Client("{server.base}") as client:\n'
            f'    frame = client.results.to_dataframe(benchmark_id="{benchmark}")\n'
            f'    ranking = client.benchmarks.leaderboard("{benchmark}")'
        ),
        command=(
            f"export EOSCPERF_SERVER={shlex.quote(server.base)}\n"
            f"eoscperf leaderboard {shlex.quote(name)}\n"
            f"eoscperf results list --benchmark {shlex.quote(name)} --column {shlex.quote(value)}\n"
            f"eoscperf results export results.csv --benchmark {shlex.quote(name)}\n"
            f"eoscperf results upload 'runs/*.json' --benchmark {shlex.quote(name)} \\\n"
            f"  --flavor {shlex.quote(place)} --when mtime"
        ),
        token=(
            f"export EOSCPERF_SERVER={shlex.quote(server.base)}\n"
            "eoscperf login --scope +admin --register\n"
            "export TOKEN=$(eoscperf tokens create laptop --scope read --scope upload)"
        ),
        register=f"curl -sS -X POST '{server.api}/users:register' \\\n  -H \"Authorization: Bearer $TOKEN\"",
        upload=upload % "",
        validate=upload % ":validate",
        site=_propose(server, "sites", '{"name": "My site", "address": "https://site.example.org"}'),
        flavor=_propose(server, "sites/SITE/flavors", '{"name": "m1.small", "description": "1 core, 2 GB"}'),
        benchmark=_propose(
            server,
            "benchmarks",
            '{"docker_image": "example/sort", "docker_tag": "1.0",\n'
            '    "json_schema": {"type": "object", "required": ["seconds"], "properties": {\n'
            '      "seconds": {"type": "number", "x-unit": "s", "x-better": "lower", "x-headline": true}}}}',
        ),
    )


def _propose(server: Server, path: str, body: str) -> str:
    return (
        f"curl -sS --fail-with-body -X POST '{server.api}/{path}' \\\n"
        '  -H "Authorization: Bearer $TOKEN" \\\n'
        "  -H 'Content-Type: application/json' \\\n"
        f"  --data-binary '{body}'"
    )


def _rate(rate: Any) -> str:
    """`300 per 1 minute` as people say it."""
    return str(rate).replace(" per 1 ", " per ")


def includeme(config: Any) -> None:
    views = ((name, path, text_page) for name, path in PAGES)
    for name, path, view in (
        *views,
        ("code_guidelines", "/code-guidelines", guidelines),
        ("help_api", "/help/api", help_api),
    ):
        config.add_page(name, path, view, f"texts/{name}.jinja2", permission="site:view", methods=("GET",))
    config.add_nav_entry("Help", "help_api", order=800)
