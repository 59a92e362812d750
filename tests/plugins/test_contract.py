"""The contract of plug-ins: a good one keeps it, and each of its checks fails for one that does not."""

from __future__ import annotations

import inspect

import pytest

from eoscperf.rest.service import api_services
from eoscperf.testing import contract
from eoscperf.testing.contract import PluginContract, Subject
from tests.plugins.tiny import TinyPlugins, tiny_plugins

TOP = """
    from eoscperf.rest import ApiService
    from eoscperf.options import Option, text

    SETTINGS = (Option("tiny.colour", text, "red", "colour of the thing"),)

    things = ApiService("tiny_things", "/tiny/{thing_id}")

    @things.get(operation_id="GetTinyThing", permission="tiny:read", returns={"type": "object"})
    def get_thing(request):
        "Get a tiny thing."
        return {}

    def page(request):
        return {}
"""

INCLUDEME = """
    config.add_permission("tiny:read", "read tiny things", default="public")
    config.add_api_service(things)
    config.add_route("tiny.page", "/tiny/{name:[a-z]+}")
    config.add_view(page, route_name="tiny.page", permission="tiny:read", renderer="json")
    config.add_static_view("static/tiny", "tiny_tiny:static")
"""

MODELS = """
    import sqlalchemy as sa
    from eoscperf.db import metadata

    things = sa.Table("tiny_things", metadata, sa.Column("id", sa.Integer(), primary_key=True))
"""

MIGRATION = """
    import sqlalchemy as sa
    from alembic import op

    revision = "tiny_0001"
    down_revision = None
    branch_labels = ("tiny",)
    depends_on = "core_0001"


    def upgrade():
        op.create_table(
            "tiny_things",
            sa.Column("id", sa.Integer(), nullable=False),
            sa.PrimaryKeyConstraint("id", name=op.f("pk_tiny_things")),
        )


    def downgrade():
        op.drop_table("tiny_things")
"""

TEMPLATE = "<p>tiny</p>"

GOOD = {"models.py": MODELS, "migrations/tiny_0001.py": MIGRATION, "templates/tiny/page.jinja2": TEMPLATE}


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    with tiny_plugins(tmp_path, monkeypatch) as tiny:
        yield tiny


def install(tiny: TinyPlugins, *, top: str = TOP, includeme: str = INCLUDEME, **files: str) -> Subject:
    """The plug-in `tiny`, with changes to its good form; `models__py` is models.py."""
    changes = {name.replace("__", "."): text for name, text in files.items()}
    tiny.add("tiny", includeme, GOOD | changes, top=top)
    return Subject("tiny", {}, tiny.folder)


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


class Contract(PluginContract):
    __test__ = False
    plugin = "tiny"


TESTS = [
    name for name, _ in inspect.getmembers(PluginContract, inspect.isfunction) if name.startswith("test_")
]
MIGRATES = "test_its_tables_come_and_go_with_its_migrations"


@pytest.mark.parametrize("test", [name for name in TESTS if name != MIGRATES])
def test_a_good_plugin_keeps_it(tiny, test):
    getattr(Contract(), test)(install(tiny))


def test_a_good_plugin_has_good_migrations(tiny, empty_database_url):
    getattr(Contract(), MIGRATES)(install(tiny), empty_database_url)


def test_a_good_plugin_without_tables_needs_no_migrations(tiny, empty_database_url):
    tiny.add("tiny")
    assert Subject("tiny", {}, tiny.folder).migration_problems(empty_database_url) == []


ROUTE = 'config.add_route("tiny.page", "/tiny/{name:[a-z]+}")'
VIEW = 'config.add_view(page, route_name="tiny.page", permission="tiny:read", renderer="json")'

