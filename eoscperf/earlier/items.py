"""Tags, sites, flavors and benchmarks, with the submissions of those that wait for a moderator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eoscperf.benchmarks.models import Benchmark
from eoscperf.earlier.documents import schema_document
from eoscperf.earlier.run import Run, Taken
from eoscperf.earlier.source import Chunks
from eoscperf.earlier.submits import take_submits
from eoscperf.listing import search_text
from eoscperf.results.models import Tag
from eoscperf.sites.models import Flavor, Site

_COMMON = {
    "description": "description",
    "upload_datetime": "upload_datetime",
    "uploader_id": "uploader",
    "status": "status",
}


def take_tags(run: Run) -> None:
    """Add the tags that are missing; who made them, and when, was not kept."""
    compared = {"name": "name", "description": "description", "status": "status"}
    names = run.target.names(Tag, ("name",), ("live",))
    for chunk in run.source.tags():
        taken = []
        for row in chunk:
            values = {
                "id": row.id,
                "name": row.name,
                "description": row.description,
                "upload_datetime": None,
                "status": "live",
                "status_entry_id": None,
                "uploader_id": None,
                "search_text": search_text(row.name, row.description),
            }
            taken.append(Taken(row, values))
        new, _ = run.sort_out("tag", Tag.__table__, taken, compared)
        check_names(run, "tag", names, ("name",), new)
        run.add("tag", Tag.__table__, new)
        run.progress.advance(len(chunk))


def take_sites(run: Run) -> None:
    """Add the sites that are missing."""
    for _ in _take(run, Site, run.source.sites(), ("name", "address")):
        pass


def take_flavors(run: Run) -> None:
    """Add the flavors that are missing, after their sites."""
    for one, here in _take(run, Flavor, run.source.flavors(), ("name", "site_id")):
        run.site_of[one.id] = here.site_id if here is not None else one.values["site_id"]


def take_benchmarks(run: Run) -> None:
    """Add the benchmarks that are missing; schemas that cannot be used are kept and reported."""
    columns = ("docker_image", "docker_tag", "url", "json_schema")
    for one, here in _take(run, Benchmark, run.source.benchmarks(), columns):
        if here is None:
            run.benchmarks.add(one.id)


def _take(run: Run, model: Any, chunks: Chunks, columns: tuple[str, ...]) -> Iterator[tuple[Taken, Any]]:
    """Take one kind over; gives every row with what was here of it before."""
    kind, table = model.kind, model.__table__
    compared = _COMMON | {column: column for column in columns}
    names = run.target.names(model, model.name_fields)
    for chunk in chunks:
        taken = [_item(run, model, row, columns) for row in chunk]
        new, here = run.sort_out(kind, table, taken, compared)
        check_names(run, kind, names, model.name_fields, new)
        run.add(kind, table, new)
        take_submits(run, kind, taken, here)
        run.progress.advance(len(chunk))
        yield from ((one, here.get(one.id)) for one in taken)


def _item(run: Run, model: Any, row: Any, columns: tuple[str, ...]) -> Taken:
    given = {column: getattr(row, column) for column in (*columns, "description")}
    values = {
        "id": row.id,
        "status": row.status or "on_review",
        "status_message": None,
        "deleted_from": None,
        "status_entry_id": None,
        "uploader_id": run.uploader(row),
    }
    one = Taken(row, values)
    if "json_schema" in given:
        schema = schema_document(given["json_schema"], run.schema_seconds)
        given["json_schema"] = schema.text
        if schema.mended:
            one.repaired = True
            one.notes.append(("mended_schemas", {}))
        if schema.unusable is not None:
            one.notes.append(("unusable_schemas", {"reason": schema.unusable}))
    values |= given
    # The model itself knows what a search looks into.
    values["search_text"] = search_text(*model(**given).searched())
    run.app_time(one, "upload_datetime", row.upload_datetime)
    return one


def check_names(
    run: Run, kind: str, names: Mapping[Any, Any], fields: tuple[str, ...], new: list[Taken]
) -> None:
    """Note names of new rows that are in use here; from then on nothing is written any more."""
    for one in new:
        holder = names.get(tuple(one.values[field] for field in fields))
        if holder is not None:
            name = ":".join(str(one.values[field]) for field in fields if field != "site_id")
            at = f" at site {one.values['site_id']}" if "site_id" in fields else ""
            run.taken_names.append(f"{kind} {name}{at}: {one.id} there, {holder} here")
            run.target.writing = False
