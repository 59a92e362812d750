"""Forms: reading what was sent, saying what is wrong with it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from webob import Request

from eoscperf import errors
from eoscperf.errors import Issue
from eoscperf.rest import schema
from eoscperf.web import forms

LIMITS = {"limits.name": 10, "limits.description": 30, "limits.body_bytes": 20, "limits.tags": 3}

FORM = forms.Form(
    schema.name("name", title="Name"),
    schema.prose("text", title="Text"),
    schema.several(schema.identifier("tags_ids", title="Tag"), limit="tags", title="Tags"),
    forms.password("password", required=False, title="Password"),
    forms.tick("accept", must=True, title="The terms"),
    forms.file("file", limit="body_bytes", title="File"),
)


def read(*pairs: Any, files: Any = None) -> forms.Submitted:
    fields = list(pairs)
    if files is None:
        from urllib.parse import urlencode

        request = Request.blank("/", POST=urlencode(fields).encode(), method="POST")
        request.content_type = "application/x-www-form-urlencoded"
    else:
        request = Request.blank(
            "/", POST=[*fields, *files], method="POST", content_type="multipart/form-data"
        )
    request.registry = SimpleNamespace(settings=LIMITS)
    return FORM.read(request)


def test_a_form_that_is_filled_in_well_gives_values():
    form = read(("name", " Ann "), ("text", "one\r\ntwo"), ("accept", "true"))
    assert form.ok
    assert form.values == {"name": "Ann", "text": "one\ntwo", "accept": True}


def test_what_is_missing_or_too_long_is_said_in_sentences_with_the_label():
    form = read(("text", "x" * 31))
    assert not form.ok
    assert form.errors == {
        "name": ["Name is required."],
        "text": ["Text must be at most 30 characters long."],
        "accept": ["The terms must be ticked."],
    }
    assert form.values == {}


def test_an_empty_field_is_a_missing_one():
    form = read(("name", ""), ("text", ""), ("accept", "true"))
    assert form.errors == {"name": ["Name is required."]}


def test_what_was_typed_is_kept_but_never_a_password():
    form = read(("name", "much too long a name"), ("password", "  secret "))
    assert form["name"] == "much too long a name"
    assert form["password"] == ""
    assert "password" not in form.sent


def test_a_password_is_taken_as_it_is():
    form = read(("name", "Ann"), ("password", "  secret "), ("accept", "true"))
    assert form.values["password"] == "  secret "


def test_a_field_that_is_sent_twice_is_a_fault():
    form = read(("name", "a"), ("name", "b"), ("accept", "true"))
    assert form.errors == {"name": ["Name was sent more than once."]}


def test_lists_take_several_and_say_which_kind_of_value_is_wanted():
    one = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
    assert len(read(("name", "a"), ("accept", "on"), ("tags_ids", one)).values["tags_ids"]) == 1
    form = read(("name", "a"), ("accept", "on"), ("tags_ids", one), ("tags_ids", "x"))
    assert list(form.errors) == ["tags_ids"]
    assert form.sent["tags_ids"] == [one, "x"]


def test_fields_that_nobody_asked_for_are_overlooked():
    assert read(("name", "a"), ("accept", "on"), ("csrf_token", "x"), ("submit", "Send")).ok


def test_a_file_is_read_whole_and_bounded():
    fields = [("name", "a"), ("accept", "on")]
    form = read(*fields, files=[("file", ("a.json", b"{}"))])
    assert form.ok, form.errors
    assert form.values["file"] == forms.UploadedFile("a.json", b"{}")
    form = read(*fields, files=[("file", ("a.json", b"x" * 21))])
    assert form.errors == {"file": ["File may have at most 20 bytes; this one has 21."]}


def test_a_text_where_a_file_belongs_is_a_fault_and_the_other_way_round():
    assert read(("name", "a"), ("accept", "on"), ("file", "text")).errors == {
        "file": ["File must be a file."]
    }
    form = read(("accept", "on"), files=[("name", ("a.txt", b"x"))])
    assert form.errors == {"name": ["Name must be a text."]}


def test_what_a_service_finds_wrong_goes_to_its_field():
    form = read(("name", "a"), ("accept", "on"))
    found = form.refused(errors.Invalid([Issue("is in use", name="name"), Issue("is odd", name="elsewhere")]))
    assert found.errors == {"name": ["Name is in use."], "": ["Elsewhere is odd."]}
    assert form.ok
    assert found["name"] == "a"


def test_a_refusal_without_fields_is_about_the_form_as_a_whole():
    found = read(("name", "a"), ("accept", "on")).refused(errors.Duplicate("There is one already"))
    assert found.errors == {"": ["There is one already."]}


def test_a_blank_form_shows_what_it_is_given():
    form = FORM.blank(name="Ann", text=None)
    assert form.ok
    assert form["name"] == "Ann"
    assert form["text"] == ""


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb"])
def test_control_characters_are_refused(text):
    assert list(read(("name", text), ("accept", "on")).errors) == ["name"]
