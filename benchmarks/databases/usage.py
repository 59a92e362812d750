"""Which indexes of a PostgreSQL database were used."""

from __future__ import annotations

import time

from benchmarks.databases.postgres import administer

_FLUSH = 1.2
"""Seconds after which a session has told what it did."""


def forget(url: str) -> None:
    """Start to count anew."""
    if url.startswith("postgresql"):
        administer(url, "SELECT pg_stat_reset()")


def of_indexes(url: str) -> dict[str, int]:
    """How often each index of a table with data was used, by table and name."""
    time.sleep(_FLUSH)
    (rows,) = administer(
        url,
        """
        SELECT relname || '.' || indexrelname, idx_scan FROM pg_stat_user_indexes
        WHERE relname IN ('results', 'result_tags', 'result_values', 'result_tallies', 'result_fields')
        ORDER BY relname, idx_scan DESC, indexrelname
        """,
    )
    return {str(name): int(str(scans)) for name, scans in rows}
