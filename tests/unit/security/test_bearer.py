"""JSON Web Tokens: what is accepted, what is refused and in which words."""

import base64
import dataclasses
import json
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eoscperf.security.bearer import BearerTokens, InvalidToken, IssuerSettings, LocalIssuer
from eoscperf.security.issuers import ALGORITHMS
from eoscperf.security.oidc_tokens import quoted


def refusal(tokens, token):
    with pytest.raises(InvalidToken) as caught:
        tokens.verify(token)
    if isinstance(token, str) and len(token) > 20:
        assert token not in caught.value.detail
    caught.value.detail.encode("ascii")
    return caught.value.detail


def test_a_good_token_tells_who_holds_it(tokens, issuer, clock):
    verified = tokens.verify(
        issuer.mint(
            "ann",
            email="ann@example.org",
            email_verified=True,
            entitlements=["urn:a"],
            scope="openid email",
        )
    )

    assert (verified.iss, verified.sub, verified.issuer_name) == (issuer.url, "ann", "test")
    assert (verified.email, verified.email_verified) == ("ann@example.org", True)
    assert verified.entitlements == {"urn:a"}
    assert verified.scopes == {"openid", "email"}
    assert verified.expires_at == clock.now + 3600
    assert len(verified.digest) == 64
    assert verified.claims["jti"]


def test_what_a_token_does_not_tell_is_none(tokens, issuer):
    verified = tokens.verify(issuer.mint())

    assert (verified.email, verified.email_verified, verified.entitlements, verified.scopes) == (None,) * 4


def test_the_claims_of_a_verified_token_do_not_show_up_in_logs(tokens, issuer):
    assert "secret" not in repr(tokens.verify(issuer.mint(note="secret")))


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_every_asymmetric_algorithm_is_supported(tokens, issuer, alg):
    assert tokens.verify(issuer.mint(alg=alg)).sub == "ann"
    header, claims, signature = issuer.mint(alg=alg).split(".")
    flipped = ("B" if signature[10] == "A" else "A") + signature[11:]
    assert "Signature does not match" in refusal(tokens, f"{header}.{claims}.{signature[:10]}{flipped}")


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_an_algorithm_outside_the_list_is_refused(verifier, issuer, alg):
    others = tuple(name for name in ALGORITHMS if name != alg)
    tokens = verifier(issuer.settings(algorithms=others))

    assert refusal(tokens, issuer.mint(alg=alg)).startswith(f"Signature algorithm '{alg}' is not accepted")
    assert not issuer.calls


@pytest.mark.parametrize("alg", ["none", "HS256", "HS384", "HS512"])
def test_unsigned_and_symmetric_tokens_are_refused(tokens, issuer, alg):
    # With HS, the public key of the issuer serves as the secret: anybody could sign like that.
    assert "is not accepted" in refusal(tokens, issuer.mint(alg=alg, headers={"kid": issuer.kid()}))


@pytest.mark.parametrize("alg", ["none", "HS256"])
def test_unsigned_and_symmetric_tokens_are_refused_even_if_the_settings_allow_them(verifier, issuer, alg):
    tokens = verifier(issuer.settings(algorithms=("none", "HS256", "RS256")))
    secret = {"kty": "oct", "kid": "RSA-0", "k": base64.urlsafe_b64encode(b"x" * 32).decode().rstrip("=")}
    issuer.published = [secret, *issuer.public_keys()]

    assert "Signature does not match" in refusal(
        tokens, issuer.mint(alg=alg, headers={"kid": "RSA-0"}, key=b"x" * 32)
    )


@pytest.mark.parametrize("alg", [None, 5, ["RS256"], "rs256", "RS1", "ES256K", "RSA-OAEP", "Ed25519", ""])
def test_odd_algorithms_are_refused(tokens, issuer, alg):
    assert "is not accepted" in refusal(tokens, issuer.mint(headers={"alg": alg}))


