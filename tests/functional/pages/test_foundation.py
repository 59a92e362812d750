"""What all pages have in common: forms, errors, preferences, files, size."""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest
import webob
import webtest

TEXTS = ("/code-guidelines", "/terms-of-service", "/privacy-policy", "/about", "/help/api")


@pytest.mark.parametrize("path", TEXTS)
def test_pages_of_text_are_there_and_linked_from_the_foot(pages, path):
    pages.get(path, status=200)
    if path != "/code-guidelines":
        assert f'href="{path}"' in pages.get("/").text


def test_the_lines_for_curl_name_this_server(pages):
    page = pages.get("/help/api")
    assert "https://perf.example.org/api/v1/results" in page.text


def test_the_guidelines_have_a_place_about_json(pages):
    assert 'id="json"' in pages.get("/code-guidelines").text


def test_a_first_view_is_small(pages, make):
    for _ in range(12):
        make.result()

    def fetch(url: str) -> Any:
        # Not through webtest, which unpacks what it gets.
        return webob.Request.blank(url, headers={"Accept-Encoding": "gzip"}).get_response(pages.app.app)

    page = fetch("/")
    assert page.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page.headers["Vary"]
    text = gzip.decompress(page.body).decode()
    sizes = {"css": 0, "js": 0, "svg": 0}
    for url in dict.fromkeys(re.findall(r'<(?:script|img|link)\b[^>]*(?:src|href)="([^"]+)"', text)):
        file = fetch(url)
        assert file.status_int == 200
        assert "max-age=31536000" in file.headers["Cache-Control"]
        sizes[url.partition("?")[0].rpartition(".")[2]] += len(file.body)
    assert 0 < len(page.body) < 40_000
    assert 0 < sizes["css"] < 12_000
    assert 0 < sizes["js"] < 25_000
    assert len(page.body) + sum(sizes.values()) < 100_000


@pytest.mark.parametrize("name", ["app.js", "css/page.css", "vendor/htmx-4.0.1/htmx.min.js"])
def test_files_of_text_name_their_charset(pages, name):
    assert "charset=utf-8" in pages.app.get(f"/static/{name}").headers["Content-Type"].lower()


# Preferences, the simplest form there is


def test_a_theme_is_chosen_without_scripts_and_kept(pages):
    page = pages.get("/sites")
    form = next(form for form in page.forms.values() if form.action == "/preferences")
    form["theme"] = "dark"
    answer = form.submit("", status=303)
    assert answer.location == "http://localhost/sites"
    assert 'data-theme="dark"' in pages.get("/sites").text
    form = pages.get("/preferences").forms[0]
    form["theme"] = "auto"
    form.submit(status=303)
    assert "data-theme" not in pages.get("/").text


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example.org", "https://evil.example.org", "/\\evil.example.org", "evil", "/a\tb"]
)
def test_a_form_never_leads_elsewhere(pages, elsewhere):
    form = next(form for form in pages.get("/").forms.values() if form.action == "/preferences")
    form["next"].force_value(elsewhere)
    answer = form.submit(expect_errors=True)
    assert answer.status_int == 422 or answer.location == "http://localhost/"


def test_a_bad_choice_is_marked_and_explained(pages):
    form = pages.get("/preferences").forms[0]
    form["theme"].force_value("pink")
    page = form.submit(status=422)
    assert "Theme must be one of auto, light, dark." in page.text
    assert 'href="#f-theme"' in page.text
    pages.check(page)


# Forms that did not come from here


def test_a_form_without_its_token_is_refused_in_words(pages):
    page = pages.app.post("/preferences", {"theme": "dark"}, status=400)
    assert "Open the page again" in page.text


def test_a_token_of_another_browser_is_refused(pages):
    token = re.search(r'name="csrf_token" value="([0-9a-f]+)"', pages.get("/").text)[1]
    pages.app.reset()
    pages.get("/")
    pages.app.post("/preferences", {"theme": "dark", "csrf_token": token}, status=400)


@pytest.mark.parametrize("token", ["", "x", "00" * 32, "ä" * 64])
def test_a_token_that_is_none_is_refused(pages, token):
    pages.get("/")
    pages.app.post("/preferences", {"theme": "dark", "csrf_token": token}, status=400)


def test_a_token_looks_different_on_every_page(pages):
    found = [re.search(r'name="csrf_token" value="([0-9a-f]+)"', pages.get("/").text)[1] for _ in range(2)]
    assert found[0] != found[1]
    for token in found:
        pages.app.post("/preferences", {"theme": "dark", "csrf_token": token}, status=303)


def test_a_body_that_is_no_form_is_refused(pages):
    pages.app.post_json("/preferences", {"theme": "dark"}, status=415)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    pages.app.post("/preferences", b"theme=%ff", headers=kind, status=400)
    pages.app.post("/preferences", b"a=1&" * 2000, headers=kind, status=413)


def test_a_form_that_is_too_large_is_refused_before_it_is_read(pages, set_setting):
    set_setting("limits.result_bytes", 10)
    set_setting("limits.body_bytes", 10)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert "at most 20 bytes" in pages.app.post("/preferences", b"a" * 21, headers=kind, status=413).text


def test_forms_count_as_changes(pages, set_rate):
    set_rate(writes="1/minute")
    form = pages.get("/preferences").forms[0]
    form.submit(status=303)
    page = form.submit(status=429)
    assert re.search(r"Try again in \d+ seconds?\.", page.text)


def test_a_cookie_is_sent_over_https_only_where_we_are_reached_so(pages):
    cookie = pages.app.get("/", extra_environ={"wsgi.url_scheme": "https"}).headers["Set-Cookie"]
    assert "secure" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


# Errors


def test_an_unknown_page_offers_ways_out_and_names_the_request(pages):
    page = pages.get("/nothing/here", status=404)
    assert page.headers["X-Request-ID"] in page.text
    assert 'href="/"' in page.text


def test_an_error_page_sets_no_cookie(pages):
    assert "Set-Cookie" not in pages.get("/nothing", status=404).headers


def test_an_operator_may_replace_the_texts(make_app, engine, tmp_path):
    folder = tmp_path / "web-templates" / "texts"
    folder.mkdir(parents=True)
    (folder / "about.jinja2").write_text(
        '{% extends "layout.jinja2" %}{% block title %}Us{% endblock %}'
        "{% block main %}<h1>{{ request.chrome.name }} is ours</h1>{% endblock %}"
    )
    app = make_app(
        engine,
        **{
            "pages.templates": str(tmp_path / "web-templates"),
            "pages.name": "Perf",
            "pages.support": "help@example.org",
        },
    )
    page = webtest.TestApp(app).get("/about", status=200)
    assert "<h1>Perf is ours</h1>" in page.text
    assert 'href="mailto:help@example.org"' in page.text
    app.registry["eoscperf.bearer"].close()


def test_a_method_that_a_page_does_not_take_is_named(pages):
    answer = pages.app.post("/sites", status=405)
    assert answer.headers["Allow"] == "GET, HEAD"


def test_below_the_api_errors_stay_problems(pages):
    answer = pages.app.get("/api/v1/nothing", headers={"Accept": "text/html"}, status=404)
    assert answer.content_type == "application/problem+json"


def test_pages_are_not_kept_by_others(pages):
    assert "private" in pages.get("/").headers["Cache-Control"]
