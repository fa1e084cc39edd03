"""Real cases: recorded answers served on loopback to the real recorder, given files taken in, all of it checked.

Nothing of the program is replaced but two things that only the outside world could give: the names of real
hosts lead to a loopback server (``Served.pointed``), and that server's certificate is trusted. Gate, recorder,
TLS, case file, parsers and tables are what an officer uses.
"""

from __future__ import annotations

import datetime as dt
import gzip
import socket
import ssl
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pandas as pd
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.capture_kit import Asked, Server, chunked
from tests.desk import Desk
from workbench import intake, times
from workbench.capture import reading, recorder, transport
from workbench.casefile import CaseFile, Receipt
from workbench.collectors import collector
from workbench.collectors.base import Collector, Report
from workbench.custody import log, verify
from workbench.intake import Taken
from workbench.policy.versions import Scope
from workbench.records import Exchange, Order, Result, Target
from workbench.tables import build, digest, read
from workbench.tables.pending import pending

OFFICER = "1001"
_CHUNK = 1000
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection"})


class Served:
    """Recorded answers on a loopback server, over TLS for ``https`` and without for ``http``.

    An answer is found by host, path and query; several recorded for one address come in their order, the last
    again and again. ``unknown`` lists what was asked for and never recorded (it gets 404).
    """

    def __init__(self, exchanges: Iterable[Exchange], folder: Path) -> None:
        self.unknown: list[str] = []
        self.asked: list[str] = []
        self._held: dict[str, deque[Exchange]] = defaultdict(deque)
        self.hosts: set[tuple[str, str]] = set()
        for one in exchanges:
            parts = urlsplit(one.uri)
            self.hosts.add((parts.scheme, parts.netloc))
            self._held[_address(parts.netloc, one.uri.partition(parts.netloc)[2])].append(one)
        self.certificate = _certificate(folder, [host for _, host in self.hosts])

    def answer(self, asked: Asked) -> None:
        """Answer one request as the recording went."""
        address = _address(asked.headers["Host"], asked.path)
        self.asked.append(address)
        held = self._held.get(address)
        if held is None:
            self.unknown.append(address)
            asked.reply(404, b"never recorded")
            return
        asked.raw(_as_sent(held.popleft() if len(held) > 1 else held[0]))

    @contextmanager
    def pointed(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Let the hosts' names lead here, and trust the certificate, for as long as the block lasts."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        with (
            _Answering(self, context) as secure,
            _Answering(self, None) as plain,
            monkeypatch.context() as patch,
        ):
            ports = {
                urlsplit(f"{scheme}://{host}").hostname: (secure if scheme == "https" else plain).server_port
                for scheme, host in self.hosts
            }
            patch.setattr(transport, "_addresses", partial(_resolved, ports))
            patch.setattr(recorder, "Recorder", partial(recorder.Recorder, ca=str(self.certificate)))
            yield


class _Answering(Server):
    """A loopback server whose every path is answered by what is served."""

    def __init__(self, served: Served, tls: ssl.SSLContext | None) -> None:
        super().__init__(tls=tls)
        self.scripts = _Always(served)  # type: ignore[assignment] # only its get() is used


class _Always:
    def __init__(self, served: Served) -> None:
        self._served = served

    def get(self, _path: str) -> object:
        return self._served.answer


def _resolved(ports: dict[str | None, int], name: str, _port: int, _flags: int) -> list[object]:
    if name not in ports:
        raise socket.gaierror(socket.EAI_NONAME, name)
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, ("127.0.0.1", ports[name]))]


def _address(host: str, path: str) -> str:
    # Libraries write a query's brackets and colons in either way.
    return unquote(f"{host}{path}").rstrip("/")


def _as_sent(one: Exchange) -> bytes:
    """Give an answer's bytes: recorded status, header and body, framed as the server then did.

    The recordings hold bodies decoded. Where they still say that the body came in chunks it was compressed as
    well (``Vary: Accept-Encoding``), so it is again.
    """
    kept = [(name, value) for name, value in one.headers if name.lower() not in _FRAMING]
    coded = one.header("transfer-encoding") == "chunked"
    if coded:
        kept += [("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")]
        packed = gzip.compress(one.body, mtime=0)
        body = chunked(*(packed[at : at + _CHUNK] for at in range(0, len(packed), _CHUNK)))
    else:
        kept += [("Content-Length", str(len(one.body)))]
        body = one.body
    lines = [f"HTTP/1.1 {one.status} Recorded", *(f"{name}: {value}" for name, value in kept), "", ""]
    return "\r\n".join(lines).encode() + body


