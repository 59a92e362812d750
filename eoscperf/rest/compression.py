"""Content codings: gzip and zstd, as the client prefers."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any
from zlib import MAX_WBITS, compressobj

import zstandard

LEAST_BYTES = 512
"""Shorter bodies do not get shorter by it."""

STREAM_LEVEL = 2
"""Of gzip for exports: level 6 takes more than twice as long and saves a tenth of what is left."""

_TEXTUAL = ("application/json", "application/problem+json", "application/x-ndjson", "text/")


def compress(request: Any, answer: Any) -> None:
    """Encode a response in place as Accept-Encoding allows; an ETag gets the coding as a suffix.

    A response may bring an `encoder(coding, encode)` of its own that knows the encoded body already.
    """
    if "HTTP_ACCEPT_ENCODING" not in request.environ:
        return
    if "Content-Encoding" in answer.headers or answer.status_int in (204, 304):
        return
    if not (answer.content_type or "").startswith(_TEXTUAL):
        return
    coding = preferred(request)
    if coding is None:
        return
    if _is_stream(answer):
        answer.app_iter = _ENCODERS[coding][1](answer.app_iter)
        answer.headers.pop("Content-Length", None)
    else:
        body = answer.body
        if len(body) < LEAST_BYTES:
            return
        encode = _ENCODERS[coding][0]
        encoder = getattr(answer, "encoder", None)
        answer.body = encoder(coding, encode) if encoder else encode(body)
    answer.headers["Content-Encoding"] = coding
    tag = answer.headers.get("ETag")
    if tag:
        answer.headers["ETag"] = f'{tag[:-1]}-{coding}"'


def preferred(request: Any) -> str | None:
    """The coding to use: the client's favourite of ours, gzip among equals; None for none."""
    if request.accept_encoding.parsed is None:
        # Absent, or nonsense, which says nothing about what the client can read.
        return None
    offers = request.accept_encoding.acceptable_offers(["gzip", "zstd", "identity"])
    ranked = dict(offers)
    codings = [name for name in ("gzip", "zstd") if ranked.get(name, 0) > 0]
    if not codings:
        return None
    best = max(codings, key=lambda name: ranked[name])
    return best if ranked[best] >= ranked.get("identity", 0) else None


def _is_stream(answer: Any) -> bool:
    return not isinstance(answer.app_iter, list | tuple)


class _EncodedStream:
    """A body that is encoded while it is sent."""

    def __init__(self, chunks: Iterable[bytes], coder: Any) -> None:
        self._chunks = chunks
        self._pieces = self._encoded(coder)

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        """The client may be gone, in the middle or before the first byte: what feeds us must be told, for it
        may hold a database session."""
        self._pieces.close()
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()

    def _encoded(self, coder: Any) -> Generator[bytes, None, None]:
        for chunk in self._chunks:
            encoded = coder.compress(chunk)
            if encoded:
                yield encoded
        yield coder.flush()


def _gzip_stream(chunks: Iterable[bytes]) -> _EncodedStream:
    return _EncodedStream(chunks, compressobj(STREAM_LEVEL, wbits=MAX_WBITS | 16))


def _zstd_stream(chunks: Iterable[bytes]) -> _EncodedStream:
    return _EncodedStream(chunks, zstandard.ZstdCompressor(level=3).compressobj())


_ENCODERS: dict[str, tuple[Callable[[bytes], bytes], Callable[[Iterable[bytes]], Iterable[bytes]]]] = {
    "gzip": (lambda body: gzip.compress(body, 6, mtime=0), _gzip_stream),
    "zstd": (lambda body: zstandard.ZstdCompressor(level=3).compress(body), _zstd_stream),
}
