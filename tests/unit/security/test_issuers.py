"""Reading trusted issuers from the settings; every mistake is reported, each in one line."""

import pytest

from eoscperf.security.issuer_settings import KEYS, SettingsProblems, parse_issuers
from eoscperf.security.issuers import ALGORITHMS, IssuerSettings, url_problem
from eoscperf.testing.issuer import TestIssuer

EGI = {"oidc.issuers": "egi", "oidc.egi.issuer": "https://egi.example/oidc"}


def problems(**changes):
    """What is wrong with a working issuer after these changes to it."""
    with pytest.raises(SettingsProblems) as caught:
        parse_issuers(EGI | {f"oidc.egi.{key}": value for key, value in changes.items()})
    assert all("\n" not in line for line in caught.value.problems)
    return caught.value.problems


def parsed(**changes):
    (issuer,) = parse_issuers(EGI | {f"oidc.egi.{key}": value for key, value in changes.items()})
    return issuer


def test_no_issuers_by_default():
    assert parse_issuers({}) == []
    assert parse_issuers({"oidc.issuers": " "}) == []


def test_only_the_issuer_is_required():
    issuer = parsed()

    assert issuer == IssuerSettings(name="egi", issuer="https://egi.example/oidc")
    assert issuer.discovery_url == "https://egi.example/oidc/.well-known/openid-configuration"
    assert (issuer.opaque, issuer.audience, issuer.leeway) == ("off", (), 30)
    assert issuer.algorithms == ALGORITHMS
    assert issuer.entitlement_claims == ("eduperson_entitlement", "entitlements")
    assert issuer.allow_loopback_http is False


def test_everything_can_be_set(tmp_path):
    with TestIssuer(tls_directory=tmp_path) as server:
        certificates = server.ca_bundle
    issuer = parsed(
        discovery="https://egi.example/conf",
        introspection_endpoint="https://egi.example/introspect",
        client_id="me",
        client_secret="s3cret value",
        userinfo_endpoint="https://egi.example/me",
        opaque="introspection",
        audience="a b  a",
        algorithms="RS256\n ES256",
        leeway="2.5",
        entitlement_claims="groups",
        ca_bundle=certificates,
        allow_loopback_http="yes",
    )

    assert issuer == IssuerSettings(
        name="egi",
        issuer="https://egi.example/oidc",
        discovery="https://egi.example/conf",
        introspection_endpoint="https://egi.example/introspect",
        client_id="me",
        client_secret="s3cret value",
        userinfo_endpoint="https://egi.example/me",
        opaque="introspection",
        audience=("a", "b"),
        algorithms=("RS256", "ES256"),
        leeway=2.5,
        entitlement_claims=("groups",),
        ca_bundle=certificates,
        allow_loopback_http=True,
    )
    assert issuer.discovery_url == "https://egi.example/conf"


def test_several_issuers_keep_their_order():
    found = parse_issuers(
        {"oidc.issuers": "b a", "oidc.a.issuer": "https://a.example", "oidc.b.issuer": "https://b.example"}
    )

    assert [issuer.name for issuer in found] == ["b", "a"]


def test_a_jwks_uri_replaces_discovery():
    assert parsed(jwks_uri="https://egi.example/keys").discovery_url is None
    assert parsed(jwks_uri="https://egi.example/keys", discovery="false").discovery is False


def test_empty_values_count_as_unset():
    assert parsed(jwks_uri="", audience=" ", leeway="", discovery="", ca_bundle="", opaque="") == parsed()


def test_the_secret_is_not_shown():
    assert "s3cret" not in repr(parsed(client_id="me", client_secret="s3cret"))


def test_the_issuer_is_kept_exactly():
    assert parsed(issuer="https://egi.example/OIDC/").issuer == "https://egi.example/OIDC/"


