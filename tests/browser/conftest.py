"""A real Chromium on pages that a real server on this machine serves.

One database, one server and one browser for each process; tests only read. Chromium and chromedriver have to
be there: without them these tests fail.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import waitress
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import ActionChains
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait
from sqlalchemy import orm

import eoscperf
from eoscperf.db import make_engine
from eoscperf.testing.databases import TestDatabases
from eoscperf.testing.factories import Make

AXE = Path(__file__).parent / "axe-4.14.1"

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

WIDE, NARROW = (1280, 900), (360, 740)


class World:
    """What is in the database that the pages show, by name."""

    def __init__(self, make: Make) -> None:
        # More sites than fit on a page.
        self.sites = [make.site(name=f"site-{number:02}", description="Machines.") for number in range(25)]
        self.site, self.empty_site = self.sites[0], self.sites[1]
        self.site.description = "# Lake *Grid*\n\nOpened in spring.\n\n- [its page](https://grid.example.org)"
        self.flavor = make.flavor(site=self.site, name="m1.large", description="8 cores, 32 GB")
        self.other_flavor = make.flavor(site=self.site, name="m1.small")
        self.empty_flavor = make.flavor(site=self.empty_site, name="m1.tiny")
        leaf = {"type": "object", "properties": {"count": {"type": "integer"}}}
        schema = {
            "type": "object",
            "properties": {
                "score": {
                    "type": "number",
                    "title": "Render time",
                    "x-unit": "s",
                    "x-better": "lower",
                    "x-headline": True,
                },
                "machine": {"type": "object", "properties": {"cpu": leaf}},
            },
        }
        self.benchmark = make.benchmark(
            docker_image="example/c-ray", docker_tag="1.2", json_schema=schema, description="Rays."
        )
        self.tag = make.tag("hpc", description="On a **cluster**")
        self.empty_tag = make.tag("unused")
        for number in range(12):
            self.result = make.result(
                benchmark=self.benchmark,
                flavor=self.flavor if number % 2 else self.other_flavor,
                json={"machine": {"cpu": {"count": 8 if number else 16}}, "score": 100.5 + number},
                execution_datetime=datetime.datetime(2024, 5, 1 + number, 12, tzinfo=datetime.UTC),
                tags=[self.tag],
            )


class Site:
    """A served application: `url(path)`, and the ids of what it shows."""

    def __init__(self, base: str, world: dict[str, Any]) -> None:
        self.base = base
        self.world = world

    def url(self, path: str) -> str:
        return self.base + path.format(**self.world)


@pytest.fixture(scope="session")
def served(databases: TestDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The application on a database of its own, served by a thread."""
    url = databases.create("sqlite", migrated=True)
    engine = make_engine(url)
    with orm.Session(engine) as session:
        world = World(Make(session))
        ids = {name: one.id for name, one in vars(world).items() if hasattr(one, "id")}
        session.commit()
    # Connections from before the application was imported lack its functions.
    engine.dispose()
    app = eoscperf.main(
        {},
        **{
            "sqlalchemy.url": url,
            "eoscperf.engine": engine,
            "var": str(tmp_path_factory.mktemp("var")),
            "secret": "a secret for tests",
            "rates.writes": "1000000/minute",
        },
    )
    listening = socket.create_server(("127.0.0.1", 0))
    server = waitress.create_server(app, sockets=[listening], threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{listening.getsockname()[1]}", ids)
    server.close()
    thread.join(10)
    app.registry["eoscperf.bearer"].close()
    engine.dispose()
    databases.drop(url)


class Browser:
    """Chromium, set to a width, a theme, with or without scripts; notices what goes wrong on pages."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def set(self, size: tuple[int, int] = WIDE, *, dark: bool = False, scripts: bool = True) -> None:
        width, height = size
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", media="screen", features=[scheme])
        self.command("Emulation.setScriptExecutionDisabled", value=not scripts)

    def command(self, name: str, **parameters: Any) -> Any:
        return self.driver.execute_cdp_cmd(name, parameters)

    def open(self, url: str) -> None:
        """Load a page; what was noticed before is forgotten."""
        self.complaints()
        self.requests()
        self.driver.get(url)

    def complaints(self) -> list[str]:
        """Errors and warnings of the console since the last look, breaches of the policy among them."""
        return [
            entry["message"]
            for entry in self.driver.get_log("browser")
            if entry["level"] in ("SEVERE", "WARNING")
        ]

    def requests(self) -> list[str]:
        """The addresses that were asked for since the last look."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]

    def foreign_hosts(self, base: str) -> set[str]:
        """Hosts other than ours that were asked for something since the last look."""
        ours = urlsplit(base).netloc
        # Pictures inside of controls, as in a field for a day, are the browser's own and come from nowhere.
        asked = [urlsplit(url) for url in self.requests()]
        return {url.netloc for url in asked if url.scheme != "data"} - {ours}

    def violations(self, *, contrast_only: bool = False) -> list[str]:
        """What axe finds wrong with the present page."""
        if not self.script("return 'axe' in window"):
            self.script((AXE / "axe.min.js").read_text(encoding="utf-8"))
        only = {"type": "rule", "values": ["color-contrast"]} if contrast_only else WCAG
        found = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run(document, {runOnly: arguments[0], resultTypes: ['violations']})"
            ".then((found) => done(found.violations.map((one) =>"
            " `${one.id}: ${one.nodes.map((n) => n.html + ' ' + n.failureSummary).join(' | ')}`)));",
            only,
        )
        return list(found)

    def script(self, text: str, *arguments: Any) -> Any:
        return self.driver.execute_script(text, *arguments)

    def text(self, selector: str = "main") -> str:
        return self.driver.find_element("css selector", selector).text

    def click(self, selector: str) -> None:
        self.driver.find_element("css selector", selector).click()

    def press(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()

    def focused(self) -> str:
        """The text of what has the focus."""
        return self.driver.switch_to.active_element.text

    def ground(self) -> str:
        """The colour that the page is painted on."""
        body = self.driver.find_element("css selector", "body")
        return body.value_of_css_property("background-color")

    def wait_for(self, text: str) -> None:
        """Until the page says this."""
        self._until(lambda: text in self.text())

    def wait_for_ground(self, wanted: Callable[[str], bool]) -> None:
        """Until the page is painted on such a colour."""
        self._until(lambda: wanted(self.ground()))

    def _until(self, happens: Callable[[], bool]) -> None:
        gone = (StaleElementReferenceException, NoSuchElementException)
        WebDriverWait(self.driver, 10, poll_frequency=0.05, ignored_exceptions=gone).until(
            lambda _: happens()
        )


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
    chromium.driver.get("about:blank")
    chromium.command("Network.clearBrowserCookies")
    chromium.set()
    yield chromium
    with contextlib.suppress(Exception):
        chromium.command("Emulation.setScriptExecutionDisabled", value=False)


@pytest.fixture(scope="session", autouse=True)
def axe_is_as_published() -> None:
    for line in (AXE / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split()
        assert hashlib.sha256((AXE / name).read_bytes()).hexdigest() == digest
