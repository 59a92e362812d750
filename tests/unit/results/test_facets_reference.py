"""Facets and totals against plain Python: every search, every viewer, both ways of counting."""

from __future__ import annotations

import dataclasses
import datetime
import os
import random
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

from eoscperf import jsontext
from eoscperf.results import filters
from eoscperf.results.catalogue import Catalogue
from eoscperf.results.facets.service import Facets
from eoscperf.results.facets.totals import Totals
from eoscperf.results.search.criteria import Criteria
from eoscperf.results.search.search import Search
from eoscperf.security.identity import ANONYMOUS, Viewer
from eoscperf.testing.factories import Make

SEED = int(os.environ.get("EOSCPERF_TEST_FACETS_SEED", "1"))
CASES = int(os.environ.get("EOSCPERF_TEST_FACETS_CASES", "16"))
UTC = datetime.UTC

SCHEMA = {
    "type": "object",
    "properties": {
        "cores": {"type": "number"},
        "model": {"type": "string"},
        "turbo": {"type": "boolean"},
        "time": {"type": "number"},
        "mixed": {},
        "größe · ümlaut": {"type": ["number", "null"]},
        "a.b": {"type": "object", "properties": {"c d": {"type": "string"}}},
        "flags": {"type": "array"},
    },
}
PATHS = ["cores", "model", "turbo", "time", "mixed", "größe\\ ·\\ ümlaut", "a\\.b.c\\ d"]
FILTERS = [
    "cores == 8",
    "cores in [4, 8, 1000]",
    "cores > 4",
    "model contains epyc",
    'model == "Xeon ☃"',
    'model in ["AMD EPYC", "nobody\'s"]',
    "turbo == true",
    "time <= 40",
    "time exists",
    "mixed == true",
    "mixed == 1",
    'mixed in [1, "1", true, false]',
    "mixed exists false",
    "größe\\ ·\\ ümlaut == 0",
    "a\\.b.c\\ d == yes",
    "flags contains avx",
    "undeclared == 3",
]


@dataclass(frozen=True)
class Known:
    """A result as plain data."""

    id: uuid.UUID
    document: Any
    benchmark: Any
    flavor: Any
    site: Any
    uploader_id: uuid.UUID
    status: str
    tags: frozenset[uuid.UUID]
    executed: datetime.datetime
    uploaded: datetime.datetime

    @property
    def open(self) -> bool:
        return all(parent.status == "approved" for parent in (self.benchmark, self.flavor, self.site))


