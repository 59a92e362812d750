"""Addresses of views: read, put into one form, changed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pyramid.httpexceptions import HTTPFound
from webob import Request

from eoscperf import errors
from eoscperf.errors import Issue
from eoscperf.listing import Page, SortField, SortFields
from eoscperf.rest import schema
from eoscperf.web.pager import pager
from eoscperf.web.urls import Address, PageQuery, paging, sort_link, sorting, words

SORT = SortFields({name: SortField(name, ()) for name in ("id", "name", "size")}, default="+name")

QUERY = PageQuery(
    words(),
    schema.several(schema.identifier("site_id", title="Site"), title="Site"),
    schema.choice("status", "open", "closed", title="State"),
    sorting(SORT),
    *paging(),
)

ONE, TWO = "3fa85f64-5717-4562-b3fc-2c963f66afa6", "4fa85f64-5717-4562-b3fc-2c963f66afa6"


def ask(query: str, method: str = "GET", path: str = "/things") -> Address:
    request: Any = Request.blank(f"{path}?{query}", method=method)
    request.registry = SimpleNamespace(settings={"limits.term": 20, "limits.terms": 3})
    return QUERY.read(request)


def led_to(query: str, **options: Any) -> str:
    with pytest.raises(HTTPFound) as found:
        ask(query, **options)
    return found.value.location


def test_without_a_query_everything_has_its_default():
    address = ask("")
    assert address.ok
    assert address.url == "/things"
    assert address.values["page"] == 1
    assert address.values["per_page"] == 20
    assert address["sort_by"] == "+name"
    assert address["terms"] == ""


def test_an_address_in_its_one_form_is_taken_as_it_is():
    address = ask(f"terms=a&terms=b&site_id={ONE}&status=open&sort_by=-size&page=3&per_page=50")
    assert address.values["terms"] == ["a", "b"]
    assert len(address.values["site_id"]) == 1
    assert address.values["page"] == 3
    assert address["terms"] == "a b"


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("page=1&per_page=20&sort_by=%2Bname", "/things"),
        ("status=&terms=", "/things"),
        ("terms=b+a++b", "/things?terms=b&terms=a"),
        (f"per_page=50&site_id={TWO}&site_id={ONE}", f"/things?site_id={TWO}&site_id={ONE}&per_page=50"),
        (f"site_id={TWO}&site_id={ONE}&site_id={TWO}", f"/things?site_id={TWO}&site_id={ONE}"),
        ("anything=1", "/things"),
        ("status=%20open", "/things?status=open"),
        ("sort_by=%2Bsize&page=1", "/things?sort_by=%2Bsize"),
    ],
)
def test_any_other_form_is_led_to_it(query, canonical):
    assert led_to(query) == canonical
    assert ask(canonical.partition("?")[2]).url == canonical


def test_a_post_is_never_redirected():
    assert ask("page=1", method="POST").url == "/things"


@pytest.mark.parametrize(
    ("query", "key", "sentence"),
    [
        ("page=x", "page", "Page must be 1..1000000000000."),
        ("per_page=500", "per_page", "Rows must be 1..100."),
        ("status=odd", "status", "State must be one of open, closed."),
        ("status=open&status=closed", "status", "State is given more than once with different values."),
        ("site_id=x", "site_id", "Site must be a UUID"),
        ("terms=a&terms=b&terms=c&terms=d", "terms", "Words must hold at most 3 items."),
        ("sort_by=colour", "sort_by", "Order "),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_read(query, key, sentence):
    address = ask(query)
    assert not address.ok
    assert address.values == {}
    assert address.errors[key][0].startswith(sentence)


def test_a_service_may_refuse_what_could_be_read():
    address = ask("terms=a").refused(errors.Invalid([Issue("is odd", "query", "terms[0]"), Issue("No.")]))
    assert address.errors == {"terms": ["Terms is odd."], "": ["No."]}


def test_links_change_one_thing_and_lead_to_the_first_page():
    address = ask(f"terms=a&site_id={ONE}&page=3")
    assert address.with_(status="open") == f"/things?terms=a&site_id={ONE}&status=open"
    assert address.with_(page=4) == f"/things?terms=a&site_id={ONE}&page=4"
    assert address.with_(page=1) == f"/things?terms=a&site_id={ONE}"
    assert address.adding("site_id", TWO) == f"/things?terms=a&site_id={ONE}&site_id={TWO}"
    assert address.without("site_id", ONE) == "/things?terms=a"
    assert address.without("terms") == f"/things?site_id={ONE}"
    assert address.with_(sort_by="+name") == f"/things?terms=a&site_id={ONE}"
    assert address.only("terms") == "/things?terms=a"
    assert address.others("terms") == (("site_id", ONE),)
    assert address.has("site_id", ONE)
    assert not address.has("site_id", TWO)


def test_values_are_escaped_in_links():
    assert ask("terms=a%26b%3D%2F%23").with_(page=2) == "/things?terms=a%26b%3D/%23&page=2"


def test_a_heading_sorts_up_down_and_back():
    first = sort_link(ask(""), "size")
    assert (first.url, first.aria_sort) == ("/things?sort_by=%2Bsize", None)
    second = sort_link(ask("sort_by=%2Bsize"), "size")
    assert (second.url, second.aria_sort) == ("/things?sort_by=-size", "ascending")
    third = sort_link(ask("sort_by=-size"), "size")
    assert (third.url, third.aria_sort) == ("/things", "descending")
    assert sort_link(ask(""), "name").url == "/things?sort_by=-name"


def cut(number: int, pages: int, per_page: int = 20) -> Page[int]:
    """A page of a list with rows on every page."""
    return Page(
        items=[1] * per_page,
        has_next=number < pages,
        has_prev=number > 1,
        next_num=None,
        page=number,
        pages=pages,
        per_page=per_page,
        prev_num=None,
        total=pages * per_page,
    )


@pytest.mark.parametrize(
    ("number", "pages", "shown"),
    [
        (1, 1, "[1]"),
        (1, 5, "[1] 2 3 4-5"),
        (1, 9, "[1] 2 3 … 9"),
        (5, 9, "1 2 3 4 [5] 6 7 8 9"),
        (6, 20, "1 … 4 5 [6] 7 8 … 20"),
        (20, 20, "1 … 18 19 [20]"),
    ],
)
def test_a_pager_shows_the_numbers_around_and_both_ends(number, pages, shown):
    steps = pager(ask("" if number == 1 else f"page={number}"), cut(number, pages)).steps
    text = " ".join(
        "…" if one.number is None else f"{one.number}" if one.url else f"[{one.number}]" for one in steps
    )
    assert text == shown.replace("4-5", "4 5")


def test_every_step_of_a_pager_is_a_whole_address():
    made = pager(ask("terms=a&page=2"), cut(2, 3))
    assert made.first == made.previous == "/things?terms=a"
    assert made.next == made.last == "/things?terms=a&page=3"
    assert (made.start, made.end, made.total) == (21, 40, 60)
    assert [(one.number, one.url) for one in made.sizes][:2] == [
        (10, "/things?terms=a&per_page=10"),
        (20, None),
    ]


def test_a_page_past_the_end_leads_to_the_last():
    empty = Page([], False, True, None, 9, 3, 20, None, 60)
    with pytest.raises(HTTPFound) as found:
        pager(ask("terms=a&page=9"), empty)
    assert found.value.location == "/things?terms=a&page=3"


def test_an_empty_list_has_one_page():
    made = pager(ask(""), Page([], False, False, None, 1, 0, 20, None, 0))
    assert (made.start, made.end, made.pages, made.next) == (0, 0, 1, None)
