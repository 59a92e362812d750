"""Values of results in tables, and documents as trees."""

from __future__ import annotations

import pytest

from eoscperf import jsontext
from eoscperf.browse.documents import DEEPEST, MOST_NODES, shown, tree
from eoscperf.results.jsonpath import MISSING


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("105.24999", "105.2"),
        ("16384", "16\u202f384"),
        ("true", "true"),
        ("null", "null"),
        ('"AMD"', "AMD"),
        ("[1, 2]", "2 items"),
        ('{"a": 1}', "1 member"),
        ("0", "0"),
        ("1e400", "1e400"),
        ("1" + "0" * 400, "1" + "0" * 78 + "…"),
    ],
)
def test_a_value_is_short_enough_for_a_cell(text, said):
    assert shown(jsontext.loads_stored(text)).text == said


def test_what_was_rounded_is_kept_beside_it():
    assert shown(jsontext.loads_stored("105.24999")).exact == "105.24999"
    assert shown(8).exact is None


def test_nothing_is_no_value():
    assert shown(MISSING).text is None


def test_long_text_is_cut():
    assert len(shown("x" * 500).text) == 80


def test_a_document_becomes_a_tree():
    first, second = tree({"a": {"b": [1, "x"]}, "c": 1.5})
    assert first.children[0].children[1].text == '"x"'
    assert (second.key, second.text, second.children) == ("c", "1.5", None)


def test_a_document_with_too_many_values_or_levels_is_none():
    assert tree({"a": list(range(MOST_NODES))}) is None
    deep: dict = {}
    for _ in range(DEEPEST + 1):
        deep = {"a": deep}
    assert tree(deep) is None
    assert tree({"a": list(range(MOST_NODES - 1))}) is not None
