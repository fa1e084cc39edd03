"""``workbench annotate`` and ``workbench mark``: what people write about exhibits, kept like evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from workbench.cli import actwords, common
from workbench.cli.common import (
    HERE,
    Badge,
    Casefiles,
    CaseName,
    Json,
    PassphraseFile,
    one_line,
    say,
    visible,
)
from workbench.counts import exhibits_told
from workbench.errors import UsageError
from workbench.policy.annotations import CONTRABAND

_RUNS = 5

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    help="Write a note, an authorship fact, or what only a person can say of an act; or list what was written.",
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
        str,
        typer.Option(
            help="note; authorship: for or against an account's owner; withdrawal: of such a fact; act; act-review; "
            "notice: a request to stop, a block or an order; poster; or association."
        ),
    ] = "note",
    exhibit: Annotated[
        list[str] | None, typer.Option(metavar="CITATION", help="What it is about; may be repeated.")
    ] = None,
    text: Annotated[str, typer.Option(help="The words. Facts, not conclusions.")] = "",
    account: Annotated[str, typer.Option(help="Of authorship, poster or association: the account.")] = "",
    side: Annotated[str, typer.Option(help="Of authorship: confirming or contrary.")] = "",
    act: Annotated[
        str,
        typer.Option(help="Of an act or its review: the post's or interaction's entity_id, or a citation."),
    ] = "",
    say: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=WORDS",
            help="Of an act: occasion, directed_at_target (yes, no, unclear), directed_because, attributed_person, "
            "attribution_basis, contrary_facts, mechanism, prior_notice, protected_reading; where no row describes "
            "it: account, posted, words. Of a poster: role (participant, observer, unknown). Of an association: "
            "suspicion_basis, relevance, reviewer, review_due (a day). May be repeated.",
        ),
    ] = None,
    supports: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ELEMENT", help="Of an act: an element that it supports, such as stalking/threat."
        ),
    ] = None,
    undercuts: Annotated[
        list[str] | None, typer.Option(metavar="ELEMENT", help="Of an act: an element that it undercuts.")
    ] = None,
    replaces: Annotated[
        int | None,
        typer.Option(help="Of an act, notice, poster or association: the annotation that this one replaces."),
    ] = None,
    of: Annotated[
        int | None, typer.Option(help="Of a review: the annotation that was read; of a withdrawal: the fact.")
    ] = None,
    review: Annotated[str, typer.Option(help="Of a review: act, or threat for its words as a threat.")] = "",
    form: Annotated[str, typer.Option(help="Of a notice: request, block, order or withdrawn.")] = "",
    given: Annotated[str, typer.Option(help="Of a notice: when it was given or served, with its zone.")] = "",
    reached: Annotated[str, typer.Option(help="Of a notice: the account it reached; empty: all.")] = "",
    document: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE", help="All of it as JSON, from a file or '-' for standard input."
        ),
    ] = None,
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    *,
    listing: Annotated[bool, typer.Option("--list", help="List what was written; write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Write what people say about exhibits and acts, citing them (who works the case; a supervisor may review)."""
    if listing:
        _list(common.folder_of(case, casefiles), badge, passphrase_file, as_json=as_json)
        return
    options: dict[str, Any] = {
        "account": account,
        "side": side,
        "act": act,
        "supports": supports,
        "undercuts": undercuts,
        "replaces": replaces,
        "of": of,
        "review": review,
        "form": form,
        "given": given,
        "reached": reached,
    }
    said = (
        actwords.of_options(kind, exhibit or [], text, options, say or [])
        if document is None
        else actwords.read(document)
    )
    if said.kind == "mark":
        raise UsageError("a mark is set with 'workbench mark'")
    who = (casefiles, badge, passphrase_file)
    _write(case, said.kind, list(said.exhibits), said.text, said.added(), who, as_json=as_json)


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
    added: dict[str, Any],
    who: tuple[Path, str, Path | None],
    *,
    as_json: bool,
) -> None:
    from workbench.annotating import annotate, numbers

    opened, session = common.open_case(case, *who)
    about = numbers(citations, opened.number)
    number = annotate(opened, session, kind, citations, text, **added)
    if as_json:
        common.as_json({"annotation": number, "kind": kind, "exhibits": about, **added})
        return
    cited = exhibits_told(about) or f"annotation {added.get('of')}"
    said = added.get("mark", kind)
    say(f"annotation {number} ({said}) about {cited}; written by {session.badge}")
    if said == CONTRABAND and (before := _runs(opened.folder)):
        say(
            f"made before this mark, and not changed by it: {before}; also working copies of the lab, backups, and "
            "what has left. A report shows nothing of these runs: run the notebooks again"
        )


def _runs(folder: Path) -> str:
    """Name the newest notebook runs of a case, which may show what they read."""
    from workbench.custody import log

    runs = [f"run-{each.fields['run']:04d}" for each in log.rare(folder) if each.action == "run"]
    older = f"{len(runs) - _RUNS} earlier runs, " if len(runs) > _RUNS else ""
    return older + ", ".join(runs[-_RUNS:])


def _list(folder: Path, badge: str, passphrase_file: Path | None, *, as_json: bool) -> None:
    from workbench.cli.exhibit import reader
    from workbench.custody import annotations
    from workbench.policy.acts import told
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
    when = common.clock(folder.parent)
    for one in found:
        about = exhibits_told(one.exhibits)
        more = " ".join(
            part for part in (one.side, one.account, one.mark, one.act, one.review, one.form) if part
        )
        head = f"{one.annotation}  {when(one.at)}  {one.by}  {one.kind} {more}".rstrip()
        say(one_line(f"{head}  {about}"))
        words = told(msgspec.structs.replace(one, given=when(one.given)))
        for line in words.splitlines():
            say(f"   {visible(line)}")
