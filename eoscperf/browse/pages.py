"""The search for results, and the page of each result."""

from __future__ import annotations

import dataclasses
import uuid
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response

from eoscperf import errors
from eoscperf.browse import conditions, facets, sharing
from eoscperf.browse.conditions import CONDITIONS, SEARCH_SORT
from eoscperf.browse.detail import detail
from eoscperf.browse.rows import columns, default_paths, rows
from eoscperf.browse.service import ResultFacts
from eoscperf.metrics.catalogue import Catalogue
from eoscperf.results.facets.service import Facets
from eoscperf.results.query import STATUSES
from eoscperf.results.service import Results
from eoscperf.web.pager import pager
from eoscperf.web.urls import Address, sort_keys, sort_link, unbound

MOST_COMPARED = 30
"""Items that the comparison takes."""

_SORTED = ("benchmark_name", "site_name", "flavor_name", "execution_datetime", "upload_datetime")

_IDS = ("benchmark_id", "site_id", "flavor_id", "tags_ids")

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
        return HTTPSeeOther(location=sharing.comparison_url(request, address.values.get("pick", ())))
    own = address.values.get("uploader") == "me"
    if own and request.viewer.user_id is None:
        told = {**address.errors, "uploader": ["Log in to find what you have uploaded yourself."]}
        address = dataclasses.replace(address, errors=told)
    values: dict[str, Any] = {
        "address": address,
        "filter_rows": [*asked.rows, conditions.FilterRow()],
        "operators": conditions.OPERATORS,
        "chips": _chips(address, facts),
        "clear_url": _clear(address),
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
        report = request.find_service(Facets).report(criteria, facts.facets(criteria, known), facets.MOST)
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
        "suggestions": _suggestions(catalogue),
        "picked": len(picked),
        "picked_elsewhere": [one for one in address.values.get("pick", ()) if one not in here],
        "pick_all_url": _pick_all(address, here),
        "compare_url": sharing.comparison_url(request, address.values["pick"]) if picked else None,
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


def _chips(address: Address, facts: ResultFacts) -> list[tuple[str, str, str]]:
    """The conditions in words, each with the address without it."""
    chosen = [one for key in _IDS for one in address.values.get(key, ())]
    names = {str(identifier): name for identifier, name in facts.names(chosen).items()}
    year = _year(address)
    found = [("Word", word, address.without("terms", word)) for word in address.all("terms")]
    for kind, key in (("Benchmark", "benchmark_id"), ("Site", "site_id"), ("Flavor", "flavor_id")):
        found += [(kind, names.get(one.lower(), one), address.without(key, one)) for one in address.all(key)]
    found += [
        ("Tag", names.get(one.lower(), one), address.without("tags_ids", one))
        for one in address.all("tags_ids")
    ]
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


def _year(address: Address) -> int | None:
    """The year that the dates of execution ask for, if they ask for all of it and nothing else."""
    ends = address.all("execution_after"), address.all("execution_before")
    before = address.values.get("execution_before")
    if before is None or before.year < 3:
        return None
    year = before.year - 1
    after, following = facets.year_ends(year)
    return year if ends == ([after], [following]) else None


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
