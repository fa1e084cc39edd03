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
from workbench.department import FOLDER
from workbench.errors import IntegrityError, UsageError
from workbench.records import Citation, Exhibit
from workbench.times import stamp
from workbench.workspace.exhibits import stored as read_stored
from workbench.workspace.exhibits import trace

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
    exhibit, happenings = trace(folder, Citation(case=folder.name, number=number))
    history = [f"line {one.line}  {one.at}  {one.actor}  {one.action}" for one in happenings]
    stored = read_stored(folder, exhibit)
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
