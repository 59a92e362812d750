"""How a request for many results is read, and answered with a page or with an export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyramid.response import Response

from eoscperf import errors
from eoscperf.errors import Issue
from eoscperf.extend.directives import ExportFormat, export_formats
from eoscperf.rest import pages, pipeline
from eoscperf.rest import query as query_string
from eoscperf.rest.renderer import raw
from eoscperf.results import filters, jsonpath, query
from eoscperf.results.exports.found import find
from eoscperf.results.exports.stream import ExportStream
from eoscperf.results.query import Criteria
from eoscperf.results.schemas import MOST_COLUMNS
from eoscperf.results.service import Results


def answer_results(request: Any, *, own: bool = False) -> Any:
    """A page of the results asked for, or all of them as an export; with `own` only the caller's."""
    criteria = read_criteria(request.query, own=own)
    keys = pages.sort_keys(request, query.SORT)
    export = _export_asked_for(request, request.query.get("format"), _Problems())
    if export is not None:
        columns = tuple(jsonpath.parse(text) for text in request.query.get("columns", ()))
        return _export(request, export, criteria, keys, columns)
    results = request.find_service(Results)
    return pages.answer_page(
        request, lambda asked, binding: results.page(criteria, keys, asked, binding), raw
    )


def check_query(request: Any, sent: Mapping[str, Any]) -> tuple[list[Issue], dict[str, Any]]:
    """What is wrong with filters, format and columns, and where in the first bad filter.

    Raises NotAcceptable for an export that this installation cannot write.
    """
    problems = _Problems()
    limits = request.registry.settings
    for text in sent.get("filters", ())[: limits["limits.filters"]]:
        # Longer ones are refused for that.
        if len(text) <= limits["limits.filter"]:
            _check_filter(text, problems)
    export = _export_asked_for(request, sent.get("format"), problems)
    _check_columns(request, export, sent.get("columns", ()), problems)
    return problems.issues, problems.members


class _Problems:
    """What is wrong with a query, gathered to be told all at once."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.members: dict[str, Any] = {}

    def add(self, detail: str, key: str) -> None:
        self.issues.append(Issue(detail, "query", key))


def read_criteria(asked: Mapping[str, Any], *, own: bool = False) -> Criteria:
    """What is asked for, from the checked query."""
    return Criteria(
        benchmark_ids=tuple(asked.get("benchmark_id", ())),
        site_ids=tuple(asked.get("site_id", ())),
        flavor_ids=tuple(asked.get("flavor_id", ())),
        ids=tuple(asked.get("ids", ())),
        tags_ids=tuple(asked.get("tags_ids", ())),
        terms=tuple(asked.get("terms", ())),
        filters=tuple(filters.parse(text, most=len(text)) for text in asked.get("filters", ())),
        upload_before=asked.get("upload_before"),
        upload_after=asked.get("upload_after"),
        execution_before=asked.get("execution_before"),
        execution_after=asked.get("execution_after"),
        status=asked.get("status"),
        own=own,
    )


def _check_filter(text: str, problems: _Problems) -> None:
    try:
        filters.parse(text, most=len(text))
    except filters.FilterSyntax as problem:
        problems.add(f"{text[:80]!r}, character {problem.position}: {problem.detail}", "filters")
        problems.members.setdefault("position", problem.position)
        problems.members.setdefault("example", problem.example)


def _export_asked_for(request: Any, name: str | None, problems: _Problems) -> ExportFormat | None:
    """The export format of that name (`format`), else the one that Accept prefers to a page."""
    formats = export_formats(request.registry)
    if name is None:
        fitting = (e for e in formats.values() if e.by_accept and e.media_type == request.media_type)
        return next(fitting, None)
    if name not in formats:
        problems.add(f"must be one of {', '.join(sorted(formats))}", "format")
        return None
    if not formats[name].available():
        available = sorted(export.name for export in formats.values() if export.available())
        raise errors.NotAcceptable(
            f"This installation cannot write {name}; it can write {', '.join(available)}.",
            available=available,
        )
    return formats[name]


def _check_columns(
    request: Any, export: ExportFormat | None, texts: Sequence[str], problems: _Problems
) -> None:
    if texts and (export is None or not export.columns):
        able = sorted(e.name for e in export_formats(request.registry).values() if e.columns)
        problems.add(f"only goes with the export formats {', '.join(able)}", "columns")
    for text in texts[:MOST_COLUMNS]:
        try:
            jsonpath.parse(text)
        except jsonpath.BadPath as problem:
            problems.add(f"{text[:80]!r}, character {problem.position}: {problem.detail}", "columns")
    if export is not None:
        given = {key for key, _ in query_string.pairs(request.environ.get("QUERY_STRING", ""))}
        for key in pages.POSITION:
            if key in given:
                problems.add("cannot be combined with an export, which has everything found", key)


def _export(request: Any, export: ExportFormat, criteria: Criteria, keys: Any, columns: Any) -> Response:
    request.registry["eoscperf.rates"].spend("exports", pipeline.caller(request), "exports")
    answer = Response(content_type=export.media_type, charset=_charset(export))
    answer.headers["Content-Disposition"] = f'attachment; filename="results.{export.extension}"'
    if request.method != "HEAD":
        registry, viewer = request.registry, request.viewer
        # What the request itself read is over: holding its connection while the export takes another
        # one would let a few exports at once wait for each other for ever.
        request.dbsession.close()
        request.tm.abort()
        request.tm.begin()
        answer.app_iter = ExportStream(
            registry["eoscperf.export_slots"],
            registry["dbsession_factory"],
            lambda session: find(
                session,
                criteria,
                viewer,
                keys,
                columns,
                export.most,
                registry["eoscperf.catalogue"],
                registry["eoscperf.nested"],
            ),
            lambda rows: export.writer(rows, columns),
        )
    warning = request.response.headers.get("WWW-Authenticate")
    if warning:
        answer.headers["WWW-Authenticate"] = warning
    return answer


def _charset(export: ExportFormat) -> str | None:
    return "UTF-8" if export.media_type.startswith("text/") else None
