"""A ranking on a phone, in the dark and on paper: nothing is lost that the wide page tells."""

from __future__ import annotations

import re

import pytest

from tests.browser.chromium import NARROW
from tests.browser.world import AGAINST_ALPINE, BEST, RANKING, in_ranking

pytestmark = pytest.mark.xdist_group("browser")


def told(browser) -> list[str]:
    """What can be read of each row of the ranking."""
    return [re.sub(r"\s+", " ", text) for text in browser.displayed("main table.as-cards tbody tr")]


def test_a_ranking_says_the_same_on_a_phone_in_the_dark(browser, served):
    browser.set(NARROW, dark=True)
    browser.open(served.url("/benchmarks/{benchmark}"))
    assert BEST in browser.text()
    rows = told(browser)
    for (name, values), row in zip(RANKING.items(), rows[: len(RANKING)], strict=True):
        sentence = in_ranking(AGAINST_ALPINE[name][1]) if name in AGAINST_ALPINE else "Baseline"
        site, _, flavor = name.rpartition(" ")
        for text in (site, flavor, *values, sentence):
            assert text in row
    # Cards name their values, which have no headings above them any more.
    assert browser.script(
        "return [...document.querySelectorAll('main table.as-cards td')]"
        ".every((cell) => getComputedStyle(cell, '::before').content.includes(cell.dataset.label))"
    )


def test_a_ranking_is_printed_whole_with_its_address_and_conditions(browser, served):
    url = served.url("/benchmarks/{benchmark}?filters=machine.cpu.count+%3E%3D+4&weight=run")
    browser.set(media="print")
    browser.open(url)
    rows = told(browser)
    assert len(rows) >= len(RANKING) - 1
    for name, row in zip((name for name in RANKING if name != "Grove Hosting old.2"), rows, strict=False):
        assert name.rpartition(" ")[2] in row
    assert url in browser.text(".print-only")
    assert "retrieved 20" in browser.text(".print-only")
    assert "machine.cpu.count >= 4" in browser.text("body").replace(url, "")
    assert not browser.displayed("main button, main select, main input, .paging, .chrome")


def test_a_search_is_printed_with_its_conditions_in_words(browser, served):
    url = served.url("/results?benchmark_id={benchmark}&site_id={site}&filters=result.score+%3C+100.2")
    browser.set(media="print")
    browser.open(url)
    said = browser.text("body").replace(url, "")
    for words in ("example/c-ray:1.2", "Alpine Cloud", "result.score < 100.2"):
        assert words in said
    assert len(browser.table()) == 5
    assert not browser.displayed("main form input, main button, .facet, .paging, .chrome")


@pytest.mark.parametrize("path", ["/benchmarks/{benchmark}", "/results?benchmark_id={benchmark}"])
def test_paper_cuts_nothing_off(browser, served, path):
    """No table and no chart is wider than a sheet, where nobody can scroll."""
    browser.set((718, 1000), media="print")
    browser.open(served.url(path))
    assert browser.too_wide() == []
    assert (
        browser.script(
            "return [...document.querySelectorAll('.scrolling')]"
            ".filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)"
            ".map((one) => one.getAttribute('aria-label'))"
        )
        == []
    )
