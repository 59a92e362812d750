"""Every page in a real browser: is it accessible, does it fit, what does it load, how is it printed."""

from __future__ import annotations

from typing import Any

import pytest
from pyramid.interfaces import IRoutesMapper
from pyramid.request import Request

from tests.browser.chromium import NARROW, WIDE, Browser
from tests.browser.conftest import EMAIL

pytestmark = pytest.mark.xdist_group("browser")

PAGES = (
    "/",
    "/benchmarks",
    "/benchmarks?terms=nothing",
    "/benchmarks/{benchmark}",
    "/benchmarks/{benchmark}?metric=drift&base={delta_flavor}",
    "/benchmarks/{benchmark}?chart=scaling&x=machine.cpu.count&eff=1&fit=power",
    "/benchmarks/{benchmark}?chart=heat",
    "/benchmarks/{benchmark}/metrics",
    "/benchmarks/{benchmark}/run",
    "/benchmarks/{benchmark}/versions",
    "/benchmarks/{files}",
    "/benchmarks/{files}/metrics",
    "/benchmarks/{anything}/run",
    "/benchmarks/{anything}",
    "/benchmarks/{deleted_benchmark}",
    "/compare",
    "/compare?item=flavor:{flavor}&item=flavor:{other_flavor}&item=flavor:{few_flavor}&item=flavor:{delta_flavor}",
    "/compare?item=site:{site}&item=flavor:{empty_flavor}&same=hide",
    "/compare?item=result:{result}&item=result:{second_result}",
    "/compare?item=nonsense",
    "/help/statistics",
    "/results",
    "/results?benchmark_id={benchmark}&filters=result.score+%3E+100.2&per_page=10&pick={result}",
    "/results?benchmark_id={files}&columns=latency&columns=disk&sort_by=%2Bjson.latency",
    "/results?benchmark_id={benchmark}&chart=scatter&x=result.score&y=drift&yscale=log",
    "/results?facet=site",
    "/results?terms=nothing&terms=such",
    "/results?f_path=result.score&f_op=%3C&f_value=",
    "/results/{result}",
    "/results/{odd_result}",
    "/results/{claimed_result}",
    "/results/{ci_result}",
    "/results/{withdrawn_result}",
    "/results/{removed_result}",
    "/sites",
    "/sites?terms=site&page=2",
    "/sites?terms=nothing&terms=such",
    "/sites?per_page=x",
    "/sites/{site}",
    "/sites/{empty_site}",
    "/sites/{deleted_site}",
    "/flavors/{flavor}",
    "/flavors/{empty_flavor}",
    "/flavors/{deleted_flavor}",
    "/tags",
    "/tags/{tag}",
    "/tags/{empty_tag}",
    "/code-guidelines",
    "/terms-of-service",
    "/privacy-policy",
    "/about",
    "/help/api",
    "/preferences",
    "/nothing/here",
    "/login?next=/sites",
    "/login/callback",
    "/accounts/signup",
    "/accounts/recover",
    "/accounts/sent",
    "/accounts/verify",
    "/accounts/authorize",
)
"""Addresses as somebody without a login sees them, the states of each page among them."""

OF_ADMINISTRATORS = (
    "/",
    "/results?benchmark_id={anything}&status=all",
    "/benchmarks",
    "/results/{claimed_result}",
    "/registration",
    "/accounts",
    "/accounts/password",
    "/accounts/email",
    "/accounts/sessions",
    "/accounts/second-factor",
    "/accounts/passkeys",
    "/accounts/invitations",
    "/accounts/clients",
    "/accounts/clients/new",
    "/accounts/grants",
    "/accounts/device",
    "/accounts/logout",
)
"""What needs a login, or looks different with one."""

ELSEWHERE = {
    "accounts.login": "where all who log in are sent to",
    "accounts.login_code": "comes between the password and the page",
    "accounts.client": "looks like the form that registers one",
    "benchmark_schema": "is a document",
}
"""Pages without an address of their own above."""


@pytest.fixture(scope="session")
def titles() -> dict[str, str]:
    """The page that has a title."""
    return {}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_accessible_fits_is_quiet_and_is_printed_with_its_address(browser, served, titles, path):
    browser.open(served.url(path))
    assert found_wrong(browser, served, titles, path) == []


