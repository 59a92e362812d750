"""One-time passwords of an app (RFC 6238) as second factor, and the codes that stand in for it."""

from __future__ import annotations

import base64
import datetime
import hashlib
import re
import secrets
from collections.abc import Callable
from typing import Any

import pyotp
import segno
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.orm import Session

from eoscperf import errors
from eoscperf.db import utcnow
from eoscperf.errors import Issue
from eoscperf.events import Events
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people import throttle
from eoscperf.plugins.accounts.people.digests import digest
from eoscperf.plugins.accounts.people.events import SecondFactorChanged
from eoscperf.plugins.accounts.people.letters import Letters
from eoscperf.plugins.accounts.people.login import Caller, Transactions, known_device
from eoscperf.plugins.accounts.people.models import RecoveryCode
from eoscperf.plugins.accounts.people.throttle import Count, Throttle
from eoscperf.plugins.accounts.people.transactions import clock, own_transaction

PERIOD = 30
"""Seconds that a code is shown."""

DRIFT = 1
"""Periods before and after the present one whose codes are accepted: clocks differ."""

RECOVERY_CODES = 10

NAME = "eoscperf"


class SecondFactors:
    """Sets the second factor up, checks it and takes it away."""

    def __init__(
        self,
        session: Session,
        events: Events,
        letters: Letters,
        box: SecretBox,
        *,
        now: Callable[[], datetime.datetime] = utcnow,
    ) -> None:
        self._session = session
        self._events = events
        self._letters = letters
        self._box = box
        self._now = now

    @classmethod
    def for_request(cls, request: Any) -> SecondFactors:
        return cls(
            request.dbsession,
            request.events,
            Letters.for_request(request),
            SecretBox(request.registry.settings["secret"]),
            now=clock(request),
        )

    def prepare(self, identity: LocalIdentity) -> str:
        """The secret that waits for a first code; made when there is none."""
        if identity.has_totp:
            raise errors.WrongState("One-time codes are on already.")
        secret = self._box.opened(identity.totp_secret)
        if secret is None:
            secret = pyotp.random_base32()
            identity.totp_secret = self._box.closed(secret)
            self._session.flush()
        return secret

    def confirm(self, identity: LocalIdentity, code: str) -> list[str]:
        """Switch codes on, as a first one shows that they work; the recovery codes, shown this once."""
        if identity.has_totp:
            raise errors.WrongState("One-time codes are on already.")
        step = self._step_of(identity, code)
        if step is None:
            text = "This code does not fit. Check the clock of your device and type the code it shows now."
            raise errors.Invalid([Issue(text, "body", "code")], detail=text)
        identity.totp_datetime, identity.totp_step = self._now(), step
        self._session.flush()
        self._tell(identity, "One-time codes were switched on for your account.")
        return self._new_codes(identity)

    def renew_codes(self, identity: LocalIdentity) -> list[str]:
        """New recovery codes; those from before are of no use any more."""
        if not identity.has_totp:
            raise errors.WrongState("There are recovery codes only while one-time codes are on.")
        self._tell(identity, "New recovery codes were made for your account.")
        return self._new_codes(identity)

    def switch_off(self, identity: LocalIdentity) -> None:
        identity.totp_secret = identity.totp_datetime = identity.totp_step = None
        self._forget_codes(identity)
        self._session.flush()
        self._tell(identity, "One-time codes were switched off for your account.")

    def codes_left(self, identity: LocalIdentity) -> int:
        mine = RecoveryCode.identity_id == identity.id
        return self._session.scalar(sa.select(sa.func.count()).select_from(RecoveryCode).where(mine)) or 0

    def accepts(self, identity: LocalIdentity, code: str) -> bool:
        """Whether a code is right. It is used up with that, so that who has seen it cannot send it again."""
        if is_recovery_code(code):
            return self._take_recovery_code(identity, code)
        step = self._step_of(identity, code)
        if step is None:
            return False
        # Two who send the same code at the same time: the database lets one through.
        taken = self._session.execute(
            sa.update(LocalIdentity)
            .where(
                LocalIdentity.id == identity.id,
                sa.or_(LocalIdentity.totp_step.is_(None), LocalIdentity.totp_step < step),
            )
            .values(totp_step=step)
            .returning(LocalIdentity.id)
            .execution_options(synchronize_session=False)
        ).first()
        self._session.expire(identity, ["totp_step"])
        return taken is not None

    def _step_of(self, identity: LocalIdentity, code: str) -> int | None:
        """The period whose code this is; None when it is none of those that count now."""
        secret = self._box.opened(identity.totp_secret)
        wanted = re.sub(r"\s", "", code)
        if secret is None or not re.fullmatch(r"[0-9]{6}", wanted, re.ASCII):
            return None
        present = int(self._now().timestamp()) // PERIOD
        generator = pyotp.TOTP(secret, interval=PERIOD)
        found = None
        for step in range(present - DRIFT, present + DRIFT + 1):
            if secrets.compare_digest(generator.generate_otp(step), wanted):
                found = step
        return found

    def _new_codes(self, identity: LocalIdentity) -> list[str]:
        self._forget_codes(identity)
        codes = [_new_code() for _ in range(RECOVERY_CODES)]
        self._session.add_all(
            RecoveryCode(identity_id=identity.id, digest=_code_digest(code)) for code in codes
        )
        self._session.flush()
        return codes

    def _forget_codes(self, identity: LocalIdentity) -> None:
        self._session.execute(
            sa.delete(RecoveryCode)
            .where(RecoveryCode.identity_id == identity.id)
            .execution_options(synchronize_session=False)
        )

    def _take_recovery_code(self, identity: LocalIdentity, code: str) -> bool:
        taken = self._session.execute(
            sa.delete(RecoveryCode)
            .where(RecoveryCode.identity_id == identity.id, RecoveryCode.digest == _code_digest(code))
            .returning(RecoveryCode.id)
            .execution_options(synchronize_session=False)
        ).first()
        if taken is None:
            return False
        self._tell(identity, f"A recovery code was used; {self.codes_left(identity)} are left.")
        return True

    def _tell(self, identity: LocalIdentity, what: str) -> None:
        self._letters.second_factor_changed(identity.email, what)
        self._events.emit(SecondFactorChanged(identity_id=identity.id))


