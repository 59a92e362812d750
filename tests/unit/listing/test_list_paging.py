from __future__ import annotations

import contextlib
import datetime
import itertools
import re
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import orm

from eoscperf.listing import (
    UNSET,
    BadCursor,
    Component,
    CursorBinding,
    PageRequest,
    SortField,
    SortFields,
    SortKey,
    column_field,
    paginate,
    parse_sort,
)
from tests.unit.listing.listing_entries import FIELDS, Entry

START = datetime.datetime(2021, 9, 8, 20, 37, 10, 192459, tzinfo=datetime.UTC)


def entry(name: str, number: int | None = None, **values: Any) -> Entry:
    id = uuid.uuid4() if number is None else uuid.UUID(int=number)
    return Entry(**{"id": id, "name": name, "time": START, **values})


def fill(session: orm.Session, names: Sequence[str]) -> None:
    session.add_all([entry(name, number) for number, name in enumerate(names)])
    session.flush()


def listed(
    session: orm.Session,
    request: PageRequest,
    binding: CursorBinding,
    sort: str | None = None,
    statement: Any = None,
    count: Any = None,
) -> Any:
    statement = sa.select(Entry.name) if statement is None else statement
    return paginate(session, statement, count, parse_sort(sort, FIELDS), request, bind=binding)


@contextlib.contextmanager
def statements(session: orm.Session) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    connection = session.connection()
    sa.event.listen(connection, "before_cursor_execute", note)
    yield seen
    sa.event.remove(connection, "before_cursor_execute", note)


def numbers(page: Any) -> dict[str, Any]:
    members = page.members()
    members.pop("items")
    return members


def test_an_empty_list_has_one_page_with_nothing_around_it(entries, binding):
    assert listed(entries, PageRequest(), binding).members() == {
        "has_next": False,
        "has_prev": False,
        "items": [],
        "next_num": None,
        "page": 1,
        "pages": 0,
        "per_page": 100,
        "prev_num": None,
        "total": 0,
    }


@pytest.mark.parametrize(
    ("page", "items", "expected"),
    [
        (1, "abc", {"has_next": True, "has_prev": False, "next_num": 2, "prev_num": None}),
        (2, "def", {"has_next": True, "has_prev": True, "next_num": 3, "prev_num": 1}),
        (3, "g", {"has_next": False, "has_prev": True, "next_num": None, "prev_num": 2}),
        (4, "", {"has_next": False, "has_prev": True, "next_num": None, "prev_num": 3}),
        (9, "", {"has_next": False, "has_prev": True, "next_num": None, "prev_num": 3}),
    ],
)
def test_pages_know_their_neighbours(entries, binding, page, items, expected):
    fill(entries, "abcdefg")
    found = listed(entries, PageRequest(page=page, per_page=3), binding)
    assert found.items == list(items)
    assert numbers(found) == {**expected, "page": page, "pages": 3, "per_page": 3, "total": 7}


def test_a_full_last_page_has_no_next(entries, binding):
    fill(entries, "abcdef")
    found = listed(entries, PageRequest(page=2, per_page=3), binding)
    assert (found.has_next, found.pages, found.total) == (False, 2, 6)


def test_a_far_page_of_an_empty_list_leads_back_to_the_first(entries, binding):
    found = listed(entries, PageRequest(page=5), binding)
    assert (found.page, found.pages, found.total) == (5, 0, 0)
    assert (found.has_prev, found.prev_num, found.next_num) == (True, 1, None)


def test_without_a_total_the_next_page_is_still_known(entries, binding):
    fill(entries, "abcd")
    found = listed(entries, PageRequest(page=1, per_page=3, total=False), binding)
    assert (found.total, found.pages, found.has_next, found.next_num) == (None, None, True, 2)
    found = listed(entries, PageRequest(page=7, per_page=3, total=False), binding)
    assert (found.total, found.pages, found.has_next, found.prev_num) == (None, None, False, 6)


