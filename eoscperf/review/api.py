"""The operations that benchmarks, sites and flavors have alike: lists, deletions, decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eoscperf.rest import pages
from eoscperf.rest.schema import message_of
from eoscperf.rest.service import ApiService
from eoscperf.review.catalogue import ItemSearch, ReviewedItems
from eoscperf.review.schemas import MESSAGE


def answer_list(
    request: Any, items: ReviewedItems[Any], present: Callable[..., Mapping[str, Any]], **wanted: Any
) -> dict[str, Any]:
    """The page that a list or a search asks for; query parameters with names of columns match exactly."""
    query = request.query
    own = items.model.__table__.columns.keys()
    search = ItemSearch(
        status=query["status"],
        terms=tuple(query.get("terms", ())),
        equal=tuple((key, query[key]) for key in query if key in own and key != "status"),
        upload_before=query.get("upload_before"),
        upload_after=query.get("upload_after"),
        **wanted,
    )
    keys = pages.sort_keys(request, items.sort_fields)
    return pages.answer_page(
        request,
        lambda asked, binding: items.search(search, keys, asked, binding),
        lambda item: present(item, request.viewer),
    )


def delete(request: Any, items: ReviewedItems[Any]) -> None:
    """Delete the target, with the message of the query."""
    items.delete(request.context.model, message_of(request.query))
    request.response.status_int = 204


def decisions(
    kind: str, path: str, items: type[ReviewedItems[Any]], *, children: str = ""
) -> list[ApiService]:
    """The services `:approve`, `:reject` and `:restore` of the objects at a path such as `/sites/{site_id}`.

    `children` says what a decision takes along.
    """
    services = []
    for verb, (summary, effect, refusals) in _DECISIONS.items():
        service = ApiService(f"{kind}_{verb}", f"{path}:{verb}", traverse=path, tag=f"{kind}s")
        view = _decide(verb, items)
        view.__doc__ = f"{summary.format(kind=kind)}\n\n{effect}{children if verb != 'approve' else ''}"
        # The state that a decision needs is part of the name of its example's object.
        target = f"${kind}_deleted" if verb == "restore" else f"${kind}_on_review"
        service.add_view(
            "POST",
            view,
            operation_id=verb.capitalize() + kind.capitalize(),
            permission=f"{kind}:{verb}",
            body=MESSAGE,
            target=True,
            status=204,
            errors=refusals,
            examples=[
                {
                    "summary": summary.format(kind=kind),
                    "path": {f"{kind}_id": target},
                    "body": {"message": "Thank you."},
                    "as": "admin",
                    "status": 204,
                }
            ],
        )
        services.append(service)
    return services


_DECISIONS: dict[str, tuple[str, str, dict[int, str]]] = {
    "approve": (
        "Approve a {kind} that is on review.",
        "Everybody sees it from now on.",
        {422: "it is not on review"},
    ),
    "reject": (
        "Reject a {kind} that is on review.",
        "Its name is free again; it is kept and can be restored.",
        {422: "it is not on review"},
    ),
    "restore": (
        "Bring back a {kind} that was rejected or deleted.",
        "It goes back to the state it had before, and what went away with it comes back, too.",
        {409: "it is neither rejected nor deleted, its name has been taken, or what it belongs to is gone"},
    ),
}


def _decide(verb: str, items: type[ReviewedItems[Any]]) -> Callable[[Any], None]:
    def view(request: Any) -> None:
        message = message_of(request.fields)
        getattr(request.find_service(items), verb)(request.context.model, message)
        request.response.status_int = 204

    return view
