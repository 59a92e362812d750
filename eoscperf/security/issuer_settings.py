"""Trusted OpenID Connect issuers read from the settings."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from eoscperf.security.issuers import (
    ALGORITHMS,
    DEFAULT_LEEWAY,
    ENTITLEMENT_CLAIMS,
    LOGIN_SCOPES,
    MAX_LEEWAY,
    OPAQUE_MODES,
    IssuerSettings,
    issuer_names,
    url_problem,
)


class SettingsProblems(ValueError):
    """The settings of the issuers cannot be used; `problems` has one line for each thing that is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = list(problems)


class Key(NamedTuple):
    """A setting, for the documentation."""

    name: str
    default: str
    meaning: str


KEYS = (
    Key(
        "oidc.issuers", "", "Names of the trusted issuers, separated by blanks; each has the settings below."
    ),
    Key("oidc.<name>.issuer", "", "The issuer, exactly as its tokens carry it in `iss`; required."),
    Key(
        "oidc.<name>.known_as",
        "the issuer",
        "The issuer that its people are stored under; after the provider has moved, the one it had before.",
    ),
    Key(
        "oidc.<name>.discovery",
        "true",
        "`true`: endpoints and keys come from <issuer>/.well-known/openid-configuration; a URL: from the "
        "document there; `false`: `jwks_uri` is given instead.",
    ),
    Key("oidc.<name>.jwks_uri", "", "URL of the issuer's public keys; replaces discovery."),
    Key(
        "oidc.<name>.opaque",
        "off",
        "How tokens that are not JSON Web Tokens are checked: `introspection`, `userinfo`, or `off`. Every "
        "issuer with this on sees all such tokens, those of the others too.",
    ),
    Key("oidc.<name>.introspection_endpoint", "from discovery", "URL of the RFC 7662 token introspection."),
    Key("oidc.<name>.client_id", "", "Our client at the issuer; needed for introspection."),
    Key("oidc.<name>.client_secret", "", "Its secret; empty for a public client."),
    Key(
        "oidc.<name>.userinfo_endpoint",
        "from discovery",
        "URL asked for email and entitlements where the token lacks them.",
    ),
    Key(
        "oidc.<name>.audience",
        "",
        "Audiences, separated by blanks: a token must hold one. Empty: not checked.",
    ),
    Key(
        "oidc.<name>.algorithms", " ".join(ALGORITHMS), "Accepted signature algorithms, separated by blanks."
    ),
    Key("oidc.<name>.leeway", "30", "Tolerated difference of clocks in seconds, 0 to 300."),
    Key(
        "oidc.<name>.entitlement_claims",
        " ".join(ENTITLEMENT_CLAIMS),
        "Claims whose values (a string or a list of them) are the entitlements.",
    ),
    Key(
        "oidc.<name>.ca_bundle",
        "",
        "File with the certificates that sign the issuer's; empty: the usual ones.",
    ),
    Key(
        "oidc.<name>.allow_loopback_http",
        "false",
        "`true`: http is allowed for addresses of this machine (127.0.0.0/8, ::1, localhost).",
    ),
    Key(
        "oidc.<name>.scoped",
        "false",
        "`true`: the scopes of its tokens are the platform's (`read`, `upload`, `moderate`, `admin`), and a "
        "token is good for those only. Otherwise only scopes such as `eoscperf:read` limit a token.",
    ),
    Key(
        "oidc.<name>.login",
        "false",
        "`true`: people log in to the pages with it, by the client that `client_id` names. Its redirect "
        "address is <address of the platform>/login/callback.",
    ),
    Key("oidc.<name>.title", "the name", "What people know it as, such as EGI Check-in."),
    Key("oidc.<name>.login_scopes", " ".join(LOGIN_SCOPES), "Scopes that are asked for at a log-in."),
)


