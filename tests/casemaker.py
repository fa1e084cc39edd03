"""Makes a tiny case from docs/casefile-format.md alone, sharing no code with what writes or checks cases.

What names the hash of what came before it (a seal, a decision on a seal) is made when the case is finished:
such a line holds a ``_fill``, which gives its keys then.

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
    "deputy": SUPERVISOR + ",workbench-release",
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
FACTS = {"predicate": "reported missing", "report_number": "26-1", "last_contact": "Sunday, by telephone"}
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


def tree(lines: list[bytes]) -> bytes:
    """Give the Merkle tree hash of RFC 6962, 2.1, as it is written there."""
    if len(lines) < 2:
        return hashlib.sha256(b"".join(b"\0" + line for line in lines)).digest()
    half = 1 << (len(lines) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + tree(lines[:half]) + tree(lines[half:])).digest()


def subtrees(lines: list[bytes]) -> list[bytes]:
    """Give the roots of the complete subtrees, from the largest to the smallest (10.1)."""
    found, place = [], 0
    while place < len(lines):
        size = 1 << (len(lines) - place).bit_length() - 1
        found.append(tree(lines[place : place + size]))
        place += size
    return found


_FILES = {
    "officers": ("number", "officers/%04d"),
    "case": ("version", "case/%04d.json"),
    "seal": ("seal", "seals/%04d.txt"),
    "decision": ("decision", "decisions/%04d.json"),
    "release": ("release", "releases/%04d.json"),
    "restored": ("restore", "restores/%04d.json"),
    "annotation": ("annotation", "annotations/%04d.json"),
}


def named(line: dict[str, Any], warcs: dict[int, str]) -> list[tuple[str, str]]:
    """List the files that a line named and that are closed then, hash and path (10.2)."""
    action, name, found = line["action"], "", []
    if action in _FILES:
        key, form = _FILES[action]
        name = form % line[key]
        found = [(line["sha256"], name)]
    elif action == "import.begin":
        found = [(line["receipt"], f"imports/{line['import']:04d}/receipt.json")]
    elif action == "import.file":
        found = [(line["sha256"], line["file"])]
    elif action == "run":
        folder = f"runs/{line['run']:04d}-{line['name']}"
        found = [(line["files"][file], f"{folder}/{file}") for file in sorted(line["files"])]
    elif action == "recovered":
        found = [(line["sha256"], line["quarantine"])]
    elif action == "capture.end":
        found = [(line["sha256"], warcs[line["capture"]])]
    elif action == "seal.signed":
        name = f"seals/{line['seal']:04d}.txt"
    elif action == "seal.stamped":
        found = [(line["sha256"], f"seals/{line['seal']:04d}.{line['name']}.tsr")]
    marks = line.get("signatures", {})
    return found + [(marks[badge], f"{name}.{badge}.sig") for badge in sorted(marks)]


class Finishing:
    """The log as it is chained: raw lines, segments, and the seals made so far."""

    def __init__(self, audit: list[bytes]) -> None:
        self.audit = audit
        self.raws: list[bytes] = []
        self.lines: list[dict[str, Any]] = []
        self.segments: list[list[bytes]] = [[]]
        self.seals: list[str] = []
        self._listed = 0
        self._closed = 0

    def add(self, line: dict[str, Any], *, split: bool) -> None:
        """Chain the next line, in a new segment where it is a seal's (2.1)."""
        filled = line["_fill"](self) if "_fill" in line else {}
        own = {key: value for key, value in line.items() if key != "_fill"}
        whole = {"seq": len(self.raws) + 1, "prev": sha(self.raws[-1]) if self.raws else "0" * 64}
        raw = canonical(whole | filled | own)
        if own["action"] == "seal" and split:
            self.segments.append([])
        self.segments[-1].append(raw)
        self.raws.append(raw)
        self.lines.append(whole | filled | own)

    def closed(self) -> list[tuple[str, str]]:
        """List what was closed since the seal before (10.2)."""
        found = [
            (sha(b"".join(self.segments[number])), f"log/{number + 1:06d}.jsonl")
            for number in range(self._closed, len(self.segments))
        ]
        warcs = {each["capture"]: each["file"] for each in self.lines if each["action"] == "capture.begin"}
        gone = {each["file"] for each in self.lines if each["action"] == "disposed"}
        for line in self.lines[self._listed :]:
            found += [each for each in named(line, warcs) if each[1] not in gone]
        self._closed, self._listed = len(self.segments), len(self.lines)
        return found

    def newest(self) -> dict[str, Any]:
        """Give number and hash of the newest seal, as decisions and releases name it."""
        return {"seal": len(self.seals), "seal_sha256": self.seals[-1] if self.seals else "0" * 64}


