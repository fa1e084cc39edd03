"""``workbench report``: executed notebooks as a page and a PDF to hand over, every citation a link."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli import common
from workbench.cli.common import HERE, Badge, Casefiles, CaseName, Json, PassphraseFile, say
from workbench.counts import counted

app = typer.Typer(rich_markup_mode=None, add_completion=False, help="Make a report of executed notebooks.")

_PAPERS = {"a4": "A4", "letter": "Letter"}
_FORMATS = ("html", "pdf", "both")


@app.command()
def command(
    case: CaseName,
    out: Annotated[Path, typer.Option(help="New folder for the report.")],
    release: Annotated[int, typer.Option(help="Number of the signed release of kind 'report'.")],
    notebook: Annotated[
        list[str] | None,
        typer.Option(help="Only the newest run of this notebook; may be repeated. Otherwise of each."),
    ] = None,
    paper: Annotated[str, typer.Option(help="A4 or Letter.")] = "A4",
    formats: Annotated[str, typer.Option("--format", help="html, pdf or both.")] = "both",
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    *,
    as_json: Json = False,
) -> None:
    """Report the newest complete notebook runs as of the released seal: a page of its own and its print.

    Each citation leads to the exhibit's page. What left is entered in the dissemination log. Hidden exhibits show
    no content, contraband only its hash. The PDF is printed with a Chromium-family browser that is found here, or
    named in WORKBENCH_BROWSER.
    """
    import msgspec

    from workbench.errors import UsageError
    from workbench.production.report import Asked, report

    if paper.lower() not in _PAPERS or formats not in _FORMATS:
        raise UsageError(
            "this paper or format is not made",
            expected=f"--paper {' or '.join(_PAPERS.values())}, --format {', '.join(_FORMATS)}",
            found=f"{paper[:20]}, {formats[:20]}",
        )
    asked = msgspec.convert(
        {"notebooks": tuple(notebook or ()), "paper": _PAPERS[paper.lower()], "format": formats}, Asked
    )
    opened, session = common.open_case(case, casefiles, badge, passphrase_file)
    with common.working("making the report", quiet=as_json):
        made = report(opened, session, out, release=release, asked=asked)
    if as_json:
        common.as_json(msgspec.to_builtins(made))
    else:
        say(
            f"{', '.join(made.runs)} as of seal {made.seal}: {common.visible(str(out))}/{', '.join(made.files)}"
        )
        say(f"{counted(made.exhibits, 'exhibit')} cited, {made.pages} with an entry")
        if made.withheld:
            say(f"cited, of which only the hash is given: {', '.join(made.withheld)}")
        say(f"sha256 of SHA256SUMS, entered as having left: {made.sha256}")
    if made.unprinted:
        raise UsageError(
            "there is no PDF: the page was made without it", found=made.unprinted.replace("\n", "; ")
        )
