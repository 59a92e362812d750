"""What strangers wrote never steers a terminal, and what is printed can be read by programs."""

from __future__ import annotations

import csv
import io
import json

import click
import pytest
from click.testing import CliRunner

from eoscperf.client.cli.files import dumped
from eoscperf.client.cli.output import Column, cell, field, moment, show_object, show_rows, width_of
from eoscperf.client.cli.terminal import harmless, harmless_json, harmless_lines, harmless_stream

EVIL = "\x1b]0;owned\x07\x9b31m\r\n\t\x00\x7f\u202egpj\u2066\ufeff"


def steering(text):
    return [one for one in text if one in EVIL and not one.isalnum() and one not in "\n\t]; "]


def printed(function, *arguments):
    @click.command()
    def command():
        function(*arguments)

    return CliRunner().invoke(command, catch_exceptions=False).stdout


def test_no_control_character_is_left():
    assert steering(harmless(EVIL)) == []
    assert "\n" not in harmless(EVIL)
    assert harmless("\x1b[31m") == "\\x1b[31m"
    assert harmless("Zürich 東京 🚀") == "Zürich 東京 🚀"
    assert harmless_lines("a\n\tb\x1b") == "a\n\tb\\x1b"


def test_json_stays_the_same_json():
    text = json.dumps({"name": EVIL + "ü"}, ensure_ascii=False)
    assert steering(harmless_json(text)) == []
    assert json.loads(harmless_json(text)) == {"name": EVIL + "ü"}


def test_a_stream_is_made_harmless_wherever_it_is_cut():
    raw = ("a\u202eb\x1b" * 3).encode()
    for size in range(1, len(raw)):
        parts = [raw[start : start + size] for start in range(0, len(raw), size)]
        assert "".join(harmless_stream(parts)) == "a\\u202eb\\x1b" * 3


@pytest.mark.parametrize("output", ["table", "json", "csv"])
def test_no_output_carries_control_characters(output):
    rows = [{"name": EVIL, EVIL: EVIL, "inner": {"x": EVIL}, "list": [EVIL]}]
    columns = [field("name"), field("inner"), field("list")]
    assert steering(printed(show_rows, rows, columns, output)) == []
    assert steering(printed(show_object, rows[0], output)) == []


def test_tables_are_aligned_also_with_wide_letters():
    text = printed(show_rows, [{"a": "東京", "b": 1}, {"a": "x", "b": 2}], [field("a"), field("b")], "table")
    assert text == "A     B\n東京  1\nx     2\n"
    assert width_of("e\u0301") == 1


def test_long_cells_are_shortened_unless_they_are_to_be_whole():
    columns = [field("a"), Column("b", lambda row: row["b"], whole=True)]
    text = printed(show_rows, [{"a": "x" * 99, "b": "y" * 99}], columns, "table")
    assert "x" * 59 + "…" in text
    assert "y" * 99 in text


def test_an_empty_list_is_a_header():
    assert printed(show_rows, [], [field("a"), field("b")], "table") == "A  B\n"
    assert printed(show_rows, [], [field("a"), field("b")], "csv") == "a,b\n"
    assert printed(show_rows, [], [field("a")], "json") == "[]\n"


def test_csv_is_for_programs():
    rows = [
        {"when_datetime": "2025-03-02T14:10:09Z", "x": "=1+1", "n": -4, "t": ["a", "b"], "o": None, "y": True}
    ]
    names = ["when_datetime", "x", "n", "t", "o", "y"]
    text = printed(show_rows, rows, [field(name) for name in names], "csv")
    assert list(csv.reader(io.StringIO(text))) == [
        names,
        ["2025-03-02T14:10:09Z", "'=1+1", "-4", "a;b", "", "true"],
    ]


def test_times_are_shown_to_the_minute():
    assert moment("2025-03-02T14:10:09.5Z") == "2025-03-02 14:10 UTC"
    assert moment("yesterday") == "yesterday"
    assert Column("t", lambda row: None, moment).text({}) == ""


def test_values_are_shown_as_people_write_them():
    assert [cell(value) for value in (None, True, 0.1 + 0.2, ["a", "b"], {"x": 1})] == [
        "",
        "yes",
        "0.3",
        "a, b",
        '{"x": 1}',
    ]


def test_numbers_are_sent_as_they_were_written():
    from eoscperf.client.cli.files import _parsed

    text = '{"a":1.10,"b":[1e400,-0.0,12345678901234567890123,true,null],"c":{"d":"\\u001b"}}'
    assert dumped(_parsed(text)) == text
