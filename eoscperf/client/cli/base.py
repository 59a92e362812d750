"""What all commands share: the options that name a server, exit codes, errors in one sentence."""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import click

from eoscperf.client.cli.output import CSV, JSON, TABLE, say
from eoscperf.client.client import PROFILE, SERVER, TOKEN, Client
from eoscperf.client.connection import Credentials
from eoscperf.client.errors import (
    ClientError,
    NotLoggedIn,
    Problem,
    RateLimited,
    ServerUnreachable,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
    Usage,
)
from eoscperf.client.sessions import Sessions

DONE, REFUSED, WRONG_USE, NOT_AUTHENTICATED, UNREACHABLE, NOT_UNDERSTOOD = range(6)
"""Exit codes: all done; (some of it) refused; wrong use; not authenticated; no server; no eoscperf."""

INTERRUPTED = 130


class Settings:
    """What the common options said; a place for tests to bring their own client."""

    def __init__(self, **client: Any) -> None:
        self.server: str | None = None
        self.profile: str | None = None
        self.output: str = TABLE
        self.anonymous = False
        self.insecure_http = False
        self.ca_file: str | None = None
        self.timeout: float | None = None
        self.given = client

    def client(
        self,
        credentials: Credentials | str | None = None,
        *,
        anonymous: bool = False,
        headers: dict[str, str] | None = None,
    ) -> Client:
        """A client for the server that is meant, closed when the command ends."""
        options = {"verify": self.verify()} | ({} if self.timeout is None else {"timeout": self.timeout})
        client = Client(
            self.server,
            credentials,
            self.profile,
            anonymous=anonymous or self.anonymous,
            insecure_http=self.insecure_http,
            headers=headers,
            **(options | self.given),
        )
        click.get_current_context().call_on_close(client.close)
        return client

    def sessions(self) -> Sessions:
        return self.given.get("sessions") or Sessions()

    def verify(self) -> ssl.SSLContext | None:
        if self.ca_file is None:
            return None
        try:
            context = ssl.create_default_context()
            context.load_verify_locations(self.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise Usage(f"{self.ca_file} holds no certificates that can be used: {error}") from None
        return context


def settings() -> Settings:
    return click.get_current_context().find_root().ensure_object(Settings)


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    # Of the options before and after the name of a command, those after it are read last and win.
    if value is not None and value is not False:
        setattr(context.find_root().ensure_object(Settings), str(parameter.name), value)


def common_options() -> list[click.Parameter]:
    def option(*names: str, **options: Any) -> click.Option:
        return click.Option(names, callback=_remember, expose_value=False, **options)

    return [
        option("--server", metavar="URL", help=f"The platform [or {SERVER}, or that of the last log-in]."),
        option(
            "--profile", metavar="NAME", help=f"One of several log-ins at the same server [or {PROFILE}]."
        ),
        option("--output", "-o", type=click.Choice([TABLE, JSON, CSV]), help="How lists are printed."),
        option("--anonymous", is_flag=True, help="Use no token."),
        option("--ca-file", type=click.Path(), help="Further certificates to trust, as PEM."),
        option(
            "--timeout", type=click.FloatRange(0.1), metavar="SECONDS", help="Give up on a silent server."
        ),
        option("--insecure-http", is_flag=True, help="Send the token without TLS to another machine, too."),
    ]


class Command(click.Command):
    """A command that also takes the common options."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = {name for parameter in self.params for name in parameter.opts}
        self.params += [parameter for parameter in common_options() if not own & set(parameter.opts)]


class Group(click.Group):
    """A group of such commands; as the outermost one it turns every failure into a sentence and a code."""

    command_class = Command
    group_class = type

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        def run() -> Any:
            return super(Group, self).main(args, prog_name, complete_var, standalone_mode=False, **extra)

        if not standalone_mode:
            return run()
        code = DONE
        try:
            told = run()
            code = told if isinstance(told, int) else DONE
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else "eoscperf"
            _fail(f"{error.format_message().rstrip('.')} (see {path} --help)", WRONG_USE)
        except click.Abort:
            _fail("stopped", INTERRUPTED)
        except click.ClickException as error:
            _fail(error.format_message(), WRONG_USE)
        except ClientError as error:
            _fail(_hinted(error), exit_code(error))
        except BrokenPipeError:
            # Whoever read our output has seen enough; Python would complain when it flushes.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = REFUSED
        except OSError as error:
            name = f"{error.filename}: " if error.filename else ""
            _fail(f"{name}{error.strerror or error}", WRONG_USE)
        sys.exit(code)


def exit_code(error: ClientError) -> int:
    """The exit code that tells a script what went wrong."""
    if isinstance(error, (NotLoggedIn, Unauthenticated)):
        return NOT_AUTHENTICATED
    if isinstance(error, Problem) and error.type == "not-registered":
        return NOT_AUTHENTICATED
    if isinstance(error, (ServerUnreachable, Unavailable, RateLimited)):
        return UNREACHABLE
    if isinstance(error, UnexpectedAnswer):
        return NOT_UNDERSTOOD
    return WRONG_USE if isinstance(error, Usage) else REFUSED


def _hinted(error: ClientError) -> str:
    """The sentence of an error, with the command that helps."""
    text = str(error).rstrip(".")
    if isinstance(error, Unauthenticated):
        return f"{text}; log in: eoscperf login"
    if isinstance(error, Problem) and error.type == "not-registered":
        return f"{text}; or: eoscperf register"
    if isinstance(error, Problem) and error.type == "insufficient-scope":
        wanted = str(error.body.get("scope") or "admin").split()[0]
        if os.environ.get(TOKEN):
            return f"{text}; {TOKEN} names the token: make one with the scope {wanted}, or leave it out"
        return f"{text}; log in for more: eoscperf login --scope +{wanted}"
    return text


def _fail(text: str, code: int) -> NoReturn:
    say(f"eoscperf: {text}")
    sys.exit(code)


def limit_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """How many rows of a list are fetched."""
    return click.option(
        "--limit", type=click.IntRange(1), default=100, show_default=True, help="At most so many rows."
    )(click.option("--all", "every", is_flag=True, help="All rows.")(function))
