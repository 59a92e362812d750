"""The generated results, in pieces that can be made in any order and by several processes."""

from __future__ import annotations

import datetime
import hashlib
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from benchmarks.data.catalogue import FIRST, YEARS, Catalogue
from eoscperf import jsontext

SEED = 2026
PIECE = 5_000
"""Results of a piece; each piece has a random generator of its own."""

_SPAN = datetime.timedelta(days=365 * YEARS)
_WITHDRAWN, _CLAIMED, _REMOVED = 0.003, 0.002, 0.003


@dataclass(slots=True)
class Piece:
    """Rows by table, and the documents of the results, in the same order."""

    results: list[dict[str, Any]] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    result_tags: list[dict[str, Any]] = field(default_factory=list)
    log_entries: list[dict[str, Any]] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)
    submissions: list[dict[str, Any]] = field(default_factory=list)


class Generated:
    """So many results of one seed, executed one after the other over some years."""

    def __init__(self, size: int, seed: int = SEED) -> None:
        self.size = size
        self.seed = seed
        self.catalogue = Catalogue(seed)

    @property
    def pieces(self) -> int:
        return -(-self.size // PIECE)

    def all(self) -> Iterator[Piece]:
        for number in range(self.pieces):
            yield self.piece(number)

    def piece(self, number: int) -> Piece:
        """The results from `number * PIECE` on."""
        chance = random.Random(f"{self.size} {self.seed} {number}")
        piece = Piece()
        for index in range(number * PIECE, min((number + 1) * PIECE, self.size)):
            self._add(piece, index, chance)
        return piece

    def ids(self, count: int) -> list[uuid.UUID]:
        """The ids of some visible results from all over the years."""
        pieces = sorted({self.pieces * step // 8 for step in range(8)})
        found = [
            row["id"] for number in pieces for row in self.piece(number).results if row["status"] == "visible"
        ]
        return random.Random(self.seed).sample(found, min(count, len(found)))

    def _add(self, piece: Piece, index: int, chance: random.Random) -> None:
        catalogue = self.catalogue
        benchmark = catalogue.benchmark_choice.draw(chance)
        flavor = catalogue.flavor_choice.draw(chance)
        executed = FIRST + _SPAN * ((index + chance.random()) / self.size)
        executed = executed.replace(microsecond=0)
        document = benchmark.documents.draw(chance)
        document["provenance"] = _provenance(benchmark.definition.image, chance)
        row: dict[str, Any] = {
            "id": uuid.UUID(int=chance.getrandbits(128), version=4),
            "json": jsontext.dumps(document),
            "execution_datetime": executed,
            "upload_datetime": executed + datetime.timedelta(seconds=60 + chance.random() * 86_400),
            "benchmark_id": benchmark.id,
            "flavor_id": flavor.id,
            "site_id": flavor.site_id,
            "uploader_id": catalogue.user_choice.draw(chance),
            "supersedes_id": None,
            "superseded_by_id": None,
            "content_hash": jsontext.content_hash(document),
            "duplicate_key": hashlib.sha256(chance.randbytes(16)).digest(),
            "status": "visible",
            "status_datetime": None,
            "status_message": None,
            "removed_entry_id": None,
            "restored_entry_id": None,
            "withdrawn_datetime": None,
            "pending_claims": 0,
            "hiding_claims": 0,
        }
        tags = {catalogue.tag_choice.draw(chance) for _ in range(catalogue.tag_count.draw(chance))}
        piece.result_tags += [{"result_id": row["id"], "tag_id": tag} for tag in sorted(tags)]
        self._hide(piece, row, index, chance)
        piece.results.append(row)
        piece.documents.append(document)

    def _hide(self, piece: Piece, row: dict[str, Any], index: int, chance: random.Random) -> None:
        """Withdraw, claim or remove a few, with the traces that leaves elsewhere."""
        lot = chance.random()
        if lot >= _WITHDRAWN + _CLAIMED + _REMOVED:
            return
        since = row["upload_datetime"] + datetime.timedelta(days=1)
        row["status_datetime"] = since
        if lot < _WITHDRAWN:
            row |= {"status": "withdrawn", "withdrawn_datetime": since}
        elif lot < _WITHDRAWN + _CLAIMED:
            row |= {"status": "claimed", "pending_claims": 1, "hiding_claims": 1}
            claim = uuid.UUID(int=chance.getrandbits(128), version=4)
            piece.claims.append(
                {
                    "id": claim,
                    "message": "The figures look too good.",
                    "reason": "implausible",
                    "status": "on_review",
                    "hides": True,
                    "result_id": row["id"],
                    "uploader_id": self.catalogue.user_choice.draw(chance),
                    "upload_datetime": since,
                }
            )
            piece.submissions.append(
                {
                    "id": uuid.UUID(int=chance.getrandbits(128), version=4),
                    "resource_type": "claim",
                    "upload_datetime": since,
                    "claim_id": claim,
                }
            )
        else:
            # The entry is known by the number of the result, so that pieces do not depend on each other.
            row |= {"status": "removed", "removed_entry_id": index + 1}
            piece.log_entries.append(
                {
                    "id": index + 1,
                    "datetime": since,
                    "action": "delete",
                    "resource_type": "result",
                    "resource_id": str(row["id"]),
                    "actor_id": self.catalogue.user_ids[0],
                    "from_status": "visible",
                    "to_status": "removed",
                }
            )


def _provenance(image: str, chance: random.Random) -> dict[str, Any]:
    """What uploaders add although no schema asks for it."""
    job = chance.getrandbits(22)
    return {
        "host": f"node{job % 977:04}.cluster.example.org",
        "job": job,
        "image": f"{image}@sha256:{chance.getrandbits(256):064x}",
        "command": f"srun --ntasks={1 << job % 8} --time=0{job % 9}:30:00 benchmark --output /scratch/{job}",
        "attempts": [{"begin": job % 3600, "state": "completed"}],
    }