@pytest.mark.parametrize(("page", "per_page"), [(2**63, 1), (2**62, 2), (92233720368547759, 100), (2**31, 1)])
def test_the_farthest_offsets_are_empty_pages(entries, binding, page, per_page):
    fill(entries, "abc")
    found = listed(entries, PageRequest(page=page, per_page=per_page), binding)
    assert (found.items, found.has_next, found.total) == ([], False, 3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"page": 0},
        {"per_page": 0},
        {"page": 2**63 + 1, "per_page": 1},
        {"page": 2**62 + 1, "per_page": 2},
        {"page": 2, "cursor": ""},
    ],
)
def test_impossible_requests_are_refused(wrong):
    with pytest.raises(ValueError, match=r"at least 1|63 bits|either"):
        PageRequest(**wrong)


def test_a_page_takes_two_statements_and_a_short_first_one_takes_one(entries, binding):
    fill(entries, "abcd")
    with statements(entries) as seen:
        listed(entries, PageRequest(per_page=4), binding)
        listed(entries, PageRequest(per_page=3, page=2), binding)
        listed(entries, PageRequest(per_page=4, cursor=""), binding)
    assert len(seen) == 3
    with statements(entries) as seen:
        listed(entries, PageRequest(per_page=3), binding)
    assert len(seen) == 2
    with statements(entries) as seen:
        cursor = listed(entries, PageRequest(per_page=3, cursor="", total=False), binding).next_cursor
        listed(entries, PageRequest(per_page=3, cursor=cursor, total=False), binding)
    assert len(seen) == 2


def test_the_count_may_be_a_statement_or_a_function_of_the_caller(entries, binding):
    fill(entries, "abcd")
    count = sa.select(sa.func.count()).select_from(Entry)
    assert listed(entries, PageRequest(per_page=2), binding, count=count).total == 4
    assert listed(entries, PageRequest(per_page=2), binding, count=lambda: 44).total == 44


@pytest.mark.parametrize(("page", "counted", "total", "pages"), [(1, 1, 3, 2), (5, 100, 8, 4), (2, 3, 4, 2)])
def test_a_count_that_changed_meanwhile_does_not_contradict_the_rows(
    entries, binding, page, counted, total, pages
):
    fill(entries, "abcd")
    found = listed(entries, PageRequest(page=page, per_page=2), binding, count=lambda: counted)
    assert (found.total, found.pages) == (total, pages)


def test_cursor_mode_has_no_page_numbers(entries, binding):
    fill(entries, "abcde")
    nothing = {"next_num": None, "prev_num": None, "page": None, "pages": None}
    first = listed(entries, PageRequest(per_page=3, cursor=""), binding)
    assert first.items == list("abc")
    assert numbers(first) == {
        **nothing,
        "has_next": True,
        "has_prev": False,
        "per_page": 3,
        "total": 5,
        "next_cursor": first.next_cursor,
    }
    assert len(first.next_cursor) <= 1024
    last = listed(entries, PageRequest(per_page=3, cursor=first.next_cursor), binding)
    assert last.items == list("de")
    assert numbers(last) == {
        **nothing,
        "has_next": False,
        "has_prev": True,
        "per_page": 3,
        "total": 5,
        "next_cursor": None,
    }


def test_only_cursor_mode_has_a_next_cursor(entries, binding):
    assert listed(entries, PageRequest(), binding).next_cursor is UNSET
    assert listed(entries, PageRequest(cursor=""), binding).next_cursor is None


def test_a_cursor_of_another_query_or_sort_is_refused(entries, binding):
    fill(entries, "abc")
    cursor = listed(entries, PageRequest(per_page=1, cursor=""), binding).next_cursor
    with pytest.raises(BadCursor):
        listed(entries, PageRequest(cursor=cursor), CursorBinding(binding.secret, "/entries?name=y"))
    with pytest.raises(BadCursor):
        listed(entries, PageRequest(cursor=cursor[:-1]), binding)


def test_a_cursor_whose_columns_are_of_other_types_now_is_refused(entries, binding):
    fill(entries, "abc")
    cursor = listed(entries, PageRequest(per_page=1, cursor=""), binding, "name").next_cursor
    for sort in ("time", "note", "id"):
        with pytest.raises(BadCursor, match="upgrade"):
            listed(entries, PageRequest(cursor=cursor), binding, sort)


