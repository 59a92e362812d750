"""Clients of the provider: those built in, those that people register, and how they prove who they are."""

from __future__ import annotations

import datetime
import secrets
import string
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from authlib.oauth2.rfc6749 import ClientMixin
from sqlalchemy import orm

from eoscperf import errors, jsontext
from eoscperf.db import utcnow
from eoscperf.errors import Issue
from eoscperf.plugins.accounts.people.digests import digest
from eoscperf.plugins.accounts.people.models import Vouched
from eoscperf.plugins.accounts.provider.models import Authorization, Grant, OAuthClient
from eoscperf.plugins.accounts.provider.redirects import is_claimed, is_registered, redirect_fault
from eoscperf.plugins.accounts.provider.scopes import FOR_CLIENTS_THEMSELVES, SCOPES, ordered

CLI, WEB = "eoscperf-cli", "eoscperf-web"

CODE, REFRESH, CREDENTIALS = "authorization_code", "refresh_token", "client_credentials"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"

SECRET_PREFIX = "eoscs_"  # noqa: S105  what secrets begin with
MOST_URIS = 20

_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Client(ClientMixin):
    """A client as the protocol sees it."""

    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    scope: str
    secret_digest: str | None = None
    built_in: bool = False
    trusted: bool = False
    """nobody is asked whether it may: it is the platform itself"""
    owner_id: uuid.UUID | None = None
    owner_name: str = ""

    @property
    def public(self) -> bool:
        return self.secret_digest is None

    @property
    def client_metadata(self) -> Mapping[str, Any]:
        return {"post_logout_redirect_uris": list(self.post_logout_redirect_uris)}

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """None: every request says where it wants to go back to."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The scopes asked for; None if one is not allowed. Who asks for none may read."""
        wanted = scope.split() if scope else ["read"]
        return ordered(wanted) if wanted and set(wanted) <= set(self.scope.split()) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        # Nobody is asked whether a trusted client may, so that not even the port is left open.
        return is_registered(redirect_uri, self.redirect_uris, public=self.public and not self.trusted)

    def check_client_secret(self, client_secret: str) -> bool:
        if self.secret_digest is None:
            return False
        return secrets.compare_digest(digest(client_secret), self.secret_digest)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return (method == "none") == self.public

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and bool(self.redirect_uris)

    def check_grant_type(self, grant_type: str) -> bool:
        if grant_type == CREDENTIALS:
            return not self.public
        return grant_type in (CODE, REFRESH, DEVICE, EXCHANGE)

    def may_remember(self, redirect_uri: str) -> bool:
        """Whether a consent given before counts: not where any program could pass for this client."""
        return not self.public or is_claimed(redirect_uri)


def built_in(issuer: str) -> dict[str, Client]:
    """The clients that every installation has; `issuer` is the address of the provider."""
    origin = issuer.removesuffix("/accounts")
    return {
        CLI: Client(
            CLI,
            "eoscperf command",
            ("http://127.0.0.1/callback", "http://[::1]/callback", "http://localhost/callback"),
            (),
            ordered(SCOPES),
            built_in=True,
        ),
        WEB: Client(
            WEB,
            "eoscperf",
            (f"{origin}/login/callback",),
            (f"{origin}/",),
            ordered(SCOPES),
            built_in=True,
            trusted=True,
        ),
    }


