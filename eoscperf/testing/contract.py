"""What every plug-in has to keep to, as tests that its author inherits.

    pytest_plugins = ["eoscperf.testing.databases"]     # in the plug-in's conftest.py

    class TestContract(PluginContract):
        plugin = "notes"

The tests with a database run on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import ast
import contextlib
import re
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

import pytest
import sqlalchemy as sa
from pyramid.interfaces import IExceptionResponse
from pyramid.security import NO_PERMISSION_REQUIRED

import eoscperf
from eoscperf import extend
from eoscperf.db import make_engine
from eoscperf.extend.claims import CORE, claims
from eoscperf.options import REQUIRED
from eoscperf.rest.openapi import document
from eoscperf.rest.service import api_services
from eoscperf.scripts.migrations import Migrations, owner_of
from eoscperf.security.permissions import permissions

_PLACEHOLDER = re.compile(r"\{[_a-zA-Z][^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
_OLD_PLACEHOLDER = re.compile(r"[:*]([_a-zA-Z]\w*)")


class PluginContract:
    """Inherit this, name the plug-in, and pytest checks it."""

    plugin: ClassVar[str]
    settings: ClassVar[Mapping[str, str]] = {}
    """what must be set for it to start, beside the defaults"""
    open_routes: ClassVar[tuple[str, ...]] = ()
    """routes whose views deliberately look at nobody's permission (NO_PERMISSION_REQUIRED)"""

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, tmp_path_factory: pytest.TempPathFactory) -> Subject:
        return Subject(cls.plugin, cls.settings, tmp_path_factory.mktemp("contract"))

    def test_it_starts_alone(self, subject: Subject) -> None:
        none_found(subject.start_problems())

    def test_it_starts_with_all_others(self, subject: Subject) -> None:
        none_found(subject.start_problems(others=True))

    def test_starting_touches_neither_database_nor_network(self, subject: Subject) -> None:
        none_found(subject.touched())

    def test_every_view_declares_a_permission(self, subject: Subject) -> None:
        none_found(undeclared_views(subject.registry, subject.plugin, open_routes=self.open_routes))

    def test_every_path_placeholder_has_a_pattern(self, subject: Subject) -> None:
        none_found(bare_placeholders(subject.registry, subject.plugin))

    def test_its_names_begin_with_its_own(self, subject: Subject) -> None:
        none_found(foreign_names(subject.registry, subject.plugin))

    def test_its_settings_are_described(self, subject: Subject) -> None:
        none_found(subject.undescribed_settings())

    def test_its_templates_sit_in_a_folder_of_its_name(self, subject: Subject) -> None:
        none_found(subject.stray_templates())

    def test_it_imports_no_other_plugin(self, subject: Subject) -> None:
        none_found(subject.imported_plugins())

    def test_the_openapi_document_stays_valid(self, subject: Subject) -> None:
        none_found(openapi_problems(subject.registry))

    def test_its_operations_are_documented(self, subject: Subject) -> None:
        none_found(undocumented_operations(subject.registry, subject.plugin))

    def test_its_tables_come_and_go_with_its_migrations(
        self, subject: Subject, empty_database_url: str
    ) -> None:
        none_found(subject.migration_problems(empty_database_url))


def none_found(findings: list[str]) -> None:
    """AssertionError with every finding."""
    if findings:
        raise AssertionError("\n".join(findings))


