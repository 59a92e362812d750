"""Trust rules: CI workflows that upload in your name, without a secret."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eoscperf.client.connection import Connection
from eoscperf.client.model import TrustRule
from eoscperf.client.paging import everything, segment

OWN = "/users/self/trust-rules"

ISSUERS = {"github": "https://token.actions.githubusercontent.com", "gitlab": "https://gitlab.com"}


class TrustRules:
    """`client.trust_rules`: which workflow of which repository may upload what."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def iter(self) -> Iterator[TrustRule]:
        """Your rules."""
        return everything(self._connection, OWN, {})

    def create(
        self,
        issuer: str,
        repository: str,
        *,
        workflow: str | None = None,
        ref: str | None = None,
        benchmark_id: str | None = None,
        site_id: str | None = None,
        flavors_ids: Sequence[str] = (),
        repository_id: str | None = None,
        repository_owner_id: str | None = None,
    ) -> TrustRule:
        """Trust a workflow with uploads for a benchmark, on a site, or both.

        `issuer` is `github`, `gitlab`, or the address of another CI system that the platform trusts.
        """
        given = {
            "issuer": ISSUERS.get(issuer, issuer),
            "repository": repository,
            "workflow": workflow,
            "ref": ref,
            "benchmark_id": benchmark_id,
            "site_id": site_id,
            "flavors_ids": list(flavors_ids) or None,
            "repository_id": repository_id,
            "repository_owner_id": repository_owner_id,
        }
        body = {name: value for name, value in given.items() if value is not None}
        return self._connection.json("POST", OWN, json=body)

    def delete(self, id: str) -> None:
        """End a rule: nobody uploads by it any more."""
        self._connection.request("DELETE", f"/trust-rules/{segment(id)}")
