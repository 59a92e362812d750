"""Opaque tokens: who is asked, whose word counts, how long answers last."""

import base64
import logging
from urllib.parse import unquote_plus

import pytest

from eoscperf.security import bearer
from eoscperf.security.bearer import InvalidToken, ProviderUnavailable


@pytest.fixture
def introspecting(verifier, issuer):
    return verifier(issuer.settings(opaque="introspection"))


@pytest.fixture
def both(verifier, issuer, other_issuer):
    return verifier(
        issuer.settings("one", opaque="introspection"), other_issuer.settings("two", opaque="introspection")
    )


def test_an_active_token_is_accepted(introspecting, issuer, clock):
    verified = introspecting.verify(
        issuer.opaque("ann", email="ann@example.org", scope="a b", entitlements=["urn:a"])
    )

    assert (verified.iss, verified.sub, verified.email) == (issuer.url, "ann", "ann@example.org")
    assert verified.scopes == {"a", "b"}
    assert verified.entitlements == {"urn:a"}
    assert verified.expires_at == clock.now + 3600


def test_our_client_shows_its_secret(introspecting, issuer):
    token = issuer.opaque()
    introspecting.verify(token)

    _, headers, form = issuer.seen[-1]
    name, secret = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode().split(":")
    assert (unquote_plus(name), unquote_plus(secret)) == (issuer.client_id, issuer.client_secret)
    assert form["token"] == token
    assert "client_id" not in form


def test_a_public_client_only_names_itself(verifier, issuer):
    tokens = verifier(issuer.settings(opaque="introspection", client_secret=None))

    with pytest.raises(ProviderUnavailable, match="status 401"):
        tokens.verify(issuer.opaque())
    assert issuer.seen[-1][2]["client_id"] == issuer.client_id


def test_an_inactive_token_is_refused(introspecting, issuer):
    with pytest.raises(InvalidToken, match="not active"):
        introspecting.verify("never-issued")


def test_nobody_is_asked_unless_a_setting_says_so(tokens, issuer):
    with pytest.raises(InvalidToken, match="not a JSON Web Token"):
        tokens.verify(issuer.opaque())
    assert not issuer.calls


def test_json_web_tokens_are_never_introspected(introspecting, issuer):
    issuer.fail("jwks")

    with pytest.raises(ProviderUnavailable):
        introspecting.verify(issuer.mint())
    assert issuer.calls["introspection"] == 0


@pytest.mark.parametrize("token", ["a.b.c", "e30.e30.e30", "a.b.c.d.e", "abc==", "a/b+c~d"])
def test_what_only_looks_like_a_json_web_token_is_opaque(introspecting, issuer, token):
    with pytest.raises(InvalidToken, match="not active"):
        introspecting.verify(token)
    assert issuer.calls["introspection"] == 1


def test_the_issuer_that_knows_the_token_gives_the_identity(both, issuer, other_issuer):
    assert both.verify(other_issuer.opaque("bob")).iss == other_issuer.url
    assert both.verify(issuer.opaque("ann")).iss == issuer.url
    assert both.verify(issuer.opaque("ann")).issuer_name == "one"


def test_an_issuer_with_opaque_off_never_sees_the_token(verifier, issuer, other_issuer):
    tokens = verifier(issuer.settings("one", opaque="introspection"), other_issuer.settings("two"))
    tokens.verify(issuer.opaque())

    assert not other_issuer.calls


def test_the_first_active_answer_wins_without_waiting_for_the_others(both, issuer, other_issuer):
    issuer.slow(60, "introspection")

    assert both.verify(other_issuer.opaque("bob")).sub == "bob"
    assert issuer.answered["introspection"] == 0


def test_a_dead_issuer_does_not_keep_another_one_from_accepting(both, issuer, other_issuer):
    issuer.down()

    assert both.verify(other_issuer.opaque("bob")).sub == "bob"


def test_a_token_that_a_dead_issuer_might_know_is_undecided(both, issuer, other_issuer):
    issuer.down()
    with pytest.raises(ProviderUnavailable):
        both.verify("who-knows")

    issuer.up()

    with pytest.raises(InvalidToken):
        both.verify("who-knows")


def test_an_issuer_that_takes_too_long_leaves_it_undecided(verifier, issuer, eventually):
    tokens = verifier(issuer.settings(opaque="introspection"), timeout=0.2)
    token = issuer.opaque()
    issuer.slow(10)
    with pytest.raises(ProviderUnavailable, match="did not answer in time;"):
        tokens.verify(token)
    with pytest.raises(ProviderUnavailable, match="a moment ago"):
        tokens.verify(token)

    issuer.up()

    assert eventually(lambda: tokens.verify(token))


