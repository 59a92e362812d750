"""Reads ECMA-262 regular expressions, as JSON Schema uses them, into a tree."""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Iterable
from typing import NoReturn

import regex

MAX_LENGTH = 10_000
MAX_GROUPS_DEEP = 50
MAX_LOOKS = 50

Ranges = tuple[tuple[int, int], ...]


class PatternError(ValueError):
    """The pattern is no ECMA-262 regular expression, or has parts that cannot be matched in bounded time."""


class Characters:
    """One character out of a set of ranges and Unicode properties, or out of all others."""

    __slots__ = ("_ends", "_starts", "negative", "parts")

    def __init__(
        self, ranges: Ranges, parts: tuple[Characters | Property, ...] = (), *, negative: bool = False
    ) -> None:
        merged: list[list[int]] = []
        for low, high in sorted(ranges):
            if merged and low <= merged[-1][1] + 1:
                merged[-1][1] = max(high, merged[-1][1])
            else:
                merged.append([low, high])
        self._starts = [low for low, _ in merged]
        self._ends = [high for _, high in merged]
        self.parts = parts
        self.negative = negative

    def fits(self, char: str) -> bool:
        code = ord(char)
        index = bisect_right(self._starts, code) - 1
        inside = index >= 0 and code <= self._ends[index]
        return (inside or any(part.fits(char) for part in self.parts)) != self.negative


class Property:
    """A Unicode property, `\\p{...}` or `\\P{...}`."""

    __slots__ = ("_compiled",)

    def __init__(self, name: str, *, negative: bool) -> None:
        # Only the test of one character is left to the regex module: that cannot take long.
        self._compiled = regex.compile(rf"\{'P' if negative else 'p'}{{{name}}}")

    def fits(self, char: str) -> bool:
        return self._compiled.match(char) is not None


class Sequence:
    """One part after the other."""

    __slots__ = ("parts",)

    def __init__(self, parts: list[Node]) -> None:
        self.parts = parts


class Choice:
    """One of several options."""

    __slots__ = ("options",)

    def __init__(self, options: list[Node]) -> None:
        self.options = options


class Repeat:
    """A part `least` to `most` times; `None` has no end."""

    __slots__ = ("least", "most", "part")

    def __init__(self, part: Node, least: int, most: int | None) -> None:
        self.part = part
        self.least = least
        self.most = most


class Assertion:
    """`start`, `end`, `boundary` or `inside` (no word boundary)."""

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind = kind


class LookAround:
    """What must, or must not, come next or come before."""

    __slots__ = ("ahead", "negative", "part")

    def __init__(self, part: Node, *, ahead: bool, negative: bool) -> None:
        self.part = part
        self.ahead = ahead
        self.negative = negative


Node = Characters | Sequence | Choice | Repeat | Assertion | LookAround


def parse(source: str) -> Node:
    """The tree of a pattern; raises `PatternError` with a reason that reads after the pattern's name."""
    if len(source) > MAX_LENGTH:
        raise PatternError(f"is longer than {MAX_LENGTH} characters")
    return _Parser(source).pattern()


def is_word(char: str) -> bool:
    """Whether the character is a letter, digit or underscore of ASCII, which alone make words here."""
    return char.isascii() and (char.isalnum() or char == "_")


