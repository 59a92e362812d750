"""The device flow: a program without a browser gets tokens by a code that somebody types."""

from __future__ import annotations

import re

import pytest

from eoscperf.plugins.accounts.provider.devices import LETTERS
from eoscperf.plugins.accounts.provider.models import DeviceCode
from tests.plugins.accounts.provider.cast import CLI, ISSUER, claims, decide


@pytest.fixture
def begin(provider):
    def begin(client=CLI, status=200, **form):
        form = {"scope": "openid read upload offline_access", "client_id": client.id} | form
        return provider.web.post("/accounts/device_authorization", form, status=status).json

    return begin


def confirm(browser, user_code, decision="allow"):
    page = browser.get("/accounts/device")
    form = next(form for form in page.forms.values() if "user_code" in form.fields)
    form["user_code"] = user_code
    return decide(form.submit(), decision)


class TestTheFlow:
    def test_takes_tokens_to_the_program_once_somebody_has_confirmed(
        self, provider, browser, begin, ann, clock
    ):
        begun = begin()
        assert begun["verification_uri"] == f"{ISSUER}/device"
        assert begun["verification_uri_complete"] == f"{ISSUER}/device?user_code={begun['user_code']}"
        assert (begun["expires_in"], begun["interval"]) == (900, 5)
        assert provider.poll(CLI, begun["device_code"], 400)["error"] == "authorization_pending"
        assert "eoscperf command is connected" in confirm(browser, begun["user_code"]).text
        clock.pass_time(seconds=6)
        tokens = provider.poll(CLI, begun["device_code"])
        told = claims(tokens["access_token"])
        assert (told["sub"], told["client_id"], told["amr"]) == (str(ann.id), "eoscperf-cli", ["pwd"])
        assert tokens["scope"] == "openid offline_access read upload"
        assert claims(tokens["id_token"])["aud"] == "eoscperf-cli"
        assert provider.works(tokens["access_token"])
        assert provider.refresh(CLI, tokens["refresh_token"])["access_token"]

    def test_says_what_is_asked_before_anything_is_given(self, provider, browser, begin):
        begun = begin()
        page = browser.get(begun["verification_uri_complete"].removeprefix("https://perf.example.org"))
        assert provider.poll(CLI, begun["device_code"], 400)["error"] == "authorization_pending"
        asked = next(form for form in page.forms.values() if "user_code" in form.fields).submit()
        for words in (begun["user_code"], "eoscperf command", "ann@example.org", "contribute"):
            assert words in asked.text
        assert provider.poll(CLI, begun["device_code"], 400)["error"] == "slow_down"

    def test_can_be_refused(self, provider, browser, begin):
        begun = begin()
        assert "is not connected" in confirm(browser, begun["user_code"], "deny").text
        assert provider.poll(CLI, begun["device_code"], 400)["error"] == "access_denied"
        assert provider.poll(CLI, begun["device_code"], 400)["error"] == "invalid_grant"

    @pytest.mark.parametrize(
        "spell", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code} "]
    )
    def test_takes_a_code_however_it_is_typed(self, provider, browser, begin, spell):
        begun = begin()
        assert "is connected" in confirm(browser, spell(begun["user_code"])).text

    def test_makes_codes_that_are_easy_to_type(self, begin):
        for _ in range(5):
            assert re.fullmatch(f"[{LETTERS}]{{4}}-[{LETTERS}]{{4}}", begin()["user_code"])

    def test_works_with_a_secret_for_clients_that_have_one(self, provider, browser, shop, begin):
        begun = begin(shop, 401)
        assert begun["error"] == "invalid_client"
        begun = begin(shop, client_secret=shop.secret, scope="read")
        confirm(browser, begun["user_code"])
        assert provider.poll(shop, begun["device_code"])["access_token"]

    def test_shows_up_among_the_grants(self, provider, browser, begin):
        confirm(browser, begin()["user_code"])
        assert "eoscperf command" in browser.get("/accounts/grants").text


