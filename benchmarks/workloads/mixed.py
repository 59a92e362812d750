"""Readers and writers together for a while: no error, and no answer that is out of date.

Every writer has a benchmark and a flavor that nobody else uploads to, so that it knows exactly what each
answer about them has to be. It changes through one worker and asks another one right afterwards.
"""

from __future__ import annotations

import datetime
import functools
import http.client
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

from benchmarks.client.requests import API, path
from benchmarks.data.catalogue import FIRST
from benchmarks.workloads import reads
from benchmarks.workloads.setting import Setting

READERS, WRITERS = 4, 2


Targets = list[tuple[str, list[str]]]
"""by name of the workload"""


class Stale(AssertionError):
    """An answer that does not know of a change that was acknowledged before it was asked for."""


def measure(setting: Setting, seconds: float) -> None:
    """Run for so long; ends the program when any answer was wrong."""
    tally = Tally()
    targets = _targets(setting)
    clients: list[Client] = [Reader(setting, tally, number, targets) for number in range(READERS)]
    clients += [Writer(setting, tally, number) for number in range(WRITERS)]
    end = time.monotonic() + seconds
    threads = [
        threading.Thread(target=tally.guarded, args=(functools.partial(client.run, end),))
        for client in clients
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    setting.emit(
        "mixed",
        variant=f"{READERS} readers, {WRITERS} writers",
        seconds=round(seconds),
        answers=sum(tally.counts.values()),
        per_second=round(sum(tally.counts.values()) / seconds, 1),
        errors=len(tally.problems),
        kinds=dict(sorted(tally.counts.items())),
        first_errors=tally.problems[:5],
    )


def _targets(setting: Setting) -> Targets:
    return [
        (name, [path("/results:search" if name == "terms" else "/results", query) for query in queries])
        for name, queries in reads.workloads(setting)
    ]


class Tally:
    """What happened, and between which numbers the number of visible results must be."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []
        self.created_begun = self.created = self.hidden_begun = self.hidden = 0

    def guarded(self, client: Callable[[], None]) -> None:
        try:
            client()
        except Exception as problem:
            with self.lock:
                self.problems.append(f"{type(problem).__name__}: {problem}")

    def note(self, kind: str) -> None:
        with self.lock:
            self.counts[kind] += 1

    def problem(self, text: str) -> None:
        with self.lock:
            self.problems.append(text)

    def sure(self) -> tuple[int, int]:
        """How many results have come, and how many have gone, for certain."""
        with self.lock:
            return self.created, self.hidden

    def begun(self) -> tuple[int, int]:
        """How many results may have come, and how many may have gone."""
        with self.lock:
            return self.created_begun, self.hidden_begun


class Client:
    """One connection to each worker."""

    def __init__(self, setting: Setting, tally: Tally, number: int) -> None:
        self.setting = setting
        self.tally = tally
        self.number = number
        self.chance = setting.chance(f"{type(self).__name__} {number}")
        self._connections = [
            http.client.HTTPConnection("127.0.0.1", port, timeout=60) for port in setting.ports
        ]

    def run(self, end: float) -> None:
        while time.monotonic() < end:
            try:
                self.act()
            except Stale as problem:
                self.tally.problem(f"stale: {problem}")
        for connection in self._connections:
            connection.close()

    def act(self) -> None:
        raise NotImplementedError

    def ask(
        self,
        worker: int,
        method: str,
        target: str,
        body: bytes | None = None,
        *,
        token: str | None = None,
        expect: tuple[int, ...] = (200,),
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any, dict[str, str]]:
        """Status, JSON and headers; an answer with another status than expected is an error."""
        connection = self._connections[worker % len(self._connections)]
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None:
            sent["Content-Type"] = "application/json"
        connection.request(method, target, body, sent)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status not in expect:
            self.tally.problem(f"{method} {target}: {answer.status} {text[:300]!r}")
        found = json.loads(text) if text else None
        return answer.status, found, {name.lower(): value for name, value in answer.getheaders()}


class Reader(Client):
    """Asks for this and that, and looks at the total number of results."""

    def __init__(self, setting: Setting, tally: Tally, number: int, targets: Targets) -> None:
        super().__init__(setting, tally, number)
        self._targets = targets
        self._ids = setting.generated.ids(200)
        self._base = self._total()

    def act(self) -> None:
        lot = self.chance.random()
        if lot < 0.2:
            self._check_total()
        elif lot < 0.35:
            self.ask(
                self.chance.randrange(9),
                "GET",
                f"{API}/results/{self.chance.choice(self._ids)}",
                expect=(200, 410),
            )
            self.tally.note("single")
        elif lot < 0.45:
            query = [("benchmark_id", self.chance.choice(self.setting.generated.catalogue.benchmarks).id)]
            self.ask(self.chance.randrange(9), "GET", path("/results:facets", query))
            self.tally.note("facets")
        else:
            name, targets = self.chance.choice(self._targets)
            self.ask(self.chance.randrange(9), "GET", self.chance.choice(targets))
            self.tally.note(name)

    def _total(self) -> int:
        _, page, _ = self.ask(self.chance.randrange(9), "GET", path("/results", [("per_page", 1)]))
        return int(page["total"])

    def _check_total(self) -> None:
        """Between what was sure before the question and what may have become true until the answer."""
        created, hidden = self.tally.sure()
        total = self._total()
        created_begun, hidden_begun = self.tally.begun()
        least, most = created - hidden_begun, created_begun - hidden
        self.tally.note("total")
        if not self._base + least <= total <= self._base + most:
            raise Stale(f"total {total}, not from {self._base + least} to {self._base + most}")


class Writer(Client):
    """Uploads, tags, withdraws and restores, and looks at once whether everybody is told so."""

    def __init__(self, setting: Setting, tally: Tally, number: int) -> None:
        super().__init__(setting, tally, number)
        catalogue = setting.generated.catalogue
        self._token = setting.tokens[number % len(setting.tokens)]
        self._benchmark = catalogue.benchmarks[0]
        self._flavor = catalogue.flavors[-1 - number]
        self._tag = catalogue.tag_ids[number]
        self._other_tags = [tag for tag in catalogue.tag_ids if tag != self._tag]
        self._place = [("benchmark_id", self._benchmark.id), ("flavor_id", self._flavor.id)]
        # In the future of all generated ones, so that the newest is the writer's own.
        self._time = FIRST + datetime.timedelta(days=2300, seconds=number)
        self._known = self._page(0)["total"]
        self._tagged = self._page(0, ("tags_ids", self._tag))["total"]
        self._etag = ""
        self._mine: list[uuid.UUID] = []

    def act(self) -> None:
        self._upload()
        if self.chance.random() < 0.4:
            self._retag(self.chance.choice(self._mine))
        if self.chance.random() < 0.3:
            self._withdraw_and_restore(self._mine[-1])

    def _upload(self) -> None:
        self._time += datetime.timedelta(seconds=10)
        document = self._benchmark.documents.draw(self.chance)
        document["result"]["gflops"] = marked = 10_000 + len(self._mine) + self.number / 10
        query = [("execution_datetime", self._time.isoformat()), *self._place]
        here = self.chance.randrange(9)
        with self.tally.lock:
            self.tally.created_begun += 1
        _, made, _ = self.ask(
            here,
            "POST",
            path("/results", query),
            json.dumps(document).encode(),
            token=self._token,
            expect=(201,),
        )
        with self.tally.lock:
            self.tally.created += 1
        self.tally.note("upload")
        self._known += 1
        identifier = uuid.UUID(made["id"])
        self._mine.append(identifier)
        there = here + 1
        _, single, _ = self.ask(there, "GET", f"{API}/results/{identifier}")
        if single.get("json") != document:
            raise Stale(f"result {identifier} is not what was uploaded")
        self._check_list(there, identifier)
        found = self._page(there, ("filters", f"result.gflops == {marked}"))
        if [item["id"] for item in found["items"]] != [str(identifier)]:
            raise Stale(f"the filter on {marked} does not find {identifier}")
        _, report, _ = self.ask(there, "GET", path("/results:facets", [*self._place, ("facet", "tag")]))
        if report["total"] != self._known:
            raise Stale(f"facets count {report['total']} results instead of {self._known}")

    def _check_list(self, worker: int, newest: uuid.UUID) -> None:
        """Asked with the ETag of the answer before the change, too."""
        target = path("/results", [*self._place, ("sort_by", "-execution_datetime"), ("per_page", 5)])
        status, page, headers = self.ask(
            worker,
            "GET",
            target,
            headers={"If-None-Match": self._etag} if self._etag else {},
            expect=(200, 304),
        )
        if status == 304:
            raise Stale(f"not modified, although {newest} was uploaded")
        self._etag = headers.get("etag", "")
        if page["total"] != self._known:
            raise Stale(f"the list counts {page['total']} results instead of {self._known}")
        if page["items"][0]["id"] != str(newest):
            raise Stale(f"the newest result is {page['items'][0]['id']} instead of {newest}")

    def _retag(self, identifier: uuid.UUID) -> None:
        """With and without the tag that this writer counts."""
        here = self.chance.randrange(9)
        target = f"{API}/results/{identifier}"
        _, before, _ = self.ask(here, "GET", target)
        had = any(tag["id"] == str(self._tag) for tag in before["tags"])
        tags = [str(self.chance.choice(self._other_tags)), *([] if had else [str(self._tag)])]
        body = json.dumps({"tags_ids": tags}).encode()
        self.ask(here, "PUT", f"{target}/tags", body, token=self._token, expect=(204,))
        self.tally.note("tags")
        self._tagged += -1 if had else 1
        _, after, _ = self.ask(here + 1, "GET", target)
        if {tag["id"] for tag in after["tags"]} != set(tags):
            raise Stale(f"result {identifier} does not have its new tags")
        counted = self._page(here + 1, ("tags_ids", self._tag))["total"]
        if counted != self._tagged:
            raise Stale(f"{counted} results have the tag instead of {self._tagged}")

    def _withdraw_and_restore(self, identifier: uuid.UUID) -> None:
        here = self.chance.randrange(9)
        target = f"{API}/results/{identifier}"
        with self.tally.lock:
            self.tally.hidden_begun += 1
        self.ask(here, "POST", f"{target}:withdraw", b"{}", token=self._token, expect=(204,))
        with self.tally.lock:
            self.tally.hidden += 1
        self.tally.note("withdrawal")
        self.ask(here + 1, "GET", target, expect=(410,))
        counted = self._page(here + 1)["total"]
        if counted != self._known - 1:
            raise Stale(f"{counted} results after a withdrawal instead of {self._known - 1}")
        with self.tally.lock:
            self.tally.created_begun += 1
        self.ask(here, "POST", f"{target}:restore", b"{}", token=self._token, expect=(204,))
        with self.tally.lock:
            self.tally.created += 1
        self.tally.note("return")
        self.ask(here + 1, "GET", target)
        if self._page(here + 1)["total"] != self._known:
            raise Stale("a result that came back is not counted")

    def _page(self, worker: int, *more: tuple[str, object]) -> dict[str, Any]:
        _, page, _ = self.ask(worker, "GET", path("/results", [*self._place, *more, ("per_page", 5)]))
        return page
