"""The signing key of the local issuer: a file only its owner can read."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from eoscperf.errors import ProviderUnavailable

log = logging.getLogger(__name__)


class UnusableKey(Exception):
    """The file of the signing key cannot be used; the message says why and what helps."""


class KeyStore:
    """The key in a folder, made when it is first needed to sign; safe between threads and processes.

    Removing the file makes all tokens invalid at once; the next one is signed with a new key.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "signing-key.json"
        self._lock = threading.Lock()
        self._read: tuple[tuple[int, ...], ECKey] | None = None

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> KeyStore:
        return cls(Path(settings["var"]) / "accounts")

    def signing_key(self) -> ECKey:
        """The private key, with its `kid`; raises UnusableKey."""
        try:
            return self._current() or self._made()
        except OSError as problem:
            raise UnusableKey(f"The signing key {self.path} cannot be made: {problem.strerror}.") from problem

    def public_keys(self) -> list[dict[str, Any]]:
        """The public key as a JSON Web Key; none while nothing was signed yet.

        ProviderUnavailable when it is there but cannot be read.
        """
        try:
            key = self._current()
        except UnusableKey as problem:
            log.error("%s", problem)
            raise ProviderUnavailable("The keys of local accounts cannot be read.") from problem
        return [] if key is None else [{**_own(key, private=False), "use": "sig", "alg": "ES256"}]

    def _current(self) -> ECKey | None:
        """The key in the file, read again only when the file is another one; None without a file."""
        try:
            status = self.path.stat()
            seen = (status.st_ino, status.st_mtime_ns, status.st_size)
            with self._lock:
                if self._read is None or self._read[0] != seen:
                    self._read = (seen, _parsed(self.path.read_bytes()))
                return self._read[1]
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise UnusableKey(f"The signing key {self.path} cannot be read: {problem.strerror}.") from problem
        except (JoseError, ValueError, KeyError, TypeError) as problem:
            raise UnusableKey(
                f"{self.path} holds no usable key. Restore it, or remove it to begin with a new key "
                "(tokens given out so far stop working)."
            ) from problem

    def _made(self) -> ECKey:
        folder = self.path.parent
        is_new = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = ECKey.generate_key("P-256")
        text = json.dumps({**_own(key, private=True), "kid": key.thumbprint()}).encode()
        draft = folder / f".{uuid.uuid4().hex}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
                _give_to_owner_of(folder.parent, file.fileno())
            # A link appears whole or not at all, and never replaces the key that another process
            # has made in the meantime.
            with contextlib.suppress(FileExistsError):
                os.link(draft, self.path)
        finally:
            draft.unlink()
        if is_new:
            _give_to_owner_of(folder.parent, folder)
        made = self._current()
        if made is None:
            raise UnusableKey(f"The signing key {self.path} has disappeared.")
        return made


def _own(key: ECKey, *, private: bool) -> dict[str, Any]:
    names = ("kty", "crv", "x", "y", "kid", *(("d",) if private else ()))
    members = key.as_dict(private=private)
    return {name: members[name] for name in names if name in members}


def _parsed(text: bytes) -> ECKey:
    members = json.loads(text)
    key = ECKey.import_key({name: members[name] for name in ("kty", "crv", "x", "y", "d", "kid")})
    if members["crv"] != "P-256":
        raise ValueError("another curve")
    return key


def _give_to_owner_of(example: Path, made: Path | int) -> None:
    """What the superuser makes must be readable by the account that the server runs under.

    Links are not followed: that account may write in `example`, and must not be given what a link points at.
    """
    if os.geteuid() != 0:
        return
    owner = example.stat()
    if isinstance(made, int):
        os.fchown(made, owner.st_uid, owner.st_gid)
    else:
        os.lchown(made, owner.st_uid, owner.st_gid)
