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
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every table.")] = False,
    bom: Annotated[bool, typer.Option("--bom", help="Begin CSV with a byte order mark.")] = False,
    as_json: Json = False,
) -> None:
    """Write tables as CSV or Parquet, or the network of interactions as GraphML or GEXF, into a new folder.

    As of the released seal. Rows of hidden and contraband exhibits stay, and are counted. In CSV, text that a
    spreadsheet would take for a formula gets an apostrophe; README.txt says so. What left is entered in the
    dissemination log.
    """
    import msgspec

    from workbench.errors import UsageError
    from workbench.production.export import FORMATS, NETWORKS, Asked, export

    if formats not in FORMATS:
        raise UsageError("this format is not made", expected=", ".join(FORMATS), found=formats[:20])
    if bool(table) == every and formats not in NETWORKS:
        raise UsageError("which tables?", expected="--table NAME, once or more, or --all")
    asked = msgspec.convert({"tables": tuple(table or ()), "format": formats, "bom": bom}, Asked)
    opened, session = common.open_case(case, casefiles, badge, passphrase_file)
    with common.working("exporting", quiet=as_json):
        made = export(opened, session, out, release=release, asked=asked)
    if as_json:
        common.as_json(msgspec.to_builtins(made))
        return
    for one in made.tables:
        more = f", {one.left_out} left out" * bool(one.left_out) + f", {one.defused} cells defused" * bool(
            one.defused
        )
        say(f"{counted(one.rows, 'row'):>12}  {one.file}{more}")
    say(f"as of seal {made.seal}, of {counted(made.exhibits, 'exhibit')}: {common.visible(str(out))}")
    say(f"sha256 of SHA256SUMS, entered as having left: {made.sha256}")
