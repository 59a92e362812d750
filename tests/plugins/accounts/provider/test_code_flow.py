"""The authorization code flow: what it gives, and what it refuses."""

from __future__ import annotations

import base64
import datetime
import hashlib
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.plugins.accounts.provider.cast import (
    CALLBACK,
    CHALLENGE,
    CLI,
    ISSUER,
    VERIFIER,
    back,
    basic,
    claims,
    decide,
    header,
)


class TestLoggingIn:
    def test_takes_a_code_to_the_client_and_the_client_to_tokens(self, provider, browser, shop, ann):
        answer = provider.authorize(browser, shop)
        assert answer["state"] == "a state"
        assert answer["iss"] == ISSUER
        tokens = provider.redeem(shop, answer["code"])
        assert tokens["token_type"] == "Bearer"
        assert 0 < tokens["expires_in"] <= 900
        assert tokens["scope"] == "openid email read"
        told = claims(tokens["id_token"])
        assert (told["iss"], told["sub"], told["aud"]) == (ISSUER, str(ann.id), shop.id)
        assert (told["nonce"], told["amr"], told["sid"]) == ("a nonce", ["pwd"], str(browser.account_session))
        assert told["email"] == "ann@example.org"
        assert told["auth_time"] <= told["iat"] < told["exp"]
        half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
        assert told["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()

    def test_gives_access_tokens_as_rfc_9068_has_them(self, provider, browser, shop, ann):
        token = provider.log_in(browser, shop)["access_token"]
        assert header(token)["typ"] == "at+jwt"
        assert header(token)["alg"] == "RS256"
        told = claims(token)
        for name in ("iss", "exp", "aud", "sub", "client_id", "iat", "jti", "scope", "auth_time", "sid"):
            assert told[name], name
        assert (told["sub"], told["client_id"]) == (str(ann.id), shop.id)
        assert (told["email"], told["email_verified"], told["entitlements"]) == ("ann@example.org", True, [])

    def test_tokens_of_either_algorithm_are_good_whatever_is_signed_with_now(
        self, provider, browser, shop, request
    ):
        before = provider.log_in(browser, shop)
        request.getfixturevalue("signed_with_es256")
        after = provider.log_in(browser, shop)
        found = [header(tokens["access_token"])["alg"] for tokens in (before, after)]
        assert found == ["RS256", "ES256"]
        assert header(after["id_token"])["alg"] == "RS256"
        for tokens in (before, after):
            assert provider.works(tokens["access_token"])
            assert provider.introspect(shop, tokens["access_token"])["active"]
            assert provider.userinfo(tokens["access_token"]).json["sub"]
            # Signed with a key that access tokens are signed with, but none.
            assert not provider.works(tokens["id_token"])
            provider.userinfo(tokens["id_token"], 401)

    def test_lets_the_platform_know_people_by_the_fixed_name(self, provider, browser, shop, ann):
        token = provider.log_in(browser, shop, scope="email read upload")["access_token"]
        sent = {"Authorization": f"Bearer {token}"}
        assert provider.works(token)
        user = provider.web.post("/api/v1/users:register", headers=sent, status=201).json
        assert (user["iss"], user["sub"]) == ("urn:eoscperf:local", str(ann.id))

    def test_tells_the_address_in_access_tokens_only_as_far_as_the_scopes_allow(
        self, provider, browser, shop
    ):
        token = provider.log_in(browser, shop, scope="openid read upload")["access_token"]
        told = claims(token)
        assert not {"email", "email_verified", "name"} & set(told)
        assert told["entitlements"] == []
        # The platform writes to everybody who registers.
        sent = {"Authorization": f"Bearer {token}"}
        refused = provider.web.post("/api/v1/users:register", headers=sent, status=422).json
        assert "scope email" in refused["detail"]

    def test_gives_no_id_token_without_the_scope_openid(self, provider, browser, shop):
        assert "id_token" not in provider.log_in(browser, shop, scope="read")

    def test_tells_clients_only_what_the_scopes_allow(self, provider, browser, shop):
        told = claims(provider.log_in(browser, shop, scope="openid")["id_token"])
        assert not {"email", "email_verified", "name", "entitlements"} & set(told)

    def test_works_by_a_form_as_well(self, provider, browser, shop):
        query = parse_qs(urlsplit(provider.asked(shop)).query)
        answer = browser.post("/accounts/authorize", {k: v[0] for k, v in query.items()}, status=303)
        assert decide(answer.follow(), "allow").status_int == 303

    def test_keeps_what_the_redirect_uri_has_in_its_query(self, provider, browser, bob):
        client = provider.client(bob, "Query", redirect_uris=["https://app.example.org/cb?tenant=1&x=%2F"])
        answer = decide(browser.get(provider.asked(client)), "allow")
        assert answer.location.startswith("https://app.example.org/cb?tenant=1&x=%2F&code=")

    def test_is_never_kept_by_caches_nor_shown_in_frames(self, provider, browser, shop):
        page = browser.get(provider.asked(shop), status=200)
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert page.headers["Referrer-Policy"] == "no-referrer"
        answer = decide(page, "allow")
        assert answer.headers["Cache-Control"] == "no-store"
        redeemed = provider.token(
            shop,
            grant_type="authorization_code",
            code=back(answer)["code"],
            redirect_uri=CALLBACK,
            code_verifier=VERIFIER,
        )
        assert redeemed.headers["Cache-Control"] == "no-store"
        assert redeemed.headers["Access-Control-Allow-Origin"] == "*"

    def test_sends_who_is_not_logged_in_to_the_log_in_page_and_back(self, provider, shop):
        answer = provider.web.get(provider.asked(shop), status=303)
        target = urlsplit(answer.location)
        assert target.path == "/accounts/login"
        assert parse_qs(target.query)["next"] == [provider.asked(shop)]

    def test_lets_the_form_of_the_log_in_page_lead_on_to_the_client(self, provider, shop):
        page = provider.web.get(provider.asked(shop), status=303).follow()
        assert "form-action 'self' https://app.example.org;" in page.headers["Content-Security-Policy"]
        for target in (
            "/accounts/grants",
            "/accounts/authorize?redirect_uri=https://x;sandbox",
            "/accounts/authorize?redirect_uri=http://[",
            "/accounts/authorize?redirect_uri=%0d%0ax:y",
            "https://evil.example/accounts/authorize?redirect_uri=https://evil.example",
            "http://[",
        ):
            other = provider.web.get("/accounts/login?" + urlencode({"next": target}))
            assert "form-action 'self';" in other.headers["Content-Security-Policy"], target


class TestConsent:
    def test_says_who_asks_for_what(self, provider, browser, shop):
        page = browser.get(provider.asked(shop), status=200)
        for words in (
            "Shop",
            "bob@example.org",
            "ann@example.org",
            "see your e-mail address",
            "app.example.org",
        ):
            assert words in page.text

    def test_can_be_refused(self, provider, browser, shop):
        answer = back(decide(browser.get(provider.asked(shop)), "deny"))
        assert (answer["error"], answer["state"], answer["iss"]) == ("access_denied", "a state", ISSUER)
        assert "code" not in answer

    def test_is_remembered_for_what_was_granted(self, provider, browser, shop):
        provider.authorize(browser, shop, scope="openid read")
        assert browser.get(provider.asked(shop, scope="openid read")).status_int == 303
        assert browser.get(provider.asked(shop, scope="read")).status_int == 303
        assert browser.get(provider.asked(shop, scope="openid read upload")).status_int == 200

    def test_is_asked_for_again_when_the_client_wants_it(self, provider, browser, shop):
        provider.authorize(browser, shop)
        assert browser.get(provider.asked(shop, prompt="consent")).status_int == 200

    def test_is_not_needed_for_the_platform_itself(self, provider, browser):
        asked = provider.asked(
            CLI, client_id="eoscperf-web", redirect_uri="https://perf.example.org/login/callback"
        )
        assert back(browser.get(asked, status=303))["code"]

    @pytest.mark.parametrize("uri", ["http://127.0.0.1:40001/back", "org.example.phone:/back"])
    def test_is_never_remembered_where_any_program_could_pass_for_the_client(
        self, provider, browser, phone, uri
    ):
        provider.authorize(browser, phone, redirect_uri=uri)
        assert browser.get(provider.asked(phone, redirect_uri=uri)).status_int == 200
        provider.authorize(browser, CLI)
        assert browser.get(provider.asked(CLI)).status_int == 200

    def test_needs_a_form_of_ours(self, provider, browser, shop):
        page = browser.get(provider.asked(shop))
        form = page.forms[0] if 0 in page.forms else next(iter(page.forms.values()))
        fields = {name: form[name].value for name in ("request", "session")}
        for token in ({}, {"csrf_token": "guessed"}):
            answer = browser.post("/accounts/consent", fields | token | {"decision": "allow"}, status=400)
            assert "code=" not in answer.headers.get("Location", "")

    def test_of_another_person_does_not_count(self, provider, browser, shop, bob):
        page = browser.get(provider.asked(shop))
        other = provider.browser(bob)
        browser.set_cookie("eoscperf_accounts", other.secret)
        answer = decide(page, "allow")
        assert urlsplit(answer.location).path == "/accounts/authorize"

    def test_cannot_be_given_for_what_the_client_may_not_ask(self, provider, browser, shop):
        page = browser.get(provider.asked(shop))
        form = next(iter(page.forms.values()))
        form["request"].force_value(urlsplit(provider.asked(shop, scope="openid admin")).query)
        answer = back(form.submit("decision", value="allow"))
        assert answer["error"] == "invalid_scope"
        form["request"].force_value(urlsplit(provider.asked(shop, redirect_uri="https://evil.example")).query)
        assert form.submit("decision", value="allow", status=400).location is None


class TestRequestsThatLeadNowhere:
    """The answer must not go to an address that nobody has registered."""

    @pytest.mark.parametrize(
        "uri",
        [
            "https://evil.example/callback",
            "https://app.example.org/callback/",
            "https://app.example.org/callback?x=1",
            "https://app.example.org/callback#x",
            "https://APP.example.org/callback",
            "https://app.example.org:443/callback",
            "https://app.example.org:8443/callback",
            "https://app.example.org/call%62ack",
            "https://app.example.org/x/../callback",
            "https://app.example.org@evil.example/callback",
            "https://app.example.org.evil.example/callback",
            "http://app.example.org/callback",
            "//app.example.org/callback",
            "javascript:alert(1)//https://app.example.org/callback",
            "https://app.example.org/callback\n",
            " https://app.example.org/callback",
            "x\"'<>",
            "ü",
            None,
            "",
        ],
    )
    def test_with_another_redirect_uri_end_here(self, provider, browser, shop, uri):
        answer = browser.get(provider.asked(shop, redirect_uri=uri), status=400)
        assert answer.content_type == "text/html"
        assert "Location" not in answer.headers
        assert not re.search(r"(href|src|action)=\W*https?://\w*\.?evil", answer.text)

    @pytest.mark.parametrize(
        "client", [None, "nobody", "00000000-0000-0000-0000-000000000000", "\0", "x" * 3000]
    )
    def test_of_an_unknown_client_end_here(self, provider, browser, shop, client):
        answer = browser.get(provider.asked(shop, client_id=client), status=400)
        assert "Location" not in answer.headers

    def test_with_a_parameter_twice_end_here(self, provider, browser, shop):
        for more in ({"redirect_uri": "https://evil.example"}, {"scope": "admin"}, {"state": "x"}):
            answer = browser.get(provider.asked(shop) + "&" + urlencode(more), status=400)
            assert "Location" not in answer.headers

    def test_that_cannot_be_read_end_here(self, provider, browser, shop):
        assert browser.get(provider.asked(shop) + "&x=%00", status=400)
        assert browser.post("/accounts/authorize", "{}", content_type="application/json", status=400)

    @pytest.mark.parametrize(
        "uri", ["http://127.0.0.1:1/back", "http://127.0.0.1:65535/back", "http://127.0.0.1/back"]
    )
    def test_but_a_program_may_take_any_port_of_its_own_machine(self, provider, browser, phone, uri):
        assert browser.get(provider.asked(phone, redirect_uri=uri)).status_int == 200

    @pytest.mark.parametrize(
        "uri",
        [
            "http://127.0.0.2/back",
            "http://localhost/back",
            "http://127.0.0.1/",
            "https://127.0.0.1:1/back",
            "http://127.0.0.1:99999/back",
            "http://127.0.0.1:1@evil.example/back",
            "http://127.0.0.1.evil.example/back",
            "http://127.0.0.1:1/back?x",
            "http://127.0.0.1:01/back",
            "http://0x7f000001/back",
        ],
    )
    def test_and_nothing_but_the_port_may_differ(self, provider, browser, phone, uri):
        assert browser.get(provider.asked(phone, redirect_uri=uri), status=400)

    def test_and_ports_of_the_platform_itself_are_fixed(self, provider, browser, monkeypatch):
        # Nobody is asked for its consent, so that no other program on the machine may pass for it.
        local = "http://localhost:6543"
        monkeypatch.setitem(provider.registry.settings, "accounts.url", f"{local}/accounts")
        ours = {"client_id": "eoscperf-web", "redirect_uri": f"{local}/login/callback"}
        assert back(browser.get(provider.asked(CLI, **ours), status=303))["code"]
        other = ours | {"redirect_uri": "http://localhost:6544/login/callback"}
        assert browser.get(provider.asked(CLI, **other), status=400)

    def test_and_ports_of_confidential_clients_are_fixed(self, provider, browser, bob):
        client = provider.client(bob, "Local", redirect_uris=["http://127.0.0.1:5000/cb"])
        assert browser.get(provider.asked(client, redirect_uri="http://127.0.0.1:5001/cb"), status=400)


class TestErrorsThatGoBack:
    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"response_type": None}, "invalid_request"),
            ({"response_type": "token"}, "unsupported_response_type"),
            ({"response_type": "code id_token"}, "unsupported_response_type"),
            ({"response_type": '"<ü>'}, "unsupported_response_type"),
            ({"scope": "openid everything"}, "invalid_scope"),
            ({"scope": "openid admin"}, "invalid_scope"),
            ({"response_mode": "fragment"}, "invalid_request"),
            ({"prompt": "none login"}, "invalid_request"),
            ({"prompt": "dance"}, "invalid_request"),
            ({"max_age": "-1"}, "invalid_request"),
            ({"max_age": "soon"}, "invalid_request"),
            ({"id_token_hint": "x.y.z"}, "invalid_request"),
            ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
            ({"request_uri": "https://evil.example/r"}, "request_uri_not_supported"),
            ({"registration": "{}"}, "registration_not_supported"),
            ({"code_challenge": None}, "invalid_request"),
            ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
            ({"code_challenge_method": "plain"}, "invalid_request"),
            ({"code_challenge_method": None}, "invalid_request"),
            ({"code_challenge": "short"}, "invalid_request"),
            ({"code_challenge": "x" * 44}, "invalid_request"),
        ],
    )
    def test_say_what_is_wrong_with_the_state_and_the_issuer(self, provider, browser, shop, changes, error):
        answer = browser.get(provider.asked(shop, **changes), status=303)
        assert answer.location.startswith(CALLBACK + "?")
        told = back(answer)
        assert (told["error"], told["state"], told["iss"]) == (error, "a state", ISSUER)
        assert "code" not in told

    def test_hold_no_characters_that_errors_may_not_have(self, provider, browser, shop):
        for changes in ({"response_type": '"\\<ü>\n'}, {"scope": '"\\<ü>'}, {"prompt": '"ü'}):
            told = back(browser.get(provider.asked(shop, **changes), status=303))
            description = told.get("error_description", "")
            assert description.isascii()
            assert not set(description) & set('"\\\n')

    def test_leave_out_a_state_that_was_not_sent(self, provider, browser, shop):
        assert "state" not in back(browser.get(provider.asked(shop, state=None, response_type="token")))


