"""Rows of the builder and the filters that they stand for."""

from __future__ import annotations

import pytest

from eoscperf.browse.builder import ends_of, ranged, rows_of, toggled, value_text, written
from eoscperf.metrics.catalogue import Catalogue, Metric
from eoscperf.results import filters


@pytest.mark.parametrize(
    "text",
    [
        "brand == AMD EPYC 7742",
        'brand == "7742"',
        'brand == "true"',
        'brand == ""',
        'brand == " x "',
        'brand == "\\"quoted\\""',
        "a\\ key.b == 4",
        "a >= 1.50",
        "a exists",
        "a exists false",
        'a in [1, "1", true, "x, y"]',
        "name contains epyc",
        "a != false",
    ],
)
def test_a_filter_taken_apart_and_put_together_is_the_same(text):
    condition = filters.parse(text)
    written = f"{condition.path.text()} {condition.operator} {value_text(condition)}"
    assert filters.parse(written) == condition


def test_a_value_is_typed_without_quotes_where_it_can_be():
    assert value_text(filters.parse('brand == "AMD EPYC"')) == "AMD EPYC"
    assert value_text(filters.parse('brand == "12"')) == '"12"'


def test_choosing_values_replaces_what_was_chosen_at_the_path_and_nothing_else():
    texts = ["cores in [4, 8]", "cores > 2", "size == 1"]
    assert toggled(texts, "cores", ["8"]) == ["cores > 2", "size == 1", "cores == 8"]
    assert toggled(texts, "cores", ["8", '"x"'])[-1] == 'cores in [8, "x"]'
    assert toggled(texts, "cores", []) == ["cores > 2", "size == 1"]


CATALOGUE = Catalogue(
    (
        Metric("cores", "number", "Cores"),
        Metric("brand", "string", "Brand"),
        Metric("smt", "boolean", "Threads"),
        Metric("odd", "mixed", "Odd"),
    )
)


def sent(path, operator, value):
    found = written([("f_path", path), ("f_op", operator), ("f_value", value)], CATALOGUE)
    return found.filters, found.faults


@pytest.mark.parametrize(
    ("row", "filters"),
    [
        (("cores", "between", "4 .. 16"), ("cores >= 4", "cores <= 16")),
        (("cores", "between", "4 and 16"), ("cores >= 4", "cores <= 16")),
        (("brand", "==", "7742"), ('brand == "7742"',)),
        (("brand", "==", "true"), ('brand == "true"',)),
        (("brand", "==", "AMD EPYC 7742"), ("brand == AMD EPYC 7742",)),
        (("brand", "in", "7742, AMD EPYC"), ('brand in ["7742", "AMD EPYC"]',)),
        (("brand", "exists", ""), ("brand exists",)),
        (("smt", "is", "true"), ("smt == true",)),
        (("odd", "==", "7742"), ("odd == 7742",)),
        (("unknown.path", "contains", "x y"), ("unknown.path contains x y",)),
        (("", "==", ""), ()),
    ],
)
def test_a_row_becomes_filters(row, filters):
    assert sent(*row) == (filters, [])


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (("cores", "==", ""), "lacks a value"),
        (("", "==", "4"), "lacks a path"),
        (("cores", "between", "4"), "Between takes two values"),
        (("cores", "contains", "4"), "Cores is a number, so “contains” says nothing of it"),
        (("smt", "<", "true"), "Threads is true or false"),
        (("a..b", "==", "4"), "Character 3. Example: "),
        (("brand", "==", '"open'), "closing quote"),
    ],
)
def test_a_row_that_says_nothing_is_marked_and_not_sent(row, fault):
    filters, faults = sent(*row)
    assert filters == ()
    assert fault in faults[0]


def test_the_good_rows_beside_a_wrong_one_are_kept():
    given = [
        ("f_path", "a"),
        ("f_path", "b"),
        ("f_op", "=="),
        ("f_op", ">"),
        ("f_value", "1"),
        ("f_value", ""),
    ]
    found = written(given, None)
    assert found.filters == ("a == 1",)
    assert [bool(row.fault) for row in found.rows] == [False, True]


def test_a_filter_of_the_address_is_a_row_again():
    rows = rows_of(["smt == true", 'brand == "7742"', "cores >"], CATALOGUE)
    assert [(row.path, row.operator, row.value, bool(row.fault)) for row in rows] == [
        ("smt", "is", "true", False),
        ("brand", "==", '"7742"', False),
        ("cores", ">", "", True),
    ]


def test_ends_replace_ends_and_leave_other_conditions():
    texts = ["cores >= 4", "cores == 8", "size <= 2"]
    assert ends_of(texts, "cores") == ("4", "")
    assert ranged(texts, "cores", "", "1 600") == ["cores == 8", "size <= 2", "cores <= 1600"]
    assert ranged(texts, "cores", "", "") == ["cores == 8", "size <= 2"]
    with pytest.raises(ValueError, match="'soon' is no number"):
        ranged(texts, "cores", "soon", "")
