"""An exhibit in the hand: its bytes, its hash, the lines of the log that tell its history."""

from __future__ import annotations

import hashlib
import html
import zlib
from pathlib import Path
from typing import Any

from workbench.capture import reading
from workbench.casefile.files import hash_slice
from workbench.custody import log, slices
from workbench.custody.lines import exhibit_lines
from workbench.errors import AuthorityError, InputError, IntegrityError, UsageError
from workbench.importers import zips
from workbench.policy.annotations import CONTRABAND
from workbench.records import Citation, Exhibit, Record
from workbench.times import stamp
from workbench.withholding import Kept, Withheld, withheld

_SHOWN = 4000
_MEMBERS = 16
_GZIP, _MEMBER = b"\x1f\x8b", b"PK\x03\x04"


class Happening(Record, frozen=True, kw_only=True):
    """One line of the custody log that concerns an exhibit; ``at`` is a log stamp in UTC."""

    line: int
    at: str
    actor: str
    action: str
    detail: str = ""


class View(Record, frozen=True, kw_only=True):
    """An exhibit: where it lies, its bytes as stored, and what the log says happened to it.

    ``hidden`` says why it is shown only because somebody asked; empty where it is not hidden.
    """

    exhibit: Exhibit
    data: bytes
    history: tuple[Happening, ...]
    hidden: str = ""

    @property
    def sha256(self) -> str:
        """The SHA-256 of the stored bytes, checked against the log."""
        return self.exhibit.sha256

    @property
    def readable(self) -> bytes:
        """The bytes, unpacked where they are a WARC's gzip members; at most the first few thousand."""
        return _unpacked(self.data)[:_SHOWN]

    def __repr__(self) -> str:
        """Give place, hash, history and the escaped beginning of the bytes."""
        told = [f"{h.at} {h.actor} {h.action} {h.detail}".rstrip() for h in self.history]
        return "\n".join([*_facts(self), *told, "", escaped(self.readable)])

    def _repr_html_(self) -> str:
        facts = "".join(f"<li>{html.escape(fact)}</li>" for fact in _facts(self))
        rows = "".join(
            f"<tr><td>{h.line}</td><td>{h.at}</td><td>{html.escape(h.actor)}</td>"
            f"<td>{html.escape(h.action)}</td><td>{html.escape(h.detail)}</td></tr>"
            for h in self.history
        )
        head = "<tr><th>line</th><th>at (UTC)</th><th>who</th><th>what</th><th>detail</th></tr>"
        shown = f"<ul>{facts}</ul><table>{head}{rows}</table><pre>{html.escape(escaped(self.readable))}</pre>"
        return f'<div class="mathjax_ignore">{shown}</div>'


def look(folder: Path, citation: Citation, kept: Withheld | None = None, *, hidden: bool = False) -> View:
    """Read an exhibit and check its hash; raise IntegrityError where the bytes are not those logged.

    ``kept``: what the case withholds, where the caller has read it. Raises AuthorityError for what is contraband, or
    hidden where ``hidden`` was not asked for.
    """
    found, history = trace(folder, citation)
    known = withheld(folder) if kept is None else kept
    allowed(known.of(citation.number), citation, hidden=hidden)
    data = stored(folder, found)
    digest = hashlib.sha256(data).hexdigest()
    slices.check(digest, found.sha256, found.file, found.offset, found.length)
    why = allowed(known.of(citation.number, held_sha256(found, data)), citation, hidden=hidden)
    return View(exhibit=found, data=data, history=history, hidden=why)


def checked(folder: Path, citation: Citation) -> Exhibit:
    """Find an exhibit, and check its hash without holding its bytes; raises IntegrityError as ``look`` does."""
    (line,) = exhibit_lines(folder, [citation.number])
    found = log.exhibit_of(citation.case, log.read_line(line.raw, folder))
    try:
        digest = hash_slice(folder / found.file, found.offset, found.length)
    except OSError as error:
        raise IntegrityError("the exhibit's file cannot be read", where=found.file) from error
    slices.check(digest, found.sha256, found.file, found.offset, found.length)
    return found


