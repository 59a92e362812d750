"""The OpenAPI document describes the whole API, and the page that shows it needs nobody else."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click.testing
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from prometheus_client.exposition import generate_latest
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

import eoscperf
from eoscperf.errors import problem_types
from eoscperf.rest.openapi import document as document_of
from eoscperf.rest.renderer import dumps
from eoscperf.rest.service import api_services
from eoscperf.results import filters
from eoscperf.results.exports.rows import Facts, Row, Rows
from eoscperf.scripts.admin import main as admin
from eoscperf.security.permissions import permissions
from eoscperf.security.scopes import SCOPES
from eoscperf.testing.api import ApiClient
from eoscperf.testing.conformance import formats
from eoscperf.web.metrics import RequestMetrics

VENDOR = Path(eoscperf.__file__).parent / "static" / "vendor"

EVERYWHERE = {"400", "405", "406", "422", "429", "503"}


@pytest.fixture(scope="session")
def document(shared_app: Any) -> dict[str, Any]:
    return document_of(shared_app.registry)


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in ("get", "post", "put", "delete")
    ]


def resolved(document: dict[str, Any], thing: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in thing:
        return thing
    found: Any = document
    for step in thing["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_both_names_answer_the_same_document(api: ApiClient, document: dict[str, Any]) -> None:
    one = api.get("/api-spec.json")
    other = api.get("/openapi.json")
    assert one.body == other.body
    assert one.json == json.loads(json.dumps(document))
    assert one.json["info"]["version"] == eoscperf.__version__
    assert one.json["servers"] == [{"url": "https://perf.example.org/api/v1"}]


def test_the_document_is_not_fetched_twice(api: ApiClient) -> None:
    tag = api.get("/openapi.json").headers["ETag"]
    assert api.get("/openapi.json", headers={"If-None-Match": tag}, status=304).body == b""


def test_every_registered_operation_is_in_the_document(document: dict[str, Any], shared_app: Any) -> None:
    registered = {
        (service.template, method.lower(), operation.id)
        for service in api_services(shared_app.registry).values()
        for method, _, operation in service.operations()
    }
    described = {(path, method, one["operationId"]) for path, method, one in operations(document)}
    assert described == registered


def test_operation_ids_are_unique(document: dict[str, Any]) -> None:
    ids = [one["operationId"] for _, _, one in operations(document)]
    assert sorted(set(ids)) == sorted(ids)


def test_every_operation_says_what_it_does_and_who_may_use_it(document: dict[str, Any]) -> None:
    for path, _, one in operations(document):
        assert one["summary"], path
        assert one["x-level"] in ("public", "token", "user", "owner", "admin"), path
        assert "Access: " in one["description"], path
        assert one["tags"] != [""], path


@pytest.mark.parametrize("path", ["/results", "/results:search", "/users/self/results"])
def test_the_formats_of_exports_are_named(document: dict[str, Any], path: str) -> None:
    found = {each.get("name"): each for each in document["paths"][path]["get"]["parameters"]}
    assert found["format"]["schema"]["enum"] == ["csv", "json", "md", "ndjson", "parquet"]
    for said in ("`csv`: table for spreadsheets", "`md`: Markdown table of the first 1000 results"):
        assert said in found["format"]["description"]
    assert "csv, parquet" in found["columns"]["description"]


def test_every_placeholder_of_a_path_is_a_parameter(document: dict[str, Any]) -> None:
    for path, _, one in operations(document):
        named = [p["name"] for p in one["parameters"] if p.get("in") == "path"]
        assert named == re.findall(r"\{(\w+)\}", path)


def test_every_operation_documents_what_any_request_can_be_answered(document: dict[str, Any]) -> None:
    for path, method, one in operations(document):
        # Nobody is asked who the caller of a probe is, and nobody counts them.
        everywhere = EVERYWHERE if one["security"] else EVERYWHERE - {"429", "503"}
        assert everywhere <= set(one["responses"]), (method, path)


def test_levels_decide_over_security_and_refusals(document: dict[str, Any]) -> None:
    for path, method, one in operations(document):
        level, statuses = one["x-level"], set(one["responses"])
        if level == "public":
            assert one["security"] in ([], [{}, {"bearer": ["read"]}]), (method, path)
            assert "401" not in statuses, (method, path)
        else:
            assert all(set(way) == {"bearer"} and set(way["bearer"]) < set(SCOPES) for way in one["security"])
            assert {"401", "403"} <= statuses, (method, path)


def test_the_scopes_of_operations_are_those_of_their_permissions(
    document: dict[str, Any], shared_app: Any
) -> None:
    declared = permissions(shared_app.registry)
    for service in api_services(shared_app.registry).values():
        for method, _, operation in service.operations():
            described = document["paths"][service.template][method.lower()]
            asked = [way["bearer"][0] for way in described["security"] if way]
            if operation.permission and not operation.ignores_caller:
                assert tuple(asked) == declared[operation.permission].scopes
                assert all(f"`{scope}`" in described["description"] for scope in asked)
    explained = document["components"]["securitySchemes"]["bearer"]["description"]
    assert all(f"- `{scope}`: {meaning}" in explained for scope, meaning in SCOPES.items())


def test_bodies_bring_their_refusals(document: dict[str, Any]) -> None:
    for path, method, one in operations(document):
        assert ("requestBody" in one) == ({"413", "415"} <= set(one["responses"])), (method, path)


def test_every_error_is_a_problem_with_its_types_and_an_example(document: dict[str, Any]) -> None:
    known = {f"urn:eoscperf:problem:{slug}" for slug in ("malformed-request", *problem_types())}
    for path, method, one in operations(document):
        for status, response in one["responses"].items():
            if status < "400":
                continue
            content = resolved(document, response)["content"]
            assert list(content) == ["application/problem+json"], (method, path, status)
            schema = content["application/problem+json"]["schema"]
            assert schema["$ref"] == "#/components/schemas/Problem"
            assert schema["properties"]["status"] == {"const": int(status)}
            types = schema["properties"]["type"]["enum"]
            assert types, (method, path, status)
            assert set(types) <= known
            assert content["application/problem+json"]["examples"]


def examples_of(content: dict[str, Any]) -> list[Any]:
    shown = [one["value"] for one in content.get("examples", {}).values()]
    return [*shown, content["example"]] if "example" in content else shown


def bodies(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Each body that is taken, or answered with success: whose it is, its media type, its description."""
    found = []
    for _, _, one in operations(document):
        for media_type, content in one.get("requestBody", {}).get("content", {}).items():
            found.append((f"{one['operationId']} request", media_type, content))
        for status, response in one["responses"].items():
            if status < "300":
                for media_type, content in resolved(document, response).get("content", {}).items():
                    found.append((f"{one['operationId']} {status}", media_type, content))
    return found


