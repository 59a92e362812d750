"""Who may do what, and what those hear who may not: levels, tokens, providers that are away, rates."""

from __future__ import annotations

import base64

import pytest

from eoscperf.testing.api import AWAY, ENTITLEMENT

PUBLIC = ("GET", "/sites")
TOKEN = ("GET", "/users/self")
USER = ("POST", "/users/self:update")
ADMIN = ("GET", "/users/self:try_admin")

CHALLENGE = 'Bearer realm="eoscperf"'


def slug(answer):
    return answer.json["type"].removeprefix("urn:eoscperf:problem:") if answer.status_int >= 400 else ""


@pytest.fixture
def callers(api, issuer):
    """The token of each kind of caller."""
    return {
        "anonymous": None,
        "refused": "nonsense",
        "expired": issuer.mint("ann", alg="EdDSA", lifetime=-3600),
        "undecided": issuer.mint("ann", alg="EdDSA", iss=AWAY),
        "stranger": api.token("stranger"),
        "entitled stranger": api.token("stranger", eduperson_entitlement=[ENTITLEMENT]),
        "user": api.token("user"),
        "admin by role": api.token("admin"),
        "admin by entitlement": api.token("user", eduperson_entitlement=ENTITLEMENT),
    }


TABLE = [
    ("anonymous", 200, 401, 401, 401, "unauthenticated"),
    ("refused", 200, 401, 401, 401, "invalid-token"),
    ("expired", 200, 401, 401, 401, "invalid-token"),
    ("undecided", 200, 503, 503, 503, "identity-provider-unavailable"),
    ("stranger", 200, 404, 403, 403, "not-registered"),
    ("entitled stranger", 200, 404, 403, 403, "not-registered"),
    ("user", 200, 200, 204, 403, "admin-required"),
    ("admin by role", 200, 200, 204, 204, ""),
    ("admin by entitlement", 200, 200, 204, 204, ""),
]


@pytest.mark.parametrize(
    ("caller", "public", "token", "user", "admin", "reason"), TABLE, ids=[row[0] for row in TABLE]
)
def test_each_level_admits_whom_it_should(api, callers, caller, public, token, user, admin, reason):
    answers = [api.request(*op, token=callers[caller], status="*") for op in (PUBLIC, TOKEN, USER, ADMIN)]
    assert [answer.status_int for answer in answers] == [public, token, user, admin]
    assert slug(answers[-1]) == reason


@pytest.mark.parametrize("caller", ["anonymous", "refused", "expired"])
def test_a_401_says_how_to_authenticate(api, callers, caller):
    answer = api.request(*ADMIN, token=callers[caller], status=401)
    value = answer.headers["WWW-Authenticate"]
    assert value.startswith(CHALLENGE)
    assert ('error="invalid_token"' in value) is (caller != "anonymous")
    assert answer.content_type == "application/problem+json"
    assert answer.json["code"] == answer.json["status"] == 401


def test_a_public_operation_ignores_a_token_it_cannot_accept_but_says_so(api):
    answer = api.request(*PUBLIC, token="nonsense", status=200)
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert "WWW-Authenticate" not in api.request(*PUBLIC, status=200).headers
    assert "WWW-Authenticate" not in api.request(*PUBLIC, as_="user", status=200).headers


def test_the_403_of_strangers_tells_them_to_register(api):
    assert "POST /users:register" in api.request(*USER, as_="stranger", status=403).json["detail"]


def test_a_provider_that_is_away_is_answered_with_when_to_come_back(api, issuer):
    answer = api.request(*USER, token=issuer.mint("ann", alg="EdDSA", iss=AWAY), status=503)
    assert answer.headers["Retry-After"] == "5"


def test_unknown_entitlements_close_admin_operations_only(api, issuer):
    api.person("user")
    token = issuer.mint("user", alg="EdDSA", email="user@example.org", email_verified=True)
    issuer.fail("userinfo")
    try:
        answers = [api.request(*op, token=token, status="*") for op in (PUBLIC, TOKEN, USER, ADMIN)]
    finally:
        issuer.up()
    assert [answer.status_int for answer in answers] == [200, 200, 204, 503]
    assert slug(answers[-1]) == "identity-provider-unavailable"


def test_unknown_entitlements_leave_open_whether_an_object_of_somebody_else_may_be_changed(api, issuer, make):
    api.person("user")
    token = issuer.mint("user", alg="EdDSA", email="user@example.org", email_verified=True)
    result = make.result(uploader=make.user("other"))
    issuer.fail("userinfo")
    try:
        answer = api.put(f"/results/{result.id}/tags", token=token, status=503)
        assert slug(answer) == "identity-provider-unavailable"
        # No administrator may do this either, so that the uploader alone decides.
        assert slug(api.post(f"/results/{result.id}:withdraw", token=token, status=403)) == "owner-required"
    finally:
        issuer.up()
    known = api.token("user")
    assert slug(api.put(f"/results/{result.id}/tags", token=known, status=403)) == "owner-required"


