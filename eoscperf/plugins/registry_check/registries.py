"""Questions to container registries, in the protocol that Docker's registry and the OCI specify."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from eoscperf.plugins.registry_check.network import Network, Reply, Unreachable
from eoscperf.plugins.registry_check.references import DIGEST, NoReference, Reference, parse_reference

MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)

_REDIRECTS = 3
_PARAMETER = re.compile(r'([a-z_]{1,32})="([^"]{0,2000})"')


@dataclass(frozen=True, slots=True)
class Finding:
    """What a registry says about an image: `ok`, `missing`, or `error` when it does not say."""

    status: str
    digest: str | None = None
    detail: str | None = None


class Registries:
    """Looks images up, without any login; at most `timeout` seconds for each."""

    def __init__(self, network: Network, timeout: float) -> None:
        self._network = network
        self._timeout = timeout

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Registries:
        return cls(Network(settings["registry_check.registries"]), settings["registry_check.timeout"])

    def find(self, image: str, tag: str) -> Finding:
        """Whether an image is in its registry."""
        try:
            reference = parse_reference(image, tag)
        except NoReference as problem:
            return Finding("error", detail=f"{problem}.")
        try:
            return self._find(reference, time.monotonic() + self._timeout)
        except Unreachable as problem:
            return Finding("error", detail=f"The registry {reference.registry} {problem}.")

    def _find(self, reference: Reference, deadline: float) -> Finding:
        scheme = self._network.scheme(reference.authority)
        path = f"/v2/{reference.repository}/manifests/{reference.version}"
        url = f"{scheme}://{reference.authority}{path}"
        headers = {"Accept": MANIFESTS}
        reply = self._ask("HEAD", url, headers, deadline)
        if reply.status == 401:
            token = self._token(reply, reference, deadline)
            if token is not None:
                headers["Authorization"] = f"Bearer {token}"
                reply = self._ask("HEAD", url, headers, deadline)
        if reply.status in (405, 501):
            reply = self._ask("GET", url, headers, deadline)
        return _finding(reference, reply)

    def _ask(self, method: str, url: str, headers: Mapping[str, str], deadline: float) -> Reply:
        """The answer after a few redirects, each to a place that may be asked as well."""
        for _ in range(_REDIRECTS + 1):
            reply = self._network.request(method, url, headers, deadline)
            target = reply.headers.get("Location")
            if reply.status not in (301, 302, 303, 307, 308) or not target:
                return reply
            try:
                moved = urljoin(url, target)
                same_host = urlsplit(moved).netloc == urlsplit(url).netloc
            except ValueError:
                raise Unreachable("points to something that is no URL") from None
            if not same_host:
                headers = {name: value for name, value in headers.items() if name != "Authorization"}
            url = moved
        raise Unreachable("answers with one redirect after the other")

    def _token(self, reply: Reply, reference: Reference, deadline: float) -> str | None:
        """A token for anybody, from where the registry says; None when it wants a login instead."""
        challenge = reply.headers.get("WWW-Authenticate", "")
        kind, _, rest = challenge.partition(" ")
        told = dict(_PARAMETER.findall(rest))
        if kind.lower() != "bearer" or "realm" not in told:
            return None
        asked = {"scope": told.get("scope", f"repository:{reference.repository}:pull")}
        if "service" in told:
            asked["service"] = told["service"]
        url = told["realm"] + ("&" if "?" in told["realm"] else "?") + urlencode(asked)
        answer = self._ask("GET", url, {"Accept": "application/json"}, deadline)
        if answer.status in (400, 401, 403):
            return None
        if answer.status != 200:
            raise Unreachable(f"gives out no token: status {answer.status}")
        token = _token_in(answer.body)
        if token is None:
            raise Unreachable("gives out something that is no token")
        return token


def _token_in(body: bytes) -> str | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    token = document.get("token") or document.get("access_token")
    if isinstance(token, str) and token.isascii() and token.isprintable() and " " not in token:
        return token
    return None


def _finding(reference: Reference, reply: Reply) -> Finding:
    name = reference.registry
    if reply.status == 200:
        digest = reply.headers.get("Docker-Content-Digest", "").strip()
        shown = digest if DIGEST.fullmatch(digest) else None
        if shown and DIGEST.fullmatch(reference.version) and shown != reference.version:
            return Finding("error", detail=f"The registry {name} answered with another image, {shown}.")
        return Finding("ok", digest=shown)
    if reply.status == 404:
        return Finding("missing", detail=f"The registry {name} has no image {reference}.")
    if reply.status in (401, 403):
        return Finding(
            "error",
            detail=f"The registry {name} shows {reference} to nobody without a login: "
            "it is private or not there.",
        )
    if reply.status == 429:
        return Finding("error", detail=f"The registry {name} has been asked too often.")
    return Finding("error", detail=f"The registry {name} answered with status {reply.status}.")
