"""``workbench run``, ``batch`` and ``lab``: notebooks over evidence, kept with the case."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from typer.core import TyperCommand

from workbench import errors
from workbench.cli import common
from workbench.cli.common import HERE, Badge, Casefiles, CaseName, Json, PassphraseFile, say
from workbench.custody import agent
from workbench.custody.keys import KeySigner
from workbench.department import Session
from workbench.errors import UsageError, WorkbenchError
from workbench.runner.batch import Result
from workbench.runner.kept import RunRecord
from workbench.runner.run import Job

app = typer.Typer(rich_markup_mode=None, add_completion=False, help="Run a case's notebook and keep it.")
batch = typer.Typer(rich_markup_mode=None, add_completion=False, help="Run the notebooks of many cases.")
lab = typer.Typer(
    rich_markup_mode=None, add_completion=False, help="Open JupyterLab on working copies outside the case."
)

_OURS = frozenset(
    name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, Exception)
)
_LOOK = "next: open the page below; the cell that failed says what it lacked"
_Notebook = Annotated[str, typer.Option(help="Name or path; without it the one of the case's purpose.")]
_Parameter = Annotated[
    list[str] | None,
    typer.Option(
        "--parameter", "-p", help="NAME VALUE, as the notebook's first cell describes; may be repeated."
    ),
]
_Collect = Annotated[bool, typer.Option("--collect", help="Collect the approved targets first.")]


class Pairs(TyperCommand):
    """A command whose ``-p`` takes a name and a value as two words, as papermill's does; typer takes one."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer vendors its context class
        """Join the two words before they are parsed."""
        joined: list[str] = []
        rest = iter(args)
        for word in rest:
            joined.append(word)
            if word in {"-p", "--parameter"}:
                name, value = next(rest, None), next(rest, None)
                if name is None or value is None:
                    raise UsageError("-p takes a name and a value", expected="-p NAME VALUE")
                joined.append(f"{name}={value}")
        return super().parse_args(ctx, joined)


@app.command(cls=Pairs)
def command(
    case: CaseName,
    notebook: _Notebook = "",
    parameter: _Parameter = None,
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    *,
    collect: _Collect = False,
    as_json: Json = False,
) -> None:
    """Run a notebook for a case in a process of its own; notebook, HTML, values and record are kept.

    Values given with -p are kept with the case: once the run is complete, the next begins with them.
    """
    from workbench.runner.run import run_case

    folder = common.folder_of(case, casefiles)
    department = common.department_of(common.home_of(folder, casefiles))
    session = common.sign_in(department, badge, passphrase_file)
    given = dict(pair.split("=", 1) for pair in parameter or [])
    job = Job(folder=folder, notebook=notebook or _purpose(folder), given=given, collect=collect)
    with _held(session), _bar(job.notebook, "cells", quiet=as_json) as report:
        record = run_case(job, department, session.badge, report=report)
    if as_json:
        common.as_json(msgspec.to_builtins(record))
    else:
        _tell(record, folder)
    if not record.complete:
        raise typer.Exit(1)


@batch.command()
def many(
    cases: Annotated[str, typer.Option(help="Case numbers, parted by commas.")] = "",
    notebook: _Notebook = "",
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    at_once: Annotated[int, typer.Option(min=1, max=64, help="How many at once.")] = 2,
    values: Annotated[
        Path | None, typer.Option(help='JSON file of values: {"CASE": {"NAME": VALUE}}.')
    ] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All cases that are not closed.")] = False,
    collect: _Collect = False,
    skip_unchanged: Annotated[bool, typer.Option(help="Leave out what would be the same again.")] = False,
    as_json: Json = False,
) -> None:
    """Run a notebook for each of many cases, each in a process of its own; one failure stops nothing."""
    from workbench.runner.batch import batch as run_batch
    from workbench.runner.batch import summary

    department = common.department_of(casefiles)
    session = common.sign_in(department, badge, passphrase_file)
    names = _chosen(cases, casefiles, everything=everything)
    given = _values(values, names)
    planned = [
        _planned(
            name,
            casefiles,
            notebook,
            given.get(Path(name).name, {}),
            collect=collect,
            skip_unchanged=skip_unchanged,
        )
        for name in names
    ]
    jobs = [one for one in planned if isinstance(one, Job)]
    with _held(session), _bar("batch", "notebooks", quiet=as_json) as tell:
        done = iter(
            run_batch(
                jobs,
                department,
                session.badge,
                at_once=at_once,
                report=lambda _, done, total: tell(done, total),
            )
        )
    results = [next(done) if isinstance(one, Job) else one for one in planned]
    if as_json:
        common.as_json([msgspec.to_builtins(result) for result in results])
    else:
        for name, result in zip(names, results, strict=True):
            _tell_result(result, casefiles / Path(name).name)
        say(", ".join(f"{count} {status}" for status, count in summary(results).items()) or "no cases")
    if any(result.status in {"failed", "refused"} for result in results):
        raise typer.Exit(1)


def _planned(
    name: str,
    casefiles: Path,
    notebook: str,
    given: dict[str, object],
    *,
    collect: bool,
    skip_unchanged: bool,
) -> Job | Result:
    """Plan one case's run; what is wrong with that case is its own result and stops no other."""
    try:
        folder = common.folder_of(name, casefiles)
        chosen = notebook or _purpose(folder)
    except WorkbenchError as error:
        return Result(case=name, notebook=notebook, error=str(error), exit_code=error.exit_code)
    return Job(folder=folder, notebook=chosen, given=given, collect=collect, skip_unchanged=skip_unchanged)


