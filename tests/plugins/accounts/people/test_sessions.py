"""Sessions: how long they last, how they end, what they are asked to prove."""

from __future__ import annotations

import uuid

import pytest
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request, apply_request_extensions

from eoscperf.plugins.accounts.people.events import IdentityRemoved, PasswordChanged, SessionEnded
from eoscperf.plugins.accounts.people.session import COOKIE, current_session, require_login
from tests.interfering import interfering
from tests.plugins.accounts.people.conftest import PASSWORD, fault_of

NEW = "other words, quite as long"


@pytest.fixture
def events(installation, monkeypatch):
    """What was told inside of transactions from now on."""
    told = []
    known = installation.registry["eoscperf.transaction_subscribers"]
    kinds = (SessionEnded, PasswordChanged, IdentityRemoved)
    monkeypatch.setitem(
        installation.registry,
        "eoscperf.transaction_subscribers",
        [*known, *((kind, lambda event, request: told.append(event)) for kind in kinds)],
    )
    return told


_opened = []


@pytest.fixture(autouse=True)
def no_transaction_is_left_open():
    """SQLite has one writer: what a test leaves open would be in the way of the next one."""
    yield
    while _opened:
        _opened.pop().close()


def request_of(browser, path="/accounts/authorize?client_id=x"):
    """A request as this browser would send it, for what is called by views."""
    request = Request.blank(path)
    request.registry = browser.installation.registry
    request.cookies[COOKIE] = browser.cookies.get(COOKIE, "")
    session = browser.installation.session()
    _opened.append(session)
    request.environ["eoscperf.dbsession"] = session
    apply_request_extensions(request)
    return request


class TestASession:
    def test_ends_when_it_is_not_used(self, installation, browser):
        browser.log_in(installation.someone().email)
        installation.wait(days=2)
        assert browser.is_logged_in
        installation.wait(days=2)
        assert browser.is_logged_in
        installation.wait(days=3, seconds=1)
        assert not browser.is_logged_in

    def test_ends_at_last_however_much_it_is_used(self, installation, browser):
        browser.log_in(installation.someone().email)
        for _ in range(29):
            installation.wait(days=1)
            assert browser.is_logged_in
        installation.wait(days=1)
        assert not browser.is_logged_in

    def test_notes_its_last_use_now_and_then(self, installation, browser):
        person = installation.someone()
        browser.log_in(person.email)
        begun = installation.now
        installation.wait(minutes=4)
        assert browser.is_logged_in
        assert installation.sessions(person.id)[0].used_datetime == begun
        installation.wait(minutes=1)
        assert browser.is_logged_in
        assert installation.sessions(person.id)[0].used_datetime == installation.now
        installation.wait(minutes=5)
        browser.post("/accounts", name="Ann")
        assert installation.sessions(person.id)[0].used_datetime == installation.now

    def test_ends_with_the_log_out_for_good(self, installation, browser, events):
        person = installation.someone()
        browser.log_in(person.email)
        secret, [session] = browser.cookies[COOKIE], installation.sessions(person.id)
        assert person.email in browser.get("/accounts/logout")
        assert browser.is_logged_in
        browser.post("/accounts/logout")
        assert COOKIE not in browser.cookies
        browser.app.set_cookie(COOKIE, secret)
        assert not browser.is_logged_in
        assert events == [SessionEnded(identity_id=person.id, session_id=session.id)]

    def test_logging_out_twice_is_no_error(self, browser):
        browser.post("/accounts/logout")
        browser.post("/accounts/logout")

    def test_ends_when_the_account_is_disabled(self, installation, browser):
        person = installation.someone()
        browser.log_in(person.email)
        admin = installation.someone(admin=True)
        browser.app.post(
            f"/api/v1/accounts/identities/{person.id}:disable",
            headers=installation.token(admin.email),
            status=200,
        )
        assert not browser.is_logged_in
        assert installation.sessions(person.id) == []

    def test_ends_with_the_user_of_the_platform(self, installation, browser, events):
        person, admin = installation.someone(registered=True), installation.someone(admin=True)
        browser.log_in(person.email)
        browser.app.post(
            f"/api/v1/users:remove?email={person.email}", headers=installation.token(admin.email), status=204
        )
        assert not browser.is_logged_in
        assert installation.identity(person.email) is None
        assert installation.sessions(person.id) == []
        assert [type(event) for event in events] == [SessionEnded, IdentityRemoved]


