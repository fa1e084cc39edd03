"""``workbench disclose``: chosen exhibits, and the proof that they are under a seal."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from workbench.cli import common
from workbench.cli.common import HERE, Badge, Casefiles, CaseName, Json, PassphraseFile, say
from workbench.counts import counted

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    help="Disclose chosen exhibits with the proof that they are under a seal.",
)


@app.command()
def command(
    case: CaseName,
    citations: Annotated[
        list[str], typer.Argument(metavar="CITATION...", help="2026-0417-E0012, or E0012; one or more.")
    ],
    out: Annotated[Path, typer.Option("--out", help="The folder to make; it must not be there yet.")],
    release: Annotated[
        int | None,
        typer.Option(
            "--release", min=1, help="Number of the release; the newest that covers this otherwise."
        ),
    ] = None,
    as_of: Annotated[
        int | None, typer.Option("--as-of", min=1, help="Number of the seal; it must be the one released.")
    ] = None,
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    *,
    as_json: Json = False,
) -> None:
    """Write the chosen exhibits as captured, their log lines and proofs, and the seal, into a new folder.

    Needs a release of kind 'disclosure'; what left is entered in the dissemination log. Exhibits marked as
    contraband give their hash and proof only. 'sh verify.sh' in the folder checks it without this software.
    """
    from workbench.annotating import numbers
    from workbench.production.disclosure import check_place, disclose

    # Before a key is asked for: words that do not fit are refused first.
    folder = common.folder_of(case, casefiles)
    chosen = numbers(citations, folder.name)
    check_place(out)
    opened, session = common.open_case(case, casefiles, badge, passphrase_file)
    with common.working("proving", quiet=as_json):
        done = disclose(opened, session, chosen, out, release=release, seal=as_of)
    if as_json:
        common.as_json(msgspec.structs.asdict(done))
        return
    say(f"{counted(len(done.given), 'exhibit')} of {done.sealed_exhibits}, as of seal {done.seal}: {out}")
    if done.withheld:
        say(f"only hash and proof, since contraband or sharing its bytes: {', '.join(done.withheld)}")
    say(f"sha256 of SHA256SUMS, entered as having left: {done.sha256}")
    say(f"fingerprint of the seal: {done.seal_sha256}")
    known = f"--root {opened.department.root} --seal {done.seal_sha256} --sums {done.sha256}"
    say(f"check it: sh {shlex.quote(common.visible(str(out)))}/verify.sh {known}")
