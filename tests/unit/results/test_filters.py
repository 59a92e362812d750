import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoscperf.results import filters
from eoscperf.results.filters import Filter, FilterSyntax, Value
from eoscperf.results.jsonpath import Path


def only_value(text):
    return filters.parse(text).value.typed


@pytest.mark.parametrize("operator", ["==", "!=", ">", "<", ">=", "<=", "contains"])
def test_a_filter_is_a_path_an_operator_and_a_value(operator):
    assert filters.parse(f"machine.cpu.count {operator} 4") == Filter(
        Path(("machine", "cpu", "count")), operator, (Value(4.0, "4"),)
    )


@pytest.mark.parametrize(
    "text",
    ["a == 4", "  a == 4  ", "\ta\t==\t4\t", "a  \t ==  \t 4", "a == 4\r\n"],
)
def test_blanks_around_the_parts_do_not_matter(text):
    assert filters.parse(text) == Filter(Path(("a",)), "==", (Value(4.0, "4"),))


@pytest.mark.parametrize(
    ("value", "typed"),
    [
        ("4", 4.0),
        ("-0.5e+3", -500.0),
        ("1E2", 100.0),
        ("0", 0.0),
        ("-0", 0.0),
        ("0e-999999", 0.0),
        ("5e-324", 5e-324),
        ("1.7976931348623157e308", 1.7976931348623157e308),
        ("123456789012345678901234567890", 1.2345678901234568e29),
        ("true", True),
        ("True", True),
        ("TRUE", True),
        ("false", False),
        ("False", False),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("null", "null"),
        ("007", "007"),
        ("1_0", "1_0"),
        ("+1", "+1"),
        ("1.", "1."),
        (".5", ".5"),
        ("0x10", "0x10"),
        ("٣", "٣"),
        ("1e309", "1e309"),
        ("1e-400", "1e-400"),
        ("AMD EPYC 7742", "AMD EPYC 7742"),
        ("two  blanks", "two  blanks"),
        ("[1]", "[1]"),
        ("'4'", "'4'"),
        ('"4"', "4"),
        ('""', ""),
        ('"true"', "true"),
        (r'"a \"quoted\" \\ word"', 'a "quoted" \\ word'),
        (r'"\u00e9\ud83d\ude00"', "é😀"),
        ('" kept "', " kept "),
        ('say "x"', 'say "x"'),
        (r"\d+", r"\d+"),
        ("==", "=="),
    ],
)
def test_the_type_of_a_value_shows_in_its_spelling(value, typed):
    found = only_value(f"a == {value}")
    assert found == typed
    assert type(found) is type(typed)


def test_contains_keeps_the_text_of_its_value():
    assert filters.parse("a contains 7.0").value == Value(7.0, "7.0")
    assert filters.parse('a contains "7.0"').value == Value("7.0", "7.0")


@pytest.mark.parametrize(
    ("items", "typed"),
    [
        ('[EPYC, "Xeon, Gold"]', ["EPYC", "Xeon, Gold"]),
        ('[7, "7"]', [7.0, "7"]),
        ("[7]", [7.0]),
        ("[ true ,\tAMD EPYC ,1 ]", [True, "AMD EPYC", 1.0]),
        ('["]", "a\\"b", ""]', ["]", 'a"b', ""]),
        ("[a[b, c\\d]", ["a[b", "c\\d"]),
    ],
)
def test_in_takes_a_list(items, typed):
    condition = filters.parse(f"cpu in {items}")
    assert condition.operator == "in"
    assert [value.typed for value in condition.values] == typed


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("a exists", True), ("a exists true", True), ("a  exists\tfalse ", False)],
)
def test_exists_may_be_negated(text, wanted):
    condition = filters.parse(text)
    assert condition.operator == "exists"
    assert condition.value.typed is wanted


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (r"a\.b == 1", ("a.b",)),
        (r"GPU\ model == 1", ("GPU model",)),
        ("a\\\tb == 1", ("a\tb",)),
        (r"a\, == 1", ("a,",)),
        ("a,b == 1", ("a,b",)),
        (r"\\ == 1", ("\\",)),
        ("== == ==", ("==",)),
        ("exists exists", ("exists",)),
        ('"a" == 1', ('"a"',)),
    ],
)
def test_the_path_ends_at_the_first_blank_that_is_not_escaped(text, path):
    assert filters.parse(text).path == Path(path)


