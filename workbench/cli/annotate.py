"""``workbench annotate`` and ``workbench mark``: what people write about exhibits, kept like evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli import common
from workbench.cli.common import HERE, Badge, Casefiles, CaseName, Json, PassphraseFile, say, visible
from workbench.errors import UsageError

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    help="Write a note or an authorship fact about exhibits, or list what was written.",
)
mark = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    help="Mark exhibits as contraband, as hidden, or as neither.",
)


@app.command()
def command(
    case: CaseName,
    kind: Annotated[
        str, typer.Option(help="note, or authorship: for or against an account's owner.")
    ] = "note",
    exhibit: Annotated[
        list[str] | None, typer.Option(metavar="CITATION", help="What it is about; may be repeated.")
    ] = None,
    text: Annotated[str, typer.Option(help="The words. Facts, not conclusions.")] = "",
    account: Annotated[str, typer.Option(help="Of authorship: the account.")] = "",
    side: Annotated[str, typer.Option(help="Of authorship: confirming or contrary.")] = "",
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    *,
    listing: Annotated[bool, typer.Option("--list", help="List what was written; write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Write a note or an authorship fact that cites exhibits (who works the case)."""
    if listing:
        _list(common.folder_of(case, casefiles), badge, passphrase_file, as_json=as_json)
        return
    if kind == "mark":
        raise UsageError("a mark is set with 'workbench mark'")
    added = {name: value for name, value in (("account", account), ("side", side)) if value}
    _write(case, kind, exhibit or [], text, added, (casefiles, badge, passphrase_file), as_json=as_json)


@mark.command()
def mark_command(
    case: CaseName,
    citations: Annotated[list[str], typer.Argument(metavar="CITATION...", help="The exhibits.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the case.")] = "",
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    *,
    contraband: Annotated[
        bool, typer.Option("--contraband", help="Its bytes never leave the case. Not to be taken back.")
    ] = False,
    hidden: Annotated[bool, typer.Option("--hidden", help="Not shown unless asked for.")] = False,
    none: Annotated[bool, typer.Option("--none", help="Take 'hidden' back.")] = False,
    as_json: Json = False,
) -> None:
    """Mark exhibits (who works the case, or a supervisor); a reason is needed."""
    chosen = [name for name, on in (("contraband", contraband), ("hidden", hidden), ("none", none)) if on]
    if len(chosen) != 1:
        raise UsageError("one mark at a time", expected="--contraband, --hidden or --none")
    if not reason.strip():
        raise UsageError("a mark needs a reason", todo="add --reason")
    added = {"mark": chosen[0]}
    _write(case, "mark", citations, reason, added, (casefiles, badge, passphrase_file), as_json=as_json)


def _write(
    case: str,
    kind: str,
    citations: list[str],
    text: str,
    added: dict[str, str],
    who: tuple[Path, str, Path | None],
    *,
    as_json: bool,
) -> None:
    from workbench.annotating import annotate, numbers

    opened, session = common.open_case(case, *who)
    about = numbers(citations, opened.number)
    number = annotate(opened, session, kind, about, text, **added)
    if as_json:
        common.as_json({"annotation": number, "kind": kind, "exhibits": about, **added})
        return
    cited = ", ".join(f"E{one:04d}" for one in about)
    said = added.get("mark", kind)
    say(f"annotation {number} ({said}) about {cited}; written by {session.badge}")


def _list(folder: Path, badge: str, passphrase_file: Path | None, *, as_json: bool) -> None:
    from workbench.cli.exhibit import reader
    from workbench.custody import annotations
    from workbench.policy.annotations import added

    reader(folder, badge, passphrase_file)
    found = annotations.read(folder)
    if as_json:
        common.as_json(
            [{"annotation": one.annotation, "at": one.at, "by": one.by, **added(one)} for one in found]
        )
        return
    if not found:
        say("nothing was written; next: workbench annotate CASE --exhibit CITATION --text WORDS")
    for one in found:
        about = ", ".join(f"E{number:04d}" for number in one.exhibits)
        more = " ".join(part for part in (one.side, one.account, one.mark) if part)
        say(visible(f"{one.annotation}  {one.at[:19]}Z  {one.by}  {one.kind} {more}".rstrip() + f"  {about}"))
        for line in one.text.splitlines():
            say(f"   {visible(line)}")
