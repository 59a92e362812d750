"""Values and tallies say what the results say, whatever happens in whatever order."""

from __future__ import annotations

import random

import pytest

from eoscperf.testing.consistency import check_derived

NUMBERS = [0, 1, 8, 8.0, -0.0, 2**53, 2**53 + 1, 0.1, 1e22]
TEXTS = ["EPYC", "Xeon, Gold", "", "ä\t\\", 'say "so"', "long " * 30]

SCHEMAS = [
    {
        "type": "object",
        "properties": {
            "time": {"type": "number"},
            "cpu": {"type": "object", "properties": {"model": {"type": "string"}, "count": {}}},
        },
    },
    {
        "type": "object",
        "properties": {
            "time": {"type": ["number", "null"]},
            "cpu": {"$ref": "#/$defs/cpu"},
            "a.b c,d": {"type": "boolean"},
            "flags": {"type": "array"},
        },
        "$defs": {"cpu": {"properties": {"model": {"type": "string"}, "cores": {"type": "integer"}}}},
    },
    {"type": "object"},
]


class Walk:
    """A small world that is changed in every way there is."""

    WEIGHTS = {
        "upload": 8,
        "batch": 3,
        "tag": 8,
        "tag_goes_and_comes": 2,
        "claim": 6,
        "decide_claim": 5,
        "own": 5,
        "decide_result": 5,
        "decide_item": 8,
        "undo": 6,
        "change_schema": 4,
    }

    def __init__(self, api, make, seed):
        self.api, self.dice = api, random.Random(seed)
        self.admin, self.owner, self.ann = api.token("admin"), api.token("owner"), api.token("ann")
        owner = api.person("owner")
        sites = [make.site(uploader=owner) for _ in range(2)]
        self.flavors = [make.flavor(site=site, uploader=owner) for site in sites for _ in range(2)]
        self.benchmarks = [make.benchmark(uploader=owner, json_schema=schema) for schema in SCHEMAS]
        self.items = [(thing.kind, str(thing.id)) for thing in (*sites, *self.flavors, *self.benchmarks)]
        self.tags = [str(make.tag(f"tag {number}").id) for number in range(3)]
        self.results: list[str] = []
        self.claims: list[str] = []
        self.entries: list[int] = []
        self.done: list[tuple[str, int]] = []
        self.uploads = 0

    def step(self):
        name = self.dice.choices(*zip(*self.WEIGHTS.items(), strict=True))[0]
        answer = getattr(self, name if self.results else "upload")()
        self.done.append((name, answer.status_int))
        assert answer.status_int < 500, self.done

    def document(self):
        pick, maybe = self.dice.choice, lambda key, value: {key: value} if self.dice.random() < 0.7 else {}
        cpu = maybe("model", pick(TEXTS)) | maybe("count", pick([*NUMBERS, None, True, [1]]))
        cpu |= maybe("cores", pick([1, 2, 64]))
        self.uploads += 1
        document = {"number": self.uploads} | maybe("time", pick(NUMBERS)) | maybe("cpu", cpu)
        return document | maybe("a.b c,d", pick([True, False])) | maybe("flags", pick([[], [1, "x"]]))

    def upload(self):
        fields = self._fields()
        answer = self.api.post("/results", self.document(), params=fields, token=self.owner, status="*")
        if answer.status_int == 201:
            self.results.append(answer.json["id"])
        return answer

    def batch(self):
        items = [self._fields() | {"json": self.document()} for _ in range(self.dice.randrange(60))]
        answer = self.api.post("/results:batch", items, params={"mode": "each"}, token=self.owner, status="*")
        for item in answer.json.get("items", ()):
            if item.get("id"):
                self.results.append(item["id"])
        return answer

    def _fields(self):
        year = self.dice.choice(["1999-12-31T23:30:00-01:00", "2024-06-01T08:00:00Z", "2000-01-01T00:00:00Z"])
        return {
            "execution_datetime": year,
            "benchmark_id": str(self.dice.choice(self.benchmarks).id),
            "flavor_id": str(self.dice.choice(self.flavors).id),
            "tags_ids": self.dice.sample(self.tags, self.dice.randrange(3)),
        }

    def tag(self):
        body = {"tags_ids": self.dice.sample(self.tags, self.dice.randrange(4))}
        return self.api.put(f"/results/{self._result()}/tags", body, token=self.admin, status="*")

    def tag_goes_and_comes(self):
        return self._decide(f"/tags/{self.dice.choice(self.tags)}", self.dice.choice(["delete", "restore"]))

    def claim(self):
        path, body = f"/results/{self._result()}:claim", {"message": "It looks wrong."}
        answer = self.api.post(path, body, token=self.ann, status="*")
        if answer.status_int == 201:
            self.claims.append(answer.json["id"])
        return answer

    def decide_claim(self):
        if not self.claims:
            return self.claim()
        path = f"/reports/claims/{self.dice.choice(self.claims[-6:])}"
        if self.dice.random() < 0.3:
            return self.api.post(f"{path}:withdraw", token=self.ann, status="*")
        return self._decide(path, self.dice.choice(["approve", "reject", "show"]))

    def own(self):
        verb = self.dice.choice(["withdraw", "restore"])
        return self.api.post(f"/results/{self._result()}:{verb}", token=self.owner, status="*")

    def decide_result(self):
        return self._decide(f"/results/{self._result()}", self.dice.choice(["delete", "restore"]))

    def decide_item(self):
        kind, item_id = self.dice.choice(self.items)
        verb = self.dice.choice(["delete", "restore", "restore"])
        return self._decide(f"/{kind}s/{item_id}", verb)

    def undo(self):
        entries = self.api.items("/reports/log", token=self.admin)[:8]
        decisions = [each["id"] for each in entries if each["action"] in ("delete", "restore", "approve")]
        entry = self.dice.choice(decisions or [0])
        return self.api.post(f"/reports/log/{entry}:undo", token=self.admin, status="*")

    def change_schema(self):
        benchmark, schema = self.dice.choice(self.benchmarks), self.dice.choice(SCHEMAS)
        image = self.api.get(f"/benchmarks/{benchmark.id}", token=self.admin).json
        body = {key: image[key] for key in ("docker_image", "docker_tag")} | {"json_schema": schema}
        return self.api.put(f"/benchmarks/{benchmark.id}", body, token=self.admin, status="*")

    def _result(self):
        return self.dice.choice(self.results)

    def _decide(self, path, verb):
        if verb == "delete":
            return self.api.delete(path, token=self.admin, status="*")
        return self.api.post(f"{path}:{verb}", {}, token=self.admin, status="*")


@pytest.mark.parametrize("seed", range(3))
def test_values_and_tallies_follow_whatever_happens(api, make, session, set_setting, seed, monkeypatch):
    set_setting("rates.claims", 1000)
    # So low that rows are folded, and fields stop being tallied, again and again.
    monkeypatch.setattr("eoscperf.results.tallies.folding.STEP", 64)
    monkeypatch.setattr("eoscperf.results.tallies.folding.FACTOR", 2)
    walk = Walk(api, make, seed)
    for _ in range(80):
        walk.step()
        session.expire_all()
        try:
            check_derived(session)
        except AssertionError as problem:
            raise AssertionError(f"{problem} after {walk.done[-3:]}") from None
    worked = {name for name, status in walk.done if status < 300}
    assert len(worked) >= 9, sorted(worked)
