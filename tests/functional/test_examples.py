"""The examples of the document are true: each is sent as it stands, on a small fixed data set."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any

import pytest

import eoscperf
from eoscperf.metrics.models import CatalogueVersion
from eoscperf.rest import examples
from eoscperf.rest.service import ApiService, Operation, api_services
from eoscperf.review.models import LogEntry
from eoscperf.testing.api import ApiClient
from eoscperf.testing.factories import Make
from eoscperf.web.metrics import METRICS, RequestMetrics


def core_operations() -> list[tuple[ApiService, str, Operation]]:
    """Every operation declared in a module of the package, without needing an application."""
    found: dict[str, tuple[ApiService, str, Operation]] = {}
    for module in pkgutil.walk_packages(eoscperf.__path__, "eoscperf."):
        if ".plugins" in module.name or ".migrations" in module.name or ".demo" in module.name:
            continue
        for _, service in inspect.getmembers(importlib.import_module(module.name)):
            for one in service if isinstance(service, list) else [service]:
                if isinstance(one, ApiService):
                    found |= {op.id: (one, method, op) for method, _, op in one.operations()}
    return list(found.values())


OPERATIONS = core_operations()

EXAMPLES = [
    pytest.param(service, method, operation, example, id=f"{operation.id}: {example['summary']}")
    for service, method, operation in OPERATIONS
    for example in operation.examples
]


class DataSet:
    """The objects that placeholders stand for, made when an example first names them.

    `site` is approved, `site_deleted` has that state; `result_removed`, `claim`, `tag` ... alike.
    """

    def __init__(self, make: Make) -> None:
        self._make = make
        self.owner = make.user("owner")
        self._benchmark = make.benchmark(docker_image="example/ray", docker_tag="1.0")
        self._site = make.site(name="Example Cloud", address="cloud.example.org")
        self._flavor = make.flavor(site=self._site, name="c8.large")
        self._made: dict[str, Any] = {}

    def value(self, name: str) -> str:
        """What the placeholder `$name` stands for."""
        if name.startswith("user_"):
            return getattr(self._make.user("ann"), name.removeprefix("user_"))
        if name not in self._made:
            self._made[name] = self._build(name)
        return str(self._made[name].id)

    def _build(self, name: str) -> Any:
        kind, _, state = name.partition("_")
        builders: Mapping[str, Callable[[str], Any]] = {
            "site": self._a_site,
            "flavor": self._a_flavor,
            "benchmark": self._a_benchmark,
            "tag": self._a_tag,
            "result": self._a_result,
            "claim": self._a_claim,
            "entry": self._an_entry,
            "trust": self._a_trust_rule,
            "proposal": self._a_benchmark_with_a_proposal,
            "service": self._a_service,
            "token": self._a_token,
        }
        return builders[kind](state)

    def _a_site(self, state: str) -> Any:
        return self._make.site(status=state, uploader=self.owner) if state else self._site

    def _a_flavor(self, state: str) -> Any:
        if not state:
            return self._flavor
        return self._make.flavor(site=self._site, status=state, uploader=self.owner)

    def _a_benchmark(self, state: str) -> Any:
        if state == "ranked":
            return self._a_ranked_benchmark()
        return self._make.benchmark(status=state, uploader=self.owner) if state else self._benchmark

    def _a_ranked_benchmark(self) -> Any:
        """With a headline metric, and a run on a flavor."""
        time = {"type": "number", "x-unit": "s", "x-better": "lower", "x-headline": True}
        schema = {"type": "object", "properties": {"time": time}}
        benchmark = self._make.benchmark(json_schema=schema)
        self._make.result(json={"time": 11.0}, benchmark=benchmark, flavor=self._flavor)
        return benchmark

    def _a_tag(self, state: str) -> Any:
        return self._make.tag(**({"status": state} if state else {}))

    def _a_result(self, state: str) -> Any:
        return self._make.result(
            json={"time": 11.0, "machine": {"cpu": {"count": 8}}},
            benchmark=self._benchmark,
            flavor=self._flavor,
            uploader=self.owner,
            removed=state == "removed",
            withdrawn=state == "withdrawn",
        )

    def _a_claim(self, state: str) -> Any:
        return self._make.claim(self._a_result(""), uploader=self.owner)

    def _a_service(self, state: str) -> Any:
        return self._make.service("nightly-c-ray")

    def _a_token(self, state: str) -> Any:
        """The owner's, or that of the service account."""
        if state == "of_service":
            self.value("service")
        token, _ = self._make.api_token(self._made["service"] if state else self.owner)
        return token

    def _a_trust_rule(self, state: str) -> Any:
        return self._make.trust_rule(owner=self.owner, site=self._site)

    def _a_benchmark_with_a_proposal(self, state: str) -> Any:
        """Version 1 of its metric catalogue waits for a decision."""
        benchmark = self._make.benchmark(uploader=self.owner)
        proposed = CatalogueVersion(
            benchmark_id=benchmark.id, version=1, status="proposed", metrics="[]", author_id=self.owner.id
        )
        self._make.session.add(proposed)
        self._make.session.commit()
        return benchmark

    def _an_entry(self, state: str) -> Any:
        """The latest decision of the log, which can still be undone."""
        site = self._make.site(uploader=self.owner)
        return self._make.session.get(LogEntry, site.status_entry_id)


