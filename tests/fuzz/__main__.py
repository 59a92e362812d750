"""Generated requests against a running server; every answer is held against the OpenAPI document.

    python -m tests.fuzz --requests 20000

Schemathesis makes the requests from the document, half of them as it says and half not; ids of real
objects and different callers are put in. An answer fails that is a 5xx, has a status or media type the
document does not name, or a body that is not as its schema says. Exits with 1 if any failed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import GenerationMode
from schemathesis.generation.case import Case

from eoscperf.testing.conformance import Conformance, Nonconforming

ROUND = 25
"""Requests per operation and way of generating before the next operation has its turn."""

ACCEPT = ("*/*", "application/json", "text/csv", "application/x-ndjson", "text/html;q=0.5", "image/png")


CALLERS = {
    "public": ("nobody", "user", "admin"),
    "token": ("stranger", "user"),
    "user": ("user", "admin"),
    "owner": ("user", "user", "admin"),
    "admin": ("admin",),
}
"""Who reaches a level."""


class Fuzzer:
    """Sends cases and keeps what was answered."""

    def __init__(self, server: dict[str, Any], seed: int) -> None:
        self.server = server
        self.random = random.Random(seed)
        self.seed = seed
        self.document = requests.get(server["url"] + "/api/v1/openapi.json", timeout=30).json()
        self.conformance = Conformance(self.document)
        self.session = requests.Session()
        self.sent: Counter[str] = Counter()
        self.statuses: dict[str, Counter[int]] = {}
        self.failures: dict[tuple[str, str], str] = {}
        self.failed = 0
        self.not_sendable = 0

    @property
    def total(self) -> int:
        return self.sent.total()

    def run(self, wanted: int, seconds: float) -> None:
        """Round after round over all operations until enough was sent or the time is up."""
        schema = schemathesis.openapi.from_dict(self.document)
        operations = [found.ok() for found in schema.get_all_operations()]
        until = time.monotonic() + seconds
        number = 0
        each = max(1, min(ROUND, wanted // (2 * len(operations))))
        while self.total < wanted and time.monotonic() < until:
            number += 1
            for operation in operations:
                for mode in GenerationMode:
                    if self.total < wanted and time.monotonic() < until:
                        self._some(operation, mode, min(each, wanted - self.total), number)

    def _some(self, operation: Any, mode: GenerationMode, count: int, number: int) -> None:
        # Not hash(): of texts it is another one in each process.
        @hypothesis.seed(zlib.crc32(f"{self.seed} {operation.label} {mode.value} {number}".encode()))
        @hypothesis.settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def send(case: Case) -> None:
            self.send(case)

        try:
            send()
        except hypothesis.errors.Unsatisfiable:
            # An operation without any input has nothing that could be against the document.
            return

    def send(self, case: Case) -> None:
        """Send one case, with real ids and some caller, and look at what is answered."""
        operation = case.operation
        label = operation.label
        self._use_real_ids(case)
        level = self.document["paths"][operation.path][operation.method.lower()]["x-level"]
        headers = self._headers(level)
        root = "servers" in self.document["paths"][operation.path]
        base = self.server["url"] + ("" if root else "/api/v1")
        try:
            answer = case.call(base_url=base, session=self.session, headers=headers, timeout=60)
        except (requests.exceptions.InvalidHeader, UnicodeError, requests.exceptions.InvalidURL):
            # What cannot be written as HTTP at all does not reach the server.
            self.not_sendable += 1
            return
        except (requests.exceptions.ConnectionError, requests.exceptions.Timeout) as problem:
            self._fail(label, f"no answer: {type(problem).__name__}", str(problem))
            return
        self.sent[label] += 1
        self.statuses.setdefault(label, Counter())[answer.status_code] += 1
        self._look(label, answer)

    def _look(self, label: str, answer: Any) -> None:
        request = answer.request
        shown = f"{request.method} {request.url}\n    body: {(request.body or b'')[:300]!r}"
        if answer.status_code >= 500:
            self._fail(label, f"status {answer.status_code}", f"{shown}\n    {answer.content[:300]!r}")
            return
        path = request.path_url.partition("?")[0].replace("%3A", ":")
        adapted = _Adapted(answer)
        try:
            self.conformance.check(request.method, path, adapted)
        except Nonconforming as problem:
            self._fail(label, str(problem).partition(": ")[0][:200], f"{shown}\n    {problem}")
        if "X-Request-ID" not in adapted.headers:
            self._fail(label, "no X-Request-ID", shown)

    def _fail(self, label: str, what: str, shown: str) -> None:
        self.failed += 1
        self.failures.setdefault((label, what), shown)

    def _headers(self, level: str) -> dict[str, str]:
        headers = {}
        # Mostly somebody who gets past the first checks: what lies behind them is what is looked for.
        enough = self.random.random() < 0.85
        caller = self.random.choice(CALLERS[level] if enough else ("stranger", "user", "nobody", "broken"))
        if caller == "broken":
            headers["Authorization"] = self.random.choice(
                ("Bearer nonsense", "Bearer", "Basic eA==", "x" * 3000)
            )
        elif caller != "nobody":
            headers["Authorization"] = f"Bearer {self.server['tokens'][caller]}"
        if self.random.random() < 0.2:
            headers["Accept"] = self.random.choice(ACCEPT)
        return headers

    def _use_real_ids(self, case: Case) -> None:
        """Put ids of real objects where an id belongs, most of the time."""
        for values in (case.path_parameters, case.query, case.body):
            if not isinstance(values, dict):
                continue
            for name in values:
                ids = self._ids(name)
                if ids and self.random.random() < 0.7:
                    several = isinstance(values[name], list)
                    values[name] = [self.random.choice(ids)] if several else self.random.choice(ids)

    def _ids(self, name: str) -> list[str]:
        if name == "ids":
            return self.server["ids"]["result"]
        if not name.endswith(("_id", "_ids")):
            return []
        return self.server["ids"].get(name.removesuffix("_ids").removesuffix("_id").removesuffix("s"), [])

    def report(self) -> str:
        lines = []
        for label in sorted(self.sent):
            seen = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses[label].items()))
            lines.append(f"{self.sent[label]:6} {label}   {seen}")
        lines.append(
            f"{self.total} requests, {len(self.sent)} operations, {self.failed} failures, "
            f"{self.not_sendable} not sent, seed {self.seed}"
        )
        for (label, what), shown in list(self.failures.items())[:40]:
            lines.append(f"FAILED {label}: {what}\n    {shown}")
        return "\n".join(lines)


class _Adapted:
    """A response as `Conformance` reads it."""

    def __init__(self, answer: Any) -> None:
        self.status_int = answer.status_code
        self.headers = requests.structures.CaseInsensitiveDict(
            {name: values[0] for name, values in answer.headers.items()}
        )
        self.body = answer.content


@contextlib.contextmanager
def running_server(directory: Path, database: str | None) -> Iterator[dict[str, Any]]:
    """A server of its own process on a loopback port; gone when the block ends."""
    command = [sys.executable, "-m", "tests.fuzz.server", str(directory), *([database] if database else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise SystemExit("The server did not start.")
            yield json.loads(line)
            if process.poll() is not None:
                raise SystemExit(f"The server ended by itself with {process.returncode}.")
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=1000, help="how many to send")
    parser.add_argument("--seconds", type=float, default=1800, help="the longest it may take")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--database", help="URL of an empty database; default: a new SQLite file")
    given = parser.parse_args()
    seed = random.randrange(2**32) if given.seed is None else given.seed
    with tempfile.TemporaryDirectory(prefix="eoscperf-fuzz-") as directory:
        with running_server(Path(directory), given.database) as server:
            fuzzer = Fuzzer(server, seed)
            fuzzer.run(given.requests, given.seconds)
        print(fuzzer.report())
        if fuzzer.failed:
            log = (Path(directory) / "server.log").read_text()
            print("The end of the server's log:\n" + log[-6000:])
    if fuzzer.total < given.requests:
        print(f"Only {fuzzer.total} of {given.requests} requests were sent in time.")
        return 1
    return 1 if fuzzer.failed else 0


if __name__ == "__main__":
    sys.exit(main())
