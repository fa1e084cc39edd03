"""``workbench tables``: derived, so that they can be deleted and made again."""

from __future__ import annotations

import typer

from workbench.cli import common
from workbench.cli.common import HERE, Casefiles, CaseName, Json, say

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Rebuild and describe a case's tables.",
)


@app.command()
def rebuild(case: CaseName, casefiles: Casefiles = HERE, *, as_json: Json = False) -> None:
    """Make all tables again from evidence alone; says whether the content is what it was."""
    from workbench.tables import build, digest

    folder = common.folder_of(case, casefiles)
    before = digest.digest(folder)
    with common.working("rebuilding", quiet=as_json):
        after = build.rebuild(folder)
    if as_json:
        common.as_json(after)
        return
    for part, value in after.items():
        said = "new" if part not in before else "equal" if before[part] == value else "DIFFERS"
        say(f"{value}  {part}  {said}")
    for part in sorted(set(before) - set(after)):
        say(f"{'gone':64}  {part}")
    if not after:
        say("no tables: nothing has been captured or imported")


@app.command()
def show(case: CaseName, casefiles: Casefiles = HERE, *, as_json: Json = False) -> None:
    """Count the rows of each table."""
    from workbench.tables import read, schema

    folder = common.folder_of(case, casefiles)
    counts = {
        name: len(read.frame(folder, name, columns=columns.names[:1]))
        for name, columns in schema.SCHEMAS.items()
    }
    if as_json:
        common.as_json(counts)
        return
    for name, count in counts.items():
        say(f"{count:9}  {name}")
