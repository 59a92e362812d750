"""A small world of results that pages show, and how tests read these pages."""

from __future__ import annotations

import datetime
import re

import pytest

SCHEMA = {
    "type": "object",
    "properties": {
        "time": {
            "type": "number",
            "title": "Render time",
            "x-unit": "s",
            "x-better": "lower",
            "x-headline": True,
            "x-samples": "times",
        },
        "times": {"type": "array", "items": {"type": "number"}},
        "size": {"type": "integer", "title": "Size", "x-parameter": "input"},
        "cores": {"type": "integer", "title": "Cores", "x-parameter": "machine"},
        "brand": {"type": "string"},
    },
}


@pytest.fixture
def world(make):
    class World:
        benchmark = make.benchmark(json_schema=SCHEMA, docker_image="c-ray", docker_tag="1.2")
        other = make.benchmark(docker_image="io", docker_tag="2")
        site = make.site(name="CESNET <i>")
        far = make.site(name="IFCA")
        tag = make.tag("hpc")
        owner = make.user("owner")

    world = World()
    world.flavor = make.flavor(site=world.site, name="hpc.8")
    world.second = make.flavor(site=world.far, name="m.8")
    world.results = [
        make.result(
            benchmark=world.benchmark,
            flavor=world.second if number % 3 == 0 else world.flavor,
            uploader=world.owner,
            json={
                "time": 100.5 + number,
                "times": [100.5 + number, 101.5 + number],
                "size": 4,
                "cores": 16 if number == 1 else 8,
                "brand": "AMD EPYC 7742" if number % 2 else "7742",
            },
            tags=[world.tag] if number < 5 else [],
            execution_datetime=datetime.datetime(2023 + number % 2, 5, 1 + number, 12, tzinfo=datetime.UTC),
        )
        for number in range(12)
    ]
    world.foreign = make.result(benchmark=world.other, flavor=world.flavor, json={"rate": 3})
    world.of_benchmark = f"/results?benchmark_id={world.benchmark.id}"
    return world


def squeezed(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def rows(answer):
    return re.findall(r'name="pick" value="([0-9a-f-]+)"[^>]*aria-label', answer.text)


def facet(answer, title):
    """Texts and counts of one facet, and its links."""
    part = answer.text.partition(f"<h3>{title}</h3>")[2].partition("</section>")[0]
    texts = re.findall(r'class="facet-text">([^<]*)<', part)
    counts = re.findall(r'class="facet-count">(\d+)', part)
    links = [link.replace("&amp;", "&") for link in re.findall(r'<a href="([^"]+)"', part)]
    return dict(zip(texts, map(int, counts), strict=True)), dict(zip(texts, links, strict=False))


def table_form(answer):
    return next(form for form in answer.forms.values() if "to" in form.fields)
