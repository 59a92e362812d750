"""What somebody takes along from a page: the same as data, as code and as a citation."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from eoscperf.browse.conditions import CONDITIONS
from eoscperf.db import utcnow
from eoscperf.extend.directives import export_formats
from eoscperf.results.models import Result
from eoscperf.web.urls import SAFE, Address


@dataclass(frozen=True, slots=True)
class Export:
    name: str
    url: str
    help: str


@dataclass(frozen=True, slots=True)
class Shared:
    """One question in other forms."""

    api: str
    exports: tuple[Export, ...]
    curl: str
    python: str


def search(request: Any, address: Address, paths: Sequence[str]) -> Shared:
    """The search of an address; exports have these columns."""
    own = address["uploader"] == "me"
    pairs = [(key, text) for key, text in address.pairs if key in CONDITIONS and key != "uploader"]
    pairs.append(("sort_by", address["sort_by"]))
    route = "user_results" if own else "results"
    path, url = request.route_path(route), request.route_url(route)
    exports = []
    for export in sorted(export_formats(request.registry).values(), key=lambda one: one.name):
        if export.available():
            more = [("columns", one) for one in paths] if export.columns else []
            query = urlencode([*pairs, ("format", export.name), *more])
            exports.append(Export(export.name, f"{path}?{query}", export.help))
    query = urlencode(pairs)
    return Shared(
        api=f"{path}?{query}",
        exports=tuple(exports),
        curl=_curl(f"{url}?{query}", token=own),
        python=_python(request, pairs, own=own),
    )


def comparison_url(request: Any, results: Iterable[uuid.UUID]) -> str:
    """The comparison of these results."""
    query = urlencode([("item", f"result:{one}") for one in results], safe=SAFE)
    return f"{request.route_path('compare_page')}?{query}"


def result_code(request: Any, result: Result) -> tuple[str, str]:
    """A result from the command line and from Python."""
    url = request.route_url("result", result_id=result.id)
    lines = (
        "from eoscperf.client import Client",
        "",
        f"with Client({request.application_url!r}) as client:",
        f'    result = client.results.get("{result.id}")',
    )
    return _curl(url, token=False), "\n".join(lines)


def bibtex(request: Any, result: Result) -> str:
    """A citation with the day it is retrieved on."""
    flavor = result.flavor
    title = f"{result.benchmark.name} on {flavor.site.name} / {flavor.name}"
    name = request.registry.settings["pages.name"]
    fields = {
        "title": "{" + _tex(title) + "}",
        "year": f"{result.execution_datetime:%Y}",
        "publisher": _tex(name),
        "note": f"Benchmark result {result.id}, executed {result.execution_datetime:%Y-%m-%d}, "
        f"retrieved {utcnow():%Y-%m-%d}",
        "url": request.route_url("result_page", result_id=result.id),
    }
    inside = ",\n".join(f"  {key} = {{{value}}}" for key, value in fields.items())
    return f"@misc{{result-{str(result.id)[:8]},\n{inside}\n}}"


def _curl(url: str, *, token: bool) -> str:
    head = " -H 'Authorization: Bearer '\"$TOKEN\"" if token else ""
    return f"curl -sS{head} '{url}'"


def _python(request: Any, pairs: Sequence[tuple[str, str]], *, own: bool) -> str:
    """The question in the words of the client; a key of several values takes a list."""
    values: dict[str, list[str]] = {}
    for key, text in pairs:
        values.setdefault(key, []).append(text)
    given = [f"{key}={texts if key in _LISTS else texts[0]!r}" for key, texts in values.items()]
    client = "client.users.results" if own else "client.results"
    inside = "".join(f"\n        {one}," for one in given)
    return (
        "from eoscperf.client import Client\n\n"
        f"with Client({request.application_url!r}) as client:\n"
        f"    frame = {client}.to_dataframe({inside}\n    )"
    )


_LISTS = ("terms", "benchmark_id", "site_id", "flavor_id", "tags_ids", "filters")

_SPECIAL = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}"}


def _tex(text: str) -> str:
    return re.sub(r"[\\{}]|[&%$#_]", lambda found: _SPECIAL.get(found[0], "\\" + found[0]), text)
