"""``workbench backup`` and ``workbench restore``: copies of cases while they are open, and taking one back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.cli import common
from workbench.cli.common import HERE, Badge, Casefiles, Json, PassphraseFile, say, visible
from workbench.counts import counted
from workbench.department import FOLDER, Department, Session
from workbench.errors import AuthorityError, UsageError, WorkbenchError

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, help="Copy cases and the register while they are open."
)
restore = typer.Typer(
    rich_markup_mode=None, add_completion=False, help="Take a case back from a backup; signed."
)
_MAY = frozenset({"administrator", "chief", "deputy", "supervisor", "service"})
"""Roles that copy whole cases; each copying is in the case's audit chain."""


@app.command()
def command(
    cases: Annotated[
        list[str] | None, typer.Argument(metavar="[CASE]...", help="Case numbers; none with --all.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="Where the copies go: another disk.")
    ] = None,
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All cases.")] = False,
    as_json: Json = False,
) -> None:
    """Copy cases, and the department's register, into a new folder of DIR named for the time.

    Others may go on working. Each copy is a case file as it was at one line of its log, and has been verified. A
    case that cannot be copied does not stop the others; the exit code then says so.
    """
    if to is None:
        raise UsageError("where do the copies go?", todo="name a folder on another disk with --to DIR")
    folders = _chosen(cases or [], casefiles, everything=everything)
    _check_place(to, casefiles)
    department = common.department_of(casefiles)
    session = _session(department, badge, passphrase_file)
    rows, failed = _copies(folders, department, session, to, quiet=as_json)
    if as_json:
        common.as_json(rows)
    if failed is not None:
        raise typer.Exit(failed.exit_code)


def _chosen(cases: list[str], casefiles: Path, *, everything: bool) -> list[Path]:
    from workbench.cli.department import cases_in

    if everything == bool(cases):
        raise UsageError("which cases?", expected="their numbers, or --all", todo="see 'workbench case list'")
    if everything:
        return cases_in(casefiles)
    return list(dict.fromkeys(common.folder_of(case, casefiles) for case in cases))


def _check_place(to: Path, casefiles: Path) -> None:
    if to.resolve().is_relative_to(casefiles.resolve()):
        raise UsageError(
            "a backup does not lie beside what it is of",
            where=str(to),
            todo="name a folder outside the folder of the cases, on another disk",
        )


def _session(department: Department, badge: str, file: Path | None) -> Session:
    session = common.sign_in(department, badge, file)
    if session.role not in _MAY:
        raise AuthorityError(
            f"a {session.role} does not copy whole cases",
            expected=", ".join(sorted(_MAY)),
            todo="have an administrator do it",
        )
    return session


def _copies(
    folders: list[Path], department: Department, session: Session, to: Path, *, quiet: bool
) -> tuple[list[dict[str, Any]], WorkbenchError | None]:
    """Copy each case, then the register, so that it knows every seal of theirs; give the first failure too."""
    from workbench.custody import disk
    from workbench.times import from_micros, now

    place = to / f"{from_micros(now()):%Y-%m-%dT%H%M%SZ}"
    if place.exists():
        raise UsageError("there is a backup of this second already", where=str(place), todo="try again")
    making = place.with_name(f"{place.name}.partial")
    disk.private_folder(making)
    rows: list[dict[str, Any]] = []
    failed: WorkbenchError | None = None
    for folder in [*folders, department.folder]:
        row, error = _copy(folder, making, place, session, quiet=quiet)
        rows.append(row)
        failed = failed or error
        if not quiet:
            _tell(row)
    with disk.mapped(place):
        making.rename(place)
        disk.sync_folder(to)
    if not quiet:
        say(f"backup: {place}" + "; NOT everything in it is good" * (failed is not None))
    return rows, failed


def _copy(
    folder: Path, making: Path, place: Path, session: Session, *, quiet: bool
) -> tuple[dict[str, Any], WorkbenchError | None]:
    """Copy one case, or the register; give what is told of it, and what went wrong."""
    from workbench.backup import backup, backup_department
    from workbench.casefile import audit

    try:
        with common.working(f"copying {folder.name}", quiet=quiet):
            if folder.name == FOLDER:
                made = backup_department(folder, making)
            else:
                made = backup(folder, making)
                audit(folder, session.badge, "copied", {"position": made.lines})
    except WorkbenchError as error:
        return {"name": folder.name, "problem": " | ".join(error.lines())}, error
    sizes = {"lines": made.lines, "seal": made.seal, "files": made.files, "bytes": made.bytes}
    return {"name": folder.name, "folder": str(place / folder.name), **sizes}, None


def _tell(row: dict[str, Any]) -> None:
    if "problem" in row:
        say(visible(f"{row['name']}  NOT GOOD: {row['problem']}"))
        return
    seal = f"seal {row['seal']}" if row["seal"] else "no seal"
    files = counted(row["files"], "file")
    say(f"{row['name']}  copied and verified: line {row['lines']}, {seal}, {files}, {row['bytes']} bytes")


@restore.command()
def restore_command(
    backup: Annotated[Path, typer.Argument(help="The case's folder in a backup.")],
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="CASEFILES", help="The folder of the cases; --casefiles otherwise."),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the case.")] = "",
    anchor: Annotated[
        list[Path] | None,
        typer.Option(metavar="DEPARTMENT_LOG", help="A newer copy of the department's log; may be repeated."),
    ] = None,
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    *,
    as_json: Json = False,
) -> None:
    """Take a case back from a backup (supervisor, chief or administrator); refused where the case is there.

    What was lost since, by the seals that the department's log knows, is named in a signed document.
    """
    from workbench import sealing
    from workbench.casefile import CaseFile
    from workbench.restore import restore as take_back
    from workbench.tables import build

    home = to or casefiles
    if not (home / FOLDER / "log").is_dir():
        raise UsageError(
            "there is no department here, and a case comes back to its own",
            where=str(home),
            todo=f"copy the folder '{FOLDER}' of the newest backup there first (cp -a); make no new one",
        )
    department = common.department_of(home)
    session = common.sign_in(department, badge, passphrase_file)
    with common.working("checking and copying", quiet=as_json):
        said = take_back(backup.resolve(), home, department, session, reason, anchors=anchor or [])
        case = CaseFile(home / said.case, department, session.badge)
        sealing.finish(case, session)
        build.refresh(case.folder)
    lost = [{"seal": one.seal, "sha256": one.sha256} for one in said.lost]
    if as_json:
        common.as_json({"case": said.case, "restore": said.restore, "lines": said.lines, "lost": lost})
        return
    say(f"{said.case} is back as of line {said.lines}, seal {said.seal}; signed by {session.badge}")
    for one in said.lost:
        say(f"  lost: seal {one.seal}, sha256 {one.sha256}")
    if not lost:
        say("  no anchored seal is lost; what was not sealed since the backup is")
    say("  marks made since the backup are lost too: mark again what is contraband or hidden")
    say("  releases given before count no more: nothing leaves until one is given anew")