def test_rows_that_come_and_go_neither_repeat_nor_hide_others(entries, binding):
    fill(entries, "bdfh")
    first = listed(entries, PageRequest(per_page=2, cursor=""), binding)
    assert first.items == ["b", "d"]
    entries.execute(sa.delete(Entry).where(Entry.name.in_(["d", "f"])))
    entries.add_all([entry("a"), entry("c"), entry("e"), entry("g")])
    entries.flush()
    second = listed(entries, PageRequest(per_page=9, cursor=first.next_cursor), binding)
    assert second.items == ["e", "g", "h"]


def test_a_value_too_long_for_a_cursor_is_looked_up_again(entries, binding):
    long = "\U0001f600" * 20_000
    fill(entries, [long + "b", long + "a", long, long, "x" * 2000])
    cursor, names = "", []
    while cursor is not None:
        page = listed(entries, PageRequest(per_page=1, cursor=cursor), binding)
        names += page.items
        cursor = page.next_cursor
        assert cursor is None or len(cursor) <= 1024
    assert names == ["x" * 2000, long, long, long + "a", long + "b"]


def test_a_looked_up_row_that_is_gone_ends_the_walk_with_a_reason(entries, binding):
    fill(entries, ["a" * 5000, "b"])
    cursor = listed(entries, PageRequest(per_page=1, cursor=""), binding).next_cursor
    with statements(entries) as seen:
        listed(entries, PageRequest(per_page=1, cursor=cursor), binding)
    assert len(seen) == 3
    entries.execute(sa.delete(Entry).where(Entry.name != "b"))
    with pytest.raises(BadCursor, match="list has changed"):
        listed(entries, PageRequest(per_page=1, cursor=cursor), binding)


def test_a_key_of_the_callers_choice_identifies_rows(entries, binding):
    fill(entries, ["a" * 5000, "b"])
    fields = SortFields({}, default="+name", internal={"name": FIELDS.fields["name"]}, last=("name",))
    keys = parse_sort(None, fields)
    page = paginate(
        entries, sa.select(Entry), None, keys, PageRequest(1, 1, cursor=""), bind=binding, row_key=[Entry.id]
    )
    page = paginate(
        entries,
        sa.select(Entry),
        None,
        keys,
        PageRequest(1, 1, cursor=page.next_cursor),
        bind=binding,
        row_key=[Entry.id],
    )
    assert [item.name for item in page.items] == ["b"]


@pytest.mark.parametrize(
    "keys", [[], [SortKey(SortField("nothing", ()))], [SortKey(column_field("name", Entry.name))]]
)
def test_an_order_that_tells_no_rows_apart_is_refused(entries, binding, keys):
    with pytest.raises(ValueError, match=r"order|key"):
        paginate(entries, sa.select(Entry), None, keys, PageRequest(), bind=binding)


def test_items_are_entities_values_or_named_rows(entries, binding):
    fill(entries, "ab")
    request = PageRequest()
    entities = listed(entries, request, binding, statement=sa.select(Entry)).items
    assert all(isinstance(item, Entry) for item in entities)
    assert listed(entries, request, binding, statement=sa.select(Entry.name)).items == ["a", "b"]
    rows = listed(entries, request, binding, statement=sa.select(Entry, Entry.name.label("title"))).items
    assert [(row.Entry.name, row.title, len(row)) for row in rows] == [("a", "a", 2), ("b", "b", 2)]


def test_items_can_be_transformed(entries, binding):
    fill(entries, "ab")
    keys = parse_sort("-name", FIELDS)
    page = paginate(
        entries,
        sa.select(Entry),
        None,
        keys,
        PageRequest(),
        bind=binding,
        transform=lambda item: item.name.upper(),
    )
    assert page.items == ["B", "A"]
    assert page.map(str.lower).items == ["b", "a"]


def test_the_order_of_the_statement_itself_is_dropped(entries, binding):
    fill(entries, "bac")
    statement = sa.select(Entry.name).order_by(Entry.id.desc())
    assert listed(entries, PageRequest(), binding, statement=statement).items == ["a", "b", "c"]


