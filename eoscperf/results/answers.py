"""How a request for many results is read, and answered with a page or with an export."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyramid.response import Response

from eoscperf import errors
from eoscperf.errors import Issue
from eoscperf.extend.directives import ExportFormat, export_formats
from eoscperf.rest import pages, pipeline
from eoscperf.rest import query as query_string
from eoscperf.results import filters, jsonpath, query
from eoscperf.results.exports.stream import ExportStream, select_export
from eoscperf.results.query import Criteria
from eoscperf.results.schemas import ResultPresenter
from eoscperf.results.service import Results


def answer_results(request: Any, *, own: bool = False) -> Any:
    """A page of the results asked for, or all of them as an export; with `own` only the caller's."""
    problems = _Problems()
    criteria = _criteria(request, problems, own=own)
    export = _export_asked_for(request, problems)
    columns = _columns(request, export, problems)
    problems.check()
    keys = pages.sort_keys(request, query.SORT)
    if export is not None:
        return _export(request, export, criteria, keys, columns)
    results = request.find_service(Results)
    presenter = ResultPresenter(request.viewer)
    return pages.answer_page(
        request, lambda asked, binding: results.page(criteria, keys, asked, binding), presenter.present
    )


class _Problems:
    """What is wrong with a query, gathered to be told all at once."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.members: dict[str, Any] = {}

    def add(self, detail: str, key: str) -> None:
        self.issues.append(Issue(detail, "query", key))

    def check(self) -> None:
        if self.issues:
            raise errors.Invalid(self.issues, **self.members)


def _criteria(request: Any, problems: _Problems, *, own: bool) -> Criteria:
    asked = request.query
    return Criteria(
        benchmark_ids=tuple(asked.get("benchmark_id", ())),
        site_ids=tuple(asked.get("site_id", ())),
        flavor_ids=tuple(asked.get("flavor_id", ())),
        ids=tuple(asked.get("ids", ())),
        tags_ids=tuple(asked.get("tags_ids", ())),
        terms=tuple(asked.get("terms", ())),
        filters=_filters(asked.get("filters", ()), problems),
        upload_before=asked.get("upload_before"),
        upload_after=asked.get("upload_after"),
        execution_before=asked.get("execution_before"),
        execution_after=asked.get("execution_after"),
        status=asked.get("status"),
        own=own,
    )


def _filters(texts: Sequence[str], problems: _Problems) -> tuple[filters.Filter, ...]:
    found = []
    for text in texts:
        try:
            found.append(filters.parse(text))
        except filters.FilterSyntax as problem:
            problems.add(f"{text[:80]!r}, character {problem.position}: {problem.detail}", "filters")
            problems.members.setdefault("position", problem.position)
            problems.members.setdefault("example", problem.example)
    return tuple(found)


def _export_asked_for(request: Any, problems: _Problems) -> ExportFormat | None:
    """The export format that `format` names, else the one that Accept prefers to a page."""
    formats = export_formats(request.registry)
    name = request.query.get("format")
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


def _columns(request: Any, export: ExportFormat | None, problems: _Problems) -> tuple[jsonpath.Path, ...]:
    texts = request.query.get("columns", ())
    found = []
    if texts and (export is None or not export.columns):
        able = sorted(e.name for e in export_formats(request.registry).values() if e.columns)
        problems.add(f"only goes with the export formats {', '.join(able)}", "columns")
    for text in texts:
        try:
            found.append(jsonpath.parse(text))
        except jsonpath.BadPath as problem:
            problems.add(f"{text[:80]!r}, character {problem.position}: {problem.detail}", "columns")
    if export is not None:
        given = {key for key, _ in query_string.pairs(request.environ.get("QUERY_STRING", ""))}
        for key in pages.POSITION:
            if key in given:
                problems.add("cannot be combined with an export, which has everything found", key)
    return tuple(found)


def _export(request: Any, export: ExportFormat, criteria: Criteria, keys: Any, columns: Any) -> Response:
    request.registry["eoscperf.rates"].spend("exports", pipeline.caller(request), "exports")
    answer = Response(content_type=export.media_type, charset=_charset(export))
    answer.headers["Content-Disposition"] = f'attachment; filename="results.{export.extension}"'
    if request.method != "HEAD":
        # What the request itself read is over: holding its connection while the export takes another
        # one would let a few exports at once wait for each other for ever.
        request.tm.abort()
        request.tm.begin()
        answer.app_iter = ExportStream(
            request.registry["dbsession_factory"],
            select_export(criteria, request.viewer, keys, export.most),
            request.viewer,
            lambda rows: export.writer(rows, columns),
        )
    warning = request.response.headers.get("WWW-Authenticate")
    if warning:
        answer.headers["WWW-Authenticate"] = warning
    return answer


def _charset(export: ExportFormat) -> str | None:
    return "UTF-8" if export.media_type.startswith("text/") else None
