"""Reading JSON strictly, writing it as it came, and telling equal values from different ones."""

import copy
import hashlib
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoscperf import jsontext

digits = st.text("0123456789", min_size=1, max_size=20)
whole = st.one_of(
    st.just("0"), st.builds("{}{}".format, st.sampled_from("123456789"), st.text("0123456789", max_size=30))
)
numbers = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "-"]),
    whole,
    st.one_of(st.just(""), digits.map(".{}".format)),
    st.one_of(
        st.just(""),
        st.builds(
            "{}{}{}".format, st.sampled_from("eE"), st.sampled_from(["", "+", "-"]), st.integers(0, 200)
        ),
    ),
)
texts = st.text().map(lambda text: json.dumps(text, ensure_ascii=False))
documents = st.recursive(
    st.one_of(numbers, texts, st.sampled_from(["true", "false", "null"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda items: "[" + ",".join(items) + "]"),
        st.dictionaries(st.text(), inner, max_size=4).map(
            lambda members: (
                "{"
                + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{members[k]}" for k in sorted(members))
                + "}"
            )
        ),
    ),
    max_leaves=12,
)


@given(documents)
def test_canonical_text_comes_back_as_it_was(text: str) -> None:
    assert jsontext.dumps(jsontext.loads(text)) == text


@given(documents)
def test_values_are_those_of_the_standard_library(text: str) -> None:
    assert jsontext.loads(text) == json.loads(text)
    assert jsontext.loads(text.encode()) == json.loads(text)


@given(documents, documents)
def test_equal_hashes_mean_equal_values(one: str, other: str) -> None:
    assert jsontext.content_hash(jsontext.loads(one)) == jsontext.content_hash(jsontext.loads(one))
    if jsontext.content_hash(jsontext.loads(one)) == jsontext.content_hash(jsontext.loads(other)):
        assert json.loads(one) == json.loads(other)


@pytest.mark.parametrize(
    "literal",
    [
        "11.0",
        "1e2",
        "1E+02",
        "1.10",
        "-0",
        "-0.0",
        "12345678901234567890123",
        "1e22",
        "0.1",
        "1.7976931348623157e308",
        "0e-99999",
    ],
)
def test_numbers_keep_their_text(literal: str) -> None:
    value = jsontext.loads(f'{{"a":[{literal}]}}')
    for kept in (value, copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert jsontext.dumps(kept) == f'{{"a":[{literal}]}}'
    assert value["a"][0] == json.loads(literal)


def test_keys_are_sorted_by_code_point_and_text_is_not_escaped() -> None:
    value = jsontext.loads('{"\\ud83d\\ude00": 1, "\uffff": 2, "b": "\\u00e9\\/", "a": "\\n"}')
    assert jsontext.dumps(value) == '{"a":"\\n","b":"é/","\uffff":2,"😀":1}'


def test_of_duplicate_members_the_last_one_wins() -> None:
    assert jsontext.loads('{"a": 1, "b": 2, "a": {"c": 1, "c": 3}}') == {"a": {"c": 3}, "b": 2}


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ('{"a":  }', "Body is not JSON: line 1 column 8"),
        ('{\n "a": 01}', "Body is not JSON: line 2 column 8"),
        ("", "Body is not JSON: line 1 column 1"),
        ("[1] 2", "Body is not JSON: line 1 column 5"),
        ("{'a': 1}", "Body is not JSON: line 1 column 2"),
        ("[+1]", "Body is not JSON: line 1 column 2"),
        ("[.5]", "Body is not JSON: line 1 column 2"),
        ('"\t"', "Body is not JSON: line 1 column 2"),
        ('["NaN",\n  NaN]', "NaN is not a JSON number (line 2 column 3)"),
        ("[Infinity]", "Infinity is not a JSON number (line 1 column 2)"),
        ('{"a":-Infinity}', "-Infinity is not a JSON number (line 1 column 6)"),
        ('["1e400", 1e400]', "1e400 is beyond the range of a double (line 1 column 11)"),
        ("-1e400", "-1e400 is beyond the range of a double (line 1 column 1)"),
        ("9" * 400, "9" * 40 + "... is beyond the range of a double (line 1 column 1)"),
        ("[1e-99999]", "1e-99999 is too close to zero for a double (line 1 column 2)"),
        ("1" * 1001, "A number is longer than 1000 characters (line 1 column 1)"),
        ("0." + "1" * 999, "A number is longer than 1000 characters (line 1 column 1)"),
        ("\ufeff{}", "Body starts with a byte order mark; send UTF-8 without one"),
        (b'{"a": "\xff"}', "Body is not UTF-8: byte 8 cannot be decoded"),
        (b'"\xed\xa0\x80"', "Body is not UTF-8: byte 2 cannot be decoded"),
        ("[" * 65 + "]" * 65, "Body is nested deeper than 64 levels"),
        ("[" * 10_000, "Body is nested deeper than 64 levels"),
        ('{"a":' * 10_000, "Body is nested deeper than 64 levels"),
        ("[" * 65 + '"' + '\\"' * 300_000, "Body is nested deeper than 64 levels"),
    ],
)
def test_what_is_refused_and_why(text: str | bytes, detail: str) -> None:
    with pytest.raises(jsontext.JSONTextError) as caught:
        jsontext.loads(text)
    assert caught.value.detail == detail


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        (b'{"a":  }', "Line is not JSON: column 8"),
        (b"[NaN]", "NaN is not a JSON number (column 2)"),
        (b"\xef\xbb\xbf{}", "Line starts with a byte order mark; send UTF-8 without one"),
        (b'"\xff"', "Line is not UTF-8: byte 2 cannot be decoded"),
        (b"[" * 65 + b"]" * 65, "Line is nested deeper than 64 levels"),
    ],
)
def test_what_is_refused_of_one_line_of_several_is_not_called_the_body(line: bytes, detail: str) -> None:
    with pytest.raises(jsontext.JSONTextError) as caught:
        jsontext.loads(line, one_line=True)
    assert caught.value.detail == detail


