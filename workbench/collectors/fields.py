"""Reading JSON that strangers wrote: nothing raises, nothing is lost silently.

A ``Fields`` wraps one object with its path. What has an unexpected type reads as absent and is counted as
``bad-value``; keys that nobody has described are counted as ``unknown-key``. ``Drift`` turns the counts into
one Issue row per field.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TypeVar

from workbench.rows import Issue, Text
from workbench.text import from_html

_T = TypeVar("_T")
_LONE = re.compile("[\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")
_SHOWN = 80


class Drift:
    """Counts of what was not as described, per kind and field, with the first value found."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._first: dict[tuple[str, str], tuple[str, str]] = {}

    def note(self, kind: str, field: str, *, expected: str = "", found: object = "") -> None:
        """Count one deviation; only the first value is shown."""
        self._counts[kind, field] += 1
        self._first.setdefault((kind, field), (expected, shorten(found)))

    def issues(self) -> Iterator[Issue]:
        """Yield one row per kind and field, in order of first sight."""
        for (kind, field), count in self._counts.items():
            expected, found = self._first[kind, field]
            yield Issue(kind=kind, field=field, expected=expected, found=found, count=count)


class Fields:
    """One JSON object at ``pointer``, called ``path`` in issues, whose keys are described by ``known``."""

    def __init__(
        self, value: Mapping[str, object], path: str, known: frozenset[str], drift: Drift, pointer: str = ""
    ) -> None:
        self._value = value
        self._path = path
        self._drift = drift
        self.pointer = pointer
        for key in sorted(value.keys() - known):
            drift.note("unknown-key", f"{path}.{shorten(key)}", found=value[key])

    def has(self, key: str) -> bool:
        """Tell whether the key is there with something in it."""
        return self._value.get(key) not in (None, "", [], {})

    def string(self, key: str) -> str:
        """Give a string; a number becomes its digits (ids), anything else reads as empty."""
        value = self._value.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return value if isinstance(value, str) else self._absent(key, value, "string", "")

    def html(self, key: str) -> Text | None:
        """Give words written in HTML; None where the key is absent."""
        return from_html(self.string(key)) if isinstance(self._value.get(key), str) else None

    def number(self, key: str) -> int | None:
        """Give a whole number of at most 63 bits, or None."""
        value = self._value.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
            return value
        return self._absent(key, value, "integer", None)

    def real(self, key: str) -> float | None:
        """Give a number, or None."""
        value = self._value.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15:
            return float(value)
        return self._absent(key, value, "number", None)

    def flag(self, key: str) -> bool | None:
        """Give true or false, or None."""
        value = self._value.get(key)
        return value if isinstance(value, bool) else self._absent(key, value, "boolean", None)

    def part(self, key: str, known: frozenset[str], path: str = "") -> Fields | None:
        """Give an object within, or None."""
        value = self._value.get(key)
        if isinstance(value, dict):
            return self._inner(value, path or f"{self._path}.{key}", known, f"{self.pointer}/{key}")
        return self._absent(key, value, "object", None)

    def parts(self, key: str, known: frozenset[str], path: str = "") -> list[Fields]:
        """Give the objects of an array within; other members are counted as bad."""
        value = self._value.get(key)
        if not isinstance(value, list):
            return self._absent(key, value, "array", [])
        name = path or f"{self._path}.{key}"
        return members(value, name, known, self._drift, f"{self.pointer}/{key}")

    def _inner(self, value: dict[str, object], path: str, known: frozenset[str], pointer: str) -> Fields:
        return Fields(value, path, known, self._drift, pointer)

    def _absent(self, key: str, value: object, expected: str, default: _T) -> _T:
        if value is not None:
            self._drift.note("bad-value", f"{self._path}.{key}", expected=expected, found=value)
        return default


def members(
    values: list[object], path: str, known: frozenset[str], drift: Drift, pointer: str = ""
) -> list[Fields]:
    """Wrap the objects of an array; anything else in it is counted as ``bad-value``."""
    found: list[Fields] = []
    for index, value in enumerate(values):
        if isinstance(value, dict):
            found.append(Fields(value, path, known, drift, f"{pointer}/{index}"))
        else:
            drift.note("bad-value", path, expected="object", found=value)
    return found


def decoded(body: bytes, drift: Drift) -> str:
    """Decode UTF-8; what is not becomes U+FFFD and is counted as ``bad-encoding``."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        drift.note("bad-encoding", "body", expected="UTF-8", found=f"byte {error.start}: {error.reason}")
        return body.decode("utf-8-sig", "replace")


def loads(body: bytes, drift: Drift) -> object:
    """Read JSON; raise ValueError when it is none. Lone surrogates, which no file can hold, are replaced."""
    source = decoded(body, drift)
    try:
        value: object = json.loads(source)
        text = json.dumps(value, ensure_ascii=False) if _ESCAPED.search(source) else ""
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if _LONE.search(text) is None:
        return value
    drift.note("bad-encoding", "body", expected="Unicode", found="half of a surrogate pair")
    return json.loads(_LONE.sub("\ufffd", text))


def shorten(value: object) -> str:
    """Show a value in at most 80 characters."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
