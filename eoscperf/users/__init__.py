"""Users: who has registered, and what bearer tokens say about callers."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    from eoscperf.users import api, schemas
    from eoscperf.users.service import Users

    config.include(".authentication")
    config.add_service(Users, Users.for_request)
    config.add_permission("user:register", "register with a token", default="token")
    config.add_permission("user:self", "see one's own account", default="token")
    config.add_permission("user:update", "take over one's own email address again", default="user")
    config.add_permission("user:try_admin", "be told to be an administrator", default="admin")
    config.add_permission("user:list", "list and search users", default="admin")
    config.add_permission("user:remove", "remove accounts", default="admin")
    config.add_permission("user:role", "change the role of users", default="admin")
    for service in api.SERVICES:
        config.add_api_service(service)
    for name, schema in schemas.SCHEMAS.items():
        config.add_openapi_schema(name, schema)
