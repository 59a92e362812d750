"""The truth table of levels and access control lists: who may do what, in which state of knowledge."""

import uuid

import pytest
from pyramid.authorization import Allow, Deny
from pyramid.request import Request

from eoscperf import errors
from eoscperf.extend.configurator import PlatformConfigurator
from eoscperf.extend.resources import Item, Root
from eoscperf.security.identity import Identity, viewer_of
from eoscperf.security.permissions import PUBLIC, Permission
from eoscperf.security.policy import permission_problem

ANN, BOB = uuid.uuid4(), uuid.uuid4()

CALLERS = {
    "nobody": None,
    "stranger": Identity("iss", "stranger"),
    "ann": Identity("iss", "ann", ANN),
    "bob": Identity("iss", "bob", BOB),
    "admin": Identity("iss", "root", uuid.uuid4(), admin=True),
    "perhaps admin": Identity("iss", "away", uuid.uuid4(), admin=None),
    "unregistered admin": Identity("iss", "new", None, admin=True),
    "reader": Identity("iss", "reader", uuid.uuid4(), reader=True),
    "reading admin": Identity("iss", "chief", uuid.uuid4(), admin=True, reader=True),
}

ADMINS = {"admin", "reading admin"}

LEVELS = {
    "public": set(CALLERS),
    "token": set(CALLERS) - {"nobody"},
    "user": {"ann", "bob", "perhaps admin"} | ADMINS,
    "owner": {"ann", "bob", "perhaps admin"} | ADMINS,
    "admin": ADMINS,
}


class AnnsThing(Item):
    """Loaded from the start; Ann owns it, and even administrators may not sign it for her."""

    def find(self, lock):
        return "the thing"

    def represent(self):
        return {}

    def __acl__(self):
        return [
            (Allow, f"user:{ANN}", ("thing:owner", "thing:sign")),
            (Deny, "role:admin", "thing:sign"),
        ]


@pytest.fixture(scope="module")
def registry():
    config = PlatformConfigurator(settings={})
    config.include("eoscperf.extend.resources")
    config.include("eoscperf.security.permissions")
    config.include("eoscperf.security.policy")
    for level in LEVELS:
        config.add_permission(f"thing:{level}", f"do what {level} may", default=level)
    config.add_permission("thing:sign", "sign it", default="owner")
    config.add_authenticator("broken", refuse, order=1)
    config.add_authenticator("test", lambda request: request.environ.get("caller"), order=2)
    config.commit()
    return config.registry


def refuse(request):
    """An authenticator that objects to what it is shown."""
    if "objection" in request.environ:
        raise request.environ["objection"]


def request_of(registry, caller, objection=None):
    request = Request.blank("/")
    request.registry = registry
    if caller:
        request.environ["caller"] = caller
    if objection:
        request.environ["objection"] = objection
    return request


def thing(request, *, loaded=True):
    item = AnnsThing(request, "x", Root(request), uuid.uuid4())
    if loaded:
        item.load()
    return item


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("level", LEVELS)
def test_before_an_object_is_looked_up_the_level_decides(registry, level, caller):
    request = request_of(registry, CALLERS[caller])
    allowed = request.has_permission(f"thing:{level}", thing(request, loaded=False))
    assert bool(allowed) is (caller in LEVELS[level])


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(
    ("permission", "who"),
    [
        ("thing:owner", {"ann"} | ADMINS),
        ("thing:sign", {"ann"}),
        ("thing:user", LEVELS["user"]),
        ("thing:admin", ADMINS),
    ],
)
def test_once_it_is_loaded_the_object_decides_too(registry, permission, who, caller):
    request = request_of(registry, CALLERS[caller])
    assert bool(request.has_permission(permission, thing(request))) is (caller in who)


@pytest.mark.parametrize(
    ("permission", "who"),
    [("thing:owner", "Only the uploader or an administrator"), ("thing:sign", "Only the uploader")],
)
def test_a_refusal_names_everybody_who_may(registry, permission, who):
    request = request_of(registry, CALLERS["bob"])
    problem = registry["eoscperf.policy"].refusal(request, thing(request), permission)
    assert isinstance(problem, errors.OwnerRequired)
    assert problem.detail == f"{who} may do this."


@pytest.mark.parametrize("caller", CALLERS)
def test_what_nobody_declared_is_closed_to_everybody(registry, caller):
    request = request_of(registry, CALLERS[caller])
    for context in (thing(request), thing(request, loaded=False), Root(request)):
        assert not request.has_permission("thing:forgotten", context)
        assert not request.has_permission("site:undeclared", context)


@pytest.mark.parametrize(
    ("level", "caller", "problem"),
    [
        ("public", "nobody", None),
        ("token", "nobody", errors.Unauthenticated),
        ("admin", "nobody", errors.Unauthenticated),
        ("user", "stranger", errors.NotRegistered),
        ("user", "reader", errors.SubmitterRequired),
        ("owner", "reader", errors.SubmitterRequired),
        ("admin", "reader", errors.AdminRequired),
        ("admin", "stranger", errors.NotRegistered),
        ("admin", "ann", errors.AdminRequired),
        ("admin", "perhaps admin", errors.ProviderUnavailable),
        ("admin", "admin", None),
        (None, "admin", errors.AdminRequired),
    ],
)
def test_the_problem_says_which_step_is_missing(level, caller, problem):
    permission = Permission(f"thing:{level}", "do it", level) if level else None
    found = permission_problem(permission, CALLERS[caller], None)
    assert found is None if problem is None else type(found) is problem


@pytest.mark.parametrize("failure", [errors.InvalidToken("no"), errors.ProviderUnavailable("away")])
def test_a_token_that_was_not_accepted_is_the_problem_unless_everybody_may(failure):
    assert permission_problem(Permission("thing:token", "do it", "token"), None, failure) is failure
    assert permission_problem(PUBLIC, None, failure) is None


def test_authenticators_are_asked_in_order_and_a_later_one_may_still_know_the_caller(registry):
    request = request_of(registry, CALLERS["ann"], errors.InvalidToken("no"))
    assert request.identity is CALLERS["ann"]
    assert registry["eoscperf.policy"].failure(request) is None


def test_without_an_identity_the_first_objection_is_kept(registry):
    objection = errors.InvalidToken("no")
    request = request_of(registry, None, objection)
    assert request.identity is None
    assert registry["eoscperf.policy"].failure(request) is objection
    assert request.authenticated_userid is None


def test_the_caller_is_asked_for_once(registry):
    request = request_of(registry, CALLERS["ann"])
    assert request.identity is CALLERS["ann"]
    request.environ["caller"] = CALLERS["bob"]
    assert request.identity is CALLERS["ann"]
    assert request.authenticated_userid == "iss\nann"


def test_a_viewer_sees_uploaders_of_own_things_and_administrators_see_all():
    ann, admin, nobody = (viewer_of(CALLERS[name]) for name in ("ann", "admin", "nobody"))
    assert (ann.owns(ANN), ann.owns(BOB), ann.owns(None)) == (True, False, False)
    assert (ann.sees_uploader(BOB), admin.sees_uploader(BOB)) == (False, True)
    assert not nobody.owns(None)
    assert not viewer_of(CALLERS["perhaps admin"]).admin
