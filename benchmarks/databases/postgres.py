"""A PostgreSQL server of our own, which waits for the disk as in production."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg

from eoscperf.testing import postgresql

SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "512MB",
    "effective_cache_size": "4GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "random_page_cost": "1.1",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # For one machine with few cores, as most installations are.
    "max_parallel_workers_per_gather": "1",
    "log_min_messages": "error",
    "autovacuum": "on",
}


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    """The address of a server whose databases stay in a folder."""
    postgresql.programs()
    place = folder / "postgresql"
    place.mkdir(parents=True, exist_ok=True)
    # It runs as somebody else when we are root, who has to get through here.
    folder.chmod(folder.stat().st_mode | 0o011)
    try:
        yield postgresql.start(place, os.getpid(), SETTINGS, keep=True)
    finally:
        postgresql.stop(place)


def administer(address: str, *statements: str) -> list[list[tuple[object, ...]]]:
    """The rows of statements that need no transaction."""
    found = []
    with psycopg.connect(address.replace("+psycopg", "", 1), autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
            found.append(cursor.fetchall() if cursor.description else [])
    return found
