"""The script of the passkeys is served where the pages say."""

from __future__ import annotations

import re


def test_the_script_of_the_log_in_page_is_there(browser):
    page = browser.get("/accounts/login")
    [path] = re.findall(r'src="([^"]*passkeys\.js[^"]*)"', page.text)
    script = browser.get(path)
    assert script.content_type in ("text/javascript", "application/javascript")
    assert "navigator.credentials" in script


def test_pages_need_no_script_and_no_style_of_their_own(browser):
    page = browser.get("/accounts/login").text
    assert not re.search(r"<script(?![^>]*src=)", page)
    assert " style=" not in page
    assert " onclick=" not in page
