"""The catalogue of a benchmark: what its schema says, what editors have said since, and who decides."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf import errors, jsontext
from eoscperf.benchmarks.models import Benchmark
from eoscperf.metrics.annotations import Finding, derive, lint
from eoscperf.metrics.catalogue import Catalogue, from_plain, to_plain
from eoscperf.metrics.editing import edited
from eoscperf.metrics.models import CatalogueVersion
from eoscperf.metrics.proposals import Proposal, propose
from eoscperf.results.models import Result
from eoscperf.review.journal import Journal
from eoscperf.security.identity import Viewer

EXAMPLES = 3
"""Results that are looked at for guesses."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A catalogue as it was asked for; `stored` is None for what only the schema says."""

    benchmark: Benchmark
    catalogue: Catalogue
    stored: CatalogueVersion | None
    in_force: int
    """number of the version in force"""


class MetricCatalogues:
    """Catalogues as one viewer sees and changes them."""

    def __init__(self, session: orm.Session, viewer: Viewer, journal: Journal) -> None:
        self._session, self._viewer, self._journal = session, viewer, journal

    @classmethod
    def for_request(cls, request: Any) -> MetricCatalogues:
        return cls(request.dbsession, request.viewer, request.find_service(Journal))

    def shown(self, benchmark: Benchmark, version: int | None = None) -> Shown:
        """The catalogue in force, or one of its versions; NotFound where there is no such one."""
        in_force = self._in_force(benchmark)
        number = in_force.version if in_force else 0
        stored = in_force if version is None or version == number else self._version(benchmark, version)
        return Shown(benchmark, _effective(benchmark, stored), stored, number)

    def in_force_of(self, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Catalogue]:
        """The catalogues of the benchmarks with these ids, whoever may see them: two statements."""
        wanted = sa.select(Benchmark).where(Benchmark.id.in_(ids))
        return self.in_force(self._session.scalars(wanted)) if ids else {}

    def in_force(self, benchmarks: Iterable[Benchmark]) -> dict[uuid.UUID, Catalogue]:
        """The catalogues of several benchmarks, by their ids: one statement."""
        known = {benchmark.id: benchmark for benchmark in benchmarks}
        if not known:
            return {}
        other = orm.aliased(CatalogueVersion)
        newest = sa.select(sa.func.max(other.version)).where(
            other.benchmark_id == CatalogueVersion.benchmark_id, other.status == "accepted"
        )
        query = sa.select(CatalogueVersion).where(
            CatalogueVersion.benchmark_id.in_(known), CatalogueVersion.version == newest.scalar_subquery()
        )
        stored = {version.benchmark_id: version for version in self._session.scalars(query)}
        return {
            identifier: _effective(benchmark, stored.get(identifier))
            for identifier, benchmark in known.items()
        }

    def declared(self, benchmark: Benchmark) -> Catalogue:
        """What the schema says, whatever editors have said since."""
        return _derived(benchmark.json_schema)

    def versions_in_force(self, benchmarks: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
        """Of those benchmarks whose catalogue was edited: one statement."""
        version = CatalogueVersion
        query = sa.select(version.benchmark_id, sa.func.max(version.version)).group_by(version.benchmark_id)
        query = query.where(version.status == "accepted", version.benchmark_id.in_(benchmarks))
        return {row[0]: row[1] for row in self._session.execute(query)}

    def versions(self, benchmark: Benchmark) -> list[CatalogueVersion]:
        """All versions that the viewer may know of, newest first."""
        query = _of(benchmark).order_by(CatalogueVersion.version.desc())
        if not self._decides_about(benchmark):
            query = query.where(CatalogueVersion.status == "accepted")
        return list(self._session.scalars(query))

    def change(
        self,
        benchmark: Benchmark,
        changes: Sequence[dict[str, Any]],
        *,
        based_on: int | None = None,
        message: str | None = None,
    ) -> Shown:
        """A new version with these changes to the one in force.

        Administrators' versions are in force at once, and the uploader's while the benchmark is under
        review; later the uploader proposes. The caller has locked the benchmark. Raises Invalid; Conflict
        when `based_on` is not the version in force any more, or the benchmark is rejected or deleted.
        """
        if benchmark.status not in ("on_review", "approved"):
            raise errors.WrongState(f"The benchmark is {benchmark.status}; its metrics cannot be changed.")
        now = self.shown(benchmark)
        if based_on is not None and based_on != now.in_force:
            raise errors.Conflict(
                f"Version {now.in_force} is in force by now, not {based_on}. Look at it and change that one."
            )
        changed = edited(now.catalogue, changes)
        at_once = self._viewer.admin or benchmark.status == "on_review"
        stored = CatalogueVersion(
            benchmark_id=benchmark.id,
            version=self._newest(benchmark) + 1,
            status="accepted" if at_once else "proposed",
            metrics=jsontext.dumps(to_plain(changed)),
            author_id=self._viewer.user_id,
            message=message,
        )
        self._session.add(stored)
        self._session.flush()
        self._log("metrics_update" if at_once else "metrics_propose", benchmark, stored, message)
        return self.shown(benchmark, stored.version)

    def decide(
        self, benchmark: Benchmark, version: int, *, accept: bool, message: str | None = None
    ) -> Shown:
        """Accept or decline a proposal; WrongState when it is decided already or a newer one is in force."""
        stored = self._version(benchmark, version)
        if stored is None or stored.status != "proposed":
            state = stored.status if stored else "what the schema says"
            raise errors.WrongState(f"Version {version} is no open proposal; it is {state}.")
        in_force = self._in_force(benchmark)
        if accept and in_force is not None and in_force.version > version:
            raise errors.WrongState(
                f"Version {in_force.version} is in force and newer; decline this one and propose it anew."
            )
        stored.status = "accepted" if accept else "declined"
        stored.decision = message
        self._log("metrics_accept" if accept else "metrics_decline", benchmark, stored, message)
        return self.shown(benchmark, version)

    def findings(self, benchmark: Benchmark) -> list[Finding]:
        """What is wrong with the annotations of the schema."""
        return _linted(benchmark.json_schema)

    def proposals(self, benchmark: Benchmark) -> list[Proposal]:
        """Guesses where the catalogue in force says nothing."""
        query = (
            sa.select(Result.json)
            .where(Result.benchmark_id == benchmark.id, Result.status == "visible")
            .order_by(Result.execution_datetime.desc(), Result.id)
            .limit(EXAMPLES)
        )
        samples = [jsontext.loads_stored(text) for text in self._session.scalars(query)]
        return propose(benchmark.json_schema, self.shown(benchmark).catalogue, samples)

    def _decides_about(self, benchmark: Benchmark) -> bool:
        return self._viewer.admin or self._viewer.owns(benchmark.uploader_id)

    def _version(self, benchmark: Benchmark, version: int) -> CatalogueVersion | None:
        if version == 0:
            return None
        stored = self._session.scalar(_of(benchmark).where(CatalogueVersion.version == version))
        if stored is None or (stored.status != "accepted" and not self._decides_about(benchmark)):
            raise errors.NotFound(f"The catalogue has no version {version}.")
        return stored

    def _in_force(self, benchmark: Benchmark) -> CatalogueVersion | None:
        accepted = _of(benchmark).where(CatalogueVersion.status == "accepted")
        return self._session.scalar(accepted.order_by(CatalogueVersion.version.desc()).limit(1))

    def _newest(self, benchmark: Benchmark) -> int:
        newest = sa.select(sa.func.max(CatalogueVersion.version))
        return self._session.scalar(newest.where(CatalogueVersion.benchmark_id == benchmark.id)) or 0

    def _log(self, action: str, benchmark: Benchmark, stored: CatalogueVersion, message: str | None) -> None:
        details = {"catalogue_version": stored.version, "catalogue_status": stored.status}
        self._journal.record(action, "benchmark", benchmark.id, message=message, details=details)


def _of(benchmark: Benchmark) -> sa.Select[CatalogueVersion]:
    wanted = sa.select(CatalogueVersion).where(CatalogueVersion.benchmark_id == benchmark.id)
    return wanted.options(orm.joinedload(CatalogueVersion.author))


def _effective(benchmark: Benchmark, stored: CatalogueVersion | None) -> Catalogue:
    """What was said of the places that the schema declares now; new places say what the schema says."""
    declared = _derived(benchmark.json_schema)
    if stored is None:
        return declared
    said = {metric.path: metric for metric in from_plain(jsontext.loads_stored(stored.metrics))}
    return Catalogue(tuple(said.get(metric.path, metric) for metric in declared), stored.version)


# Reading a schema takes milliseconds, and most requests are about few benchmarks.
_derived = functools.lru_cache(maxsize=64)(derive)
_linted = functools.lru_cache(maxsize=64)(lint)
