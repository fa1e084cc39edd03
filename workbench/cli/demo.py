"""``workbench demo``: the real commands on an invented town."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.common import say

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, help="Run the whole thing on an invented town."
)


@app.command()
def command(
    to: Annotated[Path, typer.Option(help="Folder in which a new numbered folder is made.")] = Path(
        "demo-output"
    ),
) -> None:
    """Make a department and three cases, collect, import, run the notebooks, verify, alter a copy."""
    import time

    from workbench.demo import walk

    began = time.monotonic()
    places = walk.walk(to.resolve(), _run, _tell)
    say(walk.closing(places))
    say(f"\n{time.monotonic() - began:.0f} seconds")


def _tell(text: str) -> None:
    """Print at once: the commands' own output must stand below the line that names them."""
    say(text)
    sys.stdout.flush()


def _run(*words: str) -> int:
    """Run one command in this process, as the command line would, and give its exit code."""
    from workbench.cli import main

    return main.run(list(words))
