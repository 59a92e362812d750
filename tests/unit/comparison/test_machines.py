"""What results say of machines, in the words of the catalogues."""

from __future__ import annotations

import uuid

import pytest

from eoscperf.comparison.machines import Machines, described, per_core
from eoscperf.metrics.catalogue import Catalogue, Metric
from eoscperf.results.observed import Observed, ObservedValue

HERE = uuid.uuid4()


def metric(path, label=None, kind="string", **more):
    return Metric(path, kind, label or path.rpartition(".")[2], **more)


class Known:
    """Results that say what they are told to."""

    def __init__(self, said):
        self.said = said

    def of_flavors(self, flavors, wanted):
        found = [
            Observed(one, path, tuple(ObservedValue(*pair) for pair in self.said[one, path]), counted=True)
            for one, paths in wanted.items()
            for path in paths
            if (one, path) in self.said
        ]
        return {HERE: found} if found else {}


def asked(catalogues, said):
    """`catalogues`: metrics by benchmark; `said`: pairs of values and counts by benchmark and path."""
    known = {one: Catalogue(tuple(metrics)) for one, metrics in catalogues.items()}
    return Machines(Known(said)).of_flavors([HERE], known).get(HERE, [])


def test_benchmarks_that_call_places_the_same_speak_of_one_parameter():
    first, second = uuid.uuid4(), uuid.uuid4()
    (said,) = asked(
        {
            first: [metric("machine.cpu.brand", "Processor", parameter="machine")],
            second: [metric("host.model", "processor", parameter="machine")],
        },
        {
            (first, "machine.cpu.brand"): [("EPYC", 2), ("Xeon", 1)],
            (second, "host.model"): [("Xeon", 5)],
        },
    )
    assert said.parameter.name == "Processor"
    assert said.parameter.paths == ("machine.cpu.brand", "host.model")
    assert [(one.value, one.count) for one in said.values] == [("Xeon", 6), ("EPYC", 2)]
    assert said.differs


def test_one_place_is_one_parameter_whether_or_not_it_has_a_title():
    first, second = uuid.uuid4(), uuid.uuid4()
    (said,) = asked(
        {first: [metric("cpu.brand")], second: [metric("cpu.brand", "Processor")]},
        {(first, "cpu.brand"): [("EPYC", 1)], (second, "cpu.brand"): [("EPYC", 2)]},
    )
    assert said.parameter.label == "Processor"
    assert [(one.value, one.count) for one in said.values] == [("EPYC", 3)]
    assert not said.differs


def test_the_same_title_twice_in_a_benchmark_and_ends_of_paths_tell_too_little():
    benchmark = uuid.uuid4()
    found = asked(
        {
            benchmark: [
                metric("machine.a", "Model"),
                metric("machine.b", "Model"),
                metric("machine.cpu.count", kind="number"),
                metric("machine.gpu.count", kind="number"),
            ]
        },
        {
            (benchmark, "machine.a"): [("A", 1)],
            (benchmark, "machine.b"): [("B", 1)],
            (benchmark, "machine.cpu.count"): [(8.0, 1)],
            (benchmark, "machine.gpu.count"): [(1.0, 1), (True, 1)],
        },
    )
    assert [one.parameter.paths for one in found] == [
        ("machine.a",),
        ("machine.b",),
        ("machine.cpu.count",),
        ("machine.gpu.count",),
    ]
    assert [one.parameter.is_cores for one in found] == [False, False, True, False]
    assert [one.parameter.name for one in found][2:] == ["machine.cpu.count", "machine.gpu.count"]
    assert found[2].number == 8
    assert found[3].number is None
    assert [one.text for one in found[3].values] == ["1", "true"]


def test_machines_are_described_by_parameters_what_stands_among_such_and_suggested_texts():
    catalogue = Catalogue(
        (
            metric("machine.cpu.brand"),
            metric("kernel", suggested=True),
            metric("score", kind="number", suggested=True),
            metric("time", kind="number", headline=1),
            metric("machine.speed", kind="number", better="higher"),
            metric("level", kind="number", parameter="input", suggested=True),
            metric("pins", kind="number", parameter="machine"),
            metric("comment"),
        )
    )
    assert [one.path for one in described(catalogue)] == ["pins", "machine.cpu.brand", "kernel"]


@pytest.mark.parametrize(
    ("better", "unit", "cores", "each"),
    [
        ("lower", "s", 4, 2272.0),
        ("higher", "MB/s", 4, 142.0),
        ("lower", "J", 4, None),
        (None, "s", 4, None),
        ("lower", "s", None, None),
        ("lower", "s", 0, None),
    ],
)
def test_times_are_multiplied_by_cores_and_rates_divided(better, unit, cores, each):
    assert per_core(metric("score", kind="number", better=better, unit=unit), 568.0, cores) == each
