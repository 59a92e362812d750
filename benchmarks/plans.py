"""Print how PostgreSQL answers the statements of the main requests: EXPLAIN (ANALYZE, BUFFERS).

    python -m benchmarks.plans --keep DIR [--size 1M] [--only "filter and sort"] > plans.md

The statements are those that the platform sends, heard while it answers the request.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.client.requests import path
from benchmarks.data.results import SEED, Generated
from benchmarks.databases import usage
from benchmarks.databases.store import Store, size_of, to_stderr
from benchmarks.floors.processes import connect
from benchmarks.server.recorded import Recorder, Statement, recorder
from benchmarks.server.workers import write_ini

LONGEST = 700
"""Characters of parameters that are shown."""


def main() -> None:
    options = argparse.ArgumentParser(
        prog="python -m benchmarks.plans", description=__doc__.partition("\n")[0]
    )
    options.add_argument("--keep", type=Path, metavar="DIR", required=True, help="where built databases are")
    options.add_argument("--size", type=size_of, default=1_000_000, help="10k, 100k, 1M (1M)")
    options.add_argument("--seed", type=int, default=SEED, help="of the generated data (%(default)s)")
    options.add_argument("--only", action="append", metavar="NAME", help="only this request; may be repeated")
    chosen = options.parse_args()
    generated = Generated(chosen.size, chosen.seed)
    with (
        Store("postgresql", chosen.keep, to_stderr) as store,
        store.clone(generated) as url,
        tempfile.TemporaryDirectory(prefix="eoscperf-bench-") as name,
        recorder(write_ini(Path(name), url)) as recorded,
    ):
        usage.forget(url)
        connection = connect(url)
        print(f"# Plans with {chosen.size:,} results\n")
        for title, target in requests(generated, recorded):
            if not chosen.only or title in chosen.only:
                explain(connection, title, target, recorded.statements(target))
        connection.close()
        print("# Scans of indexes by these requests\n")
        for index, scans in usage.of_indexes(url).items():
            print(f"- {index}: {scans}")


def requests(generated: Generated, recorded: Recorder) -> Iterator[tuple[str, str]]:
    """The main requests, by name."""
    catalogue = generated.catalogue
    biggest, newest = ("benchmark_id", catalogue.biggest.id), ("sort_by", "-execution_datetime")
    best = ("sort_by", "-json.result.bandwidth")
    half = "2022-01-01T00:00:00Z"
    rare = ("benchmark_id", catalogue.benchmarks[11].id)
    results: dict[str, list[tuple[str, object]]] = {
        "list": [newest],
        "list, default order": [],
        "list by upload": [("sort_by", "-upload_datetime")],
        "list of a site": [("site_id", catalogue.site_ids[0]), newest],
        "list of a rare flavor": [("flavor_id", catalogue.flavors[-1].id), newest],
        "list of a benchmark": [biggest, newest],
        "filter and sort": [biggest, ("filters", "result.gflops > 40"), best],
        "filter and sort, few": [biggest, ("filters", "result.gflops > 300"), best],
        "sort by JSON": [biggest, best],
        "several filters": [
            biggest,
            ("filters", "machine.cpu.count in [8, 16]"),
            ("filters", "run.exclusive == true"),
            ("filters", "software.compiler contains gcc"),
            newest,
        ],
        "text equals": [biggest, ("filters", 'machine.cpu.model == "AMD EPYC 7763"'), newest],
        "exists": [biggest, ("filters", "run.energy exists"), newest],
        "filter over all benchmarks": [("filters", "machine.cpu.count > 64"), newest],
        "undeclared filter": [rare, ("filters", "provenance.job > 2000000")],
        "tag": [("tags_ids", catalogue.tag_ids[0]), newest],
        "rare tag": [("tags_ids", catalogue.tag_ids[-1]), newest],
        "dates": [("execution_after", half), ("execution_before", "2022-07-01T00:00:00Z"), newest],
        "page in the middle": [newest, ("page", generated.size // 200)],
        "cursor": [newest, ("cursor", "")],
    }  # fmt: skip
    for title, query in results.items():
        yield title, path("/results", [*query, *([] if "cursor" in dict(query) else [("per_page", 100)])])
    for title, words in {
        "terms": ["karlsruhe"],
        "two terms": ["gpu", "hpcg"],
        "term of a tag": ["nightly"],
    }.items():
        yield title, path("/results:search", [*(("terms", word) for word in words), newest])
    yield "single", path(f"/results/{generated.ids(1)[0]}")
    yield "facets", path("/results:facets", [biggest])
    yield "facets of a part", path("/results:facets", [biggest, ("filters", "result.gflops > 40")])
    yield "facets of everything", path("/results:facets")


def explain(connection: Any, title: str, target: str, statements: list[Statement]) -> None:
    print(f"## {title}\n\n`GET {target}`\n")
    for text, parameters in statements:
        shown = str(parameters)
        print(f"```sql\n{text}\n-- {shown[:LONGEST]}{' ...' if len(shown) > LONGEST else ''}\n```\n")
        if not text.lstrip().upper().startswith(("SELECT", "WITH")):
            continue
        # Once before, so that what is read stands in memory as it does in a server that is asked often.
        connection.execute(text, parameters or ()).fetchall()
        plan = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS) {text}", parameters or ())
        print("```\n" + "\n".join(row[0] for row in plan.fetchall()) + "\n```\n")


if __name__ == "__main__":
    main()
