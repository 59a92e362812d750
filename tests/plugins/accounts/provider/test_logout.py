"""Logging out on behalf of a client."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest

from eoscperf.plugins.accounts.people.models import AccountSession

BYE = "https://app.example.org/bye"


@pytest.fixture
def hint(provider, browser, shop):
    return provider.log_in(browser, shop)["id_token"]


def ask(browser, **parameters):
    return browser.get("/accounts/end-session?" + urlencode(parameters))


def is_logged_in(provider, browser):
    return provider.session.get(AccountSession, browser.account_session, populate_existing=True) is not None


class TestWithAnIdTokenOfTheSession:
    def test_ends_it_and_goes_back_to_the_client(self, provider, browser, hint):
        answer = ask(browser, id_token_hint=hint, post_logout_redirect_uri=BYE, state="a b&c")
        assert answer.status_int == 303
        assert answer.location == f"{BYE}?state=a+b%26c"
        assert not is_logged_in(provider, browser)
        assert "eoscperf_accounts=;" in answer.headers["Set-Cookie"]

    def test_ends_it_by_a_form_as_well(self, provider, browser, hint):
        answer = browser.post(
            "/accounts/end-session", {"id_token_hint": hint, "post_logout_redirect_uri": BYE}
        )
        assert answer.location == BYE
        assert not is_logged_in(provider, browser)

    def test_works_with_one_that_has_expired(self, provider, browser, hint, clock):
        clock.pass_time(hours=2)
        assert ask(browser, id_token_hint=hint, post_logout_redirect_uri=BYE).location == BYE

    @pytest.mark.parametrize(
        "uri", ["https://evil.example/", BYE + "/", BYE + "?x", "//evil.example", "javascript:alert(1)", ""]
    )
    def test_goes_nowhere_that_is_not_registered(self, provider, browser, hint, uri):
        answer = ask(browser, id_token_hint=hint, post_logout_redirect_uri=uri)
        assert answer.status_int == 200
        assert not re.search(r"(href|src|action)=\W*(https?:)?//\w*\.?evil", answer.text)
        assert not is_logged_in(provider, browser)

    def test_ends_what_the_client_got_in_it(self, provider, browser, shop):
        tokens = provider.log_in(browser, shop)
        ask(browser, id_token_hint=tokens["id_token"])
        assert provider.refresh(shop, tokens["refresh_token"], 400)["error"] == "invalid_grant"


class TestWithoutOne:
    def test_the_person_is_asked(self, provider, browser, shop):
        page = ask(browser, client_id=shop.id, post_logout_redirect_uri=BYE)
        assert page.status_int == 200
        assert is_logged_in(provider, browser)
        form = next(form for form in page.forms.values() if "session" in form.fields)
        assert form.submit(status=200)
        assert not is_logged_in(provider, browser)

    def test_needs_a_form_of_ours(self, provider, browser):
        form = {"session": str(browser.account_session)}
        browser.post("/accounts/end-session/confirmed", form, status=400)
        assert is_logged_in(provider, browser)

    def test_of_another_session_the_person_is_asked(self, provider, browser, ann, hint):
        other = provider.browser(ann)
        assert ask(other, id_token_hint=hint).status_int == 200
        assert is_logged_in(provider, other)
        assert is_logged_in(provider, browser)

    def test_of_another_person_the_person_is_asked(self, provider, bob, hint):
        other = provider.browser(bob)
        page = ask(other, id_token_hint=hint, post_logout_redirect_uri=BYE)
        assert BYE not in page.text
        assert is_logged_in(provider, other)

    def test_nobody_is_asked_who_is_not_logged_in(self, provider, hint):
        assert ask(provider.web, id_token_hint=hint, post_logout_redirect_uri=BYE).location == BYE
        assert "You are logged out" in ask(provider.web).text
        assert ask(provider.web, post_logout_redirect_uri=BYE).status_int == 200


class TestWhatIsNoHint:
    def test_is_refused_and_leads_nowhere(self, provider, browser, shop):
        tokens = provider.log_in(browser, shop)
        forged = tokens["id_token"].rpartition(".")[0] + "." + "A" * 86
        for hint in (tokens["access_token"], "x", "x.y.z", forged):
            answer = browser.get(
                "/accounts/end-session?"
                + urlencode({"id_token_hint": hint, "post_logout_redirect_uri": BYE}),
                status=400,
            )
            assert answer.location is None
        assert is_logged_in(provider, browser)

    def test_for_another_client_is_refused(self, provider, browser, shop, phone, hint):
        query = urlencode({"id_token_hint": hint, "client_id": phone.id, "post_logout_redirect_uri": BYE})
        browser.get("/accounts/end-session?" + query, status=400)
        assert is_logged_in(provider, browser)
