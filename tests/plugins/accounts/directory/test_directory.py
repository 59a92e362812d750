"""Logging in against a real OpenLDAP server: who gets in, and what is done to get in otherwise."""

from __future__ import annotations

import contextlib
import itertools
import socket
import ssl
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from eoscperf.plugins.accounts import ADMIN_ENTITLEMENT
from eoscperf.plugins.accounts.directory.backend import (
    READER_ENTITLEMENT,
    Attributes,
    Directory,
    GroupRules,
    identifier_filter,
)
from eoscperf.plugins.accounts.directory.connections import Connection, Refused, Servers
from eoscperf.plugins.accounts.directory.groups import Groups
from eoscperf.plugins.accounts.people.backends import BackendUnavailable
from tests.plugins.accounts.directory.conftest import GROUPS, ODD, PEOPLE, SECRET, group, person
from tests.plugins.accounts.directory.slapd import (
    ADMIN,
    ADMIN_PASSWORD,
    SUFFIX,
    Authority,
    Slapd,
    SlapdMissing,
)


@pytest.fixture
def make(slapd: Slapd) -> Callable[..., Directory]:
    """A directory on the server; `servers` are options of the connection."""

    def make(url: str | None = None, *, servers: dict[str, Any] | None = None, **options: Any) -> Directory:
        given = {"ca_file": str(slapd.ca_file), "timeout": 5.0} | (servers or {})
        usual = {} if "user_dn" in options else {"base": PEOPLE, "filter_": "(uid={login})"}
        return Directory(Servers([url or slapd.ldaps], **given), **(usual | options))

    return make


BY_SEARCH: dict[str, Any] = {}
AS_SERVICE: dict[str, Any] = {"bind_dn": ADMIN, "bind_password": ADMIN_PASSWORD}
DIRECTLY: dict[str, Any] = {"user_dn": f"uid={{login}},{PEOPLE}"}


class TestLookingSomebodyUp:
    @pytest.mark.parametrize("options", [BY_SEARCH, AS_SERVICE], ids=["search", "service"])
    def test_finds_whom_a_log_in_has_found(self, make: Any, options: dict[str, Any]) -> None:
        directory = make(**options, groups=Groups(base=GROUPS, filter_="(|(member={dn})(memberUid={login}))"))
        verified = directory.check("bob", SECRET)
        assert verified is not None
        assert {group("perf"), group("posix")} <= set(verified.groups)
        assert directory.look_up(verified.external_id, "bob") == verified

    def test_finds_guids_as_active_directory_keeps_them(self, make: Any, slapd: Slapd) -> None:
        directory = make(attributes=Attributes(id="jpegPhoto"))
        number = uuid.uuid4()
        slapd.change(person("bob"), {"jpegPhoto": number.bytes_le})
        try:
            verified = directory.check("bob", SECRET)
            assert verified.external_id == str(number)
            assert identifier_filter("objectGUID", str(number)).count("\\") == 16
        finally:
            slapd.change(person("bob"), {"jpegPhoto": []})

    def test_finds_nobody_who_is_gone(self, make: Any) -> None:
        directory = make()
        for number in (str(uuid.uuid4()), "*", "x)(uid=*", "zz"):
            assert directory.look_up(number, "bob") is None

    def test_finds_nobody_who_is_in_no_required_group(self, make: Any) -> None:
        verified = make().check("joe", SECRET)
        groups = Groups(base=GROUPS, filter_="(member={dn})")
        directory = make(groups=groups, rules=GroupRules(required=[group("perf")]))
        assert directory.look_up(verified.external_id, "joe") is None

    @pytest.mark.parametrize(
        "options",
        [
            {"base": f"ou=moved,{SUFFIX}"},
            {"bind_dn": ADMIN, "bind_password": "wrong"},
            DIRECTLY,
            DIRECTLY | {"base": PEOPLE},
        ],
        ids=["empty", "refused", "direct", "nobody searches"],
    )
    def test_says_that_it_cannot_tell(self, make: Any, options: dict[str, Any]) -> None:
        """Otherwise a mistake in the settings would log everybody out."""
        verified = make().check("bob", SECRET)
        with pytest.raises(BackendUnavailable):
            make(**options).look_up(verified.external_id, "bob")


