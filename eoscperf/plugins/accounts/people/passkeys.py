"""Passkeys (WebAuthn): a key on a device of the person instead of password and code."""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
import webauthn
from sqlalchemy.orm import Session
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from eoscperf import errors
from eoscperf.db import utcnow
from eoscperf.errors import Issue
from eoscperf.events import Events
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people import addresses
from eoscperf.plugins.accounts.people.events import SecondFactorChanged
from eoscperf.plugins.accounts.people.identities import LOCAL
from eoscperf.plugins.accounts.people.letters import Letters
from eoscperf.plugins.accounts.people.models import AccountSession, Passkey
from eoscperf.plugins.accounts.people.totp import NAME
from eoscperf.plugins.accounts.people.transactions import clock

MOST = 20
"""Passkeys of one person."""

TIMEOUT = 300_000
"""Milliseconds that the browser waits for the person."""

AMR = ("pop", "user", "mfa")
"""RFC 8176: possession of a key, presence of the person, and a second factor by unlocking the key."""

ELSEWHERE = (
    "Log in with your password: it is kept in a directory, which is asked at each log-in whether you may "
    "still come in. A passkey would get around that."
)


class Passkeys:
    """Adds, checks, lists and removes passkeys for the host `rp_id`, on pages of `origin`."""

    def __init__(
        self,
        session: Session,
        events: Events,
        letters: Letters,
        *,
        rp_id: str,
        origin: str,
        now: Callable[[], datetime.datetime] = utcnow,
    ) -> None:
        self._session = session
        self._events = events
        self._letters = letters
        self._rp_id = rp_id
        self._origin = origin
        self._now = now

    @classmethod
    def for_request(cls, request: Any) -> Passkeys:
        settings = request.registry.settings
        return cls(
            request.dbsession,
            request.events,
            Letters.for_request(request),
            rp_id=addresses.host(settings),
            origin=addresses.origin(settings),
            now=clock(request),
        )

    def of_identity(self, identity_id: uuid.UUID) -> list[Passkey]:
        """A person's passkeys, the oldest first."""
        query = sa.select(Passkey).where(Passkey.identity_id == identity_id)
        return list(self._session.scalars(query.order_by(Passkey.created_datetime, Passkey.id)))

    def creation_options(self, identity: LocalIdentity, begun: AccountSession) -> dict[str, Any]:
        """What `navigator.credentials.create` takes; the challenge is kept with the session."""
        existing = self.of_identity(identity.id)
        options = webauthn.generate_registration_options(
            rp_id=self._rp_id,
            rp_name=NAME,
            user_id=identity.id.bytes,
            user_name=identity.email,
            user_display_name=identity.name or identity.email,
            timeout=TIMEOUT,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=base64url_to_bytes(passkey.credential_id))
                for passkey in existing
            ],
        )
        begun.challenge = bytes_to_base64url(options.challenge)
        self._session.flush()
        return json.loads(webauthn.options_to_json(options))

    def add(self, identity: LocalIdentity, begun: AccountSession, credential: str, name: str) -> Passkey:
        """A new passkey, from what the browser has answered; Invalid when it is not for this session."""
        challenge, begun.challenge = begun.challenge, None
        self._session.flush()
        if identity.backend != LOCAL:
            raise errors.WrongState(ELSEWHERE)
        if challenge is None:
            raise _invalid("This took too long or was done already. Try again.")
        if len(self.of_identity(identity.id)) >= MOST:
            raise errors.WrongState(f"There are {MOST} passkeys already; remove one first.")
        try:
            checked = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError) as problem:
            raise _invalid("The browser's answer cannot be used. Try again.") from problem
        added = Passkey(
            identity_id=identity.id,
            credential_id=bytes_to_base64url(checked.credential_id),
            public_key=bytes_to_base64url(checked.credential_public_key),
            sign_count=checked.sign_count,
            name=name,
            created_datetime=self._now(),
        )
        try:
            with self._session.begin_nested():
                self._session.add(added)
        except sa.exc.IntegrityError:
            raise _invalid("This passkey is there already.") from None
        self._tell(identity, f"The passkey “{name}” was added to your account.")
        return added

    def remove(self, identity: LocalIdentity, passkey_id: uuid.UUID) -> bool:
        """Remove a passkey of the person; False when there is none."""
        gone = self._session.execute(
            sa.delete(Passkey)
            .where(Passkey.id == passkey_id, Passkey.identity_id == identity.id)
            .returning(Passkey.name)
            .execution_options(synchronize_session=False)
        ).first()
        if gone is None:
            return False
        self._tell(identity, f"The passkey “{gone.name}” was removed from your account.")
        return True

    def request_options(self) -> tuple[dict[str, Any], str]:
        """What `navigator.credentials.get` takes, and its challenge. Nobody is named: the device knows."""
        options = webauthn.generate_authentication_options(
            rp_id=self._rp_id, timeout=TIMEOUT, user_verification=UserVerificationRequirement.REQUIRED
        )
        return json.loads(webauthn.options_to_json(options)), bytes_to_base64url(options.challenge)

    def check(self, challenge: str, credential: str) -> uuid.UUID:
        """Whose passkey has answered a challenge; Invalid."""
        refused = "This passkey is not accepted. Log in with your password, or try again."
        try:
            sent = webauthn.helpers.parse_authentication_credential_json(credential)
        except (WebAuthnException, ValueError) as problem:
            raise _invalid(refused) from problem
        query = sa.select(Passkey).where(Passkey.credential_id == bytes_to_base64url(sent.raw_id))
        passkey = self._session.scalar(query.with_for_update())
        if passkey is None:
            raise _invalid(refused)
        identity = self._session.get(LocalIdentity, passkey.identity_id)
        if identity is None or identity.backend != LOCAL:
            raise _invalid(ELSEWHERE)
        if sent.response.user_handle is not None and sent.response.user_handle != passkey.identity_id.bytes:
            raise _invalid(refused)
        try:
            checked = webauthn.verify_authentication_response(
                credential=sent,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                credential_public_key=base64url_to_bytes(passkey.public_key),
                # Passkeys that are the same on several devices do not count.
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError) as problem:
            raise _invalid(refused) from problem
        passkey.sign_count, passkey.used_datetime = checked.new_sign_count, self._now()
        self._session.flush()
        return passkey.identity_id

    def _tell(self, identity: LocalIdentity, what: str) -> None:
        self._letters.second_factor_changed(identity.email, what)
        self._events.emit(SecondFactorChanged(identity_id=identity.id))


def _invalid(text: str) -> errors.Invalid:
    return errors.Invalid([Issue(text, "body", "")], detail=text)