@pytest.mark.parametrize(
    "text",
    [
        "[" * 64 + "]" * 64,
        '{"a":"' + "[" * 500 + '"}',
        '["\\"' + "[" * 500 + '"]',
        '["\\\\",' + "[]," * 500 + "1]",
    ],
)
def test_depth_counts_brackets_outside_of_texts_only(text: str) -> None:
    assert jsontext.loads(text) == json.loads(text)


@pytest.mark.parametrize("literal", ["1" * 300, "0." + "1" * 998, "4e-324", "0.0000", "-0e400"])
def test_long_and_small_numbers_within_the_limits_are_taken(literal: str) -> None:
    assert jsontext.dumps(jsontext.loads(literal)) == literal


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [-float("inf")]])
def test_what_is_no_json_number_is_not_written(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a JSON number"):
        jsontext.dumps(value)


def test_what_is_no_json_type_is_not_written() -> None:
    with pytest.raises(TypeError, match="set is not a JSON type"):
        jsontext.dumps({"a": {1}})


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        ({"a": ["x", {"b": "é😀"}], "n": 1}, None),
        ("\0", ""),
        (["x", "\ud800"], "/1"),
        ({"a": {"b/~": ["", "x\0"]}}, "/a/b~1~0/1"),
        ({"a": 1, "k\udfff": 1}, "/a".replace("a", "k\ufffd")),
        ({"a": [{"\0": 1}]}, "/a/0/\ufffd"),
    ],
)
def test_texts_that_cannot_be_stored_are_found(value: Any, pointer: str | None) -> None:
    assert jsontext.find_unstorable(value) == pointer


def test_lone_surrogates_are_read_so_that_they_can_be_pointed_at() -> None:
    assert jsontext.find_unstorable(jsontext.loads('{"a": "\\ud800"}')) == "/a"


@pytest.mark.parametrize(
    ("parts", "pointer"),
    [((), ""), (("",), "/"), (("a/b", "m~n", 0), "/a~1b/m~0n/0"), (("~1",), "/~01")],
)
def test_pointers_escape_slash_and_tilde(parts: tuple[str | int, ...], pointer: str) -> None:
    assert jsontext.pointer(parts) == pointer


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "1.0"),
        ("1", "1e0"),
        ("100", "1E2"),
        ("-0", "0.00e5"),
        ("1" + "0" * 300, "1e300"),
        ("0.00001", "1e-5"),
        ("9007199254740993", "9007199254740993.0"),
        ('{"a":1,"b":[2,{}]}', '{"b":[2.0,{}],"a":10e-1}'),
        ('"\\u0061"', '"a"'),
    ],
)
def test_equal_json_has_equal_hashes(one: str, other: str) -> None:
    assert jsontext.content_hash(jsontext.loads(one)) == jsontext.content_hash(jsontext.loads(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "true"),
        ("0", "false"),
        ("0", "null"),
        ("1", '"1"'),
        ("1", "-1"),
        ("[1,2]", "[2,1]"),
        ("[1,2]", "[12]"),
        ("[[]]", "[]"),
        ("{}", "[]"),
        ("9007199254740993", "9007199254740992"),
        ("9007199254740993", "9007199254740992.0"),
        ("0.1", "0.1000000000000000055511151231257827"),
        ('{"a":"b"}', '{"b":"a"}'),
    ],
)
def test_different_json_has_different_hashes(one: str, other: str) -> None:
    assert jsontext.content_hash(jsontext.loads(one)) != jsontext.content_hash(jsontext.loads(other))


@given(documents)
def test_the_hash_is_the_same_with_and_without_the_text_at_hand(text: str) -> None:
    value = jsontext.loads(text)
    assert jsontext.content_hash(value, jsontext.dumps(value)) == jsontext.content_hash(value)
    assert jsontext.content_hash(value) == hashlib.sha256(_slow_identity(value).encode()).digest()


def _slow_identity(value: Any) -> str:
    """The identity, written down in the plainest way."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_text(key)}:{_slow_identity(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_slow_identity, value)) + "]"
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    mantissa, exponent = jsontext.decimal_parts(value)
    return f"{mantissa}e{exponent}" if exponent else f"{mantissa}"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def test_a_hash_has_32_bytes_whatever_the_text() -> None:
    assert len(jsontext.content_hash("\ud800")) == 32


def test_lines_end_at_line_feeds_only_and_blank_ones_do_not_count() -> None:
    body = b'{}\r\n\n  \t\r\n{"a":1}\r\n{"b":"\xe2\x80\xa8\x0b\x85"}'
    assert list(jsontext.lines(body)) == [(0, b"{}"), (1, b'{"a":1}'), (2, b'{"b":"\xe2\x80\xa8\x0b\x85"}')]
    assert list(jsontext.lines(b"")) == []


@pytest.mark.parametrize("value", ["plain", "back\\u0000slash", {"b": [1, 1.5], "a": "\u00e9\n"}, [10**400]])
def test_what_can_be_stored_has_its_canonical_text(value):
    assert jsontext.storable_text(value) == jsontext.dumps(value)


@pytest.mark.parametrize("value", ["\x00", ["a", {"b": "\ud800"}], {"\x00": 1}, {"b": [10**400, "\x00"]}])
def test_what_cannot_be_stored_has_none(value):
    assert jsontext.storable_text(value) is None
