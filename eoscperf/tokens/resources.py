"""The caller's API tokens in the traversal tree."""

from __future__ import annotations

from typing import Any

from eoscperf.extend.resources import Collection, Item
from eoscperf.tokens.models import ApiToken
from eoscperf.tokens.schemas import present_token
from eoscperf.tokens.service import ApiTokens


class TokenItem(Item):
    """One of the caller's own tokens; nobody else's are found."""

    def find(self, lock: bool) -> ApiToken:
        tokens = self.request.find_service(ApiTokens)
        return tokens.get(self.request.identity.user_id, self.id, lock=lock)

    def represent(self) -> dict[str, Any]:
        return present_token(self.model)


class TokenCollection(Collection):
    item = TokenItem
