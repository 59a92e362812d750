"""Review: the life cycle of what is submitted and moderated, and the journal of it."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    from eoscperf.review.journal import Journal
    from eoscperf.review.lifecycle import Lifecycle

    config.add_service(Journal, Journal.for_request)
    config.add_service(Lifecycle, Lifecycle.for_request)
