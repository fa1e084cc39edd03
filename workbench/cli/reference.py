"""Write ``docs/commands.md`` from the commands themselves: ``python -m workbench.cli.reference``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import typer.main

from workbench.cli.main import app

_HEAD = """\
# Commands

Made from the commands themselves by `python -m workbench.cli.reference > docs/commands.md`; a test holds the two
together.

CASE is a case number or a case folder's path. Every command that acts takes `--casefiles DIR` (or
`WORKBENCH_CASEFILES`), `--as BADGE` (or `WORKBENCH_OFFICER`) and `--passphrase-file FILE` (or
`WORKBENCH_PASSPHRASE_FILE`); a passphrase is never an argument.

Exit codes: 0 done, 1 failure, 2 usage, 3 integrity, 4 authority, 5 source (blocked, unreachable), 6 review needed,
130 interrupted by Ctrl-C.
`workbench --trace …` shows an error's traceback as well.
"""
_SHARED = frozenset({"casefiles", "badge", "passphrase_file", "help"})


def page() -> str:
    """Give the page's text."""
    root = typer.main.get_command(app)
    context = root.make_context("workbench", [], resilient_parsing=True)
    parts = [_HEAD]
    for name in root.list_commands(context):  # type: ignore[attr-defined] # typer vendors its group class
        parts.extend(_section(f"workbench {name}", root.get_command(context, name)))  # type: ignore[attr-defined]
    return "\n".join(parts) + "\n"


def _section(title: str, command: Any) -> Iterator[str]:  # noqa: ANN401 - typer vendors its command classes
    subcommands = getattr(command, "commands", None)
    if subcommands:
        for name, each in subcommands.items():
            yield from _section(f"{title} {name}", each)
        return
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and p.name not in _SHARED]
    words = " ".join(p.metavar or p.name.upper() for p in arguments)
    yield f"\n## {title} {words}".rstrip() + "\n"
    yield " ".join((command.help or "").split())
    if arguments or options:
        yield ""
    for parameter in arguments:
        yield f"- `{parameter.metavar or parameter.name.upper()}`: {parameter.help}"
    for parameter in options:
        names = ", ".join(f"`{one}`" for one in [*parameter.opts, *parameter.secondary_opts])
        yield f"- {names}: {parameter.help}{_default(parameter)}"


def _default(parameter: Any) -> str:  # noqa: ANN401 - as above
    value = parameter.default
    plain = isinstance(value, int) and not isinstance(value, bool)
    return f" ({value} unless said otherwise)" if plain else ""


if __name__ == "__main__":
    sys.stdout.write(page())
