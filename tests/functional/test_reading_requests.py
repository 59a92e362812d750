"""Requests that only read: without a transaction on PostgreSQL, with totals that are counted once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf.db import make_engine
from eoscperf.results.models import Tag
from eoscperf.results.service import Results
from eoscperf.testing.api import ApiClient


@pytest.fixture
def reading_api(make_app: Any, fresh_database_url: str, issuer: Any, live_api: ApiClient) -> Iterator[Any]:
    """An application that remembers no answers and has one connection."""
    engine = make_engine(fresh_database_url, pool_size=1, max_overflow=0)
    app = make_app(engine, **{"answers.remembered_bytes": "0"})
    yield ApiClient(app, issuer, live_api.make)
    app.registry["eoscperf.bearer"].close()
    engine.dispose()


def engine_of(api: ApiClient) -> sa.Engine:
    return api.app.app.registry["dbengine"]


@pytest.fixture
def sent(reading_api: ApiClient) -> list[tuple[str, bool]]:
    """The statements that are sent, each with whether it is committed by itself."""
    statements: list[tuple[str, bool]] = []

    @sa.event.listens_for(engine_of(reading_api), "before_cursor_execute")
    def before(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            statements.append((statement, bool(getattr(cursor.connection, "autocommit", False))))

    return statements


PATHS = ("/results", "/results:search?terms=site", "/results:facets")


def test_no_transaction_is_begun_for_what_only_reads(reading_api, sent, database_kind):
    result = reading_api.make.result(uploader=reading_api.person("user"))
    for path in (*PATHS, f"/results/{result.id}"):
        for token in (None, reading_api.token("user")):
            sent.clear()
            reading_api.get(path, token=token)
            assert {alone for _, alone in sent} == {database_kind == "postgresql"}, path


def test_the_next_user_of_the_connection_has_transactions_again(reading_api, database_kind):
    reading_api.make.result()
    engine = engine_of(reading_api)
    for path in PATHS:
        reading_api.get(path)
        with orm.Session(engine) as session:
            session.add(Tag(name="never to be seen"))
            session.flush()
            session.rollback()
        with orm.Session(engine) as session:
            assert session.scalars(sa.select(Tag)).all() == []
        with engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            assert getattr(driver, "autocommit", False) in (False, -1)


def test_a_change_after_reading_is_one_transaction_on_the_same_connection(reading_api):
    reading_api.get("/results")
    token = reading_api.token("user")
    reading_api.person("user")
    reading_api.post("/tags", {"name": "new"}, token=token, status=201)
    reading_api.get("/results")
    with orm.Session(engine_of(reading_api)) as session:
        assert session.scalars(sa.select(Tag.name)).all() == ["new"]


@pytest.mark.parametrize("by_database", [False, True])
def test_a_request_that_raises_leaves_the_connection_as_it_was(reading_api, monkeypatch, by_database):
    def fail(self: Results, *args: Any) -> Any:
        if by_database:
            self._session.execute(sa.text("SELECT no_such_column"))
        raise LookupError("a mistake")

    with monkeypatch.context() as patch:
        patch.setattr(Results, "page", fail)
        reading_api.get("/results", status=500)
    engine = engine_of(reading_api)
    with orm.Session(engine) as session:
        session.add(Tag(name="taken back"))
        session.flush()
    with orm.Session(engine) as session:
        assert session.scalars(sa.select(Tag)).all() == []
    reading_api.get("/results")


def test_nothing_can_be_stored_by_what_only_reads(reading_api, monkeypatch, database_kind):
    if database_kind != "postgresql":
        return

    def store(self: Results, *args: Any) -> Any:
        self._session.add(Tag(name="by accident"))
        self._session.flush()

    monkeypatch.setattr(Results, "page", store)
    reading_api.get("/results", status=500)
    with orm.Session(engine_of(reading_api)) as session:
        assert session.scalars(sa.select(Tag)).all() == []


def test_other_pages_and_orders_of_a_search_are_not_counted_again(reading_api, sent):
    for _ in range(5):
        reading_api.make.result()
    reading_api.get("/results")
    first = reading_api.get("/results?per_page=2").json
    assert (first["total"], first["pages"]) == (5, 3)
    for more in ("page=2", "sort_by=-upload_datetime", "page=2&sort_by=site_name"):
        sent.clear()
        assert reading_api.get(f"/results?per_page=2&{more}").json["total"] == 5
        assert len(sent) == 2, sent


def test_totals_are_those_of_the_moment(reading_api):
    make, token = reading_api.make, reading_api.token("admin")
    reading_api.person("admin")
    kept = [make.result(), make.result()]
    for number in range(2, 5):
        kept.append(make.result())
        assert reading_api.get("/results?per_page=1").json["total"] == number + 1
        path = f"/results/{kept.pop().id}"
        make.session.rollback()
        reading_api.delete(path, token=token)
        assert reading_api.get("/results?per_page=1").json["total"] == number
        kept.append(make.result())
        make.session.rollback()


def test_numbers_and_booleans_are_different_questions(reading_api):
    make = reading_api.make
    benchmark = make.benchmark()
    for value in (1, 1, 1, True, True):
        make.result(benchmark=benchmark, json={"x": value})
    totals = [
        reading_api.get("/results", params={"per_page": "1", "filters": f"x == {value}"}).json["total"]
        for value in ("1", "true", "1", "true")
    ]
    assert totals == [3, 2, 3, 2]


@pytest.mark.parametrize(
    "query", ["terms=common", "terms=common&terms=site", "terms=common&per_page=1&page=2"]
)
@pytest.mark.parametrize("signed_in", [False, True])
def test_a_search_by_terms_takes_few_statements_after_any_change(reading_api, sent, query, signed_in):
    make = reading_api.make
    tags = [make.tag("common one"), make.tag("common two")]
    for some in (tags, tags[:1], tags[1:], []):
        make.result(tags=some, uploader=reading_api.person("user"))
    token = reading_api.token("user") if signed_in else None
    for _ in range(2):
        make.site()
        make.session.rollback()
        sent.clear()
        reading_api.get(f"/results:search?{query}", token=token)
        assert len(sent) <= 6 + signed_in, sent
