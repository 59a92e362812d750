"""What the name of a container image means: which registry, which repository there, which version."""

from __future__ import annotations

import re
from dataclasses import dataclass

from eoscperf.plugins.registry_check.network import HOST, split_authority

DOCKER_HUB = "docker.io"
_HUB_NAMES = {DOCKER_HUB, "index.docker.io", "registry-1.docker.io"}
_HUB_ADDRESS = "registry-1.docker.io"

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


class NoReference(ValueError):
    """The text names no image; says why."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One image in one registry."""

    registry: str
    """as people call it, such as docker.io or localhost:5000"""
    repository: str
    version: str
    """a tag or a digest"""

    @property
    def authority(self) -> str:
        """Where its registry is asked."""
        return _HUB_ADDRESS if self.registry == DOCKER_HUB else self.registry

    def __str__(self) -> str:
        separator = "@" if DIGEST.fullmatch(self.version) else ":"
        return f"{self.registry}/{self.repository}{separator}{self.version}"


def parse_reference(image: str, tag: str) -> Reference:
    """The meaning of an image's name with its tag, completed as `docker pull` would; NoReference.

    A digest, in the name (`image@sha256:...`) or for the tag, goes before the tag.
    """
    name, at, digest = image.partition("@")
    version = digest if at else tag
    if at and not DIGEST.fullmatch(digest):
        raise NoReference(f"{digest!r} is no digest; one is sha256: and 64 digits of 0-9a-f")
    if not at and not _TAG.fullmatch(tag) and not DIGEST.fullmatch(tag):
        raise NoReference(f"{tag!r} is no tag of an image; allowed are letters, digits and _ . -")
    first, slash, rest = name.partition("/")
    # Only a host has one of these; `user/image` is at Docker Hub.
    if slash and (set(first) & set(".:[") or first == "localhost" or first != first.lower()):
        registry, repository = first.lower(), rest
    else:
        registry, repository = DOCKER_HUB, name
    if registry in _HUB_NAMES:
        registry = DOCKER_HUB
        repository = repository if "/" in repository else f"library/{repository}"
    try:
        split_authority(registry)
    except ValueError:
        raise NoReference(f"{registry!r} is no registry; one is like {HOST}") from None
    if not _REPOSITORY.fullmatch(repository):
        raise NoReference(
            f"{image!r} is no name of an image; one is like org/image or {HOST}/org/image, in lower case"
        )
    return Reference(registry, repository, version)
