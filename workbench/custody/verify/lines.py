"""The form of one log line (docs/casefile-format.md, 2.2, 2.3, 2.6 to 2.8)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Meta, UnsetType

LINE_BYTES: Final = 65_536
ZEROS: Final = "0" * 64
FORMAT_1: Final = "workbench-casefile/1"
FORMAT_2: Final = "workbench-casefile/2"
FORMATS: Final = frozenset({FORMAT_1, FORMAT_2})

BADGE: Final = re.compile(r"[0-9a-z][0-9a-z.-]{0,31}")
CASE_NUMBER: Final = re.compile(r"[0-9]{4}-[0-9A-Z]{1,12}")
HASH: Final = re.compile(r"[0-9a-f]{64}")
_FORMAT: Final = re.compile(r"workbench-casefile/[0-9]{1,6}")
CODE: Final = re.compile(r"[a-z0-9-]{1,40}")
NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")
FINGERPRINT: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
STAMP: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
KINDS: Final = frozenset({"package", "disclosure", "report", "copy", "export"})
VERDICTS: Final = frozenset({"complete", "partial", "blocked", "empty", "gone", "failed"})

Count = Annotated[int, Meta(ge=0, le=2**62)]
Hash = Annotated[str, Meta(min_length=64, max_length=64)]
Hashes = dict[str, Hash]

COMMON: Final[dict[str, Any]] = {"seq": Count, "at": str, "actor": str, "prev": Hash}
OPTIONAL: Final = frozenset({"rule", "member", "capture", "import", "url_sha256"})

ACTIONS: Final[dict[str, dict[str, Any]]] = {
    "open": {"case": str, "format": str},
    "officers": {"number": Count, "sha256": Hash, "signatures": Hashes},
    "case": {"version": Count, "act": str, "sha256": Hash, "signatures": Hashes},
    "capture.begin": {
        "capture": Count,
        "source": str,
        "file": str,
        "authority": Count,
        "target": Count,
        "predecessor": Count,
        "since": str | None,
        "until": str | None,
        "limit": Count,
        "media": bool,
        "context": bool,
        "token": bool,
        "key": str,
        "collector": str,
        "length": Count,
        "sha256": Hash,
    },
    "exhibit": {
        "exhibit": Count,
        "capture": Count,
        "import": Count,
        "file": str,
        "offset": Count,
        "length": Count,
        "sha256": Hash,
        "rule": Literal["secrets-1"],
        "member": Count,
    },
    "refused": {"capture": Count, "reason": str, "url_sha256": Hash},
    "capture.end": {
        "capture": Count,
        "verdict": str,
        "reason": str,
        "requests": Count,
        "items": Count,
        "length": Count,
        "sha256": Hash,
    },
    "import.begin": {"import": Count, "files": Count, "receipt": Hash},
    "import.file": {"import": Count, "file": str, "length": Count, "sha256": Hash},
    "import.end": {"import": Count, "verdict": str, "reason": str, "exhibits": Count},
    "run": {"run": Count, "name": str, "status": Literal["complete", "failed"], "files": Hashes},
    "annotation": {"annotation": Count, "sha256": Hash},
    "recovered": {"file": str, "offset": Count, "length": Count, "sha256": Hash, "quarantine": str},
    "format": {"format": str},
    "seal": {"seal": Count, "sha256": Hash, "signatures": Hashes},
    "seal.signed": {"seal": Count, "signatures": Hashes},
    "seal.stamped": {"seal": Count, "name": str, "sha256": Hash},
    "decision": {"decision": Count, "sha256": Hash, "signatures": Hashes},
    "release": {"release": Count, "sha256": Hash, "signatures": Hashes},
    "disseminated": {"release": Count, "kind": str, "sha256": Hash, "exhibits": Count},
    "restored": {"restore": Count, "sha256": Hash, "signatures": Hashes},
    "disposed": {"file": str, "sha256": Hash, "order": str},
    "handled": {"what": str},
}
"""Clause 2.8 as a table: each action's further keys."""


def required(action: str) -> set[str]:
    """Name the keys that a line of this action cannot do without."""
    keys = set(ACTIONS[action])
    if action == "exhibit":
        return keys - OPTIONAL
    return keys - {"url_sha256"} if action == "refused" else keys


def _struct(action: str) -> type[msgspec.Struct]:
    fields: dict[str, Any] = {**COMMON, **ACTIONS[action], "clock": Literal["back"]}
    needed = required(action) | set(COMMON)
    parts: list[Any] = [
        (key, fields[key]) if key in needed else (key, fields[key] | UnsetType, UNSET)
        for key in sorted(fields)
    ]
    return msgspec.defstruct(
        "Line_" + action.replace(".", "_"),
        parts,
        tag_field="action",
        tag=action,
        forbid_unknown_fields=True,
        kw_only=True,
        gc=False,
    )


