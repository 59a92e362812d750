from __future__ import annotations

import pytest
import sqlalchemy as sa

from eoscperf.listing import (
    BadSort,
    Component,
    SortField,
    SortFields,
    column_field,
    parse_sort,
    sort_text,
)
from tests.unit.listing.listing_entries import FIELDS, Entry

NUMBER = sa.column("number", sa.Integer())


def path_field(name: str) -> SortField | None:
    if name == "json.broken..":
        raise BadSort("sort_by: the path ends in nothing")
    return SortField(name, (Component(NUMBER),)) if name.startswith("json.") else None


PATHS = SortFields(
    fields={"id": column_field("id", NUMBER), "json": SortField("json", ())},
    default="-id",
    dynamic=path_field,
    dynamic_name="json.<path>",
)


def parsed(text: str | None, fields: SortFields = FIELDS) -> str:
    return sort_text(parse_sort(text, fields))


@pytest.mark.parametrize("text", [None, ""])
def test_nothing_asked_for_means_the_default(text):
    assert parsed(text) == "+name,+id"


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("time", "+time,+id"),
        ("+time", "+time,+id"),
        (" time", "+time,+id"),
        ("-time", "-time,+id"),
        ("-time,name", "-time,+name,+id"),
        ("-time, name", "-time,+name,+id"),
        ("-id", "-id"),
        ("-id,name", "-id,+name"),
        ("everything", "+everything,+id"),
    ],
)
def test_items_give_direction_and_the_id_comes_last(text, order):
    assert parsed(text) == order


def test_of_a_repeated_field_the_first_counts():
    assert parsed("-name,+time,name,+name") == "-name,+time,+id"


@pytest.mark.parametrize(
    "text",
    [
        "nome",
        "Name",
        "name,",
        ",name",
        "name,,time",
        ",",
        " ",
        "+",
        "-",
        "  name",
        "+-name",
        "name ",
        "name;time",
        "name desc",
        "json.a",
        "\\",
        "name\\",
        "\\,",
        "na\0me",
    ],
)
def test_anything_else_is_refused_with_the_allowed_fields(text):
    with pytest.raises(BadSort) as error:
        parse_sort(text, FIELDS)
    assert error.value.allowed == tuple(FIELDS.fields)
    assert "id, name, time, note" in error.value.detail


def test_the_message_shows_the_beginning_of_a_long_name_only():
    with pytest.raises(BadSort) as error:
        parse_sort("x" * 10_000, FIELDS)
    assert len(error.value.detail) < 400


def test_eight_fields_are_taken_and_nine_are_not():
    names = list(FIELDS.fields)
    assert len(parse_sort(",".join(names[:8]), FIELDS)) == 8
    with pytest.raises(BadSort, match="at most 8"):
        parse_sort(",".join(names[:9]), FIELDS)
    with pytest.raises(BadSort, match="at most 8"):
        parse_sort(",".join(["name"] * 9), FIELDS)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (r"-json.a\,b,json.c", [r"json.a\,b", "json.c", "id"]),
        (r"json.a\\,json.c", [r"json.a\\", "json.c", "id"]),
        (r"json.a\\\,json.c", [r"json.a\\\,json.c", "id"]),
        (r"json.a\.b\ c", [r"json.a\.b\ c", "id"]),
        ("json.a\\", ["json.a\\", "id"]),
        ("json.a\\,", ["json.a\\,", "id"]),
        ("json. a", ["json. a", "id"]),
        ("json,json.a", ["json", "json.a", "id"]),
    ],
)
def test_paths_keep_their_backslashes_and_escaped_commas(text, names):
    assert [key.field.name for key in parse_sort(text, PATHS)] == names


def test_a_path_that_is_refused_says_why_and_names_the_allowed_fields():
    with pytest.raises(BadSort, match="ends in nothing") as error:
        parse_sort("json.broken..", PATHS)
    assert error.value.allowed == ("id", "json", "json.<path>")


def test_a_path_repeated_in_another_spelling_counts_once():
    fields = SortFields(
        fields={"id": column_field("id", NUMBER)},
        default="id",
        dynamic=lambda name: SortField(name.replace("\\", ""), (Component(NUMBER),)),
    )
    assert parsed(r"-json.a\b,+json.ab", fields) == "-json.ab,+id"


def test_the_default_and_the_last_keys_may_use_fields_that_clients_may_not():
    fields = SortFields(
        fields={"email": column_field("email", NUMBER)},
        internal={"iss": column_field("iss", NUMBER), "sub": column_field("sub", NUMBER)},
        default="+iss,+sub",
        last=("iss", "sub"),
    )
    assert parsed(None, fields) == "+iss,+sub"
    assert parsed("-email", fields) == "-email,+iss,+sub"
    with pytest.raises(BadSort, match="'iss'"):
        parse_sort("iss", fields)
    assert [key.identifies for key in parse_sort("email", fields)] == [False, True, True]


def test_only_the_keys_that_follow_the_direction_turn_round():
    (key, _) = parse_sort("-kind", FIELDS)
    assert [descending for _, descending in key.order()] == [False, True]
    (key, _) = parse_sort("-note", FIELDS)
    assert [descending for _, descending in key.order()] == [False, True]


def test_a_component_that_may_be_null_needs_a_type_with_a_placeholder():
    with pytest.raises(TypeError, match="nullable"):
        Component(sa.column("bytes", sa.LargeBinary()), nullable=True)
    with pytest.raises(TypeError, match="nullable"):
        Component(sa.column("anything"), nullable=True)


def test_columns_of_models_and_of_tables_are_the_same():
    assert str(column_field("name", Entry.name).expand()[0].expression) == str(
        column_field("name", Entry.__table__.c.name).expand()[0].expression
    )
