"""What people come for, up to the answer: with scripts on a wide screen, without on a phone."""

from __future__ import annotations

import csv
import io
from urllib.parse import urlencode

import pytest
from selenium.webdriver.common.by import By

from tests.browser.chromium import NARROW, WIDE
from tests.browser.world import AGAINST_ALPINE, AGAINST_DELTA, AWKWARD, BEST, FILES, RANKING, in_ranking

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(params=["scripts", "no-scripts"], autouse=True)
def way(request, browser):
    """With scripts and much room, or without scripts and with little."""
    if request.param == "scripts":
        browser.set(WIDE)
    else:
        browser.set(NARROW, scripts=False)
    return request.param


def test_a_word_on_the_first_page_leads_to_a_result_with_unit_and_direction(browser, served):
    browser.open(served.url("/"))
    browser.fill("terms", "c-ray")
    browser.send("terms")
    browser.until(lambda: browser.address() == ("/results", [("terms", "c-ray")]))
    browser.wait_for("c-ray:1.2")
    browser.click("tbody th a")
    browser.until(lambda: browser.address()[0].startswith("/results/"))
    assert "25.30 s" in browser.text() or "25.3 s" in browser.text()
    assert "Render time" in browser.text()
    assert "lower is better" in browser.text()


def test_results_are_narrowed_to_a_benchmark_a_site_and_a_day(browser, served):
    browser.open(served.url("/results"))
    browser.follow("example/c-ray:1.2 42 results", within=".facet")
    browser.wait_for("Benchmark example/c-ray:1.2")
    browser.follow("Alpine Cloud 8 results", within=".facet")
    browser.wait_for("Site Alpine Cloud")
    browser.fill("execution_after", "2022-11-20")
    browser.send("execution_after")
    browser.wait_for("4 results")
    assert browser.address() == (
        "/results",
        [
            ("benchmark_id", str(served.world["benchmark"])),
            ("site_id", str(served.world["site"])),
            ("execution_after", "2022-11-20"),
        ],
    )
    assert "2022-11-20" in browser.text(".chips")


def test_a_condition_on_text_with_blanks_is_the_same_in_another_browser(browser, served):
    browser.open(served.url("/results?benchmark_id={benchmark}&per_page=50"))
    browser.fill("f_path", "machine.cpu.brand")
    browser.fill("f_value", "AMD EPYC 7742")
    browser.send("f_path")
    browser.wait_for("15 results")
    assert ("filters", "machine.cpu.brand == AMD EPYC 7742") in browser.address()[1]
    rows, url = browser.table(), browser.driver.current_url
    assert len(rows) == 15
    browser.forget()
    browser.open(url)
    assert browser.table() == rows


def test_a_condition_that_makes_no_sense_is_marked_and_shows_no_rows(browser, served):
    browser.open(served.url("/results?benchmark_id={benchmark}"))
    browser.fill("f_path", "result.score")
    browser.send("f_path")
    browser.wait_for("lacks a value")
    marked = browser.driver.find_elements(By.CSS_SELECTOR, "[name=f_value][aria-invalid=true]")
    assert len(marked) == 1
    told = marked[0].get_attribute("aria-describedby")
    assert "lacks a value" in browser.text(f"#{told.split()[0]}")
    assert browser.table() == []
    browser.open(served.url("/results?filters=result.score+near+3"))
    assert browser.status() == 422
    assert browser.driver.find_elements(By.CSS_SELECTOR, "[aria-invalid=true]")
    assert browser.table() == []


def test_a_further_condition_leads_to_the_first_page_and_back_to_the_fifth(browser, served):
    browser.open(served.url("/results?benchmark_id={files}&page=4"))
    browser.click("a[rel=next]")
    browser.wait_for(f"81–100 of {FILES} results")
    browser.fill("f_path", "throughput")
    browser.fill("f_op", ">")
    browser.fill("f_value", "100")
    browser.send("f_path")
    browser.wait_for(f"1–20 of {FILES - 100} results")
    assert "page" not in dict(browser.address()[1])
    browser.driver.back()
    browser.wait_for(f"81–100 of {FILES} results")
    assert dict(browser.address()[1])["page"] == "5"


def test_what_some_results_lack_is_said_and_no_schema_breaks_no_page(browser, served):
    browser.open(served.url("/results?benchmark_id={files}"))
    browser.fill("columns", "latency")
    browser.send("columns")
    browser.until(lambda: browser.table() and "latency" in " ".join(browser.table()[0]))
    heading = next(name for name in browser.table()[0] if name.startswith("latency"))
    told = [row[heading] for row in browser.table()]
    assert told.count("no value") == 5
    assert "51.38" in told
    for path in ("/benchmarks/{anything}", "/results?benchmark_id={anything}", "/results/{odd_result}"):
        browser.open(served.url(path))
        assert browser.status() == 200
        assert "example/anything:0" in browser.text()


def test_what_is_picked_on_several_pages_is_compared(browser, served, way):
    browser.open(served.url("/results?benchmark_id={benchmark}&per_page=10"))
    picked = []
    for page in (1, 3):
        if page > 1:
            browser.follow(f"Page {page}")
            browser.wait_for("21–30 of 42")
        tick = browser.find("tbody input[name=pick]")
        picked.append(tick.get_attribute("value"))
        tick.click()
        browser.click("main button", "Update selection")
        browser.until(lambda: [text for key, text in browser.address()[1] if key == "pick"] == picked)
    browser.driver.refresh()
    browser.wait_for("Compare 2")
    browser.click("main a, main button", "Compare 2 results")
    browser.until(lambda: browser.address()[0] == "/compare")
    assert browser.address()[1] == [("item", f"result:{one}") for one in picked]
    browser.wait_for("This compares two runs, not two flavors.")