class OAuthClients:
    """Registering clients and looking them up. `most` bounds how many one person may have."""

    def __init__(
        self,
        session: orm.Session,
        issuer: str,
        *,
        most: int,
        now: Callable[[], datetime.datetime] = utcnow,
    ) -> None:
        self._session = session
        self._built_in = built_in(issuer)
        self._most = most
        self._now = now

    @classmethod
    def for_request(cls, request: Any) -> OAuthClients:
        settings = request.registry.settings
        return cls(
            request.dbsession,
            settings["accounts.url"],
            most=settings["accounts.clients"],
            now=request.registry.get("accounts.clock", utcnow),
        )

    def find(self, client_id: str | None) -> Client | None:
        """A client as the protocol sees it; None when there is none, or its owner may not log in."""
        if client_id in self._built_in:
            return self._built_in[client_id]
        identifier = _identifier(client_id)
        if identifier is None:
            return None
        query = (
            sa.select(OAuthClient)
            .where(OAuthClient.id == identifier)
            .options(orm.joinedload(OAuthClient.owner))
        )
        row = self._session.scalar(query.where(~_is_gone(OAuthClient.owner_id)))
        return None if row is None or row.owner.disabled else as_client(row)

    def names(self, client_ids: Sequence[str]) -> dict[str, str]:
        """The names of clients by id; those that are gone are missing."""
        wanted = [one for one in map(_identifier, client_ids) if one is not None]
        query = sa.select(OAuthClient.id, OAuthClient.name).where(OAuthClient.id.in_(wanted))
        found = {str(identifier): name for identifier, name in self._session.execute(query)}
        return {key: client.name for key, client in self._built_in.items()} | found

    def listed(self, owner_id: uuid.UUID | None) -> list[OAuthClient]:
        """The clients of one person, or of everybody, by name."""
        query = sa.select(OAuthClient).order_by(OAuthClient.name, OAuthClient.id)
        if owner_id is not None:
            query = query.where(OAuthClient.owner_id == owner_id)
        return list(self._session.scalars(query))

    def get(
        self, client_id: uuid.UUID, *, owner_id: uuid.UUID | None = None, lock: bool = False
    ) -> OAuthClient:
        """A registered client, of that person if given; NotFound."""
        query = sa.select(OAuthClient).where(OAuthClient.id == client_id)
        if owner_id is not None:
            query = query.where(OAuthClient.owner_id == owner_id)
        found = self._session.scalar(query.with_for_update() if lock else query)
        if found is None:
            raise errors.NotFound(f"There is no OAuth client {client_id}.")
        return found

    def register(
        self,
        owner_id: uuid.UUID,
        *,
        name: str,
        redirect_uris: Sequence[str] = (),
        post_logout_redirect_uris: Sequence[str] = (),
        scopes: Sequence[str] = ("openid", "email", "read"),
        description: str = "",
        confidential: bool = True,
    ) -> tuple[OAuthClient, str | None]:
        """A new client and its secret, which is not kept; Conflict when there are too many of one person."""
        # One after another for each person, so that nobody gets more by asking for several at a time.
        from eoscperf.plugins.accounts.models import LocalIdentity

        self._session.execute(
            sa.select(LocalIdentity.id).where(LocalIdentity.id == owner_id).with_for_update()
        )
        count = sa.select(sa.func.count()).select_from(OAuthClient).where(OAuthClient.owner_id == owner_id)
        if (self._session.scalar(count) or 0) >= self._most:
            raise errors.Conflict(
                f"You have {self._most} OAuth clients, as many as one may have. Delete one first."
            )
        client = OAuthClient(
            id=uuid.uuid4(), owner_id=owner_id, secret_digest=None, secret_datetime=None,
            created_datetime=self._now(),
        )  # fmt: skip
        secret = self._new_secret(client) if confidential else None
        self._change(
            client,
            name=name,
            description=description,
            redirect_uris=redirect_uris,
            post_logout_redirect_uris=post_logout_redirect_uris,
            scopes=scopes,
        )
        self._session.add(client)
        self._session.flush()
        return client, secret

    def edit(self, client: OAuthClient, **changes: Any) -> None:
        """Change what is given. What was granted already goes on, but for scopes taken away."""
        self._change(client, **changes)
        self._session.flush()

    def rotate_secret(self, client: OAuthClient) -> str:
        """A new secret in place of the old one; WrongState for a public client."""
        if client.secret_digest is None:
            raise errors.WrongState("A public client has no secret.")
        secret = self._new_secret(client)
        self._session.flush()
        return secret

    def delete(self, client: OAuthClient) -> None:
        """Remove a client with everything that was given out to it."""
        client_id = str(client.id)
        for table in (Authorization, Grant):
            self._session.execute(sa.delete(table).where(table.client_id == client_id))
        self._session.delete(client)
        self._session.flush()

    def distrust(self, owner_id: uuid.UUID, since: datetime.datetime) -> None:
        """Nobody goes on as a client that somebody has registered, or has a secret of, since then."""
        query = sa.select(OAuthClient).where(OAuthClient.owner_id == owner_id).with_for_update()
        for client in self._session.scalars(query).all():
            if client.created_datetime >= since:
                self.delete(client)
            elif client.secret_datetime is not None and client.secret_datetime >= since:
                # The owner makes another one; the one from before is not known any more.
                self._new_secret(client)
        self._session.flush()

    def _new_secret(self, client: OAuthClient) -> str:
        secret = SECRET_PREFIX + "".join(secrets.choice(_LETTERS) for _ in range(43))
        client.secret_digest, client.secret_datetime = digest(secret), self._now()
        return secret

    def _change(
        self,
        client: OAuthClient,
        *,
        name: str | None = None,
        description: str | None = None,
        redirect_uris: Sequence[str] | None = None,
        post_logout_redirect_uris: Sequence[str] | None = None,
        scopes: Sequence[str] | None = None,
    ) -> None:
        public = client.secret_digest is None
        issues = [
            *_uri_issues("redirect_uris", redirect_uris or (), public=public),
            *_uri_issues("post_logout_redirect_uris", post_logout_redirect_uris or (), public=public),
            *_scope_issues(scopes, public=public),
        ]
        if issues:
            raise errors.Invalid(issues)
        if name is not None:
            client.name = name
        if description is not None:
            client.description = description
        if redirect_uris is not None:
            client.redirect_uris_text = jsontext.dumps(list(dict.fromkeys(redirect_uris)))
        if post_logout_redirect_uris is not None:
            unique = list(dict.fromkeys(post_logout_redirect_uris))
            client.post_logout_redirect_uris_text = jsontext.dumps(unique)
        if scopes is not None:
            client.scope = ordered(scopes)


