"""Two plug-ins never share a name by accident: the start stops, and the message names both."""

import pytest
import webtest
from pyramid.exceptions import ConfigurationError

from eoscperf.extend.claims import claims

VIEW = """
    from eoscperf.rest import ApiService

    class Thing:
        pass

    def thing(request):
        return Thing()

    def page(request):
        return {}

    def other_page(request):
        return {"a": 1}

    service = ApiService("tiny_things", "/tiny-things")

    @service.get(operation_id="ListTinyThings", permission="site:view", returns={"type": "object"})
    def list_things(request):
        "List tiny things."
        return {"from": __name__}
"""

CLAIMS = {
    "service eoscperf.events.Events": "config.add_service('eoscperf.events.Events', thing)",
    "resource tiny": "config.add_resource('tiny', Thing)",
    "permission tiny:read": "config.add_permission('tiny:read', 'read it', default='public')",
    "nav entry tiny.page": "config.add_nav_entry('Tiny', 'tiny.page')",
    "panel home.aside tiny": "config.add_panel('home.aside', 'tiny', 'json')",
    "result check tiny": "config.add_result_check('tiny', page)",
    "identity provider tiny": "config.add_identity_provider('tiny', title='Tiny')",
    "export format tiny": "config.add_export_format('tiny', 'text/x-tiny', page)",
    "capability tiny": "config.add_capability('tiny', 'is tiny')",
    "openapi schema Tiny": "config.add_openapi_schema('Tiny', {'type': 'object'})",
    "authenticator tiny": "config.add_authenticator('tiny', page)",
    "api service tiny_things": "config.add_api_service(service)",
    "route tiny.page": "config.add_route('tiny.page', '/tiny')",
}


@pytest.mark.parametrize("thing", CLAIMS)
def test_two_plugins_that_claim_the_same_thing_stop_the_start_with_both_names(tiny, thing):
    tiny.add("one", CLAIMS[thing], top=VIEW)
    tiny.add("two", CLAIMS[thing], top=VIEW)
    with pytest.raises(ConfigurationError) as caught:
        tiny.start("one two")
    (line,) = [line for line in str(caught.value).splitlines() if f"the {thing} is claimed" in line]
    assert "by the plug-in one (" in line
    assert "and by the plug-in two (" in line
    assert "tiny_two/__init__.py, line " in line


@pytest.mark.parametrize("thing", CLAIMS)
def test_one_alone_may_have_it(tiny, thing):
    tiny.add("one", CLAIMS[thing], top=VIEW)
    registry = tiny.start("one").registry
    assert thing.replace(" ", "").replace("_", "") in {
        f"{made.kind}{made.name}".replace("_", "").replace(" ", "") for made in claims(registry, owner="one")
    }


@pytest.mark.parametrize(
    ("thing", "directive"),
    [
        ("service eoscperf.sites.service.Sites", "config.add_service('eoscperf.sites.service.Sites', thing)"),
        ("resource sites", "config.add_resource('sites', Thing)"),
        ("permission site:list", "config.add_permission('site:list', 'list', default='admin')"),
        ("result check json_schema", "config.add_result_check('json_schema', page)"),
        ("export format csv", "config.add_export_format('csv', 'text/x-csv', page)"),
        ("openapi schema Site", "config.add_openapi_schema('Site', {})"),
        ("route home", "config.add_route('home', '/elsewhere')"),
        ("path /api/v1/sites", "config.add_route('tiny.sites', '/api/v1/sites')"),
    ],
)
def test_what_the_core_has_claimed_is_refused_to_plugins(tiny, thing, directive):
    tiny.add("one", directive, top=VIEW)
    with pytest.raises(ConfigurationError) as caught:
        tiny.start("one")
    assert f"the {thing} is claimed by the core (" in str(caught.value)
    assert "and by the plug-in one (" in str(caught.value)


def test_all_that_is_claimed_twice_is_in_one_message(tiny):
    both = "\n".join([CLAIMS["capability tiny"], CLAIMS["permission tiny:read"]])
    tiny.add("one", both + "\nconfig.add_resource('sites', Thing)", top=VIEW)
    tiny.add("two", both, top=VIEW)
    with pytest.raises(ConfigurationError) as caught:
        tiny.start("one two")
    assert str(caught.value).count("is claimed by") == 3


def test_two_plugins_cannot_claim_one_path_under_two_names(tiny):
    tiny.add("one", "config.add_route('one.page', '/tiny/{a:x}')", top=VIEW)
    tiny.add("two", "config.add_route('two.page', '/tiny/{b:x}')", top=VIEW)
    with pytest.raises(ConfigurationError, match=r"the path /tiny/{:x} is claimed by the plug-in one"):
        tiny.start("one two")


def test_a_route_with_a_predicate_may_share_its_path(tiny):
    tiny.add("one", "config.add_route('one.get', '/tiny', request_method='GET')")
    tiny.add("two", "config.add_route('two.post', '/tiny', request_method='POST')")
    tiny.start("one two")


REPLACE = (
    "config.add_view(page, route_name='home', request_method='GET', renderer='json', permission='site:view')"
)


def test_a_plugin_may_replace_a_view_of_the_core(tiny):
    tiny.add("one", REPLACE, top=VIEW)
    assert webtest.TestApp(tiny.start("one")).get("/").json == {}


def test_two_plugins_cannot_replace_the_same_view(tiny):
    tiny.add("one", REPLACE, top=VIEW)
    tiny.add("two", REPLACE, top=VIEW)
    with pytest.raises(ConfigurationError) as caught:
        tiny.start("one two")
    assert "the view of the route home is claimed by the plug-in one (" in str(caught.value)
    assert "and by the plug-in two (" in str(caught.value)


def test_directives_can_be_inspected(tiny):
    tiny.add("one", CLAIMS["capability tiny"], top=VIEW)
    introspector = tiny.start("one").registry.introspector
    made = introspector.get("eoscperf claims", ("capability", "tiny"))["claim"]
    assert (made.owner, made.value.description) == ("one", "is tiny")
    assert introspector.get("eoscperf claims", ("resource", "sites"))["claim"].owner == "core"