def test_statements_with_joins_groups_or_distinct_rows_can_be_listed(entries, binding):
    fill(entries, "aab")
    other = orm.aliased(Entry)
    fields = SortFields(
        {"id": column_field("id", Entry.id), "same": column_field("same", sa.func.count(other.id))},
        default="-same",
    )
    grouped = sa.select(Entry.name).join(other, other.name == Entry.name).group_by(Entry.id, Entry.name)
    page = paginate(entries, grouped, None, parse_sort(None, fields), PageRequest(per_page=2), bind=binding)
    assert (page.items, page.total) == (["a", "a"], 3)
    distinct = sa.select(Entry.id, Entry.name).distinct()
    assert [row.name for row in listed(entries, PageRequest(), binding, "-note", distinct).items] == list(
        "aab"
    )


def test_a_long_walk_is_served_by_an_index(entries, binding):
    """However far a cursor is, the database goes straight there and sorts nothing."""
    fill(entries, [f"name {number:05}" for number in range(3000)])
    dialect = entries.get_bind().dialect.name
    if dialect == "postgresql":
        entries.execute(sa.text("ANALYZE listing_test_entry"))
    for sort in ("+name,+id", "-name,-id", "+time,+id", "-time,-id"):
        cursor = listed(entries, PageRequest(per_page=20, cursor=""), binding, sort).next_cursor
        with explained(entries) as plans:
            listed(entries, PageRequest(per_page=20, cursor=cursor, total=False), binding, sort)
        (plan,) = plans
        assert "ix_listing_test_entry_" in plan
        assert not re.search(r"TEMP B-TREE|Sort|SCAN|Seq Scan", plan), plan
        assert re.search(r"Index Cond|SEARCH", plan), plan


@pytest.mark.parametrize("sort", ["-name", "+name,-id"])
def test_mixed_directions_still_begin_at_the_place_in_the_index(entries, binding, sort):
    fill(entries, [f"name {number:05}" for number in range(3000)])
    if entries.get_bind().dialect.name == "postgresql":
        entries.execute(sa.text("ANALYZE listing_test_entry"))
    cursor = listed(entries, PageRequest(per_page=20, cursor=""), binding, sort).next_cursor
    with explained(entries) as plans:
        listed(entries, PageRequest(per_page=20, cursor=cursor, total=False), binding, sort)
    assert re.search(r"Index Cond|SEARCH", plans[0]), plans[0]


@contextlib.contextmanager
def explained(session: orm.Session) -> Iterator[list[str]]:
    """The plans of what is executed meanwhile."""
    plans: list[str] = []
    busy = False
    connection = session.connection()
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "

    def note(_: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        nonlocal busy
        if not busy:
            busy = True
            rows = connection.exec_driver_sql(explain + statement, parameters).all()
            plans.append("\n".join(str(row[-1]) for row in rows))
            busy = False

    sa.event.listen(connection, "before_cursor_execute", note)
    yield plans
    sa.event.remove(connection, "before_cursor_execute", note)


TEXT = st.one_of(
    st.sampled_from(
        ["", "a", "A", "b", "a ", "ä", "Z", "é", "\uffff", "\U00010000", "\U0010ffff", "\x01", "a\x1fb"]
    ),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4),
    st.sampled_from(["x" * 3000, "x" * 2999 + "y", "\U0001f600" * 1500]),
)
TIMES = st.one_of(
    st.sampled_from([START, START + datetime.timedelta(microseconds=1), START.replace(microsecond=0)]),
    st.datetimes(
        datetime.datetime(1, 1, 2), datetime.datetime(9999, 12, 30), timezones=st.just(datetime.UTC)
    ),
)
SCORES = st.one_of(
    st.sampled_from([0.0, -0.0, 0.1, 0.1 + 0.2, 0.3, 1e308, 5e-324, -1.0]),
    st.floats(allow_nan=False, allow_infinity=False),
)
ENTRIES = st.lists(
    st.fixed_dictionaries(
        {
            "name": TEXT,
            "time": TIMES,
            "note": st.none() | TEXT,
            "seen": st.none() | TIMES,
            "score": st.none() | SCORES,
            "done": st.none() | st.booleans(),
            "state": st.none() | st.sampled_from(["new", "Old", "ärgerlich"]),
        }
    ),
    max_size=14,
)
SORTS = st.lists(
    st.tuples(st.sampled_from("+-"), st.sampled_from(list(FIELDS.fields))), min_size=1, max_size=4
).map(lambda items: ",".join(sign + name for sign, name in items))


