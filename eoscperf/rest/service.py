"""REST services: the one place that knows cornice.

A feature declares its services at module level and its `includeme` mounts each with
`config.add_api_service(service)`. A view is a function of the request; what it may rely on has been
checked by the steps of `eoscperf.rest.pipeline`:

    sites = ApiService("sites", "/sites", traverse="/sites")

    @sites.get(operation_id="ListSites", permission="site:list", query=SITE_LIST, returns=page_of("Site"))
    def list_sites(request):
        "List sites."
        ...
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import colander
import cornice
from pyramid.security import NO_PERMISSION_REQUIRED

from eoscperf.errors import Issue
from eoscperf.extend.claims import claim
from eoscperf.security.permissions import Level, level_of

UUID = "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"

PATTERNS = {"entry_id": "[0-9]{1,18}", "catalogue_version": "[0-9]{1,9}"}
"""Placeholders that stand for something else than a UUID; 18 digits fit every database's integers."""

Body = Literal["none", "fields", "result", "batch"]


@dataclass(frozen=True)
class Operation:
    """What an operation takes, does and answers: what the pipeline checks and the OpenAPI document says."""

    id: str
    permission: str
    query: colander.SchemaNode | None = None
    check_query: Callable[[Any, Mapping[str, Any]], tuple[list[Issue], dict[str, Any]]] | None = None
    """what its schema cannot know about the query: gets the request and the values as they were sent; answers
    with the faults and with further members for the problem"""
    check_rate: Callable[[Any], None] | None = None
    """a rate of its own, beside that of all changes: gets the request, raises RateLimited"""
    body: colander.SchemaNode | None = None
    body_kind: Body = "none"
    body_limit: str = "body_bytes"
    """which of the `limits.*` settings bounds the body, in bytes"""
    media_types: tuple[str, ...] = ("application/json",)
    """request media types beside `*+json`"""
    offers: tuple[str, ...] = ("application/json",)
    """media types of the answer to choose from; the first is the default"""
    exports: bool = False
    """the registered export formats are offered too"""
    target: bool = False
    """the context is an item that is looked up after the input has been checked"""
    read_only: tuple[str, ...] = ()
    """fields a fetched object may be sent back with, unchanged"""
    idempotent: bool = False
    """Idempotency-Key is honoured"""
    conditional: bool = False
    """If-Match is honoured"""
    writes: bool = False
    """counts against the rate of changes"""
    is_list: bool = False
    remembered: bool = False
    """whole answers may be remembered, see `eoscperf.rest.remembered`: for operations that only read, and
    whose answer depends on nothing but the database, the viewer and what the request asks for"""
    ignores_caller: bool = False
    """credentials are not even looked at, so that neither database nor identity provider is needed"""
    status: int = 200
    returns: str | Mapping[str, Any] | None = None
    """name of the answer's schema (`Site`, `page:Site`), or a JSON Schema of its own"""
    also_returns: Mapping[int, str | Mapping[str, Any]] = field(default_factory=dict)
    """further successes and what they answer"""
    errors: Mapping[int, str] = field(default_factory=dict)
    """errors of this operation beside those that follow from the fields above: when they happen"""
    examples: Sequence[Mapping[str, Any]] = ()
    """see `eoscperf.rest.examples`"""
    tag: str = ""

    @property
    def takes_body(self) -> bool:
        return self.body_kind != "none"

    def level(self, registry: Any) -> Level | None:
        return level_of(registry, self.permission) if self.permission else "public"

    def __deepcopy__(self, memo: Any) -> Operation:
        return self  # cornice copies the arguments of each view; an operation never changes

    def bind(self, limits: Mapping[str, int]) -> Operation:
        """With the lengths of the settings in its schemas."""
        query = self.query.bind(limits=limits) if self.query is not None else None
        body = self.body.bind(limits=limits) if self.body is not None else None
        return replace(self, query=query, body=body)


