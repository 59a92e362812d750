"""Keys of an issuer: where they come from, how long they are used, what happens while it is down."""

import threading

import httpx
import pytest
from joserfc.jwk import OKPKey, RSAKey

from eoscperf.security import oidc_keys
from eoscperf.security.bearer import InvalidToken, ProviderUnavailable
from eoscperf.security.oidc_keys import read_keys
from eoscperf.testing.issuer import TestIssuer

HOUR = 3600


def test_keys_and_discovery_are_fetched_once_an_hour(tokens, issuer, clock):
    for _ in range(3):
        tokens.verify(issuer.mint())
        clock.pass_seconds(HOUR / 3 - 1)
    assert (issuer.calls["discovery"], issuer.calls["jwks"]) == (1, 1)

    clock.pass_seconds(10)
    tokens.verify(issuer.mint())

    assert (issuer.calls["discovery"], issuer.calls["jwks"]) == (2, 2)


def test_keys_are_used_while_the_provider_is_down(tokens, issuer, clock):
    tokens.verify(issuer.mint())
    issuer.down()

    clock.pass_seconds(48 * HOUR)

    assert tokens.verify(issuer.mint())
    calls = issuer.calls.total()
    assert tokens.verify(issuer.mint())
    assert issuer.calls.total() == calls  # not asked again for a minute
    with pytest.raises(InvalidToken, match="Signature does not match"):
        tokens.verify(issuer.mint(key=RSAKey.generate_key(2048)))


def test_keys_are_renewed_when_the_provider_is_back(tokens, issuer, clock):
    tokens.verify(issuer.mint())
    issuer.down()
    clock.pass_seconds(2 * HOUR)
    old = issuer.mint(lifetime=HOUR)
    assert tokens.verify(old)
    issuer.up()
    issuer.rotate()

    clock.pass_seconds(61)

    assert tokens.verify(issuer.mint())
    with pytest.raises(InvalidToken):
        tokens.verify(old)


def test_a_token_cannot_be_decided_without_any_keys(tokens, issuer):
    issuer.down()
    with pytest.raises(ProviderUnavailable) as caught:
        tokens.verify(issuer.mint())
    assert "'test'" in caught.value.detail
    assert ("Retry-After", "5") in caught.value.headers

    issuer.up()

    assert tokens.verify(issuer.mint())


def test_other_issuers_go_on_while_one_is_down(verifier, issuer, other_issuer):
    tokens = verifier(issuer.settings("one"), other_issuer.settings("two"))
    issuer.down()

    with pytest.raises(ProviderUnavailable):
        tokens.verify(issuer.mint())
    assert tokens.verify(other_issuer.mint())


def test_a_new_key_is_found_at_once(tokens, issuer):
    tokens.verify(issuer.mint())
    issuer.rotate()

    assert tokens.verify(issuer.mint())
    assert issuer.calls["jwks"] == 2


def test_a_retired_key_is_no_longer_accepted_after_renewal(tokens, issuer):
    old = issuer.mint()
    tokens.verify(old)
    issuer.rotate()
    tokens.verify(issuer.mint())

    with pytest.raises(InvalidToken, match="Signature does not match"):
        tokens.verify(old)


def test_unknown_key_ids_refetch_at_most_once_a_minute(tokens, issuer, clock):
    tokens.verify(issuer.mint())
    for number in range(5):
        with pytest.raises(InvalidToken, match="Signature does not match"):
            tokens.verify(issuer.mint(headers={"kid": f"made-up-{number}"}))
        clock.pass_seconds(11)
    assert issuer.calls["jwks"] == 2

    clock.pass_seconds(10)
    with pytest.raises(InvalidToken):
        tokens.verify(issuer.mint(headers={"kid": "made-up"}))

    assert issuer.calls["jwks"] == 3


def test_keys_fetched_for_a_token_are_not_fetched_twice_for_it(tokens, issuer):
    with pytest.raises(InvalidToken):
        tokens.verify(issuer.mint(headers={"kid": "made-up"}))

    assert issuer.calls["jwks"] == 1


def test_an_unknown_key_of_a_provider_that_is_down_is_undecided(tokens, issuer, clock):
    tokens.verify(issuer.mint())
    issuer.rotate()
    issuer.down()
    for _ in range(3):
        with pytest.raises(ProviderUnavailable):
            tokens.verify(issuer.mint())
    assert issuer.calls["jwks"] == 2

    issuer.up()
    clock.pass_seconds(60)

    assert tokens.verify(issuer.mint())


