"""From `flavor:<id>` and the like to the rows of a comparison."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from eoscperf import errors
from eoscperf.comparison.comparing import MOST_ROWS, Subject
from eoscperf.errors import Issue
from eoscperf.results.catalogue import CatalogueView

Kind = Literal["result", "flavor", "site", "tag"]


@dataclass(frozen=True, slots=True)
class Item:
    """What is asked for: a kind and an id."""

    kind: Kind
    id: uuid.UUID

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


def parse(text: str) -> Item:
    """An item as it is written; ValueError says what may be."""
    kind, _, identifier = text.partition(":")
    if kind in get_args(Kind):
        try:
            return Item(cast("Kind", kind), uuid.UUID(identifier))
        except ValueError:
            pass
    raise ValueError(
        "must be result:, flavor:, site: or tag: and a UUID, such as "
        "flavor:3fa85f64-5717-4562-b3fc-2c963f66afa6"
    )


def expanded(
    items: Sequence[Item],
    view: CatalogueView,
    flavors_of_tags: dict[uuid.UUID, list[uuid.UUID]],
    names_of_results: dict[uuid.UUID, str],
) -> tuple[list[Subject], list[int]]:
    """The rows, and for each item the place of its first row.

    Sites and tags become their flavors. `flavors_of_tags` and `names_of_results` hold what the viewer may
    see of them. Raises Invalid for more than `MOST_ROWS`.
    """
    subjects: list[Subject] = []
    first: list[int] = []
    for item in items:
        first.append(len(subjects))
        subjects += _of(item, view, flavors_of_tags, names_of_results)
    if len(subjects) > MOST_ROWS:
        detail = f"make {len(subjects)} rows; a comparison has at most {MOST_ROWS}. Name fewer, or flavors"
        raise errors.Invalid([Issue(detail, "query", "item")])
    return subjects, first


def _of(
    item: Item,
    view: CatalogueView,
    flavors_of_tags: dict[uuid.UUID, list[uuid.UUID]],
    names_of_results: dict[uuid.UUID, str],
) -> Iterator[Subject]:
    missing = Subject(f"{item} (not found)", found=False)
    if item.kind == "result":
        name = names_of_results.get(item.id)
        yield missing if name is None else Subject(name, result_id=item.id)
    elif item.kind == "flavor":
        yield Subject(_named(view, item.id), flavor_id=item.id) if _is_public(view, item.id) else missing
    elif item.kind == "site":
        flavors = [one for one in view.flavors_of_site.get(item.id, ()) if _is_public(view, one)]
        flavors.sort(key=lambda one: (view.flavors[one].name, one.bytes))
        yield from [Subject(_named(view, one), flavor_id=one) for one in flavors] or [missing]
    else:
        tag = view.tags.get(item.id)
        flavors = [one for one in flavors_of_tags.get(item.id, ()) if _is_public(view, one)]
        flavors.sort(key=lambda one: (_named(view, one), one.bytes))
        if tag is None or not tag.live or not flavors:
            yield missing
        else:
            yield from (
                Subject(f"{_named(view, one)} #{tag.name}", flavor_id=one, tag_id=tag.id) for one in flavors
            )


def _named(view: CatalogueView, flavor_id: uuid.UUID) -> str:
    return f"{view.site_of(flavor_id).name} {view.flavors[flavor_id].name}"


def _is_public(view: CatalogueView, flavor_id: uuid.UUID) -> bool:
    flavor = view.flavors.get(flavor_id)
    return flavor is not None and flavor.status == "approved" and view.site_of(flavor_id).status == "approved"
