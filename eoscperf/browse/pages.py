"""The search for results, and the page of each result."""

from __future__ import annotations

import dataclasses
import uuid
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response

from eoscperf import errors
from eoscperf.browse import conditions, facets, sharing
from eoscperf.browse.conditions import CONDITIONS, DATES, SEARCH_SORT
from eoscperf.browse.detail import detail
from eoscperf.browse.rows import columns, default_paths, rows
from eoscperf.browse.service import ResultFacts
from eoscperf.metrics.catalogue import Catalogue
from eoscperf.results.facets.service import Facets
from eoscperf.results.facets.views import FacetReport
from eoscperf.results.query import STATUSES
from eoscperf.results.service import Results
from eoscperf.web.pager import pager
from eoscperf.web.urls import Address, sort_keys, sort_link, unbound

MOST_COMPARED = 30
"""Items that the comparison takes."""

_SORTED = ("benchmark_name", "site_name", "flavor_name", "execution_datetime", "upload_datetime")

_DATE_CHIPS = {
    "execution_after": "Executed after",
    "execution_before": "Executed before",
    "upload_after": "Uploaded after",
    "upload_before": "Uploaded before",
}


def list_results(request: Any) -> Any:
    """Results that meet conditions, how they differ, and the same to take along."""
    facts = request.find_service(ResultFacts)
    asked = conditions.read(request, lambda address: _catalogue(facts, address))
    address = asked.address
    picked = frozenset(address.values.get("pick", ()))
    if asked.compare and address.ok:
        return _compare(request, address)
    own = address.values.get("uploader") == "me"
    if own and request.viewer.user_id is None:
        told = {**address.errors, "uploader": ["Log in to find what you have uploaded yourself."]}
        address = dataclasses.replace(address, errors=told)
    values: dict[str, Any] = {
        "address": address,
        "filter_rows": [*asked.rows, conditions.FilterRow()],
        "operators": conditions.OPERATORS,
        "chips": _chips(address, None),
        "clear_url": _clear(address),
        "dated": any(address.has(key) for key in DATES),
        "states": ("", *STATUSES) if request.viewer.user_id is not None else (),
        "suggestions": (),
        "pager": None,
    }
    if not address.ok:
        return values
    known = facts.catalogue(address.values.get("benchmark_id", ()))
    catalogue = known[1] if known else None
    criteria = conditions.criteria(address)
    paths = list(address.values.get("columns", ())) or default_paths(catalogue)
    try:
        found = request.find_service(Results).page(
            criteria, sort_keys(address, SEARCH_SORT), address.page_request(), unbound(request)
        )
        report = request.find_service(Facets).report(criteria, facts.facets(known), facets.MOST)
    except errors.Invalid as problem:
        return values | {"address": address.refused(problem)}
    shown = rows(found.items, paths, picked)
    here = [row.id for row in shown]
    return values | {
        "pager": pager(address, found),
        "rows": shown,
        "columns": columns(address, paths, catalogue),
        "one_benchmark": known is not None,
        "headings": {name: sort_link(address, name) for name in _SORTED},
        "facets": facets.panels(address, report, catalogue),
        "chips": _chips(address, report),
        "suggestions": _suggestions(catalogue),
        "picked": len(picked),
        "picked_elsewhere": [one for one in address.values.get("pick", ()) if one not in here],
        "pick_all_url": _pick_all(address, here),
        "compare_url": _compare_url(request, address) if picked else None,
        "most_compared": MOST_COMPARED,
        "shared": sharing.search(request, address, paths),
        "shows_states": own or request.viewer.admin or "status" in address.values,
    }


def show_result(request: Any) -> Any:
    """One result with all that is known of it, or what is left of one that is gone."""
    identifier = uuid.UUID(request.matchdict["result_id"])
    facts = request.find_service(ResultFacts)
    try:
        result = request.find_service(Results).get(identifier)
    except (errors.Withdrawn, errors.Removed) as gone:
        values = {"tombstone": facts.tombstone(identifier), "sentence": gone.detail}
        answer = render_to_response("browse/gone.jinja2", values, request)
        answer.status_int = gone.status
        answer.vary = ("Accept",)
        return answer
    return detail(request, result, facts)


def _catalogue(facts: ResultFacts, address: Address) -> Catalogue | None:
    known = facts.catalogue(address.values.get("benchmark_id", ()))
    return known[1] if known else None


def _chips(address: Address, report: FacetReport | None) -> list[tuple[str, str, str]]:
    """The conditions in words, each with the address without it."""
    names = facets.names(report) if report else {}
    year = facets.chosen_year(report) if report else None
    found = [("Word", word, address.without("terms", word)) for word in address.all("terms")]
    for kind, key in (("Benchmark", "benchmark_id"), ("Site", "site_id"), ("Flavor", "flavor_id")):
        found += [(kind, _name(names, one), address.without(key, one)) for one in address.all(key)]
    found += [("Tag", _name(names, one), address.without("tags_ids", one)) for one in address.all("tags_ids")]
    if year is not None:
        whole = address.with_(execution_after=None, execution_before=None)
        found.append(("Executed in", str(year), whole))
    for key, kind in _DATE_CHIPS.items():
        if address.has(key) and not (year is not None and key.startswith("execution")):
            found.append((kind, address[key], address.without(key)))
    found += [("", text, address.without("filters", text)) for text in address.all("filters")]
    if address.has("uploader"):
        found.append(("Uploaded by", "me", address.without("uploader")))
    if address.has("status"):
        found.append(("State", address["status"], address.without("status")))
    return found


def _name(names: dict[uuid.UUID, str], text: str) -> str:
    try:
        return names.get(uuid.UUID(text), text)
    except ValueError:
        return text


def _clear(address: Address) -> str:
    return address.with_(**dict.fromkeys(CONDITIONS))


def _suggestions(catalogue: Catalogue | None) -> list[tuple[str, str]]:
    """Places that filters and columns may be about, with what is known of them."""
    if catalogue is None:
        return []
    return [
        (metric.path, f"{metric.label} ({metric.unit})" if metric.unit else metric.label)
        for metric in list(catalogue)[:_MOST_SUGGESTIONS]
    ]


def _pick_all(address: Address, here: list[uuid.UUID]) -> str | None:
    """The address with everything on this page picked, if that is more and not too much."""
    picks = address.values.get("pick", [])
    wanted = [*picks, *(one for one in here if one not in picks)]
    if len(wanted) == len(picks) or len(wanted) > conditions.MOST_PICKS:
        return None
    return address.with_(pick=wanted, page=address["page"])


def _compare_url(request: Any, address: Address) -> str:
    items = [("item", f"result:{one}") for one in address.values.get("pick", ())]
    return str(request.route_path("compare_page", _query=items))


def _compare(request: Any, address: Address) -> Any:
    return HTTPSeeOther(location=_compare_url(request, address))


_MOST_SUGGESTIONS = 200


def includeme(config: Any) -> None:
    config.add_page(
        "results_page",
        "/results",
        list_results,
        "browse/results.jinja2",
        permission="result:list",
        methods=("GET",),
    )
    config.add_page(
        "result_page",
        "/results/{result_id}",
        show_result,
        "browse/result.jinja2",
        permission="result:read",
        methods=("GET",),
        api="result",
    )
    config.add_nav_entry("Results", "results_page", order=100)