class TestLoggingIn:
    @pytest.mark.parametrize(
        "options", [BY_SEARCH, AS_SERVICE, DIRECTLY], ids=["search", "service", "direct"]
    )
    def test_a_person_gets_in_with_the_right_password_only(self, make: Any, options: dict[str, Any]) -> None:
        directory = make(**options)
        verified = directory.check("ann", SECRET)
        assert verified is not None
        assert (verified.email, verified.name) == ("ann@example.org", "Ann Example")
        assert len(verified.external_id) == 36
        assert directory.check("ann", "wrong") is None
        assert directory.check("nobody", SECRET) is None

    def test_the_person_is_the_same_however_found(self, make: Any) -> None:
        found = {make(**options).check("ann", SECRET).external_id for options in (BY_SEARCH, DIRECTLY)}
        assert len(found) == 1

    def test_blanks_around_a_login_do_not_count(self, make: Any) -> None:
        assert make().check("  ann ", SECRET) is not None

    def test_passwords_and_logins_are_unicode(self, make: Any) -> None:
        assert make().check(ODD, "pässwörd €") is not None
        assert make().check(ODD, "password €") is None

    def test_a_login_that_means_two_people_means_nobody(self, make: Any) -> None:
        directory = make(filter_="(mail={login})")
        assert directory.check("bob@example.org", SECRET) is not None
        checked = directory.examine("ann@example.org", SECRET)
        assert checked.verified is None
        assert "more than one entry" in checked.reason

    def test_somebody_without_an_address_does_not_get_in(self, make: Any) -> None:
        assert make().examine("nomail", SECRET).reason == "no address in mail"

    def test_somebody_without_a_lasting_name_is_a_fault_of_the_settings(self, make: Any) -> None:
        directory = make(attributes=Attributes(id="employeeNumber"))
        with pytest.raises(BackendUnavailable, match=r"accounts\.ldap\.id_attribute"):
            directory.check("ann", SECRET)

    def test_a_wrong_password_of_our_own_account_is_nobodys_fault_but_ours(self, make: Any) -> None:
        with pytest.raises(BackendUnavailable, match="does not let us search"):
            make(bind_dn=ADMIN, bind_password="outdated").check("ann", SECRET)

    def test_every_connection_is_closed(self, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        opened, closed = itertools.count(), itertools.count()
        open_, close = Connection.open, Connection.close
        monkeypatch.setattr(Connection, "open", lambda *given: (next(opened), open_(*given))[1])
        monkeypatch.setattr(Connection, "close", lambda *given: (next(closed), close(*given))[1])
        make().check("ann", SECRET)
        make().check("ann", "wrong")
        make(**DIRECTLY).check("ann", SECRET)
        assert next(opened) == next(closed) == 5


class TestGettingInOtherwise:
    """What an attacker types."""

    @pytest.mark.parametrize(
        "options", [BY_SEARCH, AS_SERVICE, DIRECTLY], ids=["search", "service", "direct"]
    )
    @pytest.mark.parametrize("password", ["", "\0", f"{SECRET}\0", "\0" + SECRET])
    def test_an_empty_password_is_no_password(
        self, make: Any, options: dict[str, Any], password: str
    ) -> None:
        """The server accepts a name without a password, as nobody in particular."""
        assert make(**options).check("ann", password) is None

    def test_the_server_would_accept_an_empty_password(self, slapd: Slapd) -> None:
        """Else the test above would prove nothing."""
        with Servers([slapd.ldaps], ca_file=str(slapd.ca_file)).connected() as connection:
            raw = connection._raw
            raw.authentication, raw.user, raw.password = "ANONYMOUS", None, None
            assert raw.bind(read_server_info=False)
            with pytest.raises(Refused):
                connection.bind(person("ann"), "")

    @pytest.mark.parametrize(
        "options", [BY_SEARCH, AS_SERVICE, DIRECTLY], ids=["search", "service", "direct"]
    )
    @pytest.mark.parametrize(
        "login",
        [
            "*",
            "a*",
            "ann*",
            "ann)(uid=*",
            "ann)(|(uid=*",
            "*)(uid=ann",
            "ann))(|(uid=*",
            "ann)(objectClass=*))(&(uid=x",
            "an\\6e",
            "\\61nn",
            "\\2a",
            "ann\0",
            "\0",
            "\0ann",
            "ann\\00",
            "ann,ou=people",
            f"ann,{PEOPLE}",
            "ann+cn=Ann Example",
            "ann\\,",
            "ann\n",
            "ann\r\nuid: bob",
            "#616e6e",
            " ",
            "",
            "ａnn",
            "ann\u200b",
            "\ud800",
            "{login}",
            "{dn}",
            "a" * 400,
            "ＡＮＮ",
            "=ann",
            "uid=ann",
            "ann;x",
            '"ann"',
        ],
        ids=ascii,
    )
    def test_a_login_is_nothing_but_a_value(self, make: Any, options: dict[str, Any], login: str) -> None:
        """Neither part of a filter nor part of a name; blanks around it are the one thing taken off."""
        expected = login.strip() == "ann"
        assert (make(**options).check(login, SECRET) is not None) is expected

    def test_a_login_cannot_reach_beyond_the_base(self, make: Any, slapd: Slapd) -> None:
        directory = make(user_dn=f"cn={{login}},{PEOPLE}")
        assert directory.check(f"admin,{SUFFIX}", ADMIN_PASSWORD) is None
        assert directory.check("odd", "pässwörd €") is not None

    def test_a_name_without_a_password_is_never_sent(self, slapd: Slapd) -> None:
        with (
            Servers([slapd.ldaps], ca_file=str(slapd.ca_file)).connected() as connection,
            pytest.raises(Refused, match="needs a password"),
        ):
            connection.bind(person("ann"))

    def test_an_unknown_login_asks_the_directory_as_often_as_a_known_one(
        self, make: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        bind = Connection.bind

        def counting(connection: Connection, dn: str = "", password: str = "") -> None:
            asked.append("somebody" if dn else "nobody")
            bind(connection, dn, password)

        monkeypatch.setattr(Connection, "bind", counting)
        make().check("ann", "wrong")
        known = asked.copy()
        asked.clear()
        make().check("nobody", "wrong")
        assert asked == known == ["nobody", "somebody"]

    def test_the_password_of_somebody_is_not_sent_for_an_unknown_login(
        self, make: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent: list[str] = []
        bind = Connection.bind
        monkeypatch.setattr(
            Connection,
            "bind",
            lambda self, dn="", password="": (sent.append(password), bind(self, dn, password))[1],
        )
        make().check("nobody", SECRET)
        assert SECRET not in sent


class TestGroups:
    def groups(self, make: Any, login: str, **options: Any) -> set[str]:
        verified = make(groups=Groups(**options)).check(login, SECRET)
        return {name.partition(",")[0].removeprefix("cn=") for name in verified.groups}

    def test_by_the_attribute_of_the_person(self, make: Any) -> None:
        assert self.groups(make, "ann", attribute="memberOf") == {"perf", "admins"}

    def test_by_a_search_for_members(self, make: Any) -> None:
        found = self.groups(make, "bob", base=GROUPS, filter_="(|(member={dn})(memberUid={login}))")
        assert found == {"perf", "posix"}

    def test_a_name_in_the_filter_is_nothing_but_a_value(self, make: Any) -> None:
        directory = make(groups=Groups(base=GROUPS, filter_="(memberUid={login})"))
        assert directory.check(ODD, "pässwörd €").groups == ()

    def test_groups_in_groups_count_only_when_asked(self, make: Any) -> None:
        by_search = {"base": GROUPS, "filter_": "(member={dn})"}
        assert self.groups(make, "joe", **by_search) == {"inner"}
        assert self.groups(make, "joe", nested=True, **by_search) == {"inner", "outer", "ring"}
        assert self.groups(make, "joe", nested=True, attribute="memberOf") == {"inner", "outer", "ring"}

    def test_without_any_setting_there_are_none(self, make: Any) -> None:
        directory = make(attributes=Attributes(groups=""), groups=Groups())
        assert directory.check("ann", SECRET).groups == ()

    def rules(self, make: Any, **rules: tuple[str, ...]) -> Directory:
        return make(groups=Groups(attribute="memberOf"), rules=GroupRules(**rules))

    def test_a_required_group_keeps_others_out(self, make: Any) -> None:
        directory = self.rules(make, required=(group("admins"),))
        assert directory.check("ann", SECRET) is not None
        checked = directory.examine("bob", SECRET)
        assert checked.verified is None
        assert "required_groups" in checked.reason

    def test_a_required_group_needs_the_password_as_well(self, make: Any) -> None:
        assert self.rules(make, required=(group("admins"),)).check("ann", "wrong") is None

    def test_groups_make_administrators_and_readers(self, make: Any) -> None:
        directory = self.rules(make, admin=(group("admins").upper(),), reader=(group("perf"),))
        assert directory.check("ann", SECRET).entitlements == (ADMIN_ENTITLEMENT,)
        assert directory.check("bob", SECRET).entitlements == (READER_ENTITLEMENT,)
        assert directory.check("joe", SECRET).entitlements == ()

    def test_where_submitters_are_named_everybody_else_reads(self, make: Any) -> None:
        directory = self.rules(make, submitter=(group("perf"),))
        assert directory.check("bob", SECRET).entitlements == ()
        assert directory.check("joe", SECRET).entitlements == (READER_ENTITLEMENT,)

    def test_a_group_of_the_same_name_elsewhere_gives_nothing(self, make: Any) -> None:
        assert self.rules(make, admin=(f"cn=admins,{PEOPLE}",)).check("ann", SECRET).entitlements == ()


class TestEncryption:
    def test_starttls_and_ldaps(self, make: Any, slapd: Slapd) -> None:
        assert make(slapd.ldaps).check("ann", SECRET) is not None
        assert make(slapd.ldap).check("ann", SECRET) is not None

    def test_plain_only_on_this_machine_unless_allowed(self, make: Any, slapd: Slapd) -> None:
        plain = {"starttls": False}
        assert make(slapd.ldap, servers=plain).check("ann", SECRET) is not None
        with pytest.raises(BackendUnavailable, match="unencrypted"):
            make("ldap://ldap.example.org", servers=plain).check("ann", SECRET)

    @pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
    def test_an_unknown_authority_is_refused(
        self, make: Any, slapd: Slapd, tmp_path: Path, scheme: str
    ) -> None:
        other = Authority("Another authority").write(tmp_path / "other.pem")
        for servers in ({"ca_file": str(other)}, {"ca_file": None}):
            with pytest.raises(BackendUnavailable, match="certificate verify failed"):
                make(getattr(slapd, scheme), servers=servers).check("ann", SECRET)

    @pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
    def test_a_certificate_for_another_host_is_refused(self, make: Any, slapd: Slapd, scheme: str) -> None:
        """It is for 127.0.0.1, not for what else that may be called."""
        url = getattr(slapd, scheme).replace("127.0.0.1", "localhost")
        with pytest.raises(BackendUnavailable, match="certificate is not valid for"):
            make(url).check("ann", SECRET)

    def test_an_expired_certificate_is_refused(self, make: Any, slapd: Slapd, tmp_path: Path) -> None:
        expired = pytest.raises(BackendUnavailable, match="certificate has expired")
        with tls_server(slapd.authority, tmp_path, days=-1) as url, expired:
            make(url).check("ann", SECRET)

    def test_without_starttls_nothing_is_sent(self, make: Any) -> None:
        """Somebody in between answers that there is no encryption, and waits for the password."""
        refused = pytest.raises(BackendUnavailable, match="startTLS failed")
        with fake_server(EXTENDED_REFUSED) as (url, heard), refused:
            make(url).check("ann", SECRET)
        assert SECRET.encode() not in b"".join(heard)
        assert b"ann" not in b"".join(heard)

    def test_what_follows_the_answer_to_starttls_is_not_taken_for_encrypted(self, make: Any) -> None:
        """A log-in that was accepted before the encryption has begun."""
        with fake_server(extended_and_bind_accepted) as (url, _), pytest.raises(BackendUnavailable):
            make(url).check("ann", SECRET)


class TestTrouble:
    def test_nobody_listens(self, make: Any) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"ldaps://127.0.0.1:{unused.getsockname()[1]}"
            with pytest.raises(BackendUnavailable, match="No directory can be used"):
                make(url).check("ann", SECRET)

    def test_the_next_server_is_asked(self, slapd: Slapd) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            dead = f"ldaps://127.0.0.1:{unused.getsockname()[1]}"
            servers = Servers([dead, slapd.ldaps], ca_file=str(slapd.ca_file))
            assert Directory(servers, base=PEOPLE).check("ann", SECRET) is not None

    @pytest.mark.parametrize("starttls", [True, False])
    def test_a_server_that_never_answers(self, make: Any, starttls: bool) -> None:
        with fake_server(None) as (url, _):
            directory = make(url, servers={"starttls": starttls, "timeout": 0.2})
            with pytest.raises(BackendUnavailable, match="timed out"):
                directory.check("ann", SECRET)

    def test_a_server_that_hangs_up(self, make: Any) -> None:
        with fake_server(lambda number: b"") as (url, _), pytest.raises(BackendUnavailable):
            make(url, servers={"starttls": False}).check("ann", SECRET)

    def test_a_server_that_goes_away_in_the_middle(self, make: Any) -> None:
        """It has accepted the anonymous bind, and is gone before the search."""
        with fake_server(BIND_ACCEPTED) as (url, _), pytest.raises(BackendUnavailable):
            make(url, servers={"starttls": False}).check("ann", SECRET)

    def test_a_server_that_speaks_something_else(self, make: Any) -> None:
        for reply in (lambda number: b"HTTP/1.1 400 Bad Request\r\n\r\n", BIND_UNREADABLE):
            with fake_server(reply) as (url, _), pytest.raises(BackendUnavailable):
                make(url, servers={"starttls": False, "timeout": 0.5}).check("ann", SECRET)

    def test_a_busy_server_says_nothing_about_a_password(self, make: Any) -> None:
        with fake_server(BIND_BUSY) as (url, _), pytest.raises(BackendUnavailable, match="busy"):
            make(url, servers={"starttls": False}, **DIRECTLY).check("ann", SECRET)

    def test_a_referral_is_not_followed(self, make: Any) -> None:
        """Somewhere else might accept any password."""
        with socket.create_server(("127.0.0.1", 0)) as elsewhere:
            elsewhere.settimeout(0)
            referral = ber(0xA3, ber(0x04, b"ldap://127.0.0.1:%d/" % elsewhere.getsockname()[1]))
            with fake_server(answer(BIND, 10, referral)) as (url, _), pytest.raises(BackendUnavailable):
                make(url, servers={"starttls": False}, **DIRECTLY).check("ann", SECRET)
            with pytest.raises(BlockingIOError):
                elsewhere.accept()


def ber(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return bytes([tag, len(content)]) + content


Reply = Callable[[int], bytes]
"""What is answered to the request with this number."""


def answer(tag: int, code: int, *more: bytes, later: int = 0) -> Reply:
    """An LDAP message: a result without a name and without a text, to this request or a later one."""
    result = ber(tag, ber(0x0A, bytes([code])), ber(0x04), ber(0x04), *more)
    return lambda number: ber(0x30, ber(0x02, (number + later).to_bytes(4)), result)


BIND, EXTENDED = 0x61, 0x78
BIND_ACCEPTED, BIND_BUSY = answer(BIND, 0), answer(BIND, 51)
BIND_UNREADABLE = answer(BIND, 0, ber(0xA9, b"?"))
EXTENDED_ACCEPTED, EXTENDED_REFUSED = answer(EXTENDED, 0), answer(EXTENDED, 2)


def extended_and_bind_accepted(number: int) -> bytes:
    return EXTENDED_ACCEPTED(number) + answer(BIND, 0, later=1)(number)


@contextlib.contextmanager
def fake_server(reply: Reply | None) -> Iterator[tuple[str, list[bytes]]]:
    """Answers the first request of each connection with this and hangs up; None: says nothing.

    Yields the address and what was heard.
    """
    heard: list[bytes] = []
    done = threading.Event()

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    def talk(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            request = connection.recv(4096)
            heard.append(request)
            if reply is None:
                done.wait(5)
                return
            # 30 <length> 02 <length> <number>: the requests in question are short.
            connection.sendall(reply(int.from_bytes(request[4 : 4 + request[3]])))
            connection.shutdown(socket.SHUT_WR)
            while data := connection.recv(4096):
                heard.append(data)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"ldap://127.0.0.1:{server.getsockname()[1]}", heard
        finally:
            done.set()
            server.shutdown(socket.SHUT_RDWR)
            thread.join(5)


@contextlib.contextmanager
def tls_server(authority: Authority, folder: Path, *, days: int) -> Iterator[str]:
    """Shakes hands with a certificate that is good for so many days."""
    certificate, key = authority.issue(folder, "127.0.0.1", days=days)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True):
                pass

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"ldaps://127.0.0.1:{server.getsockname()[1]}"
        finally:
            thread.join(5)


class TestSettings:
    INI = """
[app:main]
use = egg:eoscperf
sqlalchemy.url = sqlite:///perf.sqlite
eoscperf.plugins = accounts
secret = a secret for tests
accounts.ldap.url = {url}
accounts.ldap.ca_file = {ca_file}
accounts.ldap.base = ou=people,dc=example,dc=org
accounts.ldap.filter = (uid={{login}})
accounts.ldap.admin_groups = cn=admins,ou=groups,dc=example,dc=org
"""

    @pytest.fixture
    def run(self, tmp_path: Path, slapd: Slapd) -> Callable[..., Any]:
        def run(login: str, password: str, *more: str) -> Any:
            from eoscperf.plugins.accounts.provider.commands import accounts
            from eoscperf.scripts.context import Context

            ini = tmp_path / "test.ini"
            text = self.INI.format(url=slapd.ldaps, ca_file=slapd.ca_file)
            ini.write_text(text + "\n".join(more) + "\n", encoding="utf-8")
            return CliRunner().invoke(
                accounts, ["ldap-test", "--user", login], input=password + "\n", obj=Context(str(ini))
            )

        return run

    def test_the_command_says_what_would_happen(self, run: Callable[..., Any]) -> None:
        told = run("ann", SECRET)
        assert told.exit_code == 0, told.output
        assert f"entry:  {person('ann')}" in told.output
        assert f"group:  {group('perf')}" in told.output
        assert "role:   administrator" in told.output
        assert SECRET not in told.output

    def test_the_command_says_why_not(self, run: Callable[..., Any]) -> None:
        told = run("ann", "wrong")
        assert told.exit_code == 2
        assert "invalidCredentials" in told.output
        assert "no entry for this login" in run("*", SECRET).output
        needed = f"accounts.ldap.required_groups = {group('admins')}"
        assert "required_groups" in run("bob", SECRET, needed).output

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("accounts.ldap.url = http://ldap.example.org", "is no address of a directory"),
            ("accounts.ldap.url = ldaps://", "is no address of a directory"),
            ("accounts.ldap.filter = uid={login}", "filter in parentheses"),
            ("accounts.ldap.filter = (uid={user})", "must hold {login}"),
            ("accounts.ldap.filter = (uid=ann)", "must hold {login}"),
            ("accounts.ldap.admin_groups = admins", "no distinguished name"),
            ("accounts.ldap.ca_file = /nowhere.pem", "cannot be read as PEM certificates"),
            ("accounts.ldap.id_attribute = entry UUID", "name of an attribute"),
            ("accounts.ldap.bind_dn = cn=reader,dc=example,dc=org", "only together"),
            ("accounts.ldap.base =", "is required"),
            ("accounts.ldap.url = ldap://ldap.example.org\naccounts.ldap.starttls = no", "unencrypted"),
        ],
    )
    def test_settings_that_cannot_be_used(self, run: Callable[..., Any], line: str, said: str) -> None:
        keys = {one.partition(" =")[0] for one in line.splitlines()}
        kept = [row for row in self.INI.splitlines() if row.partition(" =")[0] not in keys]
        self.INI = "\n".join(kept) + "\n"
        told = run("ann", SECRET, line)
        assert told.exit_code == 2
        assert said in told.output


def test_a_machine_without_the_server_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.plugins.accounts.directory.slapd._PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SlapdMissing, match="apt-get install slapd"), Slapd(tmp_path):
        pass
