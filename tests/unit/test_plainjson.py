"""The quick way through JSON gives what the careful one gives, or nothing."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eoscperf import jsontext, plainjson

bits = st.integers(0, 2**64 - 1).map(lambda number: struct.unpack("<d", struct.pack("<Q", number))[0])
floats = st.one_of(bits.filter(math.isfinite), st.floats(-1e17, 1e17), st.floats(-1, 1))
literals = st.one_of(
    st.integers().map(str),
    floats.map(repr),
    floats.map("{:.3f}".format),
    floats.map("{:e}".format),
    st.sampled_from(["-0", "0.00001", "0.0001", "1e16", "1E2", "9999999999999998.0", "18446744073709551616"]),
)
texts = st.text().map(lambda text: json.dumps(text, ensure_ascii=False))
awkward = st.sampled_from(['"a:1,[2.0]"', '"1e5"', '"0.0000"', '"\\u0000"', '"\\u0041"', '"\\\\"', '"null"'])
blanks = st.sampled_from(["", " ", "\n", "\t "])


def spaced(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.lists(st.tuples(texts, inner, blanks), max_size=4)
    objects = members.map(
        lambda all_: "{" + ",".join(f"{gap}{key}{gap}:{gap}{value}{gap}" for key, value, gap in all_) + "}"
    )
    arrays = st.tuples(st.lists(inner, max_size=5), blanks).map(
        lambda both: "[" + f"{both[1]},{both[1]}".join(both[0]) + "]"
    )
    return st.one_of(objects, arrays)


documents = st.recursive(
    st.one_of(literals, texts, awkward, st.sampled_from(["true", "false", "null"])), spaced, max_leaves=12
)


def exact(value: Any) -> Any:
    """A value for comparing, in which types and the notation of numbers count."""
    if isinstance(value, dict):
        return {key: exact(each) for key, each in value.items()}
    if isinstance(value, list):
        return [exact(each) for each in value]
    return type(value), repr(value)


def carefully(text: str) -> Any:
    return jsontext.loads(text)  # of a `str` nothing is tried quickly


def written_carefully(value: Any) -> str:
    parts: list[str] = []
    jsontext._write(value, parts.append)
    return "".join(parts)


@settings(max_examples=500)
@given(documents)
def test_quick_and_careful_agree(text: str) -> None:
    try:
        expected = carefully(text)
    except jsontext.JSONTextError:
        assert plainjson.read(text.encode()) is plainjson.UNUSUAL
        return
    read = plainjson.read(text.encode())
    assert read is plainjson.UNUSUAL or exact(read) == exact(expected)
    assert exact(jsontext.loads(text.encode())) == exact(expected)
    canonical = written_carefully(expected)
    assert plainjson.write(expected) in (plainjson.UNUSUAL, canonical)
    assert plainjson.identity(canonical) in (plainjson.UNUSUAL, jsontext._whole_identity(expected))
    assert not plainjson.is_storable(expected) or jsontext._unstorable(expected) is None


@pytest.mark.parametrize(
    "text",
    [
        '{"time": 12.5, "runs": [1, 2.25, -3], "machine": {"cores": 8, "name": "a: 1, b"}, "ok": true}',
        '{"memory":17179869184,"model":"Example 8123 at 2.4 GHz","unit":null,"id":"3e1f"}',
        '[0.001,100.0,"\u00e9",""]',
    ],
)
def test_usual_results_take_the_quick_way(text: str) -> None:
    value = plainjson.read(text.encode())
    assert value == json.loads(text)
    canonical = plainjson.write(value)
    assert canonical == written_carefully(value)
    assert plainjson.identity(canonical) == jsontext.identity(value)
    assert plainjson.is_storable(value)


@pytest.mark.parametrize(
    "text",
    ["1.10", "[1e2]", "[1E5 ]", "1e-7", "0.00001", "[-0]", '"\\u0041"', '{"a":1,"a":2}', "01", "NaN", "["],
)
def test_what_is_unusual_is_left_alone(text: str) -> None:
    assert plainjson.read(text.encode()) is plainjson.UNUSUAL


def test_numbers_that_keep_their_text_are_written_quickly() -> None:
    value = carefully('{"b":[1.10,-0],"a":2.50}')
    assert plainjson.write(value) == '{"a":2.50,"b":[1.10,-0]}'


@pytest.mark.parametrize(
    "value", [1e22, 1e-5, float("nan"), [None, float("inf")], "\ud800", 2**70, {1: 2}, {3}]
)
def test_what_would_be_written_otherwise_is_left_alone(value: Any) -> None:
    assert plainjson.write(value) is plainjson.UNUSUAL


def test_texts_that_cannot_be_stored_are_not_called_storable() -> None:
    assert not plainjson.is_storable({"a": ["\0"]})
    assert not plainjson.is_storable({"a\ud800": 1})
    assert plainjson.is_storable([1.5, "x", carefully("1.10")])