def test_every_body_but_binary_ones_has_an_example(document: dict[str, Any]) -> None:
    without = {(media_type, where) for where, media_type, one in bodies(document) if not examples_of(one)}
    binary = {(media_type, where) for where, media_type, _ in bodies(document) if "parquet" in media_type}
    assert without == binary


def test_examples_are_as_their_schemas_say(document: dict[str, Any]) -> None:
    registry: Any = Registry().with_resource(
        "urn:document", Resource.from_contents(document, default_specification=DRAFT202012)
    )
    faults = []
    for where, media_type, content in bodies(document):
        schema = json.loads(json.dumps(content["schema"]).replace('"#/', '"urn:document#/'))
        validator = Draft202012Validator(schema, registry=registry, format_checker=formats)
        for value in examples_of(content):
            faults += [
                (where, media_type, error.json_path, error.message) for error in validator.iter_errors(value)
            ]
    assert faults == []


def test_ndjson_examples_of_a_batch_are_the_items_line_by_line(document: dict[str, Any]) -> None:
    content = document["paths"]["/results:batch"]["post"]["requestBody"]["content"]
    arrays, texts = examples_of(content["application/json"]), examples_of(content["application/x-ndjson"])
    assert [[json.loads(line) for line in text.splitlines()] for text in texts] == arrays
    assert len(arrays[0]) == 2


