"""The person behind a token: what the token lacks comes from userinfo."""

import pytest

from eoscperf.security.bearer import InvalidToken, LocalIssuer, Profile, ProviderUnavailable
from eoscperf.testing.issuer import Reply

COMPLETE = {"email": "ann@token", "email_verified": True, "entitlements": ["urn:token"]}


@pytest.fixture
def profile(tokens, issuer):
    def ask(token, **options):
        return tokens.profile(token, tokens.verify(token), **options)

    return ask


def test_a_complete_token_needs_nobody(profile, issuer):
    assert profile(issuer.mint(**COMPLETE)) == Profile("ann@token", True, frozenset({"urn:token"}))
    assert profile(issuer.mint(**COMPLETE), fresh=True).email == "ann@token"
    assert issuer.calls["userinfo"] == 0


def test_userinfo_completes_the_token(profile, issuer):
    issuer.people["ann"] = {"email": "a@info", "email_verified": False, "eduperson_entitlement": "urn:info"}

    assert profile(issuer.mint()) == Profile("a@info", False, frozenset({"urn:info"}))


def test_the_tokens_own_claims_come_first(profile, issuer):
    issuer.people["ann"] = {"email": "a@info", "email_verified": False, "entitlements": ["urn:info"]}

    assert profile(issuer.mint(entitlements=[])) == Profile("a@info", False, frozenset())
    token = issuer.mint(email="ann@token", email_verified=True)
    assert profile(token) == Profile("ann@token", True, frozenset({"urn:info"}))


@pytest.mark.parametrize(
    ("token", "userinfo", "expected"),
    [
        ({"email": "old@x"}, {"email": "new@x", "email_verified": True}, ("new@x", True)),
        ({"email": "old@x"}, {"email": "new@x"}, ("new@x", None)),
        ({"email": "same@x"}, {"email": "same@x", "email_verified": True}, ("same@x", True)),
        ({"email": "old@x"}, {"email_verified": True}, ("old@x", None)),
        ({"email_verified": True}, {"email": "new@x"}, ("new@x", None)),
        ({"email_verified": True}, {}, (None, None)),
        ({}, {"email_verified": True}, (None, None)),
    ],
)
def test_an_address_is_never_verified_by_the_word_about_another(profile, issuer, token, userinfo, expected):
    issuer.people["ann"] = userinfo
    found = profile(issuer.mint(**token))

    assert (found.email, found.email_verified) == expected


def test_only_what_is_needed_is_asked_for(profile, issuer):
    token = issuer.mint(email="ann@token", email_verified=True)

    assert profile(token, needs={"email", "email_verified"}) == Profile("ann@token", True, frozenset())
    assert profile(token, needs=set()).email == "ann@token"
    assert issuer.calls["userinfo"] == 0


def test_answers_are_kept_for_five_minutes(profile, issuer, clock):
    token = issuer.mint()
    profile(token)
    issuer.people["ann"] = {"email": "new@info"}
    clock.pass_seconds(299)
    assert profile(token).email == "ann@example.org"

    clock.pass_seconds(1)

    assert profile(token).email == "new@info"
    assert issuer.calls["userinfo"] == 2


def test_answers_are_kept_for_a_quarter_of_an_hour_while_userinfo_fails(profile, issuer, clock):
    token = issuer.mint()
    profile(token)
    issuer.fail("userinfo", 503)
    clock.pass_seconds(899)
    assert profile(token).email == "ann@example.org"

    clock.pass_seconds(1)

    with pytest.raises(ProviderUnavailable):
        profile(token)


def test_a_fresh_answer_is_asked_for_anew(profile, issuer):
    token = issuer.mint()
    profile(token)
    issuer.people["ann"] = {"email": "new@info"}

    assert profile(token, fresh=True).email == "new@info"
    assert profile(token).email == "new@info"
    assert issuer.calls["userinfo"] == 2


def test_a_fresh_answer_is_never_an_old_one(profile, issuer):
    token = issuer.mint()
    profile(token)
    issuer.down()

    with pytest.raises(ProviderUnavailable):
        profile(token, fresh=True)
    assert profile(token).email == "ann@example.org"


