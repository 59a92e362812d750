"""What errors of the database say: they end up in logs."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from eoscperf.db import make_engine


def test_an_error_names_the_statement_but_not_the_values_in_it():
    engine = make_engine("sqlite://")
    with engine.connect() as connection, pytest.raises(sa.exc.OperationalError) as raised:
        connection.execute(
            sa.text("INSERT INTO nowhere (email) VALUES (:email)"), {"email": "ann@example.org"}
        )
    engine.dispose()
    assert "INSERT INTO nowhere" in str(raised.value)
    assert "ann@example.org" not in str(raised.value)
