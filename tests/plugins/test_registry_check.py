"""The image check: names of images, questions to registries, what moderators see and may approve."""

from __future__ import annotations

import datetime
import ipaddress
import json
import logging
import socket
import ssl
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
import webtest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pyramid.exceptions import ConfigurationError
from sqlalchemy import orm

import eoscperf
from eoscperf.benchmarks.models import Benchmark
from eoscperf.plugins.registry_check import network
from eoscperf.plugins.registry_check.checker import Checker
from eoscperf.plugins.registry_check.network import Network, is_public, parse_registries, split_authority
from eoscperf.plugins.registry_check.references import NoReference, parse_reference
from eoscperf.plugins.registry_check.registries import Finding, Registries
from eoscperf.testing.api import ApiClient
from eoscperf.testing.contract import PluginContract
from eoscperf.testing.factories import Make
from eoscperf.testing.issuer import TestIssuer

DIGEST = "sha256:" + "0123456789abcdef" * 4
NOW = datetime.datetime(2026, 5, 1, 12, 0, tzinfo=datetime.UTC)
SCHEMA = {"type": "object"}


class TestContract(PluginContract):
    plugin = "registry_check"


class FakeRegistry:
    """A registry on this machine; `images` are there, requests are recorded as (method, path, headers)."""

    def __init__(self, context=None):
        self.images = {("org/image", "1.0"): DIGEST}
        self.requests = []
        self.token = None
        """what a request must carry; None: nothing"""
        self.answers = {}
        """by path: a function of the handler that answers instead"""
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self):
                registry.handle(self)

            do_GET = do_HEAD  # noqa: N815

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda request, address: None
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.name = f"127.0.0.1:{self.port}"
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def handle(self, handler):
        self.requests.append((handler.command, handler.path, dict(handler.headers)))
        path = urlsplit(handler.path).path
        if path in self.answers:
            self.answers[path](handler)
        elif path == "/token":
            reply(handler, 200, body=json.dumps({"token": self.token}).encode())
        elif self.token and handler.headers.get("Authorization") != f"Bearer {self.token}":
            realm = (
                f'Bearer realm="http://{self.name}/token",service="here",scope="repository:org/image:pull"'
            )
            reply(handler, 401, {"WWW-Authenticate": realm})
        else:
            _, _, *repository, _, version = path.split("/")
            digest = self.images.get(("/".join(repository), version))
            reply(handler, *((200, {"Docker-Content-Digest": digest}) if digest else (404,)))

    def answer(self, path, status, headers=None, body=b""):
        self.answers[path] = lambda handler: reply(handler, status, headers, body)


def reply(handler, status, headers=None, body=b""):
    handler.send_response(status)
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)


MANIFEST = "/v2/org/image/manifests/1.0"


@pytest.fixture
def registry():
    registry = FakeRegistry()
    yield registry
    registry.close()


@pytest.fixture
def find(registry):
    """What is found of an image in the fake registry, which is exempt from the rule about addresses."""
    registries = Registries(Network([f"http://{registry.name}"]), timeout=5)
    return lambda image="org/image", tag="1.0": registries.find(f"{registry.name}/{image}", tag)