def sorted_in_python(rows: Sequence[Entry], keys: Sequence[SortKey]) -> list[uuid.UUID]:
    """The same order by another way: one stable sort per key, the least important first."""
    rows = list(rows)
    for key in reversed(keys):
        name = key.field.name
        if name == "everything":
            continue
        if name == "kind":
            rows.sort(key=lambda row: row.name, reverse=key.descending)
            rows.sort(key=lambda row: len(row.name) % 3)
        else:
            rows = [
                *sorted(
                    (row for row in rows if getattr(row, name) is not None),
                    key=lambda row: getattr(row, name),
                    reverse=key.descending,
                ),
                *(row for row in rows if getattr(row, name) is None),
            ]
    return [row.id for row in rows]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(values=ENTRIES, sorts=st.lists(SORTS, min_size=2, max_size=2), per_page=st.integers(1, 5))
def test_walking_by_page_and_by_cursor_gives_the_order_of_python(entries, binding, values, sorts, per_page):
    entries.execute(sa.delete(Entry))
    rows = [Entry(id=uuid.uuid4(), search="", **row) for row in values]
    entries.add_all(rows)
    entries.flush()
    for sort in sorts:
        keys = parse_sort(sort, FIELDS)
        expected = sorted_in_python(rows, keys)
        assert list(by_page(entries, binding, keys, per_page)) == expected
        assert list(by_cursor(entries, binding, keys, per_page)) == expected
    for row in rows:
        entries.expunge(row)


def by_page(
    session: orm.Session, binding: CursorBinding, keys: Sequence[SortKey], per_page: int
) -> Iterator[uuid.UUID]:
    for number in itertools.count(1):
        page = paginate(session, sa.select(Entry.id), None, keys, PageRequest(number, per_page), bind=binding)
        yield from page.items
        assert page.next_num in (None, number + 1)
        if page.next_num is None:
            return


def by_cursor(
    session: orm.Session, binding: CursorBinding, keys: Sequence[SortKey], per_page: int
) -> Iterator[uuid.UUID]:
    cursor, given = "", set()
    while True:
        request = PageRequest(per_page=per_page, total=False, cursor=cursor)
        page = paginate(session, sa.select(Entry.id), None, keys, request, bind=binding)
        yield from page.items
        if page.next_cursor is None:
            return
        cursor = page.next_cursor
        assert cursor not in given, "the walk goes in a circle"
        given.add(cursor)


def test_components_may_be_expressions_over_text_without_a_collation(entries, binding):
    fill(entries, ["\U00010000", "\uffff", "b", "B", "ä", "a"])
    joined = SortField("joined", (Component(sa.cast(Entry.name, sa.String()) + ":" + Entry.name),))
    fields = SortFields({"id": column_field("id", Entry.id), "joined": joined}, default="+joined")
    keys = parse_sort(None, fields)
    names = paginate(entries, sa.select(Entry.name), None, keys, PageRequest(), bind=binding).items
    assert names == sorted(names)
    walked = list(by_cursor(entries, binding, keys, 1))
    assert len(walked) == 6


def test_whole_numbers_beyond_32_bits_can_be_sorted_by(entries, binding):
    fill(entries, ["aaa", "a", "aa", "aa"])
    length = sa.cast(sa.func.length(Entry.name), sa.BigInteger()) * 2**40
    size = SortField("size", (Component(sa.type_coerce(length, sa.Integer())),))
    fields = SortFields({"id": column_field("id", Entry.id), "size": size}, default="-size")
    walked = list(by_cursor(entries, binding, parse_sort(None, fields), 1))
    assert [id.int for id in walked] == [0, 2, 3, 1]
