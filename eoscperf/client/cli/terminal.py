"""Text of strangers, made harmless for terminals."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator

# Control characters steer the terminal; marks of direction make text look like another.
_HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_HARMFUL_IN_TEXT = re.compile(_HARMFUL.pattern.replace("\x00-\x1f", "\x00-\x08\x0b-\x1f"))


def harmless(text: str) -> str:
    """One line of text with `\\x1b` and the like in place of what would steer a terminal."""
    return _HARMFUL.sub(_escape, text)


def harmless_lines(text: str) -> str:
    """The same for text whose line breaks and tabs stay."""
    return _HARMFUL_IN_TEXT.sub(_escape, text)


def harmless_json(text: str) -> str:
    """The same for JSON text, which then still says the same."""
    return _HARMFUL_IN_TEXT.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def harmless_stream(parts: Iterable[bytes]) -> Iterator[str]:
    """The same for the bytes of a file that is shown as it arrives."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    for part in parts:
        # A line of CSV ends with CR LF, which is one line break to a terminal.
        yield harmless_lines(decoder.decode(part).replace("\r\n", "\n"))
    yield harmless_lines(decoder.decode(b"", final=True))


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