class Subject:
    """An installed plug-in under examination; every finding is a sentence."""

    def __init__(self, plugin: str, settings: Mapping[str, str], folder: Path) -> None:
        self.plugin = plugin
        self.package = extend.plugin_package(plugin)
        self._settings = dict(settings)
        self._folder = folder
        self._registry: Any = None

    @property
    def registry(self) -> Any:
        """That of an application with this plug-in alone."""
        if self._registry is None:
            self._registry = self._started([self.plugin])
        return self._registry

    def start_problems(self, *, others: bool = False) -> list[str]:
        """Why it does not start, alone or with all other installed plug-ins."""
        names = [name for name in extend.installed() if name != self.plugin and _starts_with_defaults(name)]
        try:
            self._started([self.plugin, *(names if others else ())])
        except Exception as problem:
            # Whatever keeps it from starting is the finding.
            return [f"it does not start: {problem}"]
        return []

    def touched(self) -> list[str]:
        """The addresses and databases that were asked for while it started."""
        seen: list[str] = []
        self._started([self.plugin], seen)
        return seen

    def undescribed_settings(self) -> list[str]:
        found = []
        for option in extend.plugin_options(self.plugin):
            if not option.key.startswith(f"{self.plugin}."):
                found.append(f"the setting {option.key} is not named {self.plugin}.*")
            if len(option.help.split()) < 2:
                found.append(f"the setting {option.key} is not described")
        return found

    def stray_templates(self) -> list[str]:
        """Templates that another plug-in's may hide, or the core's."""
        return [
            f"{path.relative_to(folder)} is not in templates/{self.plugin}/"
            for folder in (root / "templates" for root in self._roots)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.relative_to(folder).parts[0] != self.plugin
        ]

    def imported_plugins(self) -> list[str]:
        others = {point.module: name for name, point in extend.installed().items() if name != self.plugin}
        found = []
        for root in self._roots:
            for path in sorted(root.rglob("*.py")):
                inside = path.relative_to(root).with_suffix("").parts
                package = ".".join([self.package.__name__, *inside[:-1]])
                for module in imported_modules(path.read_text(encoding="utf-8"), package):
                    hit = [name for other, name in others.items() if f"{module}.".startswith(f"{other}.")]
                    found += [f"{path.relative_to(root)} imports the plug-in {name}" for name in hit]
        return found

    def migration_problems(self, url: str) -> list[str]:
        """Brings an empty database up, takes the plug-in back and brings it up again."""
        engine = make_engine(url, poolclass=sa.NullPool)
        try:
            return self._migrated(engine)
        finally:
            engine.dispose()

    def _migrated(self, engine: sa.Engine) -> list[str]:
        core = Migrations(engine)
        core.upgrade()
        before, drifted = _tables(engine), set(core.drift())
        schema = Migrations(engine, [self.plugin])
        has_branch = any(branch.owner == self.plugin for branch in schema.status())
        owners = {self.plugin, *extend.installed()}
        # Twice, as what a downgrade leaves behind shows when the plug-in comes again.
        for _ in range(2 if has_branch else 1):
            schema.upgrade()
            found = [
                f"the table {table} does not begin with {self.plugin}_"
                for table in sorted(_tables(engine) - before)
                if owner_of(table, owners) != self.plugin
            ]
            differences = [line for line in schema.drift() if line not in drifted]
            found += [f"models and tables differ after the upgrade: {line}" for line in differences]
            if has_branch:
                schema.downgrade(f"{self.plugin}@base")
            after = _tables(engine)
            found += [f"the table {name} is left after the downgrade" for name in sorted(after - before)]
            found += [
                f"the downgrade removed the table {name} of the core" for name in sorted(before - after)
            ]
            if found:
                return found
            differences = [line for line in core.drift() if line not in drifted]
            if differences:
                return [f"the downgrade changed the tables of the core: {line}" for line in differences]
        return []

    @property
    def _roots(self) -> list[Path]:
        return [Path(place) for place in self.package.__path__]

    def _started(self, plugins: list[str], seen: list[str] | None = None) -> Any:
        engine = make_engine("sqlite://")
        settings = {
            "sqlalchemy.url": "sqlite://",
            "eoscperf.engine": engine,
            "secret": "a secret for tests",
            "var": str(self._folder),
            "eoscperf.plugins": " ".join(plugins),
        }
        with _watched(engine, [] if seen is None else seen):
            app = eoscperf.main({}, **(settings | self._settings))
        app.registry["eoscperf.bearer"].close()
        engine.dispose()
        return app.registry


def undeclared_views(registry: Any, owner: str = CORE, *, open_routes: tuple[str, ...] = ()) -> list[str]:
    """Views of an owner without a permission, or with one that nobody declared."""
    found = []
    for view, permission in _views(registry, owner):
        route = view["route_name"] or view["name"]
        shown = f"the view of {route} ({_method(view)})"
        if permission is None:
            found.append(f"{shown} declares no permission")
        elif permission == NO_PERMISSION_REQUIRED:
            if owner != CORE and route not in open_routes:
                found.append(f"{shown} is open to everybody; site:view says so with a permission")
        elif permission not in permissions(registry):
            found.append(f"{shown} asks for the permission {permission}, which nobody declared")
    return found


def bare_placeholders(registry: Any, owner: str = CORE) -> list[str]:
    """Placeholders of routes that would match anything, such as the verb of another route."""
    found = []
    for entry in registry.introspector.get_category("routes") or ():
        route = entry["introspectable"]
        if _owner(route) != owner or route["name"].startswith("__"):
            continue
        inside = [text[1:-1] for text in _PLACEHOLDER.findall(route["pattern"])]
        bare = [text for text in inside if ":" not in text]
        bare += _OLD_PLACEHOLDER.findall(_PLACEHOLDER.sub("", route["pattern"]))
        found += [f"the placeholder {name} of the route {route['name']} has no pattern" for name in bare]
    return found


