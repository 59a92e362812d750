"""What is compared, by name, and what could be put beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eoscperf.comparison.subjects import Item
from eoscperf.results.catalogue import CatalogueView
from eoscperf.web.urls import Address

MOST_OFFERS = 20
"""Names that are listed for some words."""


@dataclass(frozen=True, slots=True)
class Chosen:
    name: str
    remove_url: str


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that can be added; `rows` is how many flavors a site brings along."""

    kind: str
    name: str
    rows: int
    url: str


@dataclass(frozen=True, slots=True)
class Picker:
    """What was found for the words in the address."""

    asked: bool
    offers: tuple[Offer, ...]
    more: int


def chosen(
    address: Address, view: CatalogueView, items: Sequence[Item], first_rows: Sequence[str]
) -> list[Chosen]:
    """The items of a comparison; `first_rows` are the names of the first row of each."""
    found = []
    for item, row in zip(items, first_rows, strict=True):
        name = row
        if item.kind == "site" and item.id in view.sites:
            name = f"Site {view.sites[item.id].name}"
        elif item.kind == "tag" and item.id in view.tags:
            name = f"Tag {view.tags[item.id].name}"
        found.append(Chosen(name, address.without("item", str(item))))
    return found


def picker(address: Address, view: CatalogueView) -> Picker:
    """Sites, flavors and tags with all the words of the address in their names."""
    words = address["q"].casefold().split()
    if not words:
        return Picker(False, (), 0)
    present = set(address.all("item"))
    found = [
        Offer(kind, name, rows, address.adding("item", item))
        for kind, name, rows, item in _named(view)
        if item not in present and all(word in name.casefold() for word in words)
    ]
    return Picker(True, tuple(found[:MOST_OFFERS]), max(0, len(found) - MOST_OFFERS))


def _named(view: CatalogueView) -> Iterator[tuple[str, str, int, str]]:
    """Everything public by kind and name: kind, name, number of flavors, item."""
    sites = sorted(
        (site.name, identifier) for identifier, site in view.sites.items() if site.status == "approved"
    )
    flavors = {
        identifier: [one for one in view.flavors_of_site.get(identifier, ()) if _is_approved(view, one)]
        for _, identifier in sites
    }
    for name, identifier in sites:
        yield "Site", name, len(flavors[identifier]), f"site:{identifier}"
    for name, identifier in sites:
        for flavor, flavor_id in sorted((view.flavors[one].name, one) for one in flavors[identifier]):
            yield "Flavor", f"{name} {flavor}", 0, f"flavor:{flavor_id}"
    for name, identifier in sorted((tag.name, key) for key, tag in view.tags.items() if tag.live):
        yield "Tag", name, 0, f"tag:{identifier}"


def _is_approved(view: CatalogueView, flavor_id: object) -> bool:
    flavor = view.flavors.get(flavor_id)  # type: ignore[call-overload]
    return flavor is not None and flavor.status == "approved"
