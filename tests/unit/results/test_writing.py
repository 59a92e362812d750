"""Results written from rows are, byte for byte, those that are presented as objects."""

from __future__ import annotations

import datetime
import random
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from eoscperf import errors
from eoscperf.db import utcnow
from eoscperf.rest.renderer import dumps
from eoscperf.results.catalogue import Catalogue, read_stamp
from eoscperf.results.models import Result
from eoscperf.results.nested import NestedTexts
from eoscperf.results.schemas import present_result
from eoscperf.results.service import Results
from eoscperf.results.writing import PAGE_COLUMNS, ResultWriter
from eoscperf.review.journal import Journal
from eoscperf.security.identity import ANONYMOUS, Viewer
from eoscperf.testing.factories import Make

MOMENTS = (
    datetime.datetime(2024, 5, 1, 12, 30, tzinfo=datetime.UTC),
    datetime.datetime(2021, 9, 8, 20, 37, 10, 192459, tzinfo=datetime.UTC),
    datetime.datetime(2021, 9, 8, 20, 37, 10, 100, tzinfo=datetime.UTC),
    datetime.datetime(987, 1, 1, 0, 0, 1, tzinfo=datetime.UTC),
)

TEXTS = ('said "so"', "line\nand\ttab \\", "größer als 5 µs", "\N{SNOWMAN} \U0001f680", "</script>\x7f")

DOCUMENTS: tuple[Any, ...] = (
    {},
    {"time": 11.0, "many": 12345678901234567890, "small": 1e-300},
    {"b": {"a": ["x", None, True], "ä": TEXTS[3]}, "a": TEXTS[0]},
)


@pytest.fixture
def make(session: sa.orm.Session) -> Make:
    return Make(session)


@pytest.fixture
def people(make: Make) -> dict[str, Any]:
    return {name: make.user(name) for name in ("ann", "bob", "cid")} | {"root": make.user(role="admin")}


@pytest.fixture
def everything(make: Make, people: dict[str, Any], session: sa.orm.Session) -> list[uuid.UUID]:
    """Results in all states, of parents in all states, by several people, some with an account no longer."""
    chance = random.Random(20260)
    uploaders = [people["ann"], people["bob"], people["cid"]]

    def maybe(value: Any) -> Any:
        return value if chance.random() < 0.5 else None

    def reviewed() -> dict[str, Any]:
        return {
            "uploader": chance.choice(uploaders),
            "status": chance.choice(("on_review", "approved", "approved", "rejected", "deleted")),
            "description": maybe(chance.choice(TEXTS)),
            "status_message": maybe(chance.choice(TEXTS)),
            "upload_datetime": chance.choice(MOMENTS),
        }

    check = '{"checked_datetime":"2024-05-01T12:00:00Z","status":"ok"}'
    benchmarks = [
        make.benchmark(
            json_schema={"type": "object", "title": chance.choice(TEXTS)},
            url=maybe("https://example.org/ä"),
            image_check=maybe(check),
            **reviewed(),
        )
        for _ in range(8)
    ]
    sites = [make.site(**reviewed()) for _ in range(4)]
    flavors = [make.flavor(site=site, **reviewed()) for site in sites for _ in range(3)]
    tags = [make.tag(description=maybe(chance.choice(TEXTS))) for _ in range(4)]
    tags += [make.tag("gone", status="deleted"), make.tag("old", upload_datetime=None)]
    made: list[Result] = []
    for _ in range(30):
        result = make.result(
            json=chance.choice(DOCUMENTS),
            benchmark=chance.choice(benchmarks),
            flavor=chance.choice(flavors),
            uploader=chance.choice(uploaders),
            tags=chance.sample(tags, chance.randrange(4)),
            withdrawn=chance.random() < 0.2,
            removed=chance.random() < 0.2,
            execution_datetime=chance.choice(MOMENTS),
            upload_datetime=chance.choice(MOMENTS),
        )
        if chance.random() < 0.3:
            make.claim(result)
        if chance.random() < 0.4:
            result.status_datetime = utcnow()
            result.status_message = maybe(chance.choice(TEXTS))
        if made and chance.random() < 0.3:
            earlier = chance.choice(made)
            result.supersedes_id, earlier.superseded_by_id = earlier.id, result.id
        made.append(result)
    for result in made[:5]:
        result.uploader_id = None
    benchmarks[0].uploader_id = flavors[0].uploader_id = sites[0].uploader_id = None
    session.commit()
    ids = [result.id for result in made]
    session.expire_all()
    return ids


