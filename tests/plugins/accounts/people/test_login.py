"""Logging in with a password: cookies, sessions, refusals."""

from __future__ import annotations

import re
import uuid

import pytest
import sqlalchemy as sa
from pyramid.interfaces import IRoutesMapper

from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people import (
    pages_account,
    pages_factors,
    pages_invitations,
    pages_login,
    pages_signup,
)
from eoscperf.plugins.accounts.people.backends import BackendUnavailable, Verified
from eoscperf.plugins.accounts.people.passwords import Passwords
from eoscperf.plugins.accounts.people.session import is_local_page
from tests.plugins.accounts.people.conftest import PASSWORD, fault_of

WRONG = "not the right words at all"


def same_text(answer):
    """A page without what differs every time anyway: its masked token, its id and the time."""
    text = re.sub(r'name="csrf_token" value="[0-9a-f]+"', "", answer.text)
    return re.sub(r"retrieved <time.*?</time>", "", text)


class TestLoggingIn:
    def test_leads_to_the_account_and_begins_a_session(self, installation, browser):
        person = installation.someone()
        answer = browser.log_in(person.email)
        assert answer.location == "http://localhost/accounts"
        assert person.email in browser.get("/accounts")
        [session] = installation.sessions(person.id)
        assert (session.device, session.amr) == ("Firefox on Linux", ("pwd",))
        assert installation.identity(person.email).used_datetime == installation.now

    def test_takes_the_address_in_any_case_and_with_blanks_around(self, installation, browser):
        person = installation.someone()
        browser.log_in(f"  {person.email.upper()} ")
        assert browser.is_logged_in

    def test_shows_the_log_in_page_to_whoever_is_not_logged_in(self, browser):
        answer = browser.get("/accounts", status=303)
        assert answer.location.endswith("/accounts/login?next=%2Faccounts")

    def test_goes_back_to_the_page_that_was_asked_for(self, installation, browser):
        person = installation.someone()
        page = browser.get(browser.get("/accounts/sessions?a=b", status=303).location)
        assert page.forms[0]["next"].value == "/accounts/sessions?a=b"
        assert browser.log_in(person.email, next="/accounts/sessions?a=b").location == (
            "http://localhost/accounts/sessions?a=b"
        )

    def test_of_who_is_logged_in_goes_on_at_once(self, installation, browser):
        browser.log_in(installation.someone().email)
        assert browser.get("/accounts/login?next=/accounts/email", status=303).location.endswith(
            "/accounts/email"
        )

    @pytest.mark.parametrize(
        "password", ["", WRONG, PASSWORD.upper(), PASSWORD + " ", " " + PASSWORD, "x" * 1024, "ü" * 700]
    )
    def test_takes_the_password_as_it_is(self, installation, browser, password):
        person = installation.someone()
        browser.log_in(person.email, password, status=422)
        assert not browser.is_logged_in

    def test_never_shows_a_password_again(self, installation, browser):
        answer = browser.log_in(installation.someone().email, WRONG, status=422)
        assert WRONG not in answer

    def test_takes_one_password_however_its_letters_are_composed(self, installation, browser):
        person = installation.someone(password="zwölf große Vögel")
        browser.log_in(person.email, "zwo\u0308lf große Vo\u0308gel")
        assert browser.is_logged_in

    def test_is_refused_for_a_disabled_account_only_to_who_knows_the_password(self, installation, browser):
        person = installation.someone(disabled_datetime=installation.now)
        assert "disabled" in browser.log_in(person.email, status=409)
        assert "disabled" not in browser.log_in(person.email, WRONG, status=422)

    def test_needs_a_form_of_ours(self, installation, browser):
        person = installation.someone()
        fields = {"login": person.email, "password": PASSWORD}
        browser.get("/accounts/login")
        browser.app.post("/accounts/login", fields, status=400)
        browser.app.post("/accounts/login", fields | {"csrf_token": "0" * 64}, status=400)
        assert installation.sessions(person.id) == []

    def test_needs_a_form_of_ours_on_every_page_that_changes_something(self, installation, browser):
        browser.log_in(installation.someone(admin=True).email)
        mapper = installation.registry.getUtility(IRoutesMapper)
        for name in sorted(POSTED):
            answer = browser.app.post(mapper.get_route(f"accounts.{name}").pattern, {}, status="*")
            assert answer.status_int == 400, name

    def test_knows_every_page_that_takes_forms(self, installation):
        pages = {
            name
            for module in (pages_login, pages_signup, pages_account, pages_factors, pages_invitations)
            for name, _, _, _, methods in module.PAGES
            if "POST" in methods
        }
        assert pages == POSTED


class TestAddressesToGoTo:
    @pytest.mark.parametrize(
        "address",
        [
            "https://evil.example.org/",
            "//evil.example.org/",
            "/\\evil.example.org/",
            "\\\\evil.example.org",
            "/\t/evil.example.org",
            "/%0d%0aLocation:x\n",
            "javascript:alert(1)",
            "accounts",
            " /accounts",
            "",
            "/ü",
        ],
    )
    def test_elsewhere_are_not_gone_to(self, installation, browser, address):
        assert not is_local_page(address)
        answer = browser.log_in(installation.someone().email, next=address)
        assert answer.location == "http://localhost/accounts"

    def test_within_are(self):
        assert is_local_page("/accounts/authorize?redirect_uri=https://client.example.org/&x=%2F%2F")


