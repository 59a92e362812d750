"""How many results a search finds, without counting them where the tallies know it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from sqlalchemy.orm import Session

from eoscperf.db_state import DatabaseState
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


class RememberedTotals:
    """Totals of one process, so many of them at most; those not asked for longest go first.

    Every page of a search has the same total, and so has every order of it.
    """

    def __init__(self, most: int = 2000) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[Hashable, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, state: DatabaseState, question: Hashable, count: Callable[[], int]) -> int:
        """What was counted for the same question in the same state of the database, else what `count` says.

        The state was read before anything that `count` reads, so that what is kept is as new as the state.
        """
        if state.token is None:
            return count()
        key = (state.place, question)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept[0] == state.token:
                self._kept.move_to_end(key)
                return kept[1]
        number = count()
        with self._lock:
            self._kept[key] = (state.token, number)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return number
