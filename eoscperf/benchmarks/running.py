"""How to run a benchmark oneself: commands with the ids of this installation, schema and sample."""

from __future__ import annotations

import dataclasses
import shlex
import uuid
from dataclasses import dataclass
from typing import Any

from pyramid.httpexceptions import HTTPFound

from eoscperf import errors, jsontext
from eoscperf.benchmarks.examples import example_of
from eoscperf.benchmarks.json_shown import ShownJSON, shown_json
from eoscperf.benchmarks.models import Benchmark
from eoscperf.listing import PageRequest, parse_sort
from eoscperf.rest.pages import absolute
from eoscperf.rest.schema import identifier
from eoscperf.review.activity import Activity
from eoscperf.review.catalogue import ItemSearch
from eoscperf.sites.models import Flavor, Site
from eoscperf.sites.service import FLAVOR_SORT, SITE_SORT, Flavors, Sites
from eoscperf.web.urls import Address, PageQuery, unbound, words

MOST_OFFERED = 500
"""Sites, and flavors of a site, that the page offers to choose from."""

FILE = "result.json"

RUN = PageQuery(
    words(),
    identifier("site_id", required=False, title="Site"),
    identifier("flavor_id", required=False, title="Flavor"),
)


@dataclass(frozen=True, slots=True)
class Choice:
    id: uuid.UUID
    name: str


