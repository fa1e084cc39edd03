"""``workbench verify``: every clause, every defect."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli import common
from workbench.cli.common import HERE, Casefiles, CaseName, Json

app = typer.Typer(rich_markup_mode=None, add_completion=False, help="Check a case file, clause by clause.")
_INTEGRITY_EXIT = 3


@app.command()
def command(
    case: CaseName,
    casefiles: Casefiles = HERE,
    root: Annotated[str, typer.Option(help="The root fingerprint that 'department init' printed.")] = "",
    *,
    as_json: Json = False,
) -> None:
    """Check log, files, captures, imports, signatures and authority; writes nothing.

    Exit code 3 where anything is off; every defect is named with its clause, file and bytes.
    """
    from workbench.custody import verify

    folder = common.folder_of(case, casefiles)
    with common.working("verifying", quiet=as_json):
        report = verify.verify(folder, root=root or None)
    typer.echo(report.to_json() if as_json else report.to_text())
    if not report.ok:
        raise typer.Exit(_INTEGRITY_EXIT)
