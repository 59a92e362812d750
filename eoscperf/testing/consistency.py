"""Whether what is kept beside the results says the same as the results themselves.

    check_derived(session)

reads every result, works out afresh which values and tallies there should be, and fails with the
differences. It is slow and simple on purpose, and shares nothing with the code that keeps them but the
spelling of keys.
"""

from __future__ import annotations

import datetime
import uuid
from collections import Counter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf import jsontext
from eoscperf.benchmarks.models import Benchmark
from eoscperf.results import jsonpath
from eoscperf.results.filters import as_number
from eoscperf.results.models import Result, result_tags
from eoscperf.results.projection.declared import declared_paths
from eoscperf.results.projection.models import KINDS, MAX_TEXT, ResultField, ResultValue
from eoscperf.results.tallies.keys import field_key
from eoscperf.results.tallies.models import ALL, FIELD, TAG, YEAR, ResultTally


def check_derived(session: Session) -> None:
    """Fail unless fields, values and tallies are what the schemas and results ask for."""
    session.flush()
    fields = session.execute(
        sa.select(
            ResultField.id,
            ResultField.benchmark_id,
            ResultField.path,
            ResultField.ready,
            ResultField.irregular,
            ResultField.countable,
        )
    ).all()
    _same("fields", _declared(session), {(field.benchmark_id, field.path) for field in fields})
    results = session.execute(
        sa.select(
            Result.id,
            Result.benchmark_id,
            Result.flavor_id,
            Result.execution_datetime,
            Result.status,
            Result.json,
        )
    ).all()
    expected, unfit = _values(fields, results)
    found = {tuple(row) for row in session.execute(sa.select(*ResultValue.__table__.c))}
    ready = {field.id for field in fields if field.ready}
    _same("values", _at(expected, ready), _at(found, ready))
    _same("values of fields that are not ready", set(), _at(found, {f.id for f in fields} - ready) - expected)
    _same("values of fields that do not exist", set(), {row for row in found if row[1] not in _ids(fields)})
    regular = {field.id for field in fields if not field.irregular}
    _same("fields with values that fit no row, not flagged", set(), unfit & regular & ready)
    counted = {field.id for field in fields if field.ready and field.countable}
    _same("fields that are tallied in spite of values that fit no row", set(), unfit & counted)
    _check_tallies(session, results, [row for row in expected if row[1] in counted], counted)


def _declared(session: Session) -> set[tuple[uuid.UUID, str]]:
    schemas = session.execute(sa.select(Benchmark.id, Benchmark.json_schema))
    return {(identifier, path.text()) for identifier, text in schemas for path in declared_paths(text)}


def _values(fields: Any, results: Any) -> tuple[set[tuple[Any, ...]], set[int]]:
    """All rows of values, and the fields with values that fit no row."""
    paths: dict[uuid.UUID, list[tuple[int, jsonpath.Path]]] = {}
    for field in fields:
        paths.setdefault(field.benchmark_id, []).append((field.id, jsonpath.parse(field.path)))
    expected: set[tuple[Any, ...]] = set()
    unfit: set[int] = set()
    for result in results:
        document = jsontext.loads(result.json, max_depth=500)
        for identifier, path in paths.get(result.benchmark_id, ()):
            value = path.lookup(document)
            if value is jsonpath.MISSING:
                continue
            row = _row(value)
            if row is None:
                unfit.add(identifier)
            else:
                expected.add((result.id, identifier, *row))
    return expected, unfit


def _row(value: Any) -> tuple[int, float | None, str | None] | None:
    if value is None:
        return KINDS["null"], None, None
    if isinstance(value, bool):
        return KINDS["boolean"], float(value), None
    if isinstance(value, str):
        fits = len(value) <= MAX_TEXT and "\0" not in value
        return (KINDS["string"], None, value) if fits else None
    if isinstance(value, int | float):
        number = as_number(value)
        return None if number is None else (KINDS["number"], number, None)
    return KINDS["composite"], None, None


def _check_tallies(session: Session, results: Any, values: list[tuple[Any, ...]], counted: set[int]) -> None:
    expected: Counter[tuple[Any, ...]] = Counter()
    tags: dict[uuid.UUID, list[uuid.UUID]] = {}
    for result_id, tag_id in session.execute(sa.select(result_tags.c.result_id, result_tags.c.tag_id)):
        tags.setdefault(result_id, []).append(tag_id)
    places = {}
    for result in results:
        if result.status != "visible":
            continue
        place = places[result.id] = (result.benchmark_id, result.flavor_id)
        expected[ALL, *place, ""] += 1
        expected[YEAR, *place, f"{result.execution_datetime.astimezone(datetime.UTC):%Y}".zfill(4)] += 1
        for tag_id in tags.get(result.id, ()):
            expected[TAG, *place, tag_id.hex] += 1
    tallied = (KINDS["number"], KINDS["string"], KINDS["boolean"])
    for result_id, identifier, kind, number, text in values:
        if result_id in places and kind in tallied:
            expected[FIELD, *places[result_id], field_key((identifier, kind, number, text))] += 1
    found: Counter[tuple[Any, ...]] = Counter()
    tally = ResultTally.__table__.c
    rows = session.execute(
        sa.select(tally.facet, tally.benchmark_id, tally.flavor_id, tally.key, tally.number)
    )
    for *where, number in rows:
        found[tuple(where)] += number
    _same("tallies", _sums(expected, counted), _sums(found, counted))


def _sums(counts: Counter[tuple[Any, ...]], counted: set[int]) -> set[tuple[Any, ...]]:
    return {
        (*place, number)
        for place, number in counts.items()
        if number and (place[0] != FIELD or int(place[3].partition(":")[0]) in counted)
    }


def _at(rows: set[tuple[Any, ...]], field_ids: set[int]) -> set[tuple[Any, ...]]:
    return {row for row in rows if row[1] in field_ids}


def _ids(fields: Any) -> set[int]:
    return {field.id for field in fields}


def _same(what: str, expected: set[Any], found: set[Any]) -> None:
    missing, surplus = expected - found, found - expected
    if missing or surplus:
        raise AssertionError(
            f"{what}: {len(missing)} missing, such as {sorted(map(str, missing))[:5]}; "
            f"{len(surplus)} too many, such as {sorted(map(str, surplus))[:5]}"
        )
