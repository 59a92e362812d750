"""Trust rules over REST."""

from __future__ import annotations

from typing import Any

from eoscperf.ciupload import schemas
from eoscperf.ciupload.schemas import present_rule
from eoscperf.ciupload.service import SORT, TrustRules
from eoscperf.rest import ApiService
from eoscperf.rest.pages import answer_page, location, sort_keys
from eoscperf.rest.schema import message_of, without_nulls

RULE = "/trust-rules/{rule_id}"

own_rules = ApiService("user_trust_rules", "/users/self/trust-rules", tag="ci")
rules = ApiService("trust_rules", "/trust-rules", traverse="/trust-rules", tag="ci")
rule = ApiService("trust_rule", RULE, traverse=RULE, tag="ci")

SERVICES = [own_rules, rules, rule]


@own_rules.get(
    operation_id="ListUserTrustRules",
    permission="trust_rule:list_own",
    query=schemas.LIST,
    is_list=True,
    returns="page:TrustRule",
    examples=[{"summary": "My trust rules", "as": "user", "status": 200}],
)
def list_own_rules(request: Any) -> Any:
    """List the CI workflows that you trust with uploads in your name."""
    return _answer(request, request.find_service(TrustRules).own)


@own_rules.post(
    operation_id="CreateTrustRule",
    permission="trust_rule:create",
    body=schemas.RULE,
    status=201,
    returns="TrustRule",
    errors={
        403: "the caller has sent an API token, not a token from a log-in",
        404: "benchmark, site or a flavor unknown; `errors` names each",
        409: "you have as many trust rules as there may be",
        422: "the issuer is not trusted here, or neither benchmark nor site is named",
    },
    examples=[
        {
            "summary": "Let a workflow on the main branch upload results of a benchmark",
            "as": "user",
            "body": {
                "issuer": "https://token.actions.githubusercontent.com",
                "repository": "example/benchmarks",
                "workflow": ".github/workflows/benchmark.yml",
                "ref": "refs/heads/main",
                "benchmark_id": "$benchmark",
                "site_id": "$site",
            },
            "status": 201,
        }
    ],
)
def create_rule(request: Any) -> Any:
    """Trust a CI workflow with uploads in your name.

    Jobs of the workflow send the OpenID Connect token of their CI system, made for the audience that the
    capability `ci-upload` names, in place of yours. They may upload results, and nothing else.
    """
    created = request.find_service(TrustRules).create(**without_nulls(request.fields))
    request.response.status_int = 201
    request.response.headers["Location"] = location(request, "trust_rule", rule_id=created.id)
    return present_rule(created, request.viewer)


@rules.get(
    operation_id="ListTrustRules",
    permission="trust_rule:list",
    query=schemas.LIST,
    is_list=True,
    returns="page:TrustRule",
    examples=[
        {
            "summary": "All trust rules by repository",
            "as": "admin",
            "query": {"sort_by": "+repository"},
            "status": 200,
        }
    ],
)
def list_rules(request: Any) -> Any:
    """List everybody's trust rules.

    Administrators only.
    """
    return _answer(request, request.find_service(TrustRules).everybodys)


@rule.get(
    operation_id="GetTrustRule",
    permission="trust_rule:read",
    target=True,
    returns="TrustRule",
    examples=[
        {"summary": "One of my trust rules", "path": {"rule_id": "$trust_rule"}, "as": "owner", "status": 200}
    ],
)
def get_rule(request: Any) -> Any:
    """Get a trust rule."""
    return request.context.represent()


@rule.delete(
    operation_id="DeleteTrustRule",
    permission="trust_rule:delete",
    query=schemas.MESSAGE,
    target=True,
    status=204,
    examples=[
        {
            "summary": "End a trust rule",
            "path": {"rule_id": "$trust_rule"},
            "query": {"message": "The repository was archived."},
            "as": "owner",
            "status": 204,
        }
    ],
)
def delete_rule(request: Any) -> None:
    """End a trust rule.

    Uploads by it are refused from now on, also those of jobs that run already.
    """
    request.find_service(TrustRules).delete(request.context.model, message_of(request.query))
    request.response.status_int = 204


def _answer(request: Any, find: Any) -> dict[str, Any]:
    keys = sort_keys(request, SORT)
    return answer_page(
        request,
        lambda page, binding: find(keys, page, binding),
        lambda found: present_rule(found, request.viewer),
    )
