"""``workbench demo``: the real commands on an invented town."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.common import say

if TYPE_CHECKING:
    from workbench.demo.scenarios import DemoCase

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, help="Run the whole thing on an invented town."
)


@app.command()
def command(
    to: Annotated[Path, typer.Option(help="Folder in which a new numbered folder is made.")] = Path(
        "demo-output"
    ),
    purpose: Annotated[
        str,
        typer.Option(
            help="One scenario alone: missing, wanted, cyberstalking, bullying, gang or crime-media."
        ),
    ] = "",
) -> None:
    """Make a department and three cases, collect, import, run the notebooks, verify, alter a copy.

    With --purpose, one scenario instead: its case from the request to the executed notebook.
    """
    import time

    from workbench.demo import walk

    began = time.monotonic()
    case = _scenario(purpose) if purpose else None
    where = to.resolve()
    places = walk.walk(where, _run, _tell) if case is None else walk.walk_one(where, _run, _tell, case)
    say(walk.closing(places, case))
    say(f"\n{time.monotonic() - began:.0f} seconds")


def _scenario(name: str) -> DemoCase:
    """Give the scenario of that name; raise UsageError when there is none."""
    from workbench.demo.scenarios import SCENARIOS
    from workbench.errors import UsageError

    if name not in SCENARIOS:
        raise UsageError(
            "the demonstration has no such scenario",
            expected=", ".join(SCENARIOS),
            found=name[:40],
            todo="choose one of these with --purpose, or leave it out for the whole demonstration",
        )
    return SCENARIOS[name]


def _tell(text: str) -> None:
    """Print at once: the commands' own output must stand below the line that names them."""
    say(text)
    sys.stdout.flush()


def _run(*words: str) -> int:
    """Run one command in this process, as the command line would, and give its exit code."""
    from workbench.cli import main

    return main.run(list(words))
