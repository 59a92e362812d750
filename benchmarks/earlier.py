"""How long taking over the earlier service takes, and how much memory.

    python -m benchmarks.earlier --results 100000

starts a PostgreSQL server of its own, fills a database as the earlier service kept it with generated results
(always the same ones, about half a kilobyte of JSON each) and what belongs to them, then runs
`eoscperf-admin import-earlier` into a new SQLite and a new PostgreSQL database: a dry run, a run, a second
run. Measured are the seconds, those of the processor in the command itself, and its largest resident memory;
what `--results 1000` needs of it is what the program needs by itself.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from eoscperf.db import make_engine
from eoscperf.testing import postgresql
from eoscperf.testing.databases import KINDS, build_schema
from eoscperf.testing.earlier import MOMENT, EarlierDatabase

BENCHMARKS, SITES, FLAVORS, TAGS, USERS = 4, 10, 3, 8, 25

_RUN = {
    "type": "object",
    "required": ["seconds"],
    "properties": {"seconds": {"type": "number", "minimum": 0}, "watts": {"type": "number"}},
}
SCHEMA: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "required": ["seconds", "machine"],
    "properties": {
        "seconds": {"type": "number", "minimum": 0},
        "machine": {
            "type": "object",
            "required": ["cpu"],
            "properties": {
                "cpu": {
                    "type": "object",
                    "required": ["model", "cores"],
                    "properties": {"model": {"type": "string"}, "cores": {"type": "integer"}},
                },
                "memory_bytes": {"type": "integer"},
            },
        },
        "runs": {"type": "array", "items": _RUN},
    },
}

_INI = """
[app:main]
use = egg:eoscperf
sqlalchemy.url = {url}
var = {folder}
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--results", type=int, default=100_000)
    parser.add_argument("--database", choices=KINDS, help="take over into this kind only")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="eoscperf-earlier-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        (folder / "postgresql").mkdir()
        server = sa.make_url(postgresql.start(folder / "postgresql", os.getpid(), {"autovacuum": "on"}))
        try:
            source = _database(server, "earlier")
            began = time.monotonic()
            fill(source, wanted.results)
            print(f"{wanted.results} results generated in {time.monotonic() - began:.0f} s", flush=True)
            print(f"{'target':12}{'run':10}{'seconds':>9}{'processor':>11}{'results/s':>11}{'peak MB':>9}")
            for kind in [wanted.database] if wanted.database else KINDS:
                url = (
                    _database(server, "target")
                    if kind == "postgresql"
                    else f"sqlite:///{folder}/target.sqlite"
                )
                build_schema(url)
                for run, words in (("dry", ["--dry-run"]), ("first", []), ("second", [])):
                    seconds, processor, peak = _measured(folder, url, source, words)
                    rate = wanted.results / seconds
                    print(
                        f"{kind:12}{run:10}{seconds:9.1f}{processor:11.1f}{rate:11.0f}{peak:9.0f}", flush=True
                    )
        finally:
            postgresql.stop(folder / "postgresql")


def fill(url: str, results: int) -> None:
    """A database of the earlier service with so many results; one in fifty was claimed or hidden."""
    chance = random.Random(2026)
    earlier = EarlierDatabase(url)
    earlier.create()
    people = [earlier.user(f"user-{number}") for number in range(USERS)]
    flavors = [
        earlier.flavor(site=site) for site in [earlier.site() for _ in range(SITES)] for _ in range(FLAVORS)
    ]
    benchmarks = [earlier.benchmark(json_schema=SCHEMA) for _ in range(BENCHMARKS)]
    tags = [earlier.tag(f"tag-{number}")["id"] for number in range(TAGS)]
    connection = earlier.engine.raw_connection()
    try:
        cursor: Any = connection.cursor()
        ids = [uuid.UUID(int=chance.getrandbits(128), version=4) for _ in range(results)]
        claims = {at: uuid.UUID(int=chance.getrandbits(128), version=4) for at in range(0, results, 100)}
        submits = {at: uuid.UUID(int=chance.getrandbits(128), version=4) for at in claims if at % 200}

        def uploaded(at: int) -> tuple[Any, ...]:
            person = people[at % USERS]
            return person["sub"], person["iss"], MOMENT + datetime.timedelta(minutes=at)

        with cursor.copy("COPY submit (id, resource_type, upload_datetime) FROM STDIN") as copy:
            for at, submit in submits.items():
                copy.write_row((submit, "resultclaimreport", uploaded(at)[2]))
        columns = (
            "id, status, _submit_report_id, uploader_sub, uploader_iss, upload_datetime, message, "
            "resource_type"
        )
        with cursor.copy(f"COPY claim ({columns}) FROM STDIN") as copy:
            for at, claim in claims.items():
                status = "on_review" if at in submits else "approved"
                row = (claim, status, submits.get(at), *uploaded(at + 1), "The figures look wrong.", "result")
                copy.write_row(row)
        columns = (
            "id, deleted, json, execution_datetime, benchmark_id, flavor_id, site_id, _claim_report_id, "
            "uploader_sub, uploader_iss, upload_datetime"
        )
        with cursor.copy(f"COPY result ({columns}) FROM STDIN") as copy:
            for at, identifier in enumerate(ids):
                flavor = chance.choice(flavors)
                row = (
                    identifier,
                    at % 50 == 0,
                    json.dumps(measured(chance)),
                    MOMENT + datetime.timedelta(minutes=at - 5),
                    chance.choice(benchmarks)["id"],
                    flavor["id"],
                    flavor["site_id"],
                    claims.get(at),
                    *uploaded(at),
                )
                copy.write_row(row)
        with cursor.copy("COPY result_tags (result_id, tag_id) FROM STDIN") as copy:
            for identifier in ids:
                for tag in chance.sample(tags, chance.randrange(3)):
                    copy.write_row((identifier, tag))
        connection.commit()
    finally:
        connection.close()
        earlier.close()


def measured(chance: random.Random) -> dict[str, Any]:
    """What one run found."""
    runs = [
        {"seconds": round(chance.uniform(10, 300), 3), "watts": round(chance.uniform(80, 400), 1)}
        for _ in range(8)
    ]
    cpu = {
        "model": f"Example {chance.randrange(7000, 9000)} at 2.{chance.randrange(10)} GHz",
        "cores": chance.choice([4, 8, 16, 32, 64, 128]),
    }
    memory = chance.choice([16, 64, 256]) * 2**30
    return {
        "seconds": min(run["seconds"] for run in runs),
        "machine": {"cpu": cpu, "memory_bytes": memory},
        "runs": runs,
    }


def _database(server: sa.URL, name: str) -> str:
    engine = make_engine(server, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    return server.set(database=name).render_as_string(hide_password=False)


def _measured(folder: Path, url: str, source: str, words: list[str]) -> tuple[float, float, float]:
    """Seconds, seconds of the processor and largest resident memory (MB) of one run."""
    ini = folder / "server.ini"
    ini.write_text(_INI.format(url=url.replace("%", "%%"), folder=folder / "var"))
    admin = [sys.executable, "-m", "eoscperf.scripts.admin", "-c", str(ini)]
    began = time.monotonic()
    process = subprocess.Popen(
        [*admin, "import-earlier", "--source", source, *words], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"The command failed with exit code {process.returncode}.")
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
