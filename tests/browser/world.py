"""What the pages of these tests show: every value, verdict and fault in it is known beforehand.

The medians, intervals and sentences were worked out with numpy and scipy by the rules that docs/statistics.md
tells, not by the code they are held against. Random numbers of an interval start from the ids of its runs,
which is why those are fixed.
"""

from __future__ import annotations

import datetime
import itertools
import uuid
from typing import Any

from sqlalchemy.orm import Session

from eoscperf import jsontext
from eoscperf.benchmarks.models import Benchmark
from eoscperf.results.derived import results_created
from eoscperf.results.models import Result, Tag
from eoscperf.sites.models import Flavor
from eoscperf.testing.factories import Make

RAYS_SCHEMA = {
    "type": "object",
    "required": ["result"],
    "properties": {
        "size": {"type": "string", "title": "Picture", "x-parameter": "input"},
        "machine": {
            "type": "object",
            "properties": {
                "cpu": {
                    "type": "object",
                    "properties": {
                        "count": {"type": "integer", "title": "Cores", "x-parameter": "machine"},
                        "brand": {"type": "string", "title": "Processor", "x-parameter": "machine"},
                    },
                }
            },
        },
        "result": {
            "type": "object",
            "properties": {
                "score": {
                    "type": "number",
                    "title": "Render time",
                    "description": "Time for one picture.",
                    "x-unit": "s",
                    "x-better": "lower",
                    "x-headline": 1,
                    "x-samples": {"path": "result.all", "split": ":"},
                    "suggestToUser": True,
                },
                "all": {"type": "string"},
            },
        },
        "temperature": {"type": "number", "title": "Temperature", "x-unit": "degC"},
        "drift": {"type": "number", "title": "Clock drift", "x-unit": "ms", "x-better": "lower"},
    },
}

CELLS: dict[str, tuple[int, str | None, list[tuple[str, float]]]] = {
    "Alpine Cloud hpc.8": (
        8,
        "AMD EPYC 7742",
        [("ada", 99.8), ("ada", 100.1), ("ada", 100.3), ("ada", 100.6), ("ben", 99.6), ("ben", 100.2)],
    ),
    "Baltic Grid hpc.8": (
        8,
        "Intel Xeon Gold 6130",
        [("ada", 100.2), ("ada", 100.5), ("ada", 100.8), ("ben", 100.4), ("ben", 100.9)],
    ),
    "Cedar Centre spot.16": (16, None, [("ada", 104.8), ("ben", 105.2), ("cam", 105.9)]),
    "Delta Labs std.4": (
        4,
        "AMD EPYC 7742",
        [
            ("ada", 116.9),
            ("ada", 117.2),
            ("ada", 118.0),
            ("ada", 118.9),
            ("ben", 117.6),
            ("ben", 118.4),
            ("ben", 119.3),
        ],
    ),
    "Elm Computing noisy.4": (
        4,
        "AMD EPYC 7542",
        [("ada", 108.5), ("ada", 121.5), ("ben", 113.0), ("ben", 119.8), ("cam", 124.6), ("cam", 131.2)],
    ),
    "Fjord Data busy.4": (
        4,
        "AMD EPYC 7542",
        [
            ("ada", 112.1),
            ("ada", 112.7),
            ("ada", 139.5),
            ("ada", 141.0),
            ("ben", 140.2),
            ("cam", 139.9),
            ("dee", 140.7),
            ("eve", 141.4),
        ],
    ),
    "Grove Hosting old.2": (
        2,
        "Intel Xeon E5-2650",
        [("ada", 179.4), ("ada", 180.2), ("ben", 181.7), ("ben", 180.9), ("cam", 182.3)],
    ),
}
"""By site and flavor: cores, processor (not told by all), and uploader and render time of each run."""

