"""What the demonstration data is: two benchmarks with their sites, flavors, tags and runs.

The measurements are tables beside this file; their origin and method are in docs/demo.md.
"""

from __future__ import annotations

import csv
import datetime
import json
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any

PUBLISHED = datetime.datetime(2022, 1, 1, tzinfo=datetime.UTC)
"""Stands for the unknown times of the c-ray runs, which were published between 2021 and 2023."""

LOCAL_SITE = "eoscperf development machine"


@dataclass(frozen=True, slots=True)
class Account:
    """Who demonstration data belongs to; its issuer is nobody's, so that nobody can log in as it."""

    sub: str
    email: str


C_RAY_UPLOADER = Account("c-ray", "c-ray@demo.invalid")
ZSTD_UPLOADER = Account("zstd", "zstd@demo.invalid")
MODERATOR = Account("moderator", "moderator@demo.invalid")


@dataclass(frozen=True, slots=True)
class DemoSite:
    name: str
    address: str
    description: str


@dataclass(frozen=True, slots=True)
class DemoFlavor:
    site: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class DemoTag:
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class DemoRun:
    flavor: DemoFlavor
    execution_datetime: datetime.datetime
    tags: tuple[str, ...]
    json: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DemoBenchmark:
    """A benchmark and everything that comes with it."""

    uploader: Account
    image: str
    tag: str
    url: str
    description: str
    schema: dict[str, Any]
    sites: tuple[DemoSite, ...]
    tags: tuple[DemoTag, ...]
    runs: tuple[DemoRun, ...]

    @property
    def flavors(self) -> tuple[DemoFlavor, ...]:
        return tuple(dict.fromkeys(run.flavor for run in self.runs))


def benchmarks() -> tuple[DemoBenchmark, ...]:
    return _c_ray(), _zstd()


def _c_ray() -> DemoBenchmark:
    origin = "Used by the c-ray runs that the project EOSC-synergy published between 2021 and 2023."
    places = {
        "ifca-lcg2": "IFCA-LCG2, Instituto de Física de Cantabria, Santander, Spain",
        "cesnet-mcc": "CESNET-MCC, CESNET, Czech Republic",
        "iisas-fedcloud": "IISAS-FedCloud, Institute of Informatics of the Slovak Academy of Sciences,"
        " Bratislava, Slovakia",
        "ncg-ingrid-pt": "NCG-INGRID-PT, LIP / INCD, Lisbon, Portugal",
        "cesga": "CESGA, Centro de Supercomputación de Galicia, Santiago de Compostela, Spain",
    }
    return DemoBenchmark(
        uploader=C_RAY_UPLOADER,
        image="thechristophe/openbench-c-ray",
        tag="latest",
        url="https://github.com/EOSC-synergy/eosc-perf",
        description=(
            "c-ray 1.2, a small multithreaded ray tracer, renders one picture in 4K with 16 rays per pixel."
            " Each run is the mean of three or more repetitions, in seconds; lower is better.\n\n"
            "The runs are facts from results published by their authors: github EOSC-synergy/eosc-perf,"
            " MIT licence, 2021-2023. Nobody wrote down when they were executed: 2022-01-01 stands for"
            " that period."
        ),
        schema=_schema("c-ray"),
        sites=tuple(DemoSite(name, address, origin) for name, address in places.items()),
        tags=(
            DemoTag("cloud", "Measured on a virtual machine of a cloud site"),
            DemoTag("published-2021-2023", "Published by others; taken over as a table of facts"),
            DemoTag("execution-date-unknown", "The execution date stands for a period"),
            _INTEL,
            DemoTag("amd", "Measured on a processor by AMD"),
        ),
        runs=tuple(_c_ray_run(row) for row in _table("c-ray")),
    )


def _c_ray_run(row: dict[str, str]) -> DemoRun:
    cores, processor = int(row["cores"]), row["processor"]
    # The virtual machines of one site call themselves Westmere, which is a processor by Intel.
    vendor = "amd" if processor.startswith("AMD ") else "intel"
    return DemoRun(
        flavor=DemoFlavor(row["site"], row["flavor"], f"{_cores(cores)} of {processor}"),
        execution_datetime=PUBLISHED,
        tags=("cloud", "published-2021-2023", "execution-date-unknown", vendor),
        json={
            "test": "pts/c-ray-1.2.0",
            "arguments": "Total Time - 4K, 16 Rays Per Pixel",
            "units": "Seconds",
            "machine": {"cpu": {"arch": row["architecture"], "brand_raw": processor, "count": cores}},
            "result": {"score": float(row["score"]), "all_results": row["samples"]},
        },
    )


def _zstd() -> DemoBenchmark:
    return DemoBenchmark(
        uploader=ZSTD_UPLOADER,
        image="debian",
        tag="bookworm-slim",
        url="https://facebook.github.io/zstd/",
        description=(
            "Compression and decompression speed of zstd 1.5.4, the version of Debian 12, on its own"
            " synthetic block of 10 MB, at four compression levels. A run is the median of three samples"
            " in MB/s; higher is better.\n\n"
            "Measured directly on the machine, without a container. In this image the same is measured by:\n"
            'docker run --rm -v "$PWD/benchmarks:/b:ro" debian:bookworm-slim sh -c'
            ' "apt-get update >&2 && apt-get install -y python3 zstd >&2 && python3 /b/measure_zstd.py"\n'
            "where benchmarks/measure_zstd.py is part of eoscperf."
        ),
        schema=_schema("zstd"),
        sites=(
            DemoSite(
                LOCAL_SITE,
                "a virtual machine on which eoscperf was developed; nobody offers it",
                "2 vCPUs of an Intel Xeon at 2.50 GHz under KVM. It did other work while it was measured.",
            ),
        ),
        tags=(DemoTag("self-measured", "Measured by the authors of eoscperf"), _INTEL),
        runs=tuple(_zstd_run(row) for row in _table("zstd")),
    )


def _zstd_run(row: dict[str, str]) -> DemoRun:
    cores = int(row["cores"])
    return DemoRun(
        flavor=DemoFlavor(LOCAL_SITE, _cores(cores), f"zstd pinned to {_cores(cores)} with taskset"),
        execution_datetime=datetime.datetime.fromisoformat(row["execution_datetime"]),
        tags=("self-measured", "intel"),
        json={
            "tool": {"name": "zstd", "version": "1.5.4"},
            "workload": {"level": int(row["level"]), "block_bytes": 10_000_000},
            "machine": {
                "cpu": {
                    "arch": "x86_64",
                    "brand": "Intel(R) Xeon(R) Processor @ 2.50GHz",
                    "count": cores,
                }
            },
            "result": {
                "compressed_bytes": int(row["compressed_bytes"]),
                "compression": _speed(row["compression"]),
                "decompression": _speed(row["decompression"]),
            },
        },
    )


def _speed(joined: str) -> dict[str, Any]:
    samples = [float(sample) for sample in joined.split(":")]
    return {"speed": statistics.median(samples), "samples": samples}


def _cores(number: int) -> str:
    return "1 core" if number == 1 else f"{number} cores"


def _table(name: str) -> Iterator[dict[str, str]]:
    """The rows of a table by column; lines of comment stand before its head."""
    lines = _text(f"{name}.csv").splitlines()
    return csv.DictReader(line for line in lines if not line.startswith("#"))


def _schema(name: str) -> dict[str, Any]:
    return json.loads(_text(f"{name}.schema.json"))


def _text(name: str) -> str:
    return resources.files("eoscperf.demo").joinpath(name).read_text(encoding="utf-8")


_INTEL = DemoTag("intel", "Measured on a processor by Intel")