class TestWhoHasAnAccount:
    """Nothing that an answer says or that was done for it tells."""

    def test_is_not_told_by_a_refused_log_in(self, installation):
        person = installation.someone()
        one, other = installation.browser(), installation.browser()
        known = one.log_in(person.email, WRONG, status=422)
        unknown = other.log_in("x" * len(person.email), WRONG, status=422)
        assert "not right" in fault_of(known)
        assert same_text(known).replace(person.email, "") == same_text(unknown).replace(
            "x" * len(person.email), ""
        )
        assert _plain_headers(known) == _plain_headers(unknown)

    def test_is_not_told_by_the_work_behind_a_refused_log_in(self, installation, browser, monkeypatch):
        person = installation.someone()
        no_password = installation.someone(password="")
        done = []
        verify = Passwords.verify

        def counted(self, stored, password):
            done.append(self._hasher.memory_cost)
            return verify(self, stored, password)

        monkeypatch.setattr(Passwords, "verify", counted)
        work = []
        for login in (person.email, "nobody@example.org", no_password.email):
            done.clear()
            with Statements(installation.registry["dbengine"]) as statements:
                browser.log_in(login, WRONG, status=422)
            work.append((list(done), statements.kinds))
        assert work[0][0] == [8 * 1024]
        assert work[0] == work[1] == work[2]

    def test_is_not_told_by_when_tries_are_refused(self, installation):
        person = installation.someone()
        counts = []
        for login in (person.email, "nobody-at-all@example.org"):
            browser = installation.browser()
            tries = 0
            while browser.log_in(login, WRONG, status="*").status_int == 422:
                tries += 1
            counts.append(tries)
        assert counts == [10, 10]


class Elsewhere:
    """A password backend with one person."""

    name = "elsewhere"

    def __init__(self, **values):
        self.values = values
        self.away = False

    def check(self, login, password):
        if self.away:
            raise BackendUnavailable("nobody answers")
        return Verified(**self.values) if (login, password) == ("Ann", PASSWORD) else None


class TestOtherBackends:
    @pytest.fixture
    def elsewhere(self, installation, monkeypatch):
        sub = uuid.uuid4().hex
        backend = Elsewhere(
            external_id=sub, email=f"{sub}@example.org", name="Ann", entitlements=("a:b",), groups=("x",)
        )
        monkeypatch.setitem(installation.registry, "accounts.password_backends", [backend])
        return backend

    def test_are_asked_after_the_installation_itself(self, installation, browser, elsewhere):
        browser.log_in(" Ann ")
        made = installation.identity(elsewhere.values["email"])
        assert (made.backend, made.external_id, made.name) == ("elsewhere", made.external_id, "Ann")
        assert made.entitlements == ("a:b",)
        assert made.password_hash is None
        installation.browser().log_in("Ann", WRONG, status=422)
        installation.browser().log_in(installation.someone().email)

    def test_describe_the_person_anew_at_each_log_in(self, installation, browser, elsewhere):
        browser.log_in("Ann")
        before = installation.identity(elsewhere.values["email"])
        elsewhere.values |= {
            "email": f"new-{elsewhere.values['email']}",
            "entitlements": (),
            "name": "Ann B.",
        }
        browser.log_in("Ann")
        after = installation.identity(elsewhere.values["email"])
        assert (after.id, after.name, after.entitlements) == (before.id, "Ann B.", ())

    def test_take_over_nobodys_account(self, installation, browser, elsewhere):
        """Addresses in a directory are sometimes changed by those in it."""
        victim = installation.someone(email=elsewhere.values["email"])
        assert "already" in fault_of(browser.log_in("Ann", status=409))
        assert installation.identity(victim.email).backend == "local"
        assert not browser.is_logged_in

    def test_take_over_no_address_either(self, installation, browser, elsewhere):
        browser.log_in("Ann")
        mine = elsewhere.values["email"]
        elsewhere.values["email"] = installation.someone().email
        browser.log_in("Ann")
        assert installation.identity(mine).backend == "elsewhere"

    def test_that_are_away_keep_nobody_else_out(self, installation, browser, elsewhere):
        elsewhere.away = True
        assert "does not answer" in fault_of(browser.log_in("Ann", status=503))
        browser.log_in(installation.someone().email)


class TestHashes:
    def test_are_made_anew_when_their_parameters_have_changed(self, installation, browser):
        person = installation.someone()
        old = Passwords(shortest=8, memory=9).hash(PASSWORD)
        with installation.session() as session:
            session.execute(
                sa.update(LocalIdentity).where(LocalIdentity.id == person.id).values(password_hash=old)
            )
            session.commit()
        browser.log_in(person.email)
        new = installation.identity(person.email).password_hash
        assert new != old
        assert "m=8192," in new
        browser.log_in(person.email)
        assert installation.identity(person.email).password_hash == new

    def test_stay_when_the_password_was_wrong(self, installation, browser):
        person = installation.someone(password="")
        old = Passwords(shortest=8, memory=9).hash(PASSWORD)
        with installation.session() as session:
            session.execute(
                sa.update(LocalIdentity).where(LocalIdentity.id == person.id).values(password_hash=old)
            )
            session.commit()
        browser.log_in(person.email, WRONG, status=422)
        assert installation.identity(person.email).password_hash == old