def test_an_accepted_token_is_remembered_for_five_minutes(introspecting, issuer, clock):
    token = issuer.opaque()
    introspecting.verify(token)
    issuer.revoke(token)
    clock.pass_seconds(299)
    assert introspecting.verify(token)
    assert issuer.calls["introspection"] == 1

    clock.pass_seconds(1)

    with pytest.raises(InvalidToken):
        introspecting.verify(token)


def test_an_accepted_token_is_not_remembered_beyond_its_expiry(introspecting, issuer, clock):
    token = issuer.opaque(lifetime=60)
    introspecting.verify(token)
    clock.pass_seconds(59)
    assert introspecting.verify(token)
    assert issuer.calls["introspection"] == 1

    clock.pass_seconds(1)

    with pytest.raises(InvalidToken):
        introspecting.verify(token)


def test_a_token_without_expiry_is_remembered_for_five_minutes(introspecting, issuer, clock):
    token = issuer.opaque(lifetime=None)
    assert introspecting.verify(token).expires_at is None
    clock.pass_seconds(299)
    introspecting.verify(token)
    assert issuer.calls["introspection"] == 1
    clock.pass_seconds(1)
    introspecting.verify(token)
    assert issuer.calls["introspection"] == 2


def test_an_accepted_token_works_while_the_provider_is_down(introspecting, issuer, clock):
    token = issuer.opaque()
    introspecting.verify(token)
    issuer.down()
    clock.pass_seconds(299)
    assert introspecting.verify(token)

    clock.pass_seconds(1)

    with pytest.raises(ProviderUnavailable):
        introspecting.verify(token)


def test_a_refusal_is_remembered_for_thirty_seconds(introspecting, issuer, clock):
    def refused():
        with pytest.raises(InvalidToken, match="not active"):
            introspecting.verify("never-issued")
        return issuer.calls["introspection"]

    assert refused() == 1
    clock.pass_seconds(29)
    assert refused() == 1
    clock.pass_seconds(1)
    assert refused() == 2


def test_an_undecided_token_is_asked_about_again(introspecting, issuer):
    token = issuer.opaque()
    issuer.down()
    with pytest.raises(ProviderUnavailable):
        introspecting.verify(token)

    issuer.up()

    assert introspecting.verify(token)


def test_a_clock_set_back_does_not_lengthen_memory(introspecting, issuer, clock):
    token = issuer.opaque()
    introspecting.verify(token)

    clock.pass_seconds(-10_000)
    introspecting.verify(token)

    assert issuer.calls["introspection"] == 2


def test_memory_is_bounded(verifier, issuer, monkeypatch):
    monkeypatch.setattr(bearer, "CACHED_TOKENS", 2)
    tokens = verifier(issuer.settings(opaque="introspection"))
    made = [issuer.opaque() for _ in range(3)]
    for token in made:
        tokens.verify(token)

    tokens.verify(made[2])
    assert issuer.calls["introspection"] == 3
    tokens.verify(made[0])
    assert issuer.calls["introspection"] == 4


def test_refusals_do_not_push_out_accepted_tokens(verifier, issuer, monkeypatch):
    monkeypatch.setattr(bearer, "CACHED_TOKENS", 2)
    tokens = verifier(issuer.settings(opaque="introspection"))
    token = issuer.opaque()
    tokens.verify(token)
    for number in range(3):
        with pytest.raises(InvalidToken):
            tokens.verify(f"made-up-{number}")
    calls = issuer.calls["introspection"]

    tokens.verify(token)

    assert issuer.calls["introspection"] == calls


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://other.example"}, "of issuer 'https://other.example'"),
        ({"iss": 5}, "of issuer"),
        ({"sub": None}, "no 'sub'"),
        ({"sub": ""}, "no 'sub'"),
        ({"sub": "a\0"}, "cannot be stored"),
        ({"nbf": 1_900_000_000}, "not valid yet"),
        ({"nbf": "soon"}, "not a number"),
        ({"exp": "late"}, "not a number"),
        ({"aud": "other"}, "another audience"),
        ({"aud": None}, "another audience"),
    ],
)
def test_claims_of_an_active_token_are_checked(verifier, issuer, claims, reason):
    tokens = verifier(issuer.settings(opaque="introspection", audience=("perf",)))
    token = issuer.opaque(**({"aud": ["perf"]} | claims))

    with pytest.raises(InvalidToken, match=reason):
        tokens.verify(token)


def test_an_answer_need_not_name_the_issuer(introspecting, issuer):
    assert introspecting.verify(issuer.opaque(iss=None)).iss == issuer.url