@pytest.mark.parametrize(
    ("text", "position", "part"),
    [
        ("", 0, "empty"),
        ("  \t", 0, "empty"),
        ("a", 1, "operator is missing"),
        ("  a  ", 3, "operator is missing"),
        ("a=4", 3, "operator is missing"),
        ("a = 4", 2, "'=' is no operator"),
        ("a IN [1]", 2, "'IN' is no operator"),
        ("a ==4", 2, "'==4' is no operator"),
        ("a like " + "x" * 100, 2, "'like' is no operator"),
        ("a " + "=" * 100, 2, "…"),
        ("a ==", 4, "value is missing"),
        ("a in", 4, "value is missing"),
        ("a..b == 1", 2, "empty segment"),
        ("  .b == 1", 2, "empty segment"),
        ("a. == 1", 2, "empty segment"),
        ("a\\", 1, "ends in"),
        (".".join("a" * 33) + " == 1", 64, "32 segments"),
        ('a == "x', 5, "no JSON string"),
        ('a == "x" y', 8, "closing quote"),
        ('a == "x"y', 8, "closing quote"),
        ('a == "\\x"', 6, "no JSON string"),
        ('a == "tab\there"', 9, "no JSON string"),
        ('a == "\\u0000"', 5, "NUL"),
        ('a == "\\ud800"', 5, "surrogate"),
        ("a == x\0", 6, "NUL"),
        ("a == x\udfff", 6, "surrogate"),
        ("a in 7", 5, "list in brackets"),
        ("a in []", 6, "empty item"),
        ("a in [1,]", 8, "empty item"),
        ("a in [1,,2]", 8, "empty item"),
        ("a in [ ]", 7, "empty item"),
        ("a in [", 6, "empty item"),
        ("a in [1", 7, "not closed"),
        ('a in ["1"', 9, "not closed"),
        ('a in ["1" 2]', 10, "',' or ']'"),
        ('a in ["1]', 6, "no JSON string"),
        ("a in [1] x", 8, "follows the closing bracket"),
        ("a in [1]]", 8, "follows the closing bracket"),
        ("a exists maybe", 9, "'maybe'"),
        ("a exists TRUE", 9, "'TRUE'"),
        ("a exists true false", 9, "'true false'"),
        ("a == " + "x" * 1020, 1024, "at most 1024"),
    ],
)
def test_what_is_no_filter_is_refused_with_the_place_and_an_example(text, position, part):
    with pytest.raises(FilterSyntax) as caught:
        filters.parse(text)
    assert part in caught.value.detail
    assert caught.value.position == position
    filters.parse(caught.value.example)


def test_a_filter_may_have_1024_characters():
    text = "a == " + "x" * 1019
    assert len(text) == 1024
    assert len(filters.parse(text).value.text) == 1019


def test_how_long_a_filter_may_be_is_for_the_caller_to_say():
    text = "a == " + "x" * 1995
    assert filters.parse(text, most=2000).value.text == "x" * 1995
    with pytest.raises(FilterSyntax, match="at most 1999"):
        filters.parse(text, most=1999)


@given(st.text(st.sampled_from('ab.\\ \t,"[]=!<>7-e') | st.characters(), max_size=40))
def test_any_text_is_a_filter_or_refused_within_itself(text):
    position = None
    try:
        condition = filters.parse(text)
    except FilterSyntax as error:
        position = error.position
    if position is None:
        assert filters.parse(condition.text()) == condition
    else:
        assert 0 <= position <= len(text)


TRUTH = {
    "x > 5": ["7", "7.0", "8"],
    "x == 7": ["7", "7.0"],
    'x == "7"': ['"7"'],
    "x != 7": ["8"],
    'x != "7"': ['"AMD"'],
    "x == true": ["true"],
    "x contains 7": ['"7"', "[7]"],
    'x in [7, "7"]': ["7", "7.0", '"7"'],
    "x exists": ["7", "7.0", "8", '"7"', '"AMD"', "true", "[7]", "null"],
    "x exists false": ["missing"],
}
STORED = ["7", "7.0", "8", '"7"', '"AMD"', "true", "[7]", "null", "missing"]


@pytest.mark.parametrize("text", TRUTH)
def test_a_comparison_is_typed(text):
    condition = filters.parse(text)
    documents = {x: {} if x == "missing" else {"x": json.loads(x)} for x in STORED}
    assert [x for x, document in documents.items() if condition.matches(document)] == TRUTH[text]


@pytest.mark.parametrize(
    ("text", "stored", "expected"),
    [
        ("x < true", False, True),
        ("x <= false", True, False),
        ("x != true", False, True),
        ("x != true", 0, False),
        ("x == 1", True, False),
        ("x contains a100", "NVIDIA A100-SXM", True),
        ("x contains True", "untrue", True),
        ("x contains 1.0", "v1.0", True),
        ("x contains 1.0", "v1", False),
        ("x contains 1.0", [1], True),
        ("x contains 1", [True], False),
        ('x contains "1"', [1], False),
        ("x contains a", ["A"], False),
        ("x contains a", [["a"]], False),
        ('x contains ""', "anything", True),
        ('x contains ""', [], False),
        ("x contains É", "café", True),
        ("x contains 7", 7, False),
        ("x contains a", {"a": 1}, False),
        ("x < \ufffd", "😀", False),
        ("x > B", "a", True),
        ("x == 9007199254740993", 9007199254740992, True),
        ("x == 0.1", Decimal("0.1000000000000000055511151231257827"), True),
        ("x == 0", -0.0, True),
        ("x > 1", 10**400, False),
        ("x == 1", None, False),
        ("x != 1", None, False),
        ("x != 1", [2], False),
        ("x != 1", {}, False),
    ],
)
def test_a_filter_means(text, stored, expected):
    assert filters.parse(text).matches({"x": stored}) is expected


def test_a_filter_can_be_written_again():
    assert filters.parse(" a\\.b  ==  AMD EPYC").text() == r'a\.b == "AMD EPYC"'
    assert filters.parse("a in [1.0,x , true]").text() == 'a in [1.0, "x", true]'
    assert filters.parse("a exists").text() == "a exists true"