@pytest.mark.parametrize(
    ("alg", "kid_of"), [("RS256", "ES256"), ("ES256", "RS256"), ("ES256", "ES384"), ("EdDSA", "RS256")]
)
def test_a_key_of_another_type_matches_nothing(tokens, issuer, alg, kid_of):
    token = issuer.mint(alg=alg, headers={"kid": issuer.kid(kid_of)})

    assert "Signature does not match" in refusal(tokens, token)


def test_a_key_is_used_only_for_the_algorithm_it_was_made_for(tokens, issuer):
    issuer.published = [{**key, "alg": "PS256"} for key in issuer.public_keys() if key["kty"] == "RSA"]

    assert tokens.verify(issuer.mint(alg="PS256"))
    assert "Signature does not match" in refusal(tokens, issuer.mint(alg="RS256"))


def test_a_key_for_encryption_does_not_verify(tokens, issuer):
    issuer.published = [{**key, "use": "enc"} for key in issuer.public_keys()] + [
        {**key, "kid": "spare"} for key in issuer.public_keys()
    ]

    assert "Signature does not match" in refusal(tokens, issuer.mint())


def test_a_key_that_the_token_brings_along_is_not_believed(tokens, issuer, other_issuer):
    own_key = other_issuer.key("ES256")
    own_key = type(own_key).generate_key("P-256")
    headers = {"jwk": own_key.as_dict(private=False), "jku": f"{other_issuer.url}/jwks"}

    token = issuer.mint(alg="ES256", key=own_key, headers=headers)

    assert "Signature does not match" in refusal(tokens, token)
    assert not other_issuer.calls


def test_a_changed_claim_breaks_the_signature(tokens, issuer):
    header, _, signature = issuer.mint("ann").split(".")
    _, claims, _ = issuer.mint("root").split(".")

    assert "Signature does not match" in refusal(tokens, f"{header}.{claims}.{signature}")


def test_a_token_of_an_unknown_issuer_is_refused_without_asking_anybody(verifier, issuer, other_issuer):
    tokens = verifier(issuer.settings(opaque="introspection"))

    assert refusal(tokens, other_issuer.mint()) == f"Unknown issuer '{other_issuer.url}'"
    assert not issuer.calls
    assert not other_issuer.calls


def test_a_token_counts_only_for_its_own_issuer(verifier, issuer, other_issuer):
    tokens = verifier(issuer.settings("one"), other_issuer.settings("two", opaque="introspection"))
    other_key = type(issuer.key("ES256")).generate_key("P-256")
    forged = other_issuer.mint(alg="ES256", iss=issuer.url, key=other_key)

    assert "Signature does not match" in refusal(tokens, forged)
    assert other_issuer.calls["introspection"] == 0
    assert tokens.verify(other_issuer.mint()).issuer_name == "two"


@pytest.mark.parametrize("change", [lambda url: url + "/", lambda url: url.upper(), lambda url: " " + url])
def test_the_issuer_is_compared_exactly(tokens, issuer, change):
    assert refusal(tokens, issuer.mint(iss=change(issuer.url))).startswith("Unknown issuer")


@pytest.mark.parametrize("iss", [None, "", 7, ["https://a"], {"a": 1}, True])
def test_an_issuer_that_is_no_text_is_refused(tokens, issuer, iss):
    assert refusal(tokens, issuer.mint(iss=iss)) == "Token has no 'iss'"


@pytest.mark.parametrize("sub", [None, "", 7, ["ann"], True, {}])
def test_a_subject_is_required(tokens, issuer, sub):
    assert refusal(tokens, issuer.mint(sub)) == "Token has no 'sub'"
    assert refusal(tokens, issuer.mint(without=["sub"])) == "Token has no 'sub'"


@pytest.mark.parametrize("sub", ["a\0b", "a\ud800b"])
def test_a_subject_that_no_database_holds_is_refused(tokens, issuer, sub):
    assert "cannot be stored" in refusal(tokens, issuer.mint(sub))


