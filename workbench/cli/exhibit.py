"""``workbench exhibit``: from a citation to the bytes, the hash and the custody history."""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from workbench.casefile import audit
from workbench.cli import common
from workbench.cli.common import HERE, Badge, Casefiles, CaseName, Json, PassphraseFile, say
from workbench.custody import log
from workbench.department import FOLDER
from workbench.errors import IntegrityError, UsageError
from workbench.records import Citation, Exhibit
from workbench.times import stamp

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, help="Show an exhibit: its bytes, hash and custody history."
)
_MEMBERS = 16
"""Most gzip members that are opened to be shown; an exhibit of a capture has two."""

_ENDS = re.compile(r"E?([0-9]{1,9})(?:#.*)?")


@app.command()
def command(
    case: CaseName,
    citation: Annotated[str, typer.Argument(help="2026-0417-E0012, or E0012, with or without a pointer.")],
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    most: Annotated[int, typer.Option(min=0, help="Most bytes to show.")] = 4000,
    *,
    raw: Annotated[bool, typer.Option("--raw", help="Write the stored bytes to standard output.")] = False,
    as_json: Json = False,
) -> None:
    """Show the stored slice of one exhibit, escaped, with what the log says of it.

    Beside the department's register reading needs role and assignment, and is entered in the audit chain; a
    copy that has left the department is shown to whoever holds it.
    """
    folder = common.folder_of(case, casefiles)
    number = _number(citation, folder.name)
    reader = _reader(folder, badge, passphrase_file)
    exhibit, history = _find(folder, number)
    stored = _slice(folder, exhibit)
    found = hashlib.sha256(stored).hexdigest()
    if reader:
        audit(folder, reader, "viewed", {"exhibit": number})
    if raw:
        sys.stdout.buffer.write(stored)
    elif as_json:
        common.as_json({**_facts(exhibit, found), "history": history})
    else:
        for key, value in _facts(exhibit, found).items():
            say(f"{key:9} {value}")
        say("history")
        for line in history:
            say(f"  {line}")
        say(f"content ({len(stored)} bytes stored)")
        say(_readable(stored, most))
    if found != exhibit.sha256:
        raise IntegrityError(
            "the bytes are not what the log says",
            where=f"{exhibit.file}, bytes {exhibit.offset} to {exhibit.offset + exhibit.length}",
            expected=exhibit.sha256,
            found=found,
            todo="run 'workbench verify' and tell your supervisor",
        )


def _reader(folder: Path, badge: str, passphrase_file: Path | None) -> str:
    """Give the badge of who may read here; an empty string for a copy outside the department."""
    if not (folder.parent / FOLDER).is_dir():
        return ""
    from workbench.workspace.access import Access

    department = common.department_of(folder.parent)
    session = common.sign_in(department, badge, passphrase_file)
    Access.of(folder, department).require(session.badge)
    return session.badge


def _number(citation: str, case: str) -> int:
    short = _ENDS.fullmatch(citation)
    if short:
        return int(short[1])
    parsed = Citation.parse(citation)
    if parsed.case != case:
        raise UsageError("this citation is of another case", expected=case, found=parsed.case)
    return parsed.number


def _find(folder: Path, number: int) -> tuple[Exhibit, list[str]]:
    found: Exhibit | None = None
    history: list[str] = []
    for entry in log.entries(folder):
        fields = entry.fields
        if entry.action == "exhibit" and fields["exhibit"] == number:
            found = log.exhibit_of(folder.name, entry)
        related = found is not None and entry.action == "exhibit" and fields["exhibit"] == number
        if related or _of_source(entry, found):
            history.append(f"line {entry.seq}  {stamp(entry.at)}  {entry.actor}  {entry.action}")
    if found is None:
        raise UsageError("there is no such exhibit in this case", found=f"E{number:04d}")
    begin = _began(folder, found)
    return found, [begin, *history] if begin else history


def _began(folder: Path, exhibit: Exhibit) -> str:
    kind, _, number = exhibit.source.partition("-")
    for entry in log.rare(folder):
        if entry.action == f"{kind}.begin" and entry.fields[kind] == int(number):
            return f"line {entry.seq}  {stamp(entry.at)}  {entry.actor}  {entry.action}"
    return ""


def _of_source(entry: log.Entry, exhibit: Exhibit | None) -> bool:
    if exhibit is None or entry.action == "exhibit":
        return False
    kind, _, number = exhibit.source.partition("-")
    same_file = entry.fields.get("file") == exhibit.file
    return same_file or (entry.action.startswith(f"{kind}.") and entry.fields.get(kind) == int(number))


def _slice(folder: Path, exhibit: Exhibit) -> bytes:
    try:
        with (folder / exhibit.file).open("rb") as file:
            file.seek(exhibit.offset)
            return file.read(exhibit.length)
    except OSError as error:
        raise IntegrityError("the exhibit's file cannot be read", where=exhibit.file) from error


def _facts(exhibit: Exhibit, found: str) -> dict[str, object]:
    return {
        "exhibit": str(exhibit.citation),
        "source": exhibit.source,
        "file": exhibit.file,
        "bytes": f"{exhibit.offset} to {exhibit.offset + exhibit.length}",
        "logged": stamp(exhibit.at),
        "sha256": exhibit.sha256,
        "matches": "yes" if found == exhibit.sha256 else f"NO: {found}",
    }


def _readable(stored: bytes, most: int) -> str:
    """Show captured bytes as text that cannot act on a terminal; gzip members are opened, within bounds."""
    import zlib

    parts: list[bytes] = []
    rest = stored
    for _ in range(_MEMBERS):
        if not rest.startswith(b"\x1f\x8b") or sum(len(part) for part in parts) >= most:
            break
        member = zlib.decompressobj(wbits=31)
        try:
            parts.append(member.decompress(rest, most))
        except zlib.error:
            break
        rest = member.unused_data
    data = b"".join(parts) if parts else stored
    text = common.visible(data[:most].decode("utf-8", "backslashreplace").replace("\r\n", "\n"))
    return text + ("\n… more: use --most or --raw" if len(data) >= most else "")
