"""Which errors of a database are its absence, and which are ours."""

from __future__ import annotations

import sqlite3
import uuid
from types import SimpleNamespace
from typing import Any

import psycopg.errors
import pytest
import sqlalchemy as sa

from eoscperf.db import make_engine
from eoscperf.rest.problems import database_error


@pytest.fixture
def request_() -> Any:
    return SimpleNamespace(id=str(uuid.uuid4()))


def sqlite_error(name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("in words that may change")
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    "original",
    [
        sqlite_error("SQLITE_BUSY"),
        sqlite_error("SQLITE_BUSY_SNAPSHOT"),
        sqlite_error("SQLITE_FULL"),
        sqlite_error("SQLITE_IOERR_WRITE"),
        sqlite_error("SQLITE_CANTOPEN"),
        sqlite_error("SQLITE_READONLY"),
        psycopg.errors.DeadlockDetected("deadlock detected"),
        psycopg.errors.DiskFull("could not extend file"),
        psycopg.errors.AdminShutdown("terminating"),
        psycopg.OperationalError("no route to host"),
    ],
    ids=lambda original: getattr(original, "sqlite_errorname", type(original).__name__),
)
def test_what_passes_is_answered_with_when_to_try_again(request_, original):
    answer = database_error(sa.exc.OperationalError("SELECT 1", {}, original), request_)
    assert answer.status_int == 503
    assert answer.headers["Retry-After"] == "5"


def test_a_pool_without_a_free_connection_passes_too(request_):
    assert database_error(sa.exc.TimeoutError("QueuePool limit"), request_).status_int == 503


def test_a_missing_table_is_our_defect(request_):
    engine = make_engine("sqlite://")
    with engine.connect() as connection, pytest.raises(sa.exc.OperationalError) as raised:
        connection.execute(sa.text("SELECT 1 FROM nowhere"))
    engine.dispose()
    assert database_error(raised.value, request_).status_int == 500
