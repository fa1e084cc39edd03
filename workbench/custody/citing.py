"""Which exhibits a run's executed notebook and its HTML cite: found in their text, and nothing of it is run.

A notebook is searched cell by cell, source and outputs, so that a citation can be told with the heading it stands
below. What is found are claims of the notebook; whether the log knows such an exhibit is for others to say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from workbench.custody.history import read_checked

NOTEBOOK: Final = "notebook.ipynb"
HTML: Final = "notebook.html"
_HEADING = re.compile(r"^#{1,6}[ \t]+(.+)$", re.MULTILINE)
_POINTER = rb"(?:#((?:/[0-9A-Za-z_]{1,64}){1,32})(?=[\s\"'`<>\\,;)\]|]|$))?"


def folder_of(fields: Mapping[str, Any]) -> str:
    """Give a run's folder under the case, from the fields of its log line."""
    return f"runs/{fields['run']:04d}-{fields['name']}"


def of_run(case_folder: Path, case: str, fields: Mapping[str, Any]) -> Citing:
    """Read a run's notebook and HTML, as its log line hashes them; ``fields`` are that line's.

    Raises IntegrityError where one is not what the line names.
    """
    found = Citing(case)
    for file, sha256 in sorted(fields["files"].items()):
        if file in {NOTEBOOK, HTML}:
            data = read_checked(case_folder, f"{folder_of(fields)}/{file}", sha256)
            found.notebook(data) if file == NOTEBOOK else found.text(data, "")
    return found


class Citing:
    """The citations of one case, gathered: ``pointers`` and ``places`` (headings above them) by exhibit number.

    The empty pointer stands for a citation of the whole exhibit.
    """

    def __init__(self, case: str) -> None:
        self._pattern = re.compile(
            rb"(?<![0-9A-Z-])" + re.escape(case).encode() + rb"-E([0-9]{4,9})(?![0-9])" + _POINTER
        )
        self.pointers: dict[int, set[str]] = {}
        self.places: dict[int, dict[str, None]] = {}

    def notebook(self, data: bytes) -> None:
        """Search cell by cell, below the heading that stands above each; a damaged one as plain text."""
        try:
            cells = json.loads(data)["cells"]
            for place, text in _cells(cells):
                self.text(text, place)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self.text(data, "")

    def text(self, data: bytes, place: str) -> None:
        """Take the citations; one whose pointer cannot be told for certain means the whole exhibit."""
        for match in self._pattern.finditer(data):
            number = int(match[1])
            self.pointers.setdefault(number, set()).add((match[2] or b"").decode("ascii"))
            if place:
                self.places.setdefault(number, {})[place] = None


def _cells(cells: list[dict[str, Any]]) -> Iterator[tuple[str, bytes]]:
    heading = "before the first heading"
    for cell in cells:
        source = "".join(cell["source"])
        headings = _HEADING.findall(source) if cell["cell_type"] == "markdown" else []
        heading = headings[-1].strip()[:120] if headings else heading
        # ensure_ascii keeps what JSON escaped apart from the letters of a citation.
        yield (
            heading,
            source.encode("utf-8", "replace") + b"\n" + json.dumps(cell.get("outputs", [])).encode(),
        )
