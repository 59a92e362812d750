"""What somebody takes along from a search: the same as files, as code, and in the REST API."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from eoscperf.browse import snippets
from eoscperf.browse.conditions import CONDITIONS
from eoscperf.browse.snippets import Snippet
from eoscperf.extend.directives import export_formats
from eoscperf.rest.pages import absolute
from eoscperf.results.query import STATUSES
from eoscperf.results.search.criteria import ANY_STATUS
from eoscperf.web.urls import SAFE, Address

Pairs = list[tuple[str, str]]


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
    """of everything found"""
    picked: tuple[Export, ...]
    """of what is picked; none where nothing is"""
    code: tuple[Snippet, ...]


def search(request: Any, address: Address, paths: Sequence[str]) -> Shared | None:
    """The search of an address; tables have these columns.

    None where the REST API has no such question: about an e-mail address, or about every state at once.
    """
    own = address["uploader"] == "me"
    if not request.viewer.admin:
        # In other states than the visible one people see their own results only.
        own = own or address["status"] not in ("", "visible")
    if address.has("uploader_email") or (address.has("status", ANY_STATUS) and not own):
        return None
    pairs = [pair for pair in address.pairs if pair[0] in CONDITIONS and _is_asked(pair)]
    pairs.append(("sort_by", address["sort_by"]))
    route = "user_results" if own else "results"
    path = request.route_path(route)
    picked: Pairs = [("ids", one) for one in address.all("pick")]
    table = [*pairs, ("format", "csv"), *(("columns", one) for one in paths)]
    source = snippets.Source(
        host=absolute(request, request.script_name),
        url=f"{absolute(request, path)}?{urlencode(table)}",
        own=own,
        query=pairs,
        columns=tuple(paths),
    )
    return Shared(
        api=f"{path}?{urlencode(pairs)}",
        exports=_exports(request, path, pairs, paths),
        picked=_exports(request, path, picked, paths) if picked else (),
        code=snippets.of_search(source),
    )


def comparison_url(request: Any, results: Iterable[uuid.UUID]) -> str:
    """The comparison of these results."""
    query = urlencode([("item", f"result:{one}") for one in results], safe=SAFE)
    return f"{request.route_path('compare_page')}?{query}"


def _exports(request: Any, path: str, pairs: Pairs, paths: Sequence[str]) -> tuple[Export, ...]:
    found = []
    for export in sorted(export_formats(request.registry).values(), key=lambda one: one.name):
        if export.available():
            more = [("columns", one) for one in paths] if export.columns else []
            query = urlencode([*pairs, ("format", export.name), *more])
            found.append(Export(export.name, f"{path}?{query}", export.help))
    return tuple(found)


def _is_asked(pair: tuple[str, str]) -> bool:
    """Whether the REST API knows this condition; `all` states are what it shows of one's own."""
    key, text = pair
    return key not in ("uploader", "uploader_email") and (key != "status" or text in STATUSES)
