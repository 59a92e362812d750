"""Every branch goes up from nothing, down to nothing and up again, and gives what the models say."""

from pathlib import Path

import alembic
import pytest
import sqlalchemy as sa

from eoscperf import extend
from eoscperf.db import Base, make_engine
from eoscperf.scripts.migrations import CORE, MigrationProblem, Migrations, owner_of, script_location

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def database(empty_database_url):
    engine = make_engine(empty_database_url, poolclass=sa.NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def migrations(database):
    return Migrations(database, extend.installed())


@pytest.fixture
def from_models(databases, database_kind, migrations):
    """A database made from the models, without migrations."""
    url = databases.create(database_kind, migrated=False)
    engine = make_engine(url, poolclass=sa.NullPool)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()
    databases.drop(url)


def tables(engine):
    return set(sa.inspect(engine).get_table_names()) - {"alembic_version"}


def described(engine):
    """Everything the database tells about its tables, except the order of columns."""
    inspector = sa.inspect(engine)
    described = {}
    for table in tables(engine):
        columns = {
            column["name"]: (str(column["type"]), column["nullable"], column["default"])
            for column in inspector.get_columns(table)
        }
        rules = [
            *inspector.get_check_constraints(table),
            *inspector.get_foreign_keys(table),
            *inspector.get_unique_constraints(table),
            *inspector.get_indexes(table),
            inspector.get_pk_constraint(table),
        ]
        described[table] = (columns, sorted(map(spelled_out, rules)))
    return described


def spelled_out(value):
    """Text to compare by: SQL expressions are objects that equal only themselves."""
    if isinstance(value, dict):
        return str({key: spelled_out(item) for key, item in sorted(value.items())})
    return str(value)


def test_an_empty_database_comes_up_to_the_newest_revisions(migrations):
    migrations.upgrade()
    assert [branch for branch in migrations.status() if branch.pending] == []


def test_what_migrations_build_is_what_the_models_describe(migrations, database, from_models):
    migrations.upgrade()
    assert migrations.drift() == []
    assert described(database) == described(from_models)


def test_each_branch_goes_down_without_touching_the_others_and_comes_up_again(migrations, database):
    migrations.upgrade()
    everything = described(database)
    owners = [branch.owner for branch in migrations.status()]
    for owner in owners:
        if owner == CORE:
            continue
        migrations.downgrade(f"{owner}@base")
        assert tables(database) == {table for table in everything if owner_of(table, owners) != owner}
        migrations.upgrade()
        assert described(database) == everything


def test_taking_the_core_down_takes_everything_down(migrations, database, database_kind):
    migrations.upgrade()
    everything = described(database)
    migrations.downgrade("core@base")
    assert tables(database) == set()
    if database_kind == "postgresql":
        with database.connect() as connection:
            left = connection.scalars(sa.text("SELECT typname FROM pg_type WHERE typtype = 'e'")).all()
        assert left == []
    migrations.upgrade()
    assert described(database) == everything


def test_upgrading_twice_changes_nothing(migrations, database):
    migrations.upgrade()
    everything = described(database)
    Migrations(database, extend.installed()).upgrade()
    assert described(database) == everything


def test_only_enabled_plugins_are_brought_up_unless_all_are_asked_for(database):
    core_alone = Migrations(database)
    core_alone.upgrade()
    status = {branch.owner: branch for branch in core_alone.status()}
    assert all((branch.current is None) == (owner != CORE) for owner, branch in status.items())
    assert core_alone.drift() == []
    core_alone.upgrade("heads")
    assert not any(branch.pending for branch in core_alone.status())
    assert core_alone.drift() == []


def test_a_difference_between_models_and_database_is_named(migrations, database):
    migrations.upgrade()
    with database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE stray (id INTEGER)")
        connection.exec_driver_sql("DROP INDEX ix_results_status_upload")
    assert migrations.drift() == ["add index: results.ix_results_status_upload", "remove table: stray"]


def test_a_database_ahead_of_the_installation_is_explained(migrations, database):
    migrations.upgrade()
    with database.begin() as connection:
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('from_the_future')"))
    with pytest.raises(MigrationProblem, match=r"from_the_future.*not installed any more, or a newer"):
        migrations.status()
    with pytest.raises(MigrationProblem, match="from_the_future"):
        migrations.upgrade()


@pytest.mark.parametrize("target", ["core", "@base", "nobody@base", "core@"])
def test_a_downgrade_needs_a_branch_and_a_revision(migrations, target):
    with pytest.raises(MigrationProblem, match="Such as: core@base"):
        migrations.downgrade(target)


def test_an_unknown_target_is_explained(migrations):
    with pytest.raises(MigrationProblem, match="nowhere"):
        migrations.upgrade("core@nowhere")


def test_text_is_ordered_by_code_point_everywhere(engine, database_kind):
    if database_kind == "sqlite":
        with engine.connect() as connection:
            definitions = connection.scalars(
                sa.text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
            ).all()
        assert [definition for definition in definitions if "COLLATE" in definition.upper()] == []
        return
    with engine.connect() as connection:
        others = connection.execute(
            sa.text(
                "SELECT table_name, column_name FROM information_schema.columns"
                " WHERE table_schema = 'public' AND table_name <> 'alembic_version' AND data_type = 'text'"
                " AND collation_name IS DISTINCT FROM 'C'"
            )
        ).all()
    assert others == []


def test_the_folder_of_revisions_does_not_shadow_the_library():
    assert not (CHECKOUT / "alembic" / "__init__.py").exists()
    assert CHECKOUT / "alembic" not in Path(alembic.__file__).parents
    assert script_location().resolve() == CHECKOUT / "alembic"


@pytest.mark.parametrize(
    ("table", "owner"),
    [
        ("results", "core"),
        ("mail_outbox", "mail"),
        ("mailing", "core"),
        ("mail", "core"),
        ("mail_digest_entries", "mail_digest"),
    ],
)
def test_the_longest_prefix_tells_whose_a_table_is(table, owner):
    assert owner_of(table, ["core", "mail", "mail_digest"]) == owner
