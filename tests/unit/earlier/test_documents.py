"""JSON of the earlier database in the form in which it is kept."""

from __future__ import annotations

import json

import pytest

from eoscperf import jsontext
from eoscperf.earlier.documents import Unacceptable, result_document, schema_document


def test_a_result_is_written_canonically_with_its_numbers_as_they_stand() -> None:
    document = result_document('{"b": 11.0, "a": [1.10, -0.5, 100000000000000000000], "\\u00e4": "x\\n"}')
    assert document.text == '{"a":[1.10,-0.5,100000000000000000000],"b":11.0,"ä":"x\\n"}'
    assert document.unusual is None


def test_equal_results_have_equal_hashes_as_uploads_do() -> None:
    one, other = result_document('{"a": 1.0, "b": 2}'), result_document('{"b": 2.00, "a": 1}')
    assert one.content_hash == other.content_hash == jsontext.content_hash({"a": 1, "b": 2})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"x": 1' + "0" * 400 + "}", "beyond the range of a double"),
        ('{"x": 0.' + "0" * 400 + "1}", "too close to zero"),
        ('{"x": 1.' + "5" * 1100 + "}", "longer than 1000 characters"),
        ('{"x": ' + "7" * 5000 + "}", "longer than 1000 characters"),
        ('{"x": ' + "[" * 100 + "]" * 100 + "}", "nested deeper than 64 levels"),
    ],
    ids=lambda text: text[:12],
)
def test_what_no_upload_could_bring_is_kept_and_said(text: str, why: str) -> None:
    document = result_document(text)
    assert document.text == text.replace(" ", "")
    assert why in (document.unusual or "")
    assert len(document.content_hash) == 32


@pytest.mark.parametrize("text", ["[1, 2]", '"text"', "null", "7", "1e400"])
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(Unacceptable, match="no object"):
        result_document(text)


def test_what_nothing_could_read_is_refused() -> None:
    with pytest.raises(Unacceptable, match="nested deeper than 500 levels"):
        result_document("[" * 501 + "]" * 501)
    deep = '{"x":' + "[" * 499 + "]" * 499 + "}"
    assert result_document(deep).text == deep


def test_a_schema_that_can_be_used_is_written_canonically() -> None:
    schema = schema_document('{ "type" : "object",  "required":["b","a"], "type":"object" }', 2.0)
    assert (schema.text, schema.mended, schema.unusable) == (
        '{"required":["b","a"],"type":"object"}',
        False,
        None,
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"type": "thing"}', "'thing' fits none"),
        ('{"$schema": "http://json-schema.org/draft-03/schema#"}', "$schema must be one of"),
        ('{"$ref": "https://example.org/elsewhere.json"}', "elsewhere.json"),
        ('{"items": [{"type": "string"}]}', "(at /items)"),
        ("[]", "must be an object"),
        ('{"maximum": 1e999}', "beyond the range"),
        ("[" * 600 + "]" * 600, "nested deeper"),
    ],
    ids=lambda text: text[:20],
)
def test_a_schema_that_cannot_be_used_is_kept_and_said(text: str, why: str) -> None:
    schema = schema_document(text, 2.0)
    assert why in (schema.unusable or "")
    assert schema.text.replace(" ", "") == text.replace(" ", "")


def test_a_schema_that_takes_too_long_to_check_is_kept_and_said() -> None:
    assert "could not be checked within 0 s" in (schema_document('{"type": "object"}', 0.0).unusable or "")


@pytest.mark.parametrize("bad", ["\\u0000", "\\ud800", "\\udc00x"])
def test_text_that_cannot_be_stored_is_mended_in_schemas(bad: str) -> None:
    schema = schema_document(
        '{"title": "a' + bad + '", "properties": {"k' + bad + '": [true, "' + bad + '"]}}', 2.0
    )
    assert schema.mended
    stored = json.loads(schema.text)
    assert stored["title"].startswith("a\ufffd")
    assert next(iter(stored["properties"])).startswith("k\ufffd")
    schema.text.encode()


def test_a_whole_character_from_two_halves_is_no_fault() -> None:
    schema = schema_document('{"title": "\\ud83d\\ude00"}', 2.0)
    assert (schema.mended, schema.text) == (False, '{"title":"😀"}')