class TestNamesOfImages:
    @pytest.mark.parametrize(
        ("image", "tag", "meaning", "authority"),
        [
            ("alpine", "3", "docker.io/library/alpine:3", "registry-1.docker.io"),
            ("org/image", "1.0", "docker.io/org/image:1.0", "registry-1.docker.io"),
            ("docker.io/alpine", "3", "docker.io/library/alpine:3", "registry-1.docker.io"),
            ("index.docker.io/org/image", "3", "docker.io/org/image:3", "registry-1.docker.io"),
            ("ghcr.io/org/deep/image", "v1", "ghcr.io/org/deep/image:v1", "ghcr.io"),
            ("localhost/image", "v1", "localhost/image:v1", "localhost"),
            ("Registry.Example.org:5000/image", "v1", "registry.example.org:5000/image:v1",
             "registry.example.org:5000"),
            ("[2001:db8::1]:5000/image", "v1", "[2001:db8::1]:5000/image:v1", "[2001:db8::1]:5000"),
            (f"org/image@{DIGEST}", "1.0", f"docker.io/org/image@{DIGEST}", "registry-1.docker.io"),
            ("org/image", DIGEST, f"docker.io/org/image@{DIGEST}", "registry-1.docker.io"),
        ],
    )  # fmt: skip
    def test_are_completed_as_docker_does(self, image, tag, meaning, authority):
        reference = parse_reference(image, tag)
        assert str(reference) == meaning
        assert reference.authority == authority

    @pytest.mark.parametrize(
        ("image", "tag"),
        [
            ("https://ghcr.io/org/image", "1"),
            ("org/Image", "1"),
            ("org//image", "1"),
            ("org/image/", "1"),
            ("org/../image", "1"),
            ("org/image", "a/b"),
            ("org/image", "1?x=y"),
            ("org/image", "-1"),
            ("org/image:1.0", "1"),
            ("org/image@sha256:12", "1"),
            ("user:password@ghcr.io/image", "1"),
            ("registry.example.org:99999/image", "1"),
            ("registry.example.org:/image", "1"),
            ("[::1/image", "1"),
            ("[::zz]:1/image", "1"),
            ("-x.example.org/image", "1"),
            ("bücher.example/image", "1"),
            ("image with blanks", "1"),
            ("a.b", "1\r\nHost: x"),
        ],
    )
    def test_that_mean_nothing_are_refused(self, image, tag):
        with pytest.raises(NoReference):
            parse_reference(image, tag)

    def test_that_mean_nothing_are_reported_without_asking_anybody(self, find, registry):
        finding = find("Org/Image")
        assert finding.status == "error"
        assert "lower case" in finding.detail
        assert registry.requests == []