_LAST = 0x10FFFF
_DIGITS: Ranges = ((0x30, 0x39),)
_WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_SPACE: Ranges = (
    (0x09, 0x0D),
    (0x20, 0x20),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
    (0xFEFF, 0xFEFF),
)
_LINE_ENDS: Ranges = ((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029))
_CLASSES = {"d": _DIGITS, "w": _WORD, "s": _SPACE}
_CONTROLS = {"t": 0x09, "n": 0x0A, "v": 0x0B, "f": 0x0C, "r": 0x0D}
_GROUPS = {"?:": None, "?=": (True, False), "?!": (True, True), "?<=": (False, False), "?<!": (False, True)}
_DOT = Characters(_LINE_ENDS, negative=True)


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.depth = 0
        self.looks = 0
        self.single: dict[int, Characters] = {}

    def pattern(self) -> Node:
        node = self.choice()
        if self.at < len(self.source):
            self.fail("has a `)` without a `(`")
        return node

    def choice(self) -> Node:
        options = [self.sequence()]
        while self.take("|"):
            options.append(self.sequence())
        return options[0] if len(options) == 1 else Choice(options)

    def sequence(self) -> Node:
        parts: list[Node] = []
        while self.at < len(self.source) and self.source[self.at] not in "|)":
            parts.append(self.quantified(self.atom()))
        return parts[0] if len(parts) == 1 else Sequence(parts)

    def quantified(self, part: Node) -> Node:
        start = self.at
        bounds = self.quantifier()
        if bounds is None:
            return part
        least, most = bounds
        if isinstance(part, Assertion) or (isinstance(part, LookAround) and not part.ahead):
            self.fail("repeats something that matches no character", start)
        if most is not None and most < least:
            self.fail("has a repetition whose bounds are out of order", start)
        self.take("?")
        following = self.at
        if self.quantifier() is not None:
            self.fail("has nothing to repeat", following)
        if isinstance(part, LookAround):
            # Looking several times at one place sees the same; looking at most none sees nothing.
            return part if least else Sequence([])
        return Repeat(part, least, most)

    def quantifier(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.take(sign):
                return bounds
        if self.source[self.at : self.at + 1] != "{":
            return None
        end = self.source.find("}", self.at)
        low, comma, high = self.source[self.at + 1 : end].partition(",") if end > 0 else ("", "", "")
        if not _is_number(low) or (high and not _is_number(high)):
            return None
        self.at = end + 1
        # A number of ten digits is as good as any larger one: it is refused for its size.
        least = int(low[:10])
        return least, (int(high[:10]) if high else None) if comma else least

    def atom(self) -> Node:
        start = self.at
        char = self.source[self.at]
        if char in "*+?":
            self.fail("has nothing to repeat")
        if char == "{" and self.quantifier() is not None:
            self.fail("has nothing to repeat", start)
        self.at += 1
        if char == "(":
            return self.group()
        if char == "[":
            return self.character_class()
        if char == "^":
            return Assertion("start")
        if char == "$":
            return Assertion("end")
        if char == ".":
            return _DOT
        if char == "\\":
            return self.escape()
        return self.one(ord(char))

    def one(self, code: int) -> Characters:
        found = self.single.get(code)
        if found is None:
            found = self.single[code] = Characters(((code, code),))
        return found

    def group(self) -> Node:
        start = self.at - 1
        self.depth += 1
        if self.depth > MAX_GROUPS_DEEP:
            self.fail(f"has groups nested deeper than {MAX_GROUPS_DEEP}", start)
        look: tuple[bool, bool] | None = None
        if self.source.startswith("?", self.at):
            for opening in ("?:", "?=", "?!", "?<=", "?<!"):
                if self.take(opening):
                    look = _GROUPS[opening]
                    break
            else:
                name_end = self.source.find(">", self.at)
                name = self.source[self.at + 2 : name_end]
                if not self.source.startswith("?<", self.at) or name_end < 0 or not name.isidentifier():
                    self.fail("has a `(?` group that ECMA-262 does not know", start)
                self.at = name_end + 1
        inner = self.choice()
        if not self.take(")"):
            self.fail("has a `(` without a `)`", start)
        self.depth -= 1
        if look is None:
            return inner
        self.looks += 1
        if self.looks > MAX_LOOKS:
            self.fail(f"looks ahead or back at more than {MAX_LOOKS} places", start)
        ahead, negative = look
        return LookAround(inner, ahead=ahead, negative=negative)

    def escape(self) -> Node:
        start = self.at - 1
        char = self.source[self.at : self.at + 1]
        if char == "b" or char == "B":
            self.at += 1
            return Assertion("boundary" if char == "b" else "inside")
        if char == "k" or (char.isdigit() and char != "0"):
            self.fail("has a back-reference, which cannot be matched in bounded time", start)
        found = self.escaped()
        return self.one(found) if isinstance(found, int) else found

    def escaped(self) -> int | Characters:
        r"""What follows a `\`, in a class or outside: one character, or a set of them."""
        start = self.at - 1
        char = self.source[self.at : self.at + 1]
        self.at += 1
        if char and char in "dswDSW":
            return Characters(_CLASSES[char.lower()], negative=char.isupper())
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char == "0" and not self.source[self.at : self.at + 1].isdigit():
            return 0
        if char == "c" and self.source[self.at : self.at + 1].isalpha() and self.source[self.at].isascii():
            self.at += 1
            return ord(self.source[self.at - 1]) % 32
        if char == "x":
            return self.hexadecimal(2, start)
        if char == "u":
            return self.unicode_escape(start)
        if char and char in "pP":
            return Characters((), (self.unicode_property(char == "P", start),))
        if not char or (char.isascii() and char.isalnum()):
            self.fail(f"has the escape `\\{char}`, which ECMA-262 does not know", start)
        return ord(char)

    def hexadecimal(self, length: int, start: int) -> int:
        digits = self.source[self.at : self.at + length]
        if len(digits) < length or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
            self.fail("has an escape that lacks hexadecimal digits", start)
        self.at += length
        return int(digits, 16)

    def unicode_escape(self, start: int) -> int:
        if self.take("{"):
            end = self.source.find("}", self.at)
            code = self.hexadecimal(min(end - self.at, 7), start) if end > self.at else _LAST + 1
            if code > _LAST or not self.take("}"):
                self.fail("has an escape that is no Unicode character", start)
            return code
        code = self.hexadecimal(4, start)
        if 0xD800 <= code < 0xDC00 and self.source.startswith("\\u", self.at):
            before = self.at
            self.at += 2
            low = self.hexadecimal(4, start)
            if 0xDC00 <= low < 0xE000:
                return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
            self.at = before
        return code

    def unicode_property(self, negative: bool, start: int) -> Property:
        end = self.source.find("}", self.at)
        name = self.source[self.at + 1 : end]
        if (
            not self.take("{")
            or end < 0
            or not name.replace("_", "").replace("=", "", 1).isalnum()
            or len(name) > 60
        ):
            self.fail("has a Unicode property without a name in braces", start)
        self.at = end + 1
        try:
            return _property(name, negative)
        except regex.error:
            self.fail(f"names the unknown Unicode property `{name}`", start)

    def character_class(self) -> Characters:
        start = self.at - 1
        negative = self.take("^")
        ranges: list[tuple[int, int]] = []
        parts: list[Characters | Property] = []
        while not self.take("]"):
            low = self.class_member(start)
            if isinstance(low, Characters):
                parts.append(low)
                continue
            if self.source.startswith("-", self.at) and not self.source.startswith("-]", self.at):
                dash = self.at
                self.at += 1
                high = self.class_member(start)
                if isinstance(high, Characters):
                    ranges += [(low, low), (0x2D, 0x2D)]
                    parts.append(high)
                    continue
                if high < low:
                    self.fail("has a range that is out of order", dash)
                ranges.append((low, high))
            else:
                ranges.append((low, low))
        return Characters(tuple(ranges), tuple(parts), negative=negative)

    def class_member(self, start: int) -> int | Characters:
        if self.at >= len(self.source):
            self.fail("has a `[` without a `]`", start)
        char = self.source[self.at]
        self.at += 1
        if char != "\\":
            return ord(char)
        if self.take("b"):
            return 0x08
        return self.escaped()

    def take(self, text: str) -> bool:
        if self.source.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def fail(self, problem: str, at: int | None = None) -> NoReturn:
        raise PatternError(f"{problem} (character {(self.at if at is None else at) + 1})")


@functools.lru_cache(maxsize=256)
def _property(name: str, negative: bool) -> Property:
    return Property(name, negative=negative)


def _is_number(text: Iterable[str] | str) -> bool:
    return bool(text) and all(char in "0123456789" for char in text)
