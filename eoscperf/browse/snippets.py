"""Code that asks what a page shows: to be copied into a terminal, a notebook or a database."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eoscperf.db import utcnow
from eoscperf.rest.pages import absolute
from eoscperf.results.models import Result


@dataclass(frozen=True, slots=True)
class Snippet:
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """A search as the REST API answers it."""

    host: str
    """where the platform is"""
    url: str
    """the whole of it as CSV"""
    own: bool
    """whether it takes a token"""
    query: Sequence[tuple[str, str]]
    columns: tuple[str, ...]


def of_search(source: Source) -> tuple[Snippet, ...]:
    """The same table in several languages."""
    return (
        Snippet("From the command line", _curl(source.url, "results.csv", token=source.own)),
        Snippet("In Python, with the client", _client(source)),
        Snippet("In Python, with pandas alone", _pandas(source)),
        Snippet("In R", _r(source)),
        Snippet("In DuckDB", _duckdb(source)),
    )


def of_result(request: Any, result: Result) -> tuple[Snippet, ...]:
    """One result from the command line, from Python and from R."""
    url = absolute(request, request.route_path("result", result_id=result.id))
    client = (
        "from eoscperf.client import Client\n\n"
        f"with Client({_quoted(absolute(request, request.script_name))}) as client:\n"
        f'    result = client.results.get("{result.id}")\n\n'
        'print(result["json"])'
    )
    return (
        Snippet("From the command line", _curl(url, None, token=False)),
        Snippet("In Python, with the client", client),
        Snippet("In R", f"library(jsonlite)\n\nresult <- fromJSON({_quoted(url)}, simplifyVector = FALSE)"),
    )


def bibtex(request: Any, result: Result) -> str:
    """A citation with the day it is retrieved on."""
    flavor = result.flavor
    title = f"{result.benchmark.name} on {flavor.site.name} / {flavor.name}"
    name = request.registry.settings["pages.name"]
    terms = absolute(request, request.route_path("terms_of_service"))
    fields = {
        "title": "{" + _tex(title) + "}",
        "year": f"{result.execution_datetime:%Y}",
        "publisher": _tex(name),
        "note": f"Benchmark result {result.id}, executed {result.execution_datetime:%Y-%m-%d}, "
        f"retrieved {utcnow():%Y-%m-%d}, licence and terms: \\url{{{terms}}}",
        "url": absolute(request, request.route_path("result_page", result_id=result.id)),
    }
    inside = ",\n".join(f"  {key} = {{{value}}}" for key, value in fields.items())
    return f"@misc{{result-{str(result.id)[:8]},\n{inside}\n}}"


def _curl(url: str, target: str | None, *, token: bool) -> str:
    head = ' -H "Authorization: Bearer $EOSCPERF_TOKEN"' if token else ""
    to = f" -o {target}" if target else ""
    # An apostrophe is escaped in an address, so it cannot end the text.
    return f"curl -fsS{head}{to} '{url}'"


def _client(source: Source) -> str:
    """The question in the words of the client; a key of several values takes a list."""
    values: dict[str, list[str]] = {}
    for key, text in source.query:
        values.setdefault(key, []).append(text)
    given = [
        f"{key}={_listed(texts) if key in _LISTS else _quoted(texts[0])}" for key, texts in values.items()
    ]
    if source.columns:
        given.insert(0, f"columns={_listed(source.columns)}")
    called = "client.users.results" if source.own else "client.results"
    inside = "".join(f"\n        {one}," for one in given)
    head = "# pip install eoscperf-client pandas"
    if source.own:
        head += "; the token is read from EOSCPERF_TOKEN"
    return (
        f"{head}\nfrom eoscperf.client import Client\n\n"
        f"with Client({_quoted(source.host)}) as client:\n"
        f"    frame = {called}.to_dataframe({inside}\n    )\n\nprint(frame)"
    )


def _pandas(source: Source) -> str:
    lines = ["import pandas", "", f"url = {_quoted(source.url)}"]
    options = ""
    if source.own:
        lines.insert(0, "import os\n")
        lines.append('token = {"Authorization": "Bearer " + os.environ["EOSCPERF_TOKEN"]}')
        options = ", storage_options=token"
    dates = '["execution_datetime", "upload_datetime"]'
    lines += [f"frame = pandas.read_csv(url, parse_dates={dates}{options})", "", "print(frame)"]
    return "\n".join(lines)


def _r(source: Source) -> str:
    asked = "address"
    lines = [f"address <- {_quoted(source.url)}"]
    if source.own:
        lines.append('token <- paste("Bearer", Sys.getenv("EOSCPERF_TOKEN"))')
        asked = "url(address, headers = c(Authorization = token))"
    lines += [f"results <- read.csv({asked}, check.names = FALSE)", "", "print(results)"]
    return "\n".join(lines)


def _duckdb(source: Source) -> str:
    # From a file, as DuckDB needs an extension to read addresses.
    fetch = _curl(source.url, "results.csv", token=source.own)
    return "\n".join((fetch, "duckdb -c \"SELECT * FROM read_csv('results.csv', header = true)\""))


_LISTS = ("terms", "benchmark_id", "site_id", "flavor_id", "tags_ids", "filters")

_SPECIAL = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}"}


def _quoted(text: str) -> str:
    """As Python and R both read it."""
    return json.dumps(text, ensure_ascii=False)


def _listed(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


def _tex(text: str) -> str:
    return re.sub(r"[\\{}]|[&%$#_]", lambda found: _SPECIAL.get(found[0], "\\" + found[0]), text)
