"""Who may do what with results and tags."""

from __future__ import annotations

from eoscperf.security.permissions import Level

SCOPES: dict[str, tuple[str, ...]] = {
    # Its uploader takes a withdrawal back, a moderator a removal; the object knows which it is.
    "result:restore": ("upload", "moderate"),
    "result:delete": ("moderate",),
    "result:uploader": ("moderate",),
    "tag:update": ("moderate",),
    "tag:delete": ("moderate",),
    "tag:restore": ("moderate",),
}
"""The scopes of tokens, where level and name of the permission do not tell."""

PERMISSIONS: dict[str, tuple[str, Level]] = {
    "result:list": ("list, search and export results", "public"),
    "result:read": ("look at a result", "public"),
    "result:create": ("upload results", "user"),
    "result:list_own": ("list one's own results", "user"),
    "result:tag": ("change the tags of a result", "owner"),
    "result:withdraw": ("withdraw one's own result", "owner"),
    "result:restore": ("bring back a result", "owner"),
    "result:delete": ("remove a result", "admin"),
    "result:uploader": ("see who uploaded a result", "admin"),
    "tag:list": ("list tags", "public"),
    "tag:read": ("look at a tag", "public"),
    "tag:create": ("add a tag", "user"),
    "tag:update": ("change a tag", "admin"),
    "tag:delete": ("delete a tag", "admin"),
    "tag:restore": ("bring back a deleted tag", "admin"),
}
