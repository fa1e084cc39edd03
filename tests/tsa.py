"""A timestamp authority on loopback: ``openssl ts -reply`` behind a small server, and a department that asks it."""

from __future__ import annotations

import datetime as dt
import subprocess
import threading
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.capture_kit import Asked, Server
from tests.desk import Desk
from workbench.policy.services import TimestampAuthority, authority

# Fixed and long, so that no test depends on the day.
_FROM, _UNTIL = dt.datetime(2000, 1, 1, tzinfo=dt.UTC), dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
REPLY = "application/timestamp-reply"
_CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = {digests}
accuracy = secs:1
ess_cert_id_alg = sha256
"""


class Tsa:
    """A CA, a certificate for timestamps under it, and ``openssl`` that signs with it; ``ca`` is the CA's PEM."""

    def __init__(
        self, folder: Path, name: str = "tsa", *, digests: str = "sha256", between: bool = False
    ) -> None:
        self.folder = folder / name
        self.name = name
        self.asked = 0
        self.ca_file = self.folder / "ca.crt"
        self.folder.mkdir()
        self.ca = self._certify(between=between)
        self.ca_file.write_bytes(self.ca)
        (self.folder / "serial").write_text("01\n", "ascii")
        config = _CONFIG.format(folder=self.folder, digests=digests)
        config += f"certs = {self.folder}/between.pem\n" if between else ""
        (self.folder / "tsa.cnf").write_text(config, "utf-8")
        self._lock = threading.Lock()  # the file of serial numbers is one

    def _certify(self, *, between: bool) -> bytes:
        """Make keys and certificates, with a second CA between where asked for; give the first CA's PEM."""
        top, middle, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
        # Long, because openssl puts the signer's certificate first, and DER wants the shorter one there.
        by, issuer = top, f"The Certification Authority above the authority {self.name}"
        ca = _certificate(issuer, top, issuer, top, ca=True)
        if between:
            second = _certificate("between", middle, issuer, by, ca=True)
            (self.folder / "between.pem").write_bytes(second.public_bytes(Encoding.PEM))
            by, issuer = middle, "between"
        ours = _certificate(self.name, own, issuer, by, ca=False)
        (self.folder / "tsa.pem").write_bytes(ours.public_bytes(Encoding.PEM))
        secret = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.folder / "tsa.key").write_bytes(secret)
        return ca.public_bytes(Encoding.PEM)

    def stamp(self, query: bytes) -> bytes:
        """Answer a query as RFC 3161 says, granted or not."""
        with self._lock:
            self.asked += 1
            asked, answer = self.folder / "query.tsq", self.folder / "answer.tsr"
            asked.write_bytes(query)
            config = str(self.folder / "tsa.cnf")
            openssl(
                "ts", "-reply", "-config", config, "-queryfile", str(asked), "-out", str(answer), check=True
            )
            return answer.read_bytes()

    def script(self, asked: Asked) -> None:
        """Answer over HTTP."""
        asked.reply(200, self.stamp(body(asked)), Content_Type=REPLY)

    def serve(self) -> Server:
        """Serve on a free port of loopback; use it in a ``with``."""
        return Server({"/tsr": self.script})

    def authority(self, server: Server) -> TimestampAuthority:
        """Make the record of this authority, as the chief names it."""
        return authority(self.name, server.url("/tsr"), self.ca)


def body(asked: Asked) -> bytes:
    """Read what was posted."""
    return asked.rfile.read(int(asked.headers["Content-Length"]))


def openssl(*words: str, check: bool = False) -> subprocess.CompletedProcess[bytes]:
    """Run the real tool; a machine without it fails the test."""
    return subprocess.run(["openssl", *words], check=check, capture_output=True, timeout=30)


def accepts(tsr: Path, data: Path, ca_file: Path) -> bool:
    """Ask ``openssl ts -verify``, as a stranger would."""
    done = openssl("ts", "-verify", "-data", str(data), "-in", str(tsr), "-CAfile", str(ca_file))
    return done.returncode == 0 and b"Verification: OK" in done.stdout + done.stderr


def enrol(desk: Desk, *named: TimestampAuthority, grant: bool = True) -> None:
    """Have the chief name authorities, and grant their loopback hosts."""
    for one in named if grant else ():
        desk.grant(one.url.partition("://")[2].partition("/")[0])
    desk.department.change([desk.sign_in("c1")], settings={"timestamps": named})


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, by: ec.EllipticCurvePrivateKey, *, ca: bool
) -> x509.Certificate:
    number = x509.random_serial_number()
    builder = x509.CertificateBuilder(_name(issuer), _name(name), key.public_key(), number, _FROM, _UNTIL)
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if not ca:
        only = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(only, critical=True)
    return builder.sign(by, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
