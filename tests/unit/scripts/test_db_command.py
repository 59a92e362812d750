"""`eoscperf-admin db`, as it is typed."""

import os
import subprocess
import sys
import threading
import time

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from eoscperf.db import make_engine
from eoscperf.scripts.admin import main
from eoscperf.scripts.migrations import ADVISORY_LOCK

INI = """
[app:main]
use = egg:eoscperf
sqlalchemy.url = {url}
var = %(here)s/var
{more}
"""


@pytest.fixture
def ini(tmp_path):
    def write(url, more=""):
        path = tmp_path / "server.ini"
        path.write_text(INI.format(url=url.replace("%", "%%"), more=more))
        return str(path)

    return write


@pytest.fixture
def admin(ini, empty_database_url):
    """Runs a command on an installation with an empty database."""
    path = ini(empty_database_url)
    return lambda *words: CliRunner().invoke(main, ["-c", path, "db", *words])


@pytest.fixture
def database(empty_database_url):
    engine = make_engine(empty_database_url, poolclass=sa.NullPool)
    yield engine
    engine.dispose()


def test_upgrade_names_what_it_adds_and_a_second_one_has_nothing_to_do(admin):
    first, second = admin("upgrade"), admin("upgrade")
    assert first.exit_code == second.exit_code == 0
    assert "added core_0001" in first.output
    assert "added" not in second.output
    assert second.output.endswith("The schema is up to date.\n")


def test_status_tells_for_each_branch_what_it_lacks(admin):
    assert "core: at base" in admin("status").output
    assert "pending" in admin("status").output
    admin("upgrade")
    assert "core: at core_0" in admin("status").output
    assert "core: " in admin("status").output.splitlines()[0]
    assert admin("status").output.splitlines()[0].endswith("up to date")


def test_check_fails_until_the_schema_is_up_to_date(admin):
    before = admin("check")
    assert before.exit_code == 1
    assert before.output.startswith("core: ")
    admin("upgrade")
    after = admin("check")
    assert (after.exit_code, after.output) == (0, "The schema is up to date and agrees with the models.\n")


def test_check_fails_when_somebody_changed_a_table_by_hand(admin, database):
    admin("upgrade")
    with database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE stray (id INTEGER)")
    result = admin("check")
    assert (result.exit_code, result.output) == (1, "remove table: stray\n")


def test_downgrade_takes_a_branch_back(admin, database):
    admin("upgrade")
    result = admin("downgrade", "core@base")
    assert result.exit_code == 0
    assert "removed core_0001" in result.output
    assert sa.inspect(database).get_table_names() == ["alembic_version"]


def test_a_target_nobody_knows_is_refused_in_a_sentence(admin):
    result = admin("downgrade", "weather@base")
    assert result.exit_code == 1
    assert "weather@base names no branch and revision. Such as: core@base" in result.output


def test_upgrade_can_be_told_where_to_stop(admin):
    result = admin("upgrade", "--to", "core@core_0001")
    assert result.exit_code == 0
    assert "added core_0001" in result.output


def test_two_that_start_at_once_do_the_work_once(ini, empty_database_url):
    command = [sys.executable, "-m", "eoscperf.scripts.admin", "-c", ini(empty_database_url), "db", "upgrade"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert "".join(outputs).count("added core_0001") == 1


def test_one_that_finds_another_at_work_waits_and_says_so(databases, ini):
    url = databases.create("postgresql", migrated=False)
    engine = make_engine(url)
    waiting = sa.text(
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
        " WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
    )
    with engine.connect() as other, engine.connect() as observer:
        other.execute(sa.select(sa.func.pg_advisory_lock(ADVISORY_LOCK)))

        def release_when_awaited():
            while not observer.scalar(waiting):
                observer.rollback()
                time.sleep(0.01)
            other.execute(sa.select(sa.func.pg_advisory_unlock(ADVISORY_LOCK)))

        releasing = threading.Thread(target=release_when_awaited)
        releasing.start()
        result = CliRunner().invoke(main, ["-c", ini(url), "db", "upgrade", "--to", "core@head"])
        releasing.join()
    engine.dispose()
    databases.drop(url)
    assert result.exit_code == 0
    assert "another process is changing the schema; waiting for it\nadded core_0001" in result.output


def test_the_folder_of_an_sqlite_file_is_made(ini, tmp_path):
    path = ini(f"sqlite:///{tmp_path}/not/yet/there.sqlite", "secret = long enough to sign something")
    assert CliRunner().invoke(main, ["-c", path, "db", "upgrade"]).exit_code == 0
    assert (tmp_path / "not/yet/there.sqlite").is_file()


def test_all_wrong_settings_are_named_at_once(ini):
    path = ini("sqlite://", "moderation.undo_minutes = soon\nno.such_thing = 1")
    result = CliRunner().invoke(main, ["-c", path, "db", "status"])
    assert result.exit_code == 2
    assert "moderation.undo_minutes" in result.output
    assert "no.such_thing" in result.output
    assert "Traceback" not in result.output


def test_a_database_that_is_away_is_one_sentence_without_the_password(ini):
    path = ini("postgresql://someone:hidden@127.0.0.1:1/nothing")
    result = CliRunner().invoke(main, ["-c", path, "db", "status"])
    assert result.exit_code == 2
    assert result.output.startswith(
        "The database postgresql+psycopg://someone:***@127.0.0.1:1/nothing cannot"
    )
    assert "hidden" not in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Name the ini file of the installation"),
        (["-c", "/no/such.ini"], "There is no file /no/such.ini."),
    ],
)
def test_an_ini_file_must_be_named_and_exist(arguments, message):
    result = CliRunner(env={"EOSCPERF_CONFIG": None}).invoke(main, [*arguments, "db", "status"])
    assert result.exit_code == 2
    assert message in result.output


