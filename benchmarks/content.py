"""Generated results: always the same ones, straight into the database."""

from __future__ import annotations

import datetime
import random
import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf import jsontext
from eoscperf.db import make_engine
from eoscperf.results.models import Result
from eoscperf.testing.factories import Make

BENCHMARKS, SITES, FLAVORS = 4, 10, 3
FIRST = datetime.datetime(2023, 1, 1, tzinfo=datetime.UTC)
CHUNK = 1000

_NUMBER: dict[str, Any] = {"type": "number", "minimum": 0}
_RUN = {"type": "object", "required": ["seconds"], "properties": {"seconds": _NUMBER, "watts": _NUMBER}}
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["seconds", "machine"],
    "properties": {
        "seconds": _NUMBER,
        "machine": {
            "type": "object",
            "required": ["cpu"],
            "properties": {
                "cpu": {
                    "type": "object",
                    "required": ["model", "cores"],
                    "properties": {"model": {"type": "string"}, "cores": {"type": "integer", "minimum": 1}},
                },
                "memory_bytes": {"type": "integer"},
            },
        },
        "runs": {"type": "array", "items": _RUN},
    },
}

FILTER = "machine.cpu.cores >= 32"
"""What about half of the results match."""


@dataclass(frozen=True, slots=True)
class Content:
    """What of the content the requests need to name."""

    benchmark_id: uuid.UUID
    flavor_id: uuid.UUID
    result_id: uuid.UUID


def fill(database: str, results: int) -> Content:
    """So many results of a few benchmarks on a few dozen flavors, in a database with nothing but tables."""
    chance = random.Random(2026)
    engine = make_engine(database)
    with Session(engine) as session:
        make = Make(session)
        benchmarks = [make.benchmark(json_schema=SCHEMA) for _ in range(BENCHMARKS)]
        flavors = [
            make.flavor(site=site) for site in [make.site() for _ in range(SITES)] for _ in range(FLAVORS)
        ]
        uploader = make.user()
        facts = [(flavor.id, flavor.site_id) for flavor in flavors]
        benchmark_ids, uploader_id = [benchmark.id for benchmark in benchmarks], uploader.id
        last: dict[str, Any] = {}
        for start in range(0, results, CHUNK):
            rows = []
            for number in range(start, min(start + CHUNK, results)):
                flavor_id, site_id = chance.choice(facts)
                document = measured(chance)
                last = {
                    "id": uuid.UUID(int=chance.getrandbits(128), version=4),
                    "json": jsontext.dumps(document),
                    "content_hash": jsontext.content_hash(document),
                    "execution_datetime": FIRST + datetime.timedelta(minutes=number),
                    "upload_datetime": FIRST + datetime.timedelta(minutes=number + 5),
                    "benchmark_id": chance.choice(benchmark_ids),
                    "flavor_id": flavor_id,
                    "site_id": site_id,
                    "uploader_id": uploader_id,
                }
                rows.append(last)
            session.execute(sa.insert(Result), rows)
        session.commit()
        content = Content(benchmark_ids[0], facts[0][0], last["id"])
    with engine.connect() as connection, connection.execution_options(isolation_level="AUTOCOMMIT"):
        # As a database that has been in use for a while knows itself.
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()
    return content


def measured(chance: random.Random) -> dict[str, Any]:
    """A result of about half a kilobyte."""
    runs = [
        {"seconds": round(chance.uniform(10, 300), 3), "watts": round(chance.uniform(80, 400), 1)}
        for _ in range(8)
    ]
    return {
        "seconds": min(run["seconds"] for run in runs),
        "machine": {
            "cpu": {
                "model": f"Example {chance.randrange(7000, 9000)} at 2.{chance.randrange(10)} GHz",
                "cores": chance.choice([4, 8, 16, 32, 64, 128]),
            },
            "memory_bytes": chance.choice([16, 64, 256]) * 2**30,
        },
        "runs": runs,
    }
