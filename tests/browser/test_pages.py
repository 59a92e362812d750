"""Every page in a real browser: is it accessible, what does it load, does it work without scripts."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.xdist_group("browser")

WIDE, NARROW = (1280, 900), (360, 740)

PAGES = (
    "/",
    "/benchmarks",
    "/benchmarks/{benchmark}",
    "/compare",
    "/compare?item=flavor:{flavor}&item=flavor:{other_flavor}",
    "/help/statistics",
    "/results",
    "/results?benchmark_id={benchmark}&filters=score+%3E+101&per_page=10&pick={result}",
    "/results?f_path=score&f_op=%3C&f_value=",
    "/results/{result}",
    "/sites",
    "/sites?terms=site&page=2",
    "/sites?terms=nothing&terms=such",
    "/sites?per_page=x",
    "/sites/{site}",
    "/sites/{empty_site}",
    "/flavors/{flavor}",
    "/flavors/{empty_flavor}",
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
)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_accessible_quiet_and_loads_nothing_from_elsewhere(browser, served, path):
    """In light and dark, wide and narrow; themes differ in nothing but colours."""
    browser.open(served.url(path))
    for size in (WIDE, NARROW):
        for dark in (False, True):
            browser.set(size, dark=dark)
            shown = f"{path} {size[0]} {'dark' if dark else 'light'}"
            assert browser.violations(contrast_only=dark) == [], shown
        width = browser.script("return document.documentElement.scrollWidth")
        assert width <= size[0], f"{path} is {width} wide on {size[0]}"
    # The status of the page itself is no complaint.
    complaints = [one for one in browser.complaints() if "the server responded with a status of 4" not in one]
    assert complaints == []
    assert browser.foreign_hosts(served.base) == set()


def test_what_would_be_wrong_is_noticed(browser, served):
    """The checks above can fail."""
    browser.open(served.url("/about"))
    browser.script(
        "const image = document.createElement('img'); image.src = 'http://elsewhere.invalid/x.png';"
        "document.querySelector('h1').after(image);"
        "document.querySelector('h1').className = 'faint';"
        "const sheet = new CSSStyleSheet(); sheet.replaceSync('.faint { color: #999 }');"
        "document.adoptedStyleSheets.push(sheet);"
    )
    found = browser.violations()
    assert any(one.startswith("image-alt") for one in found)
    assert any(one.startswith("color-contrast") for one in found)
    assert any("Content Security Policy" in one for one in browser.complaints())


def test_a_list_is_paged_in_place_and_back_leads_back(browser, served):
    browser.open(served.url("/sites"))
    browser.script("window.stays = true; document.querySelector('a[rel=next]').scrollIntoView();")
    browser.click("a[rel=next]")
    browser.wait_for("21–25 of 25")
    assert browser.driver.current_url == served.url("/sites?page=2")
    assert browser.script("return window.stays") is True
    assert browser.script("return document.querySelector('#live').textContent") == "21–25 of 25 sites"
    browser.driver.back()
    browser.wait_for("1–20 of 25")
    assert browser.driver.current_url == served.url("/sites")
    assert browser.complaints() == []


def test_searching_changes_the_list_and_the_address_alone(browser, served):
    browser.open(served.url("/sites"))
    browser.script("window.stays = true")
    browser.click("#f-terms")
    browser.press("site 07", Keys.ENTER)
    browser.wait_for("1 site")
    assert browser.driver.current_url == served.url("/sites?terms=site&terms=07")
    assert browser.script("return window.stays") is True
    assert browser.script("return document.querySelector('[aria-busy]')") is None
    assert browser.complaints() == []


def test_the_same_works_without_scripts(browser, served):
    browser.set(scripts=False)
    browser.open(served.url("/sites"))
    browser.click("#f-terms")
    browser.press("site", Keys.ENTER)
    browser.wait_for("1–20 of 25")
    assert browser.driver.current_url == served.url("/sites?terms=site")
    browser.click("a[rel=next]")
    browser.wait_for("21–25 of 25")
    assert browser.driver.current_url == served.url("/sites?terms=site&page=2")
    browser.click(".chip-remove")
    browser.wait_for("1–20 of 25")
    assert browser.driver.current_url == served.url("/sites")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_results_are_narrowed_by_facet_and_condition_picked_and_compared(browser, served, scripts):
    browser.set(scripts=scripts)
    browser.open(served.url("/results"))
    browser.click(".facet a")
    browser.wait_for("Benchmark example/c-ray:1.2")
    assert browser.driver.current_url == served.url("/results?benchmark_id={benchmark}")
    browser.click(".search-form summary")
    browser.click("input[name=f_path]")
    browser.press("score", Keys.TAB, Keys.TAB, "111.5", Keys.ENTER)
    browser.wait_for("score == 111.5")
    browser.wait_for("1 result")
    assert browser.driver.current_url.endswith("&filters=score+%3D%3D+111.5")
    assert browser.complaints() == []
    browser.click("tbody input[name=pick]")
    browser.click("button[name=to]")
    browser.wait_for("What is compared")
    assert browser.driver.current_url == served.url("/compare?item=result:{result}")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_theme_is_chosen_and_stays(browser, served, scripts):
    browser.set(scripts=scripts)
    browser.open(served.url("/tags"))
    ground = browser.ground()
    browser.click("#theme option[value=dark]")
    if not scripts:
        browser.click(".theme button")
    browser.wait_for_ground(lambda now: now != ground)
    assert browser.driver.current_url == served.url("/tags")
    browser.open(served.url("/"))
    assert browser.ground() != ground


def test_everything_on_a_list_is_reached_by_keyboard(browser, served):
    browser.open(served.url("/sites"))
    browser.press(Keys.TAB)
    assert browser.held() == "Skip to the content"
    browser.press(Keys.ENTER)
    browser.press(Keys.TAB)
    assert browser.script("return document.activeElement.name") == "terms"
    browser.press(Keys.TAB, Keys.TAB)
    assert browser.held().startswith("Name")
    seen = set()
    for _ in range(60):
        browser.press(Keys.TAB)
        seen.add(browser.held())
        if "Next" in seen:
            break
    assert {"site-00", "Next"} <= seen


def test_code_is_copied_with_a_button_that_is_there_with_scripts_only(browser, served):
    browser.open(served.url("/help/api"))
    assert browser.driver.find_element("css selector", "[data-copy]").is_displayed()
    browser.command("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    browser.click("[data-copy]")
    browser.wait_for("Copied")
    browser.set(scripts=False)
    browser.open(served.url("/help/api"))
    assert not browser.driver.find_element("css selector", "[data-copy]").is_displayed()


def test_a_server_that_is_gone_leaves_the_old_list_with_a_sentence(browser, served):
    browser.open(served.url("/sites"))
    browser.command("Network.enable")
    browser.command("Network.setBlockedURLs", urls=["*page=2*"])
    try:
        browser.script("document.querySelector('a[rel=next]').scrollIntoView();")
        browser.click("a[rel=next]")
        browser.wait_for("could not be updated")
        assert "site-00" in browser.text()
        assert browser.script("return document.querySelector('.swap-failed').getAttribute('role')") == "alert"
    finally:
        browser.command("Network.setBlockedURLs", urls=[])


def test_a_printed_page_has_its_address_and_no_chrome(browser, served):
    browser.open(served.url("/sites/{site}"))
    browser.command("Emulation.setEmulatedMedia", media="print")
    assert not browser.driver.find_element("css selector", ".chrome").is_displayed()
    assert served.url("/sites/{site}") in browser.text(".print-only")
