"""Public keys of an issuer: reading them, matching signatures with them, keeping them while it is down."""

from __future__ import annotations

import enum
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.util import base64_to_int

from eoscperf.errors import InvalidToken, ProviderUnavailable
from eoscperf.security.issuers import ALGORITHMS
from eoscperf.security.oidc_tokens import UnverifiedToken

KEYS_LIFETIME = 3600.0
REFETCH_PAUSE = 60.0
MAX_KEYS = 100
RSA_BITS = range(2048, 8193)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that may have signed a token; `algorithms` are those this very key can be used with."""

    kid: str | None
    algorithms: frozenset[str]
    key: RSAKey | ECKey | OKPKey

    def signed(self, token: UnverifiedToken) -> bool:
        """Whether the token's signature was made with this key."""
        # Looked up directly: JWSRegistry.get_alg warns of EdDSA, which is fine here since the
        # key fixes the curve; `algorithms` has only names that were allowed on purpose.
        algorithm = JWSRegistry.algorithms[token.header["alg"]]
        try:
            algorithm.check_key(self.key)
            return algorithm.verify(token.signing_input, token.signature, self.key)
        except (JoseError, ValueError, UnsupportedAlgorithm):
            return False


class Match(enum.Enum):
    """How the keys at hand fit a signature."""

    SIGNED = "signed"
    REFUSED = "refused"
    UNKNOWN_KEY = "unknown key"


def match_signature(token: UnverifiedToken, keys: Sequence[PublicKey]) -> Match:
    """Whether one of the keys made the signature, cannot have, or other keys are needed to tell."""
    kid = token.header.get("kid")
    named = [key for key in keys if kid is not None and key.kid == kid]
    # An issuer with a single key often gives it no id; a token may lack the id as well.
    candidates = named or [key for key in keys if kid is None or key.kid is None]
    if any(token.header["alg"] in key.algorithms and key.signed(token) for key in candidates):
        return Match.SIGNED
    return Match.REFUSED if named else Match.UNKNOWN_KEY


def read_keys(document: object) -> tuple[PublicKey, ...]:
    """Usable signature keys of a JSON Web Key Set; others in it are passed over."""
    members = document.get("keys") if isinstance(document, dict) else None
    return read_key_list(members) if isinstance(members, list) else ()


def read_key_list(members: Iterable[Any]) -> tuple[PublicKey, ...]:
    """Usable signature keys among JSON Web Keys."""
    keys = (_read_key(member) for member in list(members)[:MAX_KEYS])
    return tuple(key for key in keys if key is not None)


class IssuerKeys:
    """Keys of one issuer: fetched when needed, kept an hour, kept longer while `fetch` fails.

    `fetch` returns a JSON Web Key Set or raises ProviderUnavailable. Thread-safe: one thread
    fetches, the others go on with the keys at hand, or wait for it if there are none.
    """

    def __init__(self, name: str, fetch: Callable[[], object], clock: Callable[[], float]) -> None:
        self._name = name
        self._fetch = fetch
        self._clock = clock
        self._fetching = threading.Lock()
        self._keys: tuple[PublicKey, ...] = ()
        self._fetched_at = -float("inf")
        self._tried_at = -float("inf")
        self._refetched_at = -float("inf")
        self._refetch_failed = False

    def current(self) -> tuple[tuple[PublicKey, ...], bool]:
        """The keys to check with, and whether they were fetched for this very call.

        Raises ProviderUnavailable when keys could never be fetched.
        """
        if self._keys and (_within(self._clock(), self._fetched_at, KEYS_LIFETIME) or not self._may_renew()):
            return self._keys, False
        if not self._fetching.acquire(blocking=not self._keys):
            return self._keys, False
        try:
            if not self._keys or not _within(self._clock(), self._fetched_at, KEYS_LIFETIME):
                self._renew()
                return self._keys, True
        except ProviderUnavailable as failure:
            if not self._keys:
                raise
            log.warning("keys of issuer %s not renewed, going on with the old ones: %s", self._name, failure)
        finally:
            self._fetching.release()
        return self._keys, False

    def renewed(self, seen: tuple[PublicKey, ...]) -> tuple[PublicKey, ...]:
        """Keys newer than `seen`, or `seen` itself; asks the issuer at most once a minute.

        Raises ProviderUnavailable when the issuer could not be asked in the last minute: then nobody
        knows whether there are newer keys.
        """
        with self._fetching:
            if self._keys is not seen:
                return self._keys
            now = self._clock()
            if _within(now, self._refetched_at, REFETCH_PAUSE):
                if self._refetch_failed:
                    raise ProviderUnavailable(
                        f"The keys of issuer '{self._name}' cannot be renewed at the moment"
                    )
                return seen
            self._refetched_at = now
            self._refetch_failed = True
            self._renew()
            return self._keys

    def _may_renew(self) -> bool:
        return not _within(self._clock(), self._tried_at, REFETCH_PAUSE)

    def _renew(self) -> None:
        self._tried_at = self._clock()
        keys = read_keys(self._fetch())
        if not keys:
            raise ProviderUnavailable(f"Issuer '{self._name}' publishes no usable signature key")
        self._keys = keys
        self._fetched_at = self._clock()
        self._refetch_failed = False


