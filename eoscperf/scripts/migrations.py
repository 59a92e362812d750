"""The schema of the database: one alembic branch per owner (the core, each plug-in) in one version table.

An owner's branch carries its name as label. Its tables are those with the prefix `<owner>_`; all
others are the core's. Revisions of installed plug-ins that are not enabled stay known, as the
database may have them, but only the branches of the core and of enabled plug-ins are brought up.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import alembic.autogenerate
import alembic.command
import alembic.config
import alembic.script
import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy.dialects import postgresql

import eoscperf
from eoscperf import extend
from eoscperf.db import UTCDateTime, metadata

CORE = "core"

# Any number will do that no other program on the same PostgreSQL database takes for its own locks.
ADVISORY_LOCK = 0x656F7363_70657266


class MigrationProblem(Exception):
    """The schema cannot be read or changed as asked; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Branch:
    """Where an owner's part of the schema stands: what the database has, the newest, how many it lacks."""

    owner: str
    enabled: bool
    current: str | None
    head: str
    pending: int


class Migrations:
    """The schema of one database, for the core and the enabled plug-ins."""

    def __init__(
        self, engine: sa.Engine, plugins: Iterable[str] = (), *, say: Callable[[str], None] | None = None
    ):
        plugins = tuple(plugins)
        extend.import_models(plugins)
        self._engine = engine
        self._say = say or (lambda line: None)
        self._script = alembic.script.ScriptDirectory.from_config(alembic_config())
        self._owners = _owners(self._script)
        self._known = {CORE, *plugins, *self._owners, *extend.installed()}
        self._enabled = [CORE, *plugins]

    def upgrade(self, target: str | None = None) -> None:
        """Bring the core and the enabled plug-ins up, or just what is named: `heads`, `branch@revision`."""
        branches = [f"{owner}@head" for owner in self._enabled if owner in self._owners]
        self._change(alembic.command.upgrade, [target] if target else branches)

    def downgrade(self, target: str) -> None:
        """Go back to `branch@revision` or, to remove an owner's tables altogether, to `branch@base`."""
        owner, _, revision = target.partition("@")
        if not revision or owner not in self._owners:
            known = ", ".join(f"{name}@base" for name in self._owners)
            raise MigrationProblem(f"{target} names no branch and revision. Such as: {known}.")
        self._change(alembic.command.downgrade, [target])

    def status(self) -> list[Branch]:
        """Every known branch, the core first."""
        applied = self._applied()
        branches = []
        for owner, revisions in self._owners.items():
            done = [revision for revision in revisions if revision in applied]
            branches.append(
                Branch(
                    owner=owner,
                    enabled=owner in self._enabled,
                    current=done[-1] if done else None,
                    head=revisions[-1],
                    pending=len(revisions) - len(done),
                )
            )
        return branches

    def drift(self) -> list[str]:
        """How the tables in the database differ from the models, one line each; empty when they agree."""
        with self._engine.connect() as connection:
            context = MigrationContext.configure(connection, opts=comparison(self._enabled, self._known))
            found = alembic.autogenerate.compare_metadata(context, metadata)
        items = [item for group in found for item in (group if isinstance(group, list) else [group])]
        return sorted(_difference(item) for item in items)

    def write_revision(self, owner: str, message: str) -> list[str]:
        """Write what brings `owner`'s tables from the database's state to the models'; the files written."""
        first = owner not in self._owners
        location = _location(owner)
        location.mkdir(exist_ok=True)
        written = self._run(
            lambda config: alembic.command.revision(
                config,
                message,
                autogenerate=True,
                head="base" if first else f"{owner}@head",
                branch_label=owner if first else None,
                depends_on=f"{CORE}@head" if first and owner != CORE else None,
                version_path=str(location),
                # Two changes that were written side by side collide here, where people see it.
                rev_id=f"{owner}_{len(self._owners.get(owner, ())) + 1:04}",
            ),
            compared=[owner],
            # alembic demands that the database has every branch it is shown, but plug-ins that merely
            # are installed have none there.
            branches={*self._enabled, *(branch.owner for branch in self.status() if branch.current), owner},
        )
        return [script.path for script in (written if isinstance(written, list) else [written]) if script]

    def _change(self, command: Callable[..., None], targets: list[str]) -> None:
        for target in targets:
            self._run(functools.partial(command, revision=target), compared=self._enabled)

    def _run(
        self,
        command: Callable[[alembic.config.Config], Any],
        *,
        compared: Iterable[str],
        branches: Iterable[str] | None = None,
    ) -> Any:
        """Run an alembic command on a connection of its own while nobody else changes the schema."""
        config = alembic_config(branches)
        options = comparison(compared, self._known) | {"on_version_apply": self._report}
        config.attributes["options"] = options
        try:
            with _alone(self._engine, self._say) as connection:
                config.attributes["connection"] = connection
                return command(config)
        except CommandError as problem:
            raise _explained(problem) from problem

    def _report(self, *, step: Any, **rest: Any) -> None:
        revision = step.up_revision
        self._say(f"{'added' if step.is_upgrade else 'removed'} {revision.revision}: {revision.doc}")

    def _applied(self) -> set[str]:
        """Every revision whose changes are in the database, also those another one implies."""
        with self._engine.connect() as connection:
            open_ends = list(MigrationContext.configure(connection).get_current_heads())
        applied: set[str] = set()
        try:
            while open_ends:
                for script in self._script.get_revisions(open_ends.pop()):
                    if script is not None and script.revision not in applied:
                        applied.add(script.revision)
                        for earlier in (script.down_revision, script.dependencies):
                            open_ends += [earlier] if isinstance(earlier, str) else earlier or ()
        except CommandError as problem:
            raise _explained(problem) from problem
        return applied


