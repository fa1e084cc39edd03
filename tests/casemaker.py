"""Makes a tiny case from docs/casefile-format.md alone, sharing no code with what writes or checks cases.

``make(folder)`` writes a whole, valid case. Every part passes through an editor first, so that a test
can forge one thing *before* it is signed and chained: ``make(folder, edit={"version-3": …})``.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NUMBER = "2026-0417"
START = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
DETECTIVE = "workbench-session,workbench-request,workbench-seal"
SUPERVISOR = DETECTIVE + ",workbench-approve,workbench-review"
ROLES = {
    "detective": DETECTIVE,
    "supervisor": SUPERVISOR,
    "chief": SUPERVISOR + ",workbench-register,workbench-release",
    "administrator": "workbench-session,workbench-register-second",
}
STAFF = {"c1": "chief", "a1": "administrator", "d1": "detective", "d2": "detective"} | {
    "s1": "supervisor",
    "s2": "supervisor",
}
SCOPE: dict[str, Any] = {
    "targets": [{"source": "mastodon", "target": "https://social.example/@ada"}],
    "hosts": ["social.example"],
    "window": {"since": None, "until": None},
    "limits": {"requests": 100, "bytes": 1_000_000},
    "media": True,
    "context": False,
}
Edit = Callable[[Any], Any]


def sha(data: bytes) -> str:
    """Hash as clause files do."""
    return hashlib.sha256(data).hexdigest()


def key(badge: str) -> Ed25519PrivateKey:
    """Give a badge's key: the same each time."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(badge.encode()).digest())


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def blob(badge: str) -> bytes:
    """Give a badge's SSH public key blob."""
    return _string(b"ssh-ed25519") + _string(key(badge).public_key().public_bytes_raw())


def fingerprint(badge: str) -> str:
    """Give a badge's SSH fingerprint."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob(badge)).digest()).decode().rstrip("=")


def sign(badge: str, namespace: str, data: bytes) -> bytes:
    """Sign as PROTOCOL.sshsig says; armored."""
    space = _string(namespace.encode())
    digest = _string(hashlib.sha512(data).digest())
    raw = key(badge).sign(b"SSHSIG" + space + _string(b"") + _string(b"sha512") + digest)
    whole = b"SSHSIG" + (1).to_bytes(4, "big") + _string(blob(badge)) + space + _string(b"")
    whole += _string(b"sha512") + _string(_string(b"ssh-ed25519") + _string(raw))
    text = base64.b64encode(whole).decode()
    lines = [text[place : place + 70] for place in range(0, len(text), 70)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""]).encode()


def officer(badge: str, role: str, after: str = "20260101000000Z", before: str = "") -> str:
    """Write a line of an officers file."""
    until = f',valid-before="{before}"' if before else ""
    ssh = base64.b64encode(blob(badge)).decode()
    spaces = ROLES[role.split(" ", maxsplit=1)[0]]
    return f'{badge} namespaces="{spaces}",valid-after="{after}"{until} ssh-ed25519 {ssh} {role}'


def canonical(line: dict[str, Any]) -> bytes:
    """Write a log line as 2.2 says."""
    return json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def chain(lines: list[dict[str, Any]]) -> bytes:
    """Give the lines their numbers and hashes (2.3)."""
    prev, out = "0" * 64, []
    for number, line in enumerate(lines, 1):
        raw = canonical({"seq": number, "prev": prev} | line)
        prev = sha(raw)
        out.append(raw)
    return b"".join(out)


def stamp(at: datetime) -> str:
    """Write a time as 2.3 says."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def record(kind: str, number: int, block: bytes, **extra: str) -> bytes:
    """Make one WARC record as 5.1 and 5.2 say: one gzip member."""
    fields = {
        "WARC-Type": kind,
        "WARC-Record-ID": f"<urn:uuid:00000000-0000-4000-8000-{number:012d}>",
        "WARC-Date": stamp(START),
        "WARC-Block-Digest": f"sha256:{sha(block)}",
        "Content-Length": str(len(block)),
    }
    fields |= {name.replace("_", "-"): value for name, value in extra.items()}
    head = "WARC/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(head.encode() + block + b"\r\n\r\n") + packer.flush()


def exchange(number: int, body: bytes, *, chunked: bool = False, secret: str = "") -> bytes:
    """Make one exhibit: a response and its request."""
    sent = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body
    how = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(body)
    answer = b"HTTP/1.1 200 OK\r\n" + how + b"\r\n\r\n" + sent
    ident = f"<urn:uuid:00000000-0000-4000-8000-{number:012d}>"
    asked = b"GET /api HTTP/1.1\r\nHost: social.example\r\n" + secret.encode() + b"\r\n"
    digest = {} if chunked else {"WARC_Payload_Digest": f"sha256:{sha(body)}"}
    response = record("response", number, answer, **digest)
    return response + record("request", number + 1, asked, WARC_Concurrent_To=ident)


