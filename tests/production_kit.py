"""Exhibits to render, made without a case: exchanges on disk, and views of them."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import msgspec

from tests.desk import START
from workbench.capture import warc
from workbench.capture.reading import exchange
from workbench.production.views import (
    Authority,
    CaptureFact,
    CitedBy,
    ExhibitFact,
    ExhibitView,
    Facts,
    Http,
    Neighbour,
    Rows,
    RowView,
    SealFact,
    StoredSlice,
    Stretch,
    Times,
)
from workbench.rows import Moment
from workbench.times import stamp

BIN = Path(sys.executable).parent
"""Where the environment's own programs are: wacz, warcio, fastwarc, case_validate, cdxj-indexer."""

HOSTILE = "</td></table><script>alert('ESCAPED')</script>\"'&\u202egpj.exe\x1b[2J\u2066\u200b"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc00000030101"
    "00c9fe92ef0000000049454e44ae426082"
)


class Shelf:
    """A file of exchanges, one behind the other as a capture writes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = "warc/0001-mastodon.warc.gz"
        self.slices: list[StoredSlice] = []
        self._file = folder / self.path
        self._file.parent.mkdir(parents=True)
        self._file.write_bytes(warc.warcinfo({"software": "tests"}, START))

    def answer(
        self,
        url: str,
        body: bytes = b"{}",
        *,
        kind: str = "application/json",
        status: str = "200 OK",
        method: str = "GET",
        more: str = "",
    ) -> StoredSlice:
        """Add an exchange that was answered; its time is a second later than the last one's."""
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{more}\r\n".encode("utf-8", "surrogateescape")
        if "chunked" in more:
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        return self._add(warc.answered(self._asked(url, method), head=head, body=body, truncated="").stored)

    def silence(self, url: str) -> StoredSlice:
        """Add an exchange that brought no byte."""
        asked = self._asked(url, "GET")
        return self._add(warc.unanswered(asked, outcome="timeout", detail="nothing came").stored)

    def _asked(self, url: str, method: str) -> warc.Asked:
        request = f"{method} /x HTTP/1.1\r\nHost: social.example\r\n\r\n".encode()
        at = START + 1_000_000 * len(self.slices)
        return warc.Asked(uri=url, at=at, address="192.0.2.1", request=request)

    def _add(self, stored: bytes) -> StoredSlice:
        offset = self._file.stat().st_size
        with self._file.open("ab") as file:
            file.write(stored)
        read = exchange(stored)
        made = StoredSlice(
            citation=f"2026-0417-E{len(self.slices) + 1:04d}",
            folder=str(self.folder),
            path=self.path,
            offset=offset,
            length=len(stored),
            sha256=hashlib.sha256(stored).hexdigest(),
            at=read.at,
        )
        self.slices.append(made)
        return made


def digest(text: str) -> str:
    """Make a SHA-256 out of words."""
    return hashlib.sha256(text.encode()).hexdigest()


SEAL = SealFact(
    number=3,
    sha256=digest("seal"),
    short="3f2a 9c1d",
    at=stamp(START),
    by="1001",
    lines=120,
    root=digest("root"),
    signed_by=("1001",),
    countersigned_by=("2001",),
    stamped_by=("county",),
)