class TestPrompts:
    def test_none_answers_at_once_when_nothing_is_to_be_asked(self, provider, browser, shop):
        provider.authorize(browser, shop)
        assert back(browser.get(provider.asked(shop, prompt="none"), status=303))["code"]

    def test_none_without_a_log_in_goes_back(self, provider, shop):
        answer = back(provider.web.get(provider.asked(shop, prompt="none"), status=303))
        assert answer["error"] == "login_required"

    def test_none_without_consent_goes_back(self, provider, browser, shop):
        answer = back(browser.get(provider.asked(shop, prompt="none"), status=303))
        assert answer["error"] == "consent_required"

    def test_none_with_a_log_in_that_is_too_old_goes_back(self, provider, ann, shop):
        browser = provider.browser(ann, ago=600)
        provider.authorize(browser, shop)
        answer = back(browser.get(provider.asked(shop, prompt="none", max_age=300), status=303))
        assert answer["error"] == "login_required"

    def test_login_asks_everybody_again(self, provider, browser, shop):
        for prompt in ("login", "select_account", "login consent"):
            answer = browser.get(provider.asked(shop, prompt=prompt), status=303)
            assert urlsplit(answer.location).path == "/accounts/login"
            assert parse_qs(urlsplit(answer.location).query)["again"] == ["1"]

    def test_login_cannot_be_got_around_with_the_form_of_another_request(self, provider, browser, shop):
        page = browser.get(provider.asked(shop))
        form = next(iter(page.forms.values()))
        form["request"].force_value(urlsplit(provider.asked(shop, prompt="login")).query)
        answer = form.submit("decision", value="allow", status=303)
        assert urlsplit(answer.location).path == "/accounts/authorize"
        assert "code=" not in answer.location

    def test_an_age_sends_those_to_log_in_again_who_did_so_too_long_ago(self, provider, ann, shop):
        browser = provider.browser(ann, ago=600)
        assert urlsplit(browser.get(provider.asked(shop, max_age=300)).location).path == "/accounts/login"
        assert browser.get(provider.asked(shop, max_age=900)).status_int == 200

    def test_a_hint_at_another_person_goes_back(self, provider, browser, shop, bob):
        hint = provider.log_in(browser, shop)["id_token"]
        other = provider.browser(bob)
        answer = back(other.get(provider.asked(shop, id_token_hint=hint), status=303))
        assert answer["error"] == "login_required"
        assert back(browser.get(provider.asked(shop, id_token_hint=hint), status=303))["code"]