def test_pages_of_somebody_logged_in_are_as_good(logged_in, served, titles):
    wrong = []
    for path in OF_ADMINISTRATORS:
        logged_in.set()
        logged_in.open(served.url(path))
        assert logged_in.status() == 200, path
        assert EMAIL in logged_in.text(".chrome .account"), path
        wrong += found_wrong(logged_in, served, titles, path)
    assert wrong == []


def found_wrong(browser: Browser, served: Any, titles: dict[str, str], path: str) -> list[str]:
    """What is wrong with the page that has just been opened.

    In light and dark, wide and narrow; themes differ in nothing but colours.
    """
    wrong = []
    for size in (WIDE, NARROW):
        for dark in (False, True):
            browser.set(size, dark=dark)
            wrong += browser.violations(contrast_only=dark)
        wrong += [f"on {size[0]}: {one}" for one in browser.small_targets()]
    # The narrowest window there may be, and 1280 pixels at 200 %.
    for size, scale in ((WIDE, 1), (NARROW, 1), ((320, 740), 1), ((640, 450), 2)):
        browser.set(size, scale=scale)
        wrong += [f"on {size[0]}: {one}" for one in browser.too_wide()]
    wrong += browser.structure()
    page = path.partition("?")[0]
    if browser.status() == 200 and titles.setdefault(browser.driver.title, page) != page:
        wrong.append(f"{browser.driver.title} is the title of {titles[browser.driver.title]}, too")
    browser.set(media="print")
    wrong += [f"printed: {one}" for one in browser.displayed(".chrome, .chrome-foot, .skip")]
    if browser.driver.current_url not in browser.text(".print-only"):
        wrong.append("printed without its address")
    # The status of the page itself is no complaint.
    wrong += [one for one in browser.complaints() if "the server responded with a status of 4" not in one]
    wrong += [f"asks {host}" for host in browser.foreign_hosts(served.base)]
    return [f"{path}: {one}" for one in wrong]


def test_no_page_is_forgotten(served):
    """Whoever adds a page adds an address of it here."""
    registry = served.app.registry
    mapper = registry.getUtility(IRoutesMapper)
    everything = [served.path(path) for path in (*PAGES, *OF_ADMINISTRATORS)]
    opened = {mapper(Request.blank(path))["route"] for path in everything}
    known = {route.name for route in opened if route is not None}
    pages = {
        view["route_name"]
        for view in (one["introspectable"] for one in registry.introspector.get_category("views"))
        if view["request_methods"] == "GET" and view.get("eoscperf_page")
    }
    assert pages - known - set(ELSEWHERE) == set()
    assert set(ELSEWHERE) <= pages - known
    assert known - pages == set()


def test_what_would_be_wrong_is_noticed(browser, served):
    """The checks above can fail."""
    browser.open(served.url("/about"))
    browser.script(
        "const add = (html) => {"
        " const one = document.createElement('div'); one.innerHTML = html;"
        " document.querySelector('h1').after(one); };"
        "add('<img src=\"http://elsewhere.invalid/x.png\">'); add('<h1 class=faint>Twice</h1>');"
        "add('<table><tr><td>1</td></tr></table>'); add('<button class=tiny>x</button>');"
        "add('<div class=broad>x</div>');"
        "const sheet = new CSSStyleSheet();"
        "sheet.replaceSync('.faint { color: #999 } .broad { width: 3000px }"
        " .tiny { all: revert; width: 20px; height: 20px; min-height: 0; padding: 0 }');"
        "document.adoptedStyleSheets.push(sheet);"
    )
    found = browser.violations()
    assert any(one.startswith("image-alt") for one in found)
    assert any(one.startswith("color-contrast") for one in found)
    assert any("Content Security Policy" in one for one in browser.complaints())
    assert [one.split(":")[0] for one in browser.small_targets()] == ["button 20 x 20"]
    assert any("broad" in one for one in browser.too_wide())
    assert browser.structure() == ["2 headings of the first level", "a table without caption or headings"]
