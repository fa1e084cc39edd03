"""TLS: the name is checked although the recorder itself picks the address to connect to."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.capture_kit import FileSink, ScopeGate, Server, recorder
from workbench.capture import transport
from workbench.errors import SourceError


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "town.example")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("town.example"), x509.IPAddress(ipaddress.ip_address("127.0.0.2"))]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return path


def _server(certificate: Path, names: list[str | None]) -> Server:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _sock, name, _context: names.append(name)
    return Server({"/a": lambda asked: asked.reply(200, b"over tls")}, tls=context)


def test_the_name_goes_into_the_handshake_and_the_address_to_the_gate(
    certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = [(socket.AF_INET, socket.SOCK_STREAM, 6, "127.0.0.1")]
    monkeypatch.setattr(
        transport,
        "_addresses",
        lambda _name, port, _flags: [(*entry[:3], (entry[3], port)) for entry in local],
    )
    sink, gate, names = FileSink(tmp_path / "a.warc.gz"), ScopeGate(), list[str | None]()
    with _server(certificate, names) as server:
        url = server.url("/a", host="town.example", scheme="https")
        session = recorder(sink, gate=gate, ca=str(certificate)).session()
        assert [session.get(url).content for _ in range(2)] == [b"over tls"] * 2
        assert server.connections == 1
        assert server.seen[0][1]["Host"] == f"town.example:{server.server_port}"
    assert names == ["town.example"]
    assert gate.asked == [(url, None), (url, "127.0.0.1")] * 2
    assert [kept.body for kept in sink.exchanges()] == [b"over tls"] * 2


@pytest.mark.parametrize("trusted", [True, False])
def test_a_certificate_for_another_name_or_of_nobody_is_refused(
    certificate: Path, tmp_path: Path, trusted: bool
) -> None:
    sink = FileSink(tmp_path / "a.warc.gz")
    with _server(certificate, []) as server:
        session = recorder(sink, ca=str(certificate) if trusted else "").session()
        with pytest.raises(SourceError) as caught:
            session.get(server.url("/a", scheme="https"))  # 127.0.0.1 is not in the certificate
        assert server.seen == []
    assert (caught.value.verdict, caught.value.reason) == ("failed", "tls")
    (kept,) = sink.exchanges()
    assert (kept.method, kept.outcome) == ("GET", "tls")


def test_a_handshake_that_never_comes_ends_with_the_time_for_connecting(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "a.warc.gz")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(SourceError) as caught:
            recorder(sink).session().get(url, timeout=0.2)
    assert caught.value.reason == "timeout"
