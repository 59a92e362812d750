"""The truth table of scopes: what tokens that are limited to some of them may do, and see."""

import itertools
import uuid

import pytest
from pyramid.authorization import Allow
from pyramid.request import Request

from eoscperf import errors
from eoscperf.extend.configurator import PlatformConfigurator
from eoscperf.extend.resources import Item, Root
from eoscperf.rest.problems import challenge
from eoscperf.rest.service import Operation
from eoscperf.security.identity import ANONYMOUS, Identity, Viewer, request_viewer, viewer_of
from eoscperf.security.permissions import Permission, permissions
from eoscperf.security.policy import permission_problem, scope_problem
from eoscperf.security.scopes import SCOPES, default_scopes, granted

ANN, ROOT = uuid.uuid4(), uuid.uuid4()

SUBSETS = [
    frozenset(some) for number in range(len(SCOPES) + 1) for some in itertools.combinations(SCOPES, number)
]

NEEDED = {"read": "user", "upload": "user", "moderate": "admin", "admin": "admin"}
"""A level that permissions of each scope have."""


def ann(scopes, **facts):
    return Identity("iss", "ann", ANN, scopes=scopes, **facts)


def root(scopes):
    return Identity("iss", "root", ROOT, admin=True, scopes=scopes)


class Owned(Item):
    def find(self, lock):
        return "a thing of Ann's"

    def represent(self):
        return {}

    def __acl__(self):
        return [(Allow, f"user:{ANN}", ["thing:tag", "thing:mend"])]


@pytest.fixture(scope="module")
def registry():
    config = PlatformConfigurator(settings={})
    config.include("eoscperf.extend.resources")
    config.include("eoscperf.security.permissions")
    config.include("eoscperf.security.policy")
    for scope, level in NEEDED.items():
        config.add_permission(f"thing:{scope}", f"what {scope} is for", default=level, scope=scope)
    config.add_permission("thing:see", "see it", default="public")
    config.add_permission("thing:tag", "tag it", default="owner", scope="upload")
    config.add_permission("thing:mend", "mend it", default="owner", scope=("upload", "moderate"))
    config.add_authenticator("test", lambda request: request.environ.get("caller"))
    config.commit()
    return config.registry


def request_of(registry, identity, permission=None):
    request = Request.blank("/")
    request.registry = registry
    request.environ["caller"] = identity
    if permission is not None:
        request.operation = Operation("Do", permission)
    return request


@pytest.mark.parametrize("held", SUBSETS, ids=lambda held: " ".join(sorted(held)) or "none")
@pytest.mark.parametrize("needed", SCOPES)
def test_a_token_is_good_for_what_its_scopes_name_and_nothing_else(registry, held, needed):
    request = request_of(registry, root(held))
    assert bool(request.has_permission(f"thing:{needed}", Root(request))) is (needed in held)


@pytest.mark.parametrize("held", SUBSETS, ids=lambda held: " ".join(sorted(held)) or "none")
@pytest.mark.parametrize("needed", SCOPES)
def test_scopes_give_nothing_that_the_account_has_not(registry, held, needed):
    request = request_of(registry, ann(held))
    may = needed in held and NEEDED[needed] == "user"
    assert bool(request.has_permission(f"thing:{needed}", Root(request))) is may


@pytest.mark.parametrize("held", SUBSETS, ids=lambda held: " ".join(sorted(held)) or "none")
def test_an_administrator_is_one_only_with_a_scope_for_it(held):
    limited = root(held)
    powerful = bool(held & {"moderate", "admin"})
    assert bool(limited.administers) is powerful
    assert ("role:admin" in limited.principals) is powerful
    assert viewer_of(limited) == Viewer(ROOT, powerful)


def test_a_token_without_limits_is_good_for_all_that_the_account_may_do(registry):
    request = request_of(registry, root(None))
    assert all(request.has_permission(f"thing:{scope}", Root(request)) for scope in SCOPES)
    assert root(None).administers
    assert Identity("iss", "x", ANN, admin=None).administers is None


@pytest.mark.parametrize(
    ("identity", "tag", "mend"),
    [
        (ann(frozenset({"upload"})), True, True),
        (ann(frozenset({"read"})), False, False),
        (root(frozenset({"upload"})), False, False),
        (root(frozenset({"upload", "moderate"})), True, True),
        (root(frozenset({"moderate"})), False, True),
        (root(frozenset({"upload", "admin"})), True, True),
    ],
)
def test_objects_ask_for_the_scope_too(registry, identity, tag, mend):
    request = request_of(registry, identity)
    thing = Owned(request, "x", Root(request), uuid.uuid4())
    thing.load()
    assert bool(request.has_permission("thing:tag", thing)) is tag
    assert bool(request.has_permission("thing:mend", thing)) is mend


def test_the_scope_is_asked_for_before_the_object_is_looked_up(registry):
    request = request_of(registry, ann(frozenset({"read"})))
    thing = Owned(request, "x", Root(request), uuid.uuid4())
    assert not request.has_permission("thing:tag", thing)
    assert not thing.loaded


