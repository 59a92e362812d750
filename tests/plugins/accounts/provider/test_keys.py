"""Rotation of the signing keys: nothing that was signed is lost, whatever is interrupted."""

from __future__ import annotations

import base64
import json
import os
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import CliRunner
from joserfc import jwt
from joserfc.jwk import KeySet

from eoscperf.plugins.accounts.keys import CLOCKS, DAY, ES256, LASTING, RS256, KeyStore, UnusableKey
from eoscperf.plugins.accounts.provider.commands import accounts
from eoscperf.scripts.context import Context

START = 1_800_000_000.0


class Clock:
    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "accounts"


@pytest.fixture
def store(folder, clock):
    return KeyStore(folder, clock=clock)


def token(store, clock, seconds=900.0):
    return store.sign({"sub": "ann", "exp": clock.now + seconds}, typ="at+jwt")


def is_verified(store, text):
    keys = store.public_keys()
    kid = json.loads(_decoded(text.split(".")[0]))["kid"]
    if kid not in [key["kid"] for key in keys]:
        return False
    return bool(jwt.decode(text, KeySet.import_key_set({"keys": keys}), algorithms=[store.algorithm]))


def _decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def kids(store):
    return [key["kid"] for key in store.public_keys()]


class TestRotation:
    def test_signs_with_the_new_key_and_publishes_the_old(self, store, clock):
        old = token(store, clock)
        kid = store.rotate()
        new = token(store, clock)
        assert kids(store)[0] == kid
        assert len(kids(store)) == 2
        assert is_verified(store, old)
        assert is_verified(store, new)

    def test_ends_with_the_tokens_of_the_old_key(self, store, clock):
        old = token(store, clock)
        store.rotate()
        clock.now += LASTING + CLOCKS - 1
        assert is_verified(store, old)
        clock.now += 2
        assert not is_verified(store, old)
        assert len(kids(store)) == 1

    def test_waits_for_tokens_that_last_long(self, store, clock, folder):
        long = token(store, clock, seconds=300 * DAY)
        store.rotate()
        clock.now += 299 * DAY
        store.rotate()
        assert is_verified(store, long)
        clock.now += 60 * DAY
        store.rotate()
        assert not is_verified(store, long)
        # What nobody needs any longer is gone from the disk as well.
        assert len(list(folder.iterdir())) == 2

    def test_keeps_files_to_their_owner(self, store, clock, folder):
        token(store, clock, seconds=300 * DAY)
        store.rotate()
        names = sorted(path.name.partition("-")[0] for path in folder.iterdir())
        assert names == ["retired", "signing"]
        for path in folder.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    def test_happens_by_itself_after_a_while(self, folder, clock):
        store = KeyStore(folder, lifetime=90 * DAY, clock=clock)
        first = token(store, clock)
        clock.now += 89 * DAY
        token(store, clock)
        assert len(kids(store)) == 1
        clock.now += DAY
        token(store, clock)
        assert len(kids(store)) == 2
        assert is_verified(store, first)

    def test_is_seen_by_other_processes(self, store, clock, folder):
        other = KeyStore(folder, clock=clock)
        assert kids(other) == []
        token(store, clock)
        assert kids(other) == kids(store)
        store.rotate()
        assert kids(other) == kids(store)
        assert is_verified(store, token(other, clock))

    def test_by_many_at_once_loses_no_token(self, folder):
        KeyStore(folder).signing_key()

        def work(number):
            store = KeyStore(folder)
            if number % 4 == 0:
                store.rotate()
            return store.sign({"sub": "ann", "exp": time.time() + 900}, typ="at+jwt")

        with ThreadPoolExecutor(8) as pool:
            tokens = list(pool.map(work, range(40)))
        assert all(is_verified(KeyStore(folder), text) for text in tokens)
        assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]

    def test_that_is_due_is_done_once_however_many_notice(self, folder, clock):
        KeyStore(folder, clock=clock).signing_key()
        clock.now += 100 * DAY
        with ThreadPoolExecutor(8) as pool:
            list(
                pool.map(lambda _: KeyStore(folder, lifetime=90 * DAY, clock=clock).signing_key(), range(16))
            )
        assert len(kids(KeyStore(folder, clock=clock))) == 2

    def test_of_a_damaged_retired_key_costs_its_tokens_only(self, store, clock, folder):
        old = token(store, clock)
        store.rotate()
        new = token(store, clock)
        next(folder.glob("retired-*")).write_text("{}")
        assert not is_verified(store, old)
        assert is_verified(store, new)

    def test_makes_the_first_key_where_there_is_none(self, store):
        assert kids(store) == []
        assert kids(store) == [] != [store.rotate()] == kids(store)

    def test_takes_over_keys_that_know_no_dates(self, store, folder):
        store.signing_key()
        path = folder / "signing-key.json"
        members = json.loads(path.read_text())
        del members["created"], members["until"]
        path.write_text(json.dumps(members))
        assert KeyStore(folder).signing_key().kid == members["kid"]


