"""docs/archive.md describes every file and every member, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from eoscperf.archive.contents import kinds
from tests.unit.archive.content import PLUGINS

TEXT = (Path(__file__).parents[3] / "docs/archive.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### (\S+\.ndjson)\n(.*?)(?=^#|\Z)", TEXT, re.MULTILINE | re.DOTALL))
KINDS = kinds(PLUGINS.split())


def test_every_file_is_described_in_the_order_of_an_archive():
    core = [kind.file for kind in KINDS if kind.owner == "core"]
    assert [name for name in SECTIONS if name in core] == core
    assert set(SECTIONS) == {kind.file for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_member_is_described_and_whether_it_may_be_null(kind):
    section = SECTIONS[kind.file]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.MULTILINE))
    if "as of\nbenchmarks" in section:
        above = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", SECTIONS["benchmarks.ndjson"], re.MULTILINE))
        rows |= {name: above[name] for name in re.findall(r"`(\w+)`", section.partition("\n\n|")[0])}
    assert set(rows) == {column.name for column in kind.columns}
    for column in kind.columns:
        assert rows[column.name].startswith("? ") == bool(column.nullable), column.name
