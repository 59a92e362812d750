"""Every page in a real browser: is it accessible, does it fit, what does it load, how is it printed."""

from __future__ import annotations

from typing import Any

import pytest
from pyramid.interfaces import IRoutesMapper
from pyramid.request import Request

pytestmark = pytest.mark.xdist_group("browser")

WIDE, NARROW = (1280, 900), (360, 740)

PAGES = (
    "/",
    "/benchmarks",
    "/benchmarks?terms=nothing",
    "/benchmarks/{benchmark}",
    "/benchmarks/{benchmark}?metric=drift&base={delta_flavor}",
    "/benchmarks/{files}",
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
    "/accounts/login",
    "/accounts/sign-up",
    "/accounts/recover",
)
"""Addresses as somebody without a login sees them, the states of each page among them."""

ELSEWHERE = ()
"""Pages that are opened by other tests."""


@pytest.fixture(scope="session")
def titles() -> dict[str, str]:
    """The page that has a title."""
    return {}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_accessible_fits_is_quiet_and_is_printed_whole(browser, served, titles, path):
    """In light and dark, wide and narrow; themes differ in nothing but colours."""
    url = served.url(path)
    browser.open(url)
    for size in (WIDE, NARROW):
        for dark in (False, True):
            browser.set(size, dark=dark)
            shown = f"{path} {size[0]} {'dark' if dark else 'light'}"
            assert browser.violations(contrast_only=dark) == [], shown
        assert browser.small_targets() == [], f"{path} {size[0]}"
    # The narrowest window there may be, and 1280 pixels at 200 %.
    for size, scale in ((WIDE, 1), (NARROW, 1), ((320, 740), 1), ((640, 450), 2)):
        browser.set(size, scale=scale)
        assert browser.too_wide() == [], f"{path} on {size[0]}"
    assert browser.structure() == []
    page = path.partition("?")[0]
    if browser.status() == 200:
        assert titles.setdefault(browser.driver.title, page) == page
    browser.set(media="print")
    assert not browser.displayed(".chrome, .chrome-foot, .skip")
    assert browser.driver.current_url in browser.text(".print-only")
    # The status of the page itself is no complaint.
    complaints = [one for one in browser.complaints() if "the server responded with a status of 4" not in one]
    assert complaints == []
    assert browser.foreign_hosts(served.base) == set()


def test_no_page_is_forgotten(served):
    """Whoever adds a page adds an address of it here."""
    registry = served.app.registry
    mapper = registry.getUtility(IRoutesMapper)
    opened = {mapper(Request.blank(served.path(path)))["route"] for path in PAGES}
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
