"""Units as people write them."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st

from eoscperf.metrics import units


@pytest.mark.parametrize(
    ("text", "symbol", "is_speed"),
    [
        ("s", "s", True),
        ("Seconds", "s", True),
        ("ms", "ms", True),
        ("MB/s", "MB/s", True),
        ("megabyte/second", "MB/s", True),
        ("GFLOPS", "GFLOPS", True),
        ("images/s", "image/s", True),
        ("byte", "B", False),
        ("MiB", "MiB", False),
        ("percent", "%", False),
        ("1", "1", False),
        ("1/s", "1/s", True),
        ("frame / (s * W)", "frame/s/W", False),
        ("m**2", "m^2", False),
    ],
)
def test_known_units_have_a_short_form_and_tell_times_and_rates(text, symbol, is_speed):
    assert units.is_known(text)
    assert units.symbol(text) == symbol
    assert units.is_speed(text) == is_speed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "zorkmids",
        "((",
        "a;b",
        "s\x00",
        "m" * 61,
        "2 3",
        "'",
        "**",
        "s**s",
        "9**9**9**9",
        "s**9**9",
    ],
)
def test_what_is_no_unit_is_shown_as_it_is_written(text):
    assert not units.is_known(text)
    assert not units.is_speed(text)
    assert units.symbol(text) == text


@hypothesis.given(st.text(max_size=70))
def test_no_text_breaks_the_reader(text):
    units.symbol(text)
    units.is_speed(text)


@hypothesis.given(st.text(alphabet="smBG/*^()0123456789.- ", max_size=30))
def test_no_expression_breaks_the_reader(text):
    units.symbol(text)
