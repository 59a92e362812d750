"""How many results a search finds, without counting them where the tallies know it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from eoscperf.results.facets.tallied import Tallied
from eoscperf.results.search.scope import Scope


class Totals:
    """Exact totals of searches for cells (benchmarks, sites, flavors, words in their names) and one tag."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, scope: Scope) -> int | None:
        """How many results there are; None if they have to be counted."""
        return Tallied(self._session, scope).total()