STRUCTS: Final = {action: _struct(action) for action in ACTIONS}


def union() -> Any:  # noqa: ANN401 - a union made at run time has no static type
    """Give the union of all line structs, for a decoder."""
    kinds = list(STRUCTS.values())
    together: Any = kinds[0]
    for kind in kinds[1:]:
        together = together | kind
    return together


class Problem(NamedTuple):
    """What is wrong with one line."""

    clause: str
    what: str
    expected: str = ""
    found: str = ""


class Examined(NamedTuple):
    """A line after examination: its problems and, where it is an object at all, its fields."""

    problems: list[Problem]
    fields: dict[str, Any] | None


@lru_cache(maxsize=4096)
def _real_minute(prefix: str) -> bool:
    try:
        datetime.strptime(prefix, "%Y-%m-%dT%H:%M:").replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def is_stamp(text: object) -> bool:
    """Say whether this is a time as 2.3 writes it, on a day that exists."""
    return (
        isinstance(text, str)
        and STAMP.fullmatch(text) is not None
        and _real_minute(text[:17])
        and text[17:19] < "60"
    )


def examine(raw: bytes, *, audit: bool = False) -> Examined:
    """Check one raw line with its LF by clauses 2.2, 2.3 and 2.8; an audit line by 2.2 and 2.3 only."""
    problems: list[Problem] = []
    if len(raw) > LINE_BYTES:
        problems.append(Problem("2.2", "a line is too long", f"at most {LINE_BYTES} bytes", str(len(raw))))
    fields = _object(raw, problems)
    if fields is None:
        return Examined(problems, None)
    problems += _common(fields)
    if not audit:
        problems += _by_action(fields)
    return Examined(problems, fields)


