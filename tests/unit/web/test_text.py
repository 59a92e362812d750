"""How text of users, moments and numbers look on pages."""

from __future__ import annotations

import datetime

import pytest

from eoscperf.web.formatting import MISSING, THIN, ago, moment, number, plural, significant, whole
from eoscperf.web.markdown import markdown

NOON = datetime.datetime(2025, 3, 2, 14, 10, 5, tzinfo=datetime.UTC)


def test_markdown_becomes_html():
    made = markdown("One *two*\n\n- three\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    assert "<em>two</em>" in made
    assert "<li>three</li>" in made
    assert "<td>1</td>" in made


def test_headings_stand_below_those_of_the_page():
    assert markdown("# Title\n\n###### Deep") == "<h3>Title</h3>\n<h6>Deep</h6>\n"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![a](https://elsewhere.example.org/x.png)",
        "[a](javascript:alert(1))",
        "[a](data:text/html;base64,x)",
        '<a href="https://x" onclick="alert(1)">x</a>',
        "<style>body { display: none }</style>",
    ],
)
def test_nothing_that_acts_or_loads_gets_through(text):
    made = str(markdown(text))
    for bad in ("<script", "<img", "<style", 'href="javascript', 'href="data', '<a href="https://x"'):
        assert bad not in made


def test_links_tell_search_engines_that_they_are_of_users():
    assert markdown("[a](https://example.org)") == (
        '<p><a href="https://example.org" rel="nofollow ugc noopener">a</a></p>\n'
    )


@pytest.mark.parametrize("text", ["", None])
def test_no_text_is_nothing(text):
    assert markdown(text) == ""


def test_deep_nesting_ends_somewhere():
    assert markdown(">" * 2000 + " deep").count("<blockquote>") <= 20


def test_a_moment_is_in_utc_for_people_and_programs():
    zone = datetime.timezone(datetime.timedelta(hours=2))
    made = moment(NOON.astimezone(zone))
    assert 'datetime="2025-03-02T14:10:05Z"' in made
    assert ">2025-03-02 14:10 UTC<" in made
    assert ">2025-03-02<" in moment(NOON, day=True)
    assert moment(None) == MISSING


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (5, "less than a minute ago"),
        (60, "1 minute ago"),
        (7300, "2 hours ago"),
        (3 * 86400, "3 days ago"),
        (70 * 86400, "2 months ago"),
        (800 * 86400, "2 years ago"),
        (-60, "2025-03-02 14:10 UTC"),
    ],
)
def test_how_long_ago_is_said_in_the_largest_unit(seconds, text):
    assert f">{text}<" in ago(NOON, NOON + datetime.timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (105.2345, "105.2"),
        (99.996, "100.0"),
        (0.0071234, "0.007123"),
        (8, "8"),
        (1234567, f"1{THIN}235{THIN}000"),
        (-2.5, "-2.500"),
        (1.23456e-9, "1.235e-09"),
        (1e15, "1.000e+15"),
        (float("inf"), "inf"),
        (True, "true"),
        ("text <b>", "text &lt;b&gt;"),
    ],
)
def test_numbers_have_four_significant_digits(value, text):
    assert number(value) == text


def test_digits_can_be_chosen():
    assert significant(0.8931, 3) == "0.893"


def test_counts_are_grouped_and_agree_with_their_noun():
    assert whole(1234567) == f"1{THIN}234{THIN}567"
    assert plural(1, "result") == "1 result"
    assert plural(2, "entry", "entries") == "2 entries"
    assert whole(None) == number(None) == MISSING