class Maker:
    """Writes a case. ``edit`` maps a part's name to what changes it before it is signed and chained."""

    def __init__(self, folder: Path, edit: dict[str, Edit] | None = None, *, second: bool = False) -> None:
        self.folder = folder
        self.second = second
        self.looks: list[dict[str, Any]] = []
        self.counts: dict[str, int] = {}
        self.chains = {"decision": "0" * 64, "release": "0" * 64}
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
        whole |= {"facts": FACTS, "subjects": ["Ada"], "owner": "d1", "assigned": []}
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
        packed, places = self.edited("archive", archive())
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
        if self.second:
            self.annotate("note", [1], "seen by two")
        else:
            self.log("annotation", annotation=1, sha256=self.write("annotations/0001.json", b"{}"))

    def next(self, kind: str) -> int:
        """Give the next number of a kind (1.5)."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return self.counts[kind]

    def annotate(self, kind: str, exhibits: list[int], text: str, by: str = "d1", **more: Any) -> None:
        """Write an annotation as 7.3 says for format 2."""
        number = self.next("annotation")
        body = {
            "format": "workbench-annotation/1",
            "case": NUMBER,
            "annotation": number,
            "at": stamp(self.now),
        }
        body |= {"by": by, "kind": kind, "exhibits": exhibits, "text": text} | more
        data = json.dumps(self.edited(f"annotation-{number}", body)).encode()
        name = f"annotations/{number:04d}.json"
        self.log("annotation", by, annotation=number, sha256=self.write(name, data))

    def look(self, actor: str = "d1") -> None:
        """Add an audit line."""
        self.looks.append({"action": "looked", "actor": actor, "at": stamp(self.now), "exhibit": 1})

    def seal(self, by: str = "d1", *, locked: bool = False) -> None:
        """Seal what is there (10); ``locked`` leaves the signature out."""
        number, at, audit = self.next("seal"), stamp(self.now), len(self.looks)

        def fill(log: Finishing) -> dict[str, Any]:
            head = [
                f"case {NUMBER}",
                f"number {number}",
                f"previous {log.seals[-1] if log.seals else '0' * 64}",
            ]
            head += [f"at {at}", f"by {by}", f"lines {len(log.raws)}", f"root {tree(log.raws).hex()}"]
            head += ["subtrees " + " ".join(each.hex() for each in subtrees(log.raws))]
            head += [f"audit {audit} {sha(log.audit[audit - 1]) if audit else '0' * 64}"]
            rows = ["# workbench-seal/1", *[f"# {row}" for row in head]]
            rows += [f"{digest}  {path}" for digest, path in log.closed()]
            data = ("\n".join(self.edited(f"seal-{number}", rows)) + "\n").encode()
            signers = {} if locked else {by: (by, "workbench-seal")}
            made = self.signed(f"seal-{number}", f"seals/{number:04d}.txt", data, signers)
            log.seals.append(made["sha256"])
            return made

        self.log("seal", by, seal=number, _fill=fill)

    def countersign(self, number: int, badge: str = "s1", space: str = "workbench-review") -> None:
        """Add a signature to a seal that was made (10.5), or the one that was left out (10.4)."""

        def fill(_: Finishing) -> dict[str, Any]:
            name = f"seals/{number:04d}.txt"
            signers = self.edited(f"countersign-{number}", {badge: (badge, space)})
            data = (self.folder / name).read_bytes()
            marks = {
                mark: self.write(f"{name}.{mark}.sig", sign(who, namespace, data))
                for mark, (who, namespace) in signers.items()
            }
            return {"signatures": marks}

        self.log("seal.signed", badge, seal=number, _fill=fill)

    def stamp(self, number: int, ask: Callable[[bytes], bytes], name: str = "tsa") -> None:
        """Add a timestamp (10.6): ``ask`` gives the response for a seal's hash."""

        def fill(log: Finishing) -> dict[str, Any]:
            answer = ask(bytes.fromhex(log.seals[number - 1]))
            return {"sha256": self.write(f"seals/{number:04d}.{name}.tsr", answer)}

        self.log("seal.stamped", "d1", seal=number, name=name, _fill=fill)

    def document(self, action: str, by: str, space: str, **body: Any) -> None:
        """Write a decision, a release or a restore (11 to 13): what it says of the newest seal fills itself in."""
        key, kind = ("restore", "restore") if action == "restored" else (action, action)
        number, at = self.next(kind), stamp(self.now)

        def fill(log: Finishing) -> dict[str, Any]:
            whole = {"format": f"workbench-{kind}/1", "case": NUMBER, key: number, "at": at, "by": by}
            whole |= {"previous": self.chains[kind]} if kind in self.chains else {"lines": len(log.raws)}
            whole = self.edited(f"{kind}-{number}", whole | log.newest() | body)
            data = json.dumps(whole, indent=2, sort_keys=True).encode()
            made = self.signed(f"{kind}-{number}", f"{kind}s/{number:04d}.json", data, {by: (by, space)})
            self.chains |= {kind: made["sha256"]} if kind in self.chains else {}
            return made

        self.log(action, by, **{key: number}, _fill=fill)

    def decide(self, act: str = "approve", *subjects: str, by: str = "s2", **more: Any) -> None:
        """Write a decision (11)."""
        body: dict[str, Any] = {"act": act, "subjects": list(subjects or ["capture-0001"]), "looked": []}
        body |= {"reason": "" if act == "approve" else "too thin"}
        self.document("decision", by, "workbench-review", **body | more)

    def release(self, kind: str = "package", by: str = "c1", **more: Any) -> None:
        """Write a release (12)."""
        body: dict[str, Any] = {"kind": kind, "exhibits": None, "recipient": "the court", "purpose": "trial"}
        body |= {"expires": stamp(self.now + timedelta(days=1))}
        self.document("release", by, "workbench-release", **body | more)

    def disseminate(self, release: int = 1, kind: str = "package", exhibits: int = 6) -> None:
        """Enter that something left (12.4)."""
        self.log("disseminated", "d1", release=release, kind=kind, sha256=sha(b"it"), exhibits=exhibits)

    def restore(
        self, lost: list[dict[str, Any]], by: str = "s1", space: str = "workbench-review", **more: Any
    ) -> None:
        """Say that the case was restored here (13)."""
        self.document("restored", by, space, **{"lost": lost, "reason": "the disk died"} | more)

    def start(self) -> None:
        """Write the first lines: the case and its officers."""
        self.log("open", case=NUMBER, format=f"workbench-casefile/{2 if self.second else 1}")
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
        looked = {"action": "opened", "actor": "d1", "at": stamp(self.now), "position": len(lines)}
        audit = chain([*self.looks, looked, looked])
        self.write("audit/000001.jsonl", self.edited("audit", audit))
        log = Finishing(audit.splitlines(keepends=True))
        for line in lines:
            log.add(line, split=self.edited("split", value=True))
        for number, segment in enumerate(log.segments, 1):
            data = b"".join(segment)
            last = number == len(log.segments)
            self.write(f"log/{number:06d}.jsonl", self.edited("log", data) if last else data)
        self.sealed = log.seals


