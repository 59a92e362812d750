"""What the search page lets people choose: facets, conditions, columns, picks, files and code."""

from __future__ import annotations

import ast
import csv
import datetime
import io
import json
import re
import subprocess
import sys
import threading
from html import unescape

import pytest
import waitress

from tests.functional.pages.measured import SCHEMA, facet, rows, squeezed, table_form
from tests.functional.pages.measured import world as world

HTML = {"Accept": "text/html"}


def sent(form, pages, **more):
    """The page that a form leads to."""
    answer = form.submit(headers=HTML, **more)
    return pages.get(answer.location, status=200) if answer.status_int == 302 else answer


def snippets(page):
    found = re.findall(
        r"<figcaption>([^<]+)</figcaption>\s*<pre[^>]*><code>(.*?)</code>", page.text, re.DOTALL
    )
    return {title: unescape(text) for title, text in found}


def test_numbers_that_are_results_are_asked_for_by_their_ends(pages, world):
    page = pages.get(world.of_benchmark)
    form = next(form for form in page.forms.values() if "r_path" in form.fields)
    assert form["r_path"].value == "time"
    assert 'placeholder="100.5"' in page.text
    assert 'placeholder="111.5"' in page.text
    form["r_from"], form["r_to"] = "102", "104.6"
    found = sent(form, pages)
    assert found.request.query_string.endswith("filters=time+%3E%3D+102&filters=time+%3C%3D+104.6")
    assert len(rows(found)) == 3
    form = next(form for form in found.forms.values() if "r_path" in form.fields)
    assert (form["r_from"].value, form["r_to"].value) == ("102", "104.6")
    form["r_to"] = ""
    assert len(rows(sent(form, pages))) == 10
    form["r_from"] = "soon"
    wrong = form.submit(headers=HTML, status=422)
    assert "&#39;soon&#39; is no number such as 8 or 0.5." in wrong.text
    assert wrong.text.count('class="condition field-wrong"') == 1
    assert rows(wrong) == []


def test_an_unfolded_facet_is_searched_by_words(pages, make):
    benchmark = make.benchmark()
    for number in range(13):
        make.result(benchmark=benchmark, flavor=make.flavor(site=make.site(name=f"site-{number:02}")))
    page = pages.get("/results?facet=site", status=200)
    form = next(form for form in page.forms.values() if "find" in form.fields)
    form["find"] = "-1"
    found = sent(form, pages)
    assert set(facet(found, "Site")[0]) == {"site-10", "site-11", "site-12"}
    assert len(facet(found, "Site / flavor")[0]) == 10
    nothing = pages.get("/results?facet=site&find=nowhere", status=200)
    assert "None has these words." in nothing.text
    assert '<a href="/results">Fewer' in nothing.text


def test_facets_that_take_too_long_come_without_counts(pages, world, monkeypatch):
    def stopped(self, work):
        return None

    monkeypatch.setattr("eoscperf.results.facets.patience.Patience.spend", stopped)
    page = pages.get(f"/results?site_id={world.site.id}", status=200)
    assert len(rows(page)) == len([world.foreign, *world.results]) - 4
    part = page.text.partition("<h3>Site</h3>")[2].partition("</section>")[0]
    assert "facet-count" not in part
    assert f"site_id={world.far.id}" in part
    assert "IFCA / m.8" not in page.text.partition("<h3>Site / flavor</h3>")[2].partition("</section>")[0]


def test_a_statement_that_takes_too_long_is_stopped_and_the_page_goes_on(
    pages, world, monkeypatch, set_setting
):
    import sqlalchemy as sa

    from eoscperf.results.facets import service

    def endless(session, search, wanted):
        numbers = sa.select(sa.literal(1).label("n")).cte("numbers", recursive=True)
        numbers = numbers.union_all(sa.select(numbers.c.n + 1).where(numbers.c.n < 10**9))
        session.scalar(sa.select(sa.func.count()).select_from(numbers))

    monkeypatch.setattr(service, "count_results", endless)
    set_setting("limits.facet_seconds", 0.01)
    page = pages.get(f"{world.of_benchmark}&execution_after=2023-01-02", status=200)
    assert len(rows(page)) == 12
    part = page.text.partition("<h3>Site</h3>")[2].partition("</section>")[0]
    assert "IFCA" in part
    assert "facet-count" not in part


