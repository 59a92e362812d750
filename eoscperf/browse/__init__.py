"""The pages of results: the search with its facets, and each result by itself."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    from eoscperf.browse.service import ResultFacts

    config.add_service(ResultFacts, ResultFacts.for_request)
    config.include("eoscperf.browse.pages")
