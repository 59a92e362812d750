"""Uploads of CI jobs without a key: rules say which workflow of which repository is trusted with what.

The job sends the OpenID Connect token that its CI system made for it. Whoever made the rule is the uploader.
"""

from __future__ import annotations

from typing import Any

NAME = "ci-upload"

PERMISSIONS = {
    "trust_rule:list_own": ("see one's own trust rules", "user", "read"),
    # A rule is as good as a key: what may not make tokens may not make rules.
    "trust_rule:create": ("trust a CI workflow with uploads in one's own name", "user", "admin"),
    "trust_rule:read": ("see a trust rule", "owner", "read"),
    "trust_rule:delete": ("end a trust rule", "owner", "admin"),
    "trust_rule:list": ("see all trust rules", "admin", "admin"),
}
"""Name: sentence, level and the scope that a limited token needs."""


def includeme(config: Any) -> None:
    from pyramid.events import ApplicationCreated

    from eoscperf.ciupload import api, resources, schemas
    from eoscperf.ciupload.authentication import CITokens, ci_identity, refuse_people
    from eoscperf.ciupload.service import TrustRules
    from eoscperf.ciupload.subscribers import note_use
    from eoscperf.results.events import ResultCreated

    tokens = CITokens.of(config.get_settings())
    config.registry["eoscperf.ci_tokens"] = tokens
    config.add_subscriber(refuse_people, ApplicationCreated)
    if tokens.issuers:
        # Before the authenticator of persons, which does not know these issuers.
        config.add_authenticator("ci", ci_identity, order=50)
        config.add_capability(
            NAME,
            "Uploads of CI jobs without a key",
            issuers={issuer.url: issuer.kind for issuer in tokens.issuers},
            audience=tokens.audience,
        )
    for name, (description, level, scope) in PERMISSIONS.items():
        config.add_permission(name, description, default=level, scope=scope)
    config.add_service(TrustRules, TrustRules.for_request)
    config.add_resource("trust-rules", resources.TrustRuleCollection)
    for service in api.SERVICES:
        config.add_api_service(service)
    for name, schema in schemas.SCHEMAS.items():
        config.add_openapi_schema(name, schema)
    config.add_transaction_subscriber(note_use, ResultCreated)
