"""One key for all equal values."""

import datetime

import pytest

from eoscperf.results.projection.leaves import BOOLEAN, NUMBER, STRING
from eoscperf.results.tallies.keys import field_key, field_key_range, read_field_key, year_key


@pytest.mark.parametrize(
    ("leaf", "key", "value"),
    [
        ((12, NUMBER, 8.0, None), "12:8", 8),
        ((12, NUMBER, 0.0, None), "12:0", 0),
        ((12, NUMBER, -0.0, None), "12:0", 0),
        ((12, NUMBER, -3.25, None), "12:-3.25", -3.25),
        ((12, NUMBER, 2.0**53, None), "12:9007199254740992.0", 2.0**53),
        ((12, NUMBER, 1e300, None), "12:1e+300", 1e300),
        ((12, BOOLEAN, 1.0, None), "12:true", True),
        ((12, BOOLEAN, 0.0, None), "12:false", False),
        ((12, STRING, None, ""), '12:""', ""),
        ((12, STRING, None, 'a:"b"\\\n ü'), '12:"a:\\"b\\"\\\\\\n ü"', 'a:"b"\\\n ü'),
    ],
)
def test_a_key_is_the_id_of_the_field_and_the_value_as_json(leaf, key, value):
    assert field_key(leaf) == key
    assert read_field_key(key) == (12, value)
    assert type(read_field_key(key)[1]) is bool or not isinstance(value, bool)


def test_the_keys_of_a_field_are_one_range():
    low, high = field_key_range(12)
    inside = [field_key((12, STRING, None, text)) for text in ("", "\U0010ffff")]
    inside += [field_key((12, NUMBER, number, None)) for number in (-1.5, 1e300)]
    outside = [field_key((field, NUMBER, 1.0, None)) for field in (1, 2, 11, 13, 121, 129)]
    assert all(low <= key < high for key in inside)
    assert not any(low <= key < high for key in outside)


def test_years_are_those_of_utc():
    zone = datetime.timezone(datetime.timedelta(hours=-1))
    assert year_key(datetime.datetime(1999, 12, 31, 23, 30, tzinfo=zone)) == "2000"
    assert year_key(datetime.datetime(987, 5, 1, tzinfo=datetime.UTC)) == "0987"
