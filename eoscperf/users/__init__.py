"""Users: who has registered, and what bearer tokens say about callers."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    from eoscperf.users import api, api_services, resources, schemas, schemas_services
    from eoscperf.users.service import Users
    from eoscperf.users.services import ServiceAccounts

    config.include(".authentication")
    config.add_service(Users, Users.for_request)
    config.add_permission("user:register", "register with a token", default="token", account=True)
    config.add_permission("user:self", "see one's own account", default="token", scope="read", account=True)
    config.add_permission(
        "user:update", "take over one's own email address again", default="user", account=True
    )
    config.add_permission(
        "user:try_admin", "be told to be an administrator", default="admin", scope=("moderate", "admin")
    )
    config.add_permission("user:list", "list and search users", default="admin")
    config.add_permission("user:remove", "remove accounts", default="admin")
    config.add_permission("user:role", "change the role of users", default="admin")
    config.add_permission("user:disable", "disable accounts, and enable them again", default="admin")
    config.add_service(ServiceAccounts, ServiceAccounts.for_request)
    config.add_permission("service:list", "list service accounts", default="admin")
    config.add_permission("service:manage", "make, change and remove service accounts", default="admin")
    config.add_resource("services", resources.ServiceCollection)
    for service in (*api.SERVICES, *api_services.SERVICES):
        config.add_api_service(service)
    for name, schema in (schemas.SCHEMAS | schemas_services.SCHEMAS).items():
        config.add_openapi_schema(name, schema)