class TestAskingARegistry:
    def test_finds_an_image_with_its_digest(self, find, registry):
        assert find() == Finding("ok", digest=DIGEST)
        [(method, path, headers)] = registry.requests
        assert (method, path) == ("HEAD", MANIFEST)
        assert "application/vnd.oci.image.index.v1+json" in headers["Accept"]
        assert "application/vnd.docker.distribution.manifest.v2+json" in headers["Accept"]
        assert headers["Host"] == registry.name
        assert "Authorization" not in headers

    def test_misses_what_is_not_there(self, find):
        finding = find(tag="2.0")
        assert finding.status == "missing"
        assert "org/image:2.0" in finding.detail

    def test_finds_an_image_by_its_digest(self, find, registry):
        registry.images["org/image", DIGEST] = DIGEST
        assert find(f"org/image@{DIGEST}").status == "ok"

    def test_refuses_another_image_than_the_digest_says(self, find, registry):
        registry.images["org/image", DIGEST] = DIGEST.replace("0", "1")
        assert find(tag=DIGEST).status == "error"

    @pytest.mark.parametrize("digest", ["sha256:1", "<script>", ""])
    def test_does_not_believe_every_digest(self, find, registry, digest):
        registry.answer(MANIFEST, 200, {"Docker-Content-Digest": digest})
        assert find() == Finding("ok")

    def test_gets_a_token_that_everybody_gets(self, find, registry):
        registry.token = "for-anybody"
        assert find().status == "ok"
        asked = urlsplit(registry.requests[1][1])
        assert asked.path == "/token"
        assert parse_qs(asked.query) == {"service": ["here"], "scope": ["repository:org/image:pull"]}
        assert [request[2].get("Authorization") for request in registry.requests] == [
            None,
            None,
            "Bearer for-anybody",
        ]

    @pytest.mark.parametrize(
        "challenge", ["", 'Basic realm="x"', "Bearer", 'Bearer service="x"', 'Digest realm="http://x"']
    )
    def test_says_that_a_login_is_needed(self, find, registry, challenge):
        registry.answer(MANIFEST, 401, {"WWW-Authenticate": challenge})
        finding = find()
        assert finding.status == "error"
        assert "login" in finding.detail
        assert len(registry.requests) == 1

    def test_says_that_a_login_is_needed_when_no_token_is_given(self, find, registry):
        registry.token = "x"
        registry.answer("/token", 403)
        assert "login" in find().detail

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b'{"token": 5}', b'{"token": "a b"}', b'{"token": "a\\r\\nX: y"}', b"[" * 100000]
    )
    def test_refuses_what_is_no_token(self, find, registry, body):
        registry.token = "x"
        registry.answer("/token", 200, body=body)
        assert "no token" in find().detail

    @pytest.mark.parametrize(
        "realm", ["ftp://example.org/", "http://example.org/", "file:///etc", "/token", "http://[x/"]
    )
    def test_gets_tokens_over_an_encrypted_connection_only(self, find, registry, realm):
        registry.answer(MANIFEST, 401, {"WWW-Authenticate": f'Bearer realm="{realm}"'})
        finding = find()
        assert finding.status == "error"
        assert "points to" in finding.detail

    def test_asks_otherwise_where_head_is_not_known(self, find, registry):
        def only_get(handler):
            reply(handler, 200 if handler.command == "GET" else 405, {"Docker-Content-Digest": DIGEST})

        registry.answers[MANIFEST] = only_get
        assert find() == Finding("ok", digest=DIGEST)

    @pytest.mark.parametrize("status", [400, 418, 429, 500, 503])
    def test_reports_what_is_neither_found_nor_missing(self, find, registry, status):
        registry.answer(MANIFEST, status)
        assert find().status == "error"

    def test_follows_a_redirect(self, find, registry):
        registry.images["other/image", "1.0"] = DIGEST
        registry.answer(MANIFEST, 307, {"Location": "/v2/other/image/manifests/1.0"})
        assert find().status == "ok"

    def test_does_not_follow_redirects_forever(self, find, registry):
        registry.answer(MANIFEST, 307, {"Location": MANIFEST})
        assert find().status == "error"
        assert len(registry.requests) == 4

    @pytest.mark.parametrize(
        "target",
        ["http://example.org/", "file:///etc/passwd", "gopher://example.org/", "http://[/", "//a b/"],
    )
    def test_does_not_follow_a_redirect_to_where_nothing_is_encrypted(self, find, registry, target):
        registry.answer(MANIFEST, 302, {"Location": target})
        finding = find()
        assert finding.status == "error"
        assert "points to" in finding.detail

    def test_does_not_follow_a_redirect_to_a_private_address(self, find, registry):
        registry.answer(MANIFEST, 302, {"Location": "https://127.0.0.1:1/"})
        assert "not public" in find().detail

    def test_tells_its_token_to_nobody_else(self, registry):
        other = FakeRegistry()
        try:
            registry.token = "for-anybody"
            other.images["org/image", "1.0"] = DIGEST
            moved = {"Location": f"http://{other.name}{MANIFEST}"}

            def answer(handler):
                if handler.headers.get("Authorization"):
                    reply(handler, 307, moved)
                else:
                    reply(handler, 401, {"WWW-Authenticate": f'Bearer realm="http://{registry.name}/token"'})

            registry.answers[MANIFEST] = answer
            registries = Registries(Network([f"http://{registry.name}", f"http://{other.name}"]), timeout=5)
            assert registries.find(f"{registry.name}/org/image", "1.0").status == "ok"
            assert "Authorization" not in other.requests[0][2]
        finally:
            other.close()

    def test_reads_no_endless_answer(self, find, registry, monkeypatch):
        monkeypatch.setattr(network, "MAX_BODY", 1000)
        registry.token = "x"
        registry.answer("/token", 200, body=b" " * 2000)
        assert "more than 1000 bytes" in find().detail

    def test_does_not_wait_for_an_answer_that_trickles(self, registry):
        ended = threading.Event()

        def trickle(handler):
            # Every byte comes in time; all of them never would.
            try:
                while not ended.wait(0.05):
                    handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            except OSError:
                ended.set()

        registry.answers[MANIFEST] = trickle
        registries = Registries(Network([f"http://{registry.name}"]), timeout=0.5)
        finding = registries.find(f"{registry.name}/org/image", "1.0")
        assert finding.status == "error"
        assert "did not answer in time" in finding.detail
        assert ended.wait(10)

    @pytest.mark.parametrize("line", [b"SSH-2.0-OpenSSH_9\r\n", b"", b"HTTP/1.1 abc\r\n\r\n"])
    def test_reports_what_is_no_registry_at_all(self, find, registry, line):
        registry.answers[MANIFEST] = lambda handler: handler.wfile.write(line)
        assert find().status == "error"

    def test_reports_that_nobody_listens(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            name = f"127.0.0.1:{free.getsockname()[1]}"
            finding = Registries(Network([f"http://{name}"]), timeout=5).find(f"{name}/image", "1")
        assert finding.status == "error"
        assert "cannot be reached" in finding.detail


class TestAddresses:
    @pytest.mark.parametrize(
        "address",
        ["127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
         "255.255.255.255", "224.0.0.1", "240.0.0.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fd00::1",
         "ff02::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1",
         "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "192.0.2.1"],
    )  # fmt: skip
    def test_of_private_networks_are_told_apart(self, address):
        assert not is_public(address)

    @pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
    def test_of_the_internet_are_public(self, address):
        assert is_public(address)

    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "[::1]", "[::ffff:7f00:1]"]
    )
    def test_of_this_machine_are_never_asked(self, host, registry):
        finding = Registries(Network([]), timeout=5).find(f"{host}:{registry.port}/org/image", "1.0")
        assert finding.status == "error"
        assert "not public" in finding.detail
        assert registry.requests == []

    def test_must_all_be_public(self, monkeypatch):
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 443)) for a in ("8.8.8.8", "10.0.0.1")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: found)
        finding = Registries(Network([]), timeout=5).find("registry.example.org/image", "1")
        assert "not public" in finding.detail

    def test_are_looked_up_once(self, monkeypatch):
        """A name that means another address the second time must not lead anywhere else."""
        lookups, connected = [], []

        def lookup(host, port, *arguments, **options):
            lookups.append(host)
            address = "8.8.8.8" if len(lookups) == 1 else "127.0.0.1"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        def connect(address, timeout):
            connected.append(address)
            raise ConnectionRefusedError(111, "Connection refused")

        monkeypatch.setattr(socket, "getaddrinfo", lookup)
        monkeypatch.setattr(socket, "create_connection", connect)
        finding = Registries(Network([]), timeout=5).find("registry.example.org/image", "1")
        assert finding.detail == "The registry registry.example.org cannot be reached: connection refused."
        assert lookups == ["registry.example.org"]
        assert connected == [("8.8.8.8", 443)]

    def test_that_nobody_knows_are_reported(self, monkeypatch):
        def unknown(*arguments, **options):
            raise socket.gaierror(-2, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        finding = Registries(Network([]), timeout=5).find("registry.invalid/image", "1")
        assert "there is no host registry.invalid" in finding.detail

    @pytest.mark.parametrize(
        ("text", "meaning"),
        [
            ("a.org", ("a.org", 443)),
            ("A.org:5", ("a.org", 5)),
            ("[::1]:7", ("::1", 7)),
            ("[0::1]", ("::1", 443)),
        ],
    )
    def test_are_read_with_their_port(self, text, meaning):
        assert split_authority(text) == meaning

    @pytest.mark.parametrize(
        "word", ["http://registry.example.org", "ftp://localhost", "a b:c", "a:0", "http://"]
    )
    def test_named_by_the_operator_are_checked(self, word):
        with pytest.raises(ValueError):
            parse_registries(word)


class TestEncryption:
    @pytest.fixture
    def certificate(self, tmp_path):
        """A file with a key and a certificate of 127.0.0.1 signed by itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "fake registry")])
        here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(here, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        file = tmp_path / "certificate.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        return file

    @pytest.fixture
    def encrypted(self, certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        registry = FakeRegistry(context)
        yield registry
        registry.close()

    def test_finds_images_with_a_trusted_certificate(self, encrypted, certificate):
        trusting = Network([encrypted.name], ssl.create_default_context(cafile=certificate))
        assert Registries(trusting, timeout=5).find(f"{encrypted.name}/org/image", "1.0").status == "ok"

    def test_believes_no_other_certificate(self, encrypted):
        finding = Registries(Network([encrypted.name]), timeout=5).find(f"{encrypted.name}/org/image", "1.0")
        assert finding.status == "error"
        assert "certificate" in finding.detail
        assert encrypted.requests == []

    def test_believes_no_certificate_of_another_name(self, encrypted, certificate):
        trusting = Network([f"localhost:{encrypted.port}"], ssl.create_default_context(cafile=certificate))
        finding = Registries(trusting, timeout=5).find(f"localhost:{encrypted.port}/org/image", "1.0")
        assert finding.status == "error"
        assert "certificate" in finding.detail

    def test_reports_a_registry_without_encryption(self, registry):
        finding = Registries(Network([registry.name]), timeout=5).find(f"{registry.name}/org/image", "1.0")
        assert finding.status == "error"
        assert "TLS" in finding.detail


class Installation:
    """An application with the plug-in, on a database of its own, and its registry."""

    def __init__(self, url, issuer, registry, folder, **settings):
        usual = {
            "sqlalchemy.url": url,
            "var": str(folder),
            "secret": "a secret for tests",
            "eoscperf.plugins": "registry_check",
            "registry_check.registries": f"http://{registry.name}",
        }
        self.app = eoscperf.main({}, **issuer.ini() | usual | settings)
        self.registry = self.app.registry
        # Objects are not read again, so that no snapshot of the test is in the way of the next change.
        self.session = orm.Session(self.registry["dbengine"], expire_on_commit=False)
        self.api = ApiClient(self.app, issuer, Make(self.session, iss=issuer.url))
        self.image = f"{registry.name}/org/image"

    def close(self):
        self.session.close()
        self.registry["eoscperf.bearer"].close()
        self.registry["dbengine"].dispose()

    @property
    def checker(self):
        return self.registry["registry_check.checker"]

    def submit(self, image=None, tag="1.0"):
        body = {"docker_image": image or self.image, "docker_tag": tag, "json_schema": SCHEMA}
        return self.api.post("/benchmarks", body, as_="user", status=201).json["id"]

    def check(self, benchmark_id, as_="admin"):
        return self.api.get(f"/benchmarks/{benchmark_id}", as_=as_).json.get("image_check")


@pytest.fixture(scope="module")
def issuer():
    with TestIssuer() as issuer:
        issuer.public_keys()
        yield issuer


@pytest.fixture
def install(fresh_database_url, issuer, registry, tmp_path):
    made = []

    def install(**settings):
        settings = {f"registry_check.{key}": value for key, value in settings.items()}
        made.append(Installation(fresh_database_url, issuer, registry, tmp_path, **settings))
        return made[-1]

    yield install
    for installation in made:
        installation.close()


class TestASubmittedBenchmark:
    def test_waits_for_its_check_and_shows_it_to_moderators(self, install, registry):
        platform = install()
        benchmark = platform.submit()
        assert platform.check(benchmark) == {"status": "pending"}
        assert registry.requests == []
        assert platform.checker.check_due() == 1
        check = platform.check(benchmark)
        assert check.pop("checked_datetime").endswith("Z")
        assert check == {"status": "ok", "digest": DIGEST}
        assert platform.check(benchmark, as_="user") is None
        assert platform.checker.check_due() == 0

    def test_is_checked_again_when_its_image_changes(self, install):
        platform = install()
        benchmark = platform.submit()
        platform.checker.check_due()
        change = {"docker_image": platform.image, "docker_tag": "1.1", "json_schema": SCHEMA}
        platform.api.put(f"/benchmarks/{benchmark}", change, as_="admin", status=204)
        assert platform.check(benchmark) == {"status": "pending"}
        platform.checker.check_due()
        check = platform.check(benchmark)
        assert check["status"] == "missing"
        assert "org/image:1.1" in check["detail"]

    def test_keeps_its_check_when_something_else_changes(self, install):
        platform = install()
        benchmark = platform.submit()
        platform.checker.check_due()
        before = platform.check(benchmark)
        change = {
            "docker_image": platform.image,
            "docker_tag": "1.0",
            "json_schema": SCHEMA,
            "description": "x",
        }
        platform.api.put(f"/benchmarks/{benchmark}", change, as_="admin", status=204)
        assert platform.check(benchmark) == before

    def test_may_be_approved_whatever_was_found(self, install):
        platform = install()
        benchmark = platform.submit(tag="2.0")
        platform.checker.check_due()
        assert platform.check(benchmark)["status"] == "missing"
        platform.api.post(f"/benchmarks/{benchmark}:approve", {}, as_="admin", status=204)

    def test_is_checked_by_nobody_when_the_check_is_off(self, install):
        platform = install(mode="off")
        assert platform.check(platform.submit()) is None
        assert platform.registry.get("registry_check.checker") is None

    def test_is_left_to_other_processes_when_this_one_shall_not_ask(self, install):
        platform = install(checker="false")
        assert platform.check(platform.submit()) == {"status": "pending"}
        assert platform.registry.get("registry_check.checker") is None

    def test_does_not_take_other_things_along(self, install):
        platform = install(mode="strict")
        body = {"name": "KIT", "address": "kit.example.org"}
        site = platform.api.post("/sites", body, as_="user", status=201).json["id"]
        platform.api.post(f"/sites/{site}:approve", {}, as_="admin", status=204)


class TestStrictMode:
    def test_refuses_to_approve_before_the_registry_has_answered(self, install):
        platform = install(mode="strict")
        benchmark = platform.submit()
        problem = platform.api.post(f"/benchmarks/{benchmark}:approve", {}, as_="admin", status=422).json
        assert problem["type"] == "urn:eoscperf:problem:wrong-state"
        assert "Try again" in problem["detail"]
        platform.checker.check_due()
        platform.api.post(f"/benchmarks/{benchmark}:approve", {}, as_="admin", status=204)

    def test_refuses_to_approve_what_is_missing_and_says_what_the_registry_said(self, install):
        platform = install(mode="strict")
        benchmark = platform.submit(tag="2.0")
        platform.checker.check_due()
        problem = platform.api.post(f"/benchmarks/{benchmark}:approve", {}, as_="admin", status=422).json
        assert platform.check(benchmark)["detail"] in problem["detail"]
        shown = platform.api.get(f"/benchmarks/{benchmark}", as_="admin").json
        assert shown["status"] == "on_review"

    def test_refuses_to_approve_what_could_not_be_asked_for(self, install, registry):
        platform = install(mode="strict")
        registry.answer(MANIFEST, 503)
        benchmark = platform.submit()
        platform.checker.check_due()
        problem = platform.api.post(f"/benchmarks/{benchmark}:approve", {}, as_="admin", status=422).json
        assert "status 503" in problem["detail"]

    def test_checks_what_was_submitted_before_it_was_enabled(self, install):
        platform = install(mode="strict")
        benchmark = platform.api.make.benchmark(status="on_review", docker_image=platform.image).id
        platform.api.post(f"/benchmarks/{benchmark}:approve", {}, as_="admin", status=422)
        assert platform.checker.check_due() == 1
        platform.api.post(f"/benchmarks/{benchmark}:approve", {}, as_="admin", status=204)


class TestTheChecker:
    """Without any network: what is found is said by the test."""

    @pytest.fixture
    def make(self, session):
        return Make(session)

    @pytest.fixture
    def clock(self):
        class Clock:
            now = NOW

            def __call__(self):
                return self.now

            def pass_(self, **time):
                self.now += datetime.timedelta(**time)

        return Clock()

    @pytest.fixture
    def asked(self):
        return []

    @pytest.fixture
    def checkers(self, connection, clock, asked):
        """Makes checkers that find what they are told, or call it; on this test's transaction."""
        sessions = orm.sessionmaker(bind=connection, join_transaction_mode="create_savepoint")

        def checker(finding):
            def find(image, tag):
                asked.append(f"{image}:{tag}")
                return finding() if callable(finding) else finding

            return Checker(sessions, find, retry=60, timeout=10, now=clock)

        return checker

    @pytest.fixture
    def stored(self, session):
        def stored(benchmark):
            session.expire_all()
            return json.loads(session.get(Benchmark, benchmark.id).image_check)

        return stored

    def test_asks_for_the_oldest_first(self, make, checkers, asked):
        later = make.benchmark(status="on_review", docker_image="b", upload_datetime=NOW)
        sooner = make.benchmark(
            status="on_review", docker_image="c", upload_datetime=NOW - datetime.timedelta(days=1)
        )
        checkers(Finding("ok")).check_due()
        assert asked == [sooner.name, later.name]

    def test_leaves_alone_what_is_gone_or_was_never_to_be_checked(self, make, checkers, asked):
        make.benchmark()
        for status in ("rejected", "deleted"):
            make.benchmark(status=status, image_check='{"status":"pending"}')
        assert checkers(Finding("ok")).check_due() == 0
        assert asked == []

    def test_asks_for_an_approved_benchmark_with_another_image(self, make, checkers, stored):
        benchmark = make.benchmark(image_check='{"status":"pending"}')
        assert checkers(Finding("ok", digest=DIGEST)).check_due() == 1
        assert stored(benchmark) == {
            "status": "ok",
            "digest": DIGEST,
            "checked_datetime": "2026-05-01T12:00:00Z",
        }

    @pytest.mark.parametrize("status", ["error", "missing"])
    def test_asks_again_later_and_later(self, make, checkers, clock, asked, status):
        make.benchmark(status="on_review")
        checker = checkers(Finding(status, detail="Not now."))
        checker.check_due()
        pauses = []
        for _ in range(9):
            minutes = 0
            while not checker.check_due():
                minutes += 1
                clock.pass_(minutes=1)
            pauses.append(minutes)
        assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]

    def test_asks_no_more_for_what_was_approved_without_its_image(self, make, checkers, clock):
        make.benchmark(image_check='{"checked_datetime":"2020-01-01T00:00:00Z","status":"missing"}')
        make.benchmark(image_check='{"checked_datetime":"2020-01-01T00:00:00Z","status":"error"}')
        assert checkers(Finding("ok")).check_due() == 1

    def test_is_not_misled_by_what_a_registry_said(self, make, checkers):
        text = json.dumps({"detail": '"status":"ok"', "status": "error"}, separators=(",", ":"))
        make.benchmark(status="on_review", image_check=text)
        assert checkers(Finding("ok")).check_due() == 1

    def test_leaves_alone_what_another_one_is_asking_for(self, make, checkers, clock, asked):
        make.benchmark(status="on_review")
        second = checkers(Finding("ok"))

        def meanwhile():
            assert second.check_due() == 0
            return Finding("ok")

        assert checkers(meanwhile).check_due() == 1
        assert len(asked) == 1

    def test_takes_over_what_another_one_has_left(self, make, checkers, clock):
        make.benchmark(
            status="on_review", image_check='{"checked_datetime":"2026-05-01T12:00:00Z","status":"pending"}'
        )
        checker = checkers(Finding("ok"))
        assert checker.check_due() == 0
        clock.pass_(minutes=5)
        assert checker.check_due() == 1

    def test_forgets_what_it_found_when_the_image_changed_meanwhile(self, make, checkers, session, stored):
        benchmark = make.benchmark(status="on_review")

        def meanwhile():
            benchmark.docker_tag, benchmark.image_check = "another", '{"status":"pending"}'
            session.commit()
            return Finding("missing")

        checkers(meanwhile).check_due()
        assert stored(benchmark) == {"status": "pending"}

    def test_goes_on_after_a_failure_of_its_own(self, make, checkers, stored, caplog):
        first, second = (make.benchmark(status="on_review", upload_datetime=NOW) for _ in range(2))
        failures = iter([ZeroDivisionError("oops")])

        def find():
            for failure in failures:
                raise failure
            return Finding("ok")

        with caplog.at_level(logging.CRITICAL, "eoscperf"):
            assert checkers(find).check_due() == 2
        assert sorted(stored(benchmark)["status"] for benchmark in (first, second)) == ["error", "ok"]


