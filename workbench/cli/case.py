"""``workbench case``: from opening to closing, each step signed by who takes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from workbench import sealing
from workbench.casefile import CaseFile
from workbench.casefile.case import new_folder
from workbench.cli import common
from workbench.cli.casewords import act_words, scope_words, summary, work_words
from workbench.cli.common import (
    HERE,
    Badge,
    Casefiles,
    CaseName,
    Json,
    PassphraseFile,
    Reason,
    local,
    one_line,
    say,
    visible,
)
from workbench.counts import counted
from workbench.department import Session
from workbench.errors import UsageError
from workbench.policy.purposes import PURPOSES, Fact, check_named, missing_facts
from workbench.policy.versions import (
    DAY,
    GIVEN_ONLY,
    GIVEN_WORDS,
    MAX_DAYS,
    ORAL_HOURS,
    ORAL_REQUESTS,
    Oral,
    Scope,
    ScopeLimits,
    Window,
)
from workbench.records import Target
from workbench.times import now, stamp

app = typer.Typer(
    cls=common.Group,
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Open, request, approve, renew, close and show cases.",
)
_Target = Annotated[
    list[str] | None,
    typer.Option("--target", help="SOURCE=ADDRESS, such as mastodon=@ada@social.example; may be repeated."),
]
_Host = Annotated[
    list[str] | None,
    typer.Option(
        "--host", help="A further host that holds the targets' media; '*.' in front allows subdomains."
    ),
]
_Since = Annotated[str, typer.Option(help="Posts from this day or time on.")]
_Until = Annotated[str, typer.Option(help="Posts up to and including this day or time.")]
_Requests = Annotated[int, typer.Option(min=1, help="Most requests of one capture.")]

_Media = Annotated[bool, typer.Option(help="Media of the targets' posts.")]
_Context = Annotated[bool, typer.Option(help="The threads in which the targets' posts stand.")]
_Days = Annotated[int, typer.Option(min=1, max=MAX_DAYS, help="How long the authority lasts.")]


@app.command("open")
def open_case(
    number: Annotated[str, typer.Argument(help="The new case's number, such as 2026-0417.")],
    purpose_name: Annotated[str, typer.Option("--purpose", help=" | ".join(PURPOSES))],
    fact: Annotated[
        list[str] | None, typer.Option(help="NAME=TEXT, what the purpose requires; repeat.")
    ] = None,
    subject: Annotated[list[str] | None, typer.Option(help="Whom it is about; may be repeated.")] = None,
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    oral_authority: Annotated[
        str, typer.Option(help="Imminent danger: badge of the supervisor who said yes.")
    ] = "",
    words: Annotated[str, typer.Option(help="The supervisor's words.")] = "",
    danger: Annotated[str, typer.Option(help="The danger.")] = "",
    spoken_at: Annotated[str, typer.Option(help="When it was said, with its zone; now if left out.")] = "",
    target: _Target = None,
    host: _Host = None,
    since: _Since = "",
    until: _Until = "",
) -> None:
    """Open a case; with --oral-authority it covers its targets for 24 hours, to be ratified."""
    department = common.department_of(casefiles)
    if not oral_authority and any((words, danger, spoken_at, target, host, since, until)):
        raise UsageError(
            "a case is opened without a scope",
            expected="targets, hosts, period, words and danger only with --oral-authority BADGE",
            todo="leave them out and ask with 'case request', or add --oral-authority",
        )
    new_folder(casefiles, number)  # before anybody is asked for anything
    found = _ask_facts(purpose_name, common.facts(fact or []))
    session = common.sign_in(department, badge, passphrase_file)
    first: dict[str, object] = {
        "case": number,
        "act": "open",
        "purpose": purpose_name,
        "facts": found,
        "subjects": tuple(subject or ()),
    }
    if oral_authority:
        if department.role(oral_authority) not in {"supervisor", "chief"}:
            raise UsageError("an oral authority is a supervisor's", found=oral_authority)
        at = _spoken(spoken_at)
        if not (target and words.strip() and danger.strip()):
            raise UsageError("an oral authority needs --target, --words and --danger")
        limits = ScopeLimits(requests=ORAL_REQUESTS, bytes=500_000_000)
        first |= {
            "act": "oral",
            "scope": _scope(target, host, since, until, limits, media=True, context=True),
            "oral": Oral(
                supervisor=oral_authority,
                at=stamp(at),
                words=words,
                danger=danger,
            ),
            "expires": stamp(at + ORAL_HOURS * DAY // 24),
        }
    case = CaseFile.create(casefiles, department, session, first)
    sealing.finish(case, session)
    say(f"case {number} is open: {case.folder}")
    if oral_authority:
        say(f"oral authority of {oral_authority} for {ORAL_HOURS} hours from when it was spoken, unratified")
        say(f"next: workbench collect {number}; {oral_authority} then runs: workbench case ratify {number}")
    else:
        say(f"next: workbench case request {number} --target SOURCE=ADDRESS")


@app.command()
def request(
    case: CaseName,
    target: _Target = None,
    host: _Host = None,
    since: _Since = "",
    until: _Until = "",
    requests: _Requests = 2000,
    size: Annotated[int, typer.Option("--bytes", min=1, help="Most bytes of one capture.")] = 2_000_000_000,
    days: _Days = MAX_DAYS,
    reason: Reason = "",
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    *,
    media: _Media = True,
    context: _Context = True,
    given_files: Annotated[
        bool, typer.Option("--given-files", help="Nothing is collected: the case rests on files given to us.")
    ] = False,
) -> None:
    """Ask for authority over targets, hosts and a period, or to work on given files only."""
    limits = ScopeLimits(requests=requests, bytes=size)
    if given_files:
        scope = _given_only(target, host, since, until)
    else:
        scope = _scope(target, host, since, until, limits, media=media, context=context)
    opened, session = common.open_case(case, casefiles, badge, passphrase_file)
    _act(opened, session, "request", scope=scope, days=days, reason=reason)
    what = (
        GIVEN_WORDS if given_files else f"{counted(len(scope.targets), 'target')} at {', '.join(scope.hosts)}"
    )
    say(f"asked: {what}, for {counted(days, 'day')}")
    say(f"next: a supervisor runs: workbench case approve {opened.number}")


@app.command()
@common.on_case
def approve(
    opened: CaseFile,
    session: Session,
    reason: Reason = "",
    *,
    days: Annotated[int, typer.Option(min=0, max=MAX_DAYS, help="Fewer days than asked; 0 is as asked.")] = 0,
) -> None:
    """Approve the request that waits (a supervisor who neither asked nor works the case)."""
    pending = opened.standing().pending
    if pending is None:
        raise UsageError("no request waits in this case", todo="see 'workbench case show'")
    lasting = min(days or pending.version.days, pending.version.days)
    expires = now() + lasting * DAY
    _act(opened, session, "approve", approves=pending.sha256, expires=stamp(expires), reason=reason)
    say(f"approved until {local(expires, opened.department)}; signed by {session.badge}")


@app.command()
@common.on_case
def refuse(opened: CaseFile, session: Session, reason: Reason = "") -> None:
    """Refuse the request, or the oral authority, that waits; a reason is needed."""
    versions = opened.history().versions
    pending = opened.standing().pending or versions[0]
    _act(opened, session, "refuse", refuses=pending.sha256, reason=reason)
    say(f"refused; signed by {session.badge}")


@app.command()
@common.on_case
def ratify(opened: CaseFile, session: Session, reason: Reason = "") -> None:
    """Ratify the oral authority that you gave."""
    _act(opened, session, "ratify", ratifies=opened.history().versions[0].sha256, reason=reason)
    say(f"ratified; signed by {session.badge}. Its 24 hours are not renewed: ask with 'case request'")


@app.command()
@common.on_case
def renew(opened: CaseFile, session: Session, reason: Reason = "", days: _Days = MAX_DAYS) -> None:
    """Ask for the same scope again, with a reason; a supervisor approves it."""
    authority = opened.standing().authority
    if authority is None:
        raise UsageError("there is no approval to renew", todo="use 'case request'")
    _act(opened, session, "renew", days=days, reason=reason, scope=authority.scope)
    say(
        f"asked for {counted(days, 'day')} from the approval on; next: workbench case approve {opened.number}"
    )


@app.command()
@common.on_case
def close(opened: CaseFile, session: Session, reason: Reason = "") -> None:
    """Close a case for good; nothing is collected or received any more."""
    _act(opened, session, "close", reason=reason)
    say(f"closed; signed by {session.badge}")


@app.command()
@common.on_case
def assign(
    opened: CaseFile,
    session: Session,
    who: Annotated[
        list[str], typer.Argument(metavar="BADGE...", help="Who works the case beside its owner.")
    ],
    reason: Reason = "",
) -> None:
    """Say who works the case beside its owner (owner or supervisor); replaces the list."""
    _check_badges(opened, who)
    _act(opened, session, "assign", assigned=tuple(dict.fromkeys(who)), reason=reason)
    say(f"assigned: {', '.join(who)}; signed by {session.badge}")


@app.command()
@common.on_case
def handover(
    opened: CaseFile,
    session: Session,
    who: Annotated[str, typer.Argument(metavar="BADGE", help="The new owner.")],
    reason: Reason = "",
) -> None:
    """Hand the case over to another owner (owner or supervisor)."""
    _check_badges(opened, [who])
    _act(opened, session, "handover", owner=who, reason=reason)
    say(f"handed over to {who}; signed by {session.badge}")


@app.command("list")
def listing(casefiles: Casefiles = HERE, *, as_json: Json = False) -> None:
    """List the cases with purpose, state and expiry."""
    from workbench.cli.department import cases_in
    from workbench.custody import history
    from workbench.errors import WorkbenchError

    rows = []
    when = str if as_json else common.clock(casefiles)
    for folder in cases_in(casefiles):
        try:
            rows.append(summary(folder.name, history.read(folder).standing(now()), when))
        except WorkbenchError as error:
            rows.append({"case": folder.name, "state": "unreadable", "problem": error.what})
    if as_json:
        common.as_json(rows)
        return
    if not rows:
        say("no cases; next: workbench case open NUMBER --purpose PURPOSE")
    common.say_rows(rows)


@app.command()
def show(case: CaseName, casefiles: Casefiles = HERE, *, as_json: Json = False) -> None:
    """Show a case: facts, authority, scope, versions, captures, imports, runs."""
    from workbench.custody import history

    folder = common.folder_of(case, casefiles)
    found = history.read(folder)
    standing = found.standing(now())
    when = str if as_json else common.clock(folder.parent)
    rows = {
        "summary": summary(folder.name, standing, when),
        "facts": found.versions[0].version.facts if found.versions else {},
        "subjects": found.versions[0].version.subjects if found.versions else (),
        "scope": scope_words(standing, when),
        "versions": [act_words(signed, when) for signed in found.versions],
        "captures": [work_words(work, found.versions, when) for work in found.captures.values()],
        "imports": [work_words(work, found.versions, when) for work in found.imports.values()],
        "runs": [f"{n} {w.begin.fields['name']} {w.begin.fields['status']}" for n, w in found.runs.items()],
        "log": f"{found.lines} lines",
        "folder": str(folder),
    }
    if as_json:
        common.as_json(rows)
        return
    for name, value in rows.items():
        items = value.items() if isinstance(value, dict) else None
        lines = [f"{k}: {v}" for k, v in items if v] if items is not None else value
        say(f"{name}: {visible(lines)}" if isinstance(lines, str) else f"{name}:{'' if lines else ' none'}")
        for line in [] if isinstance(lines, str) else lines:
            say(f"  {one_line(str(line))}")


def _ask_facts(name: str, given: dict[str, str]) -> dict[str, str]:
    """Ask at a terminal for what is missing; elsewhere the refusal names it."""
    import sys

    check_named(name, given)
    if sys.stdin.isatty():
        for fact in missing_facts(name, given):
            given[fact.name] = common.ask(f"{fact.title} ({fact.help})", value_proc=_choice(fact))
    return given


def _choice(fact: Fact) -> Callable[[str], str]:
    """Give what checks an answer where it is typed; the question is put again where it fails."""

    def checked(text: str) -> str:
        if not fact.chosen(text):
            raise typer.BadParameter(f"begin with {fact.help}")
        return text.strip()

    return checked


def _given_only(*asked: object) -> Scope:
    if any(asked):
        raise UsageError(
            "with --given-files nothing is collected", todo="leave out --target, --host, --since and --until"
        )
    return GIVEN_ONLY


def _scope(
    targets: list[str] | None,
    hosts: list[str] | None,
    since: str,
    until: str,
    limits: ScopeLimits,
    *,
    media: bool,
    context: bool,
) -> Scope:
    from workbench.collectors import collector
    from workbench.intake import canonical

    found: list[Target] = []
    if not targets:
        raise UsageError(
            "nothing is asked for", todo="name at least one --target SOURCE=ADDRESS, or say --given-files"
        )
    for text in targets:
        source, sign, address = text.partition("=")
        if not sign:
            raise UsageError(
                "a target is written SOURCE=ADDRESS", found=text[:80], expected="mastodon=@ada@host"
            )
        found.append(canonical(source, address))
    needed = [name for one in found for name in collector(one.source).hosts(one.target)]
    first, last = common.period(since, until)
    return Scope(
        targets=tuple(found),
        hosts=tuple(dict.fromkeys([*needed, *(common.host(host) for host in hosts or [])])),
        window=Window(
            since=stamp(first) if first is not None else None, until=stamp(last) if last is not None else None
        ),
        limits=limits,
        media=media,
        context=context,
    )


def _spoken(text: str) -> int:
    """Read when an oral authority was given: its hours run from then, whenever the case is opened."""
    at = common.past(text)
    if now() - at >= ORAL_HOURS * DAY // 24:
        raise UsageError(
            f"an oral authority ends {ORAL_HOURS} hours after it was spoken",
            found=text,
            todo="use 'case request'",
        )
    return at


def _act(case: CaseFile, session: Session, act: str, **fields: Any) -> None:  # noqa: ANN401 - as the act has them
    """Take a step of the case, and seal it."""
    case.act(session, act, **fields)
    sealing.finish(case, session)


def _check_badges(case: CaseFile, badges: list[str]) -> None:
    unknown = [badge for badge in badges if not case.department.role(badge)]
    if unknown:
        raise UsageError("not in the register", found=", ".join(unknown), todo="see 'workbench officer list'")