def make(
    folder: Path, edit: dict[str, Edit] | None = None, story: Callable[[Maker], object] | None = None
) -> Path:
    """Write a valid case of format 1 under ``folder`` (or the ``story`` of one); give its folder."""
    return made(Maker(folder / NUMBER, edit), story or whole).folder


def make_2(
    folder: Path, edit: dict[str, Edit] | None = None, story: Callable[[Maker], object] | None = None
) -> Path:
    """Write a valid case of format 2, sealed after each step (or the ``story`` of one); give its folder."""
    return made(Maker(folder / NUMBER, edit, second=True), story or sealed).folder


def made(maker: Maker, story: Callable[[Maker], object]) -> Maker:
    """Tell a story from the first lines to the last; give its maker, who knows the seals."""
    maker.start()
    story(maker)
    maker.finish()
    return maker


def whole(maker: Maker) -> None:
    """Tell the common story: approved, one capture, one import, one run."""
    maker.approved()
    maker.capture()
    maker.given()
    maker.run()


def sealed(maker: Maker) -> None:
    """Tell the common story in format 2: each step sealed, all of it decided on and released."""
    maker.approved()
    maker.seal()
    maker.look()
    maker.capture()
    maker.look()
    maker.seal()
    maker.countersign(2)
    maker.given()
    maker.seal(locked=True)
    maker.run()
    maker.countersign(3, "d1", "workbench-seal")
    maker.seal("s1")


if __name__ == "__main__":
    import sys

    print(make(Path(sys.argv[1])))  # noqa: T201 - the path is the answer
