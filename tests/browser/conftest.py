"""A real Chromium on pages that a real server on this machine serves.

One database, one server and one browser for each process; tests only read. Chromium and chromedriver have to
be there: without them these tests fail.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
import waitress
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from sqlalchemy import orm

import eoscperf
from eoscperf.db import make_engine, utcnow
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.testing.databases import TestDatabases
from eoscperf.testing.factories import Make
from eoscperf.users.models import User
from tests.browser.chromium import AXE, Browser
from tests.browser.world import World

EMAIL, PASSWORD = "admin@example.org", "some quite ordinary words"
"""Of the administrator."""


class Site:
    """A served application: `url(path)`, and the ids of what it shows."""

    def __init__(self, base: str, app: Any, world: dict[str, Any]) -> None:
        self.base = base
        self.app = app
        self.world = world

    def url(self, path: str) -> str:
        return self.base + self.path(path)

    def path(self, path: str) -> str:
        return path.format(**self.world)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """The same without a browser."""
        return httpx.get(urljoin(self.base, self.path(path)), trust_env=False, timeout=30, **options)


@pytest.fixture(scope="session")
def served(databases: TestDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The application on a database of its own, served by a thread."""
    url = databases.create("sqlite", migrated=True)
    engine = make_engine(url)
    with orm.Session(engine, expire_on_commit=False) as session:
        ids = World(Make(session)).ids()
    # Connections from before the application was imported lack its functions.
    engine.dispose()
    listening = socket.create_server(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listening.getsockname()[1]}"
    app = eoscperf.main(
        {},
        **{
            "sqlalchemy.url": url,
            "eoscperf.engine": engine,
            "eoscperf.plugins": "accounts mail",
            "accounts.url": f"{base}/accounts",
            "accounts.signup": "open",
            "accounts.password_memory": "8",
            "var": str(tmp_path_factory.mktemp("var")),
            "secret": "a secret for tests",
            "rates.writes": "1000000/minute",
            "rates.exports": "1000000/minute",
            # A busy machine counts slowly.
            "limits.facet_seconds": "60",
        },
    )
    with orm.Session(engine) as session:
        _add_administrator(session, app.registry)
    server = waitress.create_server(app, sockets=[listening], threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield Site(base, app, ids)
    server.close()
    thread.join(10)
    app.registry["eoscperf.bearer"].close()
    engine.dispose()
    databases.drop(url)


def _add_administrator(session: orm.Session, registry: Any) -> None:
    """Somebody who may see every page."""
    person = LocalIdentity(
        email=EMAIL,
        email_key=EMAIL,
        password_hash=registry["accounts.passwords"].hash(PASSWORD),
        password_datetime=utcnow(),
    )
    session.add(person)
    session.flush()
    issuer = registry.settings["accounts.issuer"]
    session.add(User(iss=issuer, sub=str(person.id), email=EMAIL, role="admin"))
    session.commit()


@pytest.fixture(scope="session")
def chromium(served: Site) -> Iterator[Browser]:
    """The browser of this process; gone before the server is, which waits for its connections."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert program, "chromium is not installed"
    assert driver, "chromedriver is not installed"
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--no-first-run",
        "--disable-extensions",
        "--disable-component-update",
        "--disable-background-networking",
        "--no-proxy-server",
        # How days are typed depends on it.
        "--lang=en-US",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    started.set_page_load_timeout(30)
    started.set_script_timeout(30)
    yield Browser(started)
    started.quit()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """The browser as if it had just been started."""
    chromium.forget()
    chromium.set()
    yield chromium
    with contextlib.suppress(Exception):
        chromium.command("Emulation.setScriptExecutionDisabled", value=False)


@pytest.fixture
def logged_in(browser: Browser, served: Site) -> Browser:
    """The browser of the administrator, who has accepted the terms."""
    browser.open(served.url("/login"))
    browser.fill("login", EMAIL)
    browser.fill("password", PASSWORD)
    browser.send("login")
    browser.until(lambda: not browser.address()[0].startswith("/accounts/"))
    return browser


@pytest.fixture(scope="session", autouse=True)
def axe_is_as_published() -> None:
    for line in (AXE / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split()
        assert hashlib.sha256((AXE / name).read_bytes()).hexdigest() == digest