def parse_issuers(settings: Mapping[str, str]) -> list[IssuerSettings]:
    """The issuers that settings `oidc.*` describe; raises SettingsProblems with all that is wrong."""
    problems: list[str] = []
    names = _issuer_names(settings.get("oidc.issuers", ""), problems)
    sections: dict[str, dict[str, str]] = {name: {} for name in names}
    for key in sorted(settings):
        if key == "oidc.issuers" or not key.startswith("oidc."):
            continue
        name, dot, option = key.removeprefix("oidc.").rpartition(".")
        if not dot:
            problems.append(f"{key}: unknown setting; allowed are oidc.issuers and oidc.<name>.<setting>")
        elif name not in sections:
            problems.append(f"{key}: '{name}' is not among the names in oidc.issuers")
        elif option not in _OPTIONS:
            problems.append(f"{key}: unknown setting; allowed for an issuer are {', '.join(_OPTIONS)}")
        else:
            sections[name][option] = settings[key].strip()
    issuers = [_Section(name, section, problems).read() for name, section in sections.items()]
    _report_doubles(issuers, problems)
    if problems:
        raise SettingsProblems(problems)
    return issuers


_OPTIONS = tuple(key.name.removeprefix("oidc.<name>.") for key in KEYS if "<name>" in key.name)
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_BOOLEANS = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


def _issuer_names(text: str, problems: list[str]) -> list[str]:
    names: list[str] = []
    for name in text.split():
        if not _NAME.fullmatch(name):
            problems.append(f"oidc.issuers: '{name}' is not a name; allowed are letters, digits, '_' and '-'")
        elif name in names:
            problems.append(f"oidc.issuers: '{name}' is there twice")
        else:
            names.append(name)
    return names


def _report_doubles(issuers: Iterable[IssuerSettings], problems: list[str]) -> None:
    first: dict[str, str] = {}
    for issuer in issuers:
        for name in issuer_names(issuer):
            if name and first.setdefault(name, issuer.name) != issuer.name:
                option = "issuer" if name == issuer.issuer else "known_as"
                problems.append(
                    f"oidc.{issuer.name}.{option}: is that of '{first[name]}' too; "
                    "each issuer may be there once"
                )