class _TwiceError(ValueError):
    """A key stands twice in one object."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _TwiceError
    return made


def _no_float(text: str) -> float:
    message = f"number {text[:40]} is not an integer"
    raise ValueError(message)


def strict_json(data: bytes) -> Any:  # noqa: ANN401 - JSON is what it is
    """Read JSON without duplicate keys; raise ValueError for anything else, however deep."""
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_pairs)
    except _TwiceError:
        message = "a key stands twice"
        raise ValueError(message) from None
    except RecursionError:
        message = "nested too deeply"
        raise ValueError(message) from None


def _object(raw: bytes, problems: list[Problem]) -> dict[str, Any] | None:
    try:
        text = raw.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_pairs, parse_float=_no_float, parse_constant=_no_float)
        canonical = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"
    except _TwiceError:
        problems.append(Problem("2.2", "a key stands twice in a line"))
        return _anyway(raw)
    except (ValueError, RecursionError, TypeError) as error:
        problems.append(Problem("2.2", "a line is not JSON as the log writes it", found=str(error)[:120]))
        return _anyway(raw)
    if not isinstance(value, dict):
        problems.append(Problem("2.2", "a line is not a JSON object", found=text[:60]))
        return None
    if canonical != text:
        problems.append(Problem("2.2", "a line is not in canonical form", *_difference(canonical, text)))
    return value


def _anyway(raw: bytes) -> dict[str, Any] | None:
    """Read a line leniently, so that the chain is still checked beyond what was said of its form."""
    try:
        value = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _difference(expected: str, found: str) -> tuple[str, str]:
    shared = zip(expected, found, strict=False)
    place = next((index for index, (one, two) in enumerate(shared) if one != two), len(found))
    return expected[place : place + 30], found[place : place + 30]


def _common(fields: dict[str, Any]) -> list[Problem]:
    seq, at, actor = fields.get("seq"), fields.get("at"), fields.get("actor")
    prev, action = fields.get("prev"), fields.get("action")
    checks = [
        (type(seq) is int and seq >= 1, "seq", "an integer from 1", seq),
        (is_stamp(at), "at", "YYYY-MM-DDTHH:MM:SS.ffffffZ", at),
        (matches(BADGE, actor), "actor", "a badge", actor),
        (matches(HASH, prev), "prev", "a SHA-256", prev),
        (isinstance(action, str), "action", "a string", action),
        (fields.get("clock", "back") == "back", "clock", '"back"', fields.get("clock")),
    ]
    return [
        Problem("2.3", f"key '{key}' is off", want, repr(got)) for good, key, want, got in checks if not good
    ]


def matches(pattern: re.Pattern[str], value: object) -> bool:
    """Say whether a value is a string of that form."""
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _by_action(fields: dict[str, Any]) -> list[Problem]:
    action = fields.get("action")
    if not isinstance(action, str):
        return []
    if action not in ACTIONS:
        return [Problem("2.3", "an action that the format does not know", found=action)]
    known = set(ACTIONS[action]) | set(COMMON) | {"action", "clock"}
    problems = [
        Problem("2.3", "a key that the format does not know", found=key)
        for key in sorted(set(fields) - known)
    ]
    missing = sorted(required(action) - set(fields))
    problems += [Problem("2.8", f"a line '{action}' lacks a key", expected=key) for key in missing]
    if missing:
        return problems
    own = {key: value for key, value in fields.items() if key in ACTIONS[action]}
    padding = {"seq": 1, "at": "", "actor": "", "prev": ZEROS, "action": action}
    try:
        msgspec.convert({**padding, **own}, STRUCTS[action])
    except msgspec.ValidationError as error:
        return [*problems, Problem("2.8", f"a line '{action}' holds a wrong type", found=str(error))]
    return problems + _values(action, own)


def _hashes(own: dict[str, Any]) -> list[tuple[str, object]]:
    keys = ("sha256", "receipt", "url_sha256")
    found = [(key, own[key]) for key in keys if key in own]
    for key in ("signatures", "files"):
        if isinstance(own.get(key), dict):
            found += [(f"{key}.{name}", value) for name, value in own[key].items()]
    return found


def _is_badge(value: object) -> bool:
    return matches(BADGE, value)


_FORMS: Final[dict[tuple[str, str], tuple[Callable[[Any], bool], str, str]]] = {
    ("open", "case"): (lambda value: matches(CASE_NUMBER, value), "2.7", "a case number"),
    ("open", "format"): (FORMATS.__contains__, "2.7", FORMAT_2),
    ("format", "format"): (lambda value: matches(_FORMAT, value), "2.8", FORMAT_2),
    ("seal.stamped", "name"): (lambda value: matches(NAME, value), "1.2", "an authority's name"),
    ("disseminated", "kind"): (KINDS.__contains__, "12.4", ", ".join(sorted(KINDS))),
    ("capture.begin", "source"): (lambda value: matches(NAME, value), "2.8", "a source's name"),
    ("capture.begin", "since"): (lambda value: value is None or is_stamp(value), "2.8", "a time or null"),
    ("capture.begin", "until"): (lambda value: value is None or is_stamp(value), "2.8", "a time or null"),
    ("capture.begin", "key"): (lambda value: matches(FINGERPRINT, value), "2.8", "an SSH fingerprint"),
    ("refused", "reason"): (lambda value: matches(CODE, value), "2.8", "a code"),
    ("capture.end", "verdict"): (VERDICTS.__contains__, "5.6", ", ".join(sorted(VERDICTS))),
    ("capture.end", "reason"): (lambda value: matches(CODE, value), "5.6", "a code"),
    ("import.end", "verdict"): (VERDICTS.__contains__, "5.6", ", ".join(sorted(VERDICTS))),
    ("import.end", "reason"): (lambda value: matches(CODE, value), "5.6", "a code"),
    ("run", "name"): (lambda value: matches(NAME, value), "1.2", "a run's name"),
    ("handled", "what"): (lambda value: matches(CODE, value), "2.6", "a short code"),
}


def _values(action: str, own: dict[str, Any]) -> list[Problem]:
    problems = [
        Problem("2.8", f"'{key}' is not a SHA-256", found=str(value))
        for key, value in _hashes(own)
        if not matches(HASH, value)
    ]
    for key, value in own.items():
        form = _FORMS.get((action, key))
        if form is not None and not form[0](value):
            problems.append(Problem(form[1], f"'{key}' of a line '{action}' is off", form[2], repr(value)))
    if not all(map(_is_badge, own.get("signatures", ()))):
        problems.append(Problem("2.8", f"'signatures' of a line '{action}' is off", "badges as keys"))
    if action == "exhibit":
        problems += exhibit_problems(own.get("capture"), own.get("import"), own["file"])
    return problems


def exhibit_problems(capture: int | None, given: int | None, file: str) -> list[Problem]:
    """Check that an exhibit belongs to one capture or one import, and its file to the same."""
    if (capture is None) == (given is None):
        return [Problem("2.8", "an exhibit belongs to one capture or one import", "exactly one of both")]
    start = f"warc/{capture:04d}-" if capture is not None else f"imports/{given:04d}/"
    if not file.startswith(start):
        return [Problem("2.8", "an exhibit's file is not that of its capture or import", start + "…", file)]
    return []
