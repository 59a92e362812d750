"""Totals are remembered for as long as the database is the same."""

from __future__ import annotations

import threading

from eoscperf.db_state import DatabaseState
from eoscperf.results.facets.totals import RememberedTotals


def state(token: object, place: object = None) -> DatabaseState:
    return DatabaseState(token, place, {})


class Counting:
    """Counts one more each time it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> int:
        self.asked += 1
        return self.asked


def test_the_same_question_in_the_same_state_is_counted_once():
    totals, count = RememberedTotals(), Counting()
    assert [totals.get(state(1), "all", count) for _ in range(3)] == [1, 1, 1]


def test_another_question_state_or_connection_is_counted_anew():
    totals, count = RememberedTotals(), Counting()
    asked = [(1, None, "all"), (1, None, "few"), (2, None, "all"), (2, "here", "all"), (2, "there", "all")]
    assert [totals.get(state(token, place), text, count) for token, place, text in asked] == [1, 2, 3, 4, 5]


def test_a_state_that_is_over_is_not_answered_from():
    totals, count = RememberedTotals(), Counting()
    for token in (1, 2, 1):
        totals.get(state(token), "all", count)
    assert count.asked == 3


def test_without_a_state_nothing_is_remembered():
    totals, count = RememberedTotals(), Counting()
    assert [totals.get(state(None), "all", count) for _ in range(2)] == [1, 2]
    assert len(totals) == 0


def test_so_many_are_kept_and_those_not_asked_for_longest_go_first():
    totals, count = RememberedTotals(most=2), Counting()
    for question in ("a", "b", "a", "c"):
        totals.get(state(1), question, count)
    assert len(totals) == 2
    assert totals.get(state(1), "a", count) == 1
    assert totals.get(state(1), "b", count) == 4


def test_what_fails_is_not_remembered():
    totals, count = RememberedTotals(), Counting()

    def fail() -> int:
        raise LookupError("the database is gone")

    try:
        totals.get(state(1), "all", fail)
    except LookupError:
        assert totals.get(state(1), "all", count) == 1
    else:
        raise AssertionError("the failure was hidden")


def test_counting_does_not_hold_others_up():
    totals, count = RememberedTotals(), Counting()

    def slow() -> int:
        other = threading.Thread(target=totals.get, args=(state(1), "other", count))
        other.start()
        other.join(timeout=30)
        assert not other.is_alive()
        return 7

    assert totals.get(state(1), "all", slow) == 7
