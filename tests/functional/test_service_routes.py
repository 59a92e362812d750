"""What operators and browsers find: probes, figures, the first page, pages that tell of errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf import errors
from eoscperf.scripts.migrations import Migrations
from eoscperf.testing.api import ApiClient
from eoscperf.testing.factories import Make
from eoscperf.testing.issuer import TestIssuer

STRICT = "default-src 'none'; script-src 'self'; style-src 'self'"


@pytest.fixture
def unmigrated_api(
    make_app: Callable[..., Any], empty_database_url: str, issuer: TestIssuer
) -> Iterator[ApiClient]:
    """On a database without any table."""
    from eoscperf.db import make_engine

    engine = make_engine(empty_database_url)
    app = make_app(engine)
    with orm.Session(engine) as session:
        yield ApiClient(app, issuer, Make(session))
    app.registry["eoscperf.bearer"].close()
    engine.dispose()


@pytest.fixture
def lost_api(
    make_app: Callable[..., Any], issuer: TestIssuer, tmp_path: Any, database_kind: str
) -> Iterator[ApiClient]:
    """On a database that cannot be reached."""
    from eoscperf.db import make_engine

    lost = {
        "sqlite": f"sqlite:///{tmp_path}",
        "postgresql": "postgresql://nobody@127.0.0.1:9/nothing?connect_timeout=2",
    }
    engine = make_engine(lost[database_kind])
    app = make_app(engine)
    yield ApiClient(app, issuer, Make(orm.Session(engine)))
    app.registry["eoscperf.bearer"].close()
    engine.dispose()


@pytest.fixture
def measured_api(
    make_app: Callable[..., Any], fresh_database_url: str, issuer: TestIssuer
) -> Iterator[ApiClient]:
    from eoscperf.db import make_engine

    engine = make_engine(fresh_database_url)
    app = make_app(engine, metrics="on")
    with orm.Session(engine) as session:
        yield ApiClient(app, issuer, Make(session, iss=issuer.url))
    app.registry["eoscperf.bearer"].close()
    engine.dispose()


def test_health_is_told_without_touching_the_database(api: ApiClient, statements: list[str]) -> None:
    token = api.token("user")
    statements.clear()
    answer = api.get("/healthz", root=True, token=token)
    assert answer.json == {"status": "ok"}
    assert statements == []


def test_health_does_not_look_at_credentials(api: ApiClient) -> None:
    answer = api.get("/healthz", root=True, token="nonsense")
    assert "WWW-Authenticate" not in answer.headers


def test_health_is_told_while_the_database_is_away(lost_api: ApiClient) -> None:
    assert lost_api.get("/healthz", root=True).json == {"status": "ok"}


def test_ready_when_the_schema_is_up_to_date(api: ApiClient) -> None:
    answer = api.get("/readyz", root=True)
    assert answer.json == {"status": "ok", "checks": {"database": "ok", "migrations": "ok"}}


def test_not_ready_without_the_schema(unmigrated_api: ApiClient) -> None:
    answer = unmigrated_api.get("/readyz", root=True, status=503)
    assert answer.json["checks"] == {"database": "ok", "migrations": "lacks revisions of core"}
    assert answer.json["type"] == "urn:eoscperf:problem:database-unavailable"
    assert answer.headers["Retry-After"] == "5"


def test_ready_as_soon_as_the_schema_is_there(unmigrated_api: ApiClient) -> None:
    unmigrated_api.get("/readyz", root=True, status=503)
    Migrations(unmigrated_api.app.app.registry["dbengine"]).upgrade()
    unmigrated_api.get("/readyz", root=True, status=200)


def test_not_ready_without_the_tables_of_an_enabled_plugin(
    make_app: Callable[..., Any], empty_database_url: str, issuer: TestIssuer
) -> None:
    from eoscperf.db import make_engine

    engine = make_engine(empty_database_url)
    Migrations(engine).upgrade()
    app = make_app(engine, **{"eoscperf.plugins": "accounts"})
    api = ApiClient(app, issuer, Make(orm.Session(engine)))
    answer = api.get("/readyz", root=True, status=503)
    assert answer.json["checks"]["migrations"] == "lacks revisions of accounts"
    app.registry["eoscperf.bearer"].close()
    engine.dispose()


def test_not_ready_without_the_database(lost_api: ApiClient) -> None:
    answer = lost_api.get("/readyz", root=True, status=503)
    assert answer.json["checks"] == {"database": "cannot be reached", "migrations": "unknown"}
    # Who asks need not be told where the database is.
    assert "127.0.0.1" not in answer.text


def test_the_api_answers_503_without_the_database(lost_api: ApiClient) -> None:
    answer = lost_api.get("/sites", status=503)
    assert answer.json["type"] == "urn:eoscperf:problem:database-unavailable"
    assert answer.headers["Retry-After"] == "5"


def test_figures_are_not_served_unless_switched_on(api: ApiClient) -> None:
    answer = api.get("/metrics", root=True, status=404)
    assert answer.content_type == "application/problem+json"


def test_figures_count_requests_by_route_and_status(measured_api: ApiClient) -> None:
    measured_api.get("/sites")
    measured_api.get("/sites", {"x": "1"}, status=422)
    answer = measured_api.get("/metrics", root=True)
    assert answer.content_type == "text/plain"
    assert 'eoscperf_requests_total{method="GET",route="sites",status="200"} 1.0' in answer.text
    assert 'eoscperf_requests_total{method="GET",route="sites",status="422"} 1.0' in answer.text
    assert 'eoscperf_request_seconds_count{route="sites"} 2.0' in answer.text


def test_figures_hold_nothing_that_callers_make_up(measured_api: ApiClient) -> None:
    measured_api.request("PATCH", "/secret-path", status=404, as_="ann")
    measured_api.get("/users:search", {"terms": "ann@example.org"}, as_="admin")
    text = measured_api.get("/metrics", root=True).text
    assert 'method="other",route="none",status="404"' in text
    for made_up in ("PATCH", "secret-path", "ann"):
        assert made_up not in text


def test_applications_count_for_themselves(measured_api: ApiClient, api: ApiClient) -> None:
    api.get("/tags")
    assert 'route="tags"' not in measured_api.get("/metrics", root=True).text


def test_the_first_page_counts_what_everybody_sees(api: ApiClient, make: Make) -> None:
    make.site(status="on_review")
    flavor = make.flavor()
    make.result(flavor=flavor)
    make.result(flavor=flavor, withdrawn=True)
    page = api.get("/", root=True)
    assert page.content_type == "text/html"
    assert page.charset == "UTF-8"
    assert re.findall(r"<dt>(?:<a[^>]*>)?(\w+)(?:</a>)?</dt><dd>(\d+)</dd>", page.text) == [
        ("Results", "1"),
        ("Benchmarks", "2"),
        ("Sites", "1"),
        ("Flavors", "1"),
    ]
    assert 'href="/api/v1/"' in page.text


def test_pages_let_browsers_load_nothing_from_elsewhere(api: ApiClient) -> None:
    for path, status in (("/", 200), ("/nothing", 404)):
        headers = api.get(path, root=True, status=status).headers
        assert headers["Content-Security-Policy"].startswith(STRICT)
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "private, no-cache"


def test_an_unknown_page_is_told_as_a_page(api: ApiClient) -> None:
    page = api.get("/nothing", root=True, status=404)
    assert page.content_type == "text/html"
    assert page.headers["X-Request-ID"] in page.text


def test_another_method_is_told_as_a_page(api: ApiClient) -> None:
    page = api.post("/", root=True, status=405)
    assert page.content_type == "text/html"
    assert page.headers["Allow"] == "GET, HEAD"


def test_an_unreadable_path_is_told_as_a_page(api: ApiClient) -> None:
    page = api.get("/%ff", root=True, status=400)
    assert page.content_type == "text/html"


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (errors.NotFound("Not <b>here</b>."), 404),
        (errors.AdminRequired("Not you."), 403),
        (sa.exc.OperationalError("SELECT 1", {}, Exception("secret")), 503),
        (RuntimeError("secret"), 500),
    ],
)
def test_failures_of_a_page_are_told_without_their_insides(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch, raised: Exception, status: int
) -> None:
    from eoscperf.home.service import Overviews

    def fail(self: Any) -> None:
        raise raised

    monkeypatch.setattr(Overviews, "overview", fail)
    page = api.get("/", root=True, status=status)
    assert page.content_type == "text/html"
    assert page.headers["X-Request-ID"] in page.text
    assert "secret" not in page.text
    assert "<b>" not in page.text


@pytest.mark.parametrize(
    "path", ["/static/../setup.cfg", "/static/%2e%2e/settings.py", "/static/%00", "/static/"]
)
def test_static_files_are_only_those_of_their_folder(api: ApiClient, path: str) -> None:
    api.get(path, root=True, status=404)
