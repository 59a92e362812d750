"""What machines say about themselves in results: the values at places that describe a machine."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eoscperf.results.catalogue import CatalogueView
from eoscperf.results.facets.service import Facets
from eoscperf.results.facets.views import FIELD_PREFIX
from eoscperf.results.search.criteria import Criteria

PARTS = ("machine", "cpu", "gpu", "memory", "host", "system", "node")
"""Members at the root of a result that describe where it ran rather than what came out."""

MOST_BENCHMARKS = 3
"""Benchmarks that are asked; each costs a few statements."""

MOST_FIELDS, MOST_VALUES = 12, 5


@dataclass(frozen=True, slots=True)
class ObservedValue:
    value: Any
    count: int

    @property
    def text(self) -> str:
        """The value as JSON has it, without the quotes of a text."""
        return str(self.value).lower() if isinstance(self.value, bool) else str(self.value)


@dataclass(frozen=True, slots=True)
class Observed:
    """A place in the JSON and the values that results have there, most frequent first."""

    path: str
    values: tuple[ObservedValue, ...]
    more: int

    @property
    def differs(self) -> bool:
        return len(self.values) + self.more > 1


class ObservedMachines:
    """Asks the results of a flavor what machine they ran on."""

    def __init__(self, facets: Facets, view: CatalogueView) -> None:
        self._facets = facets
        self._view = view

    @classmethod
    def for_request(cls, request: Any) -> ObservedMachines:
        stamp = request.database_state.columns["catalogue_stamp"]
        view = request.registry["eoscperf.catalogue"].view(request.dbsession, stamp)
        return cls(request.find_service(Facets), view)

    def of_flavor(self, flavor_id: uuid.UUID, benchmarks: Sequence[uuid.UUID]) -> list[Observed]:
        """By path; `benchmarks` are those with results on the flavor, the ones that tell most first."""
        counts: dict[str, dict[Any, int]] = {}
        more: dict[str, int] = {}
        for benchmark_id in benchmarks[:MOST_BENCHMARKS]:
            names = self._names(benchmark_id)
            if not names:
                continue
            criteria = Criteria(benchmark_ids=(benchmark_id,), flavor_ids=(flavor_id,))
            for facet in self._facets.report(criteria, names, MOST_VALUES).facets:
                path = facet.name.removeprefix(FIELD_PREFIX)
                known = counts.setdefault(path, {})
                for one in facet.values or ():
                    if one.count:
                        # 1 and true are the same key to Python, but not the same to say.
                        key = (type(one.value).__name__, one.value)
                        known[key] = known.get(key, 0) + one.count
                more[path] = max(more.get(path, 0), facet.more or 0)
        return [
            Observed(
                path,
                tuple(
                    ObservedValue(value, count)
                    for (_, value), count in sorted(known.items(), key=lambda item: -item[1])
                ),
                more[path],
            )
            for path, known in sorted(counts.items())
            if known
        ]

    def _names(self, benchmark_id: uuid.UUID) -> list[str]:
        fields = self._view.fields.get(benchmark_id, {})
        wanted = [
            path
            for path, field in sorted(fields.items())
            if path.partition(".")[0].lower() in PARTS and field.searchable and field.countable
        ]
        return [FIELD_PREFIX + path for path in wanted[:MOST_FIELDS]]