def test_a_subject_has_at_most_255_characters(tokens, issuer):
    assert tokens.verify(issuer.mint("é" * 255)).sub == "é" * 255
    assert "longer than 255" in refusal(tokens, issuer.mint("x" * 256))


def test_subjects_differ_by_case_and_blanks(tokens, issuer):
    assert tokens.verify(issuer.mint(" Ann ")).sub == " Ann "


def test_a_token_expires(tokens, issuer, clock):
    token = issuer.mint(lifetime=60)
    clock.pass_seconds(60 + 29)
    assert tokens.verify(token)

    clock.pass_seconds(1)

    assert refusal(tokens, token) == "Token expired"


def test_the_leeway_is_a_setting(verifier, issuer):
    assert verifier(issuer.settings(leeway=0)).verify(issuer.mint(lifetime=1))
    assert refusal(verifier(issuer.settings(leeway=0)), issuer.mint(lifetime=0)) == "Token expired"


def test_an_expired_token_is_told_so_even_if_the_provider_is_down(tokens, issuer):
    issuer.down()

    assert refusal(tokens, issuer.mint(lifetime=-100)) == "Token expired"


def test_an_expiry_is_required(tokens, issuer):
    assert refusal(tokens, issuer.mint(without=["exp"])) == "Token has no 'exp'"
    assert refusal(tokens, issuer.mint(exp=None)) == "Token has no 'exp'"


@pytest.mark.parametrize("claim", ["exp", "nbf"])
@pytest.mark.parametrize("value", ["1900000000", True, [], {}])
def test_an_instant_is_a_number(tokens, issuer, claim, value):
    assert refusal(tokens, issuer.mint(**{claim: value})) == f"'{claim}' of the token is not a number"


@pytest.mark.parametrize("literal", ["1e400", "-1e400", "1" + "0" * 400])
def test_an_instant_is_finite(tokens, issuer, literal):
    token = issuer.sign(
        json.dumps({"alg": "RS256", "kid": issuer.kid()}).encode(),
        f'{{"iss":"{issuer.url}","sub":"ann","exp":{literal}}}'.encode(),
    )

    assert refusal(tokens, token) == "'exp' of the token is out of range"


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "1" + "0" * 5000, "01"])
def test_claims_that_are_not_json_are_refused(tokens, issuer, literal):
    token = issuer.sign(
        json.dumps({"alg": "RS256", "kid": issuer.kid()}).encode(),
        f'{{"iss":"{issuer.url}","sub":"ann","exp":{literal}}}'.encode(),
    )

    assert "damaged" in refusal(tokens, token)


def test_a_token_is_not_accepted_before_its_time(tokens, issuer, clock):
    token = issuer.mint(nbf=clock.now + 31)
    assert refusal(tokens, token) == "Token is not valid yet"

    clock.pass_seconds(1)

    assert tokens.verify(token)


@pytest.mark.parametrize("audience", ["perf", ["perf"], ["x", "perf"], ["x", "bench"], [5, "perf"]])
def test_one_of_the_audiences_is_enough(verifier, issuer, audience):
    assert verifier(issuer.settings(audience=("perf", "bench"))).verify(issuer.mint(aud=audience))


@pytest.mark.parametrize(
    "audience", ["x", "PERF", "perf bench", [], ["x"], [["perf"]], {"perf": 1}, 5, None, ""]
)
def test_another_audience_is_refused(verifier, issuer, audience):
    tokens = verifier(issuer.settings(audience=("perf", "bench")))

    assert (
        refusal(tokens, issuer.mint(aud=audience)) == "Token is for another audience; accepted: perf, bench"
    )


def test_no_audience_is_checked_unless_set(tokens, issuer):
    assert tokens.verify(issuer.mint(aud="somebody else"))