KILLED = """
import sys, time
from pathlib import Path
from eoscperf.plugins.accounts.keys import KeyStore

store = KeyStore(Path(sys.argv[1]))
while True:
    print(store.sign({"sub": "ann", "exp": time.time() + 900}, typ="at+jwt"), flush=True)
    store.rotate()
"""


def test_killing_a_process_at_any_moment_loses_no_token(folder):
    KeyStore(folder).signing_key()
    tokens = []
    for lines in (1, 2, 3, 5):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(folder)], stdout=subprocess.PIPE, text=True
        )
        # It works for certain once it has printed something; then it is stopped somewhere in between.
        tokens += [process.stdout.readline().strip() for _ in range(lines)]
        os.kill(process.pid, signal.SIGKILL)
        rest, _ = process.communicate()
        tokens += [line for line in rest.split("\n")[:-1] if line.count(".") == 2]
    store = KeyStore(folder)
    assert len(tokens) >= 11
    assert all(is_verified(store, text) for text in tokens)
    assert is_verified(store, store.sign({"sub": "ann", "exp": time.time() + 900}, typ="at+jwt"))


class TestKeysOfBothKinds:
    def test_live_side_by_side(self, folder, clock):
        stores = [KeyStore(folder, clock=clock, kind=kind) for kind in (ES256, RS256)]
        tokens = [token(store, clock) for store in stores]
        for store in stores:
            store.rotate()
        assert [len(kids(store)) for store in stores] == [2, 2]
        assert all(is_verified(store, text) for store, text in zip(stores, tokens, strict=True))
        assert not any(is_verified(store, text) for store, text in zip(stores, tokens[::-1], strict=True))
        clock.now += LASTING + CLOCKS + DAY
        for store in stores:
            store.rotate()
        assert [len(kids(store)) for store in stores] == [2, 2]
        assert len(list(folder.glob("*.json"))) == 4

    def test_that_are_damaged_are_not_replaced_unasked(self, folder):
        folder.mkdir()
        path = folder / "rs256-signing-key.json"
        for content in ("{}", '{"kty": "RSA", "n": "AQ", "e": "AQAB"}', "null", "[]"):
            path.write_text(content)
            with pytest.raises(UnusableKey, match="holds no usable key"):
                KeyStore(folder, kind=RS256).signing_key()
            assert path.read_text() == content


class TestTheCommand:
    def run(self, tmp_path, plugins="accounts", algorithm="ES256"):
        ini = tmp_path / "site.ini"
        lines = ["[app:main]", "use = egg:eoscperf", "sqlalchemy.url = sqlite://", f"var = {tmp_path}"]
        lines += [f"accounts.access_token_algorithm = {algorithm}"] if plugins else []
        ini.write_text("\n".join([*lines, f"eoscperf.plugins = {plugins}", ""]))
        return CliRunner().invoke(accounts, ["rotate-keys"], obj=Context(str(ini)))

    def test_replaces_the_key_of_id_tokens_as_well(self, tmp_path, folder):
        store = KeyStore(folder, kind=RS256)
        old = store.sign({"sub": "ann", "exp": time.time() + 900}, typ="JWT")
        result = self.run(tmp_path)
        assert result.exit_code == 0, result.output
        assert kids(store)[0] in result.output
        assert len(kids(store)) == 2
        assert is_verified(store, old)
        assert is_verified(store, store.sign({"sub": "ann", "exp": time.time() + 900}, typ="JWT"))

    def test_replaces_the_key(self, tmp_path, folder):
        store = KeyStore(folder)
        old = store.sign({"sub": "ann", "exp": time.time() + 900}, typ="at+jwt")
        result = self.run(tmp_path)
        assert result.exit_code == 0, result.output
        assert kids(store)[0] in result.output
        assert len(kids(store)) == 2
        assert is_verified(store, old)

    def test_makes_no_keys_that_nothing_is_signed_with(self, tmp_path, folder):
        result = self.run(tmp_path, algorithm="RS256")
        assert result.exit_code == 0, result.output
        (kid,) = kids(KeyStore(folder, kind=RS256))
        assert result.output.count(kid) == 2
        assert os.listdir(folder) == ["rs256-signing-key.json"]

    def test_says_why_it_cannot(self, tmp_path, folder):
        assert self.run(tmp_path, plugins="").exit_code == 2
        folder.mkdir()
        (folder / "signing-key.json").write_text("{}")
        result = self.run(tmp_path)
        assert result.exit_code == 2
        assert "signing-key.json" in result.output
