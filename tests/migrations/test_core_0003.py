"""What readers, service accounts and API tokens mean for a database that knows of neither."""

import pytest
import sqlalchemy as sa

from eoscperf.db import make_engine
from eoscperf.scripts.migrations import Migrations

ANN = "5f0cbb1e5a5c4b6e9a0e2d8b7a2f6c11"


@pytest.fixture
def database(empty_database_url):
    engine = make_engine(empty_database_url, poolclass=sa.NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def migrations(database):
    return Migrations(database)


def execute(database, *statements):
    with database.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


def rows(database, statement):
    with database.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement))]


def test_accounts_keep_what_they_had_and_what_refers_to_them(migrations, database):
    migrations.upgrade("core@core_0002")
    execute(
        database,
        f"INSERT INTO users VALUES ('{ANN}', 'i', 'ann', 'ann@example.org', 'admin',"
        " '2024-05-01 12:00:00.000000', 'ann')",
        "INSERT INTO log_entries (datetime, action, resource_type, resource_id, actor_id)"
        f" VALUES ('2024-05-01 12:00:00.000000', 'approve', 'site', 'x', '{ANN}')",
    )
    migrations.upgrade("core@core_0003")
    assert rows(database, "SELECT sub, role, kind, description, disabled_datetime FROM users") == [
        ("ann", "admin", "person", None, None)
    ]
    assert rows(database, "SELECT count(*) FROM log_entries WHERE actor_id IS NOT NULL") == [(1,)]
    execute(database, "UPDATE users SET role = 'reader', kind = 'service'")
    migrations.downgrade("core@core_0002")
    assert rows(database, "SELECT sub, role FROM users") == [("ann", "user")]
    assert rows(database, "SELECT count(*) FROM log_entries WHERE actor_id IS NOT NULL") == [(1,)]
    migrations.upgrade("core@core_0003")


@pytest.mark.parametrize("change", ["role = 'owner'", "kind = 'robot'", "kind = NULL"])
def test_roles_and_kinds_are_those_that_there_are(migrations, database, change):
    migrations.upgrade("core@core_0003")
    execute(
        database,
        "INSERT INTO users (id, iss, sub, email, role, registration_datetime, search_text)"
        f" VALUES ('{ANN}', 'i', 'ann', 'ann@example.org', 'reader', '2024-05-01 12:00:00.000000', 'ann')",
    )
    with pytest.raises(sa.exc.IntegrityError):
        execute(database, f"UPDATE users SET {change}")


def test_tokens_go_with_their_account(migrations, database):
    migrations.upgrade("core@core_0003")
    moment = "2024-05-01 12:00:00.000000"
    execute(
        database,
        "INSERT INTO users (id, iss, sub, email, role, registration_datetime, search_text)"
        f" VALUES ('{ANN}', 'i', 'ann', 'ann@example.org', 'user', '{moment}', 'ann')",
        "INSERT INTO api_tokens (id, user_id, name, digest, hint, scope, created_datetime, expires_datetime)"
        f" VALUES ('{ANN}', '{ANN}', 'x', 'd', 'eoscp_', 'read', '{moment}', '{moment}')",
        "DELETE FROM users",
    )
    assert rows(database, "SELECT id FROM api_tokens") == []