class TestCodes:
    def test_are_good_once_and_the_second_use_takes_back_what_the_first_gave(self, provider, browser, shop):
        code = provider.code(browser, shop)
        tokens = provider.redeem(shop, code)
        assert provider.works(tokens["access_token"])
        assert provider.redeem(shop, code, 400)["error"] == "invalid_grant"
        assert not provider.works(tokens["access_token"])
        assert provider.refresh(shop, tokens["refresh_token"], 400)["error"] == "invalid_grant"

    def test_last_a_minute(self, provider, browser, shop, clock):
        code = provider.code(browser, shop)
        clock.pass_time(seconds=61)
        assert provider.redeem(shop, code, 400)["error"] == "invalid_grant"

    def test_are_good_for_their_client_only(self, provider, browser, shop, bob):
        other = provider.client(bob, "Other")
        code = provider.code(browser, shop)
        assert provider.redeem(other, code, 400)["error"] == "invalid_grant"
        # Trying it elsewhere does not use it up.
        assert provider.redeem(shop, code)["access_token"]

    @pytest.mark.parametrize(
        "changes",
        [
            {"redirect_uri": "https://app.example.org/other"},
            {"redirect_uri": None},
            {"code_verifier": "x" * 43},
        ],
    )
    def test_are_used_up_by_a_wrong_attempt(self, provider, browser, shop, changes):
        code = provider.code(browser, shop)
        assert provider.redeem(shop, code, 400, **changes)["error"] == "invalid_grant"
        assert provider.redeem(shop, code, 400)["error"] == "invalid_grant"

    @pytest.mark.parametrize("verifier", [None, "", "short", "x" * 129, CHALLENGE[:42] + "!"])
    def test_need_a_verifier(self, provider, browser, shop, verifier):
        code = provider.code(browser, shop)
        assert provider.redeem(shop, code, 400, code_verifier=verifier)["error"] == "invalid_request"

    def test_need_the_verifier_of_public_clients_too(self, provider, browser, phone):
        code = provider.code(browser, phone)
        assert provider.redeem(phone, code, 400, code_verifier="y" * 43)["error"] == "invalid_grant"

    @pytest.mark.parametrize("code", ["", "x", "eoscc_" + "A" * 43, "ü", "x" * 10000])
    def test_that_were_never_given_are_refused(self, provider, shop, code):
        assert provider.redeem(shop, code, 400)["error"] in ("invalid_grant", "invalid_request")

    def test_of_somebody_else_are_not_good_in_my_flow(self, provider, browser, shop, bob):
        """A stolen code that is put into another person's log-in fails: its challenge is another one."""
        stolen = provider.code(browser, shop, code_challenge=_challenge("v" * 43))
        assert provider.redeem(shop, stolen, 400)["error"] == "invalid_grant"

    def test_are_stored_as_digests_only(self, provider, browser, shop, session):
        from eoscperf.plugins.accounts.provider.models import AuthorizationCode

        code = provider.code(browser, shop)
        (row,) = session.query(AuthorizationCode).all()
        assert row.digest == hashlib.sha256(code.encode()).hexdigest()
        assert code not in repr(vars(row))


