"""A short run of the fuzzer, in a process of its own: generated requests find no undocumented answer."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

REQUESTS = 500


def test_generated_requests_get_documented_answers(empty_database_url: str) -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--requests", str(REQUESTS), "--seed", "1"]
    ran = subprocess.run(
        [*command, "--seconds", "300", "--database", empty_database_url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    shown = ran.stdout[-8000:] + ran.stderr[-2000:]
    assert ran.returncode == 0, shown
    summary = re.search(r"^(\d+) requests, (\d+) operations, 0 failures", ran.stdout, re.MULTILINE)
    assert summary, shown
    assert int(summary[1]) == REQUESTS