def test_a_bad_signature_with_a_known_key_asks_nobody(tokens, issuer):
    tokens.verify(issuer.mint())
    calls = issuer.calls.total()

    with pytest.raises(InvalidToken):
        tokens.verify(issuer.mint(key=RSAKey.generate_key(2048)))

    assert issuer.calls.total() == calls


@pytest.mark.parametrize("alg", ["RS256", "ES384", "EdDSA"])
def test_a_token_without_key_id_fits_any_key(tokens, issuer, alg):
    assert tokens.verify(issuer.mint(alg=alg, without=["kid"]))

    issuer.rotate()

    assert tokens.verify(issuer.mint(alg=alg, without=["kid"]))


def test_a_key_without_id_fits_any_token(tokens, issuer):
    issuer.published = [{k: v for k, v in key.items() if k != "kid"} for key in issuer.public_keys()]

    assert tokens.verify(issuer.mint())
    assert tokens.verify(issuer.mint(without=["kid"]))


def test_two_keys_may_share_an_id(tokens, issuer):
    issuer.published = [{**key, "kid": "same"} for key in issuer.public_keys()]

    assert tokens.verify(issuer.mint(alg="ES512", headers={"kid": "same"}))


def test_keys_can_be_given_without_discovery(verifier, issuer):
    tokens = verifier(issuer.settings(jwks_uri=f"{issuer.url}/jwks"))

    assert tokens.verify(issuer.mint())
    assert issuer.calls == {"jwks": 1}


def test_the_discovery_document_can_be_elsewhere(verifier, issuer):
    tokens = verifier(issuer.settings(discovery=f"{issuer.url}/discovery"))

    assert tokens.verify(issuer.mint())


def test_a_slash_at_the_end_of_the_issuer_belongs_to_it(verifier, issuer):
    tokens = verifier(issuer.settings(issuer=issuer.url + "/"))
    issuer.extra_discovery["issuer"] = issuer.url + "/"

    assert tokens.verify(issuer.mint(iss=issuer.url + "/")).iss == issuer.url + "/"


@pytest.mark.parametrize("said", ["https://other.example", "", None, 5])
def test_the_discovery_document_must_be_of_the_same_issuer(tokens, issuer, said):
    issuer.extra_discovery["issuer"] = said

    with pytest.raises(ProviderUnavailable, match="another issuer"):
        tokens.verify(issuer.mint())
    assert issuer.calls["jwks"] == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://keys.example/jwks",
        "http://127.0.0.1.example/jwks",
        "http://127.0.0.1@keys.example/jwks",
        "http://10.0.0.1/jwks",
        "http://[::2]/jwks",
        "ftp://127.0.0.1/jwks",
        "file:///etc/passwd",
        "/jwks",
        "",
        5,
        ["https://a.example"],
        "https://a.example:99999/jwks",
        "https://\u00fc.example/jwks",
        "https://",
    ],
)
def test_discovered_endpoints_need_https(tokens, issuer, url):
    issuer.extra_discovery["jwks_uri"] = url

    with pytest.raises(ProviderUnavailable, match="unusable jwks_uri"):
        tokens.verify(issuer.mint())


def test_loopback_http_needs_permission(verifier, issuer):
    tokens = verifier(issuer.settings(allow_loopback_http=False))

    with pytest.raises(ProviderUnavailable, match="https"):
        tokens.verify(issuer.mint())
    assert not issuer.calls


def test_a_discovery_document_without_keys_decides_nothing(tokens, issuer):
    issuer.extra_discovery["jwks_uri"] = None

    with pytest.raises(ProviderUnavailable, match="names no jwks_uri"):
        tokens.verify(issuer.mint())


def test_keys_that_moved_are_looked_up_again(tokens, issuer, clock):
    tokens.verify(issuer.mint())
    issuer.extra_discovery["jwks_uri"] = f"{issuer.url}/discovery/../jwks"
    issuer.fail("jwks", 404)
    issuer.rotate()
    with pytest.raises(ProviderUnavailable):
        tokens.verify(issuer.mint())
    issuer.replies.clear()
    clock.pass_seconds(60)

    assert tokens.verify(issuer.mint())
    assert issuer.calls["discovery"] == 2


