"""The pages of the platform log people in with the provider that runs beside them."""

from __future__ import annotations

import datetime
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from eoscperf.db import utcnow
from eoscperf.login.models import TermsAcceptance, WebSession
from eoscperf.login.providers import LoginProvider
from eoscperf.plugins.accounts import ADMIN_ENTITLEMENT
from eoscperf.plugins.accounts.people.events import VouchedAgain
from eoscperf.security.issuers import IssuerSettings
from eoscperf.users.models import User
from tests.plugins.accounts.provider.cast import CLI, ISSUER, back

HTML = {"Accept": "text/html"}


@pytest.fixture
def web(provider, browser):
    """Ann's browser."""
    yield browser
    provider.registry["eoscperf.relying_party"].close()


def begin(web, going_on="/sites?terms=a"):
    """To the provider and back; the address of the callback."""
    answer = web.get("/login", {"next": going_on}, headers=HTML, status=302)
    assert answer.location.startswith("https://perf.example.org/accounts/authorize?")
    return web.get(answer.location.removeprefix("https://perf.example.org"), status=303).location


def log_in(web, going_on="/sites?terms=a"):
    return web.get(begin(web, going_on), status=303)


def form_of(page, action):
    return next(form for form in page.forms.values() if form.action == action)


def register(web, provider):
    page = web.get("/registration", headers=HTML)
    form = form_of(page, "/registration")
    form["accept_terms"] = True
    form.submit(status=303)


def test_one_provider_leads_straight_to_it_and_back_to_the_page(web, provider):
    asked = parse_qs(urlsplit(web.get("/login", {"next": "/tags"}, status=302).location).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert asked["redirect_uri"] == ["https://perf.example.org/login/callback"]
    answer = log_in(web)
    assert urlsplit(answer.location).path == "/sites"
    cookie = next(one for one in answer.headers.getall("Set-Cookie") if one.startswith("__Host-session="))
    assert {"HttpOnly", "secure", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "no-store" in answer.headers["Cache-Control"]
    page = web.get("/sites", headers=HTML)
    assert "ann@example.org" in page.text
    assert "not registered" in page.text
    assert "/registration?next=%2Fsites" in page.text


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example/", "/\\evil.example", "/login?x=1"])
def test_a_log_in_leads_nowhere_else(web, path):
    assert log_in(web, path).location in ("https://perf.example.org/", "/")


def test_somebody_registers_with_the_terms_accepted(web, provider):
    log_in(web)
    page = web.get("/registration?next=/tags", headers=HTML)
    assert "ann@example.org" in page.text
    form = form_of(page, "/registration")
    refused = form.submit(status=422)
    assert "must be accepted" in refused.text
    assert provider.session.scalar(sa.select(sa.func.count()).select_from(User)) == 0
    form = form_of(refused, "/registration")
    form["accept_terms"] = True
    assert form.submit(status=303).location.endswith("/tags")
    user = provider.session.scalars(sa.select(User)).one()
    assert (user.iss, user.email, user.role) == ("urn:eoscperf:local", "ann@example.org", "user")
    accepted = provider.session.scalars(sa.select(TermsAcceptance)).one()
    assert (accepted.user_id, accepted.version) == (user.id, "1")
    assert abs(accepted.accepted_datetime - utcnow()) < datetime.timedelta(minutes=1)
    page = web.get("/tags", headers=HTML)
    assert "not registered" not in page.text
    again = web.get("/registration", headers=HTML)
    assert "You are registered" in again.text


def test_terms_that_changed_are_accepted_again(web, provider, monkeypatch):
    log_in(web)
    register(web, provider)
    monkeypatch.setitem(provider.registry.settings, "pages.terms_version", "2")
    assert "terms of service have changed" in web.get("/tags", headers=HTML).text
    register(web, provider)
    assert "terms of service have changed" not in web.get("/tags", headers=HTML).text
    query = sa.select(TermsAcceptance.version).order_by(TermsAcceptance.version)
    assert list(provider.session.scalars(query)) == ["1", "2"]


def test_who_is_not_logged_in_is_led_to_the_log_in_and_back(web):
    answer = web.get("/registration?next=/tags", headers=HTML, status=303)
    assert answer.location == "https://perf.example.org/login?next=%2Fregistration%3Fnext%3D%2Ftags"


def test_a_state_is_good_once_and_in_one_browser_only(web, provider, bob):
    address = begin(web)
    other = provider.browser(bob)
    assert "was not begun with this browser" in other.get(address, status=400).text
    web.get(address, status=303)
    assert "was not begun with this browser" in web.get(address, status=400).text


def test_a_code_of_another_log_in_is_of_no_use(web, provider, bob):
    """Whoever puts their own code into somebody's log-in would have them work in a stranger's account."""
    other = provider.browser(bob)
    stolen = back(type("Answer", (), {"location": begin(other)}))["code"]
    mine = begin(web)
    forged = re.sub(r"code=[^&]+", f"code={stolen}", mine)
    answer = web.get(forged, status=400)
    assert "did not accept the log-in" in answer.text
    assert provider.session.scalar(sa.select(sa.func.count()).select_from(WebSession)) == 0


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("error=access_denied", "cancelled"),
        ("error=server_error", "could not log you in (server_error)"),
        ("error=%3Cscript%3E", "could not log you in (script)"),
        ("", "neither a code nor a reason"),
        ("code=x&iss=https://other.example", "another identity provider"),
    ],
)
def test_what_providers_say_instead_of_a_code_is_told_in_words(web, query, sentence):
    state = parse_qs(urlsplit(begin(web)).query)["state"][0]
    issuer = "" if "iss=" in query else f"&iss={ISSUER}"
    answer = web.get(f"/login/callback?state={state}&{query}{issuer}", status=400)
    assert sentence in answer.text
    assert "<script>" not in answer.text


