"""Whole numbers: digits in a query string, JSON numbers in a body."""

import colander
import pytest

from eoscperf.rest import schema


def read(value, *, body):
    node = schema.fields(schema.whole("days", 1, 365, default=90, body=body))
    return node.deserialize({} if value is None else {"days": value})


@pytest.mark.parametrize(("value", "number"), [(1, 1), (365, 365), (None, 90)])
def test_a_body_holds_numbers(value, number):
    assert read(value, body=True) == {"days": number}


@pytest.mark.parametrize("value", [0, 366, -1, 1.0, 1.5, "30", "", True, [], {}])
def test_a_body_holds_nothing_else(value):
    with pytest.raises(colander.Invalid) as refused:
        read(value, body=True)
    assert refused.value.asdict() == {"days": "must be 1..365"}


@pytest.mark.parametrize("value", [30, 1.0, "0", "366", "x", ""])
def test_a_query_string_holds_digits(value):
    assert read("30", body=False) == {"days": 30}
    with pytest.raises(colander.Invalid):
        read(value, body=False)
