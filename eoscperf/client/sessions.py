"""Sessions, kept in a file that only its owner can read."""

from __future__ import annotations

import contextlib
import json as jsonlib
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import platformdirs

from eoscperf.client.errors import ClientError, Usage

DEFAULT_PROFILE = "default"
DIRECTORY_VARIABLE = "EOSCPERF_CONFIG_DIR"
NAME = "sessions.json"
FORMAT = 1


@dataclass(frozen=True)
class Session:
    """Who somebody is at a server.

    `kind` is "token" (the access token is all there is) or "oauth" (renewed by the refresh token
    at the token endpoint). `expires_at` is in seconds since 1970.
    """

    server: str
    profile: str
    kind: Literal["token", "oauth"]
    access_token: str
    expires_at: float | None = None
    refresh_token: str | None = None
    client_id: str | None = None
    scope: str | None = None
    issuer: str | None = None
    token_endpoint: str | None = None
    revocation_endpoint: str | None = None

    def __repr__(self) -> str:
        return f"<Session {self.profile} at {self.server}>"


class Sessions:
    """The sessions in a directory; by default that of the user's configuration."""

    def __init__(self, directory: Path | None = None) -> None:
        given = os.environ.get(DIRECTORY_VARIABLE)
        self.directory = directory or (
            Path(given) if given else platformdirs.user_config_path("eoscperf", appauthor=False)
        )
        self.file = self.directory / NAME

    def all(self) -> list[Session]:
        return list(self._read().values())

    def find(self, server: str, profile: str) -> Session | None:
        return self._read().get((server, profile))

    def chosen(self) -> tuple[str, str] | None:
        """Server and profile of the last log-in."""
        current = self._load().get("current")
        if isinstance(current, dict) and isinstance(current.get("server"), str):
            return current["server"], str(current.get("profile", DEFAULT_PROFILE))
        return None

    def keep(self, session: Session, *, choose: bool = False) -> None:
        """Store a session in place of one of the same server and profile."""
        with self.locked():
            found = self._read()
            found[session.server, session.profile] = session
            current = {"server": session.server, "profile": session.profile} if choose else None
            self._write(found, current)

    def forget(self, server: str, profile: str) -> None:
        with self.locked():
            found = self._read()
            if found.pop((server, profile), None) is not None:
                self._write(found, None)

    def replace_tokens(self, session: Session, **tokens: Any) -> Session:
        """Store new tokens of a session; to be called while `locked`."""
        found = self._read()
        renewed = replace(session, **tokens)
        found[session.server, session.profile] = renewed
        self._write(found, None)
        return renewed

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Only one process at a time: a refresh token may be used just once."""
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.directory / f"{NAME}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Usage(f"Sessions cannot be kept in {self.directory}: {error.strerror}") from None
        try:
            _lock(handle)
            yield
        finally:
            # Closing releases it.
            os.close(handle)

    def _read(self) -> dict[tuple[str, str], Session]:
        found = {}
        for entry in self._load().get("sessions", ()):
            session = _session(entry)
            if session is not None:
                found[session.server, session.profile] = session
        return found

    def _load(self) -> dict[str, Any]:
        try:
            content = jsonlib.loads(self.file.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError):
            raise _Unreadable(f"{self.file} cannot be read; log in again after removing it") from None
        if not isinstance(content, dict) or content.get("version") != FORMAT:
            raise _Unreadable(
                f"{self.file} is of another version of eoscperf; log in again after removing it"
            )
        return content

    def _write(self, found: Mapping[tuple[str, str], Session], current: dict[str, str] | None) -> None:
        kept = current or self._load().get("current")
        content = {
            "version": FORMAT,
            "current": kept,
            "sessions": [
                {key: value for key, value in asdict(session).items() if value is not None}
                for session in found.values()
            ],
        }
        handle, name = tempfile.mkstemp(prefix=f".{NAME}.", dir=self.directory)
        try:
            # mkstemp makes it readable by its owner only.
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                jsonlib.dump(content, file, indent=2)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self.file)
        except BaseException:
            os.unlink(name)
            raise


class _Unreadable(ClientError):
    """The file of sessions is damaged."""


def _session(entry: Any) -> Session | None:
    """A stored session; members of later versions are left out, incomplete ones are no sessions."""
    if not isinstance(entry, dict) or entry.get("kind") not in ("token", "oauth"):
        return None
    known = {key: value for key, value in entry.items() if key in Session.__dataclass_fields__}
    try:
        return Session(**known)
    except TypeError:
        return None


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX)
