from __future__ import annotations

import datetime
import decimal
import math
import string
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoscperf.listing.cursors import (
    MAX_LENGTH,
    BadCursor,
    CursorBinding,
    CursorTooLong,
    Position,
    read_cursor,
    write_cursor,
)

BINDING = CursorBinding(b"secret", "scope")

VALUES = st.one_of(
    st.text(max_size=40),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False, allow_infinity=False, places=6),
    st.uuids(),
    st.datetimes(timezones=st.just(datetime.UTC)),
)


@given(st.lists(VALUES, max_size=8), st.booleans())
def test_values_come_back_with_type_and_every_bit(values, is_key):
    position = Position(tuple(values), is_key)
    back = read_cursor(write_cursor(position, BINDING), BINDING)
    assert back == position
    assert [type(value) for value in back.values] == [type(value) for value in values]
    signs = [math.copysign(1, value) for value in values if isinstance(value, float)]
    assert signs == [math.copysign(1, value) for value in back.values if isinstance(value, float)]


def test_a_cursor_can_stand_in_a_url_as_it_is():
    cursor = write_cursor(Position(("ÿ?&=+/ \U0001f600", uuid.uuid4())), BINDING)
    assert set(cursor) <= set(string.ascii_letters + string.digits + "-_")


def test_a_cursor_never_exceeds_its_length():
    fitting = [size for size in range(1, 2000) if fits("x" * size)]
    assert fitting == list(range(1, len(fitting) + 1))
    assert len(write_cursor(Position(("x" * fitting[-1],)), BINDING)) <= MAX_LENGTH
    assert 700 < fitting[-1] < 768


def fits(text: str) -> bool:
    try:
        return bool(write_cursor(Position((text,)), BINDING))
    except CursorTooLong:
        return False


def test_characters_of_many_bytes_count_as_such():
    with pytest.raises(CursorTooLong):
        write_cursor(Position(("\U0001f600" * 300,)), BINDING)


@pytest.mark.parametrize(
    "other", [CursorBinding(b"secret", "scope2"), CursorBinding(b"secret2", "scope"), CursorBinding(b"s", "")]
)
def test_a_cursor_is_good_for_its_own_query_and_server_only(other):
    cursor = write_cursor(Position(("x", 1)), BINDING)
    with pytest.raises(BadCursor, match="start again"):
        read_cursor(cursor, other)


def test_every_changed_character_is_noticed():
    cursor = write_cursor(Position(("name", uuid.UUID(int=7), True, 1.5)), BINDING)
    alphabet = string.ascii_letters + string.digits + "-_"
    for index, character in enumerate(cursor):
        for other in (alphabet[(alphabet.index(character) + 1) % 64], "", "=", "%", "ä"):
            with pytest.raises(BadCursor):
                read_cursor(cursor[:index] + other + cursor[index + 1 :], BINDING)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "=",
        "====",
        "AAAA",
        "A" * 1024,
        "A" * 1025,
        "A" * 5_000_000,
        "\0",
        "é",
        "\ud800",
        " ",
        "null",
        "[]",
        "/+",
        "MTIz\n",
    ],
)
def test_garbled_text_is_a_bad_cursor(text):
    with pytest.raises(BadCursor):
        read_cursor(text, BINDING)


def test_padding_or_blanks_added_to_a_cursor_make_another():
    cursor = write_cursor(Position(("name",)), BINDING)
    for changed in (cursor + "=", cursor + "==", cursor + "\n", " " + cursor, cursor + "A"):
        with pytest.raises(BadCursor):
            read_cursor(changed, BINDING)


@given(st.text(max_size=60))
def test_no_text_raises_anything_else(text):
    with pytest.raises(BadCursor):
        read_cursor(text, BINDING)


def test_a_binding_needs_a_secret_and_does_not_show_it():
    with pytest.raises(ValueError, match="secret"):
        CursorBinding(b"", "scope")
    assert "hush" not in repr(CursorBinding(b"hush", "scope"))


def test_a_missing_value_is_a_mistake_of_the_list():
    with pytest.raises(TypeError, match="NoneType"):
        write_cursor(Position((None,)), BINDING)


def test_numbers_keep_their_kind():
    values = (1, 1.0, True, decimal.Decimal("1.00"))
    back = read_cursor(write_cursor(Position(values), BINDING), BINDING).values
    assert list(map(repr, back)) == list(map(repr, values))