class TestTheThread:
    def test_starts_with_the_first_request_of_a_web_server_and_asks(self, install):
        platform = install()
        before = {thread for thread in threading.enumerate() if thread.name == "registry-check"}
        benchmark = platform.submit()
        assert {thread for thread in threading.enumerate() if thread.name == "registry-check"} == before
        checker = platform.checker
        try:
            server = webtest.TestApp(platform.app, extra_environ={"SERVER_SOFTWARE": "waitress"})
            server.get("/healthz")
            server.get("/healthz")
            started = {thread for thread in threading.enumerate() if thread.name == "registry-check"} - before
            assert len(started) == 1
            self.wait_for(platform, benchmark, "ok")
            # The next one is looked for at once, since its submission wakes the thread.
            self.wait_for(platform, platform.submit(tag="2.0"), "missing")
        finally:
            checker.stop()
        assert not any(thread.is_alive() for thread in started)

    def test_survives_a_database_that_is_away(self, caplog):
        tried = threading.Semaphore(0)

        def sessions():
            tried.release()
            raise sa.exc.OperationalError("SELECT", {}, Exception("away"))

        checker = Checker(sessions, lambda image, tag: Finding("ok"), retry=60, timeout=10)
        with caplog.at_level(logging.CRITICAL, "eoscperf"):
            checker.start()
            try:
                assert tried.acquire(timeout=10)
                checker.wake()
                assert tried.acquire(timeout=10)
            finally:
                checker.stop()

    def wait_for(self, platform, benchmark, status):
        for _ in range(500):
            with platform.registry["dbsession_factory"]() as session:
                text = session.get_one(Benchmark, uuid.UUID(benchmark)).image_check
            if json.loads(text)["status"] == status:
                return
            threading.Event().wait(0.02)
        raise AssertionError(f"never {status}: {text}")


class TestSettings:
    @pytest.mark.parametrize(
        ("key", "value", "said"),
        [
            ("mode", "maybe", "must be one of off, advisory, strict"),
            ("timeout", "0", "number of seconds"),
            ("registries", "http://registry.example.org", "without TLS"),
        ],
    )
    def test_are_checked_at_the_start(self, tmp_path, key, value, said):
        given = {"eoscperf.plugins": "registry_check", f"registry_check.{key}": value}
        with pytest.raises(ConfigurationError, match=said):
            eoscperf.main(
                {},
                **{"sqlalchemy.url": "sqlite://", "var": str(tmp_path), "secret": "a secret for tests"}
                | given,
            )
