"""What can go wrong, as exceptions whose text is one sentence for people."""

from __future__ import annotations

from typing import Any

PREFIX = "urn:eoscperf:problem:"
SHOWN = 10
"""So many errors of a validation are in the sentence; all are in `errors`."""


class ClientError(Exception):
    """Everything this package raises on purpose."""


class Usage(ClientError):
    """The call itself cannot be right, whatever the server says."""


class MissingLibrary(ClientError):
    """A library that only some calls need is not installed."""


class NoServer(Usage):
    """Nobody said which server to talk to."""


class UnknownName(ClientError):
    """No object has this name, or several have."""


class NotLoggedIn(ClientError):
    """There is no session, or it has ended, or the log-in failed."""


class ServerUnreachable(ClientError):
    """There was no answer, or it broke off, also after several attempts."""


class UnexpectedAnswer(ClientError):
    """Something answered that is not this API, or sent us to another origin."""


class Problem(ClientError):
    """The server refused, and said why.

    `type` is the stable part after `urn:eoscperf:problem:`, empty where something in between
    answered; `errors` lists what is wrong with the input; `body` is the whole answer.
    """

    def __init__(self, status: int, body: dict[str, Any], *, retry_after: float | None = None) -> None:
        self.status = status
        self.body = body
        self.type = str(body.get("type", "")).removeprefix(PREFIX)
        self.detail = str(body.get("detail") or body.get("title") or f"The server answered {status}")
        self.errors: list[dict[str, Any]] = [
            error for error in body.get("errors") or () if isinstance(error, dict)
        ]
        self.request_id: str = str(body.get("instance", ""))
        self.retry_after = retry_after
        super().__init__(self._sentence())

    @classmethod
    def of(cls, status: int, body: dict[str, Any], *, retry_after: float | None = None) -> Problem:
        """The most fitting exception."""
        if str(body.get("type", "")) == f"{PREFIX}duplicate":
            return Duplicate(status, body, retry_after=retry_after)
        return _BY_STATUS.get(status, cls)(status, body, retry_after=retry_after)

    @property
    def existing(self) -> str | None:
        """The id of what exists already."""
        existing = self.body.get("existing")
        return None if existing is None else str(existing)

    def _sentence(self) -> str:
        told = [self._one(error) for error in self.errors[:SHOWN]]
        if len(self.errors) > SHOWN:
            told.append(f"and {len(self.errors) - SHOWN} more")
        return f"{self.detail}: {'; '.join(told)}" if told else self.detail

    @staticmethod
    def _one(error: dict[str, Any]) -> str:
        where = str(error.get("pointer") or error.get("name") or "")
        return f"{where} {error.get('detail', '')}".strip()


class Unauthenticated(Problem):
    """401: there is no token, or it is not accepted."""


class Forbidden(Problem):
    """403: not registered, not allowed, or the token was made for less."""


class NotFound(Problem):
    """404: it does not exist, or you may not see it."""


class Conflict(Problem):
    """409: something else stands against it."""


class Duplicate(Conflict):
    """The same thing exists already; `existing` is its id."""


class Gone(Problem):
    """410: withdrawn or removed."""


class Changed(Problem):
    """412: somebody else changed it since it was fetched."""


class TooLarge(Problem):
    """413: `body["max_bytes"]` is allowed."""


class Invalid(Problem):
    """400 or 422: the input is wrong; `errors` lists where."""


class RateLimited(Problem):
    """429: too many requests, also after waiting."""


class Unavailable(Problem):
    """502, 503 or 504: the server cannot do it now."""


_BY_STATUS: dict[int, type[Problem]] = {
    400: Invalid,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    412: Changed,
    413: TooLarge,
    422: Invalid,
    429: RateLimited,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}
