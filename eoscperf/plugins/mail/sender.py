"""The sender: takes mails from the outbox after the commit and hands them to the SMTP server.

Several senders may work on one database: each mail is taken by one of them at a time. Who takes it
has a while to finish; when that is over the sender is thought dead and the mail is taken again. So a
crash may double a mail, but never lose one.
"""

from __future__ import annotations

import atexit
import datetime
import logging
import smtplib
import ssl
import threading
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf.db import utcnow
from eoscperf.plugins.mail.compose import compose, receivers
from eoscperf.plugins.mail.models import OutboxMail
from eoscperf.plugins.mail.texts import ACCOUNT

log = logging.getLogger(__name__)

LEASE = datetime.timedelta(minutes=10)
"""How long a sender may take for one mail."""

FIRST_RETRY = datetime.timedelta(minutes=1)
LONGEST_RETRY = datetime.timedelta(hours=1)

Transport = Callable[[EmailMessage, str, list[str]], dict[str, str]]
"""`transport(message, envelope sender, receivers)`: those refused, with the reason; raises when all are."""


class Sender:
    """Sends what is due; `start` does so in a thread of its own until `stop`."""

    def __init__(
        self,
        sessions: Callable[[], orm.Session],
        settings: Mapping[str, Any],
        transport: Transport | None = None,
    ) -> None:
        self._sessions = sessions
        self._settings = settings
        self._transport = transport or transport_of(settings)
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        # A daemon: a mail that is being sent when the process ends is taken again later.
        self._thread = threading.Thread(target=self._run, name="mail-sender", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """End the thread; waits for a mail that is being sent, at most `timeout` seconds."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def send_due(self) -> int:
        """Send every mail that is due, each once; how many were tried."""
        tried = 0
        while not self._stopped.is_set():
            mail = self._take()
            if mail is None:
                break
            tried += 1
            self._send(mail)
        return tried

    def _run(self) -> None:
        while not self._stopped.wait(self._settings["mail.interval"]):
            try:
                self.send_due()
            except sa.exc.SQLAlchemyError:
                log.exception("the outbox cannot be read; trying again")

    def _take(self) -> OutboxMail | None:
        """The mail that has waited longest, now this sender's."""
        now = utcnow()
        is_due = (OutboxMail.status.in_(("waiting", "sending")), OutboxMail.due_datetime <= now)
        with self._sessions() as session:
            # Looking takes no lock, so that an idle sender is in nobody's way.
            if session.scalar(sa.select(OutboxMail.id).where(*is_due).limit(1)) is None:
                return None
        with self._writing() as session:
            query = sa.select(OutboxMail).where(*is_due).order_by(OutboxMail.due_datetime, OutboxMail.id)
            mail = session.scalar(query.limit(1).with_for_update(skip_locked=True))
            if mail is None:
                return None
            mail.status, mail.due_datetime = "sending", now + LEASE
            mail.attempts += 1
            session.commit()
            session.refresh(mail)
            session.expunge(mail)
            return mail

    def _send(self, mail: OutboxMail) -> None:
        left = receivers(mail)
        if not left:
            self._settle(mail, {"status": "cancelled"})
            return
        addresses = list(left.values())
        try:
            message = compose(mail, self._settings, for_log=self._transport is write_to_log)
            refused = self._transport(message, message["From"].addresses[0].addr_spec, addresses)
        except Exception as problem:
            # Whatever is wrong with one mail must neither stop the others nor lose this one.
            log.warning("mail %s (%s) was not sent: %s", mail.id, mail.kind, problem, exc_info=True)
            refused = dict.fromkeys(addresses, f"{type(problem).__name__}: {problem}")
        if not refused:
            self._settle(mail, {"status": "sent", "sent_datetime": utcnow(), "last_error": None})
            return
        reached = [role for role, receiver in left.items() if receiver not in refused]
        self._settle(mail, {"delivered": reached[0] if reached else mail.delivered, **_later(mail, refused)})

    def _settle(self, mail: OutboxMail, values: dict[str, Any]) -> None:
        """Note how an attempt went, unless somebody else has taken the mail meanwhile."""
        mine = (
            OutboxMail.id == mail.id,
            OutboxMail.status == "sending",
            OutboxMail.attempts == mail.attempts,
        )
        if mail.kind == ACCOUNT and values.get("status") in ("sent", "failed", "cancelled"):
            values = values | {"facts": "{}"}
        with self._writing() as session:
            session.execute(sa.update(OutboxMail).where(*mine).values(**values))
            session.commit()

    def _writing(self) -> orm.Session:
        """A session that waits for its turn at the start, where there is one writer at a time."""
        session = self._sessions()
        if session.get_bind().dialect.name == "sqlite":
            session.connection(execution_options={"sqlite_immediate": True})
        return session


def _later(mail: OutboxMail, refused: Mapping[str, str]) -> dict[str, Any]:
    """When to try again after a failure, or that it was the last one."""
    now = utcnow()
    expired = now >= mail.expires_datetime
    if expired:
        log.error("mail %s (%s) is given up after %d attempts", mail.id, mail.kind, mail.attempts)
    pause = min(FIRST_RETRY * 2 ** min(mail.attempts - 1, 10), LONGEST_RETRY)
    return {
        "status": "failed" if expired else "waiting",
        "due_datetime": now + pause,
        "last_error": "; ".join(refused.values())[:2000],
    }


def transport_of(settings: Mapping[str, Any]) -> Transport:
    """SMTP to `mail.host`, or the log without one."""
    if not settings["mail.host"]:
        return write_to_log

    def send(message: EmailMessage, envelope_sender: str, receivers: list[str]) -> dict[str, str]:
        with smtplib.SMTP(
            settings["mail.host"], settings["mail.port"], timeout=settings["mail.timeout"]
        ) as smtp:
            if settings["mail.starttls"]:
                smtp.starttls(context=ssl.create_default_context())
            if settings["mail.username"]:
                smtp.login(settings["mail.username"], settings["mail.password"])
            refused = smtp.send_message(message, envelope_sender, receivers)
        return {address: f"{code} {reason!r}" for address, (code, reason) in refused.items()}

    return send


def write_to_log(message: EmailMessage, envelope_sender: str, receivers: list[str]) -> dict[str, str]:
    """A transport for installations without a mail server."""
    log.info("mail to %s, not sent as mail.host is not set:\n%s", ", ".join(receivers), message.as_string())
    return {}


def start(event: Any) -> None:
    """Subscriber: the application has been made, its mails can be sent."""
    registry = event.app.registry
    sender = Sender(orm.sessionmaker(bind=registry["dbengine"]), registry.settings)
    registry["mail.sender"] = sender
    sender.start()
    atexit.register(sender.stop)