def test_a_batch_that_was_stored_has_no_failed_items_in_its_example(document: dict[str, Any]) -> None:
    answer = document["paths"]["/results:batch"]["post"]["responses"]["201"]["content"]["application/json"]
    [report] = examples_of(answer)
    assert report["failed"] == 0
    assert [item["status"] for item in report["items"]] == [201] * report["created"]
    assert report["created"] > 0


@pytest.mark.parametrize("name", ["csv", "ndjson", "md"])
def test_examples_of_exports_are_what_the_exports_write(
    document: dict[str, Any], shared_app: Any, name: str
) -> None:
    shown = document["components"]["schemas"]["Result"]["example"]
    benchmark, site, flavor = shown["benchmark"], shown["site"], shown["flavor"]
    facts = Facts(
        id=shown["id"],
        execution_datetime=shown["execution_datetime"],
        upload_datetime=shown["upload_datetime"],
        benchmark_id=benchmark["id"],
        benchmark=f"{benchmark['docker_image']}:{benchmark['docker_tag']}",
        site_id=site["id"],
        site=site["name"],
        flavor_id=flavor["id"],
        flavor=flavor["name"],
        tags=";".join(tag["name"] for tag in shown["tags"]),
        status=shown["status"],
    )
    source: Any = SimpleNamespace(
        facts=lambda _: facts,
        json=lambda _: dumps(shown).decode(),
        measured=lambda _: dumps(shown["json"]).decode(),
    )
    export = shared_app.registry["eoscperf.export_formats"][name]
    written = b"".join(export.writer(Rows([Row(source, None)]), ())).decode()
    for path in ("/results", "/results:search", "/users/self/results"):
        content = document["paths"][path]["get"]["responses"]["200"]["content"]
        assert examples_of(content[export.media_type]) == [written], path


def test_the_excerpt_of_the_figures_is_made_of_lines_that_are_served(document: dict[str, Any]) -> None:
    [excerpt] = examples_of(document["paths"]["/metrics"]["get"]["responses"]["200"]["content"]["text/plain"])
    figures = RequestMetrics()
    figures.answered("GET", "sites", 200, 0.02)
    served = generate_latest(figures.registry).decode().splitlines()
    assert set(excerpt.splitlines()) <= set(served)


def test_the_excerpt_of_the_page_is_how_it_begins(api: ApiClient, document: dict[str, Any]) -> None:
    [excerpt] = examples_of(document["paths"]["/"]["get"]["responses"]["200"]["content"]["text/html"])
    assert api.get("/", headers={"Accept": "text/html"}).text.startswith(excerpt)


def test_every_problem_type_is_described(document: dict[str, Any]) -> None:
    described = document["info"]["x-problem-types"]
    assert set(described) == {
        f"urn:eoscperf:problem:{slug}" for slug in ("malformed-request", *problem_types())
    }
    for entry in described.values():
        assert entry["title"]
        assert entry["status"]


def test_conditional_and_idempotent_operations_name_their_headers(
    document: dict[str, Any], shared_app: Any
) -> None:
    by_id = {one["operationId"]: one for _, _, one in operations(document)}
    for service in api_services(shared_app.registry).values():
        for _, _, operation in service.operations():
            one = by_id[operation.id]
            headers = {
                parameter["name"]
                for parameter in (resolved(document, p) for p in one["parameters"])
                if parameter["in"] == "header"
            }
            assert ("If-Match" in headers) == operation.conditional
            assert ("Idempotency-Key" in headers) == operation.idempotent
            if operation.conditional:
                assert "412" in one["responses"]


def test_lists_answer_pages_with_all_members(document: dict[str, Any]) -> None:
    page = document["components"]["schemas"]["Page"]
    assert len(page["required"]) == 9
    sites = document["paths"]["/sites"]["get"]["responses"]["200"]
    assert sites["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/SitePage"}
    assert {"Link", "ETag", "X-Request-ID"} <= set(sites["headers"])