class TestCookies:
    def test_of_the_session_are_for_these_pages_alone(self, installation, browser):
        answer = browser.log_in(installation.someone().email)
        [cookie] = [
            one for one in answer.headers.getall("Set-Cookie") if one.startswith("eoscperf_accounts=")
        ]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Path=/accounts" in cookie
        assert "secure" not in cookie.lower()

    def test_go_over_https_only_where_there_is_https(self, installation):
        browser = installation.browser()
        browser.app.extra_environ["wsgi.url_scheme"] = "https"
        browser.app.extra_environ["HTTP_REFERER"] = "https://localhost/accounts/login"
        answer = browser.log_in(installation.someone().email)
        cookies = [one for one in answer.headers.getall("Set-Cookie") if one.startswith("eoscperf_")]
        assert len(cookies) >= 2
        assert all("secure" in one.lower() for one in cookies)

    def test_given_by_somebody_else_are_not_taken_over(self, installation, browser):
        """Whoever plants a session cookie does not learn the one that counts after the log-in."""
        person = installation.someone()
        browser.app.set_cookie("eoscperf_accounts", "planted")
        browser.app.set_cookie("csrf_token", "0" * 32)
        browser.log_in(person.email)
        assert "planted" not in browser.cookies["eoscperf_accounts"]
        assert "0" * 32 not in browser.cookies["csrf_token"]

    def test_of_somebody_elses_session_end_with_the_log_in(self, installation, browser):
        """A victim who is lured into the attacker's session leaves it by logging in."""
        attacker, victim = installation.someone(), installation.someone()
        browser.log_in(attacker.email)
        planted = browser.cookies["eoscperf_accounts"]
        browser.log_in(victim.email)
        assert victim.email in browser.get("/accounts")
        assert installation.sessions(attacker.id) == []
        other = installation.browser()
        other.app.set_cookie("eoscperf_accounts", planted)
        assert not other.is_logged_in

    def test_get_another_secret_when_the_same_person_logs_in_again(self, installation, browser):
        person = installation.someone()
        browser.log_in(person.email)
        before, [session] = browser.cookies["eoscperf_accounts"], installation.sessions(person.id)
        installation.wait(minutes=1)
        browser.log_in(person.email)
        [again] = installation.sessions(person.id)
        assert again.id == session.id
        assert again.auth_time > session.auth_time
        other = installation.browser()
        other.app.set_cookie("eoscperf_accounts", before)
        assert not other.is_logged_in

    def test_are_stored_as_digests(self, installation, browser):
        person = installation.someone()
        browser.log_in(person.email)
        secrets = {browser.cookies[name] for name in ("eoscperf_accounts", "eoscperf_device")}
        with installation.engine.connect() as connection:
            for table in ("accounts_sessions", "accounts_devices"):
                rows = connection.execute(sa.text(f"SELECT * FROM {table}")).all()
                assert rows
                assert not secrets & {str(value) for row in rows for value in row}


class TestNames:
    def test_are_text_wherever_they_are_shown(self, installation, browser):
        evil = '"><script>alert(1)</script>'
        person = installation.someone(name=evil)
        browser.log_in(person.email)
        page = browser.get("/accounts")
        assert "<script>alert" not in page
        browser.post("/accounts", name=evil + "2")
        assert "<script>alert" not in browser.get("/accounts")
        assert installation.identity(person.email).name == evil + "2"

    def test_of_browsers_are_text_too(self, installation, browser):
        browser.app.extra_environ["HTTP_USER_AGENT"] = "<script>alert(1)</script>"
        browser.log_in(installation.someone().email)
        assert "<script>alert" not in browser.get("/accounts/sessions")


POSTED = {
    "login",
    "login_code",
    "login_passkey",
    "login_passkey_options",
    "logout",
    "signup",
    "recover",
    "verify",
    "account",
    "password",
    "email",
    "sessions",
    "second_factor",
    "second_factor_confirm",
    "passkeys",
    "passkey_options",
    "passkey_remove",
    "invitations",
    "invitation_withdraw",
}


class Statements:
    """The kinds of statements that an engine has carried out meanwhile."""

    def __init__(self, engine):
        self.engine = engine
        self.kinds = []

    def __enter__(self):
        sa.event.listen(self.engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *exception):
        sa.event.remove(self.engine, "before_cursor_execute", self._note)

    def _note(self, connection, cursor, statement, *rest):
        self.kinds.append(statement)


def _plain_headers(answer):
    varying = {"set-cookie", "x-request-id", "content-length", "date"}
    return {name: value for name, value in answer.headers.items() if name.lower() not in varying}