class LocalKeys:
    """Keys of an issuer inside this process; read again only when they differ."""

    def __init__(self, source: Callable[[], Sequence[Any]]) -> None:
        self._source = source
        self._read: tuple[list[Any], tuple[PublicKey, ...]] = ([], ())

    def current(self) -> tuple[tuple[PublicKey, ...], bool]:
        """The keys as they are now, and that no others exist."""
        members = [dict(member) for member in self._source()]
        known, keys = self._read
        if members != known:
            keys = read_key_list(members)
            self._read = (members, keys)
        return keys, True

    def renewed(self, seen: tuple[PublicKey, ...]) -> tuple[PublicKey, ...]:
        """The same keys: nothing newer can exist."""
        return seen


def check_signature(token: UnverifiedToken, source: IssuerKeys | LocalKeys) -> tuple[PublicKey, ...]:
    """The keys of the issuer, one of which made the signature; InvalidToken when none did."""
    keys, newest = source.current()
    match = match_signature(token, keys)
    if match is Match.UNKNOWN_KEY and not newest:
        keys = source.renewed(keys)
        match = match_signature(token, keys)
    if match is not Match.SIGNED:
        raise InvalidToken("Signature does not match a key of the issuer")
    return keys


_CURVE_ALGORITHMS = {
    "P-256": frozenset({"ES256"}),
    "P-384": frozenset({"ES384"}),
    "P-521": frozenset({"ES512"}),
    "Ed25519": frozenset({"EdDSA"}),
    "Ed448": frozenset({"EdDSA"}),
}
_RSA_ALGORITHMS = frozenset(name for name in ALGORITHMS if name[:2] in ("RS", "PS"))


def _read_key(member: object) -> PublicKey | None:
    if not isinstance(member, dict) or member.get("use", "sig") != "sig":
        return None
    operations = member.get("key_ops")
    if operations is not None and not (isinstance(operations, list) and "verify" in operations):
        return None
    kid = member.get("kid")
    if kid is not None and not isinstance(kid, str):
        return None
    try:
        key, algorithms = _import(member)
    except (JoseError, KeyError, TypeError, ValueError, OverflowError, UnsupportedAlgorithm):
        return None
    designed = member.get("alg")
    if designed is not None:
        # The fully specified name of RFC 9864 in a key set means the same key.
        designed = "EdDSA" if designed in ("Ed25519", "Ed448") else designed
        algorithms = algorithms & {designed} if isinstance(designed, str) else frozenset()
    return PublicKey(kid, algorithms, key) if algorithms else None


def _import(member: dict[str, Any]) -> tuple[RSAKey | ECKey | OKPKey, frozenset[str]]:
    """Only the public parameters are taken over: neither private ones nor certificates matter here."""
    kind = member.get("kty")
    if kind == "RSA":
        # Modulus length first: joserfc only warns of short ones, and huge ones make a check slow.
        if len(member["n"]) > RSA_BITS.stop // 4 or base64_to_int(member["n"]).bit_length() not in RSA_BITS:
            raise ValueError("RSA modulus of an unusual length")
        return RSAKey.import_key({name: member[name] for name in ("kty", "n", "e")}), _RSA_ALGORITHMS
    algorithms = _CURVE_ALGORITHMS[member["crv"]]
    if kind == "EC":
        ec = ECKey.import_key({name: member[name] for name in ("kty", "crv", "x", "y")})
        return ec, algorithms
    if kind == "OKP":
        return OKPKey.import_key({name: member[name] for name in ("kty", "crv", "x")}), algorithms
    raise ValueError("key of another kind")


def _within(now: float, since: float, seconds: float) -> bool:
    # A clock that was set back makes an age negative: then nothing counts as recent.
    return 0 <= now - since < seconds
