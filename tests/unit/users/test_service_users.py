"""The rules about accounts, without the web around them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from eoscperf import errors, listing
from eoscperf.review.journal import Journal
from eoscperf.review.models import LogEntry
from eoscperf.security.bearer import Profile
from eoscperf.security.identity import Identity, viewer_of
from eoscperf.testing.factories import ISSUER, Make
from eoscperf.users.events import UserRegistered, UserRemoved, UserRoleChanged, UserUpdated
from eoscperf.users.models import User
from eoscperf.users.service import SORT, Users

BINDING = listing.CursorBinding(secret=b"secret", scope="users")


class Told:
    """Takes events and remembers them."""

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
def users(session, told):
    """The service as somebody uses it, whose provider tells this profile."""

    def users(user=None, *, sub="newcomer", email="new@example.org", verified=True, asked=None):
        identity = Identity(ISSUER, sub)
        if user is not None:
            identity = Identity(user.iss, user.sub, user.id, user.role == "admin")

        def profile():
            if asked is not None:
                raise asked
            return Profile(email, verified, frozenset())

        return Users(session, identity, Journal(session, viewer_of(identity)), told, profile)

    return users


def test_registering_stores_what_search_needs(session, users, told):
    user = users(email="Straße@Example.org").register()
    assert user.search_text == "straße@example.org"
    assert user.role == "user"
    assert told.events == [UserRegistered(id=user.id, iss=ISSUER, sub="newcomer", email="Straße@Example.org")]


def test_registering_again_is_refused_before_the_provider_is_asked(make, users):
    away = errors.ProviderUnavailable("away")
    user = make.user()
    with pytest.raises(errors.Duplicate) as refused:
        users(user, asked=away).register()
    assert refused.value.members["existing"] == str(user.id)


def test_registering_what_another_request_has_just_registered_is_a_duplicate(make, users, told):
    user = make.user("newcomer")
    with pytest.raises(errors.Duplicate) as refused:
        users(sub="newcomer").register()
    assert refused.value.members["existing"] == str(user.id)
    assert told.events == []


@pytest.mark.parametrize(("verified", "allowed"), [(True, True), (None, True), (False, False)])
def test_registering_is_refused_only_to_addresses_known_to_be_unverified(users, verified, allowed):
    if allowed:
        assert users(verified=verified).register().id
    else:
        with pytest.raises(errors.Invalid, match="vouch"):
            users(verified=verified).register()


@pytest.mark.parametrize("verified", [False, None])
def test_an_update_needs_a_verified_address(make, users, verified):
    user = make.user(email="old@example.org")
    with pytest.raises(errors.Invalid, match="vouch"):
        users(user, verified=verified).update()
    assert user.email == "old@example.org"


def test_an_update_tells_both_addresses(make, users, told):
    user = make.user(email="old@example.org")
    users(user).update()
    assert (user.email, user.search_text) == ("new@example.org", "new@example.org")
    (event,) = told.events
    assert isinstance(event, UserUpdated)
    assert (event.old_email, event.email) == ("old@example.org", "new@example.org")


def test_the_own_account_of_a_stranger_is_not_found(users):
    with pytest.raises(errors.NotFound):
        users().me()


def test_a_removal_counts_and_tells_in_the_order_of_the_log(session, make, users, told):
    admin = make.user(role="admin")
    identifiers = [make.user(sub, email="shared@example.org").id for sub in ("ann", "bob")]
    assert users(admin).remove(email="shared@example.org", message="why") == 2
    entries = session.scalars(sa.select(LogEntry).order_by(LogEntry.id)).all()
    assert [entry.resource_id for entry in entries] == [str(one) for one in identifiers]
    assert [(event.id, event.entry_id) for event in told.events] == [
        (one, entry.id) for one, entry in zip(identifiers, entries, strict=True)
    ]
    assert all(isinstance(event, UserRemoved) and event.message == "why" for event in told.events)
    assert session.scalars(sa.select(User.id)).all() == [admin.id]


def test_a_removal_that_meets_the_caller_removes_nobody(session, make, users, told):
    admin = make.user(role="admin", email="shared@example.org")
    make.user(email="shared@example.org")
    with pytest.raises(errors.Invalid, match="nobody was removed"):
        users(admin).remove(email="shared@example.org")
    assert session.scalar(sa.select(sa.func.count()).select_from(User)) == 2
    assert told.events == []


@pytest.mark.parametrize("conditions", [{}, {"iss": ISSUER}])
def test_a_removal_needs_somebody_to_be_named(make, users, conditions):
    with pytest.raises(errors.Invalid):
        users(make.user(role="admin")).remove(**conditions)


def test_a_role_changes_once(session, make, users, told):
    admin, ann = make.user(role="admin"), make.user("ann")
    for _ in range(2):
        users(admin).set_role(sub="ann", iss=ISSUER, role="admin")
    assert ann.role == "admin"
    (event,) = told.events
    assert isinstance(event, UserRoleChanged)
    assert (event.from_role, event.to_role) == ("user", "admin")
    assert session.scalars(sa.select(LogEntry.id)).all() == [event.entry_id]


def test_the_own_role_is_refused_even_to_administrators_by_entitlement(make, users):
    user = make.user()
    with pytest.raises(errors.Invalid, match="your own role"):
        users(user).set_role(sub=user.sub, iss=user.iss, role="admin")


def test_the_role_of_nobody_is_not_found(make, users):
    make.user("ann", iss="https://other.example.org")
    with pytest.raises(errors.NotFound):
        users(make.user(role="admin")).set_role(sub="ann", iss=ISSUER, role="admin")


def test_lists_are_stable_whatever_they_are_sorted_by(make, users):
    for number in range(5):
        make.user(f"user-{number}", email="same@example.org")
    admin = make.user("admin", role="admin", email="same@example.org")
    keys = listing.parse_sort("-email", SORT)
    pages = [
        users(admin).search(keys, listing.PageRequest(page=page, per_page=2), BINDING) for page in (1, 2, 3)
    ]
    subs = [user.sub for page in pages for user in page.items]
    assert subs == ["admin", *(f"user-{number}" for number in range(5))]
    assert pages[0].total == 6


def test_who_has_lost_the_role_since_the_request_began_does_nothing_more(session, make, told):
    root, other = make.user(role="admin"), make.user()
    identity = Identity(root.iss, root.sub, root.id, admin=True, by_role=True)
    users = Users(session, identity, Journal(session, viewer_of(identity)), told, None)
    make.user(role="admin")
    root.role = "user"
    session.flush()
    one = {"sub": other.sub, "iss": other.iss}
    for act in (
        lambda: users.set_role(**one, role="admin"),
        lambda: users.disable(**one),
        lambda: users.enable(**one),
        lambda: users.remove(**one),
    ):
        with pytest.raises(errors.AdminRequired, match="no longer an administrator"):
            act()
    assert told.events == []
