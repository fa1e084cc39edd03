"""``workbench review``: what waits for a supervisor, the original beside the claim, signed decisions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from workbench.casefile import CaseFile
from workbench.cli import common
from workbench.cli.common import HERE, Badge, Casefiles, CaseName, Json, PassphraseFile, Reason, say
from workbench.department import Department, Session
from workbench.errors import AuthorityError, IntegrityError, WorkbenchError

if TYPE_CHECKING:
    from workbench.review.queue import Queue

app = typer.Typer(
    cls=common.Group,
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Look at what was captured, decide on it, countersign.",
)
_Items = Annotated[
    list[str],
    typer.Argument(
        metavar="ITEM...", help="capture-0001, import-0001, run-0001, or a citation such as E0012."
    ),
]
_Sample = Annotated[int, typer.Option(min=0, max=100, help="Exhibits of each capture and import to look at.")]


@app.command("list")
def listing(
    case: Annotated[
        str, typer.Argument(metavar="[CASE]", help="Case; all that you may read if left out.")
    ] = "",
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also what has been decided.")] = False,
    as_json: Json = False,
) -> None:
    """List what waits: captures, imports, runs, and each exhibit that a notebook or annotation cites."""
    from workbench.cli import reviewwords

    folders, department = _places(case, casefiles)
    session = common.sign_in(department, badge, passphrase_file)
    found, broken = _queues(folders, department, session.badge, one=bool(case))
    if as_json:
        told = [reviewwords.listed(queue, everything=everything) for queue in found]
        common.as_json(told + [{"case": name, "problem": str(error)} for name, error in broken.items()])
        found = []
    for queue in found:
        for line in reviewwords.list_lines(queue, everything=everything):
            say(common.visible(line))
    for name, error in {} if as_json else broken.items():
        say(f"{name}  NOT READ  {common.visible(' | '.join(error.lines()))}")
    if not (found or broken or as_json):
        say("no cases that you may read")
    for error in broken.values():
        raise typer.Exit(error.exit_code)


def _queues(
    folders: list[Path], department: Department, badge: str, *, one: bool
) -> tuple[list[Queue], dict[str, WorkbenchError]]:
    """Read the queues of the cases that the officer may read; of several, a damaged one stops no other."""
    from workbench.review.queue import queue
    from workbench.workspace.access import Access

    found: list[Queue] = []
    broken: dict[str, WorkbenchError] = {}
    for folder in folders:
        try:
            Access.of(folder, department).require(badge)
            found.append(queue(folder, badge))
        except WorkbenchError as error:
            if one:
                raise
            if not isinstance(error, AuthorityError):
                broken[folder.name] = error
    return found, broken


@app.command()
def show(
    case: CaseName,
    items: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ITEM]...", help="What to look at; all that waits if left out."),
    ] = None,
    sample: _Sample = 5,
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    *,
    as_json: Json = False,
) -> None:
    """Show results, scope against authority, issues, and originals beside what is claimed of them.

    What was shown is entered in the audit chain, and nowhere else; a decision rests on it.
    """
    from workbench.cli import reviewwords
    from workbench.policy.decisions import subject_name
    from workbench.review import looking
    from workbench.review.lines import Lines
    from workbench.review.queue import queue
    from workbench.workspace.access import Access

    folders, department = _places(case, casefiles)
    folder = folders[0]
    session = common.sign_in(department, badge, passphrase_file)
    Access.of(folder, department).require(session.badge)
    names = [subject_name(text, folder.name) for text in items or []]
    lines, also = Lines(folder), [name for name in names if "-E" in name]
    found = queue(folder, session.badge, sample=sample, also=also, lines=lines)
    chosen = reviewwords.chosen(found, names)
    originals = looking.originals(folder, chosen, found.marks)
    change = looking.changes(lines, looking.looks(folder, session.badge))
    looking.enter(folder, session.badge, found, chosen)
    if as_json:
        common.as_json(reviewwords.shown(found, chosen, originals, change))
    else:
        clock = common.clock(folder.parent)
        for told in reviewwords.show_lines(found, chosen, originals, change, clock):
            say(common.visible(told))
    altered = next((one for one in originals.values() if not one.matches), None)
    if altered is not None:
        raise IntegrityError(
            "an exhibit's bytes are not those that were logged",
            where=f"{altered.file}, bytes {altered.offset} to {altered.offset + altered.length}",
            expected=altered.sha256,
            todo="run 'workbench verify', and decide on nothing until it is clear",
        )


_DECISIONS = {
    "approve": "Approve what you have looked at: each named; cited exhibits are not covered by their capture.",
    "return": "Give it back to be done again or better, with a reason; a later capture of the target opens it again.",
    "reject": "Reject it, with a reason; it stays in the case, and is told as rejected.",
}
"""Act, and command that signs it -> what the command says of itself."""


def _deciding(act: str, words: str) -> Callable[..., None]:
    """Make the command that signs one act: all three ask for the same."""

    @common.on_case
    def command(
        opened: CaseFile,
        session: Session,
        items: _Items,
        reason: Reason = "",
        *,
        as_json: Json = False,
    ) -> None:
        from workbench.cli import reviewwords
        from workbench.policy.decisions import subject_name
        from workbench.review.deciding import decide

        made = decide(opened, session, act, [subject_name(text, opened.number) for text in items], reason)
        if as_json:
            common.as_json(msgspec.to_builtins(made))
        else:
            for line in reviewwords.made_lines(made, session.badge):
                say(common.visible(line))

    command.__doc__ = words
    return command


for _act, _words in _DECISIONS.items():
    app.command(_act)(_deciding(_act, _words))


@app.command()
@common.on_case
def ratify(
    opened: CaseFile,
    session: Session,
    reason: Reason = "",
    *,
    as_json: Json = False,
) -> None:
    """Ratify the oral authority that you gave, and seal the case."""
    from workbench.review.deciding import ratify as ratify_case

    version = ratify_case(opened, session, reason)
    if as_json:
        common.as_json(msgspec.to_builtins(version))
    else:
        say(f"ratified in case version {version.version}; signed by {session.badge}, and sealed")


@app.command()
@common.on_case
def sign(
    opened: CaseFile,
    session: Session,
    seal: Annotated[
        int,
        typer.Option(
            "--seal", min=0, help="Number of the seal; 0 is the newest that you saw and did not make."
        ),
    ] = 0,
    *,
    as_json: Json = False,
) -> None:
    """Countersign a seal that somebody else made: the one you saw last, or the one you name."""
    from workbench.custody import seals
    from workbench.review.deciding import sign as countersign

    signed = countersign(opened, session, seal)
    if as_json:
        common.as_json(
            {"case": opened.number, "seal": signed.number, "sha256": signed.sha256, "by": session.badge}
        )
    else:
        say(f"seal {signed.number} ({seals.short(signed.sha256)}) countersigned by {session.badge}")


def _places(case: str, casefiles: Path) -> tuple[list[Path], Department]:
    """Give the case folders meant, and the register beside them."""
    from workbench.cli.department import cases_in

    if not case:
        return cases_in(casefiles), common.department_of(casefiles)
    folder = common.folder_of(case, casefiles)
    return [folder], common.department_of(common.home_of(folder, casefiles))
