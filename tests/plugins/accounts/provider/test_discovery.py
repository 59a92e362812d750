"""Discovery and keys: what clients rely on before they have ever logged anybody in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from paste.deploy import appconfig

from eoscperf.plugins.accounts.provider.settings import provider_address
from eoscperf.settings import load
from tests.plugins.accounts.provider.cast import ISSUER, back, claims, header

CHECKOUT = Path(__file__).parents[4]

REQUIRED = {
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "response_types_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
}


@pytest.fixture
def document(provider):
    return provider.web.get("/accounts/.well-known/openid-configuration").json


@pytest.mark.parametrize("port", ["6543", "7000"])
def test_the_provider_is_where_the_development_server_listens(port, monkeypatch):
    """`pserve development.ini http_port=7000` reaches the settings beside the file, not inside of it."""
    monkeypatch.delenv("EOSCPERF_ACCOUNTS_URL", raising=False)
    monkeypatch.delenv("EOSCPERF_HTTP_PORT", raising=False)
    given = appconfig(f"config:{CHECKOUT / 'development.ini'}", global_conf={"http_port": port})
    around = {name: given.global_conf[name] for name in ("here", "http_port")}
    assert provider_address(load({**given.local_conf, **around})) == f"http://localhost:{port}/accounts"


class TestTheDocument:
    def test_is_at_both_well_known_places(self, provider, document):
        assert provider.web.get("/.well-known/oauth-authorization-server/accounts").json == document

    def test_has_all_that_is_required(self, document):
        assert set(document) >= REQUIRED
        assert document["issuer"] == ISSUER
        assert "openid" in document["scopes_supported"]
        assert document["code_challenge_methods_supported"] == ["S256"]
        assert document["authorization_response_iss_parameter_supported"] is True
        assert all(value not in ([], "", None) for value in document.values())

    def test_names_endpoints_that_are_there(self, provider, document):
        for name, address in document.items():
            if not name.endswith(("_endpoint", "_uri")):
                continue
            assert address.startswith(ISSUER + "/")
            path = address.removeprefix("https://perf.example.org")
            statuses = {
                provider.web.get(path, expect_errors=True).status_int,
                provider.web.post(path, {}, expect_errors=True).status_int,
            }
            assert 404 not in statuses, name
            assert statuses & {200, 303, 400, 401}, name

    def test_is_json_that_scripts_may_read_and_caches_keep(self, provider):
        answer = provider.web.get("/accounts/.well-known/openid-configuration")
        assert answer.content_type == "application/json"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "max-age=300" in answer.headers["Cache-Control"]

    def test_promises_no_algorithm_that_is_not_used(self, provider, document, browser, shop):
        tokens = provider.log_in(browser, shop)
        assert document["id_token_signing_alg_values_supported"] == [header(tokens["id_token"])["alg"]]
        assert "none" not in json.dumps(document["id_token_signing_alg_values_supported"])

    def test_names_the_algorithm_that_openid_connect_demands(self, document):
        assert "RS256" in document["id_token_signing_alg_values_supported"]

    def test_names_every_claim_of_an_id_token(self, provider, document, browser, shop):
        tokens = provider.log_in(browser, shop, scope="openid email profile")
        assert set(claims(tokens["id_token"])) <= set(document["claims_supported"])

    def test_is_there_for_get_only(self, provider):
        provider.web.post("/accounts/.well-known/openid-configuration", {}, status=405)


class TestTheKeys:
    def test_verify_every_token(self, provider, browser, shop):
        tokens = provider.log_in(browser, shop)
        keys = KeySet.import_key_set(provider.web.get("/accounts/jwks.json").json)
        for name in ("access_token", "id_token"):
            assert jwt.decode(tokens[name], keys, algorithms=["RS256"]).claims["iss"] == ISSUER

    def test_show_nothing_private(self, provider, signed_with_es256):
        answer = provider.web.get("/accounts/jwks.json")
        assert answer.content_type == "application/jwk-set+json"
        shown = {"EC": {"crv", "x", "y"}, "RSA": {"n", "e"}}
        for key in answer.json["keys"]:
            assert set(key) == {"kty", "kid", "use", "alg"} | shown[key["kty"]]
            assert (key["use"], key["alg"]) in (("sig", "ES256"), ("sig", "RS256"))
        assert {key["alg"] for key in answer.json["keys"]} == {"ES256", "RS256"}

    def test_are_there_before_the_first_token(self, provider):
        assert provider.web.get("/accounts/jwks.json").json["keys"]

    def test_go_on_verifying_what_was_signed_before_a_rotation(self, provider, browser, shop):
        before = provider.log_in(browser, shop)
        kid = provider.registry["accounts.keys"].access.rotate()
        after = provider.log_in(browser, shop)
        assert header(after["access_token"])["kid"] == kid != header(before["access_token"])["kid"]
        published = [key["kid"] for key in provider.web.get("/accounts/jwks.json").json["keys"]]
        assert published[0] == kid
        assert header(before["access_token"])["kid"] in published
        for tokens in (before, after):
            assert provider.works(tokens["access_token"])
            assert provider.introspect(shop, tokens["access_token"])["active"]
            assert provider.userinfo(tokens["access_token"]).json["sub"]

    def test_of_id_tokens_go_on_verifying_hints_after_a_rotation(self, provider, browser, shop):
        before = provider.log_in(browser, shop)["id_token"]
        kid = provider.registry["accounts.keys"].identity.rotate()
        after = provider.log_in(browser, shop)["id_token"]
        assert header(after)["kid"] == kid != header(before)["kid"]
        published = [key["kid"] for key in provider.web.get("/accounts/jwks.json").json["keys"]]
        assert {kid, header(before)["kid"]} <= set(published)
        for hint in (before, after):
            assert back(browser.get(provider.asked(shop, prompt="none", id_token_hint=hint)))["code"]
