"""What a first view transfers with nothing in the cache, as the browser counts it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from selenium.webdriver.common.by import By

pytestmark = pytest.mark.xdist_group("browser")

MOST = {"Document": 40_000, "Stylesheet": 12_000, "Script": 25_000}
"""Bytes on the wire by kind; all together stay below 100,000."""

LATER = re.compile(r"/(charts(-\w+)?|vendor/echarts-[^/]+/[^/]+)\.js$")
"""Scripts that are fetched when the page is there, and only where a chart is."""


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/results",
        "/results/{result}",
        "/benchmarks/{benchmark}",
        "/compare?item=flavor:{flavor}&item=flavor:{other_flavor}&item=flavor:{delta_flavor}",
        "/sites/{site}",
    ],
)
def test_a_first_view_is_small_and_waits_for_no_chart(browser, served, path):
    browser.command("Network.clearBrowserCache")
    browser.open(served.url(path))
    if browser.driver.find_elements(By.CSS_SELECTOR, "figure.chart script.chart-data"):
        browser.script("document.querySelector('figure.chart').scrollIntoView()")
        browser.until(lambda: any("/echarts-" in url for url in browser.script(_FETCHED)))
    transfers = browser.transfers()
    later = [one for one in transfers if LATER.search(urlsplit(one.url).path)]
    at_once = [one for one in transfers if one not in later]
    for kind, most in MOST.items():
        assert 0 < sum(one.bytes for one in at_once if one.kind == kind) <= most, kind
    assert sum(one.bytes for one in at_once) <= 100_000
    assert [one.url for one in later if browser.script(_BLOCKS, one.url)] == []


_FETCHED = "return performance.getEntriesByType('resource').map((one) => one.name)"

_BLOCKS = "return performance.getEntriesByName(arguments[0])[0].renderBlockingStatus !== 'non-blocking'"