def test_what_a_place_holds_says_how_it_can_be_asked(pages, world):
    page = pages.get(f"{world.of_benchmark}&filters=cores+%3E+2&filters=brand+exists")
    fields = page.forms[0].fields
    numbers, texts, empty = ([value for value, *_ in one.options] for one in fields["f_op"])
    assert numbers == ["==", "!=", "<", "<=", ">", ">=", "between", "exists"]
    assert texts == ["==", "!=", "in", "contains", "exists"]
    assert set(numbers) | set(texts) == set(empty)
    answer = pages.get(f"{world.of_benchmark}&f_path=brand&f_op=%3C&f_value=5", status=422)
    assert "brand is text, so “less than” says nothing of it" in squeezed(answer)


def test_one_of_several_texts_needs_neither_brackets_nor_quotes(pages, world):
    form = pages.get(world.of_benchmark).forms[0]
    form["f_path"], form["f_op"], form["f_value"] = "brand", "in", "7742, AMD EPYC 7742"
    page = sent(form, pages)
    assert 'brand in ["7742", "AMD EPYC 7742"]' in unescape(page.text)
    assert len(rows(page)) == 12


def test_what_is_wrong_is_told_above_with_links_and_under_each_control(pages, world):
    page = pages.get("/results?execution_after=soon&filters=cores+%3E", status=422)
    assert "Fix the marked filter" in page.text
    assert '<a href="#f-condition-1">The value is missing after' in page.text
    assert '<a href="#f-execution_after">' in page.text
    assert re.search(r'name="f_value"[^>]*aria-describedby="f-condition-1-fault"', page.text)
    assert re.search(r'id="f-condition-1-fault">.*Character 8\. Example: ', page.text)
    assert page.text.index('name="f_value"') < page.text.index('id="f-condition-1-fault"')


def test_columns_that_all_results_have_are_hidden_and_shown(pages, world):
    def headings(page):
        return re.findall(r'<th scope="col"[^>]*>\s*(?:<a[^>]*>)?(?:<span[^>]*>)?([A-Za-z]+)', page.text)

    page = pages.get("/results", status=200)
    assert headings(page) == [
        "Picked",
        "Result",
        "Benchmark",
        "Site",
        "Flavor",
        "Measured",
        "Tags",
        "Executed",
    ]
    hide = re.search(r'<a href="([^"]+)">Hide<span class="visually-hidden"> Tags', page.text)[1]
    show = re.search(r'<a href="([^"]+)">Show<span class="visually-hidden"> Uploaded', page.text)[1]
    assert (hide, show) == ("/results?hide=tags", "/results?show=uploaded")
    other = pages.get("/results?hide=tags&show=uploaded", status=200)
    assert headings(other)[6:] == ["Executed", "Uploaded"]
    assert '<a href="/results">The usual columns' in other.text
    one = pages.get(world.of_benchmark)
    assert headings(one) == [
        "Picked",
        "Result",
        "Site",
        "Flavor",
        "Render",
        "Size",
        "Cores",
        "Tags",
        "Executed",
    ]
    added = re.search(r'<code>brand</code> <a href="([^"]+)">Add', one.text)[1]
    assert "AMD EPYC 7742" in squeezed(pages.get(unescape(added), status=200))