def allowed(kept: Kept | None, citation: Citation, *, hidden: bool) -> str:
    """Give why an exhibit is hidden, empty where it is not; raise AuthorityError where it is not shown.

    Contraband never is, hidden ones where ``hidden`` asks for them.
    """
    if kept is None:
        return ""
    never = kept.mark == CONTRABAND
    if never or not hidden:
        raise AuthorityError(
            f"this exhibit is {kept.why}: it is not shown",
            where=str(citation),
            todo="its hash and history: 'workbench exhibit'" + "; hidden=True shows it" * (not never),
        )
    return kept.why


def content(exhibit: Exhibit, data: bytes) -> bytes:
    """Give what an exhibit holds: the body of an exchange, what a gzip file or an archive's member unpacks to.

    Raises InputError where it cannot be read.
    """
    if exhibit.source.startswith("capture"):
        return reading.exchange(data).body
    if data.startswith(_GZIP):
        return reading.decoded(data, "gzip")[0]
    return zips.alone(data, reading.MOST_BYTES) if data.startswith(_MEMBER) else data


def held_sha256(exhibit: Exhibit, data: bytes) -> str:
    """Give the SHA-256 of what an exhibit holds; empty where that cannot be read."""
    try:
        return hashlib.sha256(content(exhibit, data)).hexdigest()
    except (InputError, ValueError):
        return ""


def escaped(data: bytes) -> str:
    """Show bytes as text: line breaks stay, everything else that is not plainly printable is escaped."""
    text = data.decode("utf-8", "backslashreplace")
    return "".join(c if c == "\n" or c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def trace(folder: Path, citation: Citation) -> tuple[Exhibit, tuple[Happening, ...]]:
    """Find an exhibit and the lines of the log that concern it; raise UsageError where there is none."""
    found: Exhibit | None = None
    entries: list[log.Entry] = []
    for entry in log.entries(folder):
        if entry.action == "exhibit":
            if entry.fields["exhibit"] == citation.number:
                found = log.exhibit_of(citation.case, entry)
                entries.append(entry)
        else:
            entries.append(entry)
    if found is None:
        raise UsageError(
            "the case has no such exhibit",
            found=str(citation),
            todo="see the exhibits that 'workbench review list' names, or case.exhibits() in a notebook",
        )
    exhibit = found
    return exhibit, tuple(_happening(entry) for entry in entries if _concerns(entry, exhibit))


def _concerns(entry: log.Entry, exhibit: Exhibit) -> bool:
    fields, (kind, number) = entry.fields, exhibit.source.split("-")
    if entry.action.startswith((f"{kind}.", "exhibit")):
        return bool(fields.get(kind) == int(number) and fields.get("file", exhibit.file) == exhibit.file)
    return entry.action == "handled" or fields.get("file") == exhibit.file


def _happening(entry: log.Entry) -> Happening:
    wanted = ("collector", "verdict", "reason", "what", "order", "rule", "receipt", "sha256")
    said: dict[str, Any] = {key: entry.fields[key] for key in wanted if entry.fields.get(key)}
    detail = ", ".join(f"{key} {value}" for key, value in said.items())
    return Happening(
        line=entry.seq, at=stamp(entry.at), actor=entry.actor, action=entry.action, detail=detail
    )


def stored(folder: Path, exhibit: Exhibit) -> bytes:
    """Read an exhibit's slice, unchecked; raise IntegrityError where its file is gone or cannot be read."""
    try:
        with (folder / exhibit.file).open("rb") as file:
            file.seek(exhibit.offset)
            return file.read(exhibit.length)
    except OSError as error:
        raise IntegrityError("the exhibit's file cannot be read", where=exhibit.file) from error


def _facts(view: View) -> list[str]:
    exhibit = view.exhibit
    end = exhibit.offset + exhibit.length
    return [
        f"Exhibit {exhibit.citation} of {exhibit.source}",
        f"{exhibit.file}, bytes {exhibit.offset} to {end} ({exhibit.length} bytes)",
        f"SHA-256 {exhibit.sha256}, checked",
        *([f"Hidden, shown because it was asked for: {view.hidden}"] if view.hidden else []),
    ]


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(_GZIP):
        return data
    shown = b""
    rest = data
    for _ in range(_MEMBERS):
        if not rest or len(shown) >= _SHOWN:
            break
        # Bounded: a few kilobytes of gzip may stand for gigabytes.
        unpacker = zlib.decompressobj(wbits=31)
        try:
            shown += unpacker.decompress(rest, _SHOWN)
        except zlib.error:
            return shown + rest[:_SHOWN]
        rest = unpacker.unused_data
    return shown