def send(
    api: ApiClient, data: DataSet, service: ApiService, method: str, operation: Operation, example: Any
) -> Any:
    """Send an example as it stands, its placeholders filled."""
    given = examples.filled(dict(example), data.value)
    path = service.template
    for name, value in given.get("path", {}).items():
        path = path.replace("{" + name + "}", value)
    body = given.get("body")
    options: dict[str, Any] = {"json": body}
    if isinstance(body, str):
        textual = next(kind for kind in operation.media_types if kind != "application/json")
        options = {"body": body.encode(), "content_type": textual}
    caller = data.owner if example.get("as") == "owner" else example.get("as")
    return api.request(
        method,
        path,
        params=given.get("query"),
        headers=given.get("headers"),
        as_=caller,
        status=example["status"],
        root=service.root,
        **options,
    )


@pytest.fixture
def data(make: Make) -> DataSet:
    return DataSet(make)


@pytest.mark.parametrize(("service", "method", "operation", "example"), EXAMPLES)
def test_examples_are_true(
    api: ApiClient,
    app: Any,
    data: DataSet,
    monkeypatch: pytest.MonkeyPatch,
    service: ApiService,
    method: str,
    operation: Operation,
    example: Any,
) -> None:
    monkeypatch.setitem(app.registry, METRICS, RequestMetrics())
    answer = send(api, data, service, method, operation, example)
    for name, value in examples.filled(dict(example.get("answer", {})), data.value).items():
        assert answer.json[name] == value


def test_every_operation_has_an_example_of_success() -> None:
    without = [
        operation.id
        for _, _, operation in OPERATIONS
        if not any(200 <= example["status"] < 300 for example in operation.examples)
    ]
    assert without == []


def test_every_mounted_operation_is_among_those_replayed(shared_app: Any) -> None:
    mounted = {
        operation.id
        for service in api_services(shared_app.registry).values()
        for _, _, operation in service.operations()
    }
    assert mounted == {operation.id for _, _, operation in OPERATIONS}


def test_examples_are_made_of_known_members() -> None:
    known = {"summary", "path", "query", "headers", "body", "as", "status", "answer"}
    for _, _, operation in OPERATIONS:
        for example in operation.examples:
            assert set(example) <= known, operation.id
            assert {"summary", "status"} <= set(example), operation.id


def test_the_document_shows_examples_with_sample_ids(shared_app: Any) -> None:
    from eoscperf.rest.openapi import document

    described = document(shared_app.registry)["paths"]["/sites/{site_id}"]["get"]["parameters"][0]
    assert described["examples"]["one-site"]["value"] == examples.sample("site")


def test_placeholders_are_filled_wherever_they_are() -> None:
    given = {"a": ["$site", {"b": "$tag"}], "c": "$ref/x", "d": 1, "$schema": "https://x"}
    assert examples.filled(given, str.upper) == {
        "a": ["SITE", {"b": "TAG"}],
        "c": "$ref/x",
        "d": 1,
        "$schema": "https://x",
    }
