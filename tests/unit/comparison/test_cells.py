"""What a cell says, against answers worked out by hand or by scipy."""

from __future__ import annotations

import datetime
import hashlib
import math
import uuid

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from scipy import stats

from eoscperf.comparison.cells import (
    UNKNOWN,
    Cell,
    Run,
    between,
    eligible,
    middle,
    sample_spread,
    weighted_median,
)
from eoscperf.comparison.packing import PackedCell, packed

DAY = datetime.timedelta(days=1)
START = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)


def runs(*values: float, source: object = None) -> list[Run]:
    """Runs of as many sources, or of one."""
    return [
        Run(uuid.UUID(int=number), number if source is None else source, value, START + number * DAY)
        for number, value in enumerate(values)
    ]


def cell(*values: float, **more: object) -> Cell:
    return Cell("score", tuple(runs(*values)), **more)


finite = st.floats(-1e6, 1e6)


@hypothesis.given(st.lists(finite, min_size=1, max_size=30))
def test_with_equal_weights_the_median_is_the_plain_one(values):
    values.sort()
    assert weighted_median(values, [1.0] * len(values)) == pytest.approx(np.median(values))
    assert middle(values) == pytest.approx(np.median(values))


@pytest.mark.parametrize(
    ("values", "weights", "expected"),
    [
        ([1, 2, 3], [1, 1, 5], 3),
        ([1, 2, 3], [5, 1, 1], 1),
        ([1, 2, 3], [1, 1, 2], 2.5),  # half is reached exactly at 2
        ([1, 2], [1, 1], 1.5),
        ([7], [0.3], 7),
        # Three times a third and one whole: binary fractions must not hide that half is reached exactly.
        ([1, 2, 3, 4], [1 / 3, 1 / 3, 1 / 3, 1], 3.5),
    ],
)
def test_the_weighted_median_is_where_half_of_the_weight_is_reached(values, weights, expected):
    assert weighted_median(values, weights) == expected


def test_each_source_counts_by_the_root_of_its_runs():
    one = cell(10, 10, 10, 10)
    assert one.weights == (1, 1, 1, 1)
    busy = [*runs(1, 1, 1, 1, source="job"), Run(uuid.uuid4(), "other", 9, START)]
    mixed = Cell("score", tuple(busy))
    assert mixed.weights == (0.5, 0.5, 0.5, 0.5, 1)
    assert mixed.sources == 2
    assert mixed.median == 1
    assert Cell("score", tuple(busy), weighting="run").weights == (1, 1, 1, 1, 1)


def test_one_busy_source_does_not_own_the_cell():
    # Sixteen runs of one job against five others: 4 against 5.
    job = runs(*[100.0] * 16, source="job")
    others = [Run(uuid.uuid4(), f"person {n}", 50.0, START) for n in range(5)]
    assert Cell("score", (*job, *others)).median == 50
    assert Cell("score", (*job, *others), weighting="run").median == 100


def test_the_seed_names_method_path_and_runs_whatever_their_order():
    some = runs(3, 1, 2)
    ids = sorted(str(run.id) for run in some)
    digest = hashlib.sha256(f"eoscperf-stats-1\nscore\n{ids[0]}\n{ids[1]}\n{ids[2]}".encode()).digest()
    assert Cell("score", tuple(some)).seed == int.from_bytes(digest[:8], "big")
    assert Cell("score", tuple(reversed(some))).seed == Cell("score", tuple(some)).seed
    assert Cell("other", tuple(some)).seed != Cell("score", tuple(some)).seed


def test_the_interval_is_that_of_the_bootstrap_done_by_hand():
    some = cell(5.0, 1.0, 4.0, 2.0, 3.0, 9.0)
    random = np.random.default_rng(some.seed)
    drawn = random.choice([1.0, 2, 3, 4, 5, 9], size=(2000, 6), p=[1 / 6] * 6)
    medians = np.median(drawn, axis=1)
    assert some.interval == pytest.approx(tuple(np.percentile(medians, [2.5, 97.5])))
    assert some.interval == cell(5.0, 1.0, 4.0, 2.0, 3.0, 9.0).interval


def test_draws_are_as_many_as_the_runs_are_worth():
    job = runs(*range(1, 17), source="job")
    others = [Run(uuid.uuid4(), n, 5.0 + n, START) for n in range(4)]
    some = Cell("score", (*job, *others))
    weights = [0.25] * 16 + [1.0] * 4
    size = math.floor(sum(weights) ** 2 / sum(w * w for w in weights) + 0.5)
    assert size == 13
    random = np.random.default_rng(some.seed)
    drawn = random.choice(some.values, size=(2000, size), p=np.asarray(some.weights) / sum(weights))
    assert np.array_equal(some.draws, np.median(drawn, axis=1))


