"""How much is measured with and on reviewed items: asked here, told by the feature that has the results."""

from __future__ import annotations

import datetime
import uuid
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """What everybody may know of the results of one item."""

    runs: int = 0
    benchmarks: int = 0
    """how many different ones"""
    flavors: int = 0
    newest: datetime.datetime | None = None
    """when the latest of them was executed"""


NOTHING = Measured()


@dataclass(frozen=True, slots=True)
class Example:
    """A result with its document."""

    id: uuid.UUID
    json: str
    """canonical text"""
    executed: datetime.datetime


class Activity(ABC):
    """A service. Ids without results are missing in the answers.

    A question takes few statements, however many results there are.
    """

    @abstractmethod
    def example(self, benchmark_id: uuid.UUID) -> Example | None:
        """The latest result of a benchmark, as an example of what its results look like."""

    @abstractmethod
    def of_benchmarks(self, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Measured]: ...

    @abstractmethod
    def of_sites(self, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Measured]: ...

    @abstractmethod
    def of_flavors(self, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Measured]: ...
