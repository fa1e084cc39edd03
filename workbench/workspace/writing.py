"""How a notebook has something written: as a document for ``workbench annotate``, asked of the parent process."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.workspace import asking

if TYPE_CHECKING:
    from workbench.workspace.opened import Opened

_PARTS = re.compile(r"[\s,;]+")


def annotate(case: Opened, document: Mapping[str, Any], report: Callable[[str], None]) -> None:
    """Have an annotation written, then read the case on; raise what the command ended with.

    UsageError where the words do not fit or somebody else has written meanwhile: then nothing is written.
    """
    words = asking.encoded(document).decode()
    printed: list[str] = []
    answer = asking.ask("annotate", (case.number,), report=printed.append, document=words)
    if answer.code:
        # The error has what the command printed; it is not to be read twice.
        raise asking.error_of(answer, "annotate")
    for line in printed:
        report(line)
    case.refresh()


def citations(text: str) -> list[str]:
    """Part what a person typed into citations, each once; pointers into an exhibit are kept."""
    return list(dict.fromkeys(part for part in _PARTS.split(text.strip()) if part))


def exhibits(said: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """Write the exhibits that an annotation cites, whole; without one, those of the row that it is about."""
    cites = said.get("exhibits") or row.get("exhibits", ())
    return " ".join(dict.fromkeys(cite.partition("#")[0] for cite in cites))


def told(pairs: Iterable[tuple[str, str]], said: Mapping[str, Any]) -> str:
    """Write out what an annotation says, a line for each pair of name and words, and last what it cites."""
    lines = [f"{name.replace('_', ' ')}: {words}" for name, words in pairs if words]
    return "\n".join([*lines, f"exhibits: {', '.join(said.get('exhibits', ()))}"])
