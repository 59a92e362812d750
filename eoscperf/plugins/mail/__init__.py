"""Mail: tells people what happened to what they uploaded, registered or claimed.

A mail is a row of the transaction that makes the change, so that it can neither delay nor outlive
it. A sender takes the rows from there (`mail.sender = on` in at least one process). Without
`mail.host` mails go to the log.
"""

from __future__ import annotations

from typing import Any

from eoscperf.options import Option, boolean, seconds, text, whole
from eoscperf.plugins.mail.addresses import parse_sender, parse_support

NAME = "mail"

SETTINGS = (
    Option("mail.from", parse_sender, "EOSC Performance <noreply@localhost>", "sender of all mails"),
    Option("mail.support", parse_support, "", "address of the support, which gets a copy of most mails"),
    Option("mail.sender", boolean, False, "send mails from this process; one process is enough, several may"),
    Option("mail.interval", seconds, 5.0, "how often the sender looks for mails, in seconds"),
    Option("mail.host", text, "", "SMTP server; empty: mails are written to the log and count as sent"),
    Option("mail.port", whole(1, 65535), 587, "port of the SMTP server"),
    Option("mail.starttls", boolean, True, "encrypt the connection, or send nothing"),
    Option("mail.username", text, "", "user at the SMTP server; empty: no login"),
    Option("mail.password", text, "", "password at the SMTP server", secret=True),
    Option("mail.timeout", seconds, 30.0, "longest wait for the SMTP server, in seconds"),
)


def includeme(config: Any) -> None:
    from pyramid.events import ApplicationCreated

    from eoscperf.plugins.mail.figures import OutboxFigures
    from eoscperf.plugins.mail.outbox import Outbox
    from eoscperf.plugins.mail.sender import start
    from eoscperf.plugins.mail.subscribers import SUBSCRIBERS
    from eoscperf.web.metrics import METRICS

    config.add_service(Outbox, Outbox.for_request)
    for function, event in SUBSCRIBERS:
        config.add_transaction_subscriber(function, event)
    config.add_capability(NAME, "Mails to uploaders, claimants and the support")
    if METRICS in config.registry:
        config.registry[METRICS].registry.register(OutboxFigures(config.registry))
    if config.get_settings()["mail.sender"]:
        config.add_subscriber(start, ApplicationCreated)