def foreign_names(registry: Any, plugin: str) -> list[str]:
    """What a plug-in registered under a name that does not begin with its own."""
    own = {
        "route": rf"{plugin}\.[a-z0-9_.]+",
        "api_service": rf"{plugin}_[a-z0-9_]+",
        "permission": rf"{plugin}:[a-z0-9_]+",
    }
    mounted = set(api_services(registry))
    return [
        f"the {made.kind.replace('_', ' ')} {made.name} does not begin with {plugin}"
        for made in claims(registry, owner=plugin)
        if made.kind in own
        and not re.fullmatch(own[made.kind], made.name)
        and not (made.kind == "route" and (made.name in mounted or made.name.startswith("__")))
    ]


def openapi_problems(registry: Any) -> list[str]:
    """What is wrong with the OpenAPI document of an application."""
    from openapi_spec_validator import OpenAPIV31SpecValidator

    made = document(registry)
    schemas = {f"#/components/schemas/{name}" for name in made["components"]["schemas"]}
    dangling = {ref for ref in _references(made) if ref.startswith("#/components/schemas/")} - schemas
    if dangling:  # which the validator would stumble over
        return [f"there is no schema {ref.rpartition('/')[2]}" for ref in sorted(dangling)]
    return [error.message for error in OpenAPIV31SpecValidator(made).iter_errors()]


def undocumented_operations(registry: Any, owner: str) -> list[str]:
    """Operations without a summary (the first line of the view's docstring) or without what they return."""
    mine = {made.name for made in claims(registry, owner=owner, kind="api_service")}
    found = []
    for name in sorted(mine):
        for _, view, operation in api_services(registry)[name].operations():
            if not (getattr(view, "__doc__", "") or "").strip():
                found.append(f"the operation {operation.id} has no docstring")
            if operation.status != 204 and operation.returns is None:
                found.append(f"the operation {operation.id} does not say what it returns")
    return found


def imported_modules(source: str, package: str) -> set[str]:
    """The full names of what a module of `package` imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            base = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            found |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return found


def _views(registry: Any, owner: str) -> Iterator[tuple[Any, str | None]]:
    operations = api_services(registry)
    for entry in registry.introspector.get_category("views") or ():
        view = entry["introspectable"]
        if _owner(view) != owner or view["exception_only"] or _method(view) == "OPTIONS":
            continue
        if (view["route_name"] or "").startswith("__") or _for_errors(view["context"]):
            continue
        if view["route_name"] in operations and view["request_methods"] is None:
            continue  # answers 405 to the methods that the service does not have
        related = [other["value"] for other in entry["related"] if other.category_name == "permissions"]
        yield view, (related[0] if related else None)


def _for_errors(context: Any) -> bool:
    """Whether a view answers exceptions: those happen before or after any permission."""
    if isinstance(context, type):
        return issubclass(context, BaseException)
    return context is IExceptionResponse


def _owner(introspectable: Any) -> str:
    return getattr(introspectable.action_info, "owner", CORE)


def _method(view: Any) -> str:
    methods = view["request_methods"] or "any method"
    return methods if isinstance(methods, str) else ", ".join(methods)


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, (list, tuple)):
        for value in node:
            yield from _references(value)


def _tables(engine: sa.Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names()) - {"alembic_version"}


def _starts_with_defaults(plugin: str) -> bool:
    return all(option.default is not REQUIRED for option in extend.plugin_options(plugin))


@contextlib.contextmanager
def _watched(engine: sa.Engine, seen: list[str]) -> Iterator[None]:
    """Notes every connection that is tried meanwhile."""

    def connects(dialect: Any, record: Any, arguments: Any, parameters: Any) -> None:
        seen.append("it asked for a connection to the database")

    def tries(self: socket.socket, address: Any) -> None:
        seen.append(f"it tried to reach {address}")
        raise OSError("the network is not there while a plug-in starts")

    def resolves(host: Any, *rest: Any, **options: Any) -> Any:
        seen.append(f"it looked up {host}")
        raise OSError("the network is not there while a plug-in starts")

    sa.event.listen(engine, "do_connect", connects)
    with (
        mock.patch.object(socket.socket, "connect", tries),
        mock.patch.object(socket, "getaddrinfo", resolves),
    ):
        yield
