"""The statements that the platform sends for a request, as its driver gets them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pyramid.request import Request

import eoscperf
from benchmarks.server.workers import raw_settings

Statement = tuple[str, Any]
"""text and parameters for the driver"""

_TRANSACTION = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


class Recorder:
    """The platform inside this process, asked without a network."""

    def __init__(self, ini: Path) -> None:
        self._app = eoscperf.main({"here": str(ini.parent)}, **raw_settings(ini))
        self._engine: sa.Engine = self._app.registry["dbengine"]
        # What only a first request needs is not the request's.
        self.statements("/api/v1/results?per_page=1")

    def statements(self, path: str) -> list[Statement]:
        """All statements of a GET, but those that begin and end transactions."""
        heard: list[Statement] = []

        def hear(
            connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
        ) -> None:
            if not statement.startswith(_TRANSACTION):
                heard.append((statement, parameters))

        sa.event.listen(self._engine, "before_cursor_execute", hear)
        try:
            answer = Request.blank(path).get_response(self._app)
            body = answer.body
        finally:
            sa.event.remove(self._engine, "before_cursor_execute", hear)
        if answer.status_int != 200:
            raise RuntimeError(f"{path} was answered with {answer.status_int}: {body[:500]!r}")
        return heard

    def close(self) -> None:
        self._engine.dispose()


@contextlib.contextmanager
def recorder(ini: Path) -> Iterator[Recorder]:
    made = Recorder(ini)
    try:
        yield made
    finally:
        made.close()