class TestTheListOfSessions:
    def test_shows_each_and_which_one_this_is(self, installation, browser):
        person = installation.someone()
        browser.log_in(person.email)
        other = installation.browser("192.0.2.77")
        other.app.extra_environ["HTTP_USER_AGENT"] = (
            "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36"
        )
        other.log_in(person.email)
        page = browser.get("/accounts/sessions")
        assert "Firefox on Linux" in page
        assert "Chrome on Windows" in page
        assert "192.0.2.77" in page
        assert page.text.count("this one") == 1

    def test_ends_one(self, installation, browser, events):
        person = installation.someone()
        browser.log_in(person.email)
        other = installation.browser()
        other.log_in(person.email)
        [victim] = [one for one in installation.sessions(person.id) if one.address != _address(browser)]
        browser.post("/accounts/sessions", session=str(victim.id))
        assert not other.is_logged_in
        assert browser.is_logged_in
        assert [event.session_id for event in events] == [victim.id]

    def test_ends_all_others(self, installation, browser):
        person = installation.someone()
        others = [installation.browser() for _ in range(2)]
        for one in (browser, *others):
            one.log_in(person.email)
        browser.post("/accounts/sessions", session="others")
        assert [one.is_logged_in for one in (browser, *others)] == [True, False, False]

    @pytest.mark.parametrize("session", ["", "nonsense", str(uuid.UUID(int=0))])
    def test_ends_nothing_else(self, installation, browser, session):
        browser.log_in(installation.someone().email)
        browser.post("/accounts/sessions", session=session)
        assert browser.is_logged_in

    def test_ends_nobody_elses(self, installation, browser):
        victim = installation.someone()
        other = installation.browser()
        other.log_in(victim.email)
        browser.log_in(installation.someone().email)
        browser.post("/accounts/sessions", session=str(installation.sessions(victim.id)[0].id))
        assert other.is_logged_in


class TestChangingThePassword:
    def test_ends_all_other_sessions_and_changes_the_cookie(self, installation, browser, events):
        person = installation.someone()
        other = installation.browser()
        for one in (browser, other):
            one.log_in(person.email)
        before = browser.cookies[COOKIE]
        browser.post("/accounts/password", current=PASSWORD, password=NEW)
        assert browser.is_logged_in
        assert browser.cookies[COOKIE] != before
        assert not other.is_logged_in
        assert [type(event) for event in events] == [SessionEnded, PasswordChanged]
        assert installation.mails(person.email)[-1]["subject"] == "Your password was changed"
        other.log_in(person.email, PASSWORD, status=422)
        other.log_in(person.email, NEW)

    def test_takes_the_present_one(self, installation, browser):
        person = installation.someone()
        browser.log_in(person.email)
        answer = browser.post("/accounts/password", current=PASSWORD + "x", password=NEW, status=422)
        assert "not your present password" in fault_of(answer)
        browser.post("/accounts/password", password=NEW, status=422)
        installation.browser().log_in(person.email)

    def test_is_not_a_way_to_guess(self, installation, browser):
        browser.log_in(installation.someone().email)
        for _ in range(20):
            browser.post("/accounts/password", current="guess", password=NEW, status=422)
        answer = browser.post("/accounts/password", current="guess", password=NEW, status=429)
        assert "Too many wrong passwords" in fault_of(answer)
        assert int(answer.headers["Retry-After"]) > 60

    @pytest.mark.parametrize(
        ("password", "sentence"),
        [
            ("short one", "at least 10 characters"),
            ("password123", "first that others would try"),
            ("x" * 1025, "at most 1024"),
        ],
    )
    def test_takes_no_bad_one(self, installation, browser, password, sentence):
        browser.log_in(installation.someone().email)
        answer = browser.post("/accounts/password", current=PASSWORD, password=password, status=422)
        assert sentence in fault_of(answer)

    def test_takes_none_that_is_the_address(self, installation, browser):
        person = installation.someone()
        browser.log_in(person.email)
        answer = browser.post("/accounts/password", current=PASSWORD, password=person.email, status=422)
        assert "too close to your address" in fault_of(answer)

    def test_is_not_for_those_of_a_directory(self, installation, browser):
        person = installation.someone(password="", backend="directory", external_id=str(uuid.uuid4()))
        log_in_by_hand(installation, browser, person)
        assert "directory" in browser.get("/accounts/password", status=409)


