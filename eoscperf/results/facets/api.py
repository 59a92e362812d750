"""Facets over REST."""

from __future__ import annotations

from typing import Any

from eoscperf.rest.service import ApiService
from eoscperf.results.answers import check_query, read_criteria
from eoscperf.results.facets import schemas
from eoscperf.results.facets.service import Facets

results_facets = ApiService("results_facets", "/results:facets", traverse="/results", tag="results")

SERVICES = [results_facets]


@results_facets.get(
    operation_id="GetResultFacets",
    permission="result:list",
    query=schemas.RESULT_FACETS,
    check_query=check_query,
    remembered=True,
    returns="FacetReport",
    examples=[
        {
            "summary": "How the results of a benchmark differ",
            "query": {"benchmark_id": ["$benchmark"]},
            "status": 200,
        },
        {
            "summary": "The ten sites with the most results that have to do with a word",
            "query": {"terms": ["example"], "facet": ["site"], "limit": "10"},
            "status": 200,
        },
        {
            "summary": "A name that is no facet",
            "query": {"facet": ["colour"]},
            "status": 422,
        },
    ],
)
def get_result_facets(request: Any) -> Any:
    """Count results by benchmark, site, flavor, tag, year and values.

    The parameters are those of the list. Each facet counts the results that meet every condition but its
    own: that of benchmarks does not look at `benchmark_id`, that of sites at `site_id`, of flavors at
    `flavor_id`, of tags at `tags_ids`, of years at `execution_before` and `execution_after`, of a field at
    the `filters` on its path. Only results that the caller may see are counted.

    Where `benchmark_id` names exactly one benchmark, the fields that its JSON Schema declares are facets too,
    `json.<path>`: those with few values with a count of each, those with numbers with their `min` and `max`.
    A field with many values is counted when it is named by `facet`.
    """
    asked = request.query
    facets = request.find_service(Facets)
    report = facets.report(read_criteria(asked), asked.get("facet", ()), asked["limit"])
    return schemas.present_report(report)
