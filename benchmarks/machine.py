"""The machine and the versions a run was made with."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
import sqlite3
import time
from pathlib import Path

import psutil

VERSIONS = ("eoscperf", "SQLAlchemy", "psycopg", "pyramid", "waitress", "orjson")


def described(command: str) -> dict[str, str]:
    """What stands above the figures."""
    memory = psutil.virtual_memory().total / 2**30
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "command": command,
        "machine": (
            f"{os.cpu_count()} x {_processor()}, {memory:.0f} GiB of memory, "
            f"{platform.system()} {platform.release()}"
        ),
        "versions": ", ".join(
            [
                f"Python {platform.python_version()}",
                f"SQLite {sqlite3.sqlite_version}",
                *(f"{name} {importlib.metadata.version(name)}" for name in VERSIONS),
            ]
        ),
        "load_before": f"{os.getloadavg()[0]:.1f}",
    }


def _processor() -> str:
    with contextlib.suppress(OSError):
        for text in Path("/proc/cpuinfo").read_text().splitlines():
            if text.startswith("model name"):
                return text.partition(":")[2].strip()
    return platform.processor() or platform.machine()
