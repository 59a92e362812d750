import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoscperf.results import jsonpath
from eoscperf.results.jsonpath import MISSING, BadPath, Path


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("count", ("count",)),
        ("machine.cpu.count", ("machine", "cpu", "count")),
        ("flags.0", ("flags", "0")),
        (r"a\.b.c", ("a.b", "c")),
        (r"GPU\ model", ("GPU model",)),
        (r"a\,b", ("a,b",)),
        ("a,b", ("a,b",)),
        (r"C:\\temp", ("C:\\temp",)),
        (r"\x", ("x",)),
        ("tab\\\tkey", ("tab\tkey",)),
        ('"quoted"', ('"quoted"',)),
        ("$.x[0]", ("$", "x[0]")),
        ("größe.𝟙", ("größe", "𝟙")),
        (r"\.", (".",)),
        ("a\u00a0b\n", ("a\u00a0b\n",)),
    ],
)
def test_a_path_is_split_at_dots_that_are_not_escaped(text, segments):
    assert jsonpath.parse(text) == Path(segments)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("a.b", "c"), r"a\.b.c"),
        (("a b", "c,d"), r"a\ b.c\,d"),
        (("\\", "\t"), "\\\\.\\\t"),
        (("plain", "0"), "plain.0"),
    ],
)
def test_the_canonical_text_escapes_what_would_split(path, text):
    assert Path(path).text() == text == str(Path(path))


characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")


@given(st.lists(st.text(characters, min_size=1) | st.text('.\\ \t,"a', min_size=1), min_size=1, max_size=32))
def test_every_path_is_read_back_from_its_text(segments):
    path = Path(tuple(segments))
    assert jsonpath.parse(path.text()) == path


@pytest.mark.parametrize(
    ("text", "position", "part"),
    [
        ("", 0, "empty segment"),
        (".a", 0, "empty segment"),
        ("a..b", 2, "empty segment"),
        ("a.b.", 4, "empty segment"),
        ("a.b\\", 3, "ends in"),
        ("a b", 1, "blank"),
        ("ab\t", 2, "blank"),
        ("a\0b", 1, "NUL"),
        ("a\\\0b", 2, "NUL"),
        ("a\ud800", 1, "surrogate"),
        (".".join(["a"] * 33), 64, "at most 32"),
        (".".join(["abc"] * 40), 128, "at most 32"),
    ],
)
def test_what_is_no_path_is_refused_with_the_place(text, position, part):
    with pytest.raises(BadPath, match=part) as caught:
        jsonpath.parse(text)
    assert caught.value.position == position
    assert caught.value.detail == str(caught.value)


def test_a_path_may_have_32_segments():
    assert len(jsonpath.parse(".".join(["a"] * 32)).segments) == 32


DOCUMENT = {
    "a": {"b": 1, "0": "zero", "-1": "minus", "": "empty"},
    "list": [10, [20, 21], {"x": None}, 3, 4, 5, 6, 7],
    "text": "abc",
    "null": None,
    "number": 5,
}


@pytest.mark.parametrize(
    ("segments", "value"),
    [
        (("a", "b"), 1),
        (("a", "0"), "zero"),
        (("a", "-1"), "minus"),
        (("a", ""), "empty"),
        (("list", "0"), 10),
        (("list", "1", "1"), 21),
        (("list", "2", "x"), None),
        (("list", "007"), 7),
        (("list", "00"), 10),
        (("null",), None),
        ((), DOCUMENT),
    ],
)
def test_a_path_leads_to_a_value(segments, value):
    assert Path(segments).lookup(DOCUMENT) == value


@pytest.mark.parametrize(
    "segments",
    [
        ("b",),
        ("a", "c"),
        ("a", "00"),
        ("list", "8"),
        ("list", "-1"),
        ("list", "+1"),
        ("list", " 1"),
        ("list", "1 "),
        ("list", "1.0"),
        ("list", "²"),
        ("list", "٣"),
        ("list", ""),
        ("list", "9" * 1000),
        ("list", "length"),
        ("text", "0"),
        ("null", "x"),
        ("number", "0"),
        ("list", "2", "x", "y"),
    ],
)
def test_a_path_that_leads_nowhere_is_missing(segments):
    assert Path(segments).lookup(DOCUMENT) is MISSING


def test_missing_counts_as_false():
    assert not MISSING
