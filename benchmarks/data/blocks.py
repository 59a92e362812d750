"""What the results of several benchmarks have in common."""

from __future__ import annotations

from benchmarks.data.leaves import Leaf, flag, number, one_of

CPUS = (
    "AMD EPYC 7742",
    "AMD EPYC 7763",
    "Intel Xeon Gold 6230",
    "Intel Xeon Platinum 8168",
    "AMD EPYC 9654",
    "Intel Xeon E5-2680 v4",
    "Intel Xeon Gold 6148",
    "AMD EPYC 7551",
    "Ampere Altra Q80-30",
    "Neoverse N1",
    "Intel Xeon Platinum 8480+",
    "IBM POWER9",
    "Fujitsu A64FX",
    "AMD Opteron 6378",
    "Intel Xeon E5-2650 v2",
)
GPUS = ("NVIDIA A100", "NVIDIA V100", "NVIDIA H100", "AMD Instinct MI250X", "NVIDIA T4", "NVIDIA K80")
CORES = (8, 16, 4, 32, 2, 64, 128, 48, 96, 1)
COMPILERS = ("gcc 12.2", "gcc 9.4", "gcc 13.1", "clang 15.0", "icx 2023.1", "nvc 23.5", "aocc 4.0")
KERNELS = ("5.14.0", "4.18.0", "5.15.0", "6.1.0", "3.10.0", "6.8.0", "5.4.0", "4.4.0")
SYSTEMS = ("AlmaLinux 9", "CentOS 7", "Ubuntu 22.04", "Debian 12", "Rocky 8", "Ubuntu 20.04", "SLES 15")
FLAGS = ("avx", "avx2", "avx512f", "sse4_2", "fma", "aes", "sve", "neon", "amx_tile", "bmi2")


def cpu(at: str, count: str = "count") -> list[Leaf]:
    """Which processor, how many of its cores, how fast."""
    return [
        one_of(f"{at}.model", "Processor", CPUS),
        one_of(f"{at}.{count}", "Number of cores", CORES),
        number(f"{at}.clock", "Clock rate", "GHz", 2.6, spread=0.2, digits=2, presence=0.8),
    ]


def gpu(at: str) -> list[Leaf]:
    """Which accelerators."""
    return [
        one_of(f"{at}.model", "Accelerator", GPUS),
        one_of(f"{at}.count", "Number of accelerators", (1, 2, 4, 8)),
        one_of(f"{at}.memory", "Memory of an accelerator", (40, 80, 16, 32), unit="GB"),
    ]


def software(at: str) -> list[Leaf]:
    """What the benchmark was built with and ran under."""
    return [
        one_of(f"{at}.compiler", "Compiler", COMPILERS),
        one_of(f"{at}.os", "Operating system", SYSTEMS),
        one_of(f"{at}.kernel", "Kernel", KERNELS, presence=0.7),
    ]


def run(at: str, seconds: float) -> list[Leaf]:
    """How long it took, under which conditions."""
    return [
        number(f"{at}.seconds", "Duration", "s", seconds),
        number(f"{at}.energy", "Energy", "kJ", seconds / 3, presence=0.4),
        flag(f"{at}.exclusive", "Nothing else ran", 0.8),
    ]