class TestClientsProveThemselves:
    def test_by_http_basic_or_in_the_body(self, provider, browser, shop):
        code = provider.code(browser, shop)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            "client_id": shop.id,
            "client_secret": shop.secret,
        }
        assert provider.token(None, **form).json["access_token"]

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Authorization": "Basic"},
            {"Authorization": "Basic !!!"},
            {"Authorization": "Basic /////w=="},
            {"Authorization": "Basic \xe9"},
            {"Authorization": "Basic OnNlY3JldA=="},
            {"Authorization": "Bearer x"},
            {"Authorization": "Digest x"},
        ],
    )
    def test_or_are_refused(self, provider, shop, headers):
        answer = provider.token(None, 401, headers, grant_type="client_credentials", client_id=shop.id)
        assert answer.json["error"] == "invalid_client"
        assert answer.headers["WWW-Authenticate"].startswith("Basic")
        assert answer.headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("secret", ["", "wrong", "ü", "x" * 5000, ":"])
    def test_with_the_right_secret(self, provider, shop, secret):
        answer = provider.token(None, 401, basic(shop.id, secret), grant_type="client_credentials")
        assert answer.json["error"] == "invalid_client"

    def test_with_one_method_at_a_time(self, provider, shop):
        answer = provider.token(shop, 400, grant_type="client_credentials", client_secret=shop.secret)
        assert answer.json["error"] == "invalid_request"
        answer = provider.token(shop, 400, grant_type="client_credentials", client_id="another")
        assert answer.json["error"] == "invalid_request"

    def test_and_unknown_ones_look_like_those_with_a_wrong_secret(self, provider, shop):
        wrong = provider.token(None, 401, basic(shop.id, "wrong"), grant_type="client_credentials")
        unknown = provider.token(
            None, 401, basic("00000000-0000-0000-0000-000000000000", "x"), grant_type="client_credentials"
        )
        assert wrong.body == unknown.body

    def test_or_have_to_wait_after_many_attempts(self, provider, shop, set_rate):
        set_rate(failed_authentications="3/minute")
        for _ in range(3):
            provider.token(None, 401, basic(shop.id, "wrong"), grant_type="client_credentials")
        answer = provider.token(shop, 429, grant_type="client_credentials")
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.json["error"] == "temporarily_unavailable"

    def test_and_secrets_are_stored_as_digests_only(self, provider, shop):
        assert shop.row.secret_digest == hashlib.sha256(shop.secret.encode()).hexdigest()