def test_a_value_that_is_not_there_is_told_so(pages, world, make):
    make.result(benchmark=world.benchmark, flavor=world.flavor, json={"size": 4})
    bare = make.benchmark(json_schema={}, docker_image="bare")
    make.result(benchmark=bare, flavor=world.flavor, json={"a": 1})
    page = pages.get(world.of_benchmark, status=200)
    assert '<span aria-hidden="true">–</span><span class="visually-hidden">no value</span>' in page.text
    assert len(rows(pages.get(f"/results?benchmark_id={bare.id}", status=200))) == 1


def test_headings_go_from_ascending_to_descending_to_the_usual_order(pages, world):
    def heading(page):
        found = re.search(r'<th[^>]*?(aria-sort="\w+")?>\s*<a href="([^"]+)" class="sort">Render', page.text)
        return found[1], unescape(found[2])

    state, url = heading(pages.get(world.of_benchmark))
    assert state is None
    state, url = heading(pages.get(url))
    assert state == 'aria-sort="ascending"'
    state, url = heading(pages.get(url))
    assert state == 'aria-sort="descending"'
    assert url == world.of_benchmark


def test_a_page_past_the_end_leads_to_the_last_one(pages, world):
    answer = pages.get("/results?page=99&per_page=10", status=302)
    assert answer.location.endswith("/results?page=2&per_page=10")
    assert len(rows(pages.get(answer.location, status=200))) == 3


def test_picks_are_kept_cleared_exported_and_compared(pages, world):
    first = pages.get("/results?per_page=10")
    form = table_form(first)
    for place in (0, 3):
        form.fields["pick"][place].checked = True
    second = sent(form, pages)
    second = pages.get(pages.get(second.request.path_qs + "&page=2", status=302).location, status=200)
    form = table_form(second)
    form.fields["pick"][-1].checked = True
    kept = sent(form, pages)
    picked = [rows(first)[0], rows(first)[3], rows(second)[-1]]
    assert re.findall(r"pick=([0-9a-f-]+)", kept.request.query_string) == picked
    url = re.search(
        r'<a href="([^"]+)" download>csv<span class="visually-hidden"> of what is picked', kept.text
    )
    table = list(csv.DictReader(io.StringIO(pages.app.get(unescape(url[1]), status=200).text)))
    assert {line["id"] for line in table} == set(picked)
    compare = re.search(r'href="(/compare[^"]+)">Compare 3 results', kept.text)[1]
    assert compare.count("item=result:") == 3
    other = re.search(r'href="(/compare[^"]+)">Compare<span', kept.text)[1]
    assert other.count("item=result:") in (3, 4)
    cleared = re.search(r'<a href="([^"]+)">Clear<span', kept.text)[1]
    assert "pick" not in cleared
    everything = re.search(r'<a href="([^"]+)">Pick all on this page', first.text)[1]
    assert everything.count("pick=") == 10


def test_exports_hold_everything_found_whatever_the_page_shows(pages, world, make):
    site = make.site(name='Odd, "quoted"\n=1+1'.replace("\n", " "))
    odd = make.flavor(site=site, name="=1+1")
    make.result(benchmark=world.benchmark, flavor=odd, json={"time": 5, "brand": "=cmd()"})
    page = pages.get(f"{world.of_benchmark}&columns=time&columns=brand&per_page=10")
    links = re.findall(r'<a href="([^"]+)" download>(\w+)<', page.text)
    assert [name for _, name in links] == ["csv", "json", "md", "ndjson", "parquet"]
    texts = {name: pages.app.get(unescape(url), status=200) for url, name in links}
    table = list(csv.reader(io.StringIO(texts["csv"].text)))
    assert table[0][-2:] == ["time [s]", "brand"]
    assert len(table) == 14
    assert any(line[-1] == "'=cmd()" for line in table)
    assert len(json.loads(texts["json"].text)) == 13
    assert texts["ndjson"].text.count("\n") == 13
    assert texts["parquet"].body[:4] == b"PAR1"