RANKING = {
    "Alpine Cloud hpc.8": ("1=", "100.2 s", "99.70 – 100.4", "6 / 2"),
    "Baltic Grid hpc.8": ("1=", "100.5 s", "100.2 – 100.9", "5 / 2"),
    "Cedar Centre spot.16": ("(3)", "105.2 s", "104.8, 105.2, 105.9", "3 / 3"),
    "Delta Labs std.4": ("4=", "118.0 s", "117.2 – 118.9", "7 / 2"),
    "Elm Computing noisy.4": ("4=", "120.7 s", "110.8 – 127.9", "6 / 3"),
    "Fjord Data busy.4": ("6", "140.2 s", "139.5 – 141.0", "8 / 5"),
    "Grove Hosting old.2": ("7", "180.9 s", "179.4 – 182.3", "5 / 3"),
}
"""Rank, median, 95 % interval (or each value), runs and uploaders; in the order of the ranking."""

BEST = "Best: Alpine Cloud hpc.8 and Baltic Grid hpc.8, 100.2 s. 2 rows share rank 1."


def in_ranking(sentence: str) -> str:
    """A verdict as rankings tell it: where there is none, without repeating why in each row."""
    return "Too few runs" if sentence.startswith("Too few runs") else sentence


AGAINST_ALPINE = {
    "Baltic Grid hpc.8": (
        "0.997",
        "Baltic Grid hpc.8 and Alpine Cloud hpc.8 are the same within 2.0 %.",
    ),
    "Cedar Centre spot.16": (
        "0.952",
        "Too few runs for a verdict: Cedar Centre spot.16 has 3, Alpine Cloud hpc.8 has 6; "
        "five of each are needed. Medians differ by 4.8 %.",
    ),
    "Delta Labs std.4": (
        "0.849",
        "Delta Labs std.4 is 15 % slower than Alpine Cloud hpc.8, beyond noise "
        "(95 % interval 0.840 to 0.855; 7 and 6 runs; effect large).",
    ),
    "Elm Computing noisy.4": (
        "0.830",
        "Elm Computing noisy.4 is 17 % slower than Alpine Cloud hpc.8, beyond noise "
        "(95 % interval 0.783 to 0.901; 6 and 6 runs; effect large).",
    ),
    "Fjord Data busy.4": (
        "0.714",
        "Fjord Data busy.4 is 29 % slower than Alpine Cloud hpc.8, beyond noise "
        "(95 % interval 0.709 to 0.718; 8 and 6 runs; effect large).",
    ),
    "Grove Hosting old.2": (
        "0.554",
        "Alpine Cloud hpc.8 is 1.81 times as fast as Grove Hosting old.2, beyond noise "
        "(95 % interval 0.548 to 0.558; 5 and 6 runs; effect large).",
    ),
}
"""Ratio and verdict of each row with the best one as baseline."""

AGAINST_DELTA = {
    "Alpine Cloud hpc.8": (
        "1.18",
        "Alpine Cloud hpc.8 is 18 % faster than Delta Labs std.4, beyond noise "
        "(95 % interval 1.17 to 1.19; 6 and 7 runs; effect large).",
    ),
    "Baltic Grid hpc.8": (
        "1.17",
        "Baltic Grid hpc.8 is 17 % faster than Delta Labs std.4, beyond noise "
        "(95 % interval 1.16 to 1.18; 5 and 7 runs; effect large).",
    ),
    "Cedar Centre spot.16": (
        "1.12",
        "Too few runs for a verdict: Cedar Centre spot.16 has 3, Delta Labs std.4 has 7; "
        "five of each are needed. Medians differ by 12 %.",
    ),
    "Elm Computing noisy.4": (
        "0.978",
        "No difference beyond noise between Elm Computing noisy.4 and Delta Labs std.4 "
        "(ratio 0.978, 0.923 to 1.06).",
    ),
    "Fjord Data busy.4": (
        "0.842",
        "Unclear: the interval excludes equality, the rank test does not (p = 0.12). More runs would tell.",
    ),
    "Grove Hosting old.2": (
        "0.652",
        "Delta Labs std.4 is 1.53 times as fast as Grove Hosting old.2, beyond noise "
        "(95 % interval 0.645 to 0.660; 5 and 7 runs; effect large).",
    ),
}

UNDIRECTED = "Baltic Grid hpc.8 reads 10 % higher than Alpine Cloud hpc.8; no better direction is declared."

NOT_POSITIVE = "Values are not all positive, so no ratio is formed; medians differ by 0.2500 ms."