class ApiService(cornice.Service):
    """A path below the API prefix. `/results:search` is a custom method; `{site_id}` stands for a UUID,
    `{entry_id}` for a number."""

    renderer = "api"

    def __init__(self, name: str, path: str, *, tag: str = "", root: bool = False, **options: Any) -> None:
        plain, _, verb = path.partition(":")
        self.verb = verb
        self.tag = tag
        self.root = root
        """mounted beside the API prefix"""
        self.template = path
        pattern = _constrained(plain)
        if verb:
            # In a placeholder of its own: Pyramid reads a bare ":search" as its oldest placeholder
            # syntax and would percent-encode the colon when it makes addresses.
            pattern += f"{{verb::{verb}}}"
        super().__init__(name=name, path=pattern, depth=2, **options)

    def add_view(self, method: str, view: Any, **options: Any) -> None:
        from eoscperf.rest import pipeline

        operation = _operation(method, self, options)
        options["validators"] = (pipeline.prepare,)
        options["permission"] = operation.permission or NO_PERMISSION_REQUIRED
        options["operation"] = operation
        super().add_view(method, view, **options)

    def operations(self) -> list[tuple[str, Any, Operation]]:
        """Method, view and operation of each that is declared; HEAD goes with GET."""
        return [
            (method, view, args["operation"]) for method, view, args in self.definitions if method != "HEAD"
        ]


_FIELDS = set(Operation.__dataclass_fields__) - {"id"}


def _operation(method: str, service: ApiService, options: dict[str, Any]) -> Operation:
    given = {key: options.pop(key) for key in list(options) if key in _FIELDS}
    given["id"] = options.pop("operation_id")
    given.setdefault("tag", service.tag)
    if "body" in given:
        given.setdefault("body_kind", "fields")
    if method.upper() not in ("GET", "HEAD"):
        given.setdefault("writes", True)
    return Operation(**given)


def _constrained(path: str) -> str:
    # Without a pattern `{id}` would also match `X:approve`.
    return re.sub(r"\{(\w+)\}", lambda found: f"{{{found[1]}:{PATTERNS.get(found[1], UUID)}}}", path)


def add_api_service(config: Any, service: ApiService) -> None:
    """Directive: mount a service below the API prefix; two on one route stop the start."""
    service = config.maybe_dotted(service)
    settings = config.get_settings()
    limits = {
        key.removeprefix("limits."): value for key, value in settings.items() if key.startswith("limits.")
    }
    service = _private(service, limits)
    route = {key: getattr(service, key) for key in ("factory", "traverse") if hasattr(service, key)}
    prefix = None if service.root else settings["api.prefix"]
    with config.route_prefix_context(prefix):
        config.add_route(service.name, service.path, pregenerator=_pregenerator(service.verb), **route)
        service.pyramid_route = service.name
        config.add_cornice_service(service)
        methods = tuple(service.defined_methods)
        config.add_view(
            _options_view(methods),
            route_name=service.name,
            request_method="OPTIONS",
            permission=NO_PERMISSION_REQUIRED,
        )
    services = config.registry.setdefault("eoscperf.api_services", {})
    claim(config, "api_service", service.name, lambda: services.__setitem__(service.name, service), service)


def api_services(registry: Any) -> dict[str, ApiService]:
    """Every mounted service by route name."""
    return registry.get("eoscperf.api_services", {})


def _private(service: ApiService, limits: Mapping[str, int]) -> ApiService:
    """A copy for one application: cornice and we write into it."""
    clone = copy.copy(service)
    clone.defined_methods = list(service.defined_methods)
    clone.definitions = [
        (
            method,
            view,
            {**args, "validators": list(args["validators"]), "operation": args["operation"].bind(limits)},
        )
        for method, view, args in service.definitions
    ]
    return clone


def _pregenerator(verb: str) -> Callable[..., Any]:
    def pregenerator(request: Any, elements: Any, kw: dict[str, Any]) -> Any:
        if verb:
            kw.setdefault("verb", ":" + verb)
        return elements, kw

    return pregenerator


def _options_view(methods: tuple[str, ...]) -> Callable[[Any, Any], Any]:
    allow = ", ".join(sorted({*methods, "OPTIONS"}))

    def options(context: Any, request: Any) -> Any:
        request.response.status_int = 204
        request.response.content_type = None
        request.response.headers["Allow"] = allow
        return request.response

    return options


def includeme(config: Any) -> None:
    config.add_directive("add_api_service", add_api_service)