class TestRequireLogin:
    """What pages of the provider rely on."""

    def test_sends_strangers_to_the_log_in_and_back(self, browser):
        request = request_of(browser)
        assert current_session(request) is None
        with pytest.raises(HTTPSeeOther) as sent:
            require_login(request)
        assert sent.value.location == "/accounts/login?next=%2Faccounts%2Fauthorize%3Fclient_id%3Dx"

    def test_returns_the_session(self, installation, browser):
        person = installation.someone()
        browser.log_in(person.email)
        session = require_login(request_of(browser))
        assert session.identity.email == person.email
        assert session.auth_time == installation.now

    def test_asks_again_when_the_log_in_is_too_old(self, installation, browser):
        person = installation.someone()
        browser.log_in(person.email)
        installation.wait(seconds=61)
        require_login(request_of(browser), max_age=61)
        with pytest.raises(HTTPSeeOther) as sent:
            require_login(request_of(browser), max_age=60)
        assert sent.value.location.endswith("&again=1")
        browser.log_in(person.email, next="/accounts/authorize?client_id=x", again="1")
        require_login(request_of(browser), max_age=60)

    def test_asks_again_for_each_page_that_wants_it(self, installation, browser):
        person = installation.someone()
        browser.log_in(person.email)
        with pytest.raises(HTTPSeeOther):
            require_login(request_of(browser), prompt="login")
        browser.log_in(person.email, next="/accounts/authorize?client_id=x", again="1")
        require_login(request_of(browser), prompt="login")
        with pytest.raises(HTTPSeeOther):
            require_login(request_of(browser, "/accounts/authorize?client_id=y"), prompt="login")
        installation.wait(minutes=6)
        with pytest.raises(HTTPSeeOther):
            require_login(request_of(browser), prompt="login")

    @pytest.mark.parametrize("page", ["second-factor", "passkeys", "email"])
    def test_is_recent_for_changes_of_how_one_logs_in(self, installation, browser, page):
        person = installation.someone()
        browser.log_in(person.email)
        browser.get(f"/accounts/{page}", status=200)
        installation.wait(minutes=16)
        assert "again=1" in browser.get(f"/accounts/{page}", status=303).location
        assert "again=1" in browser.post(f"/accounts/{page}", step="off", email="a@b.example").location


def log_in_by_hand(installation, browser, person):
    """A session for somebody whose password another backend checks."""
    import datetime

    from eoscperf.plugins.accounts.people.digests import digest, new_secret
    from eoscperf.plugins.accounts.people.models import AccountSession

    secret = new_secret()
    with installation.session() as session:
        session.add(
            AccountSession(
                identity_id=person.id,
                secret_digest=digest(secret),
                auth_time=installation.now,
                amr_text="pwd",
                address="10.0.0.1",
                device="",
                created_datetime=installation.now,
                used_datetime=installation.now,
                expires_datetime=installation.now + datetime.timedelta(days=1),
            )
        )
        session.commit()
    browser.app.set_cookie(COOKIE, secret)


def _address(browser):
    return browser.app.extra_environ["REMOTE_ADDR"]


class TestWhileOthersWrite:
    def test_pages_are_shown_and_the_last_use_is_noted(self, installation, browser):
        person = installation.someone()
        browser.log_in(person.email)
        for page in ("/accounts", "/accounts/sessions", "/accounts/grants"):
            installation.wait(minutes=6)
            with interfering(installation.url):
                browser.get(page, status=200)
        [known] = installation.sessions(person.id)
        assert known.used_datetime == installation.now

    def test_a_client_logs_the_person_out(self, installation, browser):
        person = installation.someone()
        browser.log_in(person.email)
        [known] = installation.sessions(person.id)
        hint = installation.registry["accounts.keys"].identity.sign(
            {
                "iss": installation.settings["accounts.url"],
                "aud": "eoscperf-web",
                "sub": str(person.id),
                "sid": str(known.id),
                "exp": int(installation.now.timestamp()) + 600,
            },
            typ="JWT",
        )
        with interfering(installation.url) as tries:
            browser.get(f"/accounts/end-session?id_token_hint={hint}", status=200)
        assert not any(tries)
        assert installation.sessions(person.id) == []