FILES = 412
"""Results of the benchmark that tells nothing about its values; each fourth lacks `latency`."""

AWKWARD = (('Zürich, "east"', "m1,large"), ("=1+1", "=1+1"), ("=1+1", 'say "big"'), ("Alpine Cloud", "hpc.8"))
"""Sites and flavors that programs for tables stumble over."""

FILLERS = 16

_IDS = uuid.uuid5(uuid.NAMESPACE_URL, "https://perf.example.org/browser-tests")
_FIRST = datetime.datetime(2022, 11, 10, 12, tzinfo=datetime.UTC)


class World:
    """The database, by name: sites and flavors in `places`, others as attributes."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self._made: list[Result] = []
        make.user("admin", role="admin")
        self.tag = make.tag("hpc", description="On a **cluster**")
        self.empty_tag = make.tag("unused")
        # Two pages of sites in all.
        self.fillers = [
            make.site(name=f"site-{number:02}", address=f"machine-{number}.example.org")
            for number in range(FILLERS)
        ]
        self.empty_site = self.fillers[0]
        self.empty_flavor = make.flavor(site=self.empty_site, name="m1.tiny", description="1 core")
        self.places: dict[str, Flavor] = {}
        self._sites: dict[str, Any] = {}
        for name in CELLS:
            site, _, flavor = name.rpartition(" ")
            self._place(site, flavor)
        for site, flavor in AWKWARD:
            self._place(site, flavor)
        self.site = self._sites["Alpine Cloud"]
        self.site.description = "# Lake *Grid*\n\nOpened in spring.\n\n- [its page](https://grid.example.org)"
        self.flavor = self.places["Alpine Cloud hpc.8"]
        self.other_flavor = self.places["Baltic Grid hpc.8"]
        self.few_flavor = self.places["Cedar Centre spot.16"]
        self.delta_flavor = self.places["Delta Labs std.4"]
        self._rays()
        self._files()
        self._anything()
        self._store()

    def ids(self) -> dict[str, Any]:
        """The ids of what is here by name, as addresses of pages name them."""
        named = {name: one.id for name, one in vars(self).items() if hasattr(one, "id")}
        return named | {f"flavor_{place}": flavor.id for place, flavor in enumerate(self.places.values())}

    def _place(self, site: str, flavor: str) -> None:
        if site not in self._sites:
            address = f"https://machine-{len(self._sites)}.example.org"
            self._sites[site] = self._make.site(name=site, address=address)
        name = f"{site} {flavor}"
        if name not in self.places:
            self.places[name] = self._make.flavor(
                site=self._sites[site], name=flavor, description="Virtual machines"
            )

    def _rays(self) -> None:
        self.benchmark = self._make.benchmark(
            docker_image="example/c-ray",
            docker_tag="1.2",
            json_schema=RAYS_SCHEMA,
            url="https://rays.example.org",
            description="Traces rays on all cores.",
        )
        for place, (name, (cores, brand, runs)) in enumerate(CELLS.items()):
            for number, (uploader, score) in enumerate(runs):
                said = self._render(cores, brand, score)
                said["temperature"] = 60 + 6 * (place % 2)
                # Nothing that a logarithm can be taken of at the first site.
                said["drift"] = 0.25 if place else (-1, 0, 0, 0, 2, 3)[number]
                tags = [self.tag] if place < 2 else []
                executed = _FIRST + datetime.timedelta(days=3 * number, minutes=place)
                self._result(self.benchmark, name, number, said, uploader, executed, tags)
        self.result = self._made[0]
        self.second_result = self._made[1]
        for number, score in enumerate((25.1, 25.3)):
            said = self._render(8, "AMD EPYC 7742", score) | {"size": "1K"}
            executed = _FIRST + datetime.timedelta(days=100 + number)
            self._result(self.benchmark, "Alpine Cloud hpc.8", 100 + number, said, "ada", executed)

    @staticmethod
    def _render(cores: int, brand: str | None, score: float) -> dict[str, Any]:
        cpu = {"count": cores} | ({"brand": brand} if brand else {})
        # The samples hide nothing but in the first run of the first cell, whose median is far from the score.
        samples = "95.1:95.2:109.1" if score == 99.8 else f"{score - 0.1:.1f}:{score:.1f}:{score + 0.1:.1f}"
        return {"size": "4K", "machine": {"cpu": cpu}, "result": {"score": score, "all": samples}}

    def _files(self) -> None:
        """A benchmark without annotations, and many results of it."""
        properties = {
            "throughput": {"type": "number"},
            "latency": {"type": "number"},
            "disk": {"type": "string"},
        }
        self.files = self._make.benchmark(
            docker_image="example/files",
            docker_tag="3.0",
            json_schema={"type": "object", "properties": properties},
        )
        names = [f"{site} {flavor}" for site, flavor in AWKWARD]
        disks = itertools.cycle(("nvme, raid", "=2+3", 'the "fast" one'))
        for number in range(FILES):
            said: dict[str, Any] = {"throughput": number + 0.5, "disk": next(disks)}
            if number % 4:
                said["latency"] = number / 8
            executed = _FIRST + datetime.timedelta(days=200, minutes=number)
            self._result(self.files, names[number % len(names)], number, said, "ada", executed)

    def _anything(self) -> None:
        """A benchmark whose schema says nothing at all, and results in every state."""
        self.anything = self._make.benchmark(docker_image="example/anything", docker_tag="0", json_schema={})
        for number, said in enumerate(({}, {"deep": {"list": [1, [2, {"a": None}]]}}, {"text": "a\nb<i>"})):
            executed = _FIRST + datetime.timedelta(days=20, minutes=number)
            self._result(self.anything, "Baltic Grid hpc.8", number, said, "ben", executed)
        self.odd_result = self._made[-2]
        given = {"benchmark": self.anything, "flavor": self.places["Delta Labs std.4"]}
        self.withdrawn_result = self._make.result(json={"gone": 1}, withdrawn=True, **given)
        self.removed_result = self._make.result(json={"gone": 2}, removed=True, **given)
        self.claimed_result = self._make.result(json={"here": 3}, **given)
        self._make.claim(self.claimed_result)
        self.deleted_site = self._make.site(name="Closed", status="deleted")
        self.deleted_flavor = self._make.flavor(name="closed", status="deleted", site=self.site)
        self.deleted_benchmark = self._make.benchmark(docker_image="example/closed", status="deleted")
        provenance = {
            "provider": "github",
            "issuer": "https://token.actions.githubusercontent.com",
            "repository": "example/benchmarks",
            "workflow": ".github/workflows/benchmark.yml",
            "ref": "refs/heads/main",
            "run_url": "https://github.com/example/benchmarks/actions/runs/1",
        }
        self.ci_result = self._make.result(json={"here": 4}, provenance=jsontext.dumps(provenance), **given)

    def _result(
        self,
        benchmark: Benchmark,
        place: str,
        number: int,
        said: dict[str, Any],
        uploader: str,
        executed: datetime.datetime,
        tags: list[Tag] | None = None,
    ) -> None:
        flavor = self.places[place]
        # What is ranked is named by its cell.
        name = f"{place if benchmark is self.benchmark else benchmark.name} {number}"
        self._made.append(
            Result(
                id=uuid.uuid5(_IDS, name),
                json=jsontext.dumps(said),
                content_hash=jsontext.content_hash(said),
                benchmark_id=benchmark.id,
                flavor_id=flavor.id,
                site_id=flavor.site_id,
                uploader_id=self._make.user(uploader).id,
                execution_datetime=executed,
                upload_datetime=executed + datetime.timedelta(hours=1),
                status="visible",
                pending_claims=0,
                hiding_claims=0,
                tags=list(tags or ()),
            )
        )

    def _store(self) -> None:
        """All at once, with what is kept beside results."""
        session: Session = self._make.session
        session.add_all(self._made)
        session.flush()
        results_created(
            session,
            [
                (one.id, one.benchmark_id, one.flavor_id, one.execution_datetime, jsontext.loads(one.json))
                for one in self._made
            ],
            [{"result_id": one.id, "tag_id": tag.id} for one in self._made for tag in one.tags],
        )
        session.commit()
