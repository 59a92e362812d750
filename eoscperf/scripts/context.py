"""What every command of `eoscperf-admin` starts from: settings, database, application of the ini file."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import plaster
import sqlalchemy as sa
from pyramid import paster, scripting
from pyramid.exceptions import ConfigurationError

from eoscperf import settings
from eoscperf.db import make_engine


class Unusable(click.ClickException):
    """The ini file, its settings or what they point to cannot be worked with; exit code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(self.format_message(), file=file, err=True)


class Context:
    """The ini file of a command line and what follows from it, made when first asked for."""

    def __init__(self, config: str | None):
        self._config = config

    @property
    def config(self) -> str:
        """The ini file; Unusable when none is named or it is not there."""
        if self._config is None:
            raise Unusable(
                "Name the ini file of the installation: eoscperf-admin -c INI, or EOSCPERF_CONFIG."
            )
        if not Path(self._config.partition("#")[0]).is_file():
            raise Unusable(f"There is no file {self._config}.")
        return self._config

    @functools.cached_property
    def settings(self) -> dict[str, Any]:
        """The validated settings; Unusable with every problem found in them."""
        with _readable():
            given = paster.get_appsettings(self.config)
            return settings.load({**given, "here": given.global_conf["here"]})

    @functools.cached_property
    def _engine(self) -> sa.Engine:
        with _readable():
            url = sa.make_url(self.settings["sqlalchemy.url"])
            if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
                Path(url.database).parent.mkdir(parents=True, exist_ok=True)
            return make_engine(url, poolclass=sa.NullPool)

    def engine(self) -> sa.Engine:
        """The database, without a pool: a command needs one connection at a time."""
        return self._engine

    @functools.cached_property
    def _app(self) -> Any:
        with _readable():
            return paster.get_app(self.config)

    def app(self) -> Any:
        """The application as the server would run it; its registry is `.registry`."""
        return self._app

    @contextlib.contextmanager
    def request(self, *, writing: bool = True) -> Iterator[Any]:
        """A request outside any server, in a transaction committed at the end unless an exception leaves.

        Unless it is for reading only, it waits at the start for others who write.
        """
        registry = self.app().registry
        try:
            with scripting.prepare(registry=registry) as environment:
                request = environment["request"]
                # Its session goes by the method. One that has only read when it comes to write cannot become
                # a writer on SQLite once somebody else has written.
                request.method = "POST" if writing else "GET"
                with request.tm:
                    yield request
        finally:
            # A command ends here; it leaves no connection for the garbage collector to close.
            registry["dbengine"].dispose()


pass_context = click.make_pass_decorator(Context)
"""Gives a command the `Context` as its first argument."""


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    """Turn what an operator can repair into one message instead of a traceback."""
    try:
        yield
    except (ConfigurationError, plaster.PlasterError, LookupError, OSError, sa.exc.ArgumentError) as problem:
        raise Unusable(str(problem)) from problem