def test_an_answer_that_does_not_say_whose_it_is_is_refused(web, provider):
    """Ours says so with each answer (RFC 9207 section 2.4): one without may be that of another provider."""
    answer = web.get(re.sub(r"[&?]iss=[^&]+", "", begin(web)), status=400)
    assert "does not say that it came from Account here" in answer.text
    assert provider.session.scalar(sa.select(sa.func.count()).select_from(WebSession)) == 0


def test_log_ins_of_others_use_up_nobodys_rate(web, provider, set_rate):
    """The platform asks its provider for each of them, always from the same address."""
    set_rate(writes="2/minute")
    for number in range(1, 4):
        web.reset()
        web.set_cookie("eoscperf_accounts", web.secret)
        web.extra_environ["REMOTE_ADDR"] = f"192.0.2.{number}"
        assert urlsplit(log_in(web).location).path == "/sites"


def test_behind_a_proxy_that_takes_https_off_cookies_stay_secure(web):
    address = begin(web)
    cookies = "; ".join(f"{name}={value}" for name, value in web.cookies.items())
    answer = web.get(
        address,
        status=303,
        headers={"Cookie": cookies},
        extra_environ=web.extra_environ | {"wsgi.url_scheme": "http"},
    )
    cookie = next(one for one in answer.headers.getall("Set-Cookie") if one.startswith("__Host-session="))
    assert "secure" in {part.strip() for part in cookie.split(";")}


def test_logging_out_ends_the_log_in_here_and_at_the_provider(web, provider):
    log_in(web)
    page = web.get("/tags", headers=HTML)
    cookie = web.cookies["__Host-session"]
    answer = form_of(page, "/logout").submit(status=303)
    assert answer.location.startswith("https://perf.example.org/accounts/end-session?")
    # Browsers would keep a cookie with this prefix if they were told without that it is secure.
    dropped = next(one for one in answer.headers.getall("Set-Cookie") if one.startswith("__Host-session=;"))
    assert "secure" in {part.strip() for part in dropped.split(";")}
    home = web.get(answer.location.removeprefix("https://perf.example.org"), status=303)
    assert home.location == "https://perf.example.org/"
    assert provider.session.scalar(sa.select(sa.func.count()).select_from(WebSession)) == 0
    # A cookie that somebody kept is of no use.
    web.set_cookie("__Host-session", cookie)
    assert "ann@example.org" not in web.get("/tags", headers=HTML).text


def test_a_session_that_ends_at_the_provider_ends_here(web, provider):
    log_in(web)
    sessions = provider.sessions()
    sessions.end(web.account_session)
    provider.session.commit()
    assert "ann@example.org" not in web.get("/tags", headers=HTML).text


def test_a_session_of_the_provider_that_ran_out_leaves_nothing_behind(web, provider, clock, ann):
    """It is forgotten at the next log-in: from then on nothing would end what rests on it."""
    log_in(web)
    clock.pass_time(days=3)
    provider.browser(ann)
    assert "ann@example.org" not in web.get("/tags", headers=HTML).text