def test_the_test_issuer_describes_itself():
    with TestIssuer() as server:
        assert parse_issuers(server.ini()) == [server.settings()]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"issuer": ""}, "oidc.egi.issuer: is missing; it is required and must begin with https://"),
        ({"issuer": "http://egi.example"}, "oidc.egi.issuer: 'http://egi.example' must begin with https://"),
        ({"issuer": "egi"}, "oidc.egi.issuer: 'egi' is not a URL with a host"),
        ({"issuer": "https://egi.example?a"}, "oidc.egi.issuer: must not have a query"),
        (
            {"issuer": "https://egi.example#a"},
            "oidc.egi.issuer: 'https://egi.example#a' must not have a fragment",
        ),
        (
            {"isuer": "x"},
            "oidc.egi.isuer: unknown setting; allowed for an issuer are issuer, known_as, discovery,",
        ),
        (
            {"opaque": "yes"},
            "oidc.egi.opaque: 'yes' is not allowed; allowed are off, introspection, userinfo",
        ),
        ({"opaque": "introspection"}, "oidc.egi.client_id: is missing; opaque = introspection needs it"),
        ({"client_secret": "x"}, "oidc.egi.client_id: is missing; client_secret is nothing without it"),
        ({"opaque": "userinfo", "audience": "a"}, "oidc.egi.opaque: userinfo tells no audience"),
        (
            {"opaque": "userinfo", "jwks_uri": "https://egi.example/k"},
            "oidc.egi.userinfo_endpoint: is missing; opaque = userinfo needs it when there is no discovery",
        ),
        (
            {"opaque": "introspection", "client_id": "me", "jwks_uri": "https://egi.example/k"},
            "oidc.egi.introspection_endpoint: is missing; opaque = introspection needs it",
        ),
        ({"discovery": "no"}, "oidc.egi.jwks_uri: is missing; it is required when discovery is off"),
        ({"discovery": "perhaps"}, "oidc.egi.discovery: 'perhaps' is neither true nor false nor a URL"),
        (
            {"discovery": "http://a.example"},
            "oidc.egi.discovery: 'http://a.example' must begin with https://",
        ),
        (
            {"discovery": "true", "jwks_uri": "https://egi.example/k"},
            "oidc.egi.discovery: must be left out or false, since jwks_uri is given",
        ),
        ({"jwks_uri": "http://a.example"}, "oidc.egi.jwks_uri: 'http://a.example' must begin with https://"),
        ({"userinfo_endpoint": "x"}, "oidc.egi.userinfo_endpoint: 'x' is not a URL with a host"),
        ({"introspection_endpoint": "https://"}, "oidc.egi.introspection_endpoint: 'https://' is not a URL"),
        ({"algorithms": "RS256 HS256"}, "oidc.egi.algorithms: 'HS256' is not allowed; allowed are RS256,"),
        ({"algorithms": "none"}, "oidc.egi.algorithms: 'none' is not allowed"),
        ({"leeway": "a minute"}, "oidc.egi.leeway: 'a minute' is not a number of seconds from 0 to 300"),
        ({"leeway": "-1"}, "oidc.egi.leeway: '-1' is not a number"),
        ({"leeway": "301"}, "oidc.egi.leeway: '301' is not a number"),
        ({"leeway": "nan"}, "oidc.egi.leeway: 'nan' is not a number"),
        ({"allow_loopback_http": "si"}, "oidc.egi.allow_loopback_http: 'si' is neither true nor false"),
        (
            {"ca_bundle": "/nowhere.pem"},
            "oidc.egi.ca_bundle: '/nowhere.pem' cannot be read as PEM certificates",
        ),
        ({"ca_bundle": __file__}, f"oidc.egi.ca_bundle: '{__file__}' cannot be read as PEM certificates"),
    ],
)
def test_a_mistake_is_named_with_what_is_allowed(changes, line):
    (found,) = problems(**changes)

    assert found.startswith(line)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            {"oidc.issuers": "a/b"},
            "oidc.issuers: 'a/b' is not a name; allowed are letters, digits, '_' and '-'",
        ),
        ({"oidc.issuers": "a.b"}, "oidc.issuers: 'a.b' is not a name"),
        (EGI | {"oidc.issuers": "egi egi"}, "oidc.issuers: 'egi' is there twice"),
        (
            {"oidc.issuer": "x"},
            "oidc.issuer: unknown setting; allowed are oidc.issuers and oidc.<name>.<setting>",
        ),
        (
            {"oidc.egi.issuer": "https://a.example"},
            "oidc.egi.issuer: 'egi' is not among the names in oidc.issuers",
        ),
        (
            EGI | {"oidc.issuers": "egi ci", "oidc.ci.issuer": EGI["oidc.egi.issuer"]},
            "oidc.ci.issuer: is that of 'egi' too; each issuer may be there once",
        ),
        (
            EGI
            | {
                "oidc.issuers": "egi ci",
                "oidc.ci.issuer": "https://ci.example",
                "oidc.ci.known_as": EGI["oidc.egi.issuer"],
            },
            "oidc.ci.known_as: is that of 'egi' too; each issuer may be there once",
        ),
        (EGI | {"oidc.egi.known_as": "two words"}, "oidc.egi.known_as: must be a name of visible ASCII"),
    ],
)
def test_mistakes_around_names_are_named(settings, line):
    with pytest.raises(SettingsProblems) as caught:
        parse_issuers(settings)
    (found,) = caught.value.problems

    assert found.startswith(line)


def test_all_mistakes_are_reported_at_once():
    with pytest.raises(SettingsProblems) as caught:
        parse_issuers(
            {
                "oidc.issuers": "one two",
                "oidc.one.opaque": "maybe",
                "oidc.one.leeway": "x",
                "oidc.two.issuer": "http://two.example",
                "oidc.two.colour": "red",
                "oidc.three.issuer": "https://three.example",
            }
        )

    assert [line.split(":")[0] for line in caught.value.problems] == [
        "oidc.three.issuer",
        "oidc.two.colour",
        "oidc.one.issuer",
        "oidc.one.opaque",
        "oidc.one.leeway",
        "oidc.two.issuer",
    ]
    assert str(caught.value).count("; ") >= 5


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080",
        "http://127.9.9.9/x",
        "http://[::1]:80/",
        "http://localhost/",
        "https://a.example",
    ],
)
def test_loopback_may_go_without_tls_on_request(url):
    assert url_problem(url, allow_loopback_http=True) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost.example/",
        "http://128.0.0.1/",
        "http://127.0.0.1.example/",
        "http://127.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://user@127.0.0.1/",
        "http://127.0.0.1:70000/",
        "http://127.0.0.1\n.example/",
        "http:///x",
        "http://",
        "gopher://localhost/",
        "//localhost/",
        "https://a b.example/",
        None,
        b"https://a.example",
    ],
)
def test_nothing_else_may(url):
    assert url_problem(url, allow_loopback_http=True)


def test_http_is_never_allowed_without_the_setting():
    assert url_problem("http://127.0.0.1/") == "must begin with https://"


def test_every_setting_is_described():
    assert [key.name for key in KEYS][:2] == ["oidc.issuers", "oidc.<name>.issuer"]
    assert all(key.meaning for key in KEYS)
    names = {key.name.removeprefix("oidc.<name>.") for key in KEYS[1:]}
    assert names == set(IssuerSettings.__dataclass_fields__) - {"name"}
