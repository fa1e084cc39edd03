"""Exhibits to render, made without a case: exchanges on disk, and views of them."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from tests.desk import START
from workbench.capture import warc
from workbench.capture.reading import exchange
from workbench.production.views import StoredSlice

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
            url=read.uri,
            status=read.status,
            mime=read.header("content-type").partition(";")[0],
            at=read.at,
        )
        self.slices.append(made)
        return made