def script_location() -> Path:
    """The folder with env.py and the core's revisions: a link in a checkout, a real folder when installed."""
    return Path(eoscperf.__file__).parent / "migrations"


def alembic_config(branches: Iterable[str] | None = None) -> alembic.config.Config:
    """alembic's configuration for the branches of these owners; by default of every installed plug-in."""
    config = alembic.config.Config(cmd_opts=argparse.Namespace(quiet=True))
    if branches is None:
        folders = extend.migration_locations()
    else:
        folders = [str(_location(owner)) for owner in branches if owner != CORE and _location(owner).is_dir()]
    locations = [str(_location(CORE)), *folders]
    for option, value in {
        "script_location": str(script_location()),
        "path_separator": "newline",
        "version_locations": "\n".join(locations),
        "file_template": "%(rev)s_%(slug)s",
    }.items():
        config.set_main_option(option, value.replace("%", "%%"))
    return config


def comparison(owners: Iterable[str], known: Iterable[str]) -> dict[str, Any]:
    """How models and database are compared and changed: the tables of `owners` among those of all `known`."""
    wanted, known = set(owners), set(known)

    def include_object(item: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
        return kind != "table" or owner_of(name or "", known) in wanted

    return {
        "target_metadata": metadata,
        "include_object": include_object,
        "render_item": _rendered,
        "compare_type": True,
        # SQLite cannot alter much of a table; alembic copies it instead. Elsewhere this changes nothing.
        "render_as_batch": True,
        "transaction_per_migration": True,
    }


def owner_of(table: str, owners: Iterable[str]) -> str:
    """Whose a table is: the plug-in whose name it starts with, else the core's."""
    matching = [owner for owner in owners if owner != CORE and table.startswith(f"{owner}_")]
    return max(matching, key=len, default=CORE)


def _rendered(kind: str, item: Any, context: Any) -> str | Literal[False]:
    """The platform's column types under their own names; alembic would spell out what they consist of."""
    if kind != "type":
        return False
    if isinstance(item, UTCDateTime):
        context.imports.add("from eoscperf.db import UTCDateTime")
        return "UTCDateTime()"
    if isinstance(item, sa.Text) and item.collation is None and "postgresql" in item._variant_mapping:
        context.imports.add("from eoscperf.db import CodePointText")
        return "CodePointText"
    if isinstance(item, postgresql.JSONB):
        context.imports.add("from sqlalchemy.dialects import postgresql")
        return "postgresql.JSONB()"
    return False


def _location(owner: str) -> Path:
    if owner == CORE:
        return script_location() / "versions"
    try:
        package = extend.plugin_package(owner)
    except LookupError as problem:
        raise MigrationProblem(f"{problem}.") from problem
    return Path(package.__path__[0]) / "migrations"


def _owners(script: alembic.script.ScriptDirectory) -> dict[str, list[str]]:
    """The revisions of every owner, oldest first; the core first, then by name."""
    owners: dict[str, list[str]] = {}
    for base in script.get_bases():
        first = script.get_revision(base)
        if first is None or len(first.branch_labels) != 1:
            raise MigrationProblem(f"{base} begins a branch and must have its owner as its only label.")
        (owner,) = first.branch_labels
        owners[owner] = [revision.revision for revision in script.walk_revisions(base, f"{owner}@head")][::-1]
    return dict(sorted(owners.items(), key=lambda item: (item[0] != CORE, item[0])))


@contextlib.contextmanager
def _alone(engine: sa.Engine, say: Callable[[str], None]) -> Iterator[sa.Connection]:
    """A connection to change the schema with, while others that want to do the same wait."""
    lock = _alone_on_sqlite if engine.dialect.name == "sqlite" else _alone_on_postgresql
    with lock(engine, say) as connection:
        yield connection


@contextlib.contextmanager
def _alone_on_sqlite(engine: sa.Engine, say: Callable[[str], None]) -> Iterator[sa.Connection]:
    # Everything happens in one transaction, begun as a writer's.
    with engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        # A table is altered by copying and dropping it; with foreign keys on, dropping it would
        # delete what refers to it. The pragma has no effect inside a transaction.
        raw.execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.execution_options(sqlite_immediate=True).begin():
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if broken:
                    tables = ", ".join(sorted({row[0] for row in broken}))
                    raise MigrationProblem(f"Nothing was changed: rows would refer to nothing in {tables}.")
        finally:
            raw.execute("PRAGMA foreign_keys = ON")


@contextlib.contextmanager
def _alone_on_postgresql(engine: sa.Engine, say: Callable[[str], None]) -> Iterator[sa.Connection]:
    # Every revision has a transaction of its own, so the lock needs a connection of its own.
    with engine.connect() as holder, engine.connect() as connection:
        if not holder.scalar(sa.select(sa.func.pg_try_advisory_lock(ADVISORY_LOCK))):
            say("another process is changing the schema; waiting for it")
            holder.execute(sa.select(sa.func.pg_advisory_lock(ADVISORY_LOCK)))
        holder.commit()
        try:
            yield connection
        finally:
            holder.execute(sa.select(sa.func.pg_advisory_unlock(ADVISORY_LOCK)))
            holder.commit()


def _explained(problem: CommandError) -> MigrationProblem:
    text = str(problem)
    if text.startswith("Can't locate revision"):
        text += (
            ". A plug-in that is not installed any more, or a newer version, brought the database to it."
            " Install that again; before removing a plug-in, downgrade to <plug-in>@base."
        )
    elif text.startswith("Target database is not up to date"):
        text += " Upgrade it first, then write the revision."
    return MigrationProblem(text)


def _difference(item: Any) -> str:
    """One finding of the comparison as a line: what would have to happen to the database."""
    kind, *rest = item
    names = []
    for part in rest:
        if isinstance(part, (sa.Column, sa.Index, sa.Constraint)):
            names.append(f"{part.table}.{part.name}")
        elif isinstance(part, sa.Table):
            names.append(part.name)
        elif isinstance(part, (str, sa.types.TypeEngine, bool)):
            names.append(str(part))
    return f"{kind.replace('_', ' ')}: {', '.join(names)}"
