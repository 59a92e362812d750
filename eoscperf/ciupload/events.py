"""What happens to trust rules."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class TrustRuleEvent:
    """Something happened to a rule; `topic` names it."""

    topic: ClassVar[str] = ""

    id: uuid.UUID
    owner_id: uuid.UUID
    issuer: str
    repository: str
    workflow: str
    entry_id: int


@dataclass(frozen=True, kw_only=True)
class TrustRuleAdded(TrustRuleEvent):
    topic: ClassVar[str] = "trust_rule.added"


@dataclass(frozen=True, kw_only=True)
class TrustRuleRemoved(TrustRuleEvent):
    topic: ClassVar[str] = "trust_rule.removed"

    message: str | None = None
