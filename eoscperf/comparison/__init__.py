"""Numbers turned into decisions: what the runs of a cell say, ranks, and verdicts in words."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    from eoscperf.comparison import api, schemas
    from eoscperf.comparison.drawing import Charts
    from eoscperf.comparison.keeping import Memory
    from eoscperf.comparison.remembering import RememberedCells
    from eoscperf.comparison.service import Comparisons
    from eoscperf.comparison.standings import RememberedRankings, Standings
    from eoscperf.comparison.summing_up import RememberedTold, Summaries

    config.registry["eoscperf.cells"] = RememberedCells()
    config.registry["eoscperf.boards"] = Memory()
    config.add_permission("comparison:read", "see rankings and comparisons", default="public")
    config.add_service(Comparisons, Comparisons.for_request)
    config.add_service(Charts, Charts.for_request)
    config.registry["eoscperf.rankings"] = RememberedRankings()
    config.add_service(Standings, Standings.for_request)
    config.registry["eoscperf.told"] = RememberedTold()
    config.add_service(Summaries, Summaries.for_request)
    config.include("eoscperf.comparison.pages")
    config.include("eoscperf.comparison.panels")
    config.add_subscriber("eoscperf.comparison.loading.load_libraries", "pyramid.events.ApplicationCreated")
    for service in api.SERVICES:
        config.add_api_service(service)
    for name, schema in schemas.SCHEMAS.items():
        config.add_openapi_schema(name, schema)
