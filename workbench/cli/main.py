"""The command ``workbench``: finds a command's module only when it is used, so that help is fast."""

from __future__ import annotations

import signal
import sys
import traceback
from importlib import import_module
from types import FrameType
from typing import Annotated, Any

import typer
import typer.main
from typer.core import TyperGroup

from workbench import __version__
from workbench.errors import StorageError, WorkbenchError

INTERRUPTED = 130
"""What typer ends with where Ctrl-C was typed, as shells expect."""
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "Run the whole thing on an invented town."),
    "department": ("department", "Make the department's register and settings."),
    "officer": ("officer", "Officers, their roles and keys."),
    "unlock": ("keys:unlock", "Unlock your key for a while."),
    "lock": ("keys:lock", "Forget your unlocked key."),
    "case": ("case", "Open, request, approve, renew, close and show cases."),
    "sources": ("sources", "List collectors and importers with their true state."),
    "collect": ("collect", "Collect what a case's authority covers."),
    "street": ("street", "Fetch the map tiles under a case's places, where a server is named."),
    "import": ("importing", "Take a file or folder that was given to us into a case."),
    "exhibit": ("exhibit", "Show an exhibit: its bytes, hash and custody history."),
    "annotate": ("annotate", "Write a note or an authorship fact about exhibits."),
    "mark": ("annotate:mark", "Mark exhibits as contraband or hidden."),
    "tables": ("tables", "Rebuild and describe a case's tables."),
    "run": ("run", "Run a case's notebook and keep it."),
    "batch": ("run:batch", "Run the notebooks of many cases."),
    "lab": ("run:lab", "Open JupyterLab on working copies outside the case."),
    "seal": ("seal", "Seal what is new in a case; list, sign and timestamp seals."),
    "review": ("review", "Look at what was captured, decide on it, countersign."),
    "release": ("release", "Release something of a case; list what has left."),
    "backup": ("backup", "Copy cases and the register while they are open."),
    "restore": ("backup:restore", "Take a case back from a backup; signed."),
    "report": ("report", "Make a report of executed notebooks, as a page and as PDF."),
    "export": ("export", "Export tables and networks for other programs."),
    "disclose": ("disclose", "Disclose chosen exhibits with the proof that they are under a seal."),
    "package": ("package", "Make a court package that anyone can check without this program."),
    "verify": ("verify", "Check a case file, clause by clause."),
}
"""Command -> module under ``workbench.cli`` (and its attribute, ``app`` unless named), and its line of help."""


class Lazy(TyperGroup):
    """A group that knows its commands' names and imports one only to run it or show its help."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - typer vendors its own
        """Name the commands in the order of their use."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 - typer's own class
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        app = getattr(import_module(f"workbench.cli.{module}"), attribute or "app")
        command = typer.main.get_command(app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


app = typer.Typer(
    cls=Lazy,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    *,
    trace: Annotated[bool, typer.Option("--trace", help="Show an error's traceback as well.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """A workbench for sanctioned social media investigations.

    CASE is a case number or a case folder's path. Who you are: --as BADGE or WORKBENCH_OFFICER.
    Where the cases are: --casefiles DIR or WORKBENCH_CASEFILES. Start with: workbench demo
    """
    context.obj = {"trace": trace}
    if version:
        typer.echo(f"workbench {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def run(words: list[str] | None = None) -> int:
    """Run one command; give its exit code. Every error a person may see is four lines."""
    try:
        app(words)
    except SystemExit as ending:
        if ending.code == INTERRUPTED:
            sys.stderr.write("\ninterrupted: what was kept and logged before stays\n")
        return ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except WorkbenchError as error:
        _tell(error)
        return error.exit_code
    except OSError as error:
        why = error.strerror or type(error).__name__
        _tell(StorageError(f"the system refused: {why}", where=str(error.filename or "")))
        return StorageError.exit_code
    return 0


def main() -> None:
    """Run the command line. Being told to end is being interrupted: what runs is ended in order and logged."""
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(run())


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler's signature
    raise KeyboardInterrupt


def _tell(error: WorkbenchError) -> None:
    if "--trace" in sys.argv[1:]:
        traceback.print_exc()
    from workbench.cli.common import visible

    # Names of files and words of sources stand in errors too, and must not act on the terminal.
    first, *rest = visible("\n".join(error.lines())).split("\n")
    sys.stderr.write("\n".join([f"workbench: {first}", *(f"  {line}" for line in rest)]) + "\n")


if __name__ == "__main__":
    main()
