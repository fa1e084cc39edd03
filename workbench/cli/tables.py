"""``workbench tables``: derived, so that they can be deleted and made again."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec
import typer

from workbench.cli import common
from workbench.cli.common import HERE, Casefiles, CaseName, Json, say
from workbench.counts import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.tables.check import Checked

_INTEGRITY_EXIT = 3

app = typer.Typer(
    cls=common.Group,
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Rebuild, check and describe a case's tables.",
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


@app.command()
def check(case: CaseName, casefiles: Casefiles = HERE, *, as_json: Json = False) -> None:
    """Parse the evidence again and compare: are the tables what it gives? Writes nothing under the case.

    Parts that an older parser made are "parsed differently since": no defect, but counted. Exit code 3 where a part
    is missing, or other than the same parser makes it.
    """
    from workbench.tables import check as checking

    folder = common.folder_of(case, casefiles)
    with common.working("parsing again", quiet=as_json):
        found = checking.check(folder)
    defects = [each for each in found if each.state in checking.DEFECTS]
    if as_json:
        parts = [{"part": each.part, **msgspec.structs.asdict(each)} for each in found]
        common.as_json({"ok": not defects, "parts": parts})
    else:
        for each in found:
            say(_told(each))
        say(_summed(found))
    if defects:
        raise typer.Exit(_INTEGRITY_EXIT)


def _summed(found: Sequence[Checked]) -> str:
    if not found:
        return "no tables: nothing has been captured or imported"
    counts = Counter(_words(each) for each in found)
    if set(counts) == {"equal"}:
        return f"{counted(len(found), 'part')}: the tables are what the evidence gives"
    return f"{counted(len(found), 'part')}: {', '.join(f'{count} {word}' for word, count in counts.items())}"


def _words(each: Checked) -> str:
    return "parsed differently since" if each.state == "since" else each.state


def _told(each: Checked) -> str:
    rows = f"{counted(each.stored, 'row')} only in the tables, {each.parsed} only in the evidence"
    compared = each.state in {"since", "altered"} and bool(each.example)
    parts = [
        f"{_words(each):9} {each.part}",
        each.detail,
        f"{rows}; first {each.example}" if compared else "",
    ]
    return common.one_line(": ".join(filter(None, parts)))