class _Section:
    """Reads the settings of one issuer, adding what is wrong to `problems`."""

    def __init__(self, name: str, values: Mapping[str, str], problems: list[str]) -> None:
        self.name = name
        self.values = values
        self.problems = problems

    def read(self) -> IssuerSettings:
        loopback = self.boolean("allow_loopback_http", False)
        issuer = self.url("issuer", loopback) or ""
        if not issuer and not self.values.get("issuer"):
            self.problem("issuer", "is missing; it is required and must begin with https://")
        elif "?" in issuer:
            self.problem("issuer", "must not have a query")
        read = IssuerSettings(
            name=self.name,
            issuer=issuer,
            discovery=self.discovery(loopback),
            jwks_uri=self.url("jwks_uri", loopback),
            introspection_endpoint=self.url("introspection_endpoint", loopback),
            client_id=self.values.get("client_id") or None,
            client_secret=self.values.get("client_secret") or None,
            userinfo_endpoint=self.url("userinfo_endpoint", loopback),
            opaque=self.choice("opaque", OPAQUE_MODES),
            audience=self.words("audience", ()),
            algorithms=self.algorithms(),
            leeway=self.leeway(),
            entitlement_claims=self.words("entitlement_claims", ENTITLEMENT_CLAIMS),
            ca_bundle=self.certificates("ca_bundle"),
            allow_loopback_http=loopback,
            known_as=self.name_of_people(),
            scoped=self.boolean("scoped", False),
            login=self.boolean("login", False),
            title=self.given_title(),
            login_scopes=self.words("login_scopes", LOGIN_SCOPES),
        )
        self.check_together(read)
        return read

    def check_together(self, read: IssuerSettings) -> None:
        given = self.values.get
        if not read.discovery and not given("jwks_uri") and given("discovery"):
            self.problem("jwks_uri", "is missing; it is required when discovery is off")
        if given("jwks_uri") and given("discovery") and read.discovery:
            self.problem("discovery", "must be left out or false, since jwks_uri is given")
        if read.client_secret and not read.client_id:
            self.problem("client_id", "is missing; client_secret is nothing without it")
        if read.opaque == "introspection" and not read.client_id:
            self.problem("client_id", "is missing; opaque = introspection needs it")
        if read.opaque == "userinfo" and read.audience:
            self.problem("opaque", "userinfo tells no audience; leave audience empty or use introspection")
        if read.login and not read.client_id:
            self.problem("client_id", "is missing; login = true needs it")
        if read.login and read.discovery_url is None:
            self.problem("login", "needs discovery, which tells where people log in")
        if read.login and "openid" not in read.login_scopes:
            self.problem("login_scopes", "must hold openid")
        endpoint = f"{read.opaque}_endpoint"
        if read.opaque in OPAQUE_MODES[1:] and read.discovery_url is None and not given(endpoint):
            self.problem(endpoint, f"is missing; opaque = {read.opaque} needs it when there is no discovery")

    def problem(self, option: str, sentence: str) -> None:
        self.problems.append(f"oidc.{self.name}.{option}: {sentence}")

    def url(self, option: str, loopback: bool) -> str | None:
        value = self.values.get(option)
        if not value:
            return None
        problem = url_problem(value, allow_loopback_http=loopback)
        if problem is None:
            return value
        self.problem(option, f"'{value}' {problem}")
        return None

    def discovery(self, loopback: bool) -> bool | str:
        value = self.values.get("discovery", "")
        if not value:
            return not self.values.get("jwks_uri")
        if value.lower() in _BOOLEANS:
            return _BOOLEANS[value.lower()]
        if "://" not in value:
            self.problem("discovery", f"'{value}' is neither true nor false nor a URL")
            return True
        return self.url("discovery", loopback) or True

    def name_of_people(self) -> str | None:
        value = self.values.get("known_as")
        if not value:
            return None
        if not value.isascii() or not value.isprintable() or " " in value:
            self.problem("known_as", "must be a name of visible ASCII characters")
        return value

    def given_title(self) -> str:
        value = self.values.get("title", "")
        if not value.isprintable() or len(value) > 100:
            self.problem("title", "must be at most 100 characters that can be shown")
        return value

    def boolean(self, option: str, default: bool) -> bool:
        value = self.values.get(option, "")
        if not value:
            return default
        if value.lower() not in _BOOLEANS:
            self.problem(option, f"'{value}' is neither true nor false")
            return default
        return _BOOLEANS[value.lower()]

    def choice(self, option: str, allowed: Sequence[str]) -> str:
        value = self.values.get(option) or allowed[0]
        if value not in allowed:
            self.problem(option, f"'{value}' is not allowed; allowed are {', '.join(allowed)}")
            return allowed[0]
        return value

    def words(self, option: str, default: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.values.get(option, "").split())) or default

    def algorithms(self) -> tuple[str, ...]:
        words = self.words("algorithms", ALGORITHMS)
        for word in words:
            if word not in ALGORITHMS:
                self.problem("algorithms", f"'{word}' is not allowed; allowed are {', '.join(ALGORITHMS)}")
        return words

    def leeway(self) -> float:
        value = self.values.get("leeway", "")
        if not value:
            return DEFAULT_LEEWAY
        try:
            seconds = float(value)
        except ValueError:
            seconds = -1.0
        if not 0 <= seconds <= MAX_LEEWAY:
            self.problem("leeway", f"'{value}' is not a number of seconds from 0 to {MAX_LEEWAY:.0f}")
            return DEFAULT_LEEWAY
        return seconds

    def certificates(self, option: str) -> str | None:
        value = self.values.get(option)
        if not value:
            return None
        try:
            ssl.create_default_context(cafile=value)
        except OSError as error:
            self.problem(option, f"'{value}' cannot be read as PEM certificates: {error.strerror or error}")
        return value
