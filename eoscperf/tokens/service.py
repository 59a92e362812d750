"""The rules about API tokens."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf import errors, listing
from eoscperf.db import utcnow
from eoscperf.errors import Issue
from eoscperf.events import Events
from eoscperf.review.journal import Journal
from eoscperf.security.identity import Identity
from eoscperf.security.scopes import ADMINISTRATIVE, SCOPES
from eoscperf.security.token_text import HINT, digest, new_token
from eoscperf.tokens.events import ApiTokenCreated, ApiTokenRevoked
from eoscperf.tokens.models import ApiToken
from eoscperf.users.models import User

MOST_DAYS = 365
DAYS = 90
"""How long a token is good for when nobody says."""

FORGOTTEN = datetime.timedelta(days=30)
"""How long an expired token stays in the list of its owner, who may wonder why a script fails."""

SORT = listing.SortFields(
    {
        "id": listing.column_field("id", ApiToken.id),
        "name": listing.column_field("name", ApiToken.name),
        "created_datetime": listing.column_field("created_datetime", ApiToken.created_datetime),
        "expires_datetime": listing.column_field("expires_datetime", ApiToken.expires_datetime),
    },
    default="-created_datetime",
)


class ApiTokens:
    """Makes, lists and revokes the tokens of accounts.

    `most` bounds the valid tokens of an account. `clock` tells the present.
    """

    def __init__(
        self,
        session: Session,
        identity: Identity | None,
        journal: Journal,
        events: Events,
        *,
        most: int,
        clock: Callable[[], datetime.datetime] = utcnow,
    ) -> None:
        self._session = session
        self._identity = identity
        self._journal = journal
        self._events = events
        self._most = most
        self._clock = clock

    @classmethod
    def for_request(cls, request: Any) -> ApiTokens:
        return cls(
            request.dbsession,
            request.identity,
            request.find_service(Journal),
            request.events,
            most=request.registry.settings["limits.api_tokens"],
        )

    def search(
        self,
        user_id: uuid.UUID | None,
        sort: Sequence[listing.SortKey],
        page: listing.PageRequest,
        binding: listing.CursorBinding,
    ) -> listing.Page[ApiToken]:
        """The tokens of an account, a page at a time, those included that have expired lately."""
        query = sa.select(ApiToken).where(ApiToken.user_id == user_id)
        count = sa.select(sa.func.count()).select_from(ApiToken).where(ApiToken.user_id == user_id)
        return listing.paginate(self._session, query, count, sort, page, bind=binding)

    def get(self, user_id: uuid.UUID | None, token_id: uuid.UUID, *, lock: bool = False) -> ApiToken:
        """One token of an account; NotFound for those of others."""
        query = sa.select(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == user_id)
        token = self._session.scalar(query.with_for_update() if lock else query)
        if token is None:
            raise errors.NotFound(f"No API token {token_id}.")
        return token

    def create(
        self, user_id: uuid.UUID, *, name: str, scopes: Iterable[str], days: int = DAYS
    ) -> tuple[ApiToken, str]:
        """A new token of an account and, for this once, its text.

        It can do no more than its maker may hand out: LoginRequired for somebody with an API token, Invalid
        for scopes beyond those of the maker or of the account.
        """
        if self._identity is None or self._identity.method == "api-token":
            raise errors.LoginRequired(
                "An API token cannot make API tokens: whoever finds one could keep others for a rainy day. "
                "Log in and use the token that you get there."
            )
        # Locked, so that two at a time are counted one after the other.
        user = self._session.get_one(User, user_id, with_for_update=True, populate_existing=True)
        wanted = tuple(scope for scope in SCOPES if scope in set(scopes))
        self._check_scopes(user, wanted)
        now = self._clock()
        self._make_room(user, now)
        text = new_token()
        token = ApiToken(
            user_id=user.id,
            name=name,
            digest=digest(text),
            hint=text[:HINT],
            scope=" ".join(wanted),
            created_datetime=now,
            expires_datetime=now + datetime.timedelta(days=days),
        )
        self._session.add(token)
        self._session.flush()
        entry = self._journal.record("token_create", "token", token.id, details=_details(token))
        self._events.emit(ApiTokenCreated(**_facts(token), entry_id=entry.id))
        return token, text

    def revoke(self, token: ApiToken) -> None:
        """Forget a token: nobody accepts it any more."""
        entry = self._journal.record("token_revoke", "token", token.id, details=_details(token))
        facts = _facts(token)
        self._session.delete(token)
        self._session.flush()
        self._events.emit(ApiTokenRevoked(**facts, entry_id=entry.id))

    def revoke_since(self, user_id: uuid.UUID, since: datetime.datetime) -> int:
        """Revoke the tokens that an account has made since then; how many they were."""
        query = sa.select(ApiToken).where(ApiToken.user_id == user_id, ApiToken.created_datetime >= since)
        found = self._session.scalars(query.order_by(ApiToken.id).with_for_update()).all()
        for token in found:
            self.revoke(token)
        return len(found)

    def _check_scopes(self, user: User, wanted: Sequence[str]) -> None:
        if not wanted:
            raise _refused("name at least one scope")
        assert self._identity is not None  # noqa: S101 - `create` has asked
        held = self._identity.scopes
        beyond = [] if held is None else [scope for scope in wanted if scope not in held]
        if beyond:
            raise _refused(f"your own token is not good for {', '.join(beyond)}")
        high = [scope for scope in wanted if scope in ADMINISTRATIVE]
        if high and user.role != "admin":
            # Nobody can be asked for entitlements in the name of somebody who is not there.
            raise _refused(
                f"{', '.join(high)}: only for accounts that have the role of administrator themselves"
            )
        if user.role == "reader" and "upload" in wanted:
            raise _refused("upload: the account may only read")

    def _make_room(self, user: User, now: datetime.datetime) -> None:
        mine = ApiToken.user_id == user.id
        self._session.execute(
            sa.delete(ApiToken).where(mine, ApiToken.expires_datetime < now - FORGOTTEN),
            execution_options={"synchronize_session": False},
        )
        valid = sa.select(sa.func.count()).where(mine, ApiToken.expires_datetime > now)
        if (self._session.scalar(valid) or 0) >= self._most:
            raise errors.Conflict(
                f"The account has {self._most} valid API tokens, and may not have more. Revoke one first."
            )


def _refused(sentence: str) -> errors.Invalid:
    return errors.Invalid([Issue(sentence, "body", "scopes", "/scopes")], detail=f"The scopes: {sentence}.")


def _details(token: ApiToken) -> dict[str, Any]:
    """What the log keeps: no name, which is nobody else's business."""
    return {
        "user_id": str(token.user_id),
        "hint": token.hint,
        "scopes": list(token.scopes),
        "expires_datetime": token.expires_datetime.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _facts(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "user_id": token.user_id,
        "name": token.name,
        "hint": token.hint,
        "scopes": token.scopes,
        "expires_datetime": token.expires_datetime,
    }
