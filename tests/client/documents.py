"""The shell blocks of a document and what it says they print."""

from __future__ import annotations

import re

_BLOCK = re.compile(r"^```sh\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?", re.DOTALL | re.MULTILINE)
_PYTHON = re.compile(r"^```python\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?", re.DOTALL | re.MULTILINE)

_CHANGING = (
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "ID"),
    (re.compile(r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( UTC|Z)?"), "TIME"),
    (re.compile(r"localhost:\d+"), "localhost:PORT"),
    (re.compile(r"[ \t]+"), " "),
)


def shell_blocks(text: str) -> list[tuple[str, str | None]]:
    """Each block of commands with what is printed below it, None if nothing is."""
    return [(block, said or None) for block, said in _BLOCK.findall(text)]


def python_blocks(text: str) -> list[tuple[str, str | None]]:
    """The same for Python."""
    return [(block, said or None) for block, said in _PYTHON.findall(text)]


def plain(output: str) -> str:
    """Output without what differs from run to run: ids, moments, ports, the width of columns."""
    for pattern, instead in _CHANGING:
        output = pattern.sub(instead, output)
    return "\n".join(line.strip() for line in output.strip().splitlines())


def matches(said: str, output: str) -> bool:
    """Whether output is what a document says; a line of three dots stands for any lines."""
    parts = [re.escape(line) if line != "..." else ".*" for line in plain(said).splitlines()]
    return re.fullmatch("\n".join(parts), plain(output), re.DOTALL) is not None
