"""The root of the REST API: its documentation as Swagger UI, from files of the package."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPPermanentRedirect
from pyramid.renderers import render
from pyramid.security import NO_PERMISSION_REQUIRED

from eoscperf.rest.pages import absolute
from eoscperf.rest.service import ApiService
from eoscperf.web.headers import policy

SWAGGER_UI = "eoscperf:static/vendor/swagger-ui-5.35.0"

api_docs = ApiService("api_docs", "/", tag="service")


@api_docs.get(
    operation_id="GetSwaggerUi",
    permission="",
    offers=("text/html",),
    returns={"type": "string"},
    examples=[{"summary": "This documentation, to read and try", "status": 200}],
)
def get_swagger_ui(request: Any) -> Any:
    """Show this documentation as a page.

    The page is Swagger UI; it loads nothing from other hosts. Without the slash at the end the
    path is answered with a redirect.
    """
    values = {"swagger_ui": SWAGGER_UI}
    response = request.response
    response.text = render("eoscperf:templates/web/apidocs.jinja2", values, request)
    response.content_type = "text/html"
    response.charset = "utf-8"
    # Its style sheet and its tables hold small pictures as data.
    response.headers["Content-Security-Policy"] = policy(img_src="'self' data:")
    return response


def to_the_slash(request: Any) -> Any:
    """The API root without its slash."""
    query = request.environ.get("QUERY_STRING", "")
    address = absolute(request, request.route_path("api_docs"))
    return HTTPPermanentRedirect(location=address + (f"?{query}" if query else ""))


def includeme(config: Any) -> None:
    config.add_api_service(api_docs)
    config.add_route("api_root", config.get_settings()["api.prefix"])
    config.add_view(
        to_the_slash, route_name="api_root", request_method="GET", permission=NO_PERMISSION_REQUIRED
    )
    config.add_nav_entry("API", "api_docs", order=900)
