"""Sites and flavors over REST."""

from __future__ import annotations

from typing import Any

from eoscperf.rest.pages import location
from eoscperf.rest.schema import nulls_cleared, without_nulls
from eoscperf.rest.service import ApiService
from eoscperf.review.api import answer_list, decisions, delete
from eoscperf.review.schemas import MESSAGE
from eoscperf.sites import schemas
from eoscperf.sites.schemas import present_flavor, present_site
from eoscperf.sites.service import Flavors, Sites

SITE, FLAVOR = "/sites/{site_id}", "/flavors/{flavor_id}"

sites = ApiService("sites", "/sites", traverse="/sites", tag="sites")
sites_search = ApiService("sites_search", "/sites:search", traverse="/sites", tag="sites")
site = ApiService("site", SITE, traverse=SITE, tag="sites")
site_flavors = ApiService("site_flavors", SITE + "/flavors", traverse=SITE, tag="flavors")
site_flavors_search = ApiService(
    "site_flavors_search", SITE + "/flavors:search", traverse=SITE, tag="flavors"
)
flavor = ApiService("flavor", FLAVOR, traverse=FLAVOR, tag="flavors")
flavor_site = ApiService("flavor_site", FLAVOR + "/site", traverse=FLAVOR, tag="flavors")

SERVICES = [
    sites,
    sites_search,
    site,
    *decisions("site", SITE, Sites, children=" Its flavors follow it."),
    site_flavors,
    site_flavors_search,
    flavor,
    flavor_site,
    *decisions("flavor", FLAVOR, Flavors),
]

NEW_SITE = {"name": "Lakeside Grid", "address": "grid.example.org", "description": "Opened this spring."}
NEW_FLAVOR = {"name": "g2.xlarge", "description": "16 cores, 2 GPUs."}


@sites.get(
    operation_id="ListSites",
    permission="site:list",
    query=schemas.SITE_LIST,
    is_list=True,
    returns="page:Site",
    examples=[{"summary": "The first ten sites by name", "query": {"per_page": "10"}, "status": 200}],
)
def list_sites(request: Any) -> Any:
    """List sites."""
    return answer_list(request, request.find_service(Sites), present_site)


@sites_search.get(
    operation_id="SearchSites",
    permission="site:list",
    query=schemas.SITE_SEARCH,
    is_list=True,
    returns="page:Site",
    examples=[{"summary": "Sites that have to do with clouds", "query": {"terms": ["cloud"]}, "status": 200}],
)
def search_sites(request: Any) -> Any:
    """Search sites by words in name, address and description."""
    return answer_list(request, request.find_service(Sites), present_site)


@sites.post(
    operation_id="CreateSite",
    permission="site:create",
    body=schemas.SITE,
    status=201,
    returns="Site",
    errors={409: "the name is in use"},
    examples=[{"summary": "Submit a site", "as": "user", "body": NEW_SITE, "status": 201}],
)
def create_site(request: Any) -> Any:
    """Submit a site.

    It is reviewed before others see it.
    """
    created = request.find_service(Sites).submit(**without_nulls(request.fields))
    request.response.status_int = 201
    request.response.headers["Location"] = location(request, "site", site_id=created.id)
    return present_site(created, request.viewer)


@site.get(
    operation_id="GetSite",
    permission="site:read",
    target=True,
    returns="Site",
    examples=[{"summary": "One site", "path": {"site_id": "$site"}, "status": 200}],
)
def get_site(request: Any) -> Any:
    """Get a site."""
    return request.context.represent()


@site.put(
    operation_id="UpdateSite",
    permission="site:update",
    body=schemas.SITE,
    read_only=schemas.SITE_READ_ONLY,
    target=True,
    conditional=True,
    status=204,
    errors={409: "the name is in use, or the site is rejected or deleted"},
    examples=[
        {
            "summary": "Change the address, clear the description",
            "path": {"site_id": "$site"},
            "as": "admin",
            "body": {"name": "Renamed Site", "address": "renamed.example.org", "description": None},
            "status": 204,
        }
    ],
)
def update_site(request: Any) -> None:
    """Change a site.

    An optional field that is left out stays as it is; null clears it.
    """
    request.find_service(Sites).update(request.context.model, nulls_cleared(request.fields))
    request.response.status_int = 204


