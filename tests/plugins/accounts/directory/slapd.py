"""A real OpenLDAP server for tests: on a loopback port, with certificates of its own, gone at the end."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from eoscperf.plugins.accounts.directory.connections import ldap3

SUFFIX = "dc=example,dc=org"
ADMIN, ADMIN_PASSWORD = f"cn=admin,{SUFFIX}", "admin's secret"

_PLACES = (
    "/usr/sbin",
    "/usr/local/sbin",
    "/usr/lib/openldap",
    "/usr/libexec",
    "/opt/homebrew/opt/openldap/libexec",
)
_MODULES = ("/usr/lib/ldap", "/usr/lib64/openldap", "/usr/lib/openldap", "/usr/libexec/openldap")
_SCHEMAS = ("/etc/ldap/schema", "/etc/openldap/schema")
STARTS_WITHIN = 20.0


class SlapdMissing(RuntimeError):
    """There is no OpenLDAP server on this machine."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not there. Install OpenLDAP's server (Debian: apt-get install slapd).")


class Authority:
    """A certificate authority whose certificates are good for the addresses one asks for."""

    def __init__(self, name: str = "Test authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self._certificate = (
            self._builder(self._name, self._key.public_key(), days=2)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=False, content_commitment=False, key_encipherment=False,
                    data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
                    encipher_only=False, decipher_only=False,
                ),
                critical=True,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )  # fmt: skip

    def write(self, file: Path) -> Path:
        """Its own certificate as PEM."""
        file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))
        return file

    def issue(self, folder: Path, *hosts: str, days: int = 1) -> tuple[Path, Path]:
        """Files of a certificate for these hosts and of its key; with negative days it has expired."""
        folder.mkdir(parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = []
        for host in hosts:
            try:
                names.append(x509.IPAddress(ipaddress.ip_address(host)))
            except ValueError:
                names.append(x509.DNSName(host))
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, hosts[0])])
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = (
            self._builder(subject, key.public_key(), days=days)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(authority, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        certificate_file, key_file = folder / "server.pem", folder / "server.key"
        certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return certificate_file, key_file

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, days: int
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        day = datetime.timedelta(days=1)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + day * min(days - 1, -1))
            .not_valid_after(now + day * days)
        )


class Slapd:
    """An OpenLDAP server with the overlay memberof, as a context manager.

    `ldap` and `ldaps` are its addresses, `ca_file` the authority of its certificate, which is for 127.0.0.1
    alone. Entries are added with `add`. It listens on loopback only and is ended by its own process id.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority()
        self.ca_file = self.authority.write(folder / "ca.pem")
        self._process: subprocess.Popen[bytes] | None = None
        self._ports = (0, 0)

    def __enter__(self) -> Slapd:
        for attempt in range(5):
            self._ports = (_free_port(), _free_port())
            self._start()
            if self._listens():
                self.add(SUFFIX, objectClass=["dcObject", "organization"], dc="example", o="Example")
                return self
            self._stop()  # somebody else was given one of the ports in the meantime
            if attempt == 4:
                raise RuntimeError(f"slapd does not start: {self.log[-2000:]}")
        raise AssertionError

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def ldap(self) -> str:
        return f"ldap://127.0.0.1:{self._ports[0]}"

    @property
    def ldaps(self) -> str:
        return f"ldaps://127.0.0.1:{self._ports[1]}"

    @property
    def log(self) -> str:
        """What the server has said."""
        file = self.folder / "slapd.log"
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    def add(self, dn: str, **attributes: str | bytes | Iterable[str]) -> None:
        """An entry; ValueError with what the server has against it."""
        with self._as_admin() as connection:
            values = {
                name: list(value) if isinstance(value, list | tuple) else [value]
                for name, value in attributes.items()
            }
            if not connection.add(dn, attributes=values):
                raise ValueError(f"{dn}: {connection.result['description']} {connection.result['message']}")

    def remove(self, dn: str) -> None:
        """Take an entry away."""
        with self._as_admin() as connection:
            if not connection.delete(dn):
                raise ValueError(f"{dn}: {connection.result['description']}")

    def change(self, dn: str, changes: Mapping[str, str | Iterable[str]]) -> None:
        """Replace attributes of an entry."""
        with self._as_admin() as connection:
            replaced = {
                name: [(ldap3.MODIFY_REPLACE, list(value) if isinstance(value, list | tuple) else [value])]
                for name, value in changes.items()
            }
            if not connection.modify(dn, replaced):
                raise ValueError(f"{dn}: {connection.result['description']} {connection.result['message']}")

    @contextlib.contextmanager
    def _as_admin(self) -> Iterator[ldap3.Connection]:
        server = ldap3.Server(self.ldap, get_info=ldap3.NONE, connect_timeout=5)
        connection = ldap3.Connection(server, ADMIN, ADMIN_PASSWORD, auto_bind=True, check_names=False)
        try:
            yield connection
        finally:
            connection.unbind()

    def _start(self) -> None:
        program = _program("slapd")
        data = self.folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(parents=True)
        certificate, key = self.authority.issue(self.folder / "tls", "127.0.0.1")
        modules, schemas = _folder(_MODULES, "back_mdb.so"), _folder(_SCHEMAS, "core.schema")
        file = self.folder / "slapd.conf"
        file.write_text(
            "\n".join(
                [
                    *(
                        f"include {schemas}/{name}.schema"
                        for name in ("core", "cosine", "inetorgperson", "nis")
                    ),
                    f"pidfile {self.folder}/slapd.pid",
                    f"modulepath {modules}",
                    "moduleload back_mdb",
                    "moduleload memberof",
                    f"TLSCACertificateFile {self.ca_file}",
                    f"TLSCertificateFile {certificate}",
                    f"TLSCertificateKeyFile {key}",
                    # What many a server does, and what a client must not take for a log-in.
                    "allow bind_anon_dn",
                    "database mdb",
                    f"suffix {SUFFIX}",
                    f'rootdn "{ADMIN}"',
                    f'rootpw "{ADMIN_PASSWORD}"',
                    f"directory {data}",
                    "maxsize 16777216",
                    "access to attrs=userPassword by anonymous auth by self read",
                    "access to * by anonymous read by users read",
                    "overlay memberof",
                    "memberof-refint TRUE",
                ]
            )
            + "\n",
            encoding="utf-8",
        )
        with (self.folder / "slapd.log").open("wb") as log:
            self._process = subprocess.Popen(
                [program, "-d", "0", "-f", str(file), "-h", f"{self.ldap} {self.ldaps}"],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={"PATH": os.environ.get("PATH", "")},
            )

    def _listens(self) -> bool:
        assert self._process is not None
        until = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < until:
            if self._process.poll() is not None:
                return False
            if all(_is_open(port) for port in self._ports):
                return True
            time.sleep(0.02)
        return False

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(_PLACES))
    if found is None:
        raise SlapdMissing(name)
    return found


def _folder(places: Iterable[str], file: str) -> Path:
    for place in places:
        if (Path(place) / file).exists():
            return Path(place)
    raise SlapdMissing(file)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _is_open(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
