"""Exports: everything a search finds, in one stream, in the formats that are registered."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    from eoscperf.results.exports import parquet, text
    from eoscperf.results.exports.slots import Slots

    config.registry["eoscperf.export_slots"] = Slots(config.get_settings()["limits.exports"])
    config.add_export_format(
        "csv", "text/csv", text.write_csv, columns=True, help="table for spreadsheets (RFC 4180)"
    )
    config.add_export_format(
        "ndjson", "application/x-ndjson", text.write_ndjson, help="one result per line, as in a page"
    )
    config.add_export_format(
        "json", "application/json", text.write_json, by_accept=False, help="all results in one array"
    )
    config.add_export_format(
        "md",
        "text/markdown",
        text.write_markdown,
        most=1000,
        by_accept=False,
        help="Markdown table of the first 1000 results",
    )
    if parquet.is_installed():
        config.add_capability("parquet", "Results as Parquet files")
    config.add_export_format(
        "parquet",
        "application/vnd.apache.parquet",
        parquet.write_parquet,
        columns=True,
        available=parquet.is_installed,
        help="table for data frames",
    )