def test_a_fresh_answer_is_asked_for_even_after_a_timeout(verifier, issuer):
    tokens = verifier(issuer.settings(), timeout=0.2)
    token = issuer.mint()
    verified = verifier(issuer.settings()).verify(token)
    issuer.slow(10)
    with pytest.raises(ProviderUnavailable, match="did not answer in time;"):
        tokens.profile(token, verified)
    with pytest.raises(ProviderUnavailable, match="a moment ago"):
        tokens.profile(token, verified)

    with pytest.raises(ProviderUnavailable, match="did not answer in time;"):
        tokens.profile(token, verified, fresh=True)


def test_nothing_known_and_userinfo_down_is_undecided(profile, issuer):
    issuer.fail("userinfo", 500)

    with pytest.raises(ProviderUnavailable):
        profile(issuer.mint())


@pytest.mark.parametrize(
    "body", [b'{"sub": "eve", "email": "eve@x"}', b'{"email": "eve@x"}', b'{"sub": null}', b"{}"]
)
def test_an_answer_about_somebody_else_is_not_used(profile, issuer, clock, body):
    token = issuer.mint()
    issuer.garble("userinfo", body)
    with pytest.raises(ProviderUnavailable, match="another subject"):
        profile(token)
    issuer.up()
    profile(token)
    issuer.garble("userinfo", body)
    clock.pass_seconds(400)

    assert profile(token).email == "ann@example.org"


def test_two_people_never_share_an_answer(profile, issuer):
    assert profile(issuer.mint("ann")).email == "ann@example.org"
    assert profile(issuer.mint("bob")).email == "bob@example.org"


def test_a_token_the_issuer_has_withdrawn_is_refused(verifier, issuer):
    tokens = verifier(issuer.settings(opaque="introspection"))
    token = issuer.opaque()
    verified = tokens.verify(token)
    tokens.profile(token, verified)
    issuer.revoke(token)

    with pytest.raises(InvalidToken, match="any longer"):
        tokens.profile(token, verified, fresh=True)
    with pytest.raises(InvalidToken):
        tokens.verify(token)


def test_a_token_that_userinfo_does_not_serve_has_nothing_more_to_tell(profile, issuer):
    issuer.fail("userinfo", 403)

    assert profile(issuer.mint(email="a@b")) == Profile("a@b", None, frozenset())


def test_an_issuer_without_userinfo_has_nothing_more_to_tell(profile, verifier, issuer):
    issuer.extra_discovery["userinfo_endpoint"] = None
    assert profile(issuer.mint(email="a@b"), fresh=True) == Profile("a@b", None, frozenset())

    tokens = verifier(issuer.settings(jwks_uri=f"{issuer.url}/jwks"))
    token = issuer.mint(email="a@b")
    assert tokens.profile(token, tokens.verify(token)) == Profile("a@b", None, frozenset())


def test_the_userinfo_endpoint_can_be_set(verifier, issuer):
    tokens = verifier(
        issuer.settings(jwks_uri=f"{issuer.url}/jwks", userinfo_endpoint=f"{issuer.url}/userinfo")
    )
    token = issuer.mint()

    assert tokens.profile(token, tokens.verify(token)).email == "ann@example.org"


def test_a_local_issuer_tells_everything_in_the_token(verifier, issuer):
    tokens = verifier(LocalIssuer(name="local", issuer="urn:local", keys=issuer.public_keys))
    token = issuer.mint(iss="urn:local", email="a@b")

    assert tokens.profile(token, tokens.verify(token), fresh=True) == Profile("a@b", None, frozenset())
    assert not issuer.calls


def test_a_redirect_never_carries_the_token_away(profile, issuer, other_issuer):
    issuer.redirect("userinfo", f"{other_issuer.url}/userinfo")

    with pytest.raises(ProviderUnavailable):
        profile(issuer.mint())
    assert not other_issuer.calls


def test_cookies_of_the_provider_are_not_kept(profile, issuer):
    issuer.replies["userinfo"] = Reply(200, b'{"sub": "ann"}', {"Set-Cookie": "session=ann; Path=/"})
    profile(issuer.mint())
    profile(issuer.mint())

    assert issuer.calls["userinfo"] == 2
    assert "Cookie" not in issuer.seen[-1][1]


def test_compressed_answers_are_not_unpacked(profile, issuer):
    issuer.replies["userinfo"] = Reply(200, b"\x1f\x8b", {"Content-Encoding": "gzip"})

    with pytest.raises(ProviderUnavailable, match="content coding"):
        profile(issuer.mint())
    assert issuer.seen[-1][1]["Accept-Encoding"] == "identity"