MISBEHAVIOURS = {
    "an error": (lambda issuer, endpoint: issuer.fail(endpoint, 500), "status 500"),
    "not found": (lambda issuer, endpoint: issuer.fail(endpoint, 404), "status 404"),
    "broken JSON": (lambda issuer, endpoint: issuer.garble(endpoint), "JSON object"),
    "a list": (lambda issuer, endpoint: issuer.garble(endpoint, b"[]"), "JSON object"),
    "deep JSON": (lambda issuer, endpoint: issuer.garble(endpoint, b"[" * 100_000), "JSON object"),
    "not UTF-8": (lambda issuer, endpoint: issuer.garble(endpoint, b"\xff"), "JSON object"),
    "too much": (lambda issuer, endpoint: issuer.oversize(endpoint), "more than 1048576 bytes"),
    "a redirect": (lambda issuer, endpoint: issuer.redirect(endpoint, f"{issuer.url}/other"), "redirect"),
}


@pytest.mark.parametrize("endpoint", ["discovery", "jwks"])
@pytest.mark.parametrize("how", MISBEHAVIOURS)
def test_useless_answers_decide_nothing_and_known_keys_stay(tokens, issuer, clock, endpoint, how):
    misbehave, reason = MISBEHAVIOURS[how]
    misbehave(issuer, endpoint)
    with pytest.raises(ProviderUnavailable, match=reason):
        tokens.verify(issuer.mint())
    issuer.up()
    assert tokens.verify(issuer.mint())
    misbehave(issuer, endpoint)

    clock.pass_seconds(2 * HOUR)

    assert tokens.verify(issuer.mint())


def test_an_answer_may_have_exactly_one_mebibyte(tokens, issuer):
    issuer.oversize("jwks", 1024 * 1024)

    with pytest.raises(ProviderUnavailable, match="no usable signature key"):
        tokens.verify(issuer.mint())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(tokens, issuer, other_issuer, status):
    issuer.redirect("jwks", f"{other_issuer.url}/jwks", status)

    with pytest.raises(ProviderUnavailable, match="redirect"):
        tokens.verify(issuer.mint())
    assert not other_issuer.calls


def test_a_provider_that_answers_late_is_left_alone_for_a_while(verifier, issuer, eventually):
    tokens = verifier(issuer.settings(), timeout=0.2)
    issuer.slow(10)
    with pytest.raises(ProviderUnavailable, match="did not answer in time;"):
        tokens.verify(issuer.mint())
    for _ in range(3):
        with pytest.raises(ProviderUnavailable, match="a moment ago"):
            tokens.verify(issuer.mint())

    issuer.up()

    assert eventually(lambda: tokens.verify(issuer.mint()))