@site.delete(
    operation_id="DeleteSite",
    permission="site:delete",
    query=MESSAGE,
    target=True,
    conditional=True,
    status=204,
    examples=[
        {
            "summary": "Delete a site and say why",
            "path": {"site_id": "$site"},
            "query": {"message": "The site has closed."},
            "as": "admin",
            "status": 204,
        }
    ],
)
def delete_site(request: Any) -> None:
    """Delete a site, its flavors and their results.

    Everything is kept and can be restored. Nothing happens when it is rejected or deleted already.
    """
    delete(request, request.find_service(Sites))


@site_flavors.get(
    operation_id="ListFlavors",
    permission="flavor:list",
    query=schemas.FLAVOR_LIST,
    target=True,
    is_list=True,
    returns="page:Flavor",
    examples=[{"summary": "The flavors of a site", "path": {"site_id": "$site"}, "status": 200}],
)
def list_flavors(request: Any) -> Any:
    """List the flavors of a site."""
    return answer_list(request, request.find_service(Flavors), present_flavor, parent_id=request.context.id)


@site_flavors_search.get(
    operation_id="SearchFlavor",
    permission="flavor:list",
    query=schemas.FLAVOR_SEARCH,
    target=True,
    is_list=True,
    returns="page:Flavor",
    examples=[
        {
            "summary": "Flavors of a site whose name or description holds a word",
            "path": {"site_id": "$site"},
            "query": {"terms": ["large"]},
            "status": 200,
        }
    ],
)
def search_flavors(request: Any) -> Any:
    """Search the flavors of a site by words in name and description."""
    return answer_list(request, request.find_service(Flavors), present_flavor, parent_id=request.context.id)


@site_flavors.post(
    operation_id="AddFlavor",
    permission="flavor:create",
    body=schemas.FLAVOR,
    target=True,
    status=201,
    returns="Flavor",
    errors={409: "the site has a flavor of that name, or is rejected or deleted"},
    examples=[
        {
            "summary": "Submit a flavor",
            "path": {"site_id": "$site"},
            "as": "user",
            "body": NEW_FLAVOR,
            "status": 201,
        }
    ],
)
def create_flavor(request: Any) -> Any:
    """Submit a flavor of a site.

    It is reviewed before others see it. The uploader of a site need not wait for the site's review.
    """
    created = request.find_service(Flavors).submit(request.context.model, **without_nulls(request.fields))
    request.response.status_int = 201
    request.response.headers["Location"] = location(request, "flavor", flavor_id=created.id)
    return present_flavor(created, request.viewer)


@flavor.get(
    operation_id="GetFlavor",
    permission="flavor:read",
    target=True,
    returns="Flavor",
    examples=[{"summary": "One flavor", "path": {"flavor_id": "$flavor"}, "status": 200}],
)
def get_flavor(request: Any) -> Any:
    """Get a flavor."""
    return request.context.represent()


@flavor_site.get(
    operation_id="GetFlavorSite",
    permission="flavor:read",
    target=True,
    returns="Site",
    examples=[{"summary": "Where a flavor is offered", "path": {"flavor_id": "$flavor"}, "status": 200}],
)
def get_flavor_site(request: Any) -> Any:
    """Get the site that offers a flavor."""
    return present_site(request.context.model.site, request.viewer)


@flavor.put(
    operation_id="UpdateFlavor",
    permission="flavor:update",
    body=schemas.FLAVOR,
    read_only=schemas.FLAVOR_READ_ONLY,
    target=True,
    conditional=True,
    status=204,
    errors={409: "the site has a flavor of that name, or the flavor is rejected or deleted"},
    examples=[
        {
            "summary": "Rename a flavor",
            "path": {"flavor_id": "$flavor"},
            "as": "admin",
            "body": {"name": "c8.huge"},
            "status": 204,
        }
    ],
)
def update_flavor(request: Any) -> None:
    """Change a flavor.

    An optional field that is left out stays as it is; null clears it.
    """
    request.find_service(Flavors).update(request.context.model, nulls_cleared(request.fields))
    request.response.status_int = 204


@flavor.delete(
    operation_id="DeleteFlavor",
    permission="flavor:delete",
    query=MESSAGE,
    target=True,
    conditional=True,
    status=204,
    examples=[{"summary": "Delete a flavor", "path": {"flavor_id": "$flavor"}, "as": "admin", "status": 204}],
)
def delete_flavor(request: Any) -> None:
    """Delete a flavor and its results.

    Everything is kept and can be restored. Nothing happens when it is rejected or deleted already.
    """
    delete(request, request.find_service(Flavors))