def test_an_issuer_that_calls_an_expired_token_active_is_not_believed(introspecting, issuer, clock):
    issuer.garble("introspection", b'{"active": true, "sub": "ann", "exp": %d}' % (clock.now - 60))

    with pytest.raises(InvalidToken, match="Token expired"):
        introspecting.verify("abc")


@pytest.mark.parametrize("body", [b"{}", b'{"active": "true"}', b'{"active": 1}', b'{"active": null}'])
def test_an_answer_that_does_not_say_whether_the_token_is_active_decides_nothing(introspecting, issuer, body):
    issuer.garble("introspection", body)

    with pytest.raises(ProviderUnavailable, match="does not tell"):
        introspecting.verify("abc")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_an_error_at_introspection_decides_nothing(introspecting, issuer, status):
    issuer.fail("introspection", status)

    with pytest.raises(ProviderUnavailable, match=f"status {status}"):
        introspecting.verify("abc")


@pytest.mark.parametrize("misbehave", ["oversize", "garble"])
def test_a_useless_answer_at_introspection_decides_nothing(introspecting, issuer, misbehave):
    getattr(issuer, misbehave)("introspection")

    with pytest.raises(ProviderUnavailable):
        introspecting.verify("abc")


@pytest.mark.parametrize("status", [302, 307, 308])
def test_a_redirect_never_carries_token_or_secret_away(introspecting, issuer, other_issuer, status):
    issuer.redirect("introspection", f"{other_issuer.url}/introspection", status)

    with pytest.raises(ProviderUnavailable, match="redirect"):
        introspecting.verify("abc")
    assert not other_issuer.calls


def test_an_issuer_without_introspection_decides_nothing(introspecting, issuer):
    issuer.extra_discovery["introspection_endpoint"] = None

    with pytest.raises(ProviderUnavailable, match="names no introspection_endpoint"):
        introspecting.verify("abc")


def test_the_introspection_endpoint_can_be_set(verifier, issuer):
    settings = issuer.settings(
        opaque="introspection",
        jwks_uri=f"{issuer.url}/jwks",
        introspection_endpoint=f"{issuer.url}/introspection",
    )

    assert verifier(settings).verify(issuer.opaque())
    assert issuer.calls == {"introspection": 1}


def test_userinfo_can_prove_a_token(verifier, issuer, clock):
    tokens = verifier(issuer.settings(opaque="userinfo", client_id=None, client_secret=None))
    token = issuer.opaque("ann")

    verified = tokens.verify(token)

    assert (verified.iss, verified.sub, verified.email) == (issuer.url, "ann", "ann@example.org")
    assert tokens.verify(token) == verified
    assert issuer.calls == {"discovery": 1, "userinfo": 1}
    assert tokens.profile(token, verified).email == "ann@example.org"
    assert issuer.calls["userinfo"] == 1
    assert issuer.seen[-1][1]["Authorization"] == f"Bearer {token}"


@pytest.mark.parametrize("status", [400, 401, 403])
def test_userinfo_can_refuse_a_token(verifier, issuer, status):
    issuer.fail("userinfo", status)

    with pytest.raises(InvalidToken, match="not active"):
        verifier(issuer.settings(opaque="userinfo")).verify(issuer.opaque())


@pytest.mark.parametrize("status", [404, 429, 500])
def test_userinfo_that_fails_decides_nothing(verifier, issuer, status):
    issuer.fail("userinfo", status)

    with pytest.raises(ProviderUnavailable):
        verifier(issuer.settings(opaque="userinfo")).verify(issuer.opaque())


def test_userinfo_proves_no_audience(verifier, issuer):
    with pytest.raises(InvalidToken, match="another audience"):
        verifier(issuer.settings(opaque="userinfo", audience=("perf",))).verify(issuer.opaque())


def test_tokens_are_neither_logged_nor_kept_in_clear(introspecting, issuer, caplog):
    caplog.set_level(logging.DEBUG)
    token = issuer.opaque()
    introspecting.verify(token)
    introspecting.profile(token, introspecting.verify(token))
    issuer.down()
    for unknown in ("never-issued-1", "never-issued-2"):
        with pytest.raises(ProviderUnavailable):
            introspecting.verify(unknown)

    assert token not in caplog.text
    assert "never-issued" not in caplog.text
    assert issuer.client_secret not in caplog.text
    kept = repr(
        [vars(cache) for cache in (introspecting._accepted, introspecting._refused, introspecting._profiles)]
    )
    assert "sub='ann'" in kept
    assert token not in kept
