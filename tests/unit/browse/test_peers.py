"""Who else found the same."""

from __future__ import annotations

import datetime
import uuid
from types import SimpleNamespace

from eoscperf.browse.peers import reproduced
from eoscperf.comparison.cells import Run

OWN, OTHER, THIRD = (uuid.uuid4() for _ in range(3))
NOW = datetime.datetime(2024, 5, 1, tzinfo=datetime.UTC)


def counted(*runs, value=100.0, noise=0.02, uploader=OWN):
    result = SimpleNamespace(id=uuid.uuid4(), uploader_id=uploader)
    found = [Run(uuid.uuid4(), source, number, NOW) for source, number in runs]
    return reproduced(result, value, found, noise)


def test_own_runs_do_not_count():
    assert counted((OWN, 100.0), (OWN, 100.1)) == 0


def test_each_other_source_counts_once_if_one_of_its_runs_is_near():
    assert counted((OTHER, 101.9), (OTHER, 100.0), (THIRD, 98.1)) == 2
    assert counted((OTHER, 102.1)) == 0


def test_a_source_whose_runs_lie_around_the_value_agrees():
    assert counted((OTHER, 90.0), (OTHER, 110.0)) == 1


def test_of_results_without_an_uploader_nobody_can_tell():
    assert counted((OTHER, 100.0), uploader=None) == 0
