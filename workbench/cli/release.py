"""``workbench release``: signed permission for something to leave, and the log of what left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from workbench.cli import common
from workbench.cli.common import HERE, Badge, Casefiles, CaseName, Json, PassphraseFile, one_line, say
from workbench.counts import counted, exhibits_told
from workbench.custody.releases import Given, Left
from workbench.policy.release import DAYS, MAX_DAYS

app = typer.Typer(
    cls=common.Group,
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Release something of a case, and list what was released and what has left.",
)


@app.command()
def give(
    case: CaseName,
    kind: Annotated[str, typer.Option(help="package, disclosure, report, copy or export")] = "",
    recipient: Annotated[str, typer.Option("--to", help="Who is to receive it.")] = "",
    purpose: Annotated[str, typer.Option(help="What for: the order, motion or request.")] = "",
    exhibit: Annotated[
        list[str] | None,
        typer.Option(metavar="CITATION", help="Only these exhibits; may be repeated. Without it: all."),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=MAX_DAYS, help="How many days it lasts.")] = DAYS,
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    *,
    as_json: Json = False,
) -> None:
    """Release what the newest seal covers (the chief, or a deputy whom the chief entered)."""
    from workbench.annotating import numbers
    from workbench.policy.release import check_fields
    from workbench.release import give as release

    # Before a key is asked for: words that do not fit are refused first.
    check_fields(kind, recipient, purpose, None)
    opened, session = common.open_case(case, casefiles, badge, passphrase_file)
    chosen = numbers(exhibit, opened.number) if exhibit else None
    given = release(opened, session, kind, chosen, recipient=recipient, purpose=purpose, days=days)
    if as_json:
        common.as_json({"release": given.release, "seal": given.seal, "expires": given.expires})
        return
    what = counted(len(chosen), "exhibit") if chosen else "all exhibits"
    until = common.clock(opened.folder.parent)(given.expires)
    say(
        f"release {given.release}: {kind} of {what}, as of seal {given.seal}, until {until}; "
        f"signed by {session.badge}"
    )
    say(f"next: {_next(opened.number, given.release, kind, chosen)}")


def _next(case: str, release: int, kind: str, chosen: list[int] | None) -> str:
    """Write the command by which what was released leaves."""
    cited = " ".join(f"E{each:04d}" for each in chosen) if chosen else "CITATION"
    return {
        "package": f"workbench package {case} --release {release} --out FOLDER",
        "report": f"workbench report {case} --release {release} --out FOLDER",
        "export": f"workbench export {case} --release {release} --out FOLDER --all",
        "disclosure": f"workbench disclose {case} {cited} --release {release} --out FOLDER",
        "copy": f"workbench exhibit {case} {cited.split()[0]} --release {release} --save FILE",
    }[kind]


@app.command("list")
def listing(
    case: CaseName,
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    *,
    as_json: Json = False,
) -> None:
    """List the releases, and what has left under each: the dissemination log."""
    from workbench.cli.exhibit import reader
    from workbench.custody import log, releases
    from workbench.times import now

    folder = common.folder_of(case, casefiles)
    reader(folder, badge, passphrase_file)
    lines = list(log.rare(folder))
    left = releases.left(folder, lines)
    rows = [_row(one, left, now()) for one in releases.read(folder, lines)]
    if as_json:
        common.as_json(rows)
        return
    if not rows:
        say("nothing was released, and nothing has left")
    when = common.clock(folder.parent)
    for row in rows:
        _tell(row, when)


def _row(given: Given, left: list[Left], now: int) -> dict[str, Any]:
    from workbench.times import read_stamp, stamp

    release = given.release
    over = "expired" if now >= read_stamp(release.expires) else "in force"
    return {
        "release": release.release,
        "kind": release.kind,
        "exhibits": release.exhibits,
        "seal": release.seal,
        "to": release.recipient,
        "purpose": release.purpose,
        "by": release.by,
        "at": release.at,
        "expires": release.expires,
        "state": given.problem or over,
        "left": [
            {
                "at": stamp(one.at),
                "by": one.actor,
                "kind": one.kind,
                "sha256": one.sha256,
                "exhibits": one.exhibits,
            }
            for one in left
            if one.release == release.release
        ],
    }


def _tell(row: dict[str, Any], when: Callable[[str], str]) -> None:
    what = "all" if row["exhibits"] is None else exhibits_told(row["exhibits"])
    say(
        f"{row['release']}  {row['kind']} of {what} as of seal {row['seal']}  by {row['by']}  {when(row['at'])} "
        f"until {when(row['expires'])}  {row['state']}"
    )
    say(one_line(f"   to {row['to']}: {row['purpose']}"))
    for one in row["left"]:
        say(
            f"   left {when(one['at'])} by {one['by']}: {counted(one['exhibits'], 'exhibit')}, "
            f"sha256 {one['sha256']}"
        )
    if not row["left"]:
        say("   nothing has left under it")