BROKEN = {
    "raises": (
        "test_it_starts_alone",
        {"includeme": "raise RuntimeError('no coffee')"},
        "it does not start: no coffee",
    ),
    "claims what another has": (
        "test_it_starts_with_all_others",
        {"includeme": INCLUDEME + "\n    config.add_capability('accounts', 'mine now')"},
        "the capability accounts is claimed by the plug-in tiny",
    ),
    "asks the database": (
        "test_starting_touches_neither_database_nor_network",
        {"includeme": "config.registry['dbengine'].connect().close()"},
        "it asked for a connection to the database",
    ),
    "asks the network": (
        "test_starting_touches_neither_database_nor_network",
        {
            "includeme": """
                import contextlib, socket
                with contextlib.suppress(OSError), socket.socket() as reach:
                    reach.connect(("127.0.0.1", 9))
            """
        },
        "it tried to reach ('127.0.0.1', 9)",
    ),
    "looks up a host": (
        "test_starting_touches_neither_database_nor_network",
        {
            "includeme": """
                import contextlib, socket
                with contextlib.suppress(OSError):
                    socket.create_connection(("tiny.example.org", 80))
            """
        },
        "it looked up tiny.example.org",
    ),
    "forgets the permission of a page": (
        "test_every_view_declares_a_permission",
        {"includeme": changed(INCLUDEME, 'permission="tiny:read", ', "")},
        "the view of tiny.page (any method) declares no permission",
    ),
    "opens an operation": (
        "test_every_view_declares_a_permission",
        {"top": changed(TOP, '"tiny:read"', '""')},
        "the view of tiny_things (GET) is open to everybody",
    ),
    "asks for an undeclared permission": (
        "test_every_view_declares_a_permission",
        {"top": changed(TOP, '"tiny:read"', '"tiny:raed"')},
        "the view of tiny_things (GET) asks for the permission tiny:raed, which nobody declared",
    ),
    "leaves a placeholder open": (
        "test_every_path_placeholder_has_a_pattern",
        {"includeme": changed(INCLUDEME, "{name:[a-z]+}", "{name}")},
        "the placeholder name of the route tiny.page has no pattern",
    ),
    "writes a placeholder in the old way": (
        "test_every_path_placeholder_has_a_pattern",
        {"includeme": changed(INCLUDEME, "{name:[a-z]+}", ":name")},
        "the placeholder name of the route tiny.page has no pattern",
    ),
    "takes the rest of a path": (
        "test_every_path_placeholder_has_a_pattern",
        {"includeme": changed(INCLUDEME, "{name:[a-z]+}", "*rest")},
        "the placeholder rest of the route tiny.page has no pattern",
    ),
    "names a route like another's": (
        "test_its_names_begin_with_its_own",
        {"includeme": INCLUDEME.replace("tiny.page", "page")},
        "the route page does not begin with tiny",
    ),
    "names a service like another's": (
        "test_its_names_begin_with_its_own",
        {"top": changed(TOP, "tiny_things", "things")},
        "the api service things does not begin with tiny",
    ),
    "names a permission like another's": (
        "test_its_names_begin_with_its_own",
        {"includeme": INCLUDEME + "\n    config.add_permission('thing:read', 'read')"},
        "the permission thing:read does not begin with tiny",
    ),
    "does not describe a setting": (
        "test_its_settings_are_described",
        {"top": changed(TOP, '"colour of the thing"', '""')},
        "the setting tiny.colour is not described",
    ),
    "names a setting like another's": (
        "test_its_settings_are_described",
        {"top": changed(TOP, "tiny.colour", "colour")},
        "the setting colour is not named tiny.*",
    ),
    "has a template in the way": (
        "test_its_templates_sit_in_a_folder_of_its_name",
        {"templates/layout__jinja2": "<p>mine</p>"},
        "layout.jinja2 is not in templates/tiny/",
    ),
    "imports another plug-in": (
        "test_it_imports_no_other_plugin",
        {"inner/deep__py": "def f():\n    from eoscperf.plugins.accounts import NAME\n"},
        "inner/deep.py imports the plug-in accounts",
    ),
    "imports another plug-in by its parent": (
        "test_it_imports_no_other_plugin",
        {"inner__py": "from eoscperf.plugins import accounts\n"},
        "inner.py imports the plug-in accounts",
    ),
    "returns a schema that nobody has": (
        "test_the_openapi_document_stays_valid",
        {"top": changed(TOP, '{"type": "object"}', '"TinyThing"')},
        "there is no schema TinyThing",
    ),
    "adds a broken schema": (
        "test_the_openapi_document_stays_valid",
        {"includeme": INCLUDEME + "\n    config.add_openapi_schema('Tiny', {'type': 'thing'})"},
        "'thing' is not valid under any of the given schemas",
    ),
    "does not document an operation": (
        "test_its_operations_are_documented",
        {"top": changed(TOP, '"Get a tiny thing."', "")},
        "the operation GetTinyThing has no docstring",
    ),
    "does not say what it returns": (
        "test_its_operations_are_documented",
        {"top": changed(TOP, ', returns={"type": "object"}', "")},
        "the operation GetTinyThing does not say what it returns",
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_each_check_fails_for_a_plugin_that(fault, tiny):
    test, changes, finding = BROKEN[fault]
    subject = install(tiny, **changes)
    with pytest.raises(AssertionError) as caught:
        getattr(Contract(), test)(subject)
    assert finding in str(caught.value)


def test_a_route_may_be_open_when_the_author_says_so(tiny):
    subject = install(tiny, top=changed(TOP, '"tiny:read"', '""'))
    openly = type("Open", (Contract,), {"open_routes": ("tiny_things",)})
    openly().test_every_view_declares_a_permission(subject)


BROKEN_MIGRATIONS = {
    "names a table like another's": (
        {
            "models__py": MODELS.replace("tiny_things", "stray_things"),
            "migrations/tiny_0001__py": MIGRATION.replace("tiny_things", "stray_things"),
        },
        "the table stray_things does not begin with tiny_",
    ),
    "has a model without a migration": (
        {
            "models__py": MODELS.replace(
                '"id", sa.Integer(), primary_key=True)',
                '"id", sa.Integer(), primary_key=True), sa.Column("size", sa.Integer())',
            )
        },
        "models and tables differ after the upgrade: add column: tiny_things, tiny_things.size",
    ),
    "leaves its table behind": (
        {"migrations/tiny_0001__py": changed(MIGRATION, 'op.drop_table("tiny_things")', "pass")},
        "the table tiny_things is left after the downgrade",
    ),
    "takes a table of the core along": (
        {
            "migrations/tiny_0001__py": changed(
                MIGRATION,
                'op.drop_table("tiny_things")',
                'op.drop_table("tiny_things"); op.drop_table("idempotency_records")',
            )
        },
        "removed the table idempotency_records of the core",
    ),
}


@pytest.mark.parametrize("fault", BROKEN_MIGRATIONS)
def test_the_check_of_migrations_fails_for_a_plugin_that(fault, tiny, empty_database_url):
    changes, finding = BROKEN_MIGRATIONS[fault]
    subject = install(tiny, **changes)
    with pytest.raises(AssertionError) as caught:
        getattr(Contract(), MIGRATES)(subject, empty_database_url)
    assert finding in str(caught.value)


def test_no_check_is_without_a_plugin_that_breaks_it():
    assert {test for test, *_ in BROKEN.values()} | {MIGRATES} == set(TESTS)


class TestTheCore:
    """What is asked of plug-ins the core does itself."""

    @pytest.fixture(scope="class")
    @classmethod
    def registry(cls, tmp_path_factory):
        return Subject("accounts", {}, tmp_path_factory.mktemp("core")).registry

    def test_every_view_declares_a_permission(self, registry):
        assert contract.undeclared_views(registry) == []

    def test_only_operations_for_machines_and_readers_of_the_api_look_at_no_permission(self, registry):
        open_ones = {
            operation.id
            for service in api_services(registry).values()
            for _, _, operation in service.operations()
            if not operation.permission
        }
        assert open_ones == {
            "GetSwaggerUi",
            "GetApiSpec",
            "GetOpenApi",
            "GetHealth",
            "GetReady",
            "GetMetrics",
        }

    def test_every_path_placeholder_has_a_pattern(self, registry):
        assert contract.bare_placeholders(registry) == []

    def test_every_operation_is_documented(self, registry):
        assert contract.undocumented_operations(registry, "core") == []
        assert contract.openapi_problems(registry) == []