def as_client(row: OAuthClient) -> Client:
    """A stored client, with its owner loaded, as the protocol sees it."""
    return Client(
        str(row.id),
        row.name,
        tuple(row.redirect_uris),
        tuple(row.post_logout_redirect_uris),
        row.scope,
        secret_digest=row.secret_digest,
        owner_id=row.owner_id,
        owner_name=row.owner.name or row.owner.email,
    )


def for_itself(client: Client, scope: str | None) -> str | None:
    """What a client gets that acts for itself; None if it may not have what it asks for."""
    held = [name for name in client.scope.split() if name in FOR_CLIENTS_THEMSELVES]
    wanted = scope.split() if scope else held
    return ordered(wanted) if wanted and set(wanted) <= set(held) else None


def _is_gone(owner_id: Any) -> sa.ColumnElement[bool]:
    """Whether the directory does not let the owner in any more."""
    return sa.exists().where(Vouched.identity_id == owner_id, Vouched.left_datetime.is_not(None))


def _identifier(client_id: str | None) -> uuid.UUID | None:
    """The UUID of a registered client, in its one spelling."""
    try:
        identifier = uuid.UUID(client_id or "")
    except ValueError:
        return None
    return identifier if str(identifier) == client_id else None


def _uri_issues(field: str, uris: Sequence[str], *, public: bool) -> list[Issue]:
    if len(uris) > MOST_URIS:
        return [Issue(f"may hold at most {MOST_URIS} addresses", name=field)]
    return [
        Issue(f"{uri!r} {fault}" if len(uri) < 200 else fault, name=field)
        for uri in uris
        if (fault := redirect_fault(uri, public=public)) is not None
    ]


def _scope_issues(scopes: Sequence[str] | None, *, public: bool) -> list[Issue]:
    if scopes is None:
        return []
    if not scopes:
        return [Issue("must name at least one scope", name="scopes")]
    return [
        Issue(f"{scope!r} is no scope; there are {', '.join(SCOPES)}", name="scopes")
        for scope in scopes
        if scope not in SCOPES
    ]
