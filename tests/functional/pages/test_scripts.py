"""What scripts weigh: little at first, and charts apart from it."""

from __future__ import annotations

import re
from typing import Any

import webob

LIBRARY = "/static/vendor/echarts-6.1.0/echarts.min.js"
OF_CHARTS = ("/static/charts.js", "/static/charts-draw.js", "/static/charts-live.js")


def on_the_wire(pages: Any, url: str) -> int:
    # Not through webtest, which unpacks what it gets.
    answer = webob.Request.blank(url, headers={"Accept-Encoding": "gzip"}).get_response(pages.app.app)
    assert answer.status_int == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.content_type == "text/javascript"
    return len(answer.body)


def test_the_library_of_charts_is_small_and_on_no_page_from_the_start(pages):
    assert on_the_wire(pages, LIBRARY) < 250_000
    for path in ("/", "/results", "/benchmarks", "/compare"):
        text = pages.get(path).text
        assert "app.js" in text
        assert "charts.js" not in text
        assert "echarts" not in text


def test_scripts_of_charts_and_of_every_page_together_stay_within_the_budget_of_a_first_view(pages):
    first = re.findall(r'<script src="([^"]+)"', pages.get("/").text)
    assert len(first) == 2
    assert sum(on_the_wire(pages, url) for url in (*first, OF_CHARTS[0])) < 25_000
    assert sum(on_the_wire(pages, url) for url in OF_CHARTS[1:]) < 10_000
