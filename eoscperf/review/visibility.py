"""Who sees which reviewed items: approved ones everybody, others their uploader and administrators."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from eoscperf.security.identity import Viewer


def visible_to(viewer: Viewer, model: Any, status: str = "approved") -> sa.ColumnElement[bool]:
    """The items in one state that a list may show."""
    in_state = model.status == status
    if status == "approved" or viewer.admin:
        return in_state
    if viewer.user_id is None:
        return sa.false()
    return sa.and_(in_state, model.uploader_id == viewer.user_id)


def can_see(viewer: Viewer, item: Any) -> bool:
    """Whether an item exists for this viewer when asked for by its id."""
    return item.status == "approved" or viewer.sees_uploader(item.uploader_id)
