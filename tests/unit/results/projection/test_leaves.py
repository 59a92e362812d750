"""From a document to rows."""

import json
from decimal import Decimal

import pytest

from eoscperf import jsontext
from eoscperf.results.projection.leaves import BOOLEAN, COMPOSITE, NULL, NUMBER, STRING, Fields
from eoscperf.results.projection.models import MAX_TEXT


def leaves(document, *paths):
    found, irregular = Fields(enumerate(paths)).leaves(document)
    assert irregular == []
    return found


@pytest.mark.parametrize(
    ("value", "row"),
    [
        (8, (NUMBER, 8.0, None)),
        (8.5, (NUMBER, 8.5, None)),
        (2**53 + 1, (NUMBER, float(2**53), None)),
        (Decimal("0.1"), (NUMBER, 0.1, None)),
        (True, (BOOLEAN, 1.0, None)),
        (False, (BOOLEAN, 0.0, None)),
        ("EPYC", (STRING, None, "EPYC")),
        ("", (STRING, None, "")),
        ("tab\tand ü", (STRING, None, "tab\tand ü")),
        ("x" * MAX_TEXT, (STRING, None, "x" * MAX_TEXT)),
        (None, (NULL, None, None)),
        ([], (COMPOSITE, None, None)),
        ({"a": 1}, (COMPOSITE, None, None)),
    ],
)
def test_each_kind_of_value_has_its_row(value, row):
    assert leaves({"x": value}, "x") == [(0, *row)]


def test_numbers_are_plain_doubles_whatever_their_notation():
    document = jsontext.loads('{"a": 1.10, "b": -0, "c": 1e2, "d": -0.0}')
    numbers = [number for _, _, number, _ in leaves(document, "a", "b", "c", "d")]
    assert numbers == [1.1, 0, 100, 0]
    assert {type(number) for number in numbers} == {float}
    assert [str(number) for number in numbers] == ["1.1", "0.0", "100.0", "0.0"]


def test_what_is_missing_has_no_row():
    document = {"a": {"b": 1}, "t": "text"}
    assert leaves(document, "x", "a.x", "a.b.x", "t.0") == []
    assert leaves([1], "x") == leaves(None, "x") == leaves(3, "x") == []


def test_paths_that_share_their_beginning_are_all_found():
    document = {"a": {"b": 1, "c": {"d": "x"}}, "e": True}
    found = leaves(document, "a.c.d", "a", "a.b", "e", "a.c")
    assert sorted(row[:2] for row in found) == [
        (0, STRING),
        (1, COMPOSITE),
        (2, NUMBER),
        (3, BOOLEAN),
        (4, COMPOSITE),
    ]


def test_keys_with_dots_blanks_and_commas_are_found():
    document = {"a.b": {"c d": 1, "e,f": 2, "g\\h": 3}}
    found = leaves(document, r"a\.b.c\ d", r"a\.b.e\,f", r"a\.b.g\\h")
    assert [number for _, _, number, _ in found] == [1, 2, 3]


def test_digits_are_an_index_where_there_is_an_array():
    assert leaves({"a": [{"x": 5}, 6]}, "a.0.x", "a.1", "a.01.x", "a.-1", "a.2") == [
        (0, NUMBER, 5.0, None),
        (1, NUMBER, 6.0, None),
    ]


@pytest.mark.parametrize(
    "value",
    ["x" * (MAX_TEXT + 1), "nul\0", "half\ud800", 10**400, float("inf"), float("nan"), Decimal("1e999")],
)
def test_what_fits_no_row_is_reported_and_gets_none(value):
    assert Fields([(7, "x"), (8, "y")]).leaves({"x": value, "y": 1}) == ([(8, NUMBER, 1.0, None)], [7])


def test_a_number_beyond_the_range_is_reported_however_it_was_read():
    for reader in (json.loads, lambda text: json.loads(text, parse_float=Decimal)):
        assert Fields([(7, "x")]).leaves(reader('{"x": 1e400}')) == ([], [7])