class TestTheTokenEndpoint:
    @pytest.mark.parametrize(
        "grant", ["password", "implicit", "ü", "urn:ietf:params:oauth:grant-type:jwt-bearer"]
    )
    def test_knows_no_other_grants(self, provider, shop, grant):
        answer = provider.token(shop, 400, grant_type=grant)
        assert answer.json["error"] == "unsupported_grant_type"

    def test_needs_a_grant(self, provider, shop):
        assert provider.token(shop, 400).json["error"] == "invalid_request"

    def test_takes_forms_only(self, provider, shop):
        answer = provider.web.post_json("/accounts/token", {"grant_type": "client_credentials"}, status=400)
        assert answer.json["error"] == "invalid_request"
        assert answer.content_type == "application/json"

    def test_takes_no_parameter_twice(self, provider, shop):
        body = "grant_type=client_credentials&scope=read&scope=upload"
        answer = provider.web.post("/accounts/token", body, headers=basic(shop.id, shop.secret), status=400)
        assert answer.json["error"] == "invalid_request"

    def test_takes_nothing_that_is_too_large(self, provider, shop):
        body = "grant_type=client_credentials&x=" + "y" * 70000
        answer = provider.web.post(
            "/accounts/token",
            body,
            headers=basic(shop.id, shop.secret),
            # Else a copy is made in a file, as for every long body.
            extra_environ={"webob.is_body_seekable": True},
            status=413,
        )
        assert answer.json["error"] == "invalid_request"

    def test_takes_no_parameters_from_the_address(self, provider, shop):
        query = urlencode(
            {"grant_type": "client_credentials", "client_id": shop.id, "client_secret": shop.secret}
        )
        for body in ("", "x=1"):
            assert provider.web.post("/accounts/token?" + query, body, status=400).json["error"]
        assert provider.web.get("/accounts/token?" + query, status=405)

    def test_bounds_how_often_it_is_asked(self, provider, shop, set_rate):
        set_rate(writes="2/minute")
        for _ in range(2):
            provider.token(shop, grant_type="client_credentials")
        assert provider.token(shop, 429, grant_type="client_credentials").headers["Retry-After"]


def _challenge(verifier):
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def test_a_disabled_person_gets_nothing(provider, browser, shop, ann, session):
    code = provider.code(browser, shop)
    ann.disabled_datetime = provider.clock()
    session.commit()
    assert provider.redeem(shop, code, 400)["error"] == "invalid_grant"
    assert datetime.timedelta(0) < provider.clock() - ann.disabled_datetime
