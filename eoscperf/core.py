"""The kernel and the core features, in the order they are included."""

from __future__ import annotations

from typing import Any

KERNEL = (
    "pyramid_jinja2",
    "cornice",
    "eoscperf.db",  # brings the transaction manager; everything below works inside it
    "eoscperf.db_state",
    "eoscperf.locator",
    "eoscperf.events",
    "eoscperf.extend.directives",  # before the first that uses a directive
    "eoscperf.extend.resources",
    "eoscperf.security",
    "eoscperf.rest",
    "eoscperf.web",
)

FEATURES = (
    "eoscperf.review",  # journal and life cycle: what sites, benchmarks and results are moderated with
    "eoscperf.users",
    "eoscperf.tokens",  # of the accounts just above
    "eoscperf.sites",
    "eoscperf.benchmarks",
    "eoscperf.results",  # needs sites and benchmarks to hang a result on
    "eoscperf.metrics",  # what the values of results mean
    "eoscperf.charts",  # draws them
    "eoscperf.comparison",  # ranks them
    "eoscperf.browse",  # shows results with all of that
    "eoscperf.ciupload",  # lets CI jobs upload results for the users who trust them
    "eoscperf.moderation",  # decides about all of the above
    "eoscperf.login",  # lets people in to the pages
    "eoscperf.home",  # shows something of everything
)


def includeme(config: Any) -> None:
    for name in KERNEL + FEATURES:
        config.include(name)
