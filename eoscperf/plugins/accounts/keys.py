"""The signing keys of the local issuer: files only their owner can read.

`rs256-signing-key.json` signs ID tokens and, unless the setting `accounts.access_token_algorithm` says ES256,
access tokens; otherwise `signing-key.json` signs these. When one is replaced, a copy stays as
`rs256-retired-<kid>.json` or `retired-<kid>.json` until the last token that it may have signed has ended;
till then it is published.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from eoscperf.errors import ProviderUnavailable

log = logging.getLogger(__name__)

LASTING = 24 * 3600.0
"""Seconds that a token lasts at most, unless its key was asked for with the moment of its end."""

CLOCKS = 600.0
"""Seconds by which clocks may differ: so much longer a retired key is published."""

DAY = 24 * 3600.0

ROUNDED = 30 * DAY
"""The end of tokens that last longer is remembered rounded up, so that the file is seldom written."""


SigningKey = ECKey | RSAKey


@dataclass(frozen=True)
class Kind:
    """What keys of one kind sign with, and how they are kept."""

    algorithm: str
    generate: Callable[[], SigningKey]
    parse: Callable[[dict[str, Any]], SigningKey]
    public: tuple[str, ...]
    private: tuple[str, ...]
    prefix: str = ""
    """what the names of its files begin with"""

    def members(self, key: SigningKey, *, private: bool) -> dict[str, Any]:
        found = key.as_dict(private=private)
        names = (*self.public, *(self.private if private else ()))
        return {name: found[name] for name in names if name in found}


def _parsed_p256(members: dict[str, Any]) -> ECKey:
    if members["crv"] != "P-256":
        raise ValueError("another curve")
    return ECKey.import_key(members)


ES256 = Kind(
    "ES256",
    lambda: ECKey.generate_key("P-256"),
    _parsed_p256,
    ("kty", "crv", "x", "y", "kid"),
    ("d",),
)

RS256 = Kind(
    "RS256",
    lambda: RSAKey.generate_key(2048),
    RSAKey.import_key,
    ("kty", "n", "e", "kid"),
    ("d", "p", "q", "dp", "dq", "qi"),
    "rs256-",
)
"""What every OpenID Connect client expects of ID tokens, and every service that takes access tokens (RFC 9068
section 2.1) knows."""

KINDS = {kind.algorithm: kind for kind in (RS256, ES256)}
"""What may sign access tokens; whatever the settings say now, tokens of all of these are accepted."""


class UnusableKey(Exception):
    """The file of the signing key cannot be used; the message says why and what helps."""


@dataclass(frozen=True)
class _Stored:
    """A key as it is in a file; instants in seconds since 1970."""

    key: SigningKey
    created: float
    until: float
    """the end of the longest token it has signed; of a retired key: of all"""


_Seen = tuple[int, ...]


class KeyStore:
    """The keys of one kind in a folder, made when first needed to sign; safe between threads and processes.

    A key older than `lifetime` seconds is replaced when the next token is signed. Removing the file of
    the one that signs makes all tokens invalid at once that were signed since; the next one is signed
    with a new key. `clock` tells seconds since 1970.
    """

    def __init__(
        self,
        folder: Path,
        *,
        lifetime: float | None = None,
        clock: Callable[[], float] = time.time,
        kind: Kind = ES256,
    ) -> None:
        self.path = folder / f"{kind.prefix}signing-key.json"
        self._kind = kind
        self._folder = folder
        self._lifetime = lifetime
        self._clock = clock
        self._lock = threading.Lock()
        self._read: tuple[_Seen, _Stored] | None = None
        self._read_retired: tuple[_Seen, tuple[_Stored, ...]] = ((), ())

    @classmethod
    def of(cls, settings: Mapping[str, Any], kind: Kind | None = None) -> KeyStore:
        """The keys of an installation; without a kind those that sign access tokens."""
        kind = kind or KINDS[settings["accounts.access_token_algorithm"]]
        days = settings.get("accounts.key_days", 0)
        return cls(Path(settings["var"]) / "accounts", lifetime=days * DAY or None, kind=kind)

    @property
    def algorithm(self) -> str:
        return self._kind.algorithm

    def sign(self, claims: Mapping[str, Any], *, typ: str) -> str:
        """The claims as a JSON Web Token; raises UnusableKey."""
        key = self.signing_key(until=float(claims["exp"]))
        header = {"alg": self.algorithm, "kid": key.kid, "typ": typ}
        return jwt.encode(header, dict(claims), key, algorithms=[self.algorithm])

    def signing_key(self, *, until: float | None = None) -> SigningKey:
        """The private key, with its `kid`, for a token that ends at `until`; raises UnusableKey."""
        try:
            stored = self._current() or self._made()
            if self._lifetime is not None and self._clock() - stored.created >= self._lifetime:
                self._replaced(stored)
                stored = self._existing()
            if until is not None and until > max(stored.until, self._clock() + LASTING):
                stored = self._lasting(until)
            return stored.key
        except OSError as problem:
            raise UnusableKey(f"The signing key {self.path} cannot be made: {problem.strerror}.") from problem

    def rotate(self) -> str:
        """Sign with a new key from now on; returns its `kid`. Tokens given out so far stay good."""
        try:
            stored = self._current()
            if stored is None:
                stored = self._made()
            else:
                self._replaced(stored)
                stored = self._existing()
            return str(stored.key.kid)
        except OSError as problem:
            raise UnusableKey(f"The signing key {self.path} cannot be made: {problem.strerror}.") from problem

    def public_keys(self) -> list[dict[str, Any]]:
        """The public keys as JSON Web Keys, the one that signs first; none while nothing was signed yet.

        ProviderUnavailable when the one that signs is there but cannot be read.
        """
        try:
            stored = self._current()
        except UnusableKey as problem:
            log.error("%s", problem)
            raise ProviderUnavailable("The keys of local accounts cannot be read.") from problem
        now = self._clock()
        keys = {} if stored is None else {stored.key.kid: stored.key}
        for retired in self._retired():
            if retired.until > now:
                keys.setdefault(retired.key.kid, retired.key)
        return [
            {**self._kind.members(key, private=False), "use": "sig", "alg": self.algorithm}
            for key in keys.values()
        ]

    def _current(self) -> _Stored | None:
        """The key in the file, read again only when the file is another one; None without a file."""
        try:
            status = self.path.stat()
            seen = (status.st_ino, status.st_mtime_ns, status.st_size)
            with self._lock:
                if self._read is None or self._read[0] != seen:
                    self._read = (seen, self._parsed(self.path.read_bytes(), status.st_mtime))
                return self._read[1]
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise UnusableKey(f"The signing key {self.path} cannot be read: {problem.strerror}.") from problem
        except _DAMAGED as problem:
            raise UnusableKey(
                f"{self.path} holds no usable key. Restore it, or remove it to begin with a new key "
                "(tokens given out so far stop working)."
            ) from problem

    def _existing(self) -> _Stored:
        stored = self._current()
        if stored is None:
            raise UnusableKey(f"The signing key {self.path} has disappeared.")
        return stored

    def _retired(self) -> tuple[_Stored, ...]:
        try:
            status = self._folder.stat()
        except OSError:
            return ()
        # What comes or goes changes the folder, and the key that signs changes with every one that retires.
        seen = (status.st_ino, status.st_mtime_ns, *(self._read[0] if self._read else ()))
        with self._lock:
            if self._read_retired[0] != seen:
                self._read_retired = (seen, tuple(self._read_all_retired()))
            return self._read_retired[1]

    def _read_all_retired(self) -> Iterator[_Stored]:
        for path in sorted(self._folder.glob(f"{self._kind.prefix}retired-*.json")):
            try:
                yield self._parsed(path.read_bytes(), 0.0)
            except FileNotFoundError:
                continue
            except (OSError, *_DAMAGED) as problem:
                log.error("%s holds no usable key; tokens signed with it are refused: %s", path, problem)

    def _made(self) -> _Stored:
        is_new = not self._folder.exists()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._draft(self._new_key(self._clock())) as draft, contextlib.suppress(FileExistsError):
            # A link appears whole or not at all, and never replaces the key that another process
            # has made in the meantime.
            os.link(draft, self.path)
        if is_new:
            _give_to_owner_of(self._folder.parent, self._folder)
        return self._existing()

    def _replaced(self, old: _Stored) -> None:
        """Retire a key, unless somebody else just did."""
        with self._alone():
            stored = self._existing()
            if stored.key.kid != old.key.kid:
                return
            now = self._clock()
            until = max(stored.until, now + LASTING) + CLOCKS
            # First the copy: whenever this is interrupted, nothing is lost that tokens were signed with.
            with self._draft(self._members(stored.key, stored.created, until)) as draft:
                os.replace(draft, self._folder / f"{self._kind.prefix}retired-{stored.key.kid}.json")
            with self._draft(self._new_key(now)) as draft:
                os.replace(draft, self.path)
            self._tidy(now)
        log.info("tokens are signed with a new key")

    def _lasting(self, until: float) -> _Stored:
        """The key that signs, once it is noted that it has to be published that long."""
        with self._alone():
            stored = self._existing()
            if until > stored.until:
                rounded = -(-until // ROUNDED) * ROUNDED
                with self._draft(self._members(stored.key, stored.created, rounded)) as draft:
                    os.replace(draft, self.path)
            return self._existing()

    def _tidy(self, now: float) -> None:
        for path in self._folder.glob(f"{self._kind.prefix}retired-*.json"):
            with contextlib.suppress(*_DAMAGED):
                if self._parsed(path.read_bytes(), 0.0).until <= now:
                    path.unlink()
        for path in self._folder.glob(".????????????????????????????????"):
            # Left behind by a process that was killed; a draft lives for a moment only.
            with contextlib.suppress(FileNotFoundError):
                if now - path.stat().st_mtime > 3600:
                    path.unlink()

    def _new_key(self, now: float) -> dict[str, Any]:
        key = self._kind.generate()
        made = self._kind.members(key, private=True)
        return {**made, "kid": key.thumbprint(), "created": now, "until": 0.0}

    def _members(self, key: SigningKey, created: float, until: float) -> dict[str, Any]:
        return {**self._kind.members(key, private=True), "created": created, "until": until}

    def _parsed(self, text: bytes, written: float) -> _Stored:
        """`written` counts for a key that does not say when it was made."""
        members = json.loads(text)
        key = self._kind.parse({name: members[name] for name in (*self._kind.public, *self._kind.private)})
        return _Stored(key, float(members.get("created", written)), float(members.get("until", 0.0)))

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """No other thread or process replaces the key meanwhile. The lock goes with whoever holds it."""
        handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
            os.fsync(handle)
        finally:
            os.close(handle)

    @contextlib.contextmanager
    def _draft(self, members: Mapping[str, Any]) -> Iterator[Path]:
        """A file with a key, complete and on the disk, gone afterwards unless it was given another name."""
        draft = self._folder / f".{uuid.uuid4().hex}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(json.dumps(members).encode())
                file.flush()
                os.fsync(file.fileno())
                _give_to_owner_of(self._folder.parent, file.fileno())
            yield draft
        finally:
            draft.unlink(missing_ok=True)


class SigningKeys:
    """The keys of an installation: `access` sign access tokens, `identity` ID tokens; `all` are accepted."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        stores = {algorithm: KeyStore.of(settings, kind) for algorithm, kind in KINDS.items()}
        self.access = stores[settings["accounts.access_token_algorithm"]]
        self.identity = stores[RS256.algorithm]
        # Those that sign come first: access tokens are checked most often.
        self.all = tuple(sorted(stores.values(), key=lambda store: store is not self.access))

    @property
    def signing(self) -> tuple[KeyStore, ...]:
        """Those that sign, each once."""
        return tuple(store for store in self.all if store in (self.access, self.identity))

    def public_keys(self) -> list[dict[str, Any]]:
        """The public keys of all; ProviderUnavailable."""
        return [key for store in self.all for key in store.public_keys()]


_DAMAGED = (JoseError, ValueError, KeyError, TypeError, RecursionError)


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
