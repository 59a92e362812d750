"""Searches answer what a plain Python reference says: random JSON, schemas, filters, orders and pages.

    EOSCPERF_SEARCH_SEED=7 EOSCPERF_SEARCH_CASES=20000 pytest tests/unit/results/test_search_properties.py

takes another seed and number of cases (over both databases together). What failed is told with the command
that repeats it.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import itertools
import json
import os
import random
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from eoscperf.listing import CursorBinding, PageRequest, parse_sort
from eoscperf.results import filters, json_sql, jsonpath, tables
from eoscperf.results.catalogue import Catalogue, CatalogueView
from eoscperf.results.filters import Filter, Value
from eoscperf.results.jsonpath import Path
from eoscperf.results.models import result_tags
from eoscperf.results.plain import plain_id
from eoscperf.results.projection.models import MAX_TEXT, ResultField
from eoscperf.results.projection.service import Projection
from eoscperf.results.query import SORT
from eoscperf.results.search import forms, leads, search
from eoscperf.results.search.criteria import Criteria
from eoscperf.results.search.search import Search
from eoscperf.results.tallies.service import Tallies
from eoscperf.security.identity import Viewer
from eoscperf.testing.factories import Make

SEED = int(os.environ.get("EOSCPERF_SEARCH_SEED", "1"))
CASES = int(os.environ.get("EOSCPERF_SEARCH_CASES", "5200"))
PER_CORPUS = 130
VARIANTS = 5
"""Cases in a row that only differ in values, since most of the time goes into making a statement."""
CORPORA = -(-CASES // (2 * PER_CORPUS))
RESULTS_PER_CORPUS = 60

BINDING = CursorBinding(secret=b"secret", scope="property")
RESULTS = tables.RESULTS
COLUMNS_READ = (RESULTS.c.id, RESULTS.c.json)
PLAIN_COLUMNS_READ = (plain_id(RESULTS.c.id), RESULTS.c.json)

KEYS = ["a", "n", "s", "b c", "d.e", "f,g", 'q"q', "back\\slash", "7", "007", "ü", "😀", "a b.c\\", "$", "A"]
NUMBERS = [
    *("0", "-0.0", "1", "1.0", "7", "7.5", "-3", "1e2", "100", "0.1", "0.1000000000000000055", "5e-324"),
    *("9007199254740991", "9007199254740992", "9007199254740993", "-9007199254740993", "1.5e300"),
    *("12345678901234567890123", "1.7976931348623157e308"),
]
RARE_NUMBERS = ["1e400", "-1e400", "9" * 400]
# Each letter here has the same pair in every version of Unicode that Python and PostgreSQL may have.
STRINGS = [
    "",
    "a",
    "A",
    "b",
    "é",
    "É",
    "ß",
    "Ωω",
    "7",
    "7.0",
    "true",
    "😀",
    "a😀b",
    "\ufffd",
    "AMD EPYC",
    "%",
    "_",
    '"\\',
]
DAY = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
VIEWERS = ("anonymous", "owner", "admin")


@dataclass(frozen=True)
class Item:
    """A stored result and what the reference needs to know of it."""

    id: uuid.UUID
    text: str
    document: object
    benchmark: object
    flavor: object
    site: object
    status: str
    uploader_id: uuid.UUID
    execution: datetime.datetime
    upload: datetime.datetime
    tags: frozenset[uuid.UUID]
    shown: bool
    """whether benchmark, flavor and site are approved"""
    tag_names: tuple[str, ...]


class Corpus:
    """Results of several benchmarks in the database, made from one seed."""

    def __init__(self, session, seed: str) -> None:
        self.chance = random.Random(seed)
        self.session = session
        make = Make(session)
        self.owner, other = make.user("owner"), make.user("other")
        sites = [
            make.site(name="Übersee", address="grid.example"),
            make.site(
                name="KIT",
                address="kit.example",
                status=self.chance.choice(["approved", "approved", "on_review"]),
            ),
        ]
        self.flavors = [
            make.flavor(site=site, name=name, status=status)
            for site, name, status in (
                (sites[0], "C8.large", "approved"),
                (sites[0], "gpu", "approved"),
                (sites[0], "late", self._status()),
                (sites[1], "c8.LARGE", "approved"),
            )
        ]
        self.sites = sites
        names = [
            ("org/hep", "approved"),
            ("org/gpu-burn", "approved"),
            ("Stream", "approved"),
            ("x/new", "on_review"),
        ]
        self.paths = [self._path() for _ in range(14)]
        self.benchmarks = [
            make.benchmark(docker_image=name, status=status, json_schema=self._schema())
            for name, status in names
        ]
        self.tags = [make.tag("GPU run"), make.tag("night"), make.tag("gone", status="deleted")]
        self.items = [self._item(sites, other) for _ in range(RESULTS_PER_CORPUS)]
        self._store()
        view = Catalogue().view(session)
        fields = [field for of_one in view.fields.values() for field in of_one.values()]
        for field in self.chance.sample(fields, k=len(fields) // 3):
            which = self.chance.choice(["ready", "irregular", "countable"])
            change = sa.update(ResultField).where(ResultField.id == field.id)
            session.execute(change.values({which: which == "irregular"}))
        tallies = Tallies(session)
        for benchmark in self.benchmarks:
            tallies.recount(benchmark.id)
            for field in view.fields.get(benchmark.id, {}).values():
                tallies.recount_field(benchmark.id, field.id)
        self.view = Catalogue().view(session)

    def _status(self) -> str:
        return self.chance.choice(["approved", "approved", "on_review"])

    def _path(self) -> tuple[str, ...]:
        return tuple(self.chance.choices(KEYS, k=self.chance.choice([1, 1, 1, 2, 2, 3])))

    def _schema(self):
        schema = {"type": "object", "properties": {}}
        for path in self.chance.sample(self.paths, k=self.chance.randint(3, 10)):
            node = schema
            for key in path[:-1]:
                node = node.setdefault("properties", {}).setdefault(key, {})
            node.setdefault("properties", {}).setdefault(path[-1], {})
        return schema

    def _scalar(self) -> str:
        kind = self.chance.random()
        if kind < 0.45:
            return self.chance.choice(NUMBERS if self.chance.random() < 0.4 else ["1", "2", "2.0", "3", "7"])
        if kind < 0.8:
            return json.dumps(self.chance.choice(STRINGS), ensure_ascii=False)
        if kind < 0.9:
            return self.chance.choice(["true", "false"])
        if kind < 0.996:
            return "null"
        if kind < 0.998:
            return json.dumps("x" * self.chance.choice([MAX_TEXT, MAX_TEXT + 1]))
        return self.chance.choice(RARE_NUMBERS)

    def _value(self, depth: int) -> str:
        kind = self.chance.random()
        if depth == 0 or kind < 0.7:
            return self._scalar()
        if kind < 0.85:
            return "[" + ",".join(self._value(depth - 1) for _ in range(self.chance.randint(0, 9))) + "]"
        return self._object(self.chance.sample(KEYS, k=3), depth - 1)

    def _object(self, keys, depth: int) -> str:
        members = (f"{json.dumps(key, ensure_ascii=False)}:{self._value(depth)}" for key in sorted(set(keys)))
        return "{" + ",".join(members) + "}"

    def _document(self) -> str:
        """Something at most of the paths, now and then in the way of longer ones."""
        root = {}
        for path in self.chance.sample(self.paths, k=round(len(self.paths) * 0.8)):
            node = root
            for key in path[:-1]:
                node = node.setdefault(key, {}) if isinstance(node, dict) else None
            if isinstance(node, dict):
                node.setdefault(path[-1], self._value(2))
        return written(root)

    def _item(self, sites, other) -> Item:
        text = self._document()
        benchmark, flavor = self.chance.choice(self.benchmarks), self.chance.choice(self.flavors)
        site = next(site for site in sites if site.id == flavor.site_id)
        tags = self.chance.sample(self.tags, k=self.chance.choice([0, 0, 1, 2]))
        return Item(
            id=uuid.UUID(int=self.chance.getrandbits(128)),
            text=text,
            document=json.loads(text),
            benchmark=benchmark,
            flavor=flavor,
            site=site,
            status=self.chance.choices(["visible", "removed", "claimed", "withdrawn"], [20, 1, 1, 1])[0],
            uploader_id=self.chance.choice([self.owner, other]).id,
            execution=DAY + datetime.timedelta(days=self.chance.randrange(20)),
            upload=DAY + datetime.timedelta(days=self.chance.randrange(20)),
            tags=frozenset(tag.id for tag in tags if tag.status == "live"),
            shown=all(parent.status == "approved" for parent in (benchmark, flavor, site)),
            tag_names=tuple(tag.name for tag in tags if tag.status == "live"),
        )

    def _store(self) -> None:
        rows = [
            {
                "id": item.id,
                "json": item.text,
                "execution_datetime": item.execution,
                "upload_datetime": item.upload,
                "benchmark_id": item.benchmark.id,
                "flavor_id": item.flavor.id,
                "site_id": item.site.id,
                "uploader_id": item.uploader_id,
                "content_hash": b"",
                "status": item.status,
                "pending_claims": 0,
                "hiding_claims": 0,
            }
            for item in self.items
        ]
        self.session.execute(sa.insert(RESULTS), rows)
        links = [{"result_id": item.id, "tag_id": tag} for item in self.items for tag in sorted(item.tags)]
        if links:
            self.session.execute(sa.insert(result_tags), links)
        Projection(self.session).add([(item.id, item.benchmark.id, item.document) for item in self.items])


def written(node) -> str:
    """An object of members that are JSON text or further such objects."""
    if isinstance(node, str):
        return node
    members = (f"{json.dumps(key, ensure_ascii=False)}:{written(node[key])}" for key in sorted(node))
    return "{" + ",".join(members) + "}"


@dataclass(frozen=True)
class Case:
    """One search and how its answer is read."""

    criteria: Criteria
    sort_by: str
    viewer: str
    per_page: int
    by_cursor: bool
    few: int
    """how many results of a filter count as few; real numbers of few are more than all results here"""
    lead: int | None
    """which of the lists that could lead a list by date does so; None: what seems cheapest"""
    plain: bool
    """whether what is read is wanted as the driver has it"""

    def __str__(self) -> str:
        wanted = {
            name: getattr(self.criteria, name)
            for name in self.criteria.__dataclass_fields__
            if getattr(self.criteria, name) and name != "filters"
        }
        texts = [condition.text() for condition in self.criteria.filters]
        return (
            f"filters={texts} {wanted} sort_by={self.sort_by!r} viewer={self.viewer}"
            f" per_page={self.per_page} by_cursor={self.by_cursor} few={self.few}"
            f" lead={self.lead} plain={self.plain}"
        )


def make_case(corpus: Corpus, shape: random.Random, chance: random.Random) -> Case:
    """A search whose statement follows from `shape`, and its values from `chance`."""

    def some(things, chances=(16, 1, 1)):
        count = shape.choices(range(len(chances)), chances)[0]
        return tuple(getattr(thing, "id", thing) for thing in chance.sample(things, k=count))

    def moment(earliest, latest):
        day = chance.randint(earliest, latest)
        return DAY + datetime.timedelta(days=day) if shape.random() < 0.03 else None

    kind = shape.choices(("values", "names", "anything"), (5, 2, 3))[0]
    count = 0 if kind == "names" else shape.choices((0, 1, 2, 3), (8, 10, 3, 1))[0]
    own = kind == "anything" and shape.random() < 0.1
    viewer = "owner" if own else shape.choice(VIEWERS)
    choices = (8, 1, 3, 2) if kind == "names" else (3, 14, 2, 1)
    benchmarks = some(corpus.benchmarks[: 3 if viewer == "anonymous" else 4], choices)
    words = ["gpu", "C8", "übersee", "stream", "org/", "NIGHT", "kit", ":1.0", "gone", "nowhere", "grid.ex"]
    more = {}
    if kind != "values":
        more |= {
            "site_ids": some(corpus.sites, (6, 1, 1)),
            "flavor_ids": some(corpus.flavors, (6, 1, 2, 2)),
            "terms": some(words, (3, 2, 1)),
        }
    if kind == "anything":
        more |= {
            "ids": some(corpus.items, (20, *[0] * 15, 1)),
            "tags_ids": some(corpus.tags, (12, 1, 1)),
            "upload_before": moment(5, 20),
            "upload_after": moment(0, 15),
            "execution_before": moment(5, 20),
            "execution_after": moment(0, 15),
            "status": shape.choice([None] * 12 + ["visible", "removed"]),
        }
    found = tuple(make_filter(corpus, benchmarks, shape, chance) for _ in range(count))
    criteria = Criteria(benchmark_ids=benchmarks, filters=found, own=own, **more)
    if kind == "names":
        sort_by = shape.choice(["", "+execution_datetime", "-execution_datetime", "-upload_datetime"])
    else:
        sort_by = make_sort(corpus, benchmarks, shape, chance)
    few = shape.choice([0, 0, 3, 2000])
    per_page, by_cursor = chance.choice([4, 7, 15, 100]), shape.random() < 0.5
    lead, plain = shape.choice([None, 0, 1, 2, 3]), shape.random() < 0.7
    return Case(criteria, sort_by, viewer, per_page, by_cursor, few, lead, plain)


def some_path(corpus: Corpus, benchmarks, shape: random.Random, chance: random.Random) -> Path:
    kind = shape.random()
    if kind < 0.75:
        declared = [path for each in benchmarks for path in corpus.view.fields.get(each, ())]
        return (
            jsonpath.parse(chance.choice(sorted(declared))) if declared else Path(chance.choice(corpus.paths))
        )
    path = chance.choice(corpus.paths)
    if kind < 0.9:
        path = (*path, chance.choice(["0", "1", "007", "-1", *KEYS]))
    elif kind < 0.94:
        path = tuple(chance.choices(KEYS, k=2))
    return Path(path)


def make_filter(corpus: Corpus, benchmarks, shape: random.Random, chance: random.Random) -> Filter:
    path, name = some_path(corpus, benchmarks, shape, chance), shape.choice(filters.OPERATORS)
    if name == "exists":
        return Filter(path, name, (shape.choice([Value(True, "true"), Value(False, "false")]),))
    there = [path.lookup(item.document) for item in corpus.items]
    near = [value for value in there if isinstance(value, str | int | float)]
    near += [element for value in there if isinstance(value, list) for element in value]
    near = [value for value in near if isinstance(value, str | int | float)]
    near += [json.loads(text) for text in (*chance.choices(NUMBERS, k=2), '"7"', '"a"', "true", "false")]
    types = shape.choice([(int, float)] * 3 + [(str,)] * 2 + [(bool,)]), shape.choice([(str,), (int, float)])

    def value(types) -> Value:
        found = chance.choice([value for value in near if (type(value) in types)])
        if isinstance(found, str):
            if name == "contains":
                found = found[chance.randrange(len(found) + 1) :].swapcase()
            return Value(found, found)
        if isinstance(found, bool):
            return Value(found, json.dumps(found))
        number = filters.as_number(found)
        return Value(7.0, "7") if number is None else Value(number, json.dumps(number))

    if name == "in":
        return Filter(path, name, tuple(value(some) for some in types for _ in range(shape.randint(1, 2))))
    return Filter(path, name, (value(types[0]),))


def make_sort(corpus: Corpus, benchmarks, shape: random.Random, chance: random.Random) -> str:
    names = [
        "execution_datetime",
        "upload_datetime",
        "benchmark_name",
        "site_name",
        "flavor_name",
        "id",
        "json",
    ]
    keys = []
    for _ in range(shape.choices((0, 1, 2, 3), (2, 9, 2, 1))[0]):
        if shape.random() < 0.7:
            name = f"json.{some_path(corpus, benchmarks, shape, chance).text()}"
        else:
            name = shape.choice(names)
        keys.append(shape.choice("+-") + name)
    return ",".join(keys)


# --- the reference


def viewer_of(corpus: Corpus, name: str) -> Viewer:
    return {
        "anonymous": Viewer(),
        "owner": Viewer(user_id=corpus.owner.id),
        "admin": Viewer(user_id=uuid.UUID(int=1), admin=True),
    }[name]


def is_found(corpus: Corpus, case: Case, item: Item) -> bool:
    wanted, mine = case.criteria, item.uploader_id == corpus.owner.id and case.viewer == "owner"
    status = wanted.status or (None if wanted.own else "visible")
    if status is not None and item.status != status:
        return False
    if wanted.own and not mine:
        return False
    if case.viewer != "admin" and not mine and (status != "visible" or not item.shown):
        return False
    for values, value in (
        (wanted.benchmark_ids, item.benchmark.id),
        (wanted.site_ids, item.site.id),
        (wanted.flavor_ids, item.flavor.id),
        (wanted.ids, item.id),
    ):
        if values and value not in values:
            return False
    names = (item.benchmark.name, item.site.name, item.site.address, item.flavor.name, *item.tag_names)
    return (
        set(wanted.tags_ids) <= item.tags
        and all(any(term.lower() in name.lower() for name in names) for term in wanted.terms)
        and all(condition.matches(item.document) for condition in wanted.filters)
        and (wanted.upload_before is None or item.upload < wanted.upload_before)
        and (wanted.upload_after is None or item.upload > wanted.upload_after)
        and (wanted.execution_before is None or item.execution < wanted.execution_before)
        and (wanted.execution_after is None or item.execution > wanted.execution_after)
    )


COLUMNS = {
    "execution_datetime": lambda item: item.execution,
    "upload_datetime": lambda item: item.upload,
    "benchmark_name": lambda item: item.benchmark.name,
    "site_name": lambda item: item.site.name,
    "flavor_name": lambda item: item.flavor.name,
    "id": lambda item: item.id.hex,
    "json": lambda item: 0,
}


def in_order(items: list[Item], sort_by: str) -> list[Item]:
    found = sorted(items, key=COLUMNS["id"])
    for key in reversed(parse_sort(sort_by, SORT)):
        name = key.field.name
        if name in COLUMNS:
            found.sort(key=COLUMNS[name], reverse=key.descending)
            continue
        path = jsonpath.parse(name.removeprefix("json."))
        values = {item.id: json_sql.sort_key(path, item.document) for item in items}
        found.sort(key=lambda item: values[item.id][1:], reverse=key.descending)
        found.sort(key=lambda item: values[item.id][0])
    return found


def expected(corpus: Corpus, case: Case) -> list[uuid.UUID]:
    found = [item for item in corpus.items if is_found(corpus, case, item)]
    return [item.id for item in in_order(found, case.sort_by)]


# --- the answers


def walk(corpus: Corpus, case: Case, *, changing: bool):
    """The ids of all pages, and every total that was told on the way.

    `changing`: every other page is read from the JSON, as if fields had become irregular meanwhile.
    """
    viewer = viewer_of(corpus, case.viewer)
    views = itertools.cycle([corpus.view, unread(corpus.view)] if changing else [corpus.view])
    keys = parse_sort(case.sort_by, SORT)
    found, totals, page, cursor = [], set(), 1, ""
    while True:
        found_now = Search(corpus.session, case.criteria, viewer, next(views))
        totals.add(found_now.count())
        asked = {"cursor": cursor} if case.by_cursor else {"page": page}
        columns = PLAIN_COLUMNS_READ if case.plain else COLUMNS_READ
        answer = found_now.page(columns, keys, PageRequest(per_page=case.per_page, **asked), BINDING)
        assert len(answer.items) <= case.per_page
        found += [forms.read_id(row[0]) for row in answer.items]
        totals.add(answer.total)
        page, cursor = page + 1, answer.next_cursor
        if not answer.has_next:
            return found, totals
        assert len(answer.items) == case.per_page


def unread(view: CatalogueView) -> CatalogueView:
    """The same catalogue, of whose fields none can be searched."""
    fields = {
        benchmark: {path: dataclasses.replace(field, irregular=True) for path, field in of_one.items()}
        for benchmark, of_one in view.fields.items()
    }
    return dataclasses.replace(view, fields=fields)


def everything(corpus: Corpus, case: Case) -> list[uuid.UUID]:
    search = Search(corpus.session, case.criteria, viewer_of(corpus, case.viewer), corpus.view)
    return list(
        corpus.session.scalars(search.select(sa.select(RESULTS.c.id), parse_sort(case.sort_by, SORT)))
    )


@pytest.mark.parametrize("number", range(CORPORA))
def test_searches_answer_what_the_reference_says(session, database_kind, monkeypatch, number):
    corpus = Corpus(session, f"{SEED}/{number}")
    for index in range(PER_CORPUS):
        shape = random.Random(f"{SEED}/{number}/{index // VARIANTS}")
        case = make_case(corpus, shape, random.Random(f"{SEED}/{number}/{index}"))
        monkeypatch.setattr(search, "FEW", case.few)
        monkeypatch.setattr(leads, "cost", COST if case.lead is None else functools.partial(turn, case.lead))
        check(corpus, case, functools.partial(told, database_kind, number, index), index % VARIANTS)


COST = leads.cost
TURNS = itertools.count()


def turn(lead: int, *asked: Any, **more: Any) -> int:
    """A cost that makes now this list the cheapest, now that."""
    return (next(TURNS) + lead) % 4


def check(corpus, case, tell, variant):
    wanted = whole = expected(corpus, case)
    matching = set(wanted)
    try:
        found, totals = walk(corpus, case, changing=variant == 2)
        if variant == 0:
            whole = everything(corpus, case)
        if variant == 1:
            matching = set(corpus.session.scalars(by_conditions(corpus, case)))
    except sa.exc.DBAPIError as error:
        pytest.fail(tell(case, f"the database refused: {error}"))
    if found != wanted:
        pytest.fail(tell(case, f"pages have\n {shown(corpus, found)}\ninstead of\n {shown(corpus, wanted)}"))
    if totals != {len(wanted)}:
        pytest.fail(tell(case, f"the totals are {totals} instead of {len(wanted)}"))
    if whole != wanted:
        pytest.fail(
            tell(case, f"the whole has\n {shown(corpus, whole)}\ninstead of\n {shown(corpus, wanted)}")
        )
    if matching != set(wanted):
        pytest.fail(tell(case, f"the conditions are met by\n {shown(corpus, matching)}"))


def by_conditions(corpus: Corpus, case: Case):
    whole = Search(corpus.session, case.criteria, viewer_of(corpus, case.viewer), corpus.view)
    return sa.select(RESULTS.c.id).where(*whole.where())


def shown(corpus: Corpus, ids) -> str:
    items = {item.id: item for item in corpus.items}
    return "\n ".join(f"{each} {items[each].benchmark.name} {items[each].text}" for each in ids)


def told(kind: str, number: int, index: int, case: Case, what: str) -> str:
    name = test_searches_answer_what_the_reference_says.__name__
    return (
        f"case {index} of corpus {number}: {case}\n{what}\n"
        f"Repeat with EOSCPERF_SEARCH_SEED={SEED} EOSCPERF_SEARCH_CASES={CASES}"
        f" pytest 'tests/unit/results/test_search_properties.py::{name}[{kind}-{number}]'"
    )