def test_the_interval_agrees_with_the_bootstrap_of_scipy():
    values = tuple(np.random.default_rng(7).normal(100, 5, 25))
    theirs = stats.bootstrap(
        (values,), np.median, n_resamples=9999, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    low, high = cell(*values).interval
    assert low == pytest.approx(theirs.low, abs=0.6)
    assert high == pytest.approx(theirs.high, abs=0.6)


@pytest.mark.parametrize("n", [5, 10, 25])
def test_intervals_cover_the_true_median_about_as_often_as_they_say(n):
    random = np.random.default_rng(n)
    inside = 0
    for _ in range(300):
        low, high = cell(*random.lognormal(0, 0.3, n)).interval
        inside += low <= 1 <= high
    assert 0.88 <= inside / 300 <= 0.985


def test_few_runs_have_no_interval():
    assert cell(1, 2, 3, 4).interval is None
    assert cell(1, 2, 3, 4, 5).interval is not None
    assert not cell(1, 2, 3, 4).is_enough


def test_spreads_within_and_between_runs_are_told_apart():
    some = [
        Run(uuid.UUID(int=1), "a", 10.0, START, (9.0, 10.0, 12.0)),
        Run(uuid.UUID(int=2), "b", 20.0, START, (19.0, 21.0)),
        Run(uuid.UUID(int=3), "c", 30.0, START, (30.0,)),
    ]
    three = Cell("score", tuple(some))
    assert three.within_spread == pytest.approx((0.3 + 0.1) / 2)
    assert three.between_spread == pytest.approx((30 - 10) / 20)
    five = cell(1, 2, 3, 4, 5)
    assert five.between_spread == pytest.approx(stats.iqr([1, 2, 3, 4, 5]) / 3)
    assert five.within_spread is None
    assert cell(-1, 0, 1).between_spread is None
    assert sample_spread((0.0, 0.0)) is None
    assert sample_spread((-2.0, -4.0)) == pytest.approx(2 / 3)


def test_only_the_newest_twenty_runs_of_a_source_count():
    many = runs(*range(30), source="job")
    kept = eligible(many)
    assert [run.value for run in kept.runs] == list(range(29, 9, -1))
    assert (kept.older, kept.infinite) == (10, 0)


def test_values_that_are_no_finite_numbers_are_counted_not_used():
    kept = eligible(runs(1.0, math.inf, math.nan, -math.inf, 2.0))
    assert sorted(run.value for run in kept.runs) == [1, 2]
    assert kept.infinite == 3


def test_a_cell_refuses_what_it_cannot_count():
    with pytest.raises(ValueError, match="at least one run"):
        Cell("score", ())
    with pytest.raises(ValueError, match="finite"):
        cell(1.0, math.inf)


def test_percentiles_are_interpolated():
    assert between(np.arange(0.0, 101.0)) == pytest.approx((2.5, 97.5))


@hypothesis.given(st.lists(finite, min_size=1, max_size=60))
def test_percentiles_are_exactly_those_of_numpy(values):
    draws = np.asarray(values)
    assert between(draws) == tuple(float(end) for end in np.percentile(draws, (2.5, 97.5)))


@pytest.mark.parametrize("weighting", ["source", "run"])
@pytest.mark.parametrize("n", [3, 12])
def test_a_packed_cell_says_what_the_cell_said(n, weighting):
    values = np.random.default_rng(n).normal(30, 2, n).tolist()
    some = runs(*values)
    some = [
        Run(run.id, run.id if at % 2 else UNKNOWN, run.value, run.executed) for at, run in enumerate(some)
    ]
    plain = Cell("score", tuple(some), weighting)
    kept = packed("score", some, weighting, {some[0].id: 0.5}, changes=4, older=1, infinite=2)
    again = PackedCell("score", weighting, kept)
    for name in (
        "n",
        "sources",
        "median",
        "interval",
        "lowest",
        "highest",
        "values",
        "between_spread",
        "runs",
    ):
        assert getattr(again, name) == getattr(plain, name), name
    assert (again.last_run, again.seed) == (plain.last_run, plain.seed)
    assert np.array_equal(again.draws, plain.draws)
    assert again.within_spread == 0.5
    assert kept.spreads()[some[0].id] == 0.5
    assert math.isnan(kept.spreads()[some[1].id])