@pytest.fixture
def viewers(people: dict[str, Any]) -> list[Viewer]:
    registered = [Viewer(people[name].id) for name in ("ann", "bob", "cid")]
    return [ANONYMOUS, *registered, Viewer(people["root"].id, admin=True), Viewer(uuid.uuid4())]


@pytest.fixture
def statements(connection: sa.Connection) -> Iterator[list[str]]:
    sent: list[str] = []

    def before(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    sa.event.listen(connection, "before_cursor_execute", before)
    yield sent
    sa.event.remove(connection, "before_cursor_execute", before)


def write(session: Any, viewer: Viewer, nested: NestedTexts, ids: list[uuid.UUID]) -> dict[str, str]:
    rows = session.execute(sa.select(*PAGE_COLUMNS).where(Result.id.in_(ids))).all()
    writer = ResultWriter(session, viewer, nested, read_stamp(session), Catalogue().view(session))
    return {str(uuid.UUID(row.id)): text for row, text in zip(rows, writer.write(rows), strict=True)}


def loaded(session: Any, identifier: uuid.UUID) -> Result:
    root = Viewer(uuid.uuid4(), admin=True)
    return Results(session, root, Journal(session, root), None).get(identifier)  # type: ignore[arg-type]


def presented(session: Any, viewer: Viewer, identifier: uuid.UUID) -> str:
    return dumps(present_result(loaded(session, identifier), viewer)).decode()


@pytest.mark.parametrize("most_bytes", [0, 2000, 10**7])
def test_every_viewer_gets_what_the_presenter_shows(session, everything, viewers, most_bytes):
    nested = NestedTexts(most_bytes)
    results = [loaded(session, identifier) for identifier in everything]
    for viewer in (*viewers, *reversed(viewers)):
        written = write(session, viewer, nested, everything)
        assert written == {
            str(result.id): dumps(present_result(result, viewer)).decode() for result in results
        }


def test_reading_one_result_answers_or_refuses_as_getting_it(session, everything, viewers):
    def outcome(read: Any) -> Any:
        try:
            return read()
        except errors.DomainError as refusal:
            return type(refusal), str(refusal), getattr(refusal, "members", None)

    seen = set()
    for viewer in viewers:
        results = Results(session, viewer, Journal(session, viewer), None)  # type: ignore[arg-type]
        for identifier in (*everything, uuid.uuid4()):
            one = outcome(lambda: results.read(identifier).json)  # noqa: B023
            other = outcome(lambda: dumps(present_result(results.get(identifier), viewer)).decode())  # noqa: B023
            assert one == other
            seen.add(one[0] if isinstance(one, tuple) else str)
    assert len(seen) == 4


def test_nothing_takes_no_statement(session, statements):
    writer = ResultWriter(session, ANONYMOUS, NestedTexts(), 1)
    statements.clear()
    assert writer.write([]) == []
    assert statements == []


def test_what_results_share_is_loaded_in_one_statement_and_then_kept(
    session, everything, viewers, statements
):
    nested, view = NestedTexts(), Catalogue().view(session)
    rows = session.execute(sa.select(*PAGE_COLUMNS).where(Result.id.in_(everything))).all()
    for viewer in viewers:
        writer = ResultWriter(session, viewer, nested, view.stamp, view)
        statements.clear()
        writer.write(rows)
        assert len(statements) <= 1
        statements.clear()
        writer.write(rows)
        assert statements == []


def test_a_change_of_what_is_nested_shows_at_once(session, make, people):
    ann = people["ann"]
    benchmark, flavor = make.benchmark(uploader=ann), make.flavor(uploader=ann)
    result = make.result(benchmark=benchmark, flavor=flavor, uploader=ann)
    nested, viewers = NestedTexts(), (ANONYMOUS, Viewer(ann.id), Viewer(uuid.uuid4(), admin=True))

    def all_agree() -> None:
        for viewer in viewers:
            assert write(session, viewer, nested, [result.id])[str(result.id)] == presented(
                session, viewer, result.id
            )

    all_agree()
    for item, values in (
        (benchmark, {"description": "changed", "status_message": "why"}),
        (flavor, {"name": "another name", "status": "deleted"}),
        (ann, {"email": "new@example.org"}),
    ):
        for key, value in values.items():
            setattr(item, key, value)
        session.commit()
        all_agree()


def test_at_most_so_much_is_kept(session, everything, viewers):
    nested = NestedTexts(5000)
    for viewer in viewers:
        write(session, viewer, nested, everything)
        assert nested.size <= 5000
    assert nested.size > 0
