"""Finding things by the names that people use: `image:tag`, a site, `site/flavor`, a tag."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

from eoscperf.client.errors import UnknownName, Usage
from eoscperf.client.model import Benchmark, Flavor, Site, Status, Tag

if TYPE_CHECKING:
    from eoscperf.client.client import Client

SHOWN = 5
SEEN: tuple[Status, ...] = ("approved", "on_review")


def is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


class Names:
    """Looks names up, each once. What is on review is found by who may see it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._sites: dict[str, Site] = {}
        self._tags: dict[str, Tag] = {}

    def benchmark(self, name: str) -> Benchmark:
        """By id, `image:tag`, or the image alone if there is one version of it."""
        if is_id(name):
            return self._client.benchmarks.get(name)
        image, colon, tag = name.rpartition(":")
        if not colon or "/" in tag:
            image, tag = name, ""
        found = list(self._benchmarks(image, tag))
        if not found:
            raise UnknownName(f"There is no benchmark {name}")
        if len(found) > 1:
            versions = ", ".join(one["docker_tag"] for one in found[:SHOWN])
            raise UnknownName(f"There are several versions of {image}: name one of {versions} after a colon")
        return found[0]

    def site(self, name: str) -> Site:
        """By id or name."""
        if name not in self._sites:
            site = self._client.sites.get(name) if is_id(name) else self._site(name)
            if site is None:
                raise UnknownName(f"There is no site {name}")
            self._sites[name] = site
        return self._sites[name]

    def flavor(self, name: str, site: str | None = None) -> Flavor:
        """By id, by name at a site, or as `site/flavor`."""
        if is_id(name):
            return self._client.flavors.get(name)
        if site is not None:
            found = self._flavor(self.site(site), name)
            if found is None:
                raise UnknownName(f"There is no flavor {name} at {site}")
            return found
        if "/" not in name:
            raise UnknownName(
                f"Flavors of several sites may be called {name}: name it as SITE/FLAVOR, or its site"
            )
        every = list(self._splits(name))
        if not every:
            raise UnknownName(f"There is no flavor {name}; flavors are named as SITE/FLAVOR")
        if len(every) > 1:
            raise UnknownName(f"{name} can be read in several ways: name the site apart")
        return every[0]

    def tag(self, name: str) -> Tag:
        """By id or name."""
        if name not in self._tags:
            if is_id(name):
                self._tags[name] = self._client.tags.get(name)
            elif found := list(self._client.tags.iter(name=name)):
                self._tags[name] = found[0]
            else:
                raise UnknownName(f"There is no tag {name}")
        return self._tags[name]

    def item(self, name: str) -> str:
        """What is compared, with its id: `flavor:SITE/FLAVOR`, `site:SITE`, `tag:TAG` or `result:ID`."""
        kind, _, of = name.partition(":")
        if of and kind == "flavor":
            return f"flavor:{self.flavor(of)['id']}"
        if of and kind == "site":
            return f"site:{self.site(of)['id']}"
        if of and kind == "tag":
            return f"tag:{self.tag(of)['id']}"
        if kind == "result" and is_id(of):
            return name
        raise Usage(f"Items are flavor:SITE/FLAVOR, site:SITE, tag:TAG or result:ID; {name} is none of these")

    def _benchmarks(self, image: str, tag: str) -> Iterator[Benchmark]:
        for status in SEEN:
            found = (
                self._client.benchmarks.iter(docker_image=image, docker_tag=tag, status=status)
                if tag
                else self._client.benchmarks.iter(docker_image=image, status=status, sort_by="+docker_tag")
            )
            several = list(found)
            yield from several
            if several:
                return

    def _site(self, name: str) -> Site | None:
        for status in SEEN:
            for site in self._client.sites.iter(name=name, status=status):
                return site
        return None

    def _flavor(self, site: Site, name: str) -> Flavor | None:
        for status in SEEN:
            for flavor in self._client.flavors.iter(site["id"], name=name, status=status):
                return flavor
        return None

    def _splits(self, name: str) -> Iterator[Flavor]:
        """Both names may hold slashes."""
        for place in (place for place, character in enumerate(name) if character == "/"):
            head, tail = name[:place], name[place + 1 :]
            if head and tail and (site := self._client.sites.get(head) if is_id(head) else self._site(head)):
                flavor = self._flavor(site, tail)
                if flavor is not None:
                    yield flavor
