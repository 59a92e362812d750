"""What somebody asks for when searching results."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass

from eoscperf.results.filters import Filter

ANY_STATUS = "all"
"""As `status`: results in any state, as far as the viewer sees them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Criteria:
    """Which results are wanted; several values of one field mean any of them, but tags mean all."""

    benchmark_ids: tuple[uuid.UUID, ...] = ()
    site_ids: tuple[uuid.UUID, ...] = ()
    flavor_ids: tuple[uuid.UUID, ...] = ()
    ids: tuple[uuid.UUID, ...] = ()
    tags_ids: tuple[uuid.UUID, ...] = ()
    terms: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    upload_before: datetime.datetime | None = None
    upload_after: datetime.datetime | None = None
    execution_before: datetime.datetime | None = None
    execution_after: datetime.datetime | None = None
    status: str | None = None
    """None: visible ones, or `ANY_STATUS` where only the caller's own are listed"""
    own: bool = False
    """only what the viewer uploaded"""
    uploaders: tuple[uuid.UUID, ...] | None = None
    """only what these uploaded; for administrators alone"""
