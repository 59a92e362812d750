"""Registered users with tokens, who upload."""

from __future__ import annotations

import datetime
import http.client
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import orm

from benchmarks.server.workers import raw_settings
from eoscperf import settings
from eoscperf.db import make_engine
from eoscperf.plugins.accounts.keys import KeyStore
from eoscperf.plugins.accounts.tokens import LocalTokens


def uploaders(ini: Path, port: int, number: int) -> list[str]:
    """The tokens of so many people, who are registered with the server on this port."""
    chosen = settings.load({**raw_settings(ini), "here": str(ini.parent)})
    engine = make_engine(chosen["sqlalchemy.url"], poolclass=sa.NullPool)
    with orm.Session(engine) as session:
        issuing = LocalTokens(session, KeyStore.of(chosen), chosen["accounts.issuer"])
        valid = datetime.timedelta(days=1)
        tokens = [issuing.issue(f"uploader-{one}@example.org", lifetime=valid) for one in range(number)]
        session.commit()
    engine.dispose()
    for token in tokens:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("POST", "/api/v1/users:register", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        if answer.status != 201:
            raise SystemExit(f"Registering was answered with {answer.status}: {answer.read()[:300]!r}")
        connection.close()
    return tokens