@lab.command()
def open_lab(
    case: Annotated[
        str, typer.Argument(metavar="[CASE]", help="Case number, or path of a case folder.")
    ] = "",
    folder: Annotated[Path | None, typer.Option("--dir", help="Folder of the working copies.")] = None,
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    *,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
) -> None:
    """Open JupyterLab on working copies outside the case: looking and saving never touch it."""
    from workbench.runner.lab import lab as run_lab

    chosen = common.folder_of(case, casefiles) if case else None
    home = common.home_of(chosen, casefiles) if chosen else casefiles
    department = common.department_of(home)
    session = common.sign_in(department, badge, passphrase_file)
    with _held(session):
        code = run_lab(home, department, session.badge, case=chosen, folder=folder, browser=browser)
    raise typer.Exit(code)


@contextlib.contextmanager
def _held(session: Session) -> Iterator[None]:
    """Keep a key that was unlocked for this command within reach of the commands it starts, not of kernels."""
    if not isinstance(session.signer, KeySigner):
        yield
        return
    before = os.environ.get("WORKBENCH_AGENT")
    with agent.hosting(session.signer, f"workbench {session.badge}") as path:
        os.environ["WORKBENCH_AGENT"] = str(path)
        try:
            yield
        finally:
            os.environ.pop("WORKBENCH_AGENT")
            if before is not None:
                os.environ["WORKBENCH_AGENT"] = before


def _purpose(folder: Path) -> str:
    from workbench.custody import history

    return history.read(folder).versions[0].version.purpose


def _chosen(cases: str, casefiles: Path, *, everything: bool) -> list[str]:
    from workbench.cli.department import cases_in
    from workbench.custody import history
    from workbench.runner import notebooks
    from workbench.times import now

    if bool(cases) == everything:
        raise UsageError("which cases?", expected="--cases NUMBER,NUMBER or --all")
    if cases:
        return [name.strip() for name in cases.split(",") if name.strip()]
    known = notebooks.names()
    found = []
    for folder in cases_in(casefiles):
        try:
            standing = history.read(folder).standing(now())
        except WorkbenchError:
            # It is planned all the same, so that its own result says what is wrong with it.
            found.append(folder.name)
            continue
        if standing.state != "closed" and standing.latest is not None and standing.latest.purpose in known:
            found.append(folder.name)
        elif standing.state != "closed":
            say(f"{folder.name}  left out: no notebook for its purpose yet")
    return found


def _values(path: Path | None, names: list[str]) -> dict[str, dict[str, object]]:
    """Read each case's values; what a notebook does not take is refused later, by name."""
    if path is None:
        return {}
    try:
        given = msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, Any]])
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(
            f"the file of values cannot be read: {error}",
            where=str(path),
            expected='{"2026-0417": {"since": "2026-03-01"}}',
        ) from error
    unknown = sorted(set(given) - {Path(name).name for name in names})
    if unknown:
        raise UsageError(
            "the file of values names cases that are not in this batch", found=", ".join(unknown)[:200]
        )
    return given


def _tell(record: RunRecord, folder: Path) -> None:
    say(f"{record.case}  {record.name}  {record.status.upper()}{_reason(record)}")
    for line in _cause(record, folder):
        say(f"  {common.visible(line)}")
    if record.folder:
        say(f"  {folder / record.folder / 'notebook.html'}")
    if record.values.get("collect") and not record.unchanged:
        for line in _shortfalls(record, folder):
            say(f"  {common.visible(line)}")


def _cause(record: RunRecord, folder: Path) -> list[str]:
    """Give what a failed cell said, when it was refused by the workbench, with what to do next.

    The record names only the kind of error: what a cell prints may be captured words.
    """
    if record.reason != "cell-error" or not record.folder:
        return []
    try:
        cells = msgspec.json.decode((folder / record.folder / "notebook.ipynb").read_bytes())["cells"]
        outputs = [each for cell in cells for each in cell.get("outputs", ())]
        (said,) = [str(each["evalue"]) for each in outputs if each["output_type"] == "error"][:1]
    except (OSError, msgspec.DecodeError, KeyError, TypeError, ValueError):
        return []
    lines = [line[:300] for line in said.splitlines()[:6]] if record.error in _OURS else []
    return lines if any(line.startswith("next:") for line in lines) else [*lines, _LOOK]


def _shortfalls(record: RunRecord, folder: Path) -> list[str]:
    """Name the captures made in the run that did not end complete: a complete notebook does not say so."""
    from workbench.cli.casewords import work_words
    from workbench.custody import history

    found = history.read(folder)
    fresh = [work for work in found.captures.values() if work.begin.seq > record.position]
    short = [work for work in fresh if work.end is None or work.end.fields["verdict"] != "complete"]
    return [f"not complete: capture {work_words(work, found.versions)}" for work in short]


def _reason(record: RunRecord) -> str:
    words = f" ({record.reason})" if record.reason != "ok" else ""
    return f"{words}: {common.visible(record.error)[:300]}" if record.error else words


def _tell_result(result: Result, folder: Path) -> None:
    if result.record is not None:
        _tell(result.record, folder)
        return
    say(common.one_line(f"{result.case}  {result.notebook}  REFUSED"))
    for line in result.error.splitlines():
        say(f"  {common.visible(line)}")


@contextlib.contextmanager
def _bar(what: str, unit: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Show at a terminal how far long work is: so many of so many."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True, quiet=quiet or not sys.stderr.isatty())
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)

        def report(done: int, total: int) -> None:
            bar.update(task, description=f"{what}: {done} of {total} {unit}", completed=done, total=total)

        yield report
