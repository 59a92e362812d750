"""The client against the real application, and a command line of its own for each test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from eoscperf.client import Client, Retries, Sessions
from eoscperf.client.cli import main
from eoscperf.client.cli.base import Settings
from tests.functional.conftest import api as api
from tests.functional.conftest import (  # noqa: F401
    app,
    issuer,
    make,
    make_app,
    set_rate,
    set_setting,
    shared_app,
)
from tests.functional.conftest import conformance as conformance

SERVER = "https://perf.example.org"


class Waits:
    """Takes the place of waiting: remembers for how long."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees or changes the log-ins of whoever runs it."""
    for name in ("EOSCPERF_SERVER", "EOSCPERF_TOKEN", "EOSCPERF_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("EOSCPERF_CONFIG_DIR", str(tmp_path / "config"))


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions(tmp_path / "config")


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def retries(waits: Waits) -> Retries:
    """Waits no time, and jitter adds nothing."""
    return Retries(sleep=waits, jitter=lambda: 1.0)


@pytest.fixture
def platform(app: Any) -> httpx.BaseTransport:  # noqa: F811
    """The application, without a network between."""
    return httpx.WSGITransport(app=app)


@pytest.fixture
def client_of(platform: httpx.BaseTransport, api: Any, retries: Retries) -> Callable[..., Client]:
    """A client for somebody, named as for the fixture `api`; None: for anybody."""

    def client_of(who: Any = None, **options: Any) -> Client:
        token = None if who is None else api.token(who)
        return Client(SERVER, token, transport=platform, retries=retries, anonymous=who is None, **options)

    return client_of


class Terminal:
    """Runs `eoscperf` as somebody: `terminal("sites", "list", as_="user")`."""

    def __init__(self, settings: dict[str, Any], token: Callable[[Any], str]) -> None:
        self.settings = settings
        self._token = token

    def __call__(
        self,
        *arguments: str,
        as_: Any = None,
        code: int = 0,
        stdin: Any = None,
        env: dict[str, str] | None = None,
    ) -> Result:
        settings = Settings(**self.settings)
        given = {"EOSCPERF_SERVER": SERVER} | ({} if as_ is None else {"EOSCPERF_TOKEN": self._token(as_)})
        done = CliRunner().invoke(
            main, [str(one) for one in arguments], input=stdin, env=given | (env or {}), obj=settings
        )
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == code, (done.exit_code, done.stdout, done.stderr)
        if code:
            assert "Traceback" not in done.stderr
        return done

    def json(self, *arguments: str, **options: Any) -> Any:
        return json.loads(self(*arguments, "-o", "json", **options).stdout)


@pytest.fixture
def terminal(platform: httpx.BaseTransport, api: Any, retries: Retries) -> Terminal:
    return Terminal({"transport": platform, "retries": retries}, api.token)
