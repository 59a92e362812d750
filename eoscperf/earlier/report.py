"""What was read, taken over, mended and left: counted per table, with the ids where somebody has to look."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

SHOWN = 10
"""Entries of a finding that people get to see; programs get all of them."""

FINDINGS = {
    "hidden_results": (
        "Results that were hidden in the earlier service without a pending claim: deleted, or never brought "
        "back after a rejected claim",
        "They are removed here. Bring back those that were never meant to go: POST /results/{id}:restore.",
    ),
    "equal_results": (
        "Results that equal an older one in all that makes results the same",
        "Both are kept. Delete those that are doubles.",
    ),
    "site_from_flavor": (
        "Results that named another site than that of their flavor",
        "They have the site of the flavor now.",
    ),
    "unusual_json": (
        "Results with JSON that an upload would be refused for",
        "It is kept as it is.",
    ),
    "unusable_schemas": (
        "Benchmarks with a JSON Schema that cannot be used",
        "They are kept, but take no results until PUT /benchmarks/{id} gives them another schema.",
    ),
    "mended_schemas": (
        "Benchmarks with text in their JSON Schema that cannot be stored: NUL, or half a character",
        "It became U+FFFD.",
    ),
    "orphan_claims": (
        "Claims whose result is not known any more",
        "They are kept without one. Decide about those on review: GET /reports/claims?status=on_review.",
    ),
    "shared_claims": (
        "Claims about several results",
        "They are about the oldest of these now.",
    ),
    "claimed_here": (
        "Results that were here before this run and got a claim by it",
        "They are hidden until the claim is decided.",
    ),
    "claims_left": (
        "Claims on results on which the claimant has a pending claim here already",
        "They were left out.",
    ),
    "unlinked_submits": (
        "Submissions that belong to nothing any more",
        "They were left out.",
    ),
    "submits_left": (
        "Submissions of something that is here without them, or was left out itself",
        "They were left out.",
    ),
    "submits_made": (
        "What is on review but had no submission",
        "It got one, so that moderators see it: GET /reports/submits.",
    ),
    "submits_closed": (
        "Submissions of something that is not on review",
        "They are closed.",
    ),
    "removed_people": (
        "Accounts that an earlier run took over and that were removed here since",
        "They stay removed; what they uploaded has no uploader.",
    ),
    "ambiguous_times": (
        "Times in an hour that the clock showed twice",
        "The earlier instant was taken.",
    ),
    "missing_times": (
        "Times in an hour that the clock never showed",
        "They were read as if the clock had not been put forward yet.",
    ),
    "differing": (
        "Rows that are here already and differ from the earlier service's",
        "What is here was left alone.",
    ),
}
"""What can be found, and what became of it."""


@dataclass(slots=True)
class Counts:
    """Rows of one table. What is repaired was inserted; what differs was skipped."""

    read: int = 0
    inserted: int = 0
    skipped: int = 0
    differing: int = 0
    repaired: int = 0
    orphaned: int = 0


@dataclass(slots=True)
class Report:
    """All that one run has to tell."""

    source: str
    revision: str
    target: str
    dry_run: bool
    app_timezone: str
    db_timezone: str
    started: datetime.datetime
    tables: dict[str, Counts]
    """by the name in the earlier database"""
    finished: datetime.datetime | None = None
    statuses: Counter[str] = field(default_factory=Counter)
    """the inserted results by status"""
    findings: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    log_entry: int | None = None
    """the entry in the log that tells of this run; None when nothing was written"""

    def count(self, table: str) -> Counts:
        return self.tables[table]

    def note(self, finding: str, **facts: Any) -> None:
        """Put something on the list of one of `FINDINGS`."""
        if finding not in FINDINGS:
            raise KeyError(finding)
        self.findings.setdefault(finding, []).append(facts)

    def total_inserted(self) -> int:
        return sum(counts.inserted for counts in self.tables.values())

    def as_json(self) -> dict[str, Any]:
        """Everything, for programs."""
        return {
            "source": self.source,
            "revision": self.revision,
            "target": self.target,
            "dry_run": self.dry_run,
            "app_timezone": self.app_timezone,
            "db_timezone": self.db_timezone,
            "started": self.started,
            "finished": self.finished,
            "log_entry": self.log_entry,
            "tables": {table: asdict(counts) for table, counts in self.tables.items()},
            "inserted_results_by_status": dict(sorted(self.statuses.items())),
            "findings": {
                name: {
                    "meaning": FINDINGS[name][0],
                    "what_was_done": FINDINGS[name][1],
                    "count": len(found),
                    "entries": found,
                }
                for name, found in self._found()
            },
        }

    def lines(self) -> Iterator[str]:
        """The same for people, with the first entries of each finding."""
        would = "would be " if self.dry_run else ""
        yield f"Read from {self.source} (revision {self.revision}):"
        yield ""
        columns = list(asdict(Counts()))
        yield f"{'':12}" + "".join(f"{name:>11}" for name in columns)
        for table, counts in self.tables.items():
            yield f"{table:12}" + "".join(f"{number:>11}" for number in asdict(counts).values())
        if self.statuses:
            listed = ", ".join(f"{number} {status}" for status, number in sorted(self.statuses.items()))
            yield ""
            yield f"Results that {would or 'were '}inserted: {listed}."
        for name, found in self._found():
            yield ""
            yield f"{len(found)} x {name}. {FINDINGS[name][0]}. {FINDINGS[name][1]}"
            for entry in found[:SHOWN]:
                yield "  " + ", ".join(_shown(key, value) for key, value in entry.items())
            if len(found) > SHOWN:
                yield f"  and {len(found) - SHOWN} more; --report FILE has them all"

    def _found(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        for name in FINDINGS:
            if name in self.findings:
                yield name, self.findings[name]


def _shown(key: str, value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if key == "id" else f"{key}: {text}"