class CodeMeter:
    """Counts the codes that are tried, outside of the request's transaction."""

    def __init__(
        self, transactions: Transactions, secret: bytes, *, now: Callable[[], datetime.datetime] = utcnow
    ) -> None:
        self._transactions = transactions
        self._secret = secret
        self._now = now

    @classmethod
    def for_request(cls, request: Any) -> CodeMeter:
        return cls(lambda: own_transaction(request), request.registry.settings["secret"], now=clock(request))

    def spend(self, identity_id: Any, code: str, caller: Caller) -> list[str]:
        """Count one try; RateLimited. What was counted, to take it back when the code was right.

        Six digits can be guessed by many networks together, which therefore share a number of tries. Recovery
        codes cannot, so they keep working while others use those tries up.
        """
        with self._transactions() as session:
            device = known_device(session, identity_id, caller, self._now())
            if device is not None:
                counts = [
                    Count(f"browser code\n{identity_id}\n{device}", throttle.QUARTER, throttle.PER_BROWSER)
                ]
            else:
                most = throttle.PER_NETWORK_AND_ACCOUNT
                counts = [Count(f"code\n{caller.network}\n{identity_id}", throttle.QUARTER, most)]
                if not is_recovery_code(code):
                    counts.append(Count(f"codes\n{identity_id}", throttle.HOUR, throttle.MANY_CODES))
            what = (
                "wrong codes"
                if len(counts) < 2
                else "wrong codes (a recovery code or a passkey may still work)"
            )
            Throttle(session, self._secret, now=self._now).spend(*counts, what=what)
        return throttle.keys(counts)

    def refund(self, keys: list[str]) -> None:
        with self._transactions() as session:
            Throttle(session, self._secret, now=self._now).refund(*keys)


class SecretBox:
    """Encrypts what has to be known again, with a key made from the installation's secret."""

    def __init__(self, secret: bytes) -> None:
        self._key = AESGCM(hashlib.sha256(b"eoscperf accounts second factor 1\0" + secret).digest())

    def closed(self, text: str) -> str:
        nonce = secrets.token_bytes(12)
        return base64.b64encode(nonce + self._key.encrypt(nonce, text.encode(), None)).decode("ascii")

    def opened(self, stored: str | None) -> str | None:
        """The text; None without one, and when it was encrypted with another secret."""
        if stored is None:
            return None
        raw = base64.b64decode(stored)
        try:
            return self._key.decrypt(raw[:12], raw[12:], None).decode()
        except InvalidTag:
            return None


def provisioning_uri(secret: str, email: str, host: str) -> str:
    """What the app reads: `otpauth://totp/...`."""
    return pyotp.TOTP(secret, interval=PERIOD).provisioning_uri(name=email, issuer_name=f"{NAME} {host}")


def qr_code(text: str) -> str:
    """A QR code as SVG for inside a page: dark on light in either colour scheme, without styles."""
    return segno.make(text, error="m").svg_inline(scale=4, border=4, dark="#000", light="#fff")


def is_recovery_code(code: str) -> bool:
    """Whether it looks like one: sixteen letters and digits."""
    return re.fullmatch(r"[a-z2-7]{16}", _bare(code), re.ASCII) is not None


def _new_code() -> str:
    """80 random bits, in groups that can be typed."""
    text = base64.b32encode(secrets.token_bytes(10)).decode("ascii").lower()
    return "-".join(text[start : start + 4] for start in range(0, 16, 4))


def _bare(code: str) -> str:
    return re.sub(r"[\s-]", "", code).lower()


def _code_digest(code: str) -> str:
    return digest(_bare(code))