class World:
    """Random results in a database, and what is known of them."""

    def __init__(self, make: Make, chance: random.Random) -> None:
        self.make, self.chance = make, chance
        self.owner, self.other = make.user("owner"), make.user("other")
        self.viewers = {
            "anonymous": ANONYMOUS,
            "owner": Viewer(self.owner.id),
            "other": Viewer(self.other.id),
            "admin": Viewer(make.user("admin", role="admin").id, admin=True),
        }
        self.sites = [
            make.site(name="Ägäis", address="aegean.example.org"),
            make.site(name="Hillside", address="hill.example.org"),
            make.site(name="Gone", address="gone.example.org", status="on_review", uploader=self.other),
        ]
        self.flavors = [
            make.flavor(site=site, name=f"{name}.{number}")
            for number, site in enumerate(self.sites)
            for name in ("small", "LARGE")
        ]
        self.flavors.append(
            make.flavor(site=self.sites[0], name="new", status="on_review", uploader=self.owner)
        )
        self.flavors.append(make.flavor(site=self.sites[1], name="unused"))
        self.benchmarks = [
            make.benchmark(json_schema=SCHEMA, docker_image="example/ray", docker_tag="1"),
            make.benchmark(json_schema=SCHEMA, docker_image="example/Zip", docker_tag="2"),
            make.benchmark(json_schema=SCHEMA, docker_image="example/hidden", status="on_review"),
        ]
        self.tags = [make.tag("Größe"), make.tag("small run"), make.tag("zzz"), make.tag("ray traced")]
        self.deleted = make.tag("deleted")
        self.results = [self._result() for _ in range(130)]
        self.deleted.status = "deleted"
        make.session.commit()

    def _result(self) -> Known:
        chance, make = self.chance, self.make
        flavor = chance.choice(self.flavors[:-1])
        benchmark = chance.choices(self.benchmarks, (6, 2, 1))[0]
        uploader = chance.choice((self.owner, self.other))
        tags = chance.sample([*self.tags, self.deleted], chance.choice((0, 0, 1, 2)))
        document = self._document()
        executed = datetime.datetime(2021, 12, 31, 23, 59, 59, tzinfo=UTC) + datetime.timedelta(
            seconds=chance.choice((0, 1, 86400, 400 * 86400)), microseconds=chance.choice((0, 999999))
        )
        uploaded = datetime.datetime(2024, 1, chance.randint(1, 9), tzinfo=UTC)
        result = make.result(
            json=document,
            benchmark=benchmark,
            flavor=flavor,
            uploader=uploader,
            tags=tags,
            withdrawn=chance.random() < 0.08,
            removed=chance.random() < 0.08,
            execution_datetime=executed,
            upload_datetime=uploaded,
        )
        if chance.random() < 0.08:
            make.claim(result)
        return Known(
            id=result.id,
            document=jsontext.loads(result.json),
            benchmark=benchmark,
            flavor=flavor,
            site=next(site for site in self.sites if site.id == flavor.site_id),
            uploader_id=uploader.id,
            status=result.status,
            tags=frozenset(tag.id for tag in tags if tag is not self.deleted),
            executed=executed,
            uploaded=uploaded,
        )

    def _document(self) -> dict[str, Any]:
        chance = self.chance
        whole: dict[str, list[Any]] = {
            "cores": [4, 8, 8.0, 16, 2.5],
            "model": ["AMD EPYC", "epyc", "Xeon ☃", ""],
            "turbo": [True, False],
            "time": [number / 4 for number in range(400)],
            "mixed": [1, 1.0, True, False, 0, "1", "true", None, [1], {"x": 1}],
            "größe · ümlaut": [0, -0.0, 1e300, None],
            "a.b": [{"c d": "yes"}, {"c d": "no"}, {}],
            "flags": [["avx"], []],
            "undeclared": [3],
        }
        return {key: chance.choice(values) for key, values in whole.items() if chance.random() < 0.8}

    def criteria(self) -> Criteria:
        """A random search; unknown and hidden things, and terms in tags among it."""
        chance = self.chance

        def some(things: list[Any], weights: tuple[int, ...] = (4, 3, 1)) -> tuple[uuid.UUID, ...]:
            number = chance.choices(range(len(weights)), weights)[0]
            ids = [thing.id for thing in chance.sample(things, number)]
            return (*ids, uuid.uuid4()) if chance.random() < 0.1 else tuple(ids)

        def moment(chances: float, days: int) -> datetime.datetime | None:
            year, month, day = (2021, 12, 31) if days > 9 else (2024, 1, 1)
            start = datetime.datetime(year, month, day, tzinfo=UTC)
            return (
                start + datetime.timedelta(days=chance.randint(0, days))
                if chance.random() < chances
                else None
            )

        if chance.random() < 0.5:
            # Little enough that its fields have values.
            conditions = chance.sample(FILTERS, chance.choice((0, 1)))
            return Criteria(
                benchmark_ids=(self.benchmarks[0].id,),
                site_ids=some(self.sites, (3, 1, 1)),
                tags_ids=some(self.tags, (4, 1)),
                filters=tuple(filters.parse(text) for text in conditions),
            )
        cells_only = chance.random() < 0.5
        rare = 0.0 if cells_only else 0.2
        terms = ["small", "äg", "example", "RAY", "größe", "run", "gone", "deleted", "no such", "hill", ""]
        found = Criteria(
            benchmark_ids=some(self.benchmarks, (2, 5, 1)),
            site_ids=some(self.sites),
            flavor_ids=some(self.flavors, (5, 2, 1, 1)),
            tags_ids=some([*self.tags, self.deleted], (6, 3, 1)),
            terms=tuple(chance.sample(terms, chance.choice((0, 0, 1, 2)))),
            filters=()
            if cells_only
            else tuple(filters.parse(text) for text in chance.sample(FILTERS, chance.choice((0, 1, 1, 2)))),
            ids=tuple(known.id for known in chance.sample(self.results, 40))
            if chance.random() < rare
            else (),
            upload_before=moment(rare, 9),
            upload_after=moment(rare, 9),
            execution_before=moment(rare, 500),
            execution_after=moment(rare, 500),
            status=None if cells_only else chance.choice((None, None, "visible", "claimed", "removed")),
        )
        if chance.random() < 0.1:
            found = dataclasses.replace(
                found,
                execution_after=datetime.datetime(2021, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
                execution_before=datetime.datetime(2023, 1, 1, tzinfo=UTC),
            )
        return dataclasses.replace(found, own=chance.random() < 0.1 and not cells_only)

    # What a search means

    def found(self, criteria: Criteria, viewer: Viewer) -> list[Known]:
        return [known for known in self.results if self._meets(known, criteria, viewer)]

    def _meets(self, known: Known, criteria: Criteria, viewer: Viewer) -> bool:
        status = criteria.status or (None if criteria.own else "visible")
        mine = viewer.user_id == known.uploader_id
        seen = mine if criteria.own else viewer.admin or mine or (status == "visible" and known.open)
        return (
            seen
            and status in (None, known.status)
            and (not criteria.benchmark_ids or known.benchmark.id in criteria.benchmark_ids)
            and (not criteria.site_ids or known.site.id in criteria.site_ids)
            and (not criteria.flavor_ids or known.flavor.id in criteria.flavor_ids)
            and (not criteria.ids or known.id in criteria.ids)
            and known.tags >= set(criteria.tags_ids)
            and all(self._has(known, term) for term in criteria.terms)
            and all(condition.matches(known.document) for condition in criteria.filters)
            and (criteria.upload_before is None or known.uploaded < criteria.upload_before)
            and (criteria.upload_after is None or known.uploaded > criteria.upload_after)
            and (criteria.execution_before is None or known.executed < criteria.execution_before)
            and (criteria.execution_after is None or known.executed > criteria.execution_after)
        )

    def _has(self, known: Known, term: str) -> bool:
        texts = [known.benchmark.name, known.site.name, known.site.address, known.flavor.name]
        texts += [tag.name for tag in self.tags if tag.id in known.tags]
        return any(term.lower() in text.lower() for text in texts)

    # What a facet is

    def shown(self, item: Any, viewer: Viewer) -> bool:
        site = next((site for site in self.sites if site.id == getattr(item, "site_id", None)), None)
        may = item.status == "approved" or viewer.admin or viewer.user_id == item.uploader_id
        return may and (site is None or self.shown(site, viewer))

    def facet(self, name: str, criteria: Criteria, viewer: Viewer, most: int) -> Any:
        """(name or value, count, selected) as listed, and how many values there are."""
        own = {
            "benchmark": {"benchmark_ids": ()},
            "site": {"site_ids": ()},
            "flavor": {"flavor_ids": ()},
            "tag": {"tags_ids": ()},
            "year": {"execution_before": None, "execution_after": None},
        }
        path = name.removeprefix("json.")
        rest = tuple(condition for condition in criteria.filters if condition.path.text() != path)
        results = self.found(dataclasses.replace(criteria, **own.get(name, {"filters": rest})), viewer)
        counts, selected = Counter(), set()
        if name in ("benchmark", "site", "flavor"):
            counts.update((getattr(known, name).name, getattr(known, name).id) for known in results)
            items = {"benchmark": self.benchmarks, "site": self.sites, "flavor": self.flavors}[name]
            chosen = {item for item in items if item.id in getattr(criteria, f"{name}_ids")}
            selected = {
                (item.name, item.id)
                for item in chosen
                if self.shown(item, viewer) or (item.name, item.id) in counts
            }
        elif name == "tag":
            names = {tag.id: tag.name for tag in self.tags}
            counts.update((names[tag], tag) for known in results for tag in known.tags)
            selected = {(names[tag], tag) for tag in criteria.tags_ids if tag in names}
        elif name == "year":
            counts.update(known.executed.year for known in results)
            if criteria.execution_after and criteria.execution_before:
                instant = datetime.timedelta(microseconds=1)
                first, last = criteria.execution_after + instant, criteria.execution_before - instant
                selected = {first.year} if first <= last and first.year == last.year else set()
        else:
            values = [filters.jsonpath.parse(path).lookup(known.document) for known in results]
            counts.update(kinded(value) for value in values if isinstance(value, str | bool | int | float))
            selected = {
                kinded(value.typed)
                for condition in criteria.filters
                if condition.path.text() == path and condition.operator in ("==", "in")
                for value in condition.values
            }
        everything = {**dict.fromkeys(selected, 0), **counts}
        ranked = sorted(everything.items(), key=lambda item: (-item[1], order(item[0])))
        kept = ranked[:most] + [item for item in ranked[most:] if item[0] in selected]
        return [(value, number, value in selected) for value, number in kept], len(counts)


def kinded(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool):
        return 2, value
    return (1, value) if isinstance(value, str) else (0, float(value) + 0.0)


def order(value: Any) -> Any:
    return (
        (value[0], str(value[1])) if isinstance(value, tuple) and isinstance(value[1], uuid.UUID) else value
    )


def as_listed(facet: Any) -> Any:
    values = [
        (
            (value.name, value.id)
            if value.id
            else (value.value if facet.name == "year" else kinded(value.value)),
            value.count,
            value.selected,
        )
        for value in facet.values
    ]
    return values, facet.distinct


def numbers_at(path: str, results: list[Known]) -> list[float]:
    values = [filters.jsonpath.parse(path).lookup(known.document) for known in results]
    return [
        float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool)
    ]


