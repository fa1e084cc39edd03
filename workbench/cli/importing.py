"""``workbench import``: a file given to us enters the case, byte for byte, with its receipt."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from workbench.casefile import CaseFile, Receipt
from workbench.cli import common
from workbench.cli.common import HERE, Badge, Casefiles, CaseName, Json, PassphraseFile, say
from workbench.counts import counted, rows_told
from workbench.errors import UsageError
from workbench.intake import Taken, given_files, take_in
from workbench.times import now, stamp

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    help="Take a file or folder that was given to us into a case.",
)
_QUESTIONS = {
    "giver": "Who gave it",
    "device": "From which device or system",
    "manner": "How it was handed over",
    "basis": "On what basis: consent or warrant",
}


@app.command()
def command(
    case: CaseName,
    path: Annotated[Path, typer.Argument(help="A file, an archive, or a folder.")],
    giver: Annotated[str, typer.Option(help="Who gave it to us.")] = "",
    device: Annotated[str, typer.Option(help="Device or system it comes from.")] = "",
    received: Annotated[str, typer.Option(help="When we received it, with its zone; now if left out.")] = "",
    manner: Annotated[str, typer.Option(help="How it was handed over.")] = "",
    basis: Annotated[str, typer.Option(help="consent or warrant")] = "",
    reference: Annotated[str, typer.Option(help="Reference of the consent form or warrant.")] = "",
    stated_url: Annotated[str, typer.Option(help="Address that the giver says it shows.")] = "",
    importer: Annotated[
        str, typer.Option("--as-format", help="Importer to use; see 'workbench sources'.")
    ] = "",
    receipt: Annotated[
        Path | None, typer.Option(help="Write the receipt to print to this HTML file.")
    ] = None,
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    *,
    as_json: Json = False,
) -> None:
    """Keep PATH untouched, list what it holds as exhibits, and read it into the tables.

    What is asked of the giver is asked at a terminal where an option leaves it out.
    """
    _check_receipt(receipt)
    _check_basis(basis)
    files = given_files(path)
    _check_receives(common.folder_of(case, casefiles))
    intake = _intake(
        Receipt(
            giver=giver,
            device=device,
            received_at=stamp(common.past(received)),
            manner=manner,
            basis=basis,
            reference=reference,
            stated_url=stated_url,
        )
    )
    opened, session = common.open_case(case, casefiles, badge, passphrase_file)
    with common.working("keeping, listing and reading", quiet=as_json):
        taken = take_in(opened, files, intake, name=importer, session=session)
    if receipt is not None:
        _write_receipt(opened, taken, receipt)
    if as_json:
        common.as_json(
            {
                "import": taken.source,
                "verdict": taken.result.verdict,
                "reason": taken.result.reason,
                "exhibits": taken.exhibits,
                "rows": taken.rows,
            }
        )
        return
    _tell(taken, receipt)


def _check_receipt(path: Path | None) -> None:
    """Refuse a receipt that could not be written, before anything is taken in."""
    if path is None:
        return
    if path.exists():
        raise UsageError("the receipt's file exists already", where=str(path), todo="name another one")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise UsageError(
            "the receipt cannot be written there",
            where=str(path),
            todo="name a file in a folder that you can write",
        )


def _check_basis(basis: str) -> None:
    """Refuse what is no basis, before the other questions are asked."""
    if basis not in {"consent", "warrant", "unknown", ""}:
        raise UsageError(
            "this is not a basis", where="--basis", expected="consent or warrant", found=basis[:40]
        )


def _check_receives(folder: Path) -> None:
    """Refuse a closed case before anybody is asked for anything; what else may be wrong is said when it is opened."""
    from workbench.custody import history

    if history.read(folder).standing(now()).state == "closed":
        raise UsageError("the case is closed: it receives nothing more", todo="use an open case")


def _intake(given: Receipt) -> Receipt:
    import msgspec

    answers = {name: getattr(given, name) for name in _QUESTIONS}
    if sys.stdin.isatty():
        answers = {n: text or common.ask(_QUESTIONS[n], default="unknown") for n, text in answers.items()}
    if not answers["giver"].strip():
        raise UsageError("who gave it?", todo="add --giver, or answer at a terminal")
    _check_basis(answers["basis"])
    return msgspec.structs.replace(given, **answers)


def _tell(taken: Taken, receipt: Path | None) -> None:
    say(
        f"{taken.source}  {taken.result.verdict.upper()} ({taken.result.reason})  "
        f"{counted(taken.exhibits, 'exhibit')}; {rows_told(taken.rows)}"
    )
    if set(taken.rows) <= {"issues"}:
        say("  the bytes are kept, but nothing in them could be read into rows")
    if taken.rows.get("issues"):
        say("  what was not read, or not as expected, stands in the table 'issues'")
    if receipt is not None:
        say(f"  receipt to print: {receipt}")


def _write_receipt(case: CaseFile, taken: Taken, path: Path) -> None:
    from workbench.receipts import page

    path.write_text(page(case.folder, int(taken.source.rpartition("-")[2])), "utf-8")
