"""The rules about API tokens, without the web around them."""

import datetime

import pytest
import sqlalchemy as sa

from eoscperf import errors
from eoscperf.review.journal import Journal
from eoscperf.review.models import LogEntry
from eoscperf.security.identity import Identity, viewer_of
from eoscperf.security.token_text import HINT, digest
from eoscperf.testing.factories import Make
from eoscperf.tokens.events import ApiTokenCreated, ApiTokenRevoked
from eoscperf.tokens.models import ApiToken
from eoscperf.tokens.service import ApiTokens

NOW = datetime.datetime(2024, 5, 1, 12, 0, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


class Told:
    def __init__(self):
        self.events = []

    def emit(self, event):
        self.events.append(event)


@pytest.fixture
def make(session):
    return Make(session)


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def tokens(session, told):
    """The service as somebody uses it."""

    def tokens(user, *, scopes=None, method="bearer", most=50, now=NOW):
        identity = Identity(user.iss, user.sub, user.id, user.role == "admin", method=method, scopes=scopes)
        journal = Journal(session, viewer_of(identity))
        return ApiTokens(session, identity, journal, told, most=most, clock=lambda: now)

    return tokens


def test_what_is_stored_of_a_token_is_its_digest_alone(session, make, tokens):
    ann = make.user("ann")
    _, text = tokens(ann).create(ann.id, name="nightly", scopes=["upload", "read"])
    (row,) = session.execute(sa.select(ApiToken.__table__)).mappings()
    assert row["digest"] == digest(text)
    assert row["hint"] == text[:HINT]
    assert (row["name"], row["scope"]) == ("nightly", "read upload")
    secret = text[HINT:]
    assert not any(secret in str(value) for value in row.values())
    assert row["expires_datetime"] == NOW + 90 * DAY


def test_making_one_is_logged_and_told_without_the_token(session, make, tokens, told):
    ann = make.user("ann")
    token, text = tokens(ann).create(ann.id, name="nightly", scopes=["read"], days=1)
    entry = session.scalars(sa.select(LogEntry)).one()
    assert (entry.action, entry.resource_type, entry.resource_id) == ("token_create", "token", str(token.id))
    assert entry.actor_id == ann.id
    assert text[HINT:] not in entry.details
    assert "nightly" not in entry.details
    assert told.events == [
        ApiTokenCreated(
            id=token.id,
            user_id=ann.id,
            name="nightly",
            hint=text[:HINT],
            scopes=("read",),
            expires_datetime=NOW + DAY,
            entry_id=entry.id,
        )
    ]


def test_revoking_one_leaves_nothing_but_the_log(session, make, tokens, told):
    ann = make.user("ann")
    service = tokens(ann)
    token, _ = service.create(ann.id, name="x", scopes=["read"])
    identifier = token.id
    service.revoke(token)
    assert session.scalars(sa.select(ApiToken)).all() == []
    assert session.scalars(sa.select(LogEntry.action).order_by(LogEntry.id)).all() == [
        "token_create",
        "token_revoke",
    ]
    assert isinstance(told.events[-1], ApiTokenRevoked)
    with pytest.raises(errors.NotFound):
        service.get(ann.id, identifier)


def test_an_api_token_makes_no_api_token_whatever_its_scopes(make, tokens):
    root = make.user("root", role="admin")
    scopes = frozenset({"read", "upload", "moderate", "admin"})
    with pytest.raises(errors.LoginRequired):
        tokens(root, scopes=scopes, method="api-token").create(root.id, name="x", scopes=["read"])


@pytest.mark.parametrize(
    ("role", "held", "wanted", "complaint"),
    [
        ("user", None, ["read", "upload"], None),
        ("user", {"read", "admin"}, ["read"], None),
        ("user", {"read", "admin"}, ["upload"], "your own token is not good for upload"),
        ("user", None, ["moderate"], "role of administrator"),
        ("user", {"admin"}, ["admin"], "role of administrator"),
        ("admin", None, ["read", "upload", "moderate", "admin"], None),
        ("admin", {"read", "upload", "admin"}, ["moderate"], "not good for moderate"),
        ("reader", None, ["read"], None),
        ("reader", None, ["read", "upload"], "may only read"),
        ("user", None, [], "at least one scope"),
    ],
)
def test_scopes_stay_within_those_of_the_maker_and_of_the_account(
    make, tokens, role, held, wanted, complaint
):
    user = make.user("ann", role=role)
    service = tokens(user, scopes=None if held is None else frozenset(held))
    if complaint is None:
        token, _ = service.create(user.id, name="x", scopes=wanted)
        assert set(token.scopes) == set(wanted)
        return
    with pytest.raises(errors.Invalid) as refused:
        service.create(user.id, name="x", scopes=wanted)
    assert complaint in refused.value.detail


def test_a_service_account_gets_no_administrators_token(make, tokens):
    root, service = make.user("root", role="admin"), make.service("nightly")
    with pytest.raises(errors.Invalid):
        tokens(root).create(service.id, name="x", scopes=["moderate"])
    token, _ = tokens(root).create(service.id, name="x", scopes=["upload"])
    assert token.user_id == service.id


def test_an_account_has_so_many_valid_tokens_and_no_more(make, tokens):
    ann, bob = make.user("ann"), make.user("bob")
    for name in "ab":
        tokens(ann, most=2).create(ann.id, name=name, scopes=["read"], days=1)
    with pytest.raises(errors.Conflict, match="2 valid API tokens"):
        tokens(ann, most=2).create(ann.id, name="c", scopes=["read"])
    tokens(bob, most=2).create(bob.id, name="c", scopes=["read"])
    tokens(ann, most=2, now=NOW + DAY).create(ann.id, name="c", scopes=["read"])


def test_tokens_that_expired_long_ago_are_forgotten(session, make, tokens):
    ann = make.user("ann")
    tokens(ann).create(ann.id, name="old", scopes=["read"], days=1)
    tokens(ann, now=NOW + 31 * DAY).create(ann.id, name="new", scopes=["read"])
    assert set(session.scalars(sa.select(ApiToken.name))) == {"old", "new"}
    tokens(ann, now=NOW + 32 * DAY).create(ann.id, name="newer", scopes=["read"])
    assert set(session.scalars(sa.select(ApiToken.name))) == {"new", "newer"}


def test_tokens_of_others_are_not_found(make, tokens):
    ann, bob = make.user("ann"), make.user("bob")
    token, _ = tokens(ann).create(ann.id, name="x", scopes=["read"])
    with pytest.raises(errors.NotFound):
        tokens(bob).get(bob.id, token.id)
