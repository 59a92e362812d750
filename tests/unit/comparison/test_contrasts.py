"""Ratios, tests and verdicts, against answers of scipy and worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from eoscperf.comparison.contrasts import Contrast, Pair
from eoscperf.comparison.ranking import geometric_mean, percentile, ranked
from eoscperf.comparison.sentences import (
    best,
    difference,
    false_alarms,
    percent,
    sentence,
    significant,
)
from tests.unit.comparison.test_cells import cell

FAST = cell(100.0, 101.0, 99.0, 100.5, 99.5, 100.2)
SLOW = cell(112.0, 111.0, 113.0, 112.5, 111.5, 112.2)
FAR = cell(200.0, 201.0, 199.0, 200.5, 199.5)
THREE = cell(100.0, 110.0, 120.0)
NEGATIVE = cell(-1.0, 2.0, 3.0, 4.0, 5.0)
# Both medians 100, one of them scattered.
WIDE = cell(60.0, 80.0, 100.0, 120.0, 140.0, 99.0, 101.0)


def test_a_ratio_above_one_is_better_in_both_directions():
    assert Pair(FAST, SLOW, "lower").ratio == pytest.approx(112.1 / 100.1)
    assert Pair(FAST, SLOW, "higher").ratio == pytest.approx(100.1 / 112.1)
    assert Pair(FAST, SLOW, None).ratio == pytest.approx(100.1 / 112.1)
    assert Pair(FAST, NEGATIVE, "lower").ratio is None


def test_the_interval_of_a_ratio_is_taken_draw_by_draw():
    found = Pair(FAST, SLOW, "lower").evidence
    assert found is not None
    expected = np.percentile(SLOW.draws / FAST.draws, [2.5, 97.5])
    assert (found.low, found.high) == pytest.approx(tuple(expected))


def test_exact_p_values_are_those_of_the_literature():
    # Five against five, fully apart: 2 / C(10, 5).
    found = Pair(cell(1, 2, 3, 4, 5), cell(6, 7, 8, 9, 10), "lower").evidence
    assert found is not None
    assert found.p == pytest.approx(2 / 252)
    assert found.superiority == 1
    assert found.effect == "large"


def test_ties_are_permuted_the_same_way_each_time():
    one, other = cell(1, 2, 2, 3, 4), cell(2, 3, 5, 6, 7)
    found = Pair(one, other, "lower").evidence
    method = stats.PermutationMethod(n_resamples=9999, rng=np.random.default_rng(one.seed))
    expected = stats.mannwhitneyu([1, 2, 2, 3, 4], [2, 3, 5, 6, 7], method=method).pvalue
    assert found is not None
    assert found.p == pytest.approx(expected)
    again = Pair(cell(1, 2, 2, 3, 4), cell(2, 3, 5, 6, 7), "lower").evidence
    assert again is not None
    assert again.p == found.p


def test_large_sides_are_approximated():
    random = np.random.default_rng(3)
    one, other = cell(*random.normal(100, 3, 12)), cell(*random.normal(103, 3, 9))
    found = Pair(one, other, "lower").evidence
    assert found is not None
    assert found.p == pytest.approx(stats.mannwhitneyu(one.values, other.values, method="asymptotic").pvalue)


def test_values_all_alike_are_no_evidence_of_anything():
    contrast = Contrast(cell(*[5.0] * 9), cell(*[5.0] * 10), "lower")
    assert contrast.code == "same"
    assert contrast.evidence is not None
    assert contrast.evidence.p == 1


@pytest.mark.parametrize(
    ("a", "base", "better", "noise", "code"),
    [
        (None, FAST, "lower", 0.02, "missing"),
        (FAST, None, "lower", 0.02, "missing"),
        (FAST, NEGATIVE, "lower", 0.02, "nonpos"),
        (FAST, SLOW, None, 0.02, "undirected"),
        (FAST, THREE, "lower", 0.02, "few"),
        (THREE, FAST, "lower", 0.02, "few"),
        (FAST, SLOW, "lower", 0.02, "better"),
        (SLOW, FAST, "lower", 0.02, "worse"),
        (FAST, SLOW, "higher", 0.02, "worse"),
        (FAST, FAST, "lower", 0.02, "same"),
        (FAST, SLOW, "lower", 0.2, "same"),
        (FAST, SLOW, "lower", 0.12, "none"),  # the ratio is inside the floor, the interval reaches out of it
        (WIDE, FAST, "lower", 0.02, "none"),
    ],
)
def test_the_first_verdict_that_applies_is_given(a, base, better, noise, code):
    assert Contrast(a, base, better, noise).code == code


def test_an_interval_that_excludes_equality_and_a_test_that_doubts_are_unclear():
    # Most runs of the one are a little better, the others much worse.
    one = cell(*(100 + n / 100 for n in range(20)), 150.0, 151.0, 152.0, 153.0, 154.0)
    other = cell(*(104 + n / 100 for n in range(20)), 60.0, 61.0, 62.0, 63.0, 64.0)
    contrast = Contrast(one, other, "lower")
    assert contrast.evidence is not None
    assert (contrast.evidence.low > 1, contrast.evidence.p >= 0.05) == (True, True)
    assert contrast.code == "unclear"
    assert words(contrast).startswith(
        "Unclear: the interval excludes equality, the rank test does not (p = 0."
    )


def test_what_must_not_be_compared_says_why():
    contrast = Contrast(FAST, SLOW, "lower", reason="other inputs (4K and 8K)")
    assert contrast.code == "unlike"
    assert (contrast.ratio, contrast.evidence) == (None, None)
    assert words(contrast) == "Not comparable: other inputs (4K and 8K)."


def words(contrast: Contrast, **more: object) -> str:
    return sentence(contrast, "IISAS m.8", "CESNET hpc.8", **{"benchmark": "c-ray:1.2", **more})


def test_verdicts_are_sentences():
    assert words(Contrast(None, FAST, "lower")) == "IISAS m.8 has no visible result for c-ray:1.2."
    assert words(Contrast(FAST, None, "lower")) == "CESNET hpc.8 has no visible result for c-ray:1.2."
    assert words(Contrast(SLOW, FAST, "lower"), is_speed=True).startswith(
        "IISAS m.8 is 11 % slower than CESNET hpc.8, beyond noise (95 % interval 0.8"
    )
    assert words(Contrast(FAST, SLOW, "lower"), is_speed=True).startswith("IISAS m.8 is 12 % faster than")
    assert words(Contrast(FAST, SLOW, "lower")).startswith("IISAS m.8 is 12 % better than")
    assert words(Contrast(FAST, SLOW, "lower")).endswith("6 and 6 runs; effect large).")
    assert words(Contrast(FAR, FAST, "lower"), is_speed=True).startswith(
        "CESNET hpc.8 is 2.00 times as fast as IISAS m.8, beyond noise ("
    )
    assert words(Contrast(FAR, FAST, "higher")).startswith("IISAS m.8 is 2.00 times as good as CESNET hpc.8")
    assert words(Contrast(THREE, FAST, "lower")) == (
        "Too few runs for a verdict: IISAS m.8 has 3, CESNET hpc.8 has 6; five of each are needed. "
        "Medians differ by 9.0 %."
    )
    assert words(Contrast(FAST, NEGATIVE, "lower"), unit="s") == (
        "Values are not all positive, so no ratio is formed; medians differ by 97.10 s."
    )
    assert words(Contrast(SLOW, FAST, None)) == (
        "IISAS m.8 reads 12 % higher than CESNET hpc.8; no better direction is declared."
    )
    assert words(Contrast(FAST, FAR, None)) == (
        "CESNET hpc.8 reads 2.00 times as high as IISAS m.8; no better direction is declared."
    )
    assert words(Contrast(FAST, FAST, "lower")) == "IISAS m.8 and CESNET hpc.8 are the same within 2.0 %."
    assert words(Contrast(WIDE, FAST, "lower")).startswith(
        "No difference beyond noise between IISAS m.8 and CESNET hpc.8 (ratio 1.00, "
    )


def test_rows_that_cannot_be_told_apart_share_a_rank():
    near = cell(100.6, 101.6, 99.6, 101.1, 100.1)
    rows = ranked([SLOW, FAST, near, FAR], "lower", 0.02)
    assert [(row.index, row.label) for row in rows] == [(1, "1="), (2, "1="), (0, "3"), (3, "4")]
    upside_down = ranked([SLOW, FAST, near, FAR], "higher", 0.02)
    assert [(row.index, row.label) for row in upside_down] == [(3, "1"), (0, "2"), (2, "3="), (1, "3=")]


def test_rows_of_few_runs_are_provisional_and_share_where_ranges_overlap():
    rows = ranked([FAST, THREE, cell(300.0, 310.0)], "lower", 0.02)
    assert [row.label for row in rows] == ["1=", "(1=)", "(3)"]
    assert [row.provisional for row in rows] == [False, True, True]


def test_a_row_is_held_against_the_leader_of_its_rank_not_against_the_row_above():
    # Each within two percent of the one before, the last not of the first.
    rows = ranked([cell(*[value] * 5) for value in (100.0, 101.5, 103.0)], "lower", 0.02)
    assert [row.label for row in rows] == ["1=", "1=", "3"]


def test_percentiles_need_ten_peers():
    assert percentile(5, range(9), "lower") is None
    assert percentile(5, range(10), "lower") == 0.4
    assert percentile(5, range(10), "higher") == 0.5


def test_geometric_means_are_those_of_scipy():
    assert geometric_mean([1.2, 0.7, 3.0]) == pytest.approx(stats.gmean([1.2, 0.7, 3.0]))
    with pytest.raises(ValueError, match="positive"):
        geometric_mean([1.0, 0.0])
    with pytest.raises(ValueError, match="positive"):
        geometric_mean([])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (105.24, "105.2"),
        (0.0001234, "0.0001234"),
        (1234567.0, "1.235e6"),
        (12345.0, "12340"),
        (99999.0, "100000"),
        (0.0, "0"),
        (-3.0, "-3.000"),
        (1.5e-7, "1.500e-7"),
        (2.0, "2.000"),
    ],
)
def test_numbers_have_four_significant_digits(value, text):
    assert significant(value) == text


def test_shares_are_percent_and_large_ratios_factors():
    assert [percent(share) for share in (0.107, 0.0999, 0.0944, 0.004)] == ["11 %", "10 %", "9.4 %", "0.4 %"]
    assert difference(0.893) == "11 %"
    assert difference(0.5) == "a factor of 2.00"


def test_readers_are_told_of_false_alarms_only_under_larger_tables():
    assert false_alarms(4) is None
    assert false_alarms(10) == ("10 verdicts: with no real differences about 0.5 would be false alarms.")


def test_the_best_are_named_with_ties():
    assert best(["INGRID c.32"], 28.1, "s", provisional=False) == "Best: INGRID c.32, 28.10 s."
    assert best(["INGRID c.32", "IFCA x.32"], 28.1, "s", provisional=False) == (
        "Best: INGRID c.32 and IFCA x.32, 28.10 s. 2 rows share rank 1."
    )
    assert (
        best(["A"], 1, "", provisional=True)
        == "Every row has fewer than five runs: the order is provisional."
    )


@pytest.mark.parametrize(("mine", "theirs"), [(5, 5), (6, 30), (9, 9), (40, 25), (9, 300)])
@pytest.mark.parametrize("digits", [6, 0])
def test_p_is_that_of_scipy_with_and_without_ties(mine, theirs, digits):
    random = np.random.default_rng(mine + theirs)
    some = sorted(round(value, digits) for value in random.normal(30, 3, mine))
    others = sorted(round(value, digits) for value in random.normal(31, 3, theirs))
    found = Pair(cell(*some), cell(*others), "higher").evidence
    method = "asymptotic"
    if min(mine, theirs) <= 8:
        method = "exact"
        if len({*some, *others}) < mine + theirs:
            rng = np.random.default_rng(cell(*some).seed)
            method = stats.PermutationMethod(n_resamples=9999, rng=rng)
    expected = stats.mannwhitneyu(some, others, method=method)
    assert found is not None
    assert found.p == pytest.approx(float(expected.pvalue), rel=1e-12)
    assert found.superiority == pytest.approx(float(expected.statistic) / (mine * theirs))