def test_lengths_come_from_the_settings(document: dict[str, Any]) -> None:
    body = document["paths"]["/sites"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["name"]["maxLength"] == 255
    assert body["required"] == ["name", "address"]
    assert body["additionalProperties"] is False
    assert body["properties"]["description"]["type"] == ["string", "null"]


def test_capabilities_are_announced(document: dict[str, Any], shared_app: Any) -> None:
    announced = document["info"]["x-capabilities"]
    assert set(announced) == set(shared_app.registry["eoscperf.capabilities"])


def test_the_api_root_shows_the_documentation(api: ApiClient) -> None:
    page = api.get("/", headers={"Accept": "text/html"})
    assert page.content_type == "text/html"
    assert 'data-document="/api/v1/openapi.json"' in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_the_page_holds_no_script_and_names_no_other_host(api: ApiClient) -> None:
    text = api.get("/").text
    assert re.findall(r"<script(?![^>]*\bsrc=)", text) == []
    assert re.findall(r"\son\w+=|\sstyle=|<style", text) == []
    assert re.findall(r'(?:src|href)="(?:https?:)?//', text) == []


def test_what_the_page_loads_is_there(api: ApiClient) -> None:
    text = api.get("/").text
    wanted = re.findall(r'(?:src|href)="(/static/[^"]+)"', text)
    assert len(wanted) >= 5
    for path in wanted:
        found = api.get(path, root=True)
        assert found.headers["Cache-Control"] == "max-age=31536000"
        if found.content_type.startswith("text/"):
            assert found.charset == "UTF-8"


def test_the_api_root_without_its_slash_redirects_for_good(api: ApiClient) -> None:
    answer = api.get("?a=1", status=308)
    assert answer.headers["Location"] == "https://perf.example.org/api/v1/?a=1"


@pytest.mark.parametrize("package", sorted(VENDOR.iterdir()), ids=lambda path: path.name)
def test_vendored_files_are_as_they_were_published(package: Path) -> None:
    sums = dict(
        reversed(line.split(maxsplit=1)) for line in (package / "SHA256SUMS").read_text().splitlines()
    )
    files = {path.name for path in package.iterdir()} - {"SHA256SUMS"}
    assert files == set(sums)
    assert "LICENSE" in files
    for name, expected in sums.items():
        assert hashlib.sha256((package / name).read_bytes()).hexdigest() == expected, name


def test_the_command_prints_the_document(tmp_path: Path) -> None:
    ini = tmp_path / "site.ini"
    ini.write_text(
        "[app:main]\nuse = egg:eoscperf\n"
        f"sqlalchemy.url = sqlite:///{tmp_path}/db.sqlite\nvar = {tmp_path}/var\n"
    )
    ran = click.testing.CliRunner().invoke(admin, ["-c", str(ini), "openapi"])
    assert ran.exit_code == 0, ran.output
    printed = json.loads(ran.stdout)
    assert [error.message for error in OpenAPIV31SpecValidator(printed).iter_errors()] == []
    assert printed["servers"] == [{"url": "/api/v1"}]


DOCUMENTATION = (Path(__file__).parent.parent.parent / "docs" / "api.md").read_text()


def section(title: str) -> str:
    return DOCUMENTATION.split(f"## {title}\n")[1].split("\n## ")[0]


def test_the_documentation_lists_exactly_the_problem_types_there_are(document: dict[str, Any]) -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}(?:, \d{3})*) \|", DOCUMENTATION, re.MULTILINE)
    documented = [(slug, [int(status) for status in statuses.split(", ")]) for slug, statuses in rows]
    there_are = {
        name.removeprefix("urn:eoscperf:problem:"): entry["status"]
        for name, entry in document["info"]["x-problem-types"].items()
    }
    assert sorted(documented) == sorted(there_are.items())


def test_the_documentation_lists_exactly_the_export_formats_there_are(shared_app: Any) -> None:
    rows = re.findall(r"^\| `(\w+)` \| (?:`([\w./+-]+)`)? *\|", section("Exports"), re.MULTILINE)
    formats = shared_app.registry["eoscperf.export_formats"].values()
    expected = {one.name: one.media_type if one.by_accept else "" for one in formats}
    assert dict(rows[1:]) == expected


def test_the_filters_of_the_documentation_are_filters() -> None:
    shown = re.findall(r"^\| `([^`]+)` \|", section("Filters on results"), re.MULTILINE)
    assert len(shown) == 8
    for text in shown:
        filters.parse(text)