def test_threads_wait_for_one_fetch_of_a_new_key(tokens, issuer):
    tokens.verify(issuer.mint())
    issuer.rotate()
    made = [issuer.mint(f"person-{number}") for number in range(12)]
    found = []
    threads = [threading.Thread(target=lambda t=t: found.append(tokens.verify(t).sub)) for t in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 12
    assert issuer.calls["jwks"] == 2


def test_https_is_verified_with_the_given_certificates(verifier, clock, tmp_path):
    with TestIssuer(clock=clock, tls_directory=tmp_path) as issuer:
        assert issuer.url.startswith("https://")
        assert verifier(issuer.settings()).verify(issuer.mint())
        with pytest.raises(ProviderUnavailable, match="cannot be reached"):
            verifier(issuer.settings(ca_bundle=None)).verify(issuer.mint())


def test_a_client_can_be_brought_along(verifier, issuer):
    asked = []

    def answer(request):
        asked.append(str(request.url))
        return httpx.Response(200, json={"keys": issuer.public_keys()})

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        settings = issuer.settings(issuer="https://far.example", jwks_uri="https://far.example/keys")
        tokens = verifier(settings, client=client)
        assert tokens.verify(issuer.mint(iss="https://far.example"))
        tokens.close()
        assert not client.is_closed

    assert asked == ["https://far.example/keys"]


def test_no_certificates_means_no_connection(verifier, issuer):
    tokens = verifier(issuer.settings(ca_bundle="/nonexistent.pem"))

    with pytest.raises(ProviderUnavailable, match="cannot be reached"):
        tokens.verify(issuer.mint())


def test_a_closed_verifier_can_go_on(tokens, issuer, clock):
    tokens.verify(issuer.mint())
    tokens.close()
    clock.pass_seconds(HOUR)

    assert tokens.verify(issuer.mint())
    assert issuer.calls["jwks"] == 2


def good_keys(issuer):
    return [dict(key) for key in issuer.public_keys()]


@pytest.mark.parametrize(
    "bad",
    [
        None,
        5,
        [],
        {},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "RSA"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "n": 5, "e": "AQAB"},
        {"kty": "RSA", "n": "!!!", "e": "AQAB"},
        {"kty": "RSA", "n": "_" * 342, "e": ""},
        {"kty": "RSA", "n": "_" * 100_000, "e": "AQAB"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": ["P-256"], "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "Ed25519", "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "P-256", "x": "AA"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
        {"kty": "OKP", "crv": "X25519", "x": "A" * 43},
        {"kty": ["RSA"]},
        {"kty": "unheard-of"},
    ],
)
def test_unusable_keys_are_passed_over(issuer, bad):
    good = good_keys(issuer)

    assert len(read_keys({"keys": [bad, *good, bad]})) == len(good)


@pytest.mark.parametrize(
    "change",
    [
        {"use": "enc"},
        {"key_ops": ["sign"]},
        {"key_ops": "verify"},
        {"kid": 5},
        {"alg": "HS256"},
        {"alg": ["RS256"]},
    ],
)
def test_keys_for_something_else_are_passed_over(issuer, change):
    assert read_keys({"keys": [{**key, **change} for key in good_keys(issuer)]}) == ()


@pytest.mark.parametrize(
    "change", [{"use": "sig"}, {"key_ops": ["verify"]}, {"x5u": 5}, {"x5c": "?"}, {"d": "?"}]
)
def test_other_members_of_a_key_do_not_matter(issuer, change):
    assert len(read_keys({"keys": [{**key, **change} for key in good_keys(issuer)]})) == 5


def test_short_rsa_keys_are_passed_over(issuer):
    numbers = {"kty": "RSA", "e": "AQAB"}

    assert read_keys({"keys": [{**numbers, "n": "_" + "w" * 170}]}) == ()


@pytest.mark.parametrize("document", [None, [], {}, {"keys": None}, {"keys": {}}, {"keys": "x"}, 5])
def test_a_document_without_keys_has_none(document):
    assert read_keys(document) == ()


def test_only_so_many_keys_are_read(issuer):
    keys = [{**key, "kid": f"{number}"} for number in range(200) for key in good_keys(issuer)[-1:]]

    assert len(read_keys({"keys": keys})) == 100


@pytest.mark.parametrize("name", ["EdDSA", "Ed25519"])
def test_an_edwards_key_may_carry_either_name(name):
    key = OKPKey.generate_key("Ed25519").as_dict(private=False)

    assert read_keys({"keys": [{**key, "alg": name}]})[0].algorithms == {"EdDSA"}


@pytest.fixture
def checked(monkeypatch):
    """The tokens whose signatures were checked, in order."""
    seen = []
    real = oidc_keys.match_signature

    def match(token, keys):
        seen.append(token)
        return real(token, keys)

    monkeypatch.setattr(oidc_keys, "match_signature", match)
    return seen


def test_a_signature_is_checked_once_with_the_same_keys(tokens, issuer, checked):
    token, other = issuer.mint(), issuer.mint("somebody else")
    assert tokens.verify(token) == tokens.verify(token) != tokens.verify(other)
    assert len(checked) == 2


def test_a_signature_is_checked_again_with_new_keys(tokens, issuer, clock, checked):
    token = issuer.mint(lifetime=3 * HOUR)
    tokens.verify(token)
    clock.pass_seconds(HOUR + 1)
    tokens.verify(token)
    assert len(checked) == 2

    issuer.rotate()
    tokens.verify(issuer.mint())

    with pytest.raises(InvalidToken, match="Signature does not match"):
        tokens.verify(token)


def test_a_token_expires_however_often_it_was_accepted(tokens, issuer, clock):
    token = issuer.mint(lifetime=600)
    clock.pass_seconds(599)
    tokens.verify(token)
    clock.pass_seconds(120)
    with pytest.raises(InvalidToken, match="expired"):
        tokens.verify(token)


def test_a_token_is_not_accepted_for_another_of_the_same_claims(tokens, issuer):
    token = issuer.mint()
    tokens.verify(token)
    head, claims, signature = token.split(".")
    changed = ("B" if signature[0] == "A" else "A") + signature[1:]
    with pytest.raises(InvalidToken, match="Signature does not match"):
        tokens.verify(f"{head}.{claims}.{changed}")
