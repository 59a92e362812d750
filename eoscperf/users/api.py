"""The REST operations on users."""

from __future__ import annotations

from typing import Any

from eoscperf.rest import ApiService
from eoscperf.rest.pages import answer_page, location, sort_keys
from eoscperf.rest.schema import without_nulls
from eoscperf.security.identity import Viewer
from eoscperf.users import schemas
from eoscperf.users.schemas import present_user
from eoscperf.users.service import SORT, Users

users = ApiService("users", "/users", tag="users")
users_search = ApiService("users_search", "/users:search", tag="users")
users_register = ApiService("users_register", "/users:register", tag="users")
users_remove = ApiService("users_remove", "/users:remove", tag="users")
users_role = ApiService("users_role", "/users:role", tag="users")
users_disable = ApiService("users_disable", "/users:disable", tag="users")
users_enable = ApiService("users_enable", "/users:enable", tag="users")
user_self = ApiService("user_self", "/users/self", tag="users")
user_self_update = ApiService("user_self_update", "/users/self:update", tag="users")
user_self_try_admin = ApiService("user_self_try_admin", "/users/self:try_admin", tag="users")

SERVICES = [
    users,
    users_search,
    users_register,
    users_remove,
    users_role,
    users_disable,
    users_enable,
    user_self,
    user_self_update,
    user_self_try_admin,
]

_REGISTER: dict[str, Any] = {
    "permission": "user:register",
    "status": 201,
    "returns": "User",
    "errors": {
        409: "the caller is registered already",
        422: "the identity provider tells no email address, or says that it is not verified",
        503: "the identity provider cannot be asked for the email address",
    },
}
_POSITION = ("page", "per_page", "total", "cursor", "sort_by")


@users.get(
    operation_id="ListUsers",
    permission="user:list",
    query=schemas.LIST,
    is_list=True,
    returns="page:User",
    examples=[
        {
            "summary": "Users with an email address",
            "query": {"email": "nobody@example.org"},
            "as": "admin",
            "status": 200,
        }
    ],
)
def list_users(request: Any) -> Any:
    """List registered users.

    Administrators only. The parameters `sub`, `iss`, `email`, `role` and `kind` match exactly.
    """
    return _answer(request)


@users_search.get(
    operation_id="SearchUsers",
    permission="user:list",
    query=schemas.SEARCH,
    is_list=True,
    returns="page:User",
    examples=[
        {
            "summary": "The latest registrations of an organisation",
            "query": {"terms": ["@example.org"], "sort_by": "-registration_datetime"},
            "as": "admin",
            "status": 200,
        }
    ],
)
def search_users(request: Any) -> Any:
    """Search registered users by email address.

    Administrators only. All terms must occur in the address, in any case.
    """
    return _answer(request)


@users_register.post(
    operation_id="RegisterSelf",
    examples=[
        {"summary": "Register with the token of your identity provider", "as": "stranger", "status": 201}
    ],
    **_REGISTER,
)
def register(request: Any) -> Any:
    """Register the holder of the token.

    The email address is taken from the identity provider. The body is ignored.
    """
    return _register(request)


@user_self.post(
    operation_id="RegisterSelfAlias",
    examples=[{"summary": "Register", "as": "stranger", "status": 201}],
    **_REGISTER,
)
def register_alias(request: Any) -> Any:
    """Register the holder of the token; the same as POST /users:register."""
    return _register(request)


@user_self.get(
    operation_id="GetSelf",
    permission="user:self",
    returns="User",
    errors={404: "the caller is not registered"},
    examples=[{"summary": "Your own account", "as": "user", "status": 200}],
)
def get_self(request: Any) -> Any:
    """Show the caller's account."""
    return present_user(request.find_service(Users).me(), request.viewer)


@user_self_update.post(
    operation_id="UpdateSelf",
    permission="user:update",
    status=204,
    errors={
        403: "an API token was sent: the identity provider cannot be asked with it",
        422: "the identity provider tells no email address, or does not say that it is verified",
        503: "the identity provider cannot be asked for the email address",
    },
    examples=[{"summary": "Take over a changed email address", "as": "user", "status": 204}],
)
def update_self(request: Any) -> Any:
    """Take the caller's email address over from the identity provider again."""
    request.find_service(Users).update()
    return _nothing(request)