@pytest.mark.parametrize("kind", ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", "application/jwt"])
def test_the_usual_types_are_accepted(tokens, issuer, kind):
    assert tokens.verify(issuer.mint(headers={"typ": kind}))
    assert tokens.verify(issuer.mint(without=["typ"]))


@pytest.mark.parametrize("kind", ["JWE", "logout+jwt", "dpop+jwt", "", 5, ["JWT"], "text/jwt", "\ud800"])
def test_other_types_are_refused(tokens, issuer, kind):
    assert refusal(tokens, issuer.mint(headers={"typ": kind})).startswith("Token type")


@pytest.mark.parametrize("critical", [["exp"], ["b64"], ["http://x/y"], [], "exp", None])
def test_critical_extensions_are_refused(tokens, issuer, critical):
    assert "'crit'" in refusal(tokens, issuer.mint(headers={"crit": critical, "exp": 1, "b64": False}))


@pytest.mark.parametrize("kid", [5, ["a"], {}, True])
def test_a_key_id_is_text(tokens, issuer, kid):
    assert refusal(tokens, issuer.mint(headers={"kid": kid})) == "Key id ('kid') of the token is not text"


def test_long_headers_are_fine(tokens, issuer):
    assert tokens.verify(issuer.mint(headers={"x5c": ["A" * 3000]}))


@pytest.mark.parametrize(
    ("claims", "entitlements"),
    [
        ({"entitlements": "urn:a b"}, {"urn:a b"}),
        ({"entitlements": ["urn:a", "urn:b"], "eduperson_entitlement": "urn:c"}, {"urn:a", "urn:b", "urn:c"}),
        ({"entitlements": []}, frozenset()),
        ({"entitlements": ["urn:a", 5, None, ["urn:b"]]}, {"urn:a"}),
        ({"entitlements": {"urn:a": 1}}, None),
        ({"entitlements": None}, None),
        ({"groups": ["urn:a"]}, None),
    ],
)
def test_entitlements_are_text_or_a_list(tokens, issuer, claims, entitlements):
    assert tokens.verify(issuer.mint(**claims)).entitlements == entitlements


def test_the_entitlement_claims_are_a_setting(verifier, issuer):
    tokens = verifier(issuer.settings(entitlement_claims=("groups",)))

    assert tokens.verify(issuer.mint(groups=["g"], entitlements=["e"])).entitlements == {"g"}


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"email": "a@b", "email_verified": "true"}, ("a@b", True)),
        ({"email": "a@b", "email_verified": "false"}, ("a@b", False)),
        ({"email": "a@b", "email_verified": 1}, ("a@b", None)),
        ({"email": "a@b", "email_verified": ["true"]}, ("a@b", None)),
        ({"email": ["a@b"]}, (None, None)),
        ({"email": ""}, (None, None)),
        ({"email": "a\0@b"}, (None, None)),
        ({"email": "\udc00@b"}, (None, None)),
        ({"email": "a" * 330}, (None, None)),
    ],
)
def test_an_email_that_is_unusable_counts_as_missing(tokens, issuer, claims, expected):
    verified = tokens.verify(issuer.mint(**claims))

    assert (verified.email, verified.email_verified) == expected


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": ""}, set()),
        ({"scp": ["a", "b", 5]}, {"a", "b"}),
        ({"scope": 5}, None),
        ({"scp": "a b"}, {"a", "b"}),
    ],
)
def test_scopes_are_text_or_a_list(tokens, issuer, claims, scopes):
    assert tokens.verify(issuer.mint(**claims)).scopes == scopes


def test_an_overlong_token_is_refused(tokens, issuer):
    assert refusal(tokens, issuer.mint(note="x" * 16384)) == "Token is longer than 16384 characters"
    assert refusal(tokens, "a" * 5_000_000) == "Token is longer than 16384 characters"


