"""Charts that a script takes over, and charts saved as pictures."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By

pytestmark = pytest.mark.xdist_group("browser")

LOW = (1280, 500)
"""A window in which the chart lies below what is seen first."""

BARS, STRIP = "/benchmarks/{benchmark}", "/benchmarks/{benchmark}?chart=strip"

# As a swap of a part of the page does it: another figure than before, told by the event that follows.
ADD_CHART = """
const [address, done] = arguments;
fetch(address).then((answer) => answer.text()).then((text) => {
  const figure = new DOMParser().parseFromString(text, 'text/html').querySelector('figure.chart');
  figure.id = 'another';
  document.querySelector('figure.chart').after(document.adoptNode(figure));
  document.dispatchEvent(new CustomEvent('htmx:after:swap', {detail: {}}));
  done();
});
"""


@pytest.fixture
def saved(browser, tmp_path):
    """The folder that pictures are saved to."""
    browser.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    yield tmp_path
    browser.command("Browser.setDownloadBehavior", behavior="default")


def show(browser: Any, selector: str = "figure.chart") -> None:
    figure = browser.driver.find_element(By.CSS_SELECTOR, selector)
    browser.script("arguments[0].scrollIntoView({behavior: 'instant'})", figure)


def is_live(browser: Any, selector: str = "figure.chart") -> bool:
    return bool(browser.displayed(f"{selector} .chart-live")) and not browser.displayed(
        f"{selector} .chart-still"
    )


def take_over(browser: Any, url: str) -> None:
    browser.open(url)
    show(browser)
    browser.until(lambda: is_live(browser))


def library(addresses: list[str]) -> list[str]:
    return [address for address in addresses if "echarts" in address]


def png(file: Path) -> tuple[tuple[int, int], tuple[int, ...], int]:
    """Width and height, the pixel in the corner, and how many different bytes there are."""
    data = file.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height, depth, colours = struct.unpack(">IIBB", data[16:26])
    assert (depth, colours) == (8, 6)
    place, packed = 8, b""
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        packed += data[place + 8 : place + 8 + length] if kind == b"IDAT" else b""
        place += length + 12
    pixels = zlib.decompress(packed)
    # No filter changes the first pixel of all.
    return (width, height), tuple(pixels[1:5]), len(set(pixels))


def test_a_chart_in_view_is_taken_over_quietly_and_says_the_same(browser, served):
    browser.set(LOW)
    browser.open(served.url(BARS))
    browser.until(lambda: browser.script("return document.querySelector('.chart-files button') !== null"))
    assert library(browser.requests()) == []
    drawn = browser.find("figure.chart svg[role=img]").accessible_name.partition(" Bars")[0]
    caption = browser.text("figure.chart figcaption")
    show(browser)
    browser.until(lambda: is_live(browser))
    asked = browser.requests()
    assert len(library(asked)) == 1
    assert all(address.startswith(served.base) for address in asked)
    live = browser.find(".chart-live")
    assert live.aria_role in ("img", "image")
    assert drawn.startswith(live.accessible_name)
    assert len(live.find_elements(By.CSS_SELECTOR, "svg")) == 1
    assert "100.2" in live.text
    assert browser.text("figure.chart figcaption") == caption
    assert browser.displayed("figure.chart .chart-table") != []
    for dark in (False, True):
        browser.set(dark=dark)
        assert browser.violations() == []
    assert browser.complaints() == []


def test_its_colours_are_those_of_the_theme(browser, served):
    take_over(browser, served.url(BARS))
    inks = (
        "return [...document.querySelectorAll('.chart-live [fill]')].map((one) => one.getAttribute('fill'))"
    )
    light = browser.script(inks)
    browser.set(dark=True)
    browser.until(lambda: browser.script(inks) != light)
    bars = browser.driver.find_elements(By.CSS_SELECTOR, ".chart-still .chart-bar")
    wanted = {browser.script("return getComputedStyle(arguments[0]).fill", bar) for bar in bars}
    assert wanted
    assert wanted <= set(browser.script(inks))


def test_a_mark_tells_what_it_is_and_leads_to_its_row(browser, served):
    take_over(browser, served.url(BARS))

    def point_at_first_bar() -> bool:
        # The chart is drawn anew while it comes and when something is pointed at.
        paths = browser.driver.find_elements(By.CSS_SELECTOR, ".chart-live path")
        bar = next(path for path in paths if path.rect["width"] > 200 and 10 < path.rect["height"] < 30)
        ActionChains(browser.driver).move_to_element(bar).perform()
        return "median of 6 runs" in browser.text(".chart-live")

    browser.until(point_at_first_bar)
    said = browser.text(".chart-live")
    for part in ("Alpine Cloud / hpc.8", "Render time (s), lower is better: 100.2", "95 % interval: 99.7"):
        assert part in said
    ActionChains(browser.driver).click().perform()
    browser.until(lambda: browser.driver.current_url == served.url("/flavors/{flavor}"))


def test_series_are_hidden_and_the_view_zoomed_by_buttons(browser, served):
    take_over(browser, served.url("/benchmarks/{benchmark}?chart=scaling&x=machine.cpu.count&series=site"))
    count = "return document.querySelectorAll('.chart-live path').length"
    before = browser.script(count)
    browser.click(".chart-key", "Delta Labs")
    assert browser.find(".chart-key", "Delta Labs").get_attribute("aria-pressed") == "false"
    browser.until(lambda: browser.script(count) < before)
    browser.click(".chart-key", "Delta Labs")
    browser.until(lambda: browser.script(count) == before)
    words = browser.text(".chart-live")
    browser.click(".chart-tools button", "Zoom in")
    browser.until(lambda: browser.text(".chart-live") != words)
    browser.click(".chart-tools button", "Zoom out")
    browser.until(lambda: browser.text(".chart-live") == words)
    assert browser.complaints() == []


def test_the_plain_drawing_comes_back_by_a_button_and_on_paper(browser, served):
    take_over(browser, served.url(BARS))
    browser.click(".chart-tools button", "Show the plain drawing")
    assert browser.displayed(".chart-still")
    assert not browser.displayed(".chart-live")
    browser.click(".chart-tools button", "Show the interactive chart")
    assert is_live(browser)
    browser.set(media="print")
    assert browser.displayed(".chart-still")
    assert not browser.displayed(".chart-live, .chart-tools, .chart-files")


def test_a_chart_stays_as_drawn_where_the_library_does_not_come(browser, served):
    browser.command("Network.enable")
    browser.command("Network.setBlockedURLs", urls=["*echarts.min.js*"])
    try:
        browser.open(served.url(BARS))
        show(browser)
        browser.until(lambda: any("stays as it was drawn" in one for one in browser.complaints()))
    finally:
        browser.command("Network.setBlockedURLs", urls=[])
    assert browser.displayed(".chart-still")
    assert not browser.displayed(".chart-live, .chart-tools")


def test_who_saves_data_asks_for_the_library(browser, served):
    save = "Object.defineProperty(NetworkInformation.prototype, 'saveData', {get: () => true})"
    script = browser.command("Page.addScriptToEvaluateOnNewDocument", source=save)
    try:
        browser.open(served.url(BARS))
        show(browser)
        button = browser.until(lambda: browser.find("figure.chart button", "Show the interactive chart"))
        assert library(browser.requests()) == []
        button.click()
        browser.until(lambda: is_live(browser))
    finally:
        browser.command("Page.removeScriptToEvaluateOnNewDocument", **script)


def test_each_of_two_charts_is_saved_as_its_own_picture(browser, served, saved):
    take_over(browser, served.url(BARS))
    browser.driver.execute_async_script(ADD_CHART, served.path(STRIP))
    show(browser, "#another")
    browser.until(lambda: is_live(browser, "#another"))
    sizes = {}
    for selector in ("figure.chart:not(#another)", "#another"):
        link = browser.find(f"{selector} .chart-files a").get_attribute("href")
        drawing = served.get(link).text
        sizes[selector] = tuple(
            int(float(re.search(f' {side}="([0-9.]+)"', drawing)[1])) for side in ("width", "height")
        )
        for button in browser.driver.find_elements(By.CSS_SELECTOR, f"{selector} .chart-files button"):
            browser.script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", button)
            button.click()
    bars, strip = (
        "render-time-by-site-and-flavor-example-c-ray-1.2",
        "single-runs-render-time-example-c-ray-1.2",
    )
    wanted = {f"{name}{ending}.png" for name in (bars, strip) for ending in ("", "-transparent")}
    browser.until(lambda: {file.name for file in saved.iterdir()} == wanted)
    for name, selector in ((bars, "figure.chart:not(#another)"), (strip, "#another")):
        size, corner, different = png(saved / f"{name}.png")
        assert size == tuple(2 * side for side in sizes[selector])
        assert corner == (255, 255, 255, 255)
        assert different > 20
        size, corner, different = png(saved / f"{name}-transparent.png")
        assert size == tuple(2 * side for side in sizes[selector])
        assert corner == (0, 0, 0, 0)
        assert different > 20
    assert sizes["#another"] != sizes["figure.chart:not(#another)"]
    assert browser.complaints() == []
    assert browser.foreign_hosts(served.base) == set()


def test_a_chart_is_taken_over_again_after_a_part_of_the_page_was_fetched(browser, served):
    take_over(browser, served.url("/results?benchmark_id={benchmark}&chart=bars&per_page=10"))
    browser.script("window.stays = true")

    def is_live_beside(rows: str) -> None:
        browser.until(lambda: rows in browser.text(".range"))
        show(browser)
        browser.until(lambda: is_live(browser))
        assert len(browser.displayed(".chart-live")) == 1

    browser.click("a[rel=next]")
    is_live_beside("11–20")
    browser.driver.back()
    is_live_beside("1–10")
    assert browser.script("return window.stays") is True
    assert browser.complaints() == []


def test_rows_are_ticked_all_none_and_the_other_way_round(browser, served):
    browser.open(served.url("/results?per_page=10"))
    ticked = "return document.querySelectorAll('input.tick:checked').length"
    browser.click(".tick-tools button", "Tick all")
    assert browser.script(ticked) == 10
    browser.click("tbody .tick")
    browser.click(".tick-tools button", "Invert")
    assert browser.script(ticked) == 1
    assert "1 of 10 rows ticked" in browser.text(".tick-tools")
    browser.click(".tick-tools button", "Tick none")
    assert browser.script(ticked) == 0
    assert browser.complaints() == []
