"""The REST operations on service accounts."""

from __future__ import annotations

from typing import Any

from eoscperf.rest import ApiService
from eoscperf.rest.pages import answer_page, location, sort_keys
from eoscperf.rest.schema import message_of, nulls_cleared, without_nulls
from eoscperf.users import schemas_services as schemas
from eoscperf.users.schemas import MESSAGE
from eoscperf.users.schemas_services import present_service
from eoscperf.users.services import SORT, ServiceAccounts

SERVICE = "/users/services/{user_id}"

service_accounts = ApiService("service_accounts", "/users/services", tag="services")
service_account = ApiService("service_account", SERVICE, traverse="/services/{user_id}", tag="services")

SERVICES = [service_accounts, service_account]

_NEW = {"name": "nightly-zstd", "email": "benchmarks@example.org", "description": "Runs zstd every night."}


@service_accounts.get(
    operation_id="ListServices",
    permission="service:list",
    query=schemas.LIST,
    is_list=True,
    returns="page:ServiceAccount",
    examples=[{"summary": "All service accounts", "as": "admin", "status": 200}],
)
def list_services(request: Any) -> Any:
    """List service accounts.

    Administrators only.
    """
    accounts = request.find_service(ServiceAccounts)
    sort = sort_keys(request, SORT)
    return answer_page(request, lambda page, binding: accounts.search(sort, page, binding), present_service)


@service_accounts.post(
    operation_id="CreateService",
    permission="service:manage",
    body=schemas.NEW,
    status=201,
    returns="ServiceAccount",
    errors={409: "the name is in use"},
    examples=[{"summary": "An account for a nightly job", "as": "admin", "body": _NEW, "status": 201}],
)
def create_service(request: Any) -> Any:
    """Make a service account: for a worker, or for continuous integration.

    It has no log-in; make it a token with POST /users/services/{user_id}/tokens.
    """
    user = request.find_service(ServiceAccounts).create(**without_nulls(request.fields))
    request.response.status_int = 201
    request.response.headers["Location"] = location(request, "service_account", user_id=user.id)
    return present_service(user)


@service_account.get(
    operation_id="GetService",
    permission="service:list",
    target=True,
    returns="ServiceAccount",
    examples=[
        {"summary": "One service account", "path": {"user_id": "$service"}, "as": "admin", "status": 200}
    ],
)
def get_service(request: Any) -> Any:
    """Get a service account."""
    return request.context.represent()


@service_account.put(
    operation_id="UpdateService",
    permission="service:manage",
    body=schemas.CHANGED,
    read_only=schemas.READ_ONLY,
    target=True,
    conditional=True,
    status=204,
    examples=[
        {
            "summary": "Another team answers for it",
            "path": {"user_id": "$service"},
            "as": "admin",
            "body": {"email": "compute@example.org"},
            "status": 204,
        }
    ],
)
def update_service(request: Any) -> None:
    """Replace address and description of a service account."""
    accounts = request.find_service(ServiceAccounts)
    accounts.update(request.context.model, **nulls_cleared(request.fields))
    request.response.status_int = 204


@service_account.delete(
    operation_id="RemoveService",
    permission="service:manage",
    query=MESSAGE,
    target=True,
    conditional=True,
    status=204,
    examples=[
        {"summary": "Remove a service account", "path": {"user_id": "$service"}, "as": "admin", "status": 204}
    ],
)
def remove_service(request: Any) -> None:
    """Remove a service account with its tokens.

    What it contributed stays without an uploader.
    """
    accounts = request.find_service(ServiceAccounts)
    accounts.remove(request.context.model, message_of(request.query))
    request.response.status_int = 204