def test_a_refusal_names_the_scope_as_the_standard_says():
    problem = permission_problem(
        Permission("thing:do", "do it", "user", ("upload", "moderate")), ann(frozenset({"read"})), None
    )
    assert isinstance(problem, errors.InsufficientScope)
    assert problem.members == {"scope": "upload"}
    assert challenge(problem) == (
        'Bearer realm="eoscperf", error="insufficient_scope", error_description="The token lacks the scope '
        'upload or moderate; its scopes: read.", scope="upload"'
    )


def test_whoever_has_no_scope_is_told_so_before_anything_else():
    stranger = Identity("iss", "new", scopes=frozenset())
    problem = permission_problem(Permission("thing:do", "do it", "admin"), stranger, None)
    assert isinstance(problem, errors.InsufficientScope)
    assert problem.detail == "The token lacks the scope admin; its scopes: none."


@pytest.mark.parametrize(
    ("scopes", "viewer"),
    [
        (None, Viewer(ROOT, True)),
        ({"read"}, Viewer(ROOT, False)),
        ({"read", "moderate"}, Viewer(ROOT, True)),
        ({"upload"}, ANONYMOUS),
        ({"moderate", "admin"}, ANONYMOUS),
        (set(), ANONYMOUS),
    ],
)
def test_what_is_public_is_seen_as_anybody_sees_it_without_the_scope_read(registry, scopes, viewer):
    identity = root(None if scopes is None else frozenset(scopes))
    assert request_viewer(request_of(registry, identity, "thing:see")) == viewer
    assert request_viewer(request_of(registry, identity)) == viewer
    assert request_viewer(request_of(registry, None, "thing:see")) == ANONYMOUS


def test_what_is_not_public_is_done_in_the_name_of_the_holder(registry):
    identity = ann(frozenset({"upload"}))
    assert request_viewer(request_of(registry, identity, "thing:upload")) == Viewer(ANN)


def test_readers_keep_what_is_for_reading_and_their_own_account():
    reader = ann(None, reader=True)
    reading = Permission("thing:list_own", "list them", "user")
    account = Permission("self:change", "change it", "user", account=True)
    assert permission_problem(reading, reader, None) is None
    assert permission_problem(account, reader, None) is None
    problem = permission_problem(Permission("thing:create", "make one", "user"), reader, None)
    assert isinstance(problem, errors.SubmitterRequired)


def test_a_reader_who_may_be_an_administrator_is_refused_for_the_time_being():
    perhaps = Identity("iss", "away", ANN, admin=None, reader=True)
    problem = permission_problem(Permission("thing:create", "make one", "user"), perhaps, None)
    assert isinstance(problem, errors.ProviderUnavailable)


def test_of_what_is_for_readers_it_is_not_asked_who_they_are(registry):
    assert scope_problem(Permission("thing:see", "see", "public"), ann(None, reader=True)) is None


@pytest.mark.parametrize(
    ("level", "verb", "scopes"),
    [
        ("public", "list", ("read",)),
        ("public", "anything", ("read",)),
        ("token", "view", ("read",)),
        ("user", "list_own", ("read",)),
        ("user", "create", ("upload",)),
        ("owner", "read", ("read",)),
        ("owner", "withdraw", ("upload",)),
        ("admin", "list", ("admin",)),
        ("admin", "anything", ("admin",)),
    ],
)
def test_a_permission_that_names_no_scope_has_one_by_level_and_verb(level, verb, scopes):
    assert default_scopes(level, verb) == scopes
    assert Permission(f"thing:{verb}", "do it", level).scopes == scopes


@pytest.mark.parametrize("scope", ["write", "", ("read", "write"), ()])
def test_a_scope_that_does_not_exist_is_refused(registry, scope):
    config = PlatformConfigurator(settings={})
    config.include("eoscperf.security.permissions")
    with pytest.raises(ValueError, match=r"permission thing:do: .*read, upload, moderate, admin"):
        config.add_permission("thing:do", "do it", scope=scope)


@pytest.mark.parametrize(
    ("told", "of_ours", "of_others"),
    [
        (None, set(), None),
        ([], set(), None),
        (["openid", "email"], set(), None),
        (["openid", "upload", "read"], {"upload", "read"}, None),
        (["openid", "eoscperf:upload"], set(), {"upload"}),
        (["eoscperf:upload", "eoscperf:read", "admin"], {"admin"}, {"upload", "read"}),
        (["eoscperf:everything"], set(), set()),
    ],
)
def test_issuers_limit_their_tokens_in_their_own_way(told, of_ours, of_others):
    assert granted(told, scoped=True) == of_ours
    assert granted(told, scoped=False) == of_others


def test_every_permission_has_scopes_that_exist(registry):
    for permission in permissions(registry).values():
        assert permission.scopes
        assert set(permission.scopes) <= set(SCOPES)
