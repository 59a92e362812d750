"""The security policy: authenticators find the identity, scopes, levels and ACLs decide.

Deciding has two stages. Before an object is looked up only the permission counts, its scopes and its
level, so that who may not use an operation learns nothing about ids. Once the context is loaded its ACL
decides as well (owner or not, in which state).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.authorization import ACLHelper, Authenticated, Everyone
from pyramid.request import RequestLocalCache
from pyramid.security import Allowed, Denied

from eoscperf import errors
from eoscperf.extend.claims import claim
from eoscperf.security.identity import Identity, request_viewer
from eoscperf.security.permissions import Permission, permission_of

Authenticator = Callable[[Any], Identity | None]
"""`authenticator(request)`: the identity, None when it finds nothing of its kind; raises
`errors.InvalidToken`, `errors.InsufficientScope` or `errors.ProviderUnavailable`."""

_AUTHENTICATORS = "eoscperf.authenticators"

_UNKNOWN_ENTITLEMENTS = "Your identity provider cannot be asked for your entitlements now."


class SecurityPolicy:
    """Asks the registered authenticators in order; the first that finds an identity wins."""

    def __init__(self) -> None:
        self._acl = ACLHelper()
        self._found = RequestLocalCache(self._authenticate)

    def identity(self, request: Any) -> Identity | None:
        identity, _ = self._found.get_or_create(request)
        return identity

    def failure(self, request: Any) -> errors.DomainError | None:
        """Why the credentials that were sent could not be accepted, if so."""
        _, failure = self._found.get_or_create(request)
        return failure

    def authenticated_userid(self, request: Any) -> str | None:
        identity = self.identity(request)
        return identity.key if identity else None

    def permits(self, request: Any, context: Any, permission: str) -> Allowed | Denied:
        identity = self.identity(request)
        declared = permission_of(request.registry, permission)
        problem = permission_problem(declared, identity, self.failure(request))
        if problem is not None:
            return Denied(problem.detail)
        if not getattr(context, "loaded", True):
            return Allowed("%s is held; the object decides once it is loaded", permission)
        principals = [Everyone, *([Authenticated, *identity.principals] if identity else [])]
        return self._acl.permits(context, principals, permission)

    def refusal(self, request: Any, context: Any, permission: str) -> errors.DomainError:
        """Why a loaded object does not admit a caller who has reached the level."""
        identity = self.identity(request)
        principals = [Everyone, *([Authenticated, *identity.principals] if identity else []), "role:admin"]
        if not self._acl.permits(context, principals, permission):
            return errors.OwnerRequired("Only the uploader may do this.")
        if identity is not None and identity.administers is None:
            return errors.ProviderUnavailable(_UNKNOWN_ENTITLEMENTS)
        return errors.OwnerRequired("Only the uploader or an administrator may do this.")

    def remember(self, request: Any, userid: str, **kw: Any) -> list[tuple[str, str]]:
        return []

    def forget(self, request: Any, **kw: Any) -> list[tuple[str, str]]:
        return []

    def _authenticate(self, request: Any) -> tuple[Identity | None, errors.DomainError | None]:
        failure: errors.DomainError | None = None
        for _, authenticator in request.registry[_AUTHENTICATORS]:
            try:
                identity = authenticator(request)
            except (errors.InvalidToken, errors.InsufficientScope, errors.ProviderUnavailable) as problem:
                failure = failure or problem
                continue
            if identity is not None:
                return identity, None
        return None, failure


def permission_problem(
    permission: Permission | None, identity: Identity | None, failure: errors.DomainError | None
) -> errors.DomainError | None:
    """Why an identity does not hold a permission, whatever the object; None when it does."""
    if permission is None:
        return errors.AdminRequired("Nobody may do this: the permission is not declared.")
    if permission.level == "public":
        return None
    if identity is None:
        if failure is not None:
            return failure
        return errors.Unauthenticated("Send a bearer token: Authorization: Bearer <token>")
    return (
        scope_problem(permission, identity)
        or _level_problem(permission.level, identity)
        or _role_problem(permission, identity)
    )


def scope_problem(permission: Permission, identity: Identity) -> errors.InsufficientScope | None:
    """What the token of the caller lacks for a permission; None when it may be used for it."""
    if identity.may_use(permission.scopes):
        return None
    held = ", ".join(sorted(identity.scopes or ())) or "none"
    return errors.InsufficientScope(
        f"The token lacks the scope {' or '.join(permission.scopes)}; its scopes: {held}.",
        scope=permission.scopes[0],
    )


def _level_problem(level: str, identity: Identity) -> errors.DomainError | None:
    if level == "token":
        return None
    if not identity.registered:
        return errors.NotRegistered("Register first: POST /users:register")
    if level != "admin" or identity.administers:
        return None
    if identity.administers is None:
        return errors.ProviderUnavailable(_UNKNOWN_ENTITLEMENTS)
    return errors.AdminRequired("Only administrators may do this.")


def _role_problem(permission: Permission, identity: Identity) -> errors.DomainError | None:
    """What an account may not do that may only read."""
    if not identity.reader or permission.for_readers or identity.administers:
        return None
    if identity.administers is None:
        return errors.ProviderUnavailable(_UNKNOWN_ENTITLEMENTS)
    return errors.SubmitterRequired(
        "Your account may only read. Ask an administrator to make it one that may contribute."
    )


def add_authenticator(config: Any, name: str, authenticator: Authenticator, *, order: int = 100) -> None:
    """Directive: one more way to find out who is asking; lower orders are asked first."""
    authenticator = config.maybe_dotted(authenticator)

    def register() -> None:
        found = config.registry[_AUTHENTICATORS]
        found.append(((order, name), authenticator))
        found.sort(key=lambda entry: entry[0])

    claim(config, "authenticator", name, register, authenticator)


def includeme(config: Any) -> None:
    config.registry.setdefault(_AUTHENTICATORS, [])
    config.add_directive("add_authenticator", add_authenticator)
    policy = SecurityPolicy()
    config.registry["eoscperf.policy"] = policy
    config.set_security_policy(policy)
    # Granted to nobody: a view that forgot to say who may use it is closed.
    config.set_default_permission("site:undeclared")
    config.add_request_method(request_viewer, "viewer", reify=True)