class TestDeviceCodes:
    def test_are_good_once(self, provider, browser, begin):
        begun = begin()
        confirm(browser, begun["user_code"])
        assert provider.poll(CLI, begun["device_code"])["access_token"]
        assert provider.poll(CLI, begun["device_code"], 400)["error"] == "invalid_grant"

    def test_are_good_for_a_quarter_of_an_hour(self, provider, browser, begin, clock):
        begun = begin()
        clock.pass_time(minutes=15, seconds=1)
        assert provider.poll(CLI, begun["device_code"], 400)["error"] == "expired_token"
        page = browser.get("/accounts/device")
        form = next(form for form in page.forms.values() if "user_code" in form.fields)
        form["user_code"] = begun["user_code"]
        assert "No device waits" in form.submit(status=422).text

    def test_are_good_for_their_client_only(self, provider, browser, begin, phone):
        begun = begin()
        confirm(browser, begun["user_code"])
        assert provider.poll(phone, begun["device_code"], 400)["error"] == "invalid_grant"
        assert provider.poll(CLI, begun["device_code"])["access_token"]

    def test_make_hasty_programs_wait_longer_and_longer(self, provider, begin, clock):
        code = begin()["device_code"]
        assert provider.poll(CLI, code, 400)["error"] == "authorization_pending"
        clock.pass_time(seconds=4)
        assert provider.poll(CLI, code, 400)["error"] == "slow_down"
        clock.pass_time(seconds=6)
        assert provider.poll(CLI, code, 400)["error"] == "slow_down"
        clock.pass_time(seconds=16)
        assert provider.poll(CLI, code, 400)["error"] == "authorization_pending"

    @pytest.mark.parametrize("code", ["x", "A" * 43, "ü"])
    def test_that_were_never_given_are_refused(self, provider, code):
        assert provider.poll(CLI, code, 400)["error"] == "invalid_grant"

    def test_are_needed(self, provider):
        answer = provider.token(CLI, 400, grant_type="urn:ietf:params:oauth:grant-type:device_code")
        assert answer.json["error"] == "invalid_request"

    def test_are_stored_as_digests_only(self, begin, session):
        begun = begin()
        (row,) = session.query(DeviceCode).all()
        kept = repr({key: str(value) for key, value in vars(row).items()})
        assert begun["device_code"] not in kept
        assert begun["user_code"] not in kept
        assert begun["user_code"].replace("-", "") not in kept

    @pytest.mark.parametrize(
        ("form", "error"),
        [
            ({"scope": "everything"}, "invalid_scope"),
            ({"client_id": "nobody"}, "invalid_client"),
            ({"client_id": ""}, "invalid_client"),
        ],
    )
    def test_are_for_known_clients_and_scopes(self, begin, form, error):
        assert begin(CLI, 401 if error == "invalid_client" else 400, **form)["error"] == error

    def test_go_with_the_session_they_were_confirmed_in_unless_asked_to_stay(self, provider, browser, begin):
        bound, free = begin(scope="read"), begin(scope="read offline_access")
        for begun in (bound, free):
            confirm(browser, begun["user_code"])
        provider.sessions().end(browser.account_session)
        provider.session.commit()
        assert provider.poll(CLI, bound["device_code"], 400)["error"] == "access_denied"
        assert provider.poll(CLI, free["device_code"])["access_token"]


class TestThePage:
    def test_is_for_those_who_are_logged_in(self, provider):
        answer = provider.web.get("/accounts/device?user_code=WDJB-MJHT", status=303)
        assert "/accounts/login" in answer.location

    def test_bounds_how_often_codes_are_guessed(self, provider, browser, begin, clock):
        begun = begin()
        page = browser.get("/accounts/device")
        form = next(form for form in page.forms.values() if "user_code" in form.fields)
        for _ in range(10):
            form["user_code"] = "BBBB-BBBB"
            form.submit(status=422)
        form["user_code"] = begun["user_code"]
        assert int(form.submit(status=429).headers["Retry-After"]) > 0
        clock.pass_time(minutes=16)
        form["user_code"] = begin()["user_code"]
        assert form.submit(status=200)

    def test_of_another_session_counts_by_itself_but_the_network_does_too(self, provider, bob, browser):
        for number in range(6):
            other = provider.browser(bob)
            page = other.get("/accounts/device")
            form = next(form for form in page.forms.values() if "user_code" in form.fields)
            for _ in range(9):
                form["user_code"] = "BBBB-BBBB"
                if form.submit(expect_errors=True).status_int == 429:
                    assert number == 5
                    return
        raise AssertionError("nobody was stopped")

    @pytest.mark.parametrize("code", ["", "x", "AAAA-AAAA", "<script>", "B" * 5000, "ü"])
    def test_says_when_nobody_waits(self, browser, code):
        page = browser.get("/accounts/device")
        form = next(form for form in page.forms.values() if "user_code" in form.fields)
        form["user_code"].force_value(code)
        answer = form.submit(status=422)
        assert "No device waits" in answer.text
        assert "<script>" not in answer.text

    def test_needs_a_form_of_ours(self, provider, browser, begin):
        begun = begin()
        form = {"user_code": begun["user_code"], "decision": "allow", "session": str(browser.account_session)}
        browser.post("/accounts/device", form, status=400)
        assert provider.poll(CLI, begun["device_code"], 400)["error"] == "authorization_pending"

    def test_asks_again_when_somebody_else_has_logged_in_meanwhile(self, provider, browser, begin, bob):
        begun = begin()
        page = browser.get("/accounts/device")
        form = next(form for form in page.forms.values() if "user_code" in form.fields)
        form["user_code"] = begun["user_code"]
        asked = form.submit()
        browser.set_cookie("eoscperf_accounts", provider.browser(bob).secret)
        again = decide(asked, "allow")
        assert "bob@example.org" in again.text
        assert provider.poll(CLI, begun["device_code"], 400)["error"] == "authorization_pending"

    def test_cannot_be_shown_in_a_frame(self, browser):
        answer = browser.get("/accounts/device")
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
