"""What was not read, or not as expected, counted by kind and field, with the first place of each."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.rows import Issue

_MOST = 1_000
_SHOWN = 120


def shown(value: object) -> str:
    """Shorten what was found for an Issue row."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


class Drift:
    """Collects oddities of one member; ``issues`` gives one row for each kind and field."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._seen: dict[tuple[str, str, str], Issue] = {}
        self._counts: dict[tuple[str, str, str], int] = {}

    def note(
        self,
        kind: str,
        field: str,
        *,
        expected: str = "",
        found: object = "",
        pointer: str = "",
        where: str = "",
    ) -> None:
        """Count one oddity; the first of its kind, field and expectation keeps its place and what was found."""
        key = (kind, field, expected)
        if key not in self._seen:
            if len(self._seen) >= _MOST:  # an export may hold as many unknown keys as its maker likes
                key = (kind, "and others", "")
            self._seen.setdefault(
                key,
                Issue(
                    kind=kind,
                    where=where or self._name,
                    field=key[1],
                    expected=expected,
                    found=shown(found),
                    pointer=pointer,
                ),
            )
        self._counts[key] = self._counts.get(key, 0) + 1

    def issues(self) -> Iterator[Issue]:
        """Yield the rows, in the order in which their kinds were first seen."""
        for key, first in self._seen.items():
            yield Issue(
                kind=first.kind,
                where=first.where,
                field=first.field,
                expected=first.expected,
                found=first.found,
                pointer=first.pointer,
                count=self._counts[key],
            )