def test_the_ini_file_may_come_from_the_environment(ini, tmp_path):
    path = ini(f"sqlite:///{tmp_path}/some.sqlite")
    result = CliRunner(env={"EOSCPERF_CONFIG": path}).invoke(main, ["db", "status"])
    assert result.exit_code == 0


@pytest.fixture
def guestbook(tmp_path):
    """Runs commands where a plug-in with a table of its own is installed: exit code and output."""
    home = tmp_path / "site"
    (home / "guestbook").mkdir(parents=True)
    (home / "guestbook-1.0.dist-info").mkdir()
    (home / "guestbook-1.0.dist-info/METADATA").write_text(
        "Metadata-Version: 2.1\nName: guestbook\nVersion: 1.0\n"
    )
    (home / "guestbook-1.0.dist-info/entry_points.txt").write_text(
        "[eoscperf.plugins]\nguestbook = guestbook\n"
    )
    (home / "guestbook/__init__.py").write_text("def includeme(config): pass\n")
    (home / "guestbook/models.py").write_text(
        "import uuid\n"
        "import sqlalchemy as sa\n"
        "from sqlalchemy.orm import Mapped, mapped_column\n"
        "from eoscperf.db import Base\n"
        "class Entry(Base):\n"
        "    __tablename__ = 'guestbook_entries'\n"
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
        "    text: Mapped[str]\n"
        "    result_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey('results.id'))\n"
    )
    # What a command needs of others is loaded once; each command then runs in a process of its own,
    # which knows only the plug-ins that its ini file enables.
    forks = (
        "import os, sys\n"
        "import eoscperf.scripts.db, eoscperf.scripts.migrations\n"
        "import cornice, httpx, psycopg, sqlite3, zstandard\n"
        "from eoscperf.scripts.admin import main\n"
        "for line in sys.stdin:\n"
        "    output, *words = line.rstrip().split('\\t')\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)\n"
        "        os.dup2(file, 1)\n"
        "        os.dup2(file, 2)\n"
        "        main(words)\n"
        "    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", forks],
        env={**os.environ, "PYTHONPATH": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def admin(*words):
            output = tmp_path / "output"
            print(output, *words, sep="\t", file=process.stdin, flush=True)
            return int(process.stdout.readline()), output.read_text()

        yield admin
        process.stdin.close()
        assert process.wait() == 0


def test_a_plugin_gets_a_branch_of_its_own_written_applied_disabled_and_removed(
    guestbook, ini, empty_database_url
):
    def admin(path, *words):
        return guestbook("-c", path, "db", *words)

    path = ini(empty_database_url, "eoscperf.plugins = guestbook")
    assert admin(path, "upgrade")[0] == 0
    code, output = admin(path, "check")
    assert (code, output) == (1, "add table: guestbook_entries\n")
    code, output = admin(path, "revision", "guestbook", "-m", "entries")
    assert code == 0, output
    assert "guestbook/migrations/guestbook_0001_entries.py" in output
    code, output = admin(path, "upgrade")
    assert "added guestbook_0001: entries" in output
    assert admin(path, "check")[0] == 0

    path = ini(empty_database_url)
    assert "guestbook: at guestbook_0001, newest guestbook_0001, not enabled" in admin(path, "status")[1]
    assert admin(path, "check")[0] == 0
    assert admin(path, "upgrade")[0] == 0
    code, output = admin(path, "downgrade", "guestbook@base")
    assert (code, output) == (0, "removed guestbook_0001: entries\nDone.\n")
    assert admin(path, "check")[0] == 0
