"""Lists, the theme and copying in a real browser, with scripts and without."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.xdist_group("browser")


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
    browser.press("machine", Keys.ENTER)
    browser.wait_for("1–20 of 25")
    assert browser.driver.current_url == served.url("/sites?terms=machine")
    browser.click("a[rel=next]")
    browser.wait_for("21–25 of 25")
    assert browser.driver.current_url == served.url("/sites?terms=machine&page=2")
    browser.click(".chip-remove")
    browser.until(lambda: browser.driver.current_url == served.url("/sites"))


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
