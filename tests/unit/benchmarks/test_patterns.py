"""Patterns mean what ECMA-262 says, and agree with a backtracking engine where both can answer."""

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from eoscperf.benchmarks.schema_engine.limits import Deadline
from eoscperf.benchmarks.schema_engine.patterns import Matcher, Pattern, PatternError


def found(pattern: str, text: str) -> bool:
    return Matcher(Pattern(pattern), Deadline(None)).search(text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("", ""),
        ("b", "abc"),
        ("^a.c$", "abc"),
        (r"^\d+$", "0123"),
        (r"^\w+\W\s\S$", "a_9- x"),
        (r"^\p{L}+$", "Übergröße"),
        (r"^\p{Script=Greek}\P{L}$", "λ1"),
        (r"^[\p{Lu}\d-]+$", "Ä-1"),
        ("^[^]$", "\n"),
        ("^[a-c-]]$", "-]"),
        (r"^[\b\]\\^-]+$", "\b]\\^-"),
        (r"^\x41\u0042\u{43}\ud83d\ude00\cJ\0\t\/\-$", "ABC😀\n\0\t/-"),
        ("^.$", "😀"),
        ("^(a|b|)$", ""),
        ("^a{2}b{1,}c{0,2}$", "aabcc"),
        ("^a{,2}{$", "a{,2}{"),
        ("^(?:ab)+?$", "abab"),
        (r"\bfoo\b", "a foo."),
        (r"a\Bb", "ab"),
        (r"^(?=.*\d)(?=.*[a-z])(?!.*\s).{4,8}$", "ab12"),
        (r"(?<=\$)\d+(?<!5)$", "cost $42"),
        ("^(?<year>[0-9]{4})-(?<month>[0-9]{2})$", "2021-09"),
        ("^a|b$", "xb"),
        ("$", "abc"),
    ],
)
def test_finds(pattern: str, text: str) -> None:
    assert found(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^a$", "a\n"),
        ("^a.c$", "a\nc"),
        ("^.$", "\u2028"),
        (r"^\d$", "٣"),
        (r"^\w$", "é"),
        (r"\bé", "é"),
        ("[]", "a"),
        (r"^[^\d]$", "1"),
        ("^a{2,3}$", "aaaa"),
        (r"^(?=.*\d).{4}$", "abcd"),
        ("^(?!abc)", "abcd"),
        ("(?<!a)b", "ab"),
        ("a^b", "ab"),
    ],
)
def test_does_not_find(pattern: str, text: str) -> None:
    assert not found(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(", "has a `(` without a `)` (character 1)"),
        ("a)", "has a `)` without a `(` (character 2)"),
        ("[a", "has a `[` without a `]` (character 1)"),
        ("*a", "has nothing to repeat (character 1)"),
        ("a**", "has nothing to repeat (character 3)"),
        ("{2}", "has nothing to repeat (character 1)"),
        ("^*", "repeats something that matches no character (character 2)"),
        ("a{3,2}", "has a repetition whose bounds are out of order (character 2)"),
        ("[b-a]", "has a range that is out of order (character 3)"),
        (r"(a)\1", "has a back-reference, which cannot be matched in bounded time (character 4)"),
        (r"(?<n>a)\k<n>", "has a back-reference, which cannot be matched in bounded time (character 8)"),
        (r"a\Z", r"has the escape `\Z`, which ECMA-262 does not know (character 2)"),
        ("a\\", "has the escape `\\`, which ECMA-262 does not know (character 2)"),
        (r"\x4", "has an escape that lacks hexadecimal digits (character 1)"),
        (r"\u{110000}", "has an escape that is no Unicode character (character 1)"),
        (r"\p{Nonsense}", "names the unknown Unicode property `Nonsense` (character 1)"),
        (r"\pL", "has a Unicode property without a name in braces (character 1)"),
        ("(?i)a", "has a `(?` group that ECMA-262 does not know (character 1)"),
        ("(?P<n>a)", "has a `(?` group that ECMA-262 does not know (character 1)"),
        ("(" * 51 + ")" * 51, "has groups nested deeper than 50 (character 51)"),
        ("a{20001}", "is too large: its repetitions stand for more than 20000 characters"),
    ],
)
def test_says_what_is_wrong_with_a_pattern(pattern: str, problem: str) -> None:
    with pytest.raises(PatternError) as caught:
        Pattern(pattern)
    assert str(caught.value) == problem


atoms = st.sampled_from(["a", "b", "c", ".", "[ab]", "[^a]", "[0-9]", "[A-Za-z0-9_]", "_", "1"])
patterns = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("(?:{}|{})".format, inner, inner),
        st.builds(
            "(?:{}){}".format, inner, st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{0,3}", "{2,}", "*?"])
        ),
        st.builds("{}{}".format, st.sampled_from(["^", "$", r"\b", r"\B"]), inner),
        st.builds("({}{}){}".format, st.sampled_from(["?=", "?!", "?<=", "?<!"]), inner, inner),
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(patterns, st.text("abc1_ ", max_size=8))
def test_agrees_with_a_backtracking_engine(pattern: str, text: str) -> None:
    expected = regex.search(pattern.replace("$", r"\Z"), text, timeout=30) is not None
    assert found(pattern, text) == expected
