"""Rows of the builder and the filters that they stand for."""

from __future__ import annotations

import pytest

from eoscperf.browse.builder import toggled, value_text
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
