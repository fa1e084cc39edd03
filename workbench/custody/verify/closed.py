"""Which files each seal must list, from the log alone (docs/casefile-format.md, 10.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from workbench.custody.verify.kept import Line
from workbench.custody.verify.log import Log

_SIGNED: Final = {
    "officers": ("number", "officers/{:04d}"),
    "case": ("version", "case/{:04d}.json"),
    "seal": ("seal", "seals/{:04d}.txt"),
    "decision": ("decision", "decisions/{:04d}.json"),
    "release": ("release", "releases/{:04d}.json"),
    "restored": ("restore", "restores/{:04d}.json"),
}
"""Actions that name one file and its signatures: the key of its number, and its name."""

Named = tuple[str, str]
"""A hash and a path, as a line of a seal has them; a segment's hash is empty, since no line gives it."""


def signed_name(line: Line) -> str:
    """Give the file that a line of ``_SIGNED`` names."""
    key, name = _SIGNED[line.action]
    return name.format(line.fields[key])


class Closed:
    """Gives the list of each seal in turn; the log's lines and segments are gone through once."""

    def __init__(self, log: Log) -> None:
        self._warcs = {line.fields["capture"]: line.fields["file"] for line in log.of("capture.begin")}
        self._gone = [(line.ordinal, line.fields["file"]) for line in log.of("disposed")]
        self._segments = sorted((end, name) for name, end in log.ends.items())
        self._gone_by_then: set[str] = set()
        self._segment = self._disposed = 0
        self._lines = log.lines
        self._line = next(self._lines, None)

    def upto(self, lines: int) -> list[Named]:
        """List what was closed since the list before, up to that many lines."""
        while self._disposed < len(self._gone) and self._gone[self._disposed][0] < lines:
            self._gone_by_then.add(self._gone[self._disposed][1])
            self._disposed += 1
        found = list(self._ended(lines))
        while self._line is not None and self._line.ordinal < lines:
            found += self._of(self._line)
            self._line = next(self._lines, None)
        return [each for each in found if each[1] not in self._gone_by_then]

    def _ended(self, lines: int) -> Iterator[Named]:
        while self._segment < len(self._segments) and self._segments[self._segment][0] <= lines:
            yield "", self._segments[self._segment][1]
            self._segment += 1

    def _of(self, line: Line) -> list[Named]:
        fields = line.fields
        if line.action in _SIGNED:
            name = signed_name(line)
            return [(fields["sha256"], name), *_signatures(line, name)]
        if line.action == "capture.end":
            file = self._warcs.get(fields["capture"])
            return [(fields["sha256"], file)] if file else []
        plain = _PLAIN.get(line.action)
        return plain(line) if plain else []


def _signatures(line: Line, name: str) -> list[Named]:
    found = sorted(line.fields["signatures"].items())
    return [(sha256, f"{name}.{badge}.sig") for badge, sha256 in found]


def _run(line: Line) -> list[Named]:
    folder = f"runs/{line.fields['run']:04d}-{line.fields['name']}"
    return [(sha256, f"{folder}/{name}") for name, sha256 in sorted(line.fields["files"].items())]


def _one(key: str, form: str) -> Callable[[Line], list[Named]]:
    return lambda line: [(line.fields[key], form.format(**line.fields))]


_PLAIN: Final[dict[str, Callable[[Line], list[Named]]]] = {
    "import.begin": _one("receipt", "imports/{import:04d}/receipt.json"),
    "import.file": _one("sha256", "{file}"),
    "run": _run,
    "annotation": _one("sha256", "annotations/{annotation:04d}.json"),
    "recovered": _one("sha256", "{quarantine}"),
    "seal.stamped": _one("sha256", "seals/{seal:04d}.{name}.tsr"),
    "seal.signed": lambda line: _signatures(line, f"seals/{line.fields['seal']:04d}.txt"),
}