def test_only_administrators_ask_for_uploaders_and_for_every_state(pages, world, make):
    gone = make.result(benchmark=world.benchmark, flavor=world.flavor, uploader=world.owner, removed=True)
    boss, other = make.user("boss", role="admin"), make.user("other")
    page = pages.get(f"/results?uploader_email={world.owner.email}", as_=boss, status=200)
    assert len(rows(page)) == 12
    assert f"Uploaded by {world.owner.email}" in squeezed(page).replace("  ", " ")
    everything = pages.get(f"/results?uploader_email={world.owner.email}&status=all", as_=boss, status=200)
    assert str(gone.id) in rows(everything)
    assert "removed" in squeezed(everything)
    assert rows(pages.get("/results?uploader_email=nobody@example.org", as_=boss, status=200)) == []
    refused = pages.get(f"/results?uploader_email={world.owner.email}", as_=other, status=422)
    assert "Only administrators" in squeezed(refused)
    assert rows(pages.get("/results?status=all", as_=other, status=200)) == []
    assert str(gone.id) in rows(pages.get("/results?status=all", as_=world.owner, status=200))


def test_code_for_python_r_and_duckdb_asks_the_same(pages, world):
    page = pages.get(f"/results?terms=c-ray&benchmark_id={world.benchmark.id}&filters=brand+%21%3D+it%27s")
    code = snippets(page)
    assert list(code) == [
        "From the command line",
        "In Python, with the client",
        "In Python, with pandas alone",
        "In R",
        "In DuckDB",
    ]
    for title in ("In Python, with the client", "In Python, with pandas alone"):
        ast.parse(code[title])
    address = json.loads(re.search(r"address <- (.*)", code["In R"])[1])
    assert address == re.search(r"'(http[^']+)'", code["From the command line"])[1]
    assert address == re.search(r"'(http[^']+)'", code["In DuckDB"])[1]
    assert code["In R"].count("(") == code["In R"].count(")")
    assert "read_csv('results.csv', header = true)" in code["In DuckDB"]


def test_code_for_own_results_sends_a_token(pages, world):
    code = snippets(pages.get("/results?uploader=me", as_=world.owner))
    assert all("EOSCPERF_TOKEN" in text for text in code.values())
    assert "client.users.results.to_dataframe(" in code["In Python, with the client"]


@pytest.fixture
def served(live_api):
    """A real server with some results; the address of the search of their benchmark."""
    make = live_api.make
    benchmark = make.benchmark(json_schema=SCHEMA, docker_image="c-ray")
    for number in range(3):
        make.result(
            benchmark=benchmark,
            json={"time": number + 0.5, "brand": "it's, so"},
            execution_datetime=datetime.datetime(2024, 5, 1 + number, tzinfo=datetime.UTC),
        )
    make.session.commit()
    server = waitress.create_server(live_api.app.app, host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}", f"/results?benchmark_id={benchmark.id}"
    server.close()
    thread.join(timeout=10)


def test_code_that_is_copied_works(served, live_api, set_public_url, tmp_path):
    host, path = served
    set_public_url(live_api.app.app, host)
    query = "&filters=brand+%3D%3D+it%27s,+so"
    code = snippets(live_api.app.get(path + query, headers=HTML, status=200))
    subprocess.run(["sh", "-c", code["From the command line"]], cwd=tmp_path, check=True)
    table = list(csv.DictReader((tmp_path / "results.csv").read_text().splitlines()))
    assert [line["time [s]"] for line in table] == ["2.5", "1.5", "0.5"]
    for title in ("In Python, with the client", "In Python, with pandas alone"):
        told = subprocess.run(
            [sys.executable, "-c", code[title]], cwd=tmp_path, check=True, capture_output=True, text=True
        )
        assert "[3 rows x" in told.stdout, told


@pytest.fixture
def set_public_url(monkeypatch):
    return lambda app, url: monkeypatch.setitem(app.registry.settings, "public_url", url)