def unanswered(number: int) -> bytes:
    """Make one exhibit of an exchange that brought nothing."""
    ident = f"<urn:uuid:00000000-0000-4000-8000-{number:012d}>"
    metadata = record("metadata", number, b"url: https://social.example/\r\noutcome: timeout\r\ndetail: \r\n")
    return metadata + record("request", number + 1, b"GET / HTTP/1.1\r\n\r\n", WARC_Concurrent_To=ident)


def archive() -> tuple[bytes, list[tuple[int, int]]]:
    """Make a zip and say where its members lie (6.3)."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in ("data/account.js", "data/tweets.js"):
            packed.writestr(zipfile.ZipInfo(name), f"window.YTD = [ {name} ]".encode() * 20)
        places = [
            (info.header_offset, 30 + len(info.filename) + info.compress_size) for info in packed.infolist()
        ]
    return file.getvalue(), places


class Maker:
    """Writes a case. ``edit`` maps a part's name to what changes it before it is signed and chained."""

    def __init__(self, folder: Path, edit: dict[str, Edit] | None = None) -> None:
        self.folder = folder
        self.edit = edit or {}
        self.lines: list[dict[str, Any]] = []
        self.now = START
        self.version: dict[str, Any] = {}
        self.previous = {"officers": "0" * 64, "case": "0" * 64}
        self.exhibits = 0

    def edited(self, part: str, value: Any) -> Any:
        """Let the test change a part."""
        return self.edit[part](value) if part in self.edit else value

    def write(self, name: str, data: bytes) -> str:
        """Write a file of the case; give its hash."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return sha(data)

    def log(self, action: str, actor: str = "d1", **fields: Any) -> None:
        """Add a line, a second later than the last."""
        self.now += timedelta(seconds=1)
        line = {"action": action, "actor": actor, "at": stamp(self.now)}
        self.lines.append(line | {name.rstrip("_"): value for name, value in fields.items()})

    def signed(
        self, part: str, name: str, data: bytes, signers: dict[str, tuple[str, str]]
    ) -> dict[str, Any]:
        """Write a file with its signatures (badge -> whose key, namespace); give the line's fields."""
        signers = self.edited(f"{part}-signers", signers)
        marks = {
            badge: self.write(f"{name}.{badge}.sig", sign(who, namespace, data))
            for badge, (who, namespace) in signers.items()
        }
        return {"sha256": self.write(name, data), "signatures": marks}

    def officers(self, number: int, rows: list[str], signer: str = "c1") -> None:
        """Write an officers file (3.1) and its line."""
        head = ["# workbench-officers/1", f"# number {number}", f"# previous {self.previous['officers']}"]
        rows = self.edited(f"officers-{number}", [*head, f"# at {stamp(self.now)}", *rows])
        data = ("\n".join(rows) + "\n").encode()
        name = f"officers/{number:04d}"
        fields = self.signed(f"officers-{number}", name, data, {signer: (signer, "workbench-register")})
        self.previous["officers"] = fields["sha256"]
        self.log("officers", signer, number=number, **fields)

    def act(self, act: str, by: str, namespace: str = "workbench-request", **changes: Any) -> str:
        """Write a case version (4.1) and its line; give its hash."""
        number = self.version.get("version", 0) + 1
        whole: dict[str, Any] = {
            "format": "workbench-case/1",
            "case": NUMBER,
            "purpose": "missing",
            "scope": None,
        }
        whole |= {"facts": {"report_number": "26-1"}, "subjects": ["Ada"], "owner": "d1", "assigned": []}
        kept = {name: self.version.get(name, value) for name, value in whole.items()}
        made = {"version": number, "act": act, "at": stamp(self.now), "by": by, "reason": ""}
        self.version = self.edited(
            f"version-{number}", {**kept, **made, "previous": self.previous["case"], **changes}
        )
        data = json.dumps(self.version, indent=2).encode()
        name = f"case/{number:04d}.json"
        fields = self.signed(f"version-{number}", name, data, {by: (by, namespace)})
        self.previous["case"] = fields["sha256"]
        self.log("case", by, version=number, act=self.version["act"], **fields)
        return str(fields["sha256"])

    def capture(self, number: int = 1, actor: str = "d1", *, authority: int = 3, end: bool = True) -> None:
        """Write a WARC with two exhibits and its lines (5)."""
        file = f"warc/{number:04d}-mastodon.warc.gz"
        parts = [
            record("warcinfo", 1, b"software: casemaker\r\n"),
            exchange(2, b'{"id":"1"}' * 30, chunked=True),
            exchange(4, b'{"id":"2"}'),
            unanswered(6),
        ]
        parts = self.edited(f"warc-{number}", parts)
        begin = {"capture": number, "source": "mastodon", "file": file, "authority": authority, "target": 0}
        begin |= {"predecessor": 0, "since": None, "until": None, "limit": 100, "media": True}
        begin |= {"context": False, "token": False, "key": fingerprint(actor), "collector": "mastodon 1"}
        begin |= {"length": len(parts[0]), "sha256": sha(parts[0])}
        self.log("capture.begin", actor, **self.edited(f"begin-{number}", begin))
        offset = len(parts[0])
        for part in parts[1:]:
            self.exhibit(file, offset, part, actor, capture=number)
            offset += len(part)
        self.log(
            "refused",
            actor,
            capture=number,
            reason="host-not-in-scope",
            url_sha256=sha(b"https://a.example/"),
        )
        whole = b"".join(parts)
        self.write(file, whole)
        if end:
            done = {"capture": number, "verdict": "complete", "reason": "ok", "requests": 3, "items": 2}
            done |= {"length": len(whole), "sha256": sha(whole)}
            self.log("capture.end", actor, **self.edited(f"end-{number}", done))

    def exhibit(self, file: str, offset: int, data: bytes, actor: str = "d1", **more: int) -> None:
        """Add an ``exhibit`` line."""
        self.exhibits += 1
        fields = {"exhibit": self.exhibits, "file": file, "offset": offset, "length": len(data)}
        self.log("exhibit", actor, **fields, sha256=sha(data), **more)

    def given(self) -> None:
        """Write an import of a zip and a picture, with its receipt (6)."""
        packed, places = archive()
        files = [("000001.zip", "archive.zip", packed), ("000002.png", "screen.png", b"\x89PNG" * 50)]
        named = [
            {"file": file, "given_name": name, "length": len(data), "sha256": sha(data)}
            for file, name, data in files
        ]
        receipt = {
            "format": "workbench-receipt/1",
            "import": 1,
            "importer": "x-archive",
            "giver": "a citizen",
        }
        receipt |= {"device": "", "received_at": stamp(self.now), "manner": "in person", "basis": "consent"}
        receipt |= {"reference": "", "stated_url": "", "received_by": "d1", "files": named}
        data = json.dumps(self.edited("receipt", receipt)).encode()
        self.log("import.begin", import_=1, files=2, receipt=self.write("imports/0001/receipt.json", data))
        for file, _, content in files:
            digest = self.write(f"imports/0001/{file}", content)
            fields: dict[str, Any] = {
                "import": 1,
                "file": f"imports/0001/{file}",
                "length": len(content),
                "sha256": digest,
            }
            self.log("import.file", **fields)
        for member, (offset, length) in enumerate(self.edited("members", places)):
            part = packed[offset : offset + length]
            self.exhibit("imports/0001/000001.zip", offset, part, import_=1, member=member)
        self.exhibit("imports/0001/000002.png", 0, files[1][2], import_=1)
        self.log("import.end", import_=1, verdict="complete", reason="ok", exhibits=3)

    def run(self) -> None:
        """Write a notebook run and an annotation (7)."""
        names = ("notebook.ipynb", "notebook.html", "parameters.json", "record.json")
        files = {name: self.write(f"runs/0001-missing/{name}", b"{}" + name.encode()) for name in names}
        self.log("run", run=1, name="missing", status="complete", files=files)
        self.log("annotation", annotation=1, sha256=self.write("annotations/0001.json", b"{}"))

    def start(self) -> None:
        """Write the first lines: the case and its officers."""
        self.log("open", case=NUMBER, format="workbench-casefile/1")
        self.officers(1, [officer(badge, role) for badge, role in STAFF.items()])

    def spoken(self, hours: int = 24, changes: dict[str, str] | None = None) -> str:
        """Write an opening on the oral authority of s1; give its hash."""
        words = {"supervisor": "s1", "at": stamp(self.now), "words": "go ahead", "danger": "the cold"}
        until = stamp(self.now + timedelta(hours=hours))
        return self.act("oral", "d1", scope=SCOPE, oral=words | (changes or {}), expires=until)

    def staff(self, number: int, **lines: str) -> None:
        """Write the next officers file: everybody as before, but for those whose line is given."""
        rows = [lines.get(badge) or officer(badge, role) for badge, role in STAFF.items()]
        self.officers(number, rows)

    def approved(self) -> None:
        """Write an opening, a request and its approval."""
        self.act("open", "d1")
        asked = self.act("request", "d1", scope=SCOPE, days=30)
        until = stamp(self.now + timedelta(days=30))
        self.act("approve", "s1", "workbench-approve", approves=asked, expires=until)

    def finish(self) -> None:
        """Chain the log and an audit chain, and write both."""
        lines = self.edited("lines", self.lines)
        self.write("log/000001.jsonl", self.edited("log", chain(lines)))
        looked = {"action": "opened", "actor": "d1", "at": stamp(self.now), "position": len(lines)}
        self.write("audit/000001.jsonl", self.edited("audit", chain([looked, looked])))


def make(
    folder: Path, edit: dict[str, Edit] | None = None, story: Callable[[Maker], object] | None = None
) -> Path:
    """Write a valid case under ``folder`` (or the ``story`` of one); give its folder."""
    maker = Maker(folder / NUMBER, edit)
    maker.start()
    (story or whole)(maker)
    maker.finish()
    return maker.folder


def whole(maker: Maker) -> None:
    """Tell the common story: approved, one capture, one import, one run."""
    maker.approved()
    maker.capture()
    maker.given()
    maker.run()


if __name__ == "__main__":
    import sys

    print(make(Path(sys.argv[1])))  # noqa: T201 - the path is the answer