def _certificate(folder: Path, hosts: Sequence[str]) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "recorded")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName(host.partition(":")[0]) for host in hosts]
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, raw = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path = folder / "recorded.pem"
    path.write_bytes(made.public_bytes(pem) + key.private_bytes(pem, raw, serialization.NoEncryption()))
    return path


class EachOnce:
    """A collector that asks for the addresses it was given, in their order; all else is the real one's."""

    def __init__(self, real: Collector, addresses: Sequence[str]) -> None:
        self.name, self.version, self.licence = real.name, real.version, real.licence
        self.title, self.needs, self.state = real.title, real.needs, real.state
        self.target, self.hosts, self.parse = real.target, real.hosts, real.parse
        self._addresses = addresses

    def collect(self, _order: Order, session: requests.Session, *, report: Report, token: str = "") -> Result:
        """Fetch each address, whatever the answers are."""
        del token
        for count, address in enumerate(self._addresses, 1):
            session.get(address, headers={"Accept": "*/*"}).close()
            report("addresses", count)
        return Result(verdict="complete", items=len(self._addresses))


# -- cases


def desk_today(home: Path) -> Desk:
    """Give a department whose clock stands at today, so that notebooks started beside it agree."""
    desk = Desk(home)
    desk.now = times.now()
    return desk


def collected(
    desk: Desk,
    case: CaseFile,
    served: Served,
    order: Order,
    monkeypatch: pytest.MonkeyPatch,
    *,
    addresses: Sequence[str] = (),
) -> Taken:
    """Collect an order from what is served; with ``addresses`` those are asked for instead."""
    with served.pointed(monkeypatch), monkeypatch.context() as patch:
        if addresses:
            patch.setattr(intake, "collector", lambda name: EachOnce(collector(name), addresses))
        return intake.collect(
            desk.open(case), desk.sign_in(OFFICER), order, report=lambda _what, _count: None
        )


def reachable(desk: Desk, served: Served, target: Target, number: str) -> CaseFile:
    """Open and have approved a case for one target; the chief grants the hosts on loopback."""
    hosts = tuple(sorted(host for _, host in served.hosts))
    for host in hosts:
        desk.grant(host)
    return desk.approved(Scope(targets=(target,), hosts=hosts), number=number)


def given(case: CaseFile, path: Path, *, importer: str = "") -> Taken:
    """Take in a file or folder as ``workbench import`` does."""
    receipt = Receipt(giver="R. Roe", manner="handed over", basis="consent", device="a stick")
    return intake.take_in(case, intake.given_files(path), receipt, name=importer)


def table(case: CaseFile, name: str) -> pd.DataFrame:
    """Read one table of a case."""
    return read.frame(case.folder, name)


def issues(case: CaseFile, source: str = "") -> dict[str, int]:
    """Count issues by kind, of one source or of all."""
    frame = table(case, "issues")
    if source:
        exhibits = table(case, "exhibits")
        mine = set(exhibits.loc[exhibits["source"] == source, "exhibit"])
        frame = frame[frame["exhibit"].str.partition("#")[0].isin(mine)]
    return {str(kind): int(count) for kind, count in frame.groupby("kind")["count"].sum().items()}


def sound(desk: Desk, case: CaseFile) -> None:
    """Assert what holds of every case: tables equal when made again, every row cited, verify finds nothing."""
    before = digest.digest(case.folder)
    assert before
    assert pending(case.folder) == {}
    assert build.rebuild(case.folder) == before
    known = set(table(case, "exhibits")["exhibit"])
    for name in {part.partition("/")[0] for part in before}:
        cited = set(table(case, name)["exhibit"].str.partition("#")[0])
        assert cited <= known, name
    report = verify.verify(case.folder, root=desk.department.root)
    assert report.defects == []
    assert report.anchored
    # Everything is sealed by itself; what no key was at hand for is unsigned, nobody countersigned or stamped here.
    told = {"unsealed-own", "unsealed-audit", "unsigned", "not-countersigned", "unstamped"}
    assert {note.kind for note in report.notes} <= told


def exchanges(case: CaseFile, source: str) -> list[Exchange]:
    """Read a capture's exchanges from the case's own bytes."""
    found = []
    for exhibit in log.exhibits(case.folder):
        if exhibit.source == source:
            with (case.folder / exhibit.file).open("rb") as file:
                file.seek(exhibit.offset)
                found.append(reading.exchange(file.read(exhibit.length)))
    return found