def test_who_loses_a_group_loses_it_in_the_browser_as_well(web, provider, ann):
    ann.backend, ann.external_id, ann.entitlements_text = "ldap", "1", f'["{ADMIN_ENTITLEMENT}"]'
    provider.session.commit()
    log_in(web)
    register(web, provider)
    assert "administrator" in web.get("/tags", headers=HTML).text
    ann.entitlements_text = "[]"
    provider.session.commit()
    provider.events().emit(VouchedAgain(identity_id=ann.id))
    provider.session.commit()
    page = web.get("/tags", headers=HTML).text
    assert "administrator" not in page
    assert "ann@example.org" in page


def test_a_log_in_lasts_twelve_hours(web, provider, clock, monkeypatch):
    log_in(web)
    monkeypatch.setitem(provider.registry, "eoscperf.clock", clock)
    clock.pass_time(hours=11, minutes=59)
    assert "ann@example.org" in web.get("/tags", headers=HTML).text
    clock.pass_time(minutes=2)
    assert "ann@example.org" not in web.get("/tags", headers=HTML).text


def test_each_log_in_has_a_cookie_of_its_own(web, provider):
    """Whoever has planted a cookie in a browser does not share the log-in that follows."""
    log_in(web)
    planted = web.cookies["__Host-session"]
    address = begin_anew(web, planted)
    web.get(address, status=303)
    assert web.cookies["__Host-session"] != planted
    assert provider.session.scalar(sa.select(sa.func.count()).select_from(WebSession)) == 1


def begin_anew(web, cookie):
    """A log-in in a browser that turns out to have one already when it comes back."""
    web.reset()
    web.set_cookie("eoscperf_accounts", web.secret)
    address = begin(web)
    web.set_cookie("__Host-session", cookie.strip('"'))
    return address


def test_a_disabled_account_does_not_get_in(web, provider):
    log_in(web)
    register(web, provider)
    provider.session.execute(sa.update(User).values(disabled_datetime=utcnow()))
    provider.session.commit()
    assert "ann@example.org" not in web.get("/tags", headers=HTML).text
    answer = web.get(begin(web), status=403)
    assert "Your account is disabled" in answer.text


def test_a_cookie_is_no_key_to_the_rest_api(web, provider):
    log_in(web)
    register(web, provider)
    web.get("/api/v1/users/self", status=401)


def test_a_cookie_that_was_tampered_with_is_no_log_in(web):
    log_in(web)
    cookie = web.cookies["__Host-session"].strip('"')
    web.set_cookie("__Host-session", cookie[:-2] + ("A" if cookie[-2] != "A" else "B") + cookie[-1])
    assert "ann@example.org" not in web.get("/tags", headers=HTML).text


def test_logging_out_needs_a_form_of_ours(web):
    log_in(web)
    web.post("/logout", {}, status=400)
    assert "ann@example.org" in web.get("/tags", headers=HTML).text


def test_a_removed_user_is_logged_out(web, provider):
    log_in(web)
    register(web, provider)
    chief = provider.person("chief@example.org")
    provider.session.add(
        User(iss="urn:eoscperf:local", sub=str(chief.id), email="chief@example.org", role="admin")
    )
    provider.session.commit()
    tokens = provider.log_in(provider.browser(chief), CLI, scope="openid read admin")
    provider.web.post_json(
        "/api/v1/users:remove?email=ann@example.org",
        {},
        headers={"Authorization": f"Bearer {tokens['access_token']}"},
        status=204,
    )
    assert provider.session.scalar(sa.select(sa.func.count()).select_from(WebSession)) == 0


def test_several_providers_are_offered_side_by_side(web, provider, monkeypatch):
    settings = IssuerSettings("egi", "https://egi.invalid", client_id="x", login=True, title="EGI <Check-in>")
    egi = LoginProvider("egi", settings.title, settings.issuer, settings, "openid")
    monkeypatch.setitem(provider.registry["eoscperf.login"].by_name, "egi", egi)
    page = web.get("/login?next=/tags", headers=HTML, status=200)
    assert "EGI &lt;Check-in&gt;" in page.text
    assert "/login?provider=accounts&amp;next=%2Ftags" in page.text
    web.get("/login?provider=egi&next=/tags", headers=HTML, status=503)
    web.get("/login?provider=other", headers=HTML, status=404)


def test_the_menu_leads_to_the_account_at_the_provider(web, provider):
    log_in(web)
    assert "Password, sessions, applications" in web.get("/tags", headers=HTML).text


def test_who_registered_without_the_pages_is_asked_for_the_terms(web, provider, ann):
    provider.session.add(User(iss="urn:eoscperf:local", sub=str(ann.id), email=ann.email))
    provider.session.commit()
    log_in(web)
    assert "have not accepted the terms of service yet" in web.get("/tags", headers=HTML).text
    register(web, provider)
    assert "have not accepted" not in web.get("/tags", headers=HTML).text
