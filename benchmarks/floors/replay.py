"""The same rows from the bare driver: the statements that the platform sends, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.server.recorded import Statement


def replay(connection: Any, statements: Sequence[Statement]) -> int:
    """Send them one after the other and fetch everything; the number of rows."""
    rows = 0
    for statement, parameters in statements:
        cursor = connection.execute(statement, parameters or ())
        if cursor.description is not None:
            rows += len(cursor.fetchall())
    return rows
