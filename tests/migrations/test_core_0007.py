"""Tallies that were there before count as one change each, and rankings begin with nothing kept."""

import pytest
import sqlalchemy as sa

from eoscperf.db import make_engine
from eoscperf.scripts.migrations import Migrations

CELL = "'5f0cbb1e5a5c4b6e9a0e2d8b7a2f6c11', '6f0cbb1e5a5c4b6e9a0e2d8b7a2f6c11'"


@pytest.fixture
def database(empty_database_url):
    engine = make_engine(empty_database_url, poolclass=sa.NullPool)
    yield engine
    engine.dispose()


def test_every_tally_counts_as_a_change(database):
    migrations = Migrations(database)
    migrations.upgrade("core@core_0006")
    insert = "INSERT INTO result_tallies (facet, benchmark_id, flavor_id, key, number) VALUES"
    with database.begin() as connection:
        connection.execute(sa.text(f"{insert} (0, {CELL}, '', 50)"))
    migrations.upgrade("core@core_0007")
    with database.begin() as connection:
        connection.execute(sa.text(f"{insert} (0, {CELL}, '', -1)"))
        told = connection.execute(sa.text("SELECT sum(number), sum(changes) FROM result_tallies")).one()
        assert tuple(told) == (49, 2)
        for table in ("cell_inputs", "cell_summaries"):
            assert connection.scalar(sa.text(f"SELECT count(*) FROM {table}")) == 0
    migrations.downgrade("core@core_0006")
    assert not {"cell_inputs", "cell_summaries"} & set(sa.inspect(database).get_table_names())
    migrations.upgrade("core@core_0007")
