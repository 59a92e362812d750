"""Who and what the generated results belong to: users, sites, flavors, benchmarks, tags."""

from __future__ import annotations

import datetime
import functools
import random
import uuid
from dataclasses import dataclass
from typing import Any

from benchmarks.data.definitions import DEFINITIONS, Definition
from benchmarks.data.leaves import Documents, schema_of
from benchmarks.data.popularity import Weighted, zipf
from eoscperf import jsontext
from eoscperf.listing import search_text

SITES, FLAVORS, USERS = 30, 8, 500
ISSUER = "https://login.example.org"
FIRST = datetime.datetime(2019, 1, 1, tzinfo=datetime.UTC)
YEARS = 6

_CITIES = (
    "Karlsruhe", "Krakow", "Lisboa", "Santander", "Bologna", "Lyon", "Athens", "Budapest", "Oulu", "Utrecht",
    "Zagreb", "Ljubljana", "Vilnius", "Tartu", "Riga", "Brno", "Bratislava", "Sofia", "Bucuresti", "Nicosia",
    "Dublin", "Edinburgh", "Bergen", "Uppsala", "Aarhus", "Leuven", "Zürich", "Wien", "Valencia", "Łódź",
)  # fmt: skip
_KINDS = ("Cloud", "Grid", "Supercomputing Centre", "Data Centre")
_SIZES = ("tiny", "small", "medium", "large", "xlarge", "gpu.small", "gpu.large", "bigmem")
_TAGS = (
    "baseline", "tuned", "production", "hyper-threading", "gpu", "bare-metal", "virtual", "container",
    "mpi", "openmp", "nightly", "verified", "paper-2023", "paper-2024", "energy", "low-clock", "turbo",
    "numa", "pinned", "shared-node", "exclusive", "ssd", "nvme", "lustre", "infiniband", "ethernet",
    "arm", "power", "x86", "singularity", "docker", "udocker", "kubernetes", "slurm", "acceptance",
    "regression", "compiler-study", "big-endian", "training", "workshop-2022",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Flavor:
    id: uuid.UUID
    site_id: uuid.UUID
    name: str


@dataclass(frozen=True, slots=True)
class Benchmark:
    id: uuid.UUID
    definition: Definition
    schema: dict[str, Any]
    documents: Documents

    @property
    def name(self) -> str:
        return f"{self.definition.image}:{self.definition.tag}"


class Catalogue:
    """The things of one seed; the same ids, names and shares however many results there will be."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        chance = random.Random(f"catalogue {seed}")
        self.user_ids = [_uuid(chance) for _ in range(USERS)]
        self.site_ids = [_uuid(chance) for _ in range(SITES)]
        self.site_names = [f"{city} {chance.choice(_KINDS)}" for city in _CITIES]
        self.flavors = [
            Flavor(_uuid(chance), site, name)
            for site in self.site_ids
            for name in chance.sample(_SIZES, FLAVORS)
        ]
        self.tag_ids = [_uuid(chance) for _ in _TAGS]
        self.tag_names = list(_TAGS)
        self.benchmarks = [
            Benchmark(_uuid(chance), one, schema_of(one.title, one.leaves), Documents(one.leaves))
            for one in DEFINITIONS
        ]
        self.benchmark_choice = zipf(self.benchmarks, 0.81)
        self.user_choice = zipf(self.user_ids, 1.0)
        self.tag_choice = zipf(self.tag_ids, 1.0)
        self.tag_count = Weighted((0, 1, 2, 3), (0.45, 0.3, 0.17, 0.08))
        self.flavor_choice = _flavors_by_popularity(self.flavors, self.site_ids)

    @functools.cached_property
    def biggest(self) -> Benchmark:
        """The benchmark with the most results, about a fifth of all."""
        return self.benchmarks[0]

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Rows by table, in an order in which they can be stored."""
        reviewed = {"status": "approved", "upload_datetime": FIRST}
        owners = random.Random(f"owners {self.seed}")

        def owned() -> dict[str, Any]:
            return {**reviewed, "uploader_id": self.user_choice.draw(owners)}

        users = [
            {
                "id": identifier,
                "iss": ISSUER,
                "sub": f"person-{number}",
                "email": f"person-{number}@example.org",
                "role": "user",
                "registration_datetime": FIRST,
                "search_text": search_text(f"person-{number}@example.org"),
            }
            for number, identifier in enumerate(self.user_ids)
        ]
        sites = [
            {
                "id": identifier,
                "name": name,
                "address": f"https://{number}.sites.example.org",
                "description": f"{name}, open to researchers.",
                "search_text": search_text(
                    name, f"https://{number}.sites.example.org", f"{name}, open to researchers."
                ),
                **owned(),
            }
            for number, (identifier, name) in enumerate(zip(self.site_ids, self.site_names, strict=True))
        ]
        flavors = [
            {
                "id": flavor.id,
                "site_id": flavor.site_id,
                "name": flavor.name,
                "search_text": search_text(flavor.name, None),
                **owned(),
            }
            for flavor in self.flavors
        ]
        benchmarks = [
            {
                "id": one.id,
                "docker_image": one.definition.image,
                "docker_tag": one.definition.tag,
                "json_schema": jsontext.dumps(one.schema),
                "description": f"{one.definition.title}.",
                "search_text": search_text(one.name, f"{one.definition.title}."),
                **owned(),
            }
            for one in self.benchmarks
        ]
        tags = [
            {
                "id": identifier,
                "name": name,
                "description": f"Runs of the kind {name}.",
                "upload_datetime": FIRST,
                "status": "live",
                "uploader_id": self.user_choice.draw(owners),
                "search_text": search_text(name, f"Runs of the kind {name}."),
            }
            for identifier, name in zip(self.tag_ids, self.tag_names, strict=True)
        ]
        return {"users": users, "sites": sites, "flavors": flavors, "benchmarks": benchmarks, "tags": tags}


def _flavors_by_popularity(flavors: list[Flavor], site_ids: list[uuid.UUID]) -> Weighted[Flavor]:
    """Popular sites, and on each of them popular flavors."""
    weights = [
        (site_ids.index(flavor.site_id) + 1) ** -0.9 * (number % FLAVORS + 1) ** -0.8
        for number, flavor in enumerate(flavors)
    ]
    return Weighted(flavors, weights)


def _uuid(chance: random.Random) -> uuid.UUID:
    return uuid.UUID(int=chance.getrandbits(128), version=4)
