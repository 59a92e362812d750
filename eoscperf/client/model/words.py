"""The words that members of answers and queries may be."""

from __future__ import annotations

from typing import Any, Literal

Status = Literal["on_review", "approved", "rejected", "deleted"]
ResultStatus = Literal["visible", "claimed", "withdrawn", "removed"]
ClaimStatus = Literal["on_review", "approved", "rejected", "withdrawn"]
Reason = Literal[
    "wrong_version", "wrong_place", "implausible", "duplicate", "tampered", "personal_data", "other"
]
Role = Literal["reader", "user", "admin"]
Better = Literal["higher", "lower"]
Weight = Literal["source", "run"]
CatalogueStatus = Literal["proposed", "accepted", "declined"]
Kind = Literal["benchmark", "site", "flavor", "claim"]
Format = Literal["csv", "json", "md", "ndjson", "parquet"]

Capability = dict[str, Any]
"""Something that not every server can do: a `description`, and members that depend on what it is."""
