"""API tokens in the Authorization header: whose they are, and whether they still count.

Each is looked up with every request, so that a token which is revoked is so at once, in every process.
"""

from __future__ import annotations

import hmac
from typing import Any

import sqlalchemy as sa

from eoscperf import errors
from eoscperf.db import reading, utcnow
from eoscperf.security.addresses import client_address
from eoscperf.security.identity import Identity
from eoscperf.security.token_text import digest, is_api_token, is_well_formed
from eoscperf.tokens.models import ApiToken
from eoscperf.tokens.uses import USES, TokenUses, network_of
from eoscperf.users.authentication import refuse_disabled, sent_token
from eoscperf.users.models import User

_KNOWN = (
    sa.select(
        ApiToken.id,
        ApiToken.digest,
        ApiToken.scope,
        ApiToken.expires_datetime,
        ApiToken.last_used_datetime,
        User.id.label("user_id"),
        User.iss,
        User.sub,
        User.role,
        User.disabled_datetime,
    )
    .join(User, User.id == ApiToken.user_id)
    .where(ApiToken.digest == sa.bindparam("digest"))
)


def api_token_identity(request: Any) -> Identity | None:
    """The account whose API token was sent, None when none was; InvalidToken for one that does not count.

    An administrator is one by role: no identity provider is asked about somebody who is not there.
    """
    text = sent_token(request.environ)
    if text is None or not is_api_token(text):
        return None
    if not is_well_formed(text):
        raise errors.InvalidToken("The API token is damaged: some of its characters are missing or wrong")
    wanted = digest(text)
    with reading(request) as session:
        known = session.execute(_KNOWN, {"digest": wanted}).first()
    if known is None or not hmac.compare_digest(known.digest, wanted):
        raise errors.InvalidToken("The API token is not known: it was revoked, or its account is gone")
    now = utcnow()
    if now >= known.expires_datetime:
        raise errors.InvalidToken("The API token has expired")
    refuse_disabled(known.disabled_datetime)
    uses: TokenUses = request.registry[USES]
    uses.note(known.id, network_of(client_address(request)), now, known.last_used_datetime)
    return Identity(
        iss=known.iss,
        sub=known.sub,
        user_id=known.user_id,
        admin=known.role == "admin",
        method="api-token",
        scopes=frozenset(known.scope.split()),
        reader=known.role == "reader",
        by_role=known.role == "admin",
    )


def includeme(config: Any) -> None:
    config.registry[USES] = TokenUses(lambda: config.registry["dbengine"])
    # Before bearer tokens: no identity provider is to be shown an API token.
    config.add_authenticator("api-token", api_token_identity, order=50)
