"""Addresses of the earlier frontend, which are in mails, papers and bookmarks: where their pages are now."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPMovedPermanently
from pyramid.interfaces import IRoutesMapper

from eoscperf.rest import query
from eoscperf.results import jsonpath
from eoscperf.web.urls import SAFE

MOST_COLUMNS = 20
"""Columns that the search takes."""

_IDS = {"benchmarkId": "benchmark_id", "siteId": "site_id", "flavorId": "flavor_id"}

_ORDER = (*_IDS.values(), "filters", "columns")
"""As the search has it in its addresses, which would redirect once more otherwise."""

_SINGLE_EQUALS = re.compile(r"^(\S+\s+)=(\s)")

_PAGES = {"/report-view": "/moderation", "/site-editor": "/admin/sites", "/oidc-redirect": "/"}
"""Pages with what they have become; the first page where there is none of that."""


def moved_search(request: Any) -> Any:
    """The search for results, with the same conditions and columns."""
    pairs = sorted(_renamed(query.pairs(request.environ.get("QUERY_STRING", ""))), key=_place)
    path = request.route_path("results_page")
    return HTTPMovedPermanently(location=f"{path}?{urlencode(pairs, safe=SAFE)}" if pairs else path)


def moved_page(request: Any) -> Any:
    """What a page has become, or the first page."""
    path = _PAGES[request.matched_route.pattern]
    known = {route.pattern for route in request.registry.getUtility(IRoutesMapper).get_routes()}
    return HTTPMovedPermanently(location=request.script_name + (path if path in known else "/"))


def _renamed(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """What is no id and no filter stays as it is: the search marks it instead of finding too much."""
    for key, text in pairs:
        if key in _IDS:
            yield _IDS[key], text
        elif key == "filters":
            yield "filters", _SINGLE_EQUALS.sub(r"\1==\2", text)
        elif key == "columns":
            yield from (("columns", path) for path in _columns(text))


def _place(pair: tuple[str, str]) -> int:
    return _ORDER.index(pair[0])


def _columns(text: str) -> list[str]:
    """The paths in a JSON array; what cannot be read is left out."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return []
    paths = []
    for one in found if isinstance(found, list) else ():
        try:
            paths.append(jsonpath.parse(one).text())
        except (jsonpath.BadPath, TypeError, AttributeError):
            continue
    return list(dict.fromkeys(paths))[:MOST_COLUMNS]


def includeme(config: Any) -> None:
    for path, view in (("/search/result", moved_search), *((path, moved_page) for path in _PAGES)):
        name = f"moved{path.replace('/', '_')}"
        config.add_route(name, path)
        config.add_view(view, route_name=name, request_method="GET", permission="site:view")
