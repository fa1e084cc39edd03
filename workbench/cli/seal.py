"""``workbench seal``: say, signed and dated, what a case holds now."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.casefile import CaseFile
from workbench.cli import common
from workbench.cli.common import HERE, Badge, Casefiles, CaseName, Json, PassphraseFile, say
from workbench.counts import counted

app = typer.Typer(rich_markup_mode=None, add_completion=False, help="Seal what is new in a case.")


@app.command()
def command(
    case: CaseName,
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    copy_to: Annotated[
        Path | None, typer.Option(help="Copy every seal, with signatures and timestamps, to this folder.")
    ] = None,
    *,
    sign_pending: Annotated[
        bool, typer.Option("--sign-pending", help="Sign the seals you made while your key was locked.")
    ] = False,
    timestamp_pending: Annotated[
        bool, typer.Option("--timestamp-pending", help="Ask again for the timestamps that are missing.")
    ] = False,
    listing: Annotated[bool, typer.Option("--list", help="List the seals; nothing is sealed.")] = False,
    as_json: Json = False,
) -> None:
    """Seal what is new, signed with your key; seals also follow each capture, import, run and decision by themselves.

    A seal names the files closed since the one before it and the root of the whole custody log. Its hash goes
    into the department's log; a copy kept elsewhere (--copy-to) shows later that nothing was taken back.
    """
    from workbench import sealing
    from workbench.release import check_outside

    if listing:
        _list(common.folder_of(case, casefiles), as_json=as_json)
        return
    if copy_to is not None:
        check_outside(copy_to / "seals")
    opened, session = common.open_case(case, casefiles, badge, passphrase_file)
    told: dict[str, object] = {"case": opened.number, "signed": [], "timestamps": []}
    if sign_pending:
        told["signed"] = opened.sign_pending(session)
    opened.check_seal_key(session)
    made = sealing.finish(opened, session)
    if timestamp_pending:
        told["timestamps"] = _stamp(opened)
    told["seal"] = {"number": made.number, "sha256": made.sha256} if made else None
    if copy_to is not None:
        told["copied"] = _copy(opened.folder, copy_to / opened.number)
    if as_json:
        common.as_json(told)
    else:
        _tell(told)


def _stamp(opened: CaseFile) -> list[str]:
    from workbench.capture.timestamps import stamp_pending

    return [
        f"seal {one.seal} by {one.authority}: {common.visible(one.problem) or 'stamped'}"
        for one in stamp_pending(opened)
    ]


def _list(folder: Path, *, as_json: bool) -> None:
    from workbench.custody import history, seals

    found = history.read(folder).seals
    made = list(seals.every(folder))
    rows: list[dict[str, object]] = []
    for seal in made:
        kept = found[seal.number]
        rows.append(
            {
                "seal": seal.number,
                "sha256": seal.sha256,
                "at": seal.at,
                "by": seal.by,
                "lines": seal.lines,
                "signed": sorted(kept.signed),
                "timestamps": sorted(kept.stamped),
            }
        )
    if as_json:
        common.as_json(rows)
        return
    if not rows:
        say("no seals; next: workbench seal CASE")
    for seal, row in zip(made, rows, strict=True):
        signed = ", ".join(sorted(found[seal.number].signed)) or "UNSIGNED"
        stamps = ", ".join(sorted(found[seal.number].stamped)) or "no timestamp"
        say(
            f"{row['seal']:>5}  {seals.short(seal.sha256)}  {seal.at[:19]}Z  lines 1 to {seal.lines}"
            f"  signed: {signed}  {stamps}"
        )


def _copy(folder: Path, to: Path) -> list[str]:
    """Copy what is not there yet; a copy that differs from the seal is an alarm, never overwritten."""
    from workbench.custody import disk
    from workbench.errors import IntegrityError

    copied = []
    for path in sorted((folder / "seals").iterdir()):
        target, data = to / path.name, path.read_bytes()
        if not target.exists():
            disk.write_new(target, data)
            copied.append(path.name)
        elif target.read_bytes() != data:
            raise IntegrityError(
                "the copy kept outside is of another seal",
                where=str(target),
                todo="run 'workbench verify --anchor' with the copy, and tell your supervisor",
            )
    return copied


def _tell(told: dict[str, object]) -> None:
    from workbench.custody import seals

    made = told["seal"]
    if isinstance(made, dict):
        say(f"seal {made['number']}: {made['sha256']}")
        say(f"on paper: {seals.short(str(made['sha256']))}")
    else:
        say("nothing new to seal")
    signed, stamped = told["signed"], told["timestamps"]
    if isinstance(signed, list) and signed:
        say(f"signed now: seals {', '.join(map(str, signed))}")
    for line in stamped if isinstance(stamped, list) else []:
        say(f"timestamp: {line}")
    copied = told.get("copied")
    if isinstance(copied, list):
        say(f"copied: {counted(len(copied), 'file')}")
