"""``workbench package``: what a court is given, and can check without this program."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from workbench.casefile import CaseFile
from workbench.cli import common
from workbench.cli.common import Json, say
from workbench.counts import counted
from workbench.department import Session

app = typer.Typer(rich_markup_mode=None, add_completion=False, help="Make a court package.")


@app.command()
@common.on_case
def command(
    opened: CaseFile,
    session: Session,
    out: Annotated[Path, typer.Option(help="New folder, or a new file that ends in .zip.")],
    release: Annotated[int, typer.Option(help="Number of the signed release of kind 'package'.")],
    exhibit: Annotated[
        list[str] | None, typer.Option(metavar="CITATION", help="Only this exhibit; may be repeated.")
    ] = None,
    as_of: Annotated[
        str,
        typer.Option(
            "--as-of",
            metavar="SEAL",
            help="Seal, its number or fingerprint; it must be the one released, and is if left out.",
        ),
    ] = "",
    *,
    as_json: Json = False,
) -> None:
    """Make a bag of exhibits as captured, with log, seals, signatures, pages, replay and a draft declaration.

    Anyone can check it with the verify.sh inside. Refused where the case does not verify, or without a release.
    """
    import msgspec

    from workbench.annotating import numbers
    from workbench.production import package

    wanted = numbers(exhibit, opened.number) if exhibit else None
    seal = package.seal_number(opened, as_of) if as_of else package.released_seal(opened, release)
    with common.working("making the package", quiet=as_json):
        made = package.package(opened, session, out, seal=seal, release=release, wanted=wanted)
    if as_json:
        common.as_json(msgspec.to_builtins(made))
        return
    say(f"{counted(made.exhibits, 'exhibit')} as of seal {made.seal}: {common.visible(made.out)}")
    say(f"manifest-sha256.txt has the SHA-256 {made.sha256}")
    if made.withheld:
        say(f"withheld, hash and log line only: {', '.join(made.withheld)}")
    known = f"--root {opened.department.root} --seal {made.seal_sha256} --manifest {made.sha256}"
    if out.is_dir():
        say(f"check it: sh {shlex.quote(common.visible(made.out))}/verify.sh {known}")
    else:
        say(f"check it: unpack it; then in the folder: sh verify.sh {known}")