@user_self_try_admin.get(
    operation_id="TryAdmin",
    permission="user:try_admin",
    status=204,
    examples=[{"summary": "Ask whether you are an administrator", "as": "admin", "status": 204}],
)
def try_admin(request: Any) -> Any:
    """Answer 204 to administrators and 403 to everybody else."""
    return _nothing(request)


@users_remove.post(
    operation_id="RemoveUsers",
    permission="user:remove",
    query=schemas.REMOVE_QUERY,
    body=schemas.MESSAGE,
    status=204,
    errors={
        409: "nobody else is an administrator; nobody is removed",
        422: "no condition, iss alone, or the caller is among them; nobody is removed",
    },
    examples=[
        {
            "summary": "Remove an account on request of its holder",
            "query": {"email": "nobody@example.org"},
            "body": {"message": "Asked for by mail"},
            "as": "admin",
            "status": 204,
        }
    ],
)
def remove_users(request: Any) -> Any:
    """Remove accounts.

    All conditions must match. What the accounts contributed stays without an uploader. It is no
    error if no account matches.
    """
    request.find_service(Users).remove(**request.query, **without_nulls(request.fields))
    return _nothing(request)


@users_role.post(
    operation_id="SetUserRole",
    permission="user:role",
    query=schemas.ONE,
    body=schemas.ROLE,
    status=204,
    errors={
        404: "no registered user has this sub and iss",
        409: "nobody else is an administrator",
        422: "it is the caller's own role, or a service account is to be an administrator",
    },
    examples=[
        {
            "summary": "Make somebody an administrator",
            "query": {"sub": "$user_sub", "iss": "$user_iss"},
            "body": {"role": "admin", "message": "Joins the moderators"},
            "as": "admin",
            "status": 204,
        }
    ],
)
def set_role(request: Any) -> Any:
    """Change the local role of a user.

    A `reader` may only read, a `user` may contribute, an `admin` may decide. One administrator always stays.
    """
    request.find_service(Users).set_role(**request.query, **without_nulls(request.fields))
    return _nothing(request)


@users_disable.post(
    operation_id="DisableUser",
    permission="user:disable",
    query=schemas.ONE,
    body=schemas.MESSAGE,
    status=204,
    errors={
        404: "no registered user has this sub and iss",
        409: "nobody else is an administrator",
        422: "it is the caller's own account",
    },
    examples=[
        {
            "summary": "Refuse all tokens of an account",
            "query": {"sub": "$user_sub", "iss": "$user_iss"},
            "body": {"message": "The address does not answer"},
            "as": "admin",
            "status": 204,
        }
    ],
)
def disable_user(request: Any) -> Any:
    """Disable an account: none of its tokens is accepted from now on.

    What it contributed stays as it is. It is no error if the account is disabled already.
    """
    request.find_service(Users).disable(**request.query, **without_nulls(request.fields))
    return _nothing(request)


@users_enable.post(
    operation_id="EnableUser",
    permission="user:disable",
    query=schemas.ONE,
    body=schemas.MESSAGE,
    status=204,
    errors={404: "no registered user has this sub and iss"},
    examples=[
        {
            "summary": "Accept the tokens of an account again",
            "query": {"sub": "$user_sub", "iss": "$user_iss"},
            "body": {"message": "The address was confirmed"},
            "as": "admin",
            "status": 204,
        }
    ],
)
def enable_user(request: Any) -> Any:
    """Enable a disabled account.

    It is no error if it is not disabled.
    """
    request.find_service(Users).enable(**request.query, **without_nulls(request.fields))
    return _nothing(request)


def _answer(request: Any) -> dict[str, Any]:
    found = request.find_service(Users)
    sort = sort_keys(request, SORT)
    wanted = {key: value for key, value in request.query.items() if key not in _POSITION}
    return answer_page(
        request,
        lambda page, binding: found.search(sort, page, binding, **wanted),
        lambda user: present_user(user, request.viewer),
    )


def _register(request: Any) -> dict[str, Any]:
    user = request.find_service(Users).register()
    request.response.status_int = 201
    request.response.headers["Location"] = location(request, "user_self")
    # The caller came as somebody unknown and is shown what is now theirs.
    return present_user(user, Viewer(user_id=user.id))


def _nothing(request: Any) -> None:
    request.response.status_int = 204
