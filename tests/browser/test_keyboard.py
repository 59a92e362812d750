"""Pages by keyboard alone: everything is reached, the focus is seen, and it does not get lost."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.chromium import NARROW
from tests.browser.world import AGAINST_DELTA

pytestmark = pytest.mark.xdist_group("browser")


def test_a_result_is_found_and_opened_and_back_leads_to_the_search(browser, served):
    browser.open(served.url("/results?benchmark_id={benchmark}"))
    browser.press(Keys.TAB)
    assert browser.held() == "Skip to the content"
    browser.press(Keys.ENTER)
    browser.tab_to("terms")
    browser.press("alpine")
    browser.tab_to("Search")
    browser.press(Keys.ENTER)
    browser.wait_for("8 results")
    browser.until(lambda: browser.held() == "Search")
    browser.tab_to(browser.name("details:has([name=f_path]) > summary"))
    browser.press(Keys.ENTER)
    browser.tab_to("f_path")
    browser.press("result.score")
    browser.tab_to("f_op")
    browser.press(browser.script("return document.querySelector('[name=f_op] [value=\"<\"]').text"))
    browser.tab_to("f_value")
    browser.press("100", Keys.ENTER)
    browser.wait_for("4 results")
    browser.tab_to(browser.name("tbody a[href^='/results/']"))
    browser.press(Keys.ENTER)
    browser.until(lambda: browser.address()[0].startswith("/results/"))
    # The keys for this are the browser's own, not those of the page.
    browser.driver.back()
    browser.wait_for("4 results")


def test_two_are_picked_and_compared_and_the_baseline_is_changed(browser, served):
    browser.open(served.url("/benchmarks/{benchmark}"))
    for name in ("Alpine Cloud hpc.8", "Delta Labs std.4"):
        browser.tab_to(f"Compare {name}")
        browser.press(Keys.SPACE)
    browser.tab_to("Compare ticked flavors")
    browser.press(Keys.ENTER)
    browser.until(lambda: browser.address()[0] == "/compare")
    browser.tab_to("base")
    browser.press("Delta")
    browser.tab_to("Show")
    browser.press(Keys.ENTER)
    browser.wait_for(AGAINST_DELTA["Alpine Cloud hpc.8"][1])


def test_the_focus_stays_where_a_list_was_swapped(browser, served):
    browser.open(served.url("/sites"))
    browser.tab_to("Next")
    browser.press(Keys.ENTER)
    browser.wait_for("21–25 of 25")
    # There is no next page any more: its number is as near as it gets, or the list itself.
    assert browser.script("return document.querySelector('#list').contains(document.activeElement)")
    browser.open(served.url("/sites"))
    heading = browser.name("thead a.sort")
    browser.tab_to(heading)
    browser.press(Keys.ENTER)
    browser.until(lambda: browser.address()[1])
    browser.until(lambda: browser.held().split(",")[0] == heading.split(",")[0])


def test_menus_open_and_close(browser, served):
    browser.set(NARROW)
    browser.open(served.url("/results?benchmark_id={benchmark}"))
    browser.tab_to("Columns")
    assert not browser.displayed("#f-columns")
    browser.press(Keys.ENTER)
    assert browser.displayed("#f-columns") == [""]
    browser.tab_to("columns")
    browser.tab_to("Columns", back=True)
    browser.press(Keys.SPACE)
    assert not browser.displayed("#f-columns")


@pytest.mark.parametrize("path", ["/results?benchmark_id={benchmark}&per_page=10", "/benchmarks/{benchmark}"])
def test_all_there_is_to_use_is_reached_in_the_order_of_the_page(browser, served, path):
    browser.open(served.url(path))
    if browser.driver.find_elements(By.CSS_SELECTOR, "figure.chart script.chart-data"):
        browser.script("document.querySelector('figure.chart').scrollIntoView()")
        browser.until(lambda: browser.displayed(".chart-live"))
    reached, wanted = browser.walk()
    assert reached == wanted
