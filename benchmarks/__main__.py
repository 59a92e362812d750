"""Measure how quickly the platform answers, on SQLite and PostgreSQL, and beside it what that is close to.

    python -m benchmarks [--size 10k] [--database postgresql] [--seconds 3] [--keep DIR] [--only NAME]
                         [--mixed SECONDS] [--lines FILE]

Fills databases with generated results, starts servers of its own on ports of this machine, asks them, and
stops them. Prints a Markdown document; benchmarks/README.md says how to read it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import machine, measuring, report
from benchmarks.data.results import SEED, Generated
from benchmarks.databases.store import KINDS, Store, size_of, to_stderr
from benchmarks.workloads.setting import Line
from eoscperf.testing.postgresql import ServerUnavailable


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    options.add_argument(
        "--size", type=size_of, action="append", help="results: 10k, 100k, 1M; may be repeated (10k)"
    )
    options.add_argument("--seed", type=int, default=SEED, help="of the generated data (%(default)s)")
    options.add_argument("--database", choices=KINDS, action="append", help="only this one; may be repeated")
    options.add_argument("--seconds", type=float, default=1.5, help="for each kind of request (%(default)s)")
    options.add_argument("--clients", type=int, default=4, help="readers at the same time (%(default)s)")
    options.add_argument("--workers", type=int, default=2, help="server processes (%(default)s)")
    options.add_argument("--keep", type=Path, metavar="DIR", help="where built databases are, and stay")
    options.add_argument(
        "--only", choices=measuring.WORKLOADS, action="append", metavar="NAME", default=[],
        help=f"only this workload; may be repeated: {', '.join(measuring.WORKLOADS)}",
    )  # fmt: skip
    options.add_argument(
        "--mixed", type=float, default=0, metavar="SECONDS", help="readers and writers together"
    )
    options.add_argument(
        "--lines",
        type=Path,
        metavar="FILE",
        help="add the figures to this file, as JSON lines, each when it is measured",
    )
    chosen = options.parse_args()
    if min(chosen.size or [10_000]) < 1000:
        options.error("--size must be at least 1000, so that there are pages to turn")
    # Ended from outside, it still takes its servers along.
    signal.signal(signal.SIGTERM, lambda signum, frame: sys.exit(128 + signum))
    run = machine.described(f"python -m benchmarks {_shown(sys.argv[1:])}".strip())
    lines: list[Line] = []
    with kept(chosen.keep) as folder, noting(chosen.lines) as note:
        note({"run": run})
        for kind in chosen.database or KINDS:
            try:
                for size in sorted(chosen.size or [10_000]):
                    with Store(kind, folder, to_stderr) as store:
                        lines += measuring.measure(store, Generated(size, chosen.seed), plan(chosen), note)
            except ServerUnavailable as problem:
                to_stderr(f"{kind} is left out: {problem}")
        ended = {"load_after": f"{os.getloadavg()[0]:.1f}"}
        note({"ended": ended})
    print(report.document([{"run": run}, *lines, {"ended": ended}]), end="")


def plan(chosen: argparse.Namespace) -> measuring.Plan:
    return measuring.Plan(
        seconds=chosen.seconds,
        clients=chosen.clients,
        workers=chosen.workers,
        only=frozenset(chosen.only),
        mixed=chosen.mixed,
    )


def _shown(arguments: list[str]) -> str:
    """The command line; where files are on this machine concerns nobody."""
    places = {"--keep": "DIR", "--lines": "FILE"}
    shown = [places.get(option, text) for option, text in zip(["", *arguments], arguments, strict=False)]
    return shlex.join(shown)


@contextlib.contextmanager
def noting(path: Path | None) -> Iterator[Callable[[Line], None]]:
    """Adds lines to a file, if there is one: what was measured stays, however the run ends."""
    with contextlib.nullcontext() if path is None else path.open("a") as file:

        def note(line: Line) -> None:
            if file is not None:
                file.write(json.dumps(line) + "\n")
                file.flush()

        yield note


@contextlib.contextmanager
def kept(folder: Path | None) -> Iterator[Path]:
    """The folder, or one that is gone afterwards."""
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="eoscperf-bench-") as name:
        yield Path(name)


if __name__ == "__main__":
    main()