def odd_tokens():
    header = b'{"alg":"RS256","kid":"RSA-0"}'

    def encode(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    yield from [
        "",
        " ",
        ".",
        "..",
        "...",
        "a.b.c",
        "=",
        "a=b",
        "ü",
        "\0",
        "a\nb",
        "a b",
        "\ud800",
        "😀",
        "Bearer x",
    ]
    yield from [None, 5, b"abc", bytearray(b"x"), ["a"], object()]
    for claims in [b"", b"[]", b"5", b"null", b'"x"', b"{", b"\xff", b"\xef\xbb\xbf{}", b'{"iss":"\\ud800"}']:
        yield f"{encode(header)}.{encode(claims)}.{encode(b'x')}"
    yield f"{encode(header)}.{encode(b'[' * 9000)}.AA"
    yield f"{encode(b'[' * 9000)}.{encode(b'{}')}.AA"
    nested = encode(b'{"a":' * 1800)
    yield f"{nested}.e30.AA"
    yield f"{encode(header)}.{nested}.AA"
    yield f"{encode(header)}=.e30.AA"
    yield f"{encode(header)}.e30=.AA"
    yield f"{encode(header)}.e31.AA"
    yield f"{encode(header)}.e30.A"
    yield f"{encode(header)}.e3+/.AA"
    yield f"{encode(header)}.e30."
    yield f"{encode(header)}.e30.AA==.AA.AA"


ODD_TOKENS = list(odd_tokens())


@pytest.mark.parametrize("token", ODD_TOKENS, ids=range(len(ODD_TOKENS)))
def test_nothing_odd_raises_anything_but_a_refusal(tokens, issuer, token):
    assert refusal(tokens, token)
    assert not issuer.calls


@pytest.mark.parametrize("cut", [0, 1, 2])
def test_other_spellings_of_a_segment_are_refused(tokens, issuer, cut):
    segments = issuer.mint().split(".")
    segments[cut] += "="
    assert refusal(tokens, ".".join(segments))
    segments = issuer.mint(alg="ES256").split(".")
    last = segments[cut][-1]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    segments[cut] = segments[cut][:-1] + letters[letters.index(last) ^ 1]
    assert refusal(tokens, ".".join(segments))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
CLAIMS = st.sampled_from(
    ["iss", "sub", "exp", "nbf", "aud", "email", "email_verified", "entitlements", "scope"]
)
HEADERS = st.sampled_from(["alg", "kid", "typ", "crit", "jwk", "b64"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(claims=st.dictionaries(CLAIMS, JSON, max_size=3), headers=st.dictionaries(HEADERS, JSON, max_size=2))
def test_any_values_in_a_token_lead_to_a_verdict(tokens, issuer, claims, headers):
    payload = {"iss": issuer.url, "sub": "ann", "exp": issuer.clock() + 10} | claims
    header = {"alg": "ES256", "kid": issuer.kid("ES256")} | headers
    token = issuer.sign(json.dumps(header).encode(), json.dumps(payload).encode(), alg="ES256")

    try:
        verified = tokens.verify(token)
    except InvalidToken as problem:
        problem.detail.encode("ascii")
    else:
        assert verified.sub == payload["sub"]
        assert verified.iss == issuer.url


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    token=st.text(max_size=30)
    | st.from_regex(r"[A-Za-z0-9_-]{0,20}\.[A-Za-z0-9_-]{0,20}\.[A-Za-z0-9_-]{0,9}", fullmatch=True)
)
def test_any_text_is_refused(tokens, token):
    refusal(tokens, token)


def test_quoted_values_are_short_plain_and_printable():
    assert quoted("a\n\0ü\ud800'") == r"'a??\xfc\ud800''"
    assert len(quoted("x" * 10_000)) < 250
    assert quoted(["x"]) == "'list'"


def local(issuer, **changes):
    return LocalIssuer(name="local", issuer="urn:local", keys=issuer.public_keys, **changes)


def test_a_local_issuer_needs_no_network(verifier, issuer):
    tokens = verifier(local(issuer))

    assert tokens.verify(issuer.mint(iss="urn:local", alg="EdDSA")).issuer_name == "local"
    assert not issuer.calls


def test_a_local_issuer_is_checked_like_any_other(verifier, issuer, clock):
    tokens = verifier(local(issuer, audience=("perf",), algorithms=("ES256",)))

    def mint(**changes):
        return issuer.mint(**({"iss": "urn:local", "aud": "perf", "alg": "ES256"} | changes))

    assert tokens.verify(mint())
    assert "is not accepted" in refusal(tokens, mint(alg="RS256"))
    assert "another audience" in refusal(tokens, mint(aud="x"))
    assert refusal(tokens, mint(lifetime=-60)) == "Token expired"
    assert refusal(tokens, mint(sub="")) == "Token has no 'sub'"
    assert refusal(tokens, mint(without=["exp"])) == "Token has no 'exp'"
    assert "Signature does not match" in refusal(tokens, mint(headers={"kid": "nobody's"}))
    assert (
        refusal(tokens, "opaque") == "Token is not a JSON Web Token; no trusted issuer is asked about others"
    )


def test_a_local_issuer_can_change_its_keys_at_any_time(verifier, issuer):
    tokens = verifier(local(issuer))
    old = issuer.mint(iss="urn:local")
    assert tokens.verify(old)

    issuer.rotate()

    assert tokens.verify(issuer.mint(iss="urn:local"))
    assert "Signature does not match" in refusal(tokens, old)


def test_issuers_are_different():
    one = IssuerSettings(name="a", issuer="https://a.example")
    with pytest.raises(ValueError, match="is there twice"):
        BearerTokens([one, IssuerSettings(name="b", issuer="https://a.example")])
    with pytest.raises(ValueError, match="taken by two"):
        BearerTokens([one, IssuerSettings(name="a", issuer="https://b.example")])


def test_without_issuers_every_token_is_refused(issuer):
    tokens = BearerTokens([])

    assert refusal(tokens, issuer.mint()) == f"Unknown issuer '{issuer.url}'"


def test_many_threads_can_verify_at_once(tokens, issuer):
    made = [issuer.mint(f"person-{number}", alg="ES256") for number in range(40)]
    found = []

    def verify(token):
        found.append(tokens.verify(token).sub)

    threads = [threading.Thread(target=verify, args=(token,)) for token in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(found) == sorted(f"person-{number}" for number in range(40))
    assert issuer.calls["jwks"] == 1


def test_an_issuer_is_known_as_the_name_that_its_people_are_stored_under(verifier, issuer):
    tokens = verifier(local(issuer, known_as="urn:people"))

    verified = tokens.verify(issuer.mint("ann", iss="urn:local"))
    again = tokens.verify(issuer.mint("ann", iss="urn:local"))

    assert (verified.iss, again.iss, verified.claims["iss"]) == ("urn:people", "urn:people", "urn:local")
    # Nobody else signs with the keys of a local issuer: its tokens may carry either name.
    assert tokens.verify(issuer.mint("ann", iss="urn:people")).iss == "urn:people"


def test_a_name_of_people_is_none_of_an_issuer_on_the_network(verifier, issuer):
    tokens = verifier(dataclasses.replace(issuer.settings(), known_as="https://before.example"))

    assert tokens.verify(issuer.mint("ann")).iss == "https://before.example"
    assert "Unknown issuer" in refusal(tokens, issuer.mint("ann", iss="https://before.example"))


def test_nobody_takes_the_name_that_others_are_known_as():
    one = IssuerSettings(name="a", issuer="https://a.example", known_as="https://b.example")
    for other in (
        IssuerSettings(name="b", issuer="https://b.example"),
        IssuerSettings(name="b", issuer="https://c.example", known_as="https://b.example"),
        IssuerSettings(name="b", issuer="https://c.example", known_as="https://a.example"),
    ):
        with pytest.raises(ValueError, match="is there twice"):
            BearerTokens([one, other])
