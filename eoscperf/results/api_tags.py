"""Tags over REST."""

from __future__ import annotations

from typing import Any

from eoscperf.rest import pages
from eoscperf.rest.schema import message_of, nulls_cleared, without_nulls
from eoscperf.rest.service import ApiService
from eoscperf.results import schemas
from eoscperf.results.schemas import present_tag
from eoscperf.results.tags import SORT, Tags

TAG = "/tags/{tag_id}"

tags = ApiService("tags", "/tags", traverse="/tags", tag="tags")
tags_search = ApiService("tags_search", "/tags:search", traverse="/tags", tag="tags")
tag = ApiService("tag", TAG, traverse=TAG, tag="tags")
tag_restore = ApiService("tag_restore", TAG + ":restore", traverse=TAG, tag="tags")

SERVICES = [tags, tags_search, tag, tag_restore]


@tags.get(
    operation_id="ListTags",
    permission="tag:list",
    query=schemas.TAG_LIST,
    is_list=True,
    returns="page:Tag",
    examples=[{"summary": "The first ten tags by name", "query": {"per_page": "10"}, "status": 200}],
)
def list_tags(request: Any) -> Any:
    """List tags."""
    return _answer(request)


@tags_search.get(
    operation_id="SearchTag",
    permission="tag:list",
    query=schemas.TAG_SEARCH,
    is_list=True,
    returns="page:Tag",
    examples=[{"summary": "Tags that hold a word", "query": {"terms": ["gpu"]}, "status": 200}],
)
def search_tags(request: Any) -> Any:
    """Search tags by words in name and description."""
    return _answer(request)


def _answer(request: Any) -> Any:
    service = request.find_service(Tags)
    keys = pages.sort_keys(request, SORT)
    name, terms = request.query.get("name"), request.query.get("terms", ())
    return pages.answer_page(
        request,
        lambda asked, binding: service.page(keys, asked, binding, name=name, terms=terms),
        lambda found: present_tag(found, request.viewer),
    )


@tags.post(
    operation_id="CreateTag",
    permission="tag:create",
    body=schemas.TAG,
    status=201,
    returns="Tag",
    errors={409: "the name is in use; `existing` is the tag that has it"},
    examples=[
        {
            "summary": "Add a tag",
            "as": "user",
            "body": {"name": "hyper-threading", "description": "Two threads per core."},
            "status": 201,
        }
    ],
)
def create_tag(request: Any) -> Any:
    """Add a tag.

    It can be used at once.
    """
    created = request.find_service(Tags).create(**without_nulls(request.fields))
    request.response.status_int = 201
    request.response.headers["Location"] = pages.location(request, "tag", tag_id=created.id)
    return present_tag(created, request.viewer)


@tag.get(
    operation_id="GetTag",
    permission="tag:read",
    target=True,
    returns="Tag",
    examples=[{"summary": "One tag", "path": {"tag_id": "$tag"}, "status": 200}],
)
def get_tag(request: Any) -> Any:
    """Get a tag."""
    return request.context.represent()


@tag.put(
    operation_id="UpdateTag",
    permission="tag:update",
    body=schemas.TAG,
    read_only=("id", "upload_datetime", "status"),
    target=True,
    conditional=True,
    status=204,
    errors={409: "the name is in use, or the tag is deleted"},
    examples=[
        {
            "summary": "Rename a tag, clear its description",
            "path": {"tag_id": "$tag"},
            "as": "admin",
            "body": {"name": "renamed", "description": None},
            "status": 204,
        }
    ],
)
def update_tag(request: Any) -> None:
    """Change a tag.

    An optional field that is left out stays as it is; null clears it.
    """
    request.find_service(Tags).update(request.context.model, nulls_cleared(request.fields))
    request.response.status_int = 204


@tag.delete(
    operation_id="DeleteTag",
    permission="tag:delete",
    query=schemas.MESSAGE,
    target=True,
    conditional=True,
    status=204,
    examples=[{"summary": "Delete a tag", "path": {"tag_id": "$tag"}, "as": "admin", "status": 204}],
)
def delete_tag(request: Any) -> None:
    """Delete a tag: no result has it any longer.

    Nothing happens when it is deleted already. A restore brings it back to its results.
    """
    message = message_of(request.query)
    request.find_service(Tags).delete(request.context.model, message)
    request.response.status_int = 204


@tag_restore.post(
    operation_id="RestoreTag",
    permission="tag:restore",
    body=schemas.MESSAGE,
    target=True,
    status=204,
    errors={409: "it is not deleted, or its name has been taken"},
    examples=[
        {
            "summary": "Bring a tag back",
            "path": {"tag_id": "$tag_deleted"},
            "body": {"message": "It is still in use."},
            "as": "admin",
            "status": 204,
        }
    ],
)
def restore_tag(request: Any) -> None:
    """Bring back a deleted tag, on all results that had it."""
    message = message_of(request.fields)
    request.find_service(Tags).restore(request.context.model, message)
    request.response.status_int = 204
