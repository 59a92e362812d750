"""Built databases, kept for further runs; every run works on a clone."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from benchmarks import data
from benchmarks.data.results import Generated
from benchmarks.databases import postgres
from benchmarks.databases.loading import Say, load
from eoscperf import extend
from eoscperf.db import make_engine
from eoscperf.scripts.migrations import Migrations

KINDS = ("sqlite", "postgresql")


class Store:
    """The databases of one kind in a folder; use it as a context."""

    def __init__(self, kind: str, folder: Path, say: Say = print) -> None:
        self.kind = kind
        self._folder = folder.resolve()
        self._say = say
        self._running = contextlib.ExitStack()
        self._server = ""

    def __enter__(self) -> Store:
        self._folder.mkdir(parents=True, exist_ok=True)
        if self.kind == "postgresql":
            self._server = self._running.enter_context(postgres.server(self._folder))
        return self

    def __exit__(self, *exception: object) -> None:
        self._running.close()

    def built(self, generated: Generated) -> str:
        """The address of the database with this data, made now unless it is there; not to be changed."""
        name = f"bench_{generated.size}_{generated.seed}"
        marker = self._folder / f"{self.kind}-{name}.built"
        address = self._address(name)
        if marker.exists() and marker.read_text() == fingerprint() and self._fits(address):
            return address
        marker.unlink(missing_ok=True)
        self._drop(name)
        self._create(name)
        begun = time.monotonic()
        engine = make_engine(address, poolclass=sa.NullPool)
        Migrations(engine, extend.installed()).upgrade()
        engine.dispose()
        load(address, generated, self._say)
        self._say(f"{self.kind}: {generated.size} results in {time.monotonic() - begun:.0f} s")
        marker.write_text(fingerprint())
        return address

    @contextlib.contextmanager
    def clone(self, generated: Generated) -> Iterator[str]:
        """The address of a copy for one run."""
        original = sa.make_url(self.built(generated)).database or ""
        self._drop("bench_run")
        if self.kind == "postgresql":
            self._administer(
                f"CREATE DATABASE bench_run TEMPLATE {original} STRATEGY FILE_COPY", "CHECKPOINT"
            )
        else:
            shutil.copyfile(original, self._folder / "bench_run.sqlite")
        try:
            yield self._address("bench_run")
        finally:
            self._drop("bench_run")

    def _fits(self, address: str) -> bool:
        engine = make_engine(address, poolclass=sa.NullPool)
        try:
            return not Migrations(engine, extend.installed()).drift()
        finally:
            engine.dispose()

    def _address(self, name: str) -> str:
        if self.kind == "sqlite":
            return f"sqlite:///{self._folder / name}.sqlite"
        return sa.make_url(self._server).set(database=name).render_as_string(hide_password=False)

    def _create(self, name: str) -> None:
        if self.kind == "postgresql":
            self._administer(f"CREATE DATABASE {name}")

    def _drop(self, name: str) -> None:
        if self.kind == "postgresql":
            self._administer(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        else:
            for suffix in ("", "-wal", "-shm", ".values"):
                (self._folder / f"{name}.sqlite{suffix}").unlink(missing_ok=True)

    def _administer(self, *statements: str) -> None:
        postgres.administer(self._server, *statements)


def fingerprint() -> str:
    """Of the code that generates the data: what another version of it has built does not count."""
    folder = Path(data.__file__).parent
    files = [folder / name for name in sorted(path.name for path in folder.glob("*.py"))]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def to_stderr(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def size_of(text: str) -> int:
    """A number of results as people write it: `10k`, `1M`, `5000`."""
    factors = {"k": 1000, "M": 1_000_000}
    factor = factors.get(text[-1:], 1)
    return int(text.rstrip("kM")) * factor
