"""The settings about people."""

from __future__ import annotations

from eoscperf.options import Option, boolean, choice, whole

SIGN_UP = ("open", "invited", "administrator", "off")

SETTINGS = (
    Option(
        "accounts.signup",
        choice(*SIGN_UP),
        "invited",
        "who gets an account: open (everybody), invited (whoever was invited, or is added by an "
        "administrator), administrator (only those added), off (nobody new)",
    ),
    Option(
        "accounts.password_length",
        whole(8, 64),
        10,
        "fewest characters in a password",
    ),
    Option(
        "accounts.password_memory",
        whole(8, 4096),
        64,
        "memory that checking a password takes, in MiB: what makes guessing from a stolen database expensive",
    ),
    Option(
        "accounts.session_idle_minutes",
        whole(5, 525600),
        4320,
        "minutes after which a session that nobody uses is over",
    ),
    Option("accounts.session_days", whole(1, 365), 30, "days after which a session is over in any case"),
    Option(
        "accounts.recheck_minutes",
        whole(1, 10080),
        15,
        "after how many minutes a directory is asked again whether somebody who is logged in is still there",
    ),
    Option(
        "accounts.recheck_patience_hours",
        whole(1, 720),
        24,
        "how long people of a directory that does not answer stay logged in, in hours",
    ),
    Option("accounts.link_minutes", whole(5, 10080), 60, "how long a link in a mail can be used, in minutes"),
    Option("accounts.invitation_days", whole(1, 365), 14, "how long an invitation can be accepted, in days"),
    Option(
        "accounts.log_links",
        boolean,
        False,
        "write the links of mails to the log, for trying things out: who reads the log can log in as anybody",
    ),
)