@dataclass(frozen=True, slots=True)
class Picker:
    """The sites and flavors that results can be uploaded for."""

    sites: tuple[Choice, ...] = ()
    more_sites: int = 0
    """that are not offered: there are too many"""
    site: Choice | None = None
    flavors: tuple[Choice, ...] = ()
    more_flavors: int = 0
    flavor: Choice | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """Something to copy into a terminal or a program, with what it does."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Sample:
    """What a result looks like."""

    shown: ShownJSON
    result_id: uuid.UUID | None
    """None: made of the examples in the schema"""


def show_run(request: Any) -> dict[str, Any]:
    """How to run a benchmark and to upload what comes out."""
    benchmark = request.context.model
    address = RUN.read(request)
    picker = Picker()
    if address.ok:
        try:
            picker = _picker(request, address)
        except _NotThereError as problem:
            address = dataclasses.replace(address, errors={problem.key: [str(problem)]})
    settings = request.registry.settings
    return {
        "benchmark": benchmark,
        "address": address,
        "picker": picker,
        "commands": run_commands(benchmark),
        "check": check_command(request, benchmark, picker),
        "uploads": upload_commands(request, benchmark, picker),
        "schema": shown_json(benchmark.json_schema),
        "sample": _sample(request, benchmark),
        "limits": {
            "bytes": settings["limits.result_bytes"],
            "depth": jsontext.MAX_DEPTH,
            "seconds": f"{settings['limits.schema_seconds']:g}",
        },
        "dialect": _dialect(benchmark),
    }


def download_schema(request: Any) -> Any:
    """The JSON Schema of a benchmark as a file."""
    benchmark = request.context.model
    answer = request.response
    answer.content_type = "application/schema+json"
    answer.body = benchmark.json_schema.encode()
    answer.content_disposition = f'attachment; filename="schema-{benchmark.id}.json"'
    return answer


def run_commands(benchmark: Benchmark) -> tuple[Command, ...]:
    """The image with the usual engines, its standard output in a file."""
    image = shlex.quote(benchmark.name)
    return (
        Command("With Docker", f"docker run --rm {image} > {FILE}"),
        Command("With Podman", f"podman run --rm {image} > {FILE}"),
        Command(
            "With Apptainer", f"apptainer run --cleanenv {shlex.quote(f'docker://{benchmark.name}')} > {FILE}"
        ),
    )


def check_command(request: Any, benchmark: Benchmark, picker: Picker) -> Command:
    return Command(
        "Have it checked, nothing is stored", _curl(request, "results_validate", benchmark, picker)
    )


def upload_commands(request: Any, benchmark: Benchmark, picker: Picker) -> tuple[Command, ...]:
    """The same upload by curl, the command of the client, and Python."""
    flavor = str(picker.flavor.id) if picker.flavor else "FLAVOR"
    server = absolute(request, request.route_path("home")).rstrip("/")
    command = (
        f"export EOSCPERF_SERVER={shlex.quote(server)}\n"
        "eoscperf login\n"
        f"eoscperf results upload {FILE} --benchmark {shlex.quote(benchmark.name)} \\\n"
        f"  --flavor {_named(picker)} --when mtime"
    )
    python = (
        "import datetime\nimport json\n\nfrom eoscperf.client import Client\n\n"
        f'with open("{FILE}") as file, Client({server!r}) as client:\n'
        "    stored = client.results.submit(\n"
        "        json.load(file),\n"
        f'        benchmark_id="{benchmark.id}",\n'
        f'        flavor_id="{flavor}",\n'
        "        execution_datetime=datetime.datetime.now(datetime.UTC),\n"
        "    )\n"
        '    print(stored["id"])'
    )
    return (
        Command("Upload with curl", _curl(request, "results", benchmark, picker)),
        Command("Upload with the command eoscperf", command),
        Command("Upload from Python", python),
    )


def _curl(request: Any, route: str, benchmark: Benchmark, picker: Picker) -> str:
    flavor = str(picker.flavor.id) if picker.flavor else "FLAVOR"
    address = absolute(request, request.route_path(route))
    return (
        f'RUN="benchmark_id={benchmark.id}&flavor_id={flavor}"\n'
        'RUN="$RUN&execution_datetime=$(date -u +%Y-%m-%dT%H:%M:%SZ)"\n'
        f'curl -sS --fail-with-body -X POST "{address}?$RUN" \\\n'
        '  -H "Authorization: Bearer $TOKEN" \\\n'
        "  -H 'Content-Type: application/json' \\\n"
        f"  --data-binary @{FILE}"
    )


def _named(picker: Picker) -> str:
    """The flavor as the command understands it: by names, unless these can be read in several ways."""
    if picker.site is None or picker.flavor is None:
        return "SITE/FLAVOR"
    if "/" in picker.site.name + picker.flavor.name:
        return str(picker.flavor.id)
    return shlex.quote(f"{picker.site.name}/{picker.flavor.name}")


def _picker(request: Any, address: Address) -> Picker:
    """What is chosen and what there is to choose."""
    flavor = _known(request.find_service(Flavors), address, "flavor_id")
    site = _known(request.find_service(Sites), address, "site_id") or (flavor.site if flavor else None)
    if flavor is not None and site is not None and flavor.site_id != site.id:
        # Another site was chosen than the one that the flavor was chosen at.
        raise HTTPFound(location=address.without("flavor_id"))
    sites = request.find_service(Sites).search(
        ItemSearch(terms=tuple(address.values.get("terms", ()))),
        parse_sort(None, SITE_SORT),
        PageRequest(per_page=MOST_OFFERED),
        unbound(request),
    )
    found = [_choice(one) for one in sites.items]
    if site is not None and site.id not in {one.id for one in found}:
        found.insert(0, _choice(site))
    if site is None:
        return Picker(tuple(found), _more(sites))
    flavors = request.find_service(Flavors).search(
        ItemSearch(parent_id=site.id),
        parse_sort(None, FLAVOR_SORT),
        PageRequest(per_page=MOST_OFFERED),
        unbound(request),
    )
    return Picker(
        tuple(found),
        _more(sites),
        _choice(site),
        tuple(_choice(one) for one in flavors.items),
        _more(flavors),
        _choice(flavor) if flavor else None,
    )


class _NotThereError(Exception):
    """Something was chosen that results cannot be uploaded for."""

    def __init__(self, key: str, sentence: str) -> None:
        super().__init__(sentence)
        self.key = key


def _known(service: Any, address: Address, key: str) -> Any:
    identifier = address.values.get(key)
    if identifier is None:
        return None
    name = key.removesuffix("_id")
    try:
        found: Site | Flavor = service.get(identifier)
    except errors.NotFound:
        raise _NotThereError(key, f"The {name} {identifier} is not known here.") from None
    if found.status != "approved":
        raise _NotThereError(key, f"The {name} {found.name} is not approved; nothing can be uploaded for it.")
    return found


def _choice(item: Site | Flavor) -> Choice:
    return Choice(item.id, item.name)


def _more(page: Any) -> int:
    return max(0, (page.total or 0) - len(page.items))


def _sample(request: Any, benchmark: Benchmark) -> Sample | None:
    found = request.find_service(Activity).example(benchmark.id)
    if found is not None:
        return Sample(shown_json(found.json), found.id)
    made = example_of(benchmark.json_schema)
    return Sample(shown_json(made), None) if made else None


def _dialect(benchmark: Benchmark) -> str | None:
    """What the schema says it is written in."""
    declared = jsontext.loads_stored(benchmark.json_schema).get("$schema")
    return declared if isinstance(declared, str) else None
