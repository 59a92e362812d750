"""Makes the message of a mail in the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from email import policy
from email.message import EmailMessage
from typing import Any

from eoscperf import jsontext
from eoscperf.plugins.mail.addresses import address, sender
from eoscperf.plugins.mail.models import OutboxMail
from eoscperf.plugins.mail.texts import ACCOUNT, NOT_LOGGED, Place, write


def compose(mail: OutboxMail, settings: Mapping[str, Any], *, for_log: bool = False) -> EmailMessage:
    """The message, the same at every attempt; without secrets when it is for the log."""
    place = Place(settings["public_url"], settings["api.prefix"], settings["mail.support"])
    facts: Any = jsontext.loads(mail.facts)
    if for_log and mail.kind == ACCOUNT and facts["link"]:
        facts["link"] = NOT_LOGGED
    content = write(mail.kind, facts, place)
    message = EmailMessage(policy.SMTP)
    message["From"] = sender(settings["mail.from"])
    to, copy = address(mail.recipient), address(mail.copy_to)
    message["To"] = to or copy
    if to and copy:
        message["Cc"] = copy
    message["Subject"] = content.subject
    message["Date"] = mail.created_datetime
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    for name, value in content.headers.items():
        message[name] = value
    message.set_content("\n\n".join(content.paragraphs) + "\n")
    return message


def receivers(mail: OutboxMail) -> dict[str, str]:
    """The addresses that have not been reached yet, by what they are: recipient or copy_to."""
    found = {"recipient": address(mail.recipient), "copy_to": address(mail.copy_to)}
    return {role: one.addr_spec for role, one in found.items() if one is not None and role != mail.delivered}
