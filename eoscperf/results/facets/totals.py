"""How many results a search finds, without counting them where the tallies know it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from eoscperf.results.facets.tallied import Tallied
from eoscperf.results.search.search import Search


class Totals:
    """Exact totals, quick for cells (benchmarks, sites, flavors, words in their names) and one tag."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def known(self, search: Search) -> int | None:
        """How many results there are, by the tallies; None if they do not tell."""
        return Tallied(self._session, search.scope).total()

    def count(self, search: Search) -> int:
        """How many results there are."""
        known = self.known(search)
        return search.count() if known is None else known
