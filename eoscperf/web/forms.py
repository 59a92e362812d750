"""Forms of pages: what was sent, read strictly, and what is wrong with it in sentences beside the fields.

    SIGN_UP = Form(schema.name("email", title="E-mail"), password("password"), tick("accept_terms"))

    def sign_up(request):
        form = SIGN_UP.read(request) if request.method == "POST" else SIGN_UP.blank()
        if request.method == "POST" and form.ok:
            try:
                ...
            except DomainError as problem:
                form = form.refused(problem)
            else:
                request.notices.add("success", "Your account is there.")
                return see_other(request, "home")
        return {"form": form}

A page that answers a POST with a form that is not `ok` has the status 422 and keeps what was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import colander
from pyramid.httpexceptions import HTTPSeeOther

from eoscperf.errors import DomainError
from eoscperf.rest import schema

MOST_FIELDS = 1000
"""Fields in one form; more are no form of ours."""

NOT_TICKED = "false"
"""what a checkbox counts as that was not sent"""


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that was sent along."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a form holds: checked values if it is `ok`, else what was sent and what is wrong."""

    values: dict[str, Any] = field(default_factory=dict)
    """checked; only the fields that were filled in or have a default"""
    sent: dict[str, Any] = field(default_factory=dict)
    """texts, and lists of texts, to fill the form with again"""
    errors: dict[str, list[str]] = field(default_factory=dict)
    """sentences by field; "" is the form as a whole"""
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.errors

    def __getitem__(self, name: str) -> Any:
        """What to show in a field."""
        return self.sent.get(name, "")

    def with_error(self, name: str, *sentences: str) -> Submitted:
        """The same with more that is wrong; `name` "" is the form as a whole."""
        known = dict(self.errors)
        known[name] = [*known.get(name, ()), *sentences]
        return replace(self, errors=known)

    def refused(self, problem: DomainError) -> Submitted:
        """The same with what a service found wrong, each fault at its field if the form has it."""
        issues = getattr(problem, "issues", None)
        if not issues:
            return self.with_error("", _sentence(problem.detail))
        form = self
        for issue in issues:
            name = _root(issue.name)
            about = sentence_about(self.labels.get(name, issue.name), issue.detail)
            form = form.with_error(name if name in self.labels else "", about)
        return form


class Form:
    """The fields of a form, as nodes of `eoscperf.rest.schema` or of this module.

    What is not a field is overlooked: browsers and buttons send more than was asked for.
    """

    def __init__(self, *nodes: colander.SchemaNode) -> None:
        self._schema = schema.fields(*nodes)

    def blank(self, **shown: Any) -> Submitted:
        """Not filled in yet but for what is `shown`."""
        given = {key: value for key, value in shown.items() if value is not None}
        return Submitted(sent=given, labels=self._labels)

    def read(self, request: Any) -> Submitted:
        """What was sent with this request."""
        given: dict[str, Any] = {}
        sent: dict[str, Any] = {}
        faults: dict[str, list[str]] = {}
        for node in self._schema.children:
            found = [_received(value) for value in request.POST.getall(node.name)]
            is_list = getattr(node, "is_list", False)
            filled = [value for value in found if value != "" and value is not None]
            texts = [value for value in filled if isinstance(value, str)]
            if texts and not getattr(node, "secret", False):
                sent[node.name] = texts if is_list else texts[0]
            if len(filled) > 1 and not is_list:
                faults[node.name] = [sentence_about(node.title, "was sent more than once")]
            elif filled:
                given[node.name] = filled if is_list else filled[0]
            elif isinstance(node.typ, Tick):
                given[node.name] = NOT_TICKED
        values: dict[str, Any] = {}
        limits = {
            key.removeprefix("limits."): value
            for key, value in request.registry.settings.items()
            if key.startswith("limits.")
        }
        try:
            values = self._schema.bind(limits=limits).deserialize(given)
        except colander.Invalid as problem:
            for issue in schema.issues_of(problem, "form"):
                name = _root(issue.name)
                if name not in faults or name in given:
                    faults.setdefault(name, []).append(sentence_about(self._labels[name], issue.detail))
        if faults:
            return Submitted(sent=sent, errors=faults, labels=self._labels)
        return Submitted(values=values, sent=sent, labels=self._labels)

    @property
    def _labels(self) -> dict[str, str]:
        return {node.name: node.title for node in self._schema.children}


def see_other(request: Any, route: str, *, query: Any = None, **ids: Any) -> HTTPSeeOther:
    """The redirect after a POST that did its work."""
    options = {"_query": query} if query else {}
    path = request.route_path(route, **{key: str(value) for key, value in ids.items()}, **options)
    return HTTPSeeOther(location=path)


class Tick(colander.SchemaType):
    """A checkbox: sent when it is ticked, not sent else."""

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if cstruct in (colander.null, NOT_TICKED):
            return False
        if cstruct not in ("true", "on", "1", "yes"):
            raise colander.Invalid(node, "must be ticked or not")
        return True


class File(colander.SchemaType):
    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if cstruct is colander.null:
            return colander.null
        if not isinstance(cstruct, UploadedFile):
            raise colander.Invalid(node, "must be a file")
        return cstruct


def tick(name: str, *, must: bool = False, **attributes: Any) -> colander.SchemaNode:
    """A checkbox: True or False; with `must` it has to be ticked."""

    def validator(node: Any, value: bool) -> None:
        if must and not value:
            raise colander.Invalid(node, "must be ticked")

    return colander.SchemaNode(Tick(), name=name, validator=validator, **attributes)


def password(name: str, *, required: bool = True, most: int = 1024, **attributes: Any) -> colander.SchemaNode:
    """A secret: taken as it is, not trimmed, never shown again."""
    attributes.setdefault("missing", colander.required if required else colander.drop)
    return colander.SchemaNode(
        schema.Text(),
        name=name,
        secret=True,
        validator=colander.Length(max=most, max_err=f"must be at most {most} characters long"),
        **attributes,
    )


def file(name: str, *, limit: str, required: bool = False, **attributes: Any) -> colander.SchemaNode:
    """A file, read whole; `limit` names the setting `limits.<limit>` that bounds its bytes."""
    attributes.setdefault("missing", colander.required if required else colander.drop)
    return colander.SchemaNode(File(), name=name, limit=limit, validator=_largest, **attributes)


@colander.deferred
def _largest(node: Any, kw: Mapping[str, Any]) -> Any:
    most = kw["limits"][node.limit]

    def validator(node: Any, value: UploadedFile) -> None:
        if len(value.content) > most:
            raise colander.Invalid(node, f"may have at most {most} bytes; this one has {len(value.content)}")

    return validator


def _received(value: Any) -> Any:
    """A text, an UploadedFile, or None for a file field that was left empty."""
    if isinstance(value, str):
        # Browsers end lines with CR LF, whatever was typed.
        return value.replace("\r\n", "\n")
    if not hasattr(value, "filename"):
        return None
    return UploadedFile(value.filename, value.file.read())


def _root(name: str) -> str:
    """The field that a fault deep inside belongs to."""
    return re.split(r"[.\[]", name, maxsplit=1)[0]


def sentence_about(label: str, detail: str) -> str:
    """A sentence about a field; a detail that is one already stays as it is."""
    if not label or detail[:1].isupper():
        return _sentence(detail)
    return _sentence(f"{label} {detail}")


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."


def first_errors(faults: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """Field and sentence of every fault, those of the form as a whole first."""
    whole = [("", sentence) for sentence in faults.get("", ())]
    return whole + [(name, sentence) for name, found in faults.items() if name for sentence in found]