@pytest.fixture
def world(session) -> World:
    return World(Make(session), random.Random(SEED))


def test_facets_and_totals_are_what_counting_by_hand_gives(world, session):
    view = Catalogue().view(session)
    told, listed = 0, Counter()
    for _ in range(CASES):
        criteria, most = world.criteria(), world.chance.choice((1, 3, 50))
        for viewer in world.viewers.values():
            search = Search(session, criteria, viewer, view)
            known = Totals(session).known(search)
            expected = len(world.found(criteria, viewer))
            assert known in (None, expected), (criteria, viewer)
            assert Totals(session).count(search) == expected, (criteria, viewer)
            told += known is not None
            reports = [
                Facets(session, viewer, view, tallies=tallies).report(criteria, (), most)
                for tallies in (True, False)
            ]
            assert reports[0] == reports[1], (criteria, viewer)
            assert reports[0].total == expected, (criteria, viewer)
            for facet in reports[0].facets:
                if facet.values is not None:
                    assert as_listed(facet) == world.facet(facet.name, criteria, viewer, most), (
                        facet.name,
                        criteria,
                        viewer,
                    )
                    listed[facet.name] += 1
                    assert facet.more == facet.distinct - sum(value.count > 0 for value in facet.values)
                if facet.path is not None:
                    rest = tuple(c for c in criteria.filters if c.path.text() != facet.path)
                    numbers = numbers_at(
                        facet.path, world.found(dataclasses.replace(criteria, filters=rest), viewer)
                    )
                    ends = (min(numbers), max(numbers)) if numbers else (None, None)
                    assert (facet.least, facet.greatest) == ends, (facet.name, criteria, viewer)
    # Otherwise this would not test what it is for.
    assert told > CASES
    assert all(listed[f"json.{path}"] >= CASES / 3 for path in PATHS if path != "time"), listed


def test_fields_that_are_named_are_counted_whatever_they_hold(world, session):
    view = Catalogue().view(session)
    benchmark = world.benchmarks[0]
    for text in FILTERS[:12]:
        criteria = Criteria(benchmark_ids=(benchmark.id,), filters=(filters.parse(text),))
        for viewer in (ANONYMOUS, world.viewers["owner"]):
            names = [f"json.{path}" for path in PATHS]
            for tallies in (True, False):
                report = Facets(session, viewer, view, tallies=tallies).report(criteria, names, 3)
                assert [facet.name for facet in report.facets] == names
                for facet in report.facets:
                    assert as_listed(facet) == world.facet(facet.name, criteria, viewer, 3)
                assert report.total == len(world.found(criteria, viewer))
