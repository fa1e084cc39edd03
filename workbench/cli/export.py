"""``workbench export``: tables and networks for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli import common
from workbench.cli.common import HERE, Badge, Casefiles, CaseName, Json, PassphraseFile, say
from workbench.counts import counted

app = typer.Typer(rich_markup_mode=None, add_completion=False, help="Export tables and networks.")


@app.command()
def command(
    case: CaseName,
    out: Annotated[Path, typer.Option(help="New folder for the files.")],
    release: Annotated[int, typer.Option(help="Number of the signed release of kind 'export'.")],
    table: Annotated[
        list[str] | None, typer.Option(help="A table, as docs/tables.md names it; may be repeated.")
    ] = None,
    formats: Annotated[
        str, typer.Option("--format", help="csv, parquet, graphml or gexf; the last two are networks.")
    ] = "csv",
    named: Annotated[
        list[str] | None,
        typer.Option(
            help="Gang: an account to show beside the approved targets and subjects; may be repeated."
        ),
    ] = None,
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every table.")] = False,
    bom: Annotated[bool, typer.Option("--bom", help="Begin CSV with a byte order mark.")] = False,
    bystanders: Annotated[
        bool, typer.Option("--bystanders", help="Gang: show everybody's accounts; the asking is logged.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write tables as CSV or Parquet, or the network of interactions as GraphML or GEXF, into a new folder.

    As of the released seal. Rows of hidden and contraband exhibits stay, and are counted. In a gang case, accounts
    that it does not name stand under neutral names. In CSV, text that a spreadsheet would take for a formula gets an
    apostrophe. README.txt says all of it. What left is entered in the dissemination log.
    """
    import msgspec

    from workbench.errors import UsageError
    from workbench.production.export import FORMATS, NETWORKS, Asked, export

    if formats not in FORMATS:
        raise UsageError("this format is not made", expected=", ".join(FORMATS), found=formats[:20])
    if bool(table) == every and formats not in NETWORKS:
        raise UsageError("which tables?", expected="--table NAME, once or more, or --all")
    given = {"tables": tuple(table or ()), "named": tuple(named or ()), "format": formats}
    asked = msgspec.convert({**given, "bom": bom, "bystanders": bystanders}, Asked)
    opened, session = common.open_case(case, casefiles, badge, passphrase_file)
    with common.working("exporting", quiet=as_json):
        made = export(opened, session, out, release=release, asked=asked)
    if as_json:
        common.as_json(msgspec.to_builtins(made))
        return
    for one in made.tables:
        counts = {
            "left out": one.left_out,
            "of bystanders left out": one.bystanders,
            "cells defused": one.defused,
        }
        more = "".join(f", {count} {what}" for what, count in counts.items() if count)
        say(f"{counted(one.rows, 'row'):>12}  {one.file}{more}")
    say(f"as of seal {made.seal}, of {counted(made.exhibits, 'exhibit')}: {common.visible(str(out))}")
    if made.minimised is not None:
        say(
            f"{counted(made.minimised, 'account')} that the case does not name: under neutral names, see README.txt"
        )
    say(f"sha256 of SHA256SUMS, entered as having left: {made.sha256}")
