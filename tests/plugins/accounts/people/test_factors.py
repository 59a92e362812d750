"""One-time codes, recovery codes and passkeys."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest
import sqlalchemy as sa

from eoscperf.plugins.accounts.people import throttle, totp
from eoscperf.plugins.accounts.people.models import Passkey, RecoveryCode
from eoscperf.plugins.accounts.people.totp import SecretBox
from tests.plugins.accounts.people.conftest import PASSWORD, fault_of
from tests.plugins.accounts.people.soft_key import PRESENT, SoftKey


def codes_in(page):
    return re.findall(r"<code>((?:[a-z2-7]{4}-){3}[a-z2-7]{4})</code>", page.text)


class App:
    """The app on the phone of somebody."""

    def __init__(self, installation, secret):
        self.installation = installation
        self.codes = pyotp.TOTP(secret)

    def code(self, later=0):
        return self.codes.at(self.installation.now, counter_offset=later)


def set_up(installation, browser):
    """A person with codes on, who is logged in; the app and the recovery codes."""
    person = installation.someone()
    browser.log_in(person.email)
    page = browser.post("/accounts/second-factor", step="start", status=200)
    secret = re.search(r"Secret: <code>([A-Z2-7 ]+)</code>", page.text).group(1).replace(" ", "")
    app = App(installation, secret)
    page = browser.post("/accounts/second-factor/confirm", code=app.code(), status=200)
    installation.wait(seconds=30)
    return person, app, codes_in(page)


def second_step(installation, person, network=None):
    """A browser that has sent the password."""
    browser = installation.browser(network)
    assert browser.log_in(person.email).location.startswith("http://localhost/accounts/login/code")
    return browser


class TestOneTimeCodes:
    def test_are_asked_for_after_the_password(self, installation, browser):
        person, app, _ = set_up(installation, browser)
        other = second_step(installation, person)
        assert not other.is_logged_in
        assert "eoscperf_accounts" not in other.cookies
        answer = other.post("/accounts/login/code", code=app.code(), next="/accounts/sessions")
        assert answer.location.endswith("/accounts/sessions")
        assert other.is_logged_in
        newest = max(installation.sessions(person.id), key=lambda session: session.created_datetime)
        assert newest.amr == ("pwd", "otp", "mfa")
        assert "eoscperf_login" not in other.cookies

    def test_are_shown_as_a_picture_without_any_style(self, installation, browser):
        person = installation.someone()
        browser.log_in(person.email)
        page = browser.post("/accounts/second-factor", step="start", status=200)
        assert "<svg" in page
        assert "style=" not in page
        assert page.headers["Cache-Control"] == "no-store"
        again = browser.post("/accounts/second-factor", step="start", status=200)
        secret = re.compile(r"Secret: <code>(.+?)</code>")
        assert secret.search(page.text).group(1) == secret.search(again.text).group(1)

    def test_are_not_on_before_one_was_right(self, installation, browser):
        person = installation.someone()
        browser.log_in(person.email)
        browser.post("/accounts/second-factor", step="start", status=200)
        answer = browser.post("/accounts/second-factor/confirm", code="000000", status=422)
        assert "does not fit" in fault_of(answer)
        assert "<svg" in answer
        assert not installation.identity(person.email).has_totp
        other = installation.browser()
        other.log_in(person.email)
        assert other.is_logged_in

    def test_are_good_once(self, installation, browser):
        person, app, _ = set_up(installation, browser)
        code = app.code()
        second_step(installation, person).post("/accounts/login/code", code=code)
        again = second_step(installation, person)
        assert "used already" in fault_of(again.post("/accounts/login/code", code=code, status=422))
        # One from before must not come after it either.
        assert again.post("/accounts/login/code", code=app.code(-1), status=422)
        again.post("/accounts/login/code", code=app.code(1))

    def test_that_switched_them_on_are_not_good_for_a_log_in(self, installation, browser):
        person, app, _ = set_up(installation, browser)
        second_step(installation, person).post("/accounts/login/code", code=app.code(-1), status=422)

    def test_are_good_once_even_when_sent_at_the_same_time(self, installation, browser):
        person, app, _ = set_up(installation, browser)
        browsers = [second_step(installation, person) for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            found = list(
                pool.map(
                    lambda one: one.post("/accounts/login/code", code=app.code(), status="*").status_int,
                    browsers,
                )
            )
        assert sorted(found) == [303, 422, 422, 422]

    @pytest.mark.parametrize(("periods", "status"), [(-2, 422), (-1, 303), (0, 303), (1, 303), (2, 422)])
    def test_may_be_one_period_off(self, installation, browser, periods, status):
        person, app, _ = set_up(installation, browser)
        installation.wait(minutes=5)
        second_step(installation, person).post("/accounts/login/code", code=app.code(periods), status=status)

    @pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "0x1234", "-12345"])
    def test_have_six_digits(self, installation, browser, code):
        person, _, _ = set_up(installation, browser)
        second_step(installation, person).post("/accounts/login/code", code=code, status=422)

    def test_can_be_typed_with_blanks(self, installation, browser):
        person, app, _ = set_up(installation, browser)
        code = app.code()
        second_step(installation, person).post("/accounts/login/code", code=f" {code[:3]} {code[3:]} ")

    def test_need_the_password_first(self, installation, browser):
        _, app, _ = set_up(installation, browser)
        other = installation.browser()
        assert other.post("/accounts/login/code", code=app.code()).location.startswith(
            "http://localhost/accounts/login?"
        )
        other.app.set_cookie("eoscperf_login", "made up")
        other.post("/accounts/login/code", code=app.code())
        assert not other.is_logged_in

    def test_finish_no_log_in_that_began_with_a_password_from_before(self, installation, browser):
        person, app, _ = set_up(installation, browser)
        thief = second_step(installation, person)
        browser.post("/accounts/password", current=PASSWORD, password="other words, quite as long")
        thief.post("/accounts/login/code", code=app.code())
        assert not thief.is_logged_in

    def test_have_to_be_sent_soon(self, installation, browser):
        person, app, _ = set_up(installation, browser)
        other = second_step(installation, person)
        installation.wait(minutes=10)
        answer = other.post("/accounts/login/code", code=app.code())
        assert "took too long" in other.get(answer.location)

    def test_cannot_be_guessed(self, installation, browser):
        person, app, _ = set_up(installation, browser)
        network = "192.0.2.123"
        tried = []
        for _ in range(2):
            other = second_step(installation, person, network)
            tried += [
                other.post("/accounts/login/code", code="000000", status="*").status_int for _ in range(6)
            ]
        assert tried == [422] * 10 + [429] * 2
        other.post("/accounts/login/code", code=app.code(), status=429)

    def test_cannot_be_guessed_by_many_networks_and_the_owner_still_gets_in(
        self, installation, browser, monkeypatch
    ):
        monkeypatch.setattr(throttle, "MANY_CODES", 12)
        person, app, recovery = set_up(installation, browser)
        browser.post("/accounts/logout")
        attackers = [second_step(installation, person) for _ in range(3)]
        tried = [
            attacker.post("/accounts/login/code", code="000000", status="*").status_int
            for attacker in attackers
            for _ in range(5)
        ]
        assert tried == [422] * 12 + [429] * 3
        # A known browser, and a recovery code from an unknown one.
        browser.log_in(person.email)
        browser.post("/accounts/login/code", code=app.code())
        assert browser.is_logged_in
        stranger = second_step(installation, person)
        stranger.post("/accounts/login/code", code=app.code(1), status=429)
        stranger.post("/accounts/login/code", code=recovery[0])
        assert stranger.is_logged_in

    def test_are_stored_encrypted(self, installation, browser):
        person, app, recovery = set_up(installation, browser)
        stored = installation.identity(person.email).totp_secret
        assert app.codes.secret not in stored
        assert SecretBox(installation.settings["secret"]).opened(stored) == app.codes.secret
        assert SecretBox(b"another secret of somebody").opened(stored) is None
        with installation.session() as session:
            digests = session.scalars(
                sa.select(RecoveryCode.digest).where(RecoveryCode.identity_id == person.id)
            ).all()
        assert len(digests) == totp.RECOVERY_CODES
        assert not set(digests) & {code.replace("-", "") for code in recovery}

    def test_are_switched_off_with_a_mail(self, installation, browser):
        person, _, _ = set_up(installation, browser)
        browser.post("/accounts/second-factor", step="off")
        assert "switched off" in installation.mails(person.email)[-1]["paragraphs"][0]
        found = installation.identity(person.email)
        assert (found.totp_secret, found.totp_datetime, found.totp_step) == (None, None, None)
        other = installation.browser()
        other.log_in(person.email)
        assert other.is_logged_in

    def test_on_already_are_not_set_up_again(self, installation, browser):
        person, app, _ = set_up(installation, browser)
        before = installation.identity(person.email).totp_secret
        browser.post("/accounts/second-factor", step="start")
        browser.post("/accounts/second-factor/confirm", code=app.code())
        assert installation.identity(person.email).totp_secret == before

    def test_do_not_show_their_secret_again(self, installation, browser):
        _, app, _ = set_up(installation, browser)
        page = browser.get("/accounts/second-factor")
        assert app.codes.secret[:4] not in page
        assert "<svg" not in page


class TestRecoveryCodes:
    def test_stand_in_for_a_code_once_and_the_owner_is_told(self, installation, browser):
        person, _, recovery = set_up(installation, browser)
        assert len(set(recovery)) == 10
        other = second_step(installation, person)
        other.post("/accounts/login/code", code=recovery[0].upper().replace("-", " "))
        assert other.is_logged_in
        assert "9 are left" in installation.mails(person.email)[-1]["paragraphs"][0]
        second_step(installation, person).post("/accounts/login/code", code=recovery[0], status=422)

    def test_are_replaced_by_new_ones(self, installation, browser):
        person, _, recovery = set_up(installation, browser)
        page = browser.post("/accounts/second-factor", step="renew", status=200)
        new = codes_in(page)
        assert len(new) == 10
        assert not set(new) & set(recovery)
        assert codes_in(browser.get("/accounts/second-factor")) == []
        second_step(installation, person).post("/accounts/login/code", code=recovery[1], status=422)
        second_step(installation, person).post("/accounts/login/code", code=new[1])

    def test_of_somebody_else_are_of_no_use(self, installation, browser):
        person, _, _ = set_up(installation, browser)
        _, _, others = set_up(installation, installation.browser())
        second_step(installation, person).post("/accounts/login/code", code=others[0], status=422)


def add_passkey(installation, browser, key=None, **fields):
    key = key or SoftKey()
    options = browser.post("/accounts/passkeys/options", status=200).json
    browser.post("/accounts/passkeys", name="My phone", credential=key.create(options), **fields)
    return key


class TestPasskeys:
    def test_log_in_without_password_and_code(self, installation, browser):
        person, _, _ = set_up(installation, browser)
        key = add_passkey(installation, browser)
        assert "My phone" in browser.get("/accounts/passkeys")
        assert "was added" in installation.mails(person.email)[-1]["paragraphs"][0]
        other = installation.browser()
        options = other.post("/accounts/login/passkey/options", status=200).json
        assert options["userVerification"] == "required"
        assert options["allowCredentials"] == []
        answer = other.post("/accounts/login/passkey", credential=key.get(options), next="/accounts/sessions")
        assert answer.location.endswith("/accounts/sessions")
        assert person.email in other.get("/accounts")
        assert ("pop", "user", "mfa") in [session.amr for session in installation.sessions(person.id)]

    def test_answers_are_good_once(self, installation, browser):
        browser.log_in(installation.someone().email)
        key = add_passkey(installation, browser)
        other = installation.browser()
        options = other.post("/accounts/login/passkey/options", status=200).json
        cookie, credential = other.cookies["eoscperf_login"], key.get(options)
        other.post("/accounts/login/passkey", credential=credential)
        thief = installation.browser()
        thief.app.set_cookie("eoscperf_login", cookie)
        thief.post("/accounts/login/passkey", credential=credential, status=422)
        assert not thief.is_logged_in

    @pytest.mark.parametrize(
        "key",
        [SoftKey(origin="http://evil.example.org"), SoftKey(host="evil.example.org")],
        ids=["origin", "host"],
    )
    def test_of_another_site_are_refused(self, installation, browser, key):
        browser.log_in(installation.someone().email)
        options = browser.post("/accounts/passkeys/options", status=200).json
        browser.post("/accounts/passkeys", name="x", credential=key.create(options), status=422)
        assert "You have none" in browser.get("/accounts/passkeys")

    def test_of_another_site_do_not_log_in(self, installation, browser):
        browser.log_in(installation.someone().email)
        key = add_passkey(installation, browser)
        key.origin = "http://localhost.evil.example.org"
        other = installation.browser()
        options = other.post("/accounts/login/passkey/options", status=200).json
        other.post("/accounts/login/passkey", credential=key.get(options), status=422)

    def test_have_to_be_unlocked(self, installation, browser):
        """Only that makes them a second factor."""
        browser.log_in(installation.someone().email)
        options = browser.post("/accounts/passkeys/options", status=200).json
        locked = SoftKey().create(options, flags=PRESENT)
        browser.post("/accounts/passkeys", name="x", credential=locked, status=422)
        key = add_passkey(installation, browser)
        other = installation.browser()
        options = other.post("/accounts/login/passkey/options", status=200).json
        other.post("/accounts/login/passkey", credential=key.get(options, flags=PRESENT), status=422)

    def test_that_were_copied_are_noticed(self, installation, browser):
        browser.log_in(installation.someone().email)
        key = add_passkey(installation, browser)
        for count, status in ((7, 303), (3, 422), (8, 303)):
            key.count = count
            other = installation.browser()
            options = other.post("/accounts/login/passkey/options", status=200).json
            other.post("/accounts/login/passkey", credential=key.get(options), status=status)

    def test_answer_for_one_person_only(self, installation, browser):
        victim = installation.someone()
        browser.log_in(installation.someone().email)
        key = add_passkey(installation, browser)
        key.user_handle = victim.id.bytes
        other = installation.browser()
        options = other.post("/accounts/login/passkey/options", status=200).json
        other.post("/accounts/login/passkey", credential=key.get(options), status=422)

    def test_are_added_to_the_session_that_has_asked(self, installation, browser):
        browser.log_in(installation.someone().email)
        options = browser.post("/accounts/passkeys/options", status=200).json
        key = SoftKey()
        other = installation.browser()
        other.log_in(installation.someone().email)
        other.post("/accounts/passkeys", name="x", credential=key.create(options), status=422)
        browser.post("/accounts/passkeys", name="x", credential=key.create(options))
        browser.post("/accounts/passkeys", name="y", credential=key.create(options), status=422)

    @pytest.mark.parametrize(
        "credential", ["", "{}", "[]", "nonsense", '{"id": 1}', json.dumps({"id": "x" * 9000})]
    )
    def test_that_are_nonsense_are_refused(self, installation, browser, credential):
        browser.log_in(installation.someone().email)
        browser.post("/accounts/passkeys/options", status=200)
        browser.post("/accounts/passkeys", name="x", credential=credential, status=422)
        other = installation.browser()
        other.post("/accounts/login/passkey/options", status=200)
        other.post("/accounts/login/passkey", credential=credential, status=422)

    def test_are_removed_by_their_owner_only(self, installation, browser):
        person = installation.someone()
        browser.log_in(person.email)
        key = add_passkey(installation, browser)
        with installation.session() as session:
            passkey = session.scalars(sa.select(Passkey).where(Passkey.identity_id == person.id)).one()
        other = installation.browser()
        other.log_in(installation.someone().email)
        other.post("/accounts/passkeys/remove", passkey=str(passkey.id))
        assert "My phone" in browser.get("/accounts/passkeys")
        browser.post("/accounts/passkeys/remove", passkey=str(passkey.id))
        assert "You have none" in browser.get("/accounts/passkeys")
        options = other.post("/accounts/login/passkey/options", status=200).json
        other.post("/accounts/login/passkey", credential=key.get(options), status=422)

    def test_do_not_open_a_disabled_account(self, installation, browser):
        person = installation.someone()
        browser.log_in(person.email)
        key = add_passkey(installation, browser)
        admin = installation.someone(admin=True)
        browser.app.post(
            f"/api/v1/accounts/identities/{person.id}:disable",
            headers=installation.token(admin.email),
            status=200,
        )
        other = installation.browser()
        options = other.post("/accounts/login/passkey/options", status=200).json
        answer = other.post("/accounts/login/passkey", credential=key.get(options), status=422)
        assert "disabled" in fault_of(answer)

    def test_have_names_that_are_text(self, installation, browser):
        browser.log_in(installation.someone().email)
        options = browser.post("/accounts/passkeys/options", status=200).json
        browser.post(
            "/accounts/passkeys", name="<script>alert(1)</script>", credential=SoftKey().create(options)
        )
        assert "<script>alert" not in browser.get("/accounts/passkeys")
