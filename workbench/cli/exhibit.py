"""``workbench exhibit``: from a citation to the bytes, the hash and the custody history."""

from __future__ import annotations

import hashlib
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from workbench.annotating import number_of
from workbench.casefile import audit
from workbench.cli import common
from workbench.cli.common import HERE, Badge, Casefiles, CaseName, Json, PassphraseFile, say
from workbench.custody import slices
from workbench.department import FOLDER
from workbench.errors import AuthorityError, UsageError
from workbench.policy.annotations import CONTRABAND, HIDDEN
from workbench.records import Citation, Exhibit
from workbench.times import stamp
from workbench.withholding import withheld
from workbench.workspace.exhibits import held_sha256, trace
from workbench.workspace.exhibits import stored as read_stored

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, help="Show an exhibit: its bytes, hash and custody history."
)
_MARKED = {
    HIDDEN: "look at it with --hidden",
    CONTRABAND: "its bytes stay in the case; 'workbench disclose' gives its hash and proof",
}
_PEEK = 4096
"""Bytes of an exhibit in which a NUL says that it is not text."""
_MEMBERS = 16
"""Most gzip members that are opened to be shown; an exhibit of a capture has two."""


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
    hidden: Annotated[
        bool, typer.Option("--hidden", help="Show it although it is marked as hidden.")
    ] = False,
    save: Annotated[
        Path | None,
        typer.Option("--save", metavar="FILE", help="Write a copy for somebody else: needs a release."),
    ] = None,
    release: Annotated[int, typer.Option(min=0, help="Of --save: the release; 0 finds one.")] = 0,
    as_json: Json = False,
) -> None:
    """Show the stored slice of one exhibit, escaped, with what the log says of it.

    Beside the department's register reading needs role and assignment, and is entered in the audit chain; a
    copy that has left the department is shown to whoever holds it. What is shown, or written by --raw, stays
    with the officer who looks; a copy for somebody else is made with --save. Contraband is never shown.
    """
    folder = common.folder_of(case, casefiles)
    number = number_of(citation, folder.name)
    if save is not None:
        _save(case, number, save, release or None, (casefiles, badge, passphrase_file))
        return
    badge = reader(folder, badge, passphrase_file)
    exhibit, happenings = trace(folder, Citation(case=folder.name, number=number))
    history = [f"line {one.line}  {one.at}  {one.actor}  {one.action}" for one in happenings]
    stored = read_stored(folder, exhibit)
    found = hashlib.sha256(stored).hexdigest()
    kept = withheld(folder).of(number, held_sha256(exhibit, stored))
    mark, why = (kept.mark, f"it is {kept.why}") if kept else ("", "")
    shown = not mark or (mark == HIDDEN and hidden)
    todo = _MARKED.get(mark, "")
    if raw and not shown:
        raise AuthorityError("this exhibit is not shown", found=why, todo=todo)
    looked = (
        {"exhibit": number, **({"hidden": True} if mark else {})}
        if shown
        else {"exhibit": number, "bytes": False}
    )
    if badge and not audit(folder, badge, "viewed", looked):
        typer.echo("not entered in the audit chain: the medium is read-only", err=True)
    facts = _facts(exhibit, found) | given_as(folder, exhibit)
    if raw:
        sys.stdout.buffer.write(stored)
    elif as_json:
        common.as_json({**facts, "mark": mark, "history": history})
    else:
        for key, value in facts.items():
            say(f"{key:9} {common.one_line(str(value))}")
        say("history")
        for line in history:
            say(f"  {line}")
        say(f"content ({len(stored)} bytes stored)")
        say(_readable(stored, most) if shown else f"not shown: {why}; {todo}")
    slices.check(found, exhibit.sha256, exhibit.file, exhibit.offset, exhibit.length)


def reader(folder: Path, badge: str, passphrase_file: Path | None) -> str:
    """Give the badge of who may read here; an empty string for a copy outside the department."""
    if not (folder.parent / FOLDER).is_dir():
        return ""
    from workbench.workspace.access import Access

    department = common.department_of(folder.parent)
    session = common.sign_in(department, badge, passphrase_file)
    Access.of(folder, department).require(session.badge)
    return session.badge


def _save(
    case: str, number: int, file: Path, release: int | None, who: tuple[Path, str, Path | None]
) -> None:
    """Write an exhibit's stored bytes to a new file, under a release of kind ``copy``; it is logged first."""
    from workbench.custody import disk
    from workbench.release import check_outside, leaving
    from workbench.workspace.exhibits import look

    if file.exists():
        raise UsageError("this file exists already", where=str(file), todo="name another one")
    if not file.absolute().parent.is_dir():
        raise UsageError("there is no folder to put this into", where=str(file.absolute().parent))
    check_outside(file)
    opened, session = common.open_case(case, *who)
    with ExitStack() as held:
        permit = held.enter_context(leaving(opened, "copy", [number], release, session=session))
        view = look(opened.folder, Citation(case=opened.number, number=number), hidden=True)
        partial = file.with_name(f"{file.name}.partial")
        disk.write_new(partial, view.data)
        # What was not let leave, or did not take its name, leaves nothing behind.
        held.callback(partial.unlink, missing_ok=True)
        permit.left(view.sha256)
        with disk.mapped(file):
            partial.rename(file)
    say(
        f"copy of {view.exhibit.citation} under release {permit.release.release}: {file}, sha256 {view.sha256}"
    )


def given_as(folder: Path, exhibit: Exhibit) -> dict[str, object]:
    """Tell the name that a file had when it was given; nothing for a capture."""
    from workbench.tables.logged import GivenNames

    name = GivenNames(folder).of(exhibit)
    return {"given as": name} if name else {}


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
    if not parts and b"\0" in data[:_PEEK]:
        return "not text: a picture is shown by case.exhibit(…) in a notebook; --raw writes the bytes as they are"
    text = common.visible(data[:most].decode("utf-8", "backslashreplace").replace("\r\n", "\n"))
    return text + ("\n… more: use --most or --raw" if len(data) >= most else "")
