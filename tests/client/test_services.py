"""Service accounts through the library and the command."""

from __future__ import annotations

import pytest

from eoscperf.client import Forbidden, UnknownName


def test_an_account_is_made_listed_and_removed(terminal):
    made = terminal.json(
        *("service-accounts", "create", "nightly-zstd", "--email", "team@example.org"),
        *("--description", "Runs zstd every night."),
        as_="admin",
    )
    assert made == made | {"name": "nightly-zstd", "email": "team@example.org", "role": "user"}
    shown = terminal("service-accounts", "list", as_="admin").stdout
    assert "nightly-zstd  team@example.org  user" in shown
    terminal("service-accounts", "delete", "nightly-zstd", "-m", "Done with it", as_="admin")
    assert terminal.json("service-accounts", "list", "--all", as_="admin") == []


def test_a_token_of_an_account_is_made_used_and_revoked(terminal, client_of, platform):
    services = client_of("admin").users.services
    account = services.create("runner", "team@example.org", role="reader")
    asked = ("service-accounts", "token", "runner", "at home", "--scope", "read", "--days", "7")
    done = terminal(*asked, as_="admin")
    token = done.stdout.strip()
    assert token.startswith("eoscp_")
    assert "it is not shown again" in done.stderr
    whoami = terminal("whoami", env={"EOSCPERF_TOKEN": token}).stdout
    assert "runner" in whoami
    (listed,) = terminal.json("service-accounts", "tokens", "runner", as_="admin")
    assert listed["name"] == "at home"
    terminal("service-accounts", "revoke", account["id"], listed["id"], as_="admin")
    terminal("whoami", env={"EOSCPERF_TOKEN": token}, code=3)


def test_accounts_come_in_pages(client_of):
    services = client_of("admin").users.services
    for name in ("one", "two", "three"):
        services.create(name, "team@example.org")
    page = services.list(per_page=2, sort_by="+name")
    assert ([one["name"] for one in page], page.total) == (["one", "three"], 3)
    assert services.named("two") == services.get(services.named("two")["id"])
    with pytest.raises(UnknownName):
        services.named("four")


def test_accounts_are_for_administrators(client_of):
    with pytest.raises(Forbidden):
        client_of("user").users.services.list()
