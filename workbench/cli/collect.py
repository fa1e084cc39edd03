"""``workbench collect``: the approved targets, each into a capture of its own."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from workbench.casefile import CaseFile
from workbench.cli import common
from workbench.cli.casewords import items_words
from workbench.cli.common import Json, say
from workbench.counts import counted, rows_told
from workbench.department import Session
from workbench.errors import Refused, WorkbenchError
from workbench.intake import Taken, canonical, collect, orders
from workbench.policy.versions import GIVEN_ONLY
from workbench.records import Order
from workbench.times import stamp

app = typer.Typer(rich_markup_mode=None, add_completion=False, help="Collect what a case's authority covers.")
_SOURCE_EXIT = 5
_NEXT = {
    "requested": "a supervisor decides with 'workbench case approve'",
    "closed": "open a new case that refers to this one",
    "unsound": "run 'workbench verify' and tell your supervisor",
}


@app.command()
@common.on_case
def command(
    opened: CaseFile,
    session: Session,
    source: Annotated[str, typer.Argument(help="Only this source …")] = "",
    target: Annotated[str, typer.Argument(help="… and this target.")] = "",
    since: Annotated[str, typer.Option(help="Posts from this day or time on.")] = "",
    until: Annotated[str, typer.Option(help="Posts up to and including this day or time.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="Most posts of a target.")] = 1000,
    *,
    plan: Annotated[bool, typer.Option("--plan", help="Say what would be collected; send nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Collect every approved target, or only SOURCE TARGET; the closing lines tell the results.

    An interrupted capture is gone on from: what was kept is not fetched again.
    """
    wanted = _orders(opened, source, target, since, until, limit)
    if plan:
        _plan(wanted, as_json=as_json)
        return
    results = [_one(opened, session, order, quiet=as_json) for order in wanted]
    if as_json:
        common.as_json([_row(order, taken) for order, taken in zip(wanted, results, strict=True)])
    if results and all(taken.result.verdict in {"blocked", "failed"} for taken in results):
        raise typer.Exit(_SOURCE_EXIT)


def _orders(case: CaseFile, source: str, target: str, since: str, until: str, limit: int) -> list[Order]:
    standing = case.standing()
    first, last = common.period(since, until)
    if standing.authority is None or standing.state in {"closed", "unsound"}:
        case.refused("no-authority")
        raise Refused(
            "no signed approval covers this case",
            reason="no-authority",
            where=standing.problem or f"{case.number} is {standing.state}",
            todo=_NEXT.get(standing.state, "see 'workbench case show'; ask with 'case request'"),
        )
    if standing.authority.scope == GIVEN_ONLY:
        case.refused("target-out-of-scope")
        raise Refused(
            "the approval covers given files only: nothing may be collected",
            reason="target-out-of-scope",
            where=case.number,
            todo="ask for targets with 'workbench case request'",
        )
    found = orders(standing.authority.scope, since=first, until=last, limit=limit)
    if not source:
        return found
    if not target:
        chosen = [order for order in found if order.target.source == source]
    else:
        exact = canonical(source, target)
        chosen = [order for order in found if order.target == exact]
    if not chosen:
        case.refused("target-out-of-scope")
        raise Refused(
            "this is not in the approved scope",
            reason="target-out-of-scope",
            where=f"{source} {target}".strip(),
            todo="ask for it with 'workbench case request'",
        )
    return chosen


def _plan(wanted: list[Order], *, as_json: bool) -> None:
    rows = [
        {
            "source": order.target.source,
            "target": order.target.target,
            "since": stamp(order.since) if order.since is not None else None,
            "until": stamp(order.until) if order.until is not None else None,
            "limit": order.limit,
            "media": order.media,
            "threads": order.context,
        }
        for order in wanted
    ]
    if as_json:
        common.as_json(rows)
        return
    say("would collect, and sends nothing now:")
    common.say_rows([{name: "" if value is None else value for name, value in row.items()} for row in rows])


def _one(case: CaseFile, session: Session, order: Order, *, quiet: bool) -> Taken:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}"),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True, quiet=quiet or not sys.stderr.isatty())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(order.target.source, total=None)

        def report(what: str, count: int) -> None:
            progress.update(task, description=common.visible(what)[:60], completed=count)

        try:
            taken = collect(case, session, order, report=report)
        except WorkbenchError:
            progress.stop()
            raise
    if not quiet:
        _tell(order, taken)
    return taken


def _tell(order: Order, taken: Taken) -> None:
    result = taken.result
    say(f"{taken.source}  {order.target.source} {common.one_line(order.target.target)}")
    say(
        f"  {result.verdict.upper()} ({result.reason})  "
        f"{items_words(result.verdict, result.items)}, {counted(taken.exhibits, 'exhibit')}; {rows_told(taken.rows)}"
    )
    if result.detail:
        say(f"  {common.one_line(result.detail)}")


def _row(order: Order, taken: Taken) -> dict[str, object]:
    return {
        "source": order.target.source,
        "target": order.target.target,
        "capture": taken.source,
        "verdict": taken.result.verdict,
        "reason": taken.result.reason,
        "items": taken.result.items,
        "exhibits": taken.exhibits,
        "rows": taken.rows,
    }
