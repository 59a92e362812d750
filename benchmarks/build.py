"""Build databases of generated results for later runs.

python -m benchmarks.build --keep DIR --size 1M [--database postgresql]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.data.results import SEED, Generated
from benchmarks.databases.store import KINDS, Store, size_of, to_stderr


def main() -> None:
    options = argparse.ArgumentParser(
        prog="python -m benchmarks.build", description=__doc__.partition("\n")[0]
    )
    options.add_argument("--keep", type=Path, metavar="DIR", required=True, help="where they are put")
    options.add_argument("--size", type=size_of, action="append", required=True, help="10k, 100k, 1M")
    options.add_argument("--seed", type=int, default=SEED, help="of the generated data (%(default)s)")
    options.add_argument("--database", choices=KINDS, action="append", help="only this one; may be repeated")
    chosen = options.parse_args()
    for kind in chosen.database or KINDS:
        with Store(kind, chosen.keep, to_stderr) as store:
            for size in chosen.size:
                to_stderr(f"{kind}: {store.built(Generated(size, chosen.seed))}")


if __name__ == "__main__":
    main()
