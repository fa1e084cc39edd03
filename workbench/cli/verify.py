"""``workbench verify``: every clause, every defect."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli import common
from workbench.cli.common import HERE, Casefiles, CaseName, Json
from workbench.errors import UsageError

app = typer.Typer(rich_markup_mode=None, add_completion=False, help="Check a case file, clause by clause.")
_INTEGRITY_EXIT = 3


def _certificates(file: Path) -> bytes:
    """Read certificates, and see that they are some, before anything is judged by them."""
    from workbench.custody.verify import stamps

    try:
        data = file.read_bytes()
        stamps.read_ca(data)
    except (OSError, ValueError) as error:
        raise UsageError(
            "this is no file of certificates",
            where=str(file),
            found=str(getattr(error, "strerror", "") or error)[:160],
            todo="give a PEM file",
        ) from error
    return data


@app.command()
def command(
    case: CaseName,
    casefiles: Casefiles = HERE,
    root: Annotated[str, typer.Option(help="The root fingerprint that 'department init' printed.")] = "",
    anchor: Annotated[
        list[str] | None,
        typer.Option(
            help="A seal known from outside: a copy, a department's log, or N:FINGERPRINT; repeatable."
        ),
    ] = None,
    tsa_ca: Annotated[
        list[Path] | None,
        typer.Option(help="Certificates (PEM) of an authority whose timestamps you trust; repeatable."),
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Check log, files, captures, imports, signatures, authority and seals; writes nothing.

    Exit code 3 where anything is off; every defect is named with its clause, file and bytes.
    """
    from workbench.custody import verify
    from workbench.custody.verify import anchors

    folder = common.folder_of(case, casefiles)
    known: list[anchors.Anchor] = []
    for value in anchor or ():
        read = anchors.read(value, folder.resolve().name)
        if not read:  # an older log, or another department's: it anchors nothing, and that must be seen
            typer.echo(f"note: this anchor enters no seal of {folder.resolve().name}: {value}", err=True)
        known += read
    authorities = [_certificates(file) for file in tsa_ca or ()]
    with common.working("verifying", quiet=as_json):
        report = verify.verify(folder, root=root or None, anchors=known, tsa_cas=authorities)
    typer.echo(report.to_json() if as_json else report.to_text())
    if not report.ok:
        raise typer.Exit(_INTEGRITY_EXIT)
