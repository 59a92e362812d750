"""Lists, searches, single results, counts."""

from __future__ import annotations

import datetime
import itertools
import json
import random
from collections.abc import Callable, Iterable, Iterator

from benchmarks.client.requests import path
from benchmarks.data.catalogue import FIRST, YEARS
from benchmarks.workloads.setting import Setting, measure_read

SORTS = ("-execution_datetime", "+execution_datetime", "-upload_datetime", "+upload_datetime")
NEAR = 50
"""Pages near the start."""

MANY = 1500
"""Different requests, enough that none comes twice in a usual run."""

Query = list[tuple[str, object]]


def measure(setting: Setting, wanted: Callable[[str], bool]) -> None:
    """All of them, as far as wanted."""
    for name, queries in workloads(setting):
        if wanted(name):
            operation = "/results:search" if name == "terms" else "/results"
            measure_read(setting, name, (path(operation, query) for query in queries))
    if wanted("single"):
        ids = setting.generated.ids(MANY)
        measure_read(setting, "single", (path(f"/results/{one}") for one in ids))


def workloads(setting: Setting) -> Iterator[tuple[str, Iterable[Query]]]:
    """The names of all lists, each with different queries of its kind."""
    size = setting.generated.size
    last = -(-_visible(setting) // 100)
    yield "list", _spelled(_pages(range(1, min(NEAR, last) + 1)), setting)
    yield "list of a site", _spelled(_of_sites(setting), setting)
    yield "filter and sort", _filters(setting)
    yield "several filters", _several(setting)
    yield "undeclared filter", _undeclared(setting)
    yield "terms", _terms(setting)
    yield "tag", _spelled(_of_tags(setting), setting)
    yield "dates", _dates(setting)
    yield "page in the middle", _spelled(_pages(range(max(1, last // 2 - 25), last // 2 + 25)), setting)
    yield "last page", _spelled(_pages(range(max(1, last - 2), last + 1)), setting)
    yield "count", _counts(setting, size)


def _visible(setting: Setting) -> int:
    status, body = setting.workers[0].get(path("/results", [("per_page", 1)]))
    assert status == 200, body[:500]
    return int(json.loads(body)["total"])


def _pages(numbers: Iterable[int]) -> list[Query]:
    return [[("sort_by", sort), ("page", number)] for number in numbers for sort in SORTS]


def _spelled(queries: Iterable[Query], setting: Setting) -> list[Query]:
    """The same in several spellings, shuffled: what an answer is remembered under differs."""
    spellings: list[Query] = [
        [
            ("per_page", 100),
            *([("total", "true")] if total else []),
            *([("status", "visible")] if status else []),
        ]
        for total, status in itertools.product((False, True), repeat=2)
    ]
    spelled = [query + spelling for query in queries for spelling in spellings]
    twice = [
        [(key, f"{value},+id" if key == "sort_by" else value) for key, value in query] for query in spelled
    ]
    spelled += twice
    setting.chance("spelled").shuffle(spelled)
    return spelled


def _of_sites(setting: Setting) -> list[Query]:
    popular = setting.generated.catalogue.site_ids[:8]
    return [
        [("site_id", site), ("sort_by", sort), ("page", number)]
        for site in popular
        for sort in SORTS
        for number in (1, 2, 3)
    ]


def _of_tags(setting: Setting) -> list[Query]:
    return [
        [("tags_ids", tag), ("sort_by", sort), ("page", number)]
        for tag in setting.generated.catalogue.tag_ids[:12]
        for sort in SORTS
        for number in (1, 2)
    ]


def _filters(setting: Setting) -> Iterator[Query]:
    """About a third to two thirds of the biggest benchmark, the best first."""
    chance = setting.chance("filters")
    benchmark = setting.generated.catalogue.biggest
    for _ in range(MANY):
        yield [
            ("benchmark_id", benchmark.id),
            ("filters", f"result.gflops > {chance.uniform(32, 50):.4f}"),
            ("sort_by", "-json.result.bandwidth"),
            ("per_page", 100),
        ]


def _several(setting: Setting) -> Iterator[Query]:
    chance = setting.chance("several")
    benchmark = setting.generated.catalogue.biggest
    for _ in range(MANY):
        yield [
            ("benchmark_id", benchmark.id),
            ("filters", f"machine.cpu.count in [{chance.choice(('8, 16', '4, 8, 32', '16, 64'))}]"),
            ("filters", "run.exclusive == true"),
            ("filters", f"software.compiler contains {chance.choice(('gcc', 'clang', 'icx'))}"),
            ("filters", f"result.bandwidth < {chance.uniform(90, 300):.4f}"),
            ("sort_by", "-execution_datetime"),
            ("per_page", 100),
        ]


def _undeclared(setting: Setting) -> Iterator[Query]:
    """A place no schema declares, which is looked up in the JSON."""
    chance = setting.chance("undeclared")
    rare = setting.generated.catalogue.benchmarks[11]
    for _ in range(MANY):
        yield [
            ("benchmark_id", rare.id),
            ("filters", f"provenance.job > {chance.randrange(1_000_000, 3_000_000)}"),
            ("sort_by", "-execution_datetime"),
            ("per_page", 100),
        ]


def _terms(setting: Setting) -> Iterator[Query]:
    """Words as people type them: of an image, a site, a flavor, a tag."""
    chance = setting.chance("terms")
    catalogue = setting.generated.catalogue
    images = [one.definition.image.partition("/")[2] for one in catalogue.benchmarks]
    sites = [name.partition(" ")[0] for name in catalogue.site_names]
    flavors = sorted({flavor.name for flavor in catalogue.flavors})
    for number in range(MANY):
        kinds = chance.sample((images, sites, flavors, catalogue.tag_names), 1 if number % 2 else 2)
        words = [_typed(chance.choice(kind), chance) for kind in kinds]
        yield [*(("terms", word) for word in words), ("sort_by", chance.choice(SORTS)), ("per_page", 100)]


def _typed(word: str, chance: random.Random) -> str:
    part = word[: chance.randrange(min(4, len(word)), len(word) + 1)]
    return chance.choice((part, part.upper(), part.title()))


def _dates(setting: Setting) -> Iterator[Query]:
    chance = setting.chance("dates")
    for _ in range(MANY):
        begin = FIRST + datetime.timedelta(days=chance.uniform(0, 365 * (YEARS - 1)))
        yield [
            ("execution_after", begin.isoformat()),
            ("execution_before", (begin + datetime.timedelta(days=180)).isoformat()),
            ("sort_by", "-execution_datetime"),
            ("per_page", 100),
        ]


def _counts(setting: Setting, size: int) -> Iterator[Query]:
    """How many there are, without reading them."""
    catalogue, chance = setting.generated.catalogue, setting.chance("counts")
    for benchmark in catalogue.benchmarks:
        for site in chance.sample(catalogue.site_ids, 20):
            yield [("benchmark_id", benchmark.id), ("site_id", site), ("per_page", 1)]
    for tag in catalogue.tag_ids:
        for benchmark in chance.sample(catalogue.benchmarks, 20):
            yield [("benchmark_id", benchmark.id), ("tags_ids", tag), ("per_page", 1)]