def view(number: int = 12, words: str = "Good morning", **changes: Any) -> ExhibitView:
    """Give the view of an answer that holds one post."""
    citation = f"2026-0417-E{number:04d}"
    cells = (("author handle", "ada@social.example"), ("content", words), ("published", stamp(START - 10**6)))
    told = ExhibitView(
        citation=citation,
        number=number,
        source="capture-0001",
        kind="http",
        stored=Stretch(path="warc/0001-mastodon.warc.gz", offset=420, length=1200, sha256=digest(citation)),
        copy=f"data/exhibits/E{number:04d}.warc.gz",
        seq=31,
        line_sha256=digest("line"),
        actor="1001",
        rule="secrets-1",
        times=Times(
            posted_first=Moment("2026-03-02T13:59:59Z", START - 10**6, "explicit"),
            posted_last=Moment("Monday", None, "ambiguous"),
            observed=START,
            logged=START + 5000,
        ),
        mark="none",
        http=Http(
            method="GET",
            url="https://social.example/api/v1/accounts/1/statuses?limit=40",
            status=200,
            headers=(("Content-Type", "application/json; charset=utf-8"), ("X-Words", words)),
            body=words.encode("utf-8", "surrogatepass")[:65536],
            body_length=len(words.encode("utf-8", "surrogatepass")),
        ),
        rows=(Rows(table="posts", count=3, rows=(RowView(exhibit=f"{citation}#/0", cells=cells),)),),
        cited_by=(CitedBy(file="annotations/0001.json", at=stamp(START), by="1001", what=f"note: {words}"),),
        before=(Neighbour(exhibit="2026-0417-E0011#/0", author="bea", posted=stamp(START), words=words),),
        after=(Neighbour(exhibit="2026-0417-E0013#/0", author="ada", posted=stamp(START), words="Bye"),),
    )
    return msgspec.structs.replace(told, **changes)


def picture(data: bytes = PIXEL, **changes: Any) -> ExhibitView:
    """Give the view of a picture that was given to us."""
    stored = Stretch(path="imports/0001/000001.png", offset=0, length=len(data), sha256=digest("picture"))
    given = {"kind": "file", "http": None, "rows": (), "given_name": "IMG_0001.PNG", "stored": stored}
    return view(14, **{**given, "shown": data, "whole_length": len(data), **changes})


def facts(exhibits: int = 3, words: str = "mastodon https://social.example/@ada") -> Facts:
    """Give the facts of a package of so many exhibits."""
    return Facts(
        case="2026-0417",
        purpose="missing",
        department="Test Department",
        root_of_trust="SHA256:abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        release=1,
        recipient="District Attorney",
        released_for="discovery",
        seal=SEAL,
        authorities=(
            Authority(
                version=3, asked_by="1001", approved_by="2001", at=stamp(START), expires=stamp(START + 10**12)
            ),
        ),
        captures=(_capture("capture-0001", words, "complete"), _capture("capture-0002", words, "blocked")),
        exhibits=tuple(_exhibit(number) for number in range(1, exhibits + 1)),
        withheld=("2026-0417-E0002",),
        tools=(("casefile-workbench", "0.1.0"), ("Python", "3.11")),
        notes=(f"capture-0002 did not come to its end as asked: blocked, {words}.",),
        index_sha256=digest("index"),
        search_log_sha256=digest("search log"),
        transformations_sha256=digest("transformations"),
        created=START,
    )


def _capture(name: str, what: str, verdict: str) -> CaptureFact:
    return CaptureFact(
        name=name,
        what=what,
        actor="1001",
        tool="mastodon 1",
        begun=stamp(START),
        ended=stamp(START + 10**7),
        verdict=verdict,
        reason="ok" if verdict == "complete" else "login-wall",
        exhibits=2,
        first_seq=20,
        last_seq=40,
    )


def _exhibit(number: int) -> ExhibitFact:
    is_file = number % 3 == 0
    return ExhibitFact(
        citation=f"2026-0417-E{number:04d}",
        kind="file" if is_file else "http",
        sha256=digest(f"exhibit {number}"),
        length=1200 + number,
        logged=stamp(START + number),
        observed=stamp(START + number - 1),
        source="import-0001" if is_file else "capture-0001",
        seq=30 + number,
        mark="contraband" if number == 2 else "none",
        copy="" if number == 2 else f"data/exhibits/E{number:04d}",
        url="" if is_file else f"https://social.example/api/{number}?q=a b",
        mime="" if is_file else "application/json",
        given_name=f"IMG_{number}.jpg" if is_file else "",
    )
