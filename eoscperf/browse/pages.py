"""The search for results, and the page of each result."""

from __future__ import annotations

import dataclasses
import functools
import uuid
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response

from eoscperf import errors, jsontext
from eoscperf.browse import builder, charting, chips, conditions, facets, sharing
from eoscperf.browse.conditions import CONDITIONS, SEARCH_SORT
from eoscperf.browse.detail import detail
from eoscperf.browse.rows import base_columns, columns, default_paths, further, rows
from eoscperf.browse.service import ResultFacts
from eoscperf.charts import figures
from eoscperf.charts.data import Drawable
from eoscperf.results.facets.service import Facets
from eoscperf.results.query import STATUSES
from eoscperf.results.search.criteria import ANY_STATUS
from eoscperf.results.service import Results
from eoscperf.web.pager import pager
from eoscperf.web.urls import Address, sort_keys, sort_link, unbound

MOST_COMPARED = 30
"""Items that the comparison takes."""

_SORTED = ("benchmark_name", "site_name", "flavor_name", "execution_datetime", "upload_datetime")


def list_results(request: Any) -> Any:
    """Results that meet conditions, how they differ, and the same to take along."""
    facts = request.find_service(ResultFacts)
    asked = conditions.read(
        request, lambda address: facts.catalogue_of(address.values.get("benchmark_id", ()))
    )
    address = _permitted(request, asked.address)
    picked: list[uuid.UUID] = address.values.get("pick", [])
    if asked.compare and address.ok:
        return HTTPSeeOther(location=sharing.comparison_url(request, picked))
    values: dict[str, Any] = {
        "address": address,
        "filter_rows": [*asked.rows, builder.with_operators(builder.FilterRow(), None)],
        "chips": chips.of_address(address, facts),
        "clear_url": address.with_(**dict.fromkeys(CONDITIONS)),
        "states": ("", *STATUSES, ANY_STATUS) if request.viewer.user_id is not None else (),
        "suggestions": (),
        "pager": None,
        "benchmark": None,
        "figure": None,
        "controls": None,
    }
    if not address.ok:
        return values | {"controls": charting.controls(address, None) if address.has("chart") else None}
    known = facts.catalogue(address.values.get("benchmark_id", ()))
    catalogue = known[1] if known else None
    accounts = facts.accounts(address["uploader_email"]) if address.has("uploader_email") else None
    criteria = conditions.criteria(address, accounts)
    paths = list(address.values.get("columns", ())) or default_paths(catalogue)
    wanted = facts.facets(criteria, known)
    seconds = request.registry.settings["limits.facet_seconds"]
    try:
        found = request.find_service(Results).page(
            criteria, sort_keys(address, SEARCH_SORT), address.page_request(), unbound(request)
        )
        shown = pager(address, found)
        report = request.find_service(Facets).report(
            criteria, wanted.names, facets.most(address), seconds=seconds, sites_anew=True
        )
    except errors.Invalid as problem:
        return values | {"address": address.refused(problem)}
    documents = [jsontext.loads_stored(text) for text in found.items]
    try:
        drawn = charting.chart(request, address, criteria, catalogue, known[0].name if known else "")
    except errors.Invalid as problem:
        address = address.refused(problem)
        return values | {"address": address, "controls": charting.controls(address, catalogue)}
    headlines = {} if paths else facts.headlines({uuid.UUID(one["benchmark"]["id"]) for one in documents})
    compare = functools.partial(sharing.comparison_url, request)
    listed = rows(documents, paths, picked, compare, headlines)
    here = [row.id for row in listed]
    possible = _possible(address, request.viewer, one_benchmark=known is not None)
    return values | {
        "figure": figures.figure(request, "results", address, drawn) if drawn else None,
        "controls": charting.controls(address, catalogue),
        "pager": shown,
        "rows": listed,
        "columns": columns(address, paths, catalogue),
        "base_columns": base_columns(address, possible),
        "further": further(address, paths, catalogue),
        "visible": {*possible, *address.all("show")} - set(address.all("hide")),
        "summed_up": bool(headlines),
        "benchmark": known[0].name if known else None,
        "headings": {name: sort_link(address, name) for name in _SORTED},
        "facets": facets.panels(
            address,
            report,
            catalogue,
            facts.homes(address.values.get("flavor_id", ())),
            facts.choices(criteria) if any(one.values is None for one in report.facets) else {},
            wanted.numbers,
        ),
        "suggestions": _suggestions(catalogue),
        "picked": len(picked),
        "picked_elsewhere": [one for one in picked if one not in here],
        "pick_all_url": _pick_all(address, here),
        "compare_url": compare(picked) if picked else None,
        "most_compared": MOST_COMPARED,
        "most_picked": conditions.MOST_PICKS,
        "shared": sharing.search(request, address, paths),
    }


def draw_results(request: Any, address: Address) -> Drawable | None:
    """The chart that the search has at an address."""
    address = _permitted(request, address)
    if not address.ok:
        raise errors.Invalid(
            [errors.Issue(text, "query", key) for key, texts in address.errors.items() for text in texts]
        )
    facts = request.find_service(ResultFacts)
    known = facts.catalogue(address.values.get("benchmark_id", ()))
    accounts = facts.accounts(address["uploader_email"]) if address.has("uploader_email") else None
    criteria = conditions.criteria(address, accounts)
    catalogue, name = (known[1], known[0].name) if known else (None, "")
    return charting.chart(request, address, criteria, catalogue, name)


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


def _permitted(request: Any, address: Address) -> Address:
    """The address, with a fault for each question that the viewer may not ask."""
    told = dict(address.errors)
    if address.has("uploader", "me") and request.viewer.user_id is None:
        told["uploader"] = ["Log in to find what you have uploaded yourself."]
    if address.has("uploader_email") and not request.viewer.admin:
        told["uploader_email"] = ["Only administrators may look for results by who uploaded them."]
    return address if told == address.errors else dataclasses.replace(address, errors=told)


def _possible(address: Address, viewer: Any, *, one_benchmark: bool) -> frozenset[str]:
    """The base columns that tell something."""
    names = set(conditions.BASE)
    if one_benchmark:
        names.discard("benchmark")
    if not (viewer.admin or address.has("status") or address["uploader"] == "me"):
        names.discard("state")
    return frozenset(names)


def _suggestions(catalogue: Any) -> list[tuple[str, str]]:
    """Places that filters and columns may be about, with what is known of them."""
    return [
        (metric.path, f"{metric.label} ({metric.unit})" if metric.unit else metric.label)
        for metric in list(catalogue or ())[:_MOST_SUGGESTIONS]
    ]


def _pick_all(address: Address, here: list[uuid.UUID]) -> str | None:
    """The address with everything on this page picked, if that is more and not too much."""
    picks = address.values.get("pick", [])
    wanted = [*picks, *(one for one in here if one not in picks)]
    if len(wanted) == len(picks) or len(wanted) > conditions.MOST_PICKS:
        return None
    return address.with_(pick=wanted, page=address["page"])


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
    config.add_chart_source("results", draw_results, query=conditions.SEARCH, permission="result:list")
    config.add_nav_entry("Results", "results_page", order=100)
