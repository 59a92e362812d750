"""What the platform believes of an identity provider, and what it does not."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from eoscperf.errors import ProviderUnavailable
from eoscperf.login.providers import LoginProvider, LoginProviders
from eoscperf.login.relying import LoginRefused, RelyingParty
from eoscperf.security.issuers import IssuerSettings

ISSUER = "https://id.example.org"
BACK = "https://perf.example.org/login/callback"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}, private=True)
OTHER = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}, private=True)


class FakeProvider:
    """Answers as a provider would; a test changes what it says."""

    def __init__(self) -> None:
        self.claims = {
            "iss": ISSUER,
            "sub": "ann",
            "aud": "platform",
            "exp": int(time.time()) + 300,
            "iat": int(time.time()),
            "email": "ann@example.org",
            "email_verified": True,
            "eduperson_entitlement": ["urn:a"],
        }
        self.header = {"alg": "RS256", "kid": "one"}
        self.key = KEY
        self.token_answer: tuple[int, object] | None = None
        self.userinfo: tuple[int, object] = (404, {})
        self.metadata = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "userinfo_endpoint": f"{ISSUER}/userinfo",
            "end_session_endpoint": f"{ISSUER}/bye?x=1",
        }
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path = request.url.path
        if path == "/.well-known/openid-configuration":
            return httpx.Response(200, json=self.metadata)
        if path == "/keys":
            return httpx.Response(200, json=KeySet([KEY]).as_dict(private=False))
        if path == "/userinfo":
            return httpx.Response(self.userinfo[0], json=self.userinfo[1])
        if self.token_answer is not None:
            return httpx.Response(self.token_answer[0], json=self.token_answer[1])
        given = {name: value for name, value in self.claims.items() if value is not None}
        return httpx.Response(
            200, json={"access_token": "a-token", "id_token": jwt.encode(self.header, given, self.key)}
        )


@pytest.fixture
def fake():
    return FakeProvider()


@pytest.fixture
def provider():
    settings = IssuerSettings(
        "id", ISSUER, client_id="platform", client_secret="s&cret", login=True, title="Example ID"
    )
    return LoginProvider("id", "Example ID", ISSUER, settings, "openid email profile")


@pytest.fixture
def relying_party(fake):
    party = RelyingParty(
        LoginProviders(None), client=httpx.Client(transport=httpx.MockTransport(fake), base_url=ISSUER)
    )
    yield party
    party.close()


@pytest.fixture
def log_in(fake, provider, relying_party):
    def log_in(**changes):
        begun = relying_party.begin(provider, BACK)
        fake.claims |= {"nonce": begun.nonce} | changes
        return relying_party.complete(provider, begun, "the code")

    return log_in


def test_a_log_in_asks_for_a_code_with_a_challenge(fake, provider, relying_party):
    begun = relying_party.begin(provider, BACK)
    sent = {name: values[0] for name, values in parse_qs(urlsplit(begun.url).query).items()}
    challenge = (
        base64.urlsafe_b64encode(hashlib.sha256(begun.verifier.encode()).digest()).rstrip(b"=").decode()
    )
    assert begun.url.startswith(f"{ISSUER}/authorize?")
    assert sent == {
        "response_type": "code",
        "client_id": "platform",
        "redirect_uri": BACK,
        "scope": "openid email profile",
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    other = relying_party.begin(provider, BACK)
    assert len({begun.state, begun.nonce, begun.verifier, other.state, other.nonce, other.verifier}) == 6


def test_whom_the_provider_has_sent(fake, log_in):
    person = log_in(sid="session 7")
    assert (person.iss, person.sub, person.email, person.email_verified) == (
        ISSUER,
        "ann",
        "ann@example.org",
        True,
    )
    assert person.entitlements == {"urn:a"}
    assert person.provider_session == "session 7"
    sent = next(request for request in fake.asked if request.url.path == "/token")
    form = parse_qs(sent.content.decode())
    assert form["grant_type"] == ["authorization_code"]
    assert form["code"] == ["the code"]
    assert form["redirect_uri"] == [BACK]
    assert len(form["code_verifier"][0]) >= 43
    basic = base64.b64decode(sent.headers["Authorization"].removeprefix("Basic ")).decode()
    assert basic == "platform:s%26cret"


def test_userinfo_tells_what_the_id_token_does_not(fake, log_in):
    fake.userinfo = (200, {"sub": "ann", "email": "a@example.org", "email_verified": "true"})
    person = log_in(email=None, email_verified=None, eduperson_entitlement=None)
    assert (person.email, person.email_verified, person.entitlements) == ("a@example.org", True, frozenset())


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"iss": "https://other.example.org"}, "iss"),
        ({"aud": "another"}, "aud"),
        ({"aud": ["platform", "another"]}, "azp"),
        ({"aud": ["platform", "another"], "azp": "another"}, "azp"),
        ({"exp": 1}, "expired"),
        ({"exp": None}, "exp"),
        ({"iat": None}, "iat"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "subject"),
        ({"sub": "x" * 256}, "subject"),
        ({"sub": "a\0"}, "subject"),
        ({"at_hash": "bm90IHRoZSBoYXNo"}, "at_hash"),
    ],
    ids=str,
)
def test_an_id_token_that_is_not_for_this_log_in_is_refused(log_in, changes, why):
    with pytest.raises(LoginRefused, match=why):
        log_in(**changes)


def test_an_id_token_of_another_key_is_refused(fake, log_in):
    fake.key = OTHER
    with pytest.raises(LoginRefused, match="Signature"):
        log_in()


def test_an_id_token_without_a_signature_is_refused(fake, log_in, provider, relying_party):
    begun = relying_party.begin(provider, BACK)

    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    unsigned = f"{part({'alg': 'none'})}.{part(fake.claims | {'nonce': begun.nonce})}."
    fake.token_answer = (200, {"access_token": "a-token", "id_token": unsigned})
    with pytest.raises(LoginRefused, match="not accepted"):
        relying_party.complete(provider, begun, "the code")


def test_userinfo_about_somebody_else_is_refused(fake, log_in):
    fake.userinfo = (200, {"sub": "bob", "email": "bob@example.org"})
    with pytest.raises(LoginRefused, match="somebody else"):
        log_in(email=None)


def test_a_code_that_the_provider_does_not_know_is_refused_in_a_sentence(fake, log_in):
    fake.token_answer = (400, {"error": "invalid_grant"})
    with pytest.raises(LoginRefused, match=r"Example ID did not accept the log-in \('invalid_grant'\)"):
        log_in()


@pytest.mark.parametrize("answer", [(200, {}), (200, []), (200, {"id_token": 1, "access_token": "x"})])
def test_an_answer_without_tokens_is_the_provider_being_away(fake, log_in, answer):
    fake.token_answer = answer
    with pytest.raises(ProviderUnavailable):
        log_in()


def test_a_provider_that_moves_to_plain_http_is_not_followed(fake, provider, relying_party):
    fake.metadata["authorization_endpoint"] = "http://id.example.org/authorize"
    with pytest.raises(ProviderUnavailable, match="must begin with https"):
        relying_party.begin(provider, BACK)


def test_the_log_out_names_client_session_and_the_way_back(provider, relying_party):
    url = httpx.URL(relying_party.log_out_url(provider, "token", "https://perf.example.org/"))
    assert str(url).startswith(f"{ISSUER}/bye?x=1&")
    assert dict(url.params) == {
        "x": "1",
        "id_token_hint": "token",
        "post_logout_redirect_uri": "https://perf.example.org/",
        "client_id": "platform",
    }


def test_a_provider_without_log_out_is_left_alone(fake, provider, relying_party):
    del fake.metadata["end_session_endpoint"]
    assert relying_party.log_out_url(provider, "token", BACK) is None


def test_a_provider_tells_whether_it_names_itself(fake, provider, relying_party):
    assert not relying_party.names_itself(provider)
    relying_party.close()
    fake.metadata["authorization_response_iss_parameter_supported"] = True
    assert relying_party.names_itself(provider)