def test_a_flavor_goes_with_its_site(browser, served):
    browser.open(served.url("/results?benchmark_id={benchmark}"))
    browser.follow("Alpine Cloud 8 results", within=".facet")
    browser.wait_for("Site Alpine Cloud")
    browser.follow("Baltic Grid 5 results", within=".facet")
    browser.wait_for("Site Baltic Grid")
    browser.follow("Alpine Cloud / hpc.8 8 results", within=".facet")
    browser.wait_for("Flavor Alpine Cloud / hpc.8")
    browser.click(".facet a[aria-current=true]", "Alpine Cloud (chosen; take off) 8 results")
    browser.wait_for("5 results")
    keys = [key for key, _ in browser.address()[1]]
    assert keys == ["benchmark_id", "site_id"]


def test_all_results_leave_as_a_table_that_programs_read(browser, served):
    browser.open(served.url("/results?benchmark_id={files}&columns=throughput&columns=latency&columns=disk"))
    link = browser.reveal(browser.driver.find_element(By.CSS_SELECTOR, "main a[href*='format=csv']"))
    assert link.is_displayed()
    answer = served.get(link.get_attribute("href"))
    assert answer.status_code == 200
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert len(rows) == FILES
    named = {(row["site"], row["flavor"]) for row in rows}
    assert named == {(_safe(site), _safe(flavor)) for site, flavor in AWKWARD}
    assert {row["disk"] for row in rows} == {"nvme, raid", "'=2+3", 'the "fast" one'}
    assert sorted(float(row["throughput"]) for row in rows) == [one + 0.5 for one in range(FILES)]
    assert sum(row["latency"] == "" for row in rows) == FILES / 4


def _safe(text: str) -> str:
    return "'" + text if text[0] in "=+-@" else text


def test_a_ranking_tells_ties_and_what_has_too_few_runs(browser, served):
    browser.open(served.url("/benchmarks/{benchmark}"))
    assert BEST in browser.text()
    rows = {row["Site and flavor"].replace(" / ", " "): row for row in browser.table()}
    assert list(rows) == list(RANKING)
    shown = ("Rank", "Median", "95 % interval", "Runs / uploaders")
    for name, row in rows.items():
        assert tuple(row[one] for one in shown) == RANKING[name]
        if name in AGAINST_ALPINE:
            ratio, sentence = AGAINST_ALPINE[name]
            assert row["Ratio"] == ratio
            assert in_ranking(sentence) in row["Against the baseline"]


def test_flavors_are_compared_with_one_and_with_another(browser, served):
    browser.open(served.url("/benchmarks/{benchmark}"))
    for name in RANKING:
        browser.click("tbody input[name=item]", f"Compare {name}")
    browser.click("main button", "Compare ticked flavors")
    browser.until(lambda: browser.address()[0] == "/compare")
    for base, expected in (("Alpine Cloud hpc.8", AGAINST_ALPINE), ("Delta Labs std.4", AGAINST_DELTA)):
        browser.fill("base", base)
        browser.send("base")
        browser.wait_for(next(iter(expected.values()))[1])
        rows = {row["Row"]: row for row in browser.table()}
        assert rows.pop(base)["Verdict"] == "Baseline"
        for name, (ratio, sentence) in expected.items():
            assert rows[name]["Ratio"] == ratio
            assert sentence in rows[name]["Verdict"]
    browser.fill("same", "hide")
    browser.send("same")
    browser.wait_for("1 row like the baseline hidden")
    hidden = set(RANKING) - {row["Row"] for row in browser.table()}
    assert hidden == {"Elm Computing noisy.4"}


@pytest.mark.parametrize("columns", ['["result.score","machine.cpu.count"]', '["result.score'])
def test_addresses_of_the_earlier_pages_lead_to_the_same_search(browser, served, columns):
    asked = {
        "benchmarkId": str(served.world["benchmark"]),
        "siteId": str(served.world["site"]),
        "flavorId": str(served.world["flavor"]),
        "columns": columns,
        "filters": "result.score = 100.1",
    }
    browser.open(served.url("/search/result?") + urlencode(asked))
    path, pairs = browser.address()
    assert path == "/results"
    assert [text for key, text in pairs if key == "filters"] == ["result.score == 100.1"]
    # What cannot be read of the columns is left out.
    shown = ["result.score", "machine.cpu.count"] if columns.endswith("]") else []
    assert [text for key, text in pairs if key == "columns"] == shown
    assert "1 result" in browser.text()
    assert [row["Flavor"] for row in browser.table()] == ["hpc.8"]


def test_what_a_logarithm_cannot_be_taken_of_is_counted_and_leads_to_its_runs(browser, served):
    asked = {"chart": "scatter", "x": "result.score", "y": "drift", "yscale": "log", "of": "all"}
    browser.open(served.url("/results?benchmark_id={benchmark}&") + urlencode(asked))
    told = browser.text("figure.chart figcaption")
    assert "6 of 42 runs not drawn" in told
    assert "2 lack Clock drift" in told
    assert "4 are <= 0 on a log axis" in told
