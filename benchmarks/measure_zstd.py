"""Measure zstd on this machine, as a benchmark author would: several runs, several samples each.

    python benchmarks/measure_zstd.py --rounds 40 > runs.ndjson

Every round visits every configuration once (compression level x number of cores), so that a slow
minute of the machine touches all of them alike. A run is three samples; a sample is one call of
`zstd -q -b<level> -i1 -T<cores>` pinned with `taskset` to that many cores, which compresses and
decompresses zstd's own 10 MB synthetic block (half compressible) for about a second each way.

Each line of the output is one run in the shape of the benchmark's JSON Schema, beside the time it
was executed. The demo data in `eoscperf/demo/` is such a recording.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys

LEVELS = (1, 3, 6, 9)
SAMPLES = 3
LINE = re.compile(r"^-(\d+)\s+(\d+) \(([\d.]+)\)\s+([\d.]+) MB/s\s+([\d.]+) MB/s")


def sample(level: int, cores: int) -> tuple[int, float, float]:
    """One call: compressed bytes, compression and decompression speed in MB/s (10^6 bytes)."""
    pinned = ["taskset", "--cpu-list", f"0-{cores - 1}"]
    command = [*pinned, "zstd", "-q", f"-b{level}", "-i1", f"-T{cores}"]
    out = subprocess.run(command, capture_output=True, text=True, check=True)
    for line in (out.stdout + out.stderr).splitlines():
        found = LINE.match(line.strip())
        if found and int(found[1]) == level:
            return int(found[2]), float(found[4]), float(found[5])
    raise SystemExit(f"cannot read the output of {' '.join(command)}: {out.stdout}{out.stderr}")


def machine(cores: int) -> dict:
    """What the run saw of its machine; `count` is the number of cores it was pinned to."""
    brand = platform.processor() or "unknown"
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                brand = line.split(":", 1)[1].strip()
                break
    return {"cpu": {"arch": platform.machine(), "brand": brand, "count": cores}}


def version() -> str:
    out = subprocess.run(["zstd", "--version"], capture_output=True, text=True, check=True).stdout
    return re.search(r"v([\d.]+)", out)[1]


def run(level: int, cores: int, tool: str) -> dict:
    """One run of one configuration: medians and their samples."""
    taken = [sample(level, cores) for _ in range(SAMPLES)]
    compress = [one[1] for one in taken]
    decompress = [one[2] for one in taken]
    return {
        "tool": {"name": "zstd", "version": tool},
        "workload": {"level": level, "block_bytes": 10_000_000},
        "machine": machine(cores),
        "result": {
            "compressed_bytes": taken[0][0],
            "compression": {"speed": statistics.median(compress), "samples": compress},
            "decompression": {"speed": statistics.median(decompress), "samples": decompress},
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40, help="runs of each configuration")
    rounds = parser.parse_args().rounds
    tool = version()
    for number in range(rounds):
        for cores in range(1, (os.cpu_count() or 1) + 1):
            for level in LEVELS:
                begun = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
                line = {"execution_datetime": begun.isoformat().replace("+00:00", "Z")}
                print(json.dumps({**line, "json": run(level, cores, tool)}), flush=True)
        print(f"round {number + 1} of {rounds}", file=sys.stderr)


if __name__ == "__main__":
    main()
