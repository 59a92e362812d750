"""An OpenLDAP server with a few people and groups."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.plugins.accounts.directory.slapd import SUFFIX, Slapd

PEOPLE, GROUPS = f"ou=people,{SUFFIX}", f"ou=groups,{SUFFIX}"
SECRET = "correct horse"

ODD = 'Zoë, "the" <odd> #1+2=3; \\ (*)'
"""A login of what is special in names and filters."""


def group(name: str) -> str:
    return f"cn={name},{GROUPS}"


def person(name: str) -> str:
    return f"uid={name},{PEOPLE}"


@pytest.fixture(scope="session")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    with Slapd(tmp_path_factory.mktemp("slapd")) as server:
        server.add(PEOPLE, objectClass="organizationalUnit", ou="people")
        server.add(GROUPS, objectClass="organizationalUnit", ou="groups")
        for uid, mail in (("ann", "ann@example.org"), ("bob", "bob@example.org"), ("joe", "joe@example.org")):
            server.add(
                person(uid),
                objectClass="inetOrgPerson",
                uid=uid,
                cn=f"{uid.title()} Example",
                sn="Example",
                mail=mail,
                userPassword=SECRET,
            )
        server.add(
            f"cn=odd,{PEOPLE}", objectClass="inetOrgPerson", uid=ODD, cn="odd", sn="Odd",
            mail="odd@example.org", userPassword="pässwörd €",
        )  # fmt: skip
        server.add(
            f"cn=twin,{PEOPLE}", objectClass="inetOrgPerson", uid="twin", cn="twin", sn="Twin",
            mail="ann@example.org", userPassword=SECRET,
        )  # fmt: skip
        server.add(
            person("nomail"), objectClass="inetOrgPerson", uid="nomail", cn="Nobody", sn="Nobody",
            userPassword=SECRET,
        )  # fmt: skip
        server.add(
            group("perf"), objectClass="groupOfNames", cn="perf", member=[person("ann"), person("bob")]
        )
        server.add(group("admins"), objectClass="groupOfNames", cn="admins", member=person("ann"))
        server.add(group("inner"), objectClass="groupOfNames", cn="inner", member=person("joe"))
        server.add(group("outer"), objectClass="groupOfNames", cn="outer", member=group("inner"))
        # Groups may be in each other.
        server.add(
            group("ring"), objectClass="groupOfNames", cn="ring", member=[group("outer"), group("ring")]
        )
        server.add(group("posix"), objectClass="posixGroup", cn="posix", gidNumber="7", memberUid="bob")
        yield server