def test_a_local_administrator_needs_no_provider(api, issuer):
    api.person("admin")
    issuer.fail("userinfo")
    try:
        api.request(*ADMIN, token=issuer.mint("admin", alg="EdDSA"), status=204)
    finally:
        issuer.up()


def test_userinfo_tells_the_entitlements_that_a_token_lacks(api, issuer):
    person = api.make.user("boss")
    issuer.people["boss"] = {"email": person.email, "eduperson_entitlement": [ENTITLEMENT]}
    api.request(*ADMIN, token=issuer.mint("boss", alg="EdDSA"), status=204)


def test_nobody_is_an_administrator_by_entitlement_when_none_is_set(api, set_setting):
    set_setting("admin_entitlements", ())
    api.request(*ADMIN, token=api.token("user", eduperson_entitlement=[ENTITLEMENT]), status=403)


def test_the_same_subject_of_another_issuer_is_somebody_else(api):
    api.make.user("ann", iss="https://other.example.org", role="admin")
    api.make.user("Stranger")
    api.request(*USER, token=api.token("stranger"), status=403)
    api.request(*USER, as_="stranger", status=403)


@pytest.mark.parametrize(
    "header",
    [
        "Basic " + base64.b64encode(b"user:secret").decode(),
        "Digest abc",
        "Token abc",
        "Bearers abc",
        "nonsense",
        "",
        "\xff\xfe",
    ],
)
def test_other_schemes_are_no_token(api, header):
    answer = api.request(*TOKEN, headers={"Authorization": header}, status=401)
    assert slug(answer) == "unauthenticated"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "bearer  \t ",
        "BEARER ä",
        "Bearer a b",
        "Bearer \xe2\x82\xac",
        "Bearer " + "a" * 20_000,
        "Bearer ..",
        "Bearer a.b.c",
        'Bearer "abc"',
        "Bearer =",
    ],
)
def test_whatever_follows_bearer_is_a_token_and_refused(api, header):
    answer = api.request(*TOKEN, headers={"Authorization": header}, status=401)
    assert slug(answer) == "invalid-token"
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_read_in_any_case(api, scheme):
    headers = {"Authorization": f"{scheme}  {api.token('user')} "}
    api.request(*TOKEN, headers=headers, status=200)


def test_a_token_in_the_query_is_no_token(api):
    answer = api.get("/users/self", {"access_token": api.token("user")}, status=401)
    assert slug(answer) == "unauthenticated"


def test_the_level_is_checked_before_the_input(api):
    assert api.get("/users", {"nonsense": "1"}, status=401)
    assert api.get("/users", {"nonsense": "1"}, as_="user", status=403)
    assert api.get("/users", {"nonsense": "1"}, as_="admin", status=422)


def test_an_address_that_keeps_sending_refused_tokens_has_to_wait(api, set_rate):
    set_rate(failed_authentications="3/minute")
    for _ in range(3):
        api.request(*TOKEN, token="nonsense", status=401)
    answer = api.request(*TOKEN, token="nonsense", status=429)
    assert slug(answer) == "rate-limited"
    assert 1 <= int(answer.headers["Retry-After"]) <= 61
    # Good tokens from there wait too, as they could be guessed ones; who sends none is not affected.
    api.request(*TOKEN, as_="user", status=429)
    api.request(*PUBLIC, token="nonsense", status=429)
    api.request(*PUBLIC, status=200)


def test_refused_tokens_count_on_public_operations_too(api, set_rate):
    set_rate(failed_authentications="2/minute")
    for _ in range(2):
        api.request(*PUBLIC, token="nonsense", status=200)
    api.request(*PUBLIC, token="nonsense", status=429)


def test_accepted_tokens_do_not_count_as_refused(api, set_rate):
    set_rate(failed_authentications="2/minute")
    for _ in range(4):
        api.request(*TOKEN, as_="user", status=200)


def test_changes_are_counted_per_identity(api, set_rate):
    set_rate(writes="2/minute")
    for _ in range(2):
        api.request(*USER, as_="user", status=204)
    answer = api.request(*USER, as_="user", status=429)
    assert int(answer.headers["Retry-After"]) >= 1
    api.request(*USER, as_="other", status=204)
    api.request(*TOKEN, as_="user", status=200)


def test_finding_out_who_asks_takes_one_statement(api, statements):
    token = api.token("user")
    statements.clear()
    api.request(*TOKEN, token=token, status=200)
    # The second one loads the account that is shown.
    assert len(statements) == 2
    assert "users.email" not in statements[0]


def test_answers_to_a_caller_are_private(api):
    assert api.request(*TOKEN, as_="user").headers["Cache-Control"] == "private, no-cache"
    assert api.request(*PUBLIC).headers["Cache-Control"] == "no-cache"
