"""Signed documents of format 2: decisions, releases, restores (docs/casefile-format.md, 11.1, 12.1, 13.2).

Their form, their chain and who signed them; what they may say is the matter of ``decisions`` and ``releases``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from workbench.custody.verify.closed import signed_name
from workbench.custody.verify.kept import Line
from workbench.custody.verify.lines import BADGE, HASH, KINDS, ZEROS, is_stamp, matches, strict_json
from workbench.custody.verify.log import Log
from workbench.custody.verify.officers import SECOND, Registers, allowed, read_named, signatures
from workbench.custody.verify.report import Findings
from workbench.custody.verify.rules import SLACK
from workbench.custody.verify.sealers import REVIEW
from workbench.custody.verify.signatures import digest_of
from workbench.custody.verify.standing import moment

RELEASE: Final = "workbench-release"
ACTS: Final = frozenset({"approve", "return", "reject"})
_LIMIT: Final = 4 << 20


class Document(msgspec.Struct):
    """A document that has its form, with its log line."""

    line: Line
    name: str
    body: dict[str, Any]


def is_number(value: object) -> bool:
    """Say whether this is an integer from 0 that the log could hold."""
    return type(value) is int and 0 <= value <= 2**62


def _words(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def numbers(value: object) -> bool:
    """Say whether this is an array of numbers."""
    return isinstance(value, list) and all(map(is_number, value))


def _lost(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, dict)
        and set(each) == {"seal", "sha256"}
        and is_number(each["seal"])
        and matches(HASH, each["sha256"])
        for each in value
    )


_SEEN: Final[dict[str, Callable[[Any], bool]]] = {
    "at": is_stamp,
    "by": lambda value: matches(BADGE, value),
    "seal": is_number,
    "seal_sha256": lambda value: matches(HASH, value),
}


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of document: its action, the key of its number, its clause, its keys, its namespaces."""

    action: str
    key: str
    clause: str
    chained: bool
    spaces: tuple[str, ...]
    forms: dict[str, Callable[[Any], bool]]


DECISION: Final = Kind(
    action="decision",
    key="decision",
    clause="11.1",
    chained=True,
    spaces=(REVIEW,),
    forms=_SEEN
    | {
        "act": lambda value: isinstance(value, str) and value in ACTS,
        "subjects": lambda value: _texts(value) and 0 < len(value) == len(set(value)),
        "looked": _texts,
        "reason": lambda value: isinstance(value, str),
    },
)
RELEASES: Final = Kind(
    action="release",
    key="release",
    clause="12.1",
    chained=True,
    spaces=(RELEASE,),
    forms=_SEEN
    | {
        "kind": lambda value: isinstance(value, str) and value in KINDS,
        "exhibits": lambda value: value is None or numbers(value),
        "recipient": _words,
        "purpose": _words,
        "expires": is_stamp,
    },
)
RESTORE: Final = Kind(
    action="restored",
    key="restore",
    clause="13.2",
    chained=False,
    spaces=(REVIEW, SECOND),
    forms=_SEEN | {"lines": is_number, "lost": _lost, "reason": _words},
)


def read(folder: Path, log: Log, kind: Kind, registers: Registers, findings: Findings) -> list[Document]:
    """Check each line of a kind; give the documents that have their form, in order."""
    found, previous = [], ZEROS
    case = log.case
    for line in log.of(kind.action):
        name = signed_name(line)
        data = read_named(folder, name, line.fields["sha256"], _LIMIT, findings)
        if data is not None:
            body = _body(name, data, kind, findings)
            fixed = {"format": f"workbench-{kind.key}/1", "case": case, kind.key: line.fields[kind.key]}
            fixed |= {"previous": previous} if kind.chained else {}
            if body is not None and _form(name, body, fixed, kind, findings):
                _dated(name, body, line, kind, findings)
                found.append(Document(line, name, body))
            _signed(folder, Document(line, name, body or {}), data, kind, registers, findings)
        previous = line.fields["sha256"]
    return found


def _body(name: str, data: bytes, kind: Kind, findings: Findings) -> dict[str, Any] | None:
    try:
        body = strict_json(data)
    except ValueError as error:
        findings.defect(kind.clause, name, "a document is not JSON", at=(0, len(data)), found=str(error))
        return None
    if not isinstance(body, dict):
        findings.defect(kind.clause, name, "a document is not a JSON object", at=(0, len(data)))
        return None
    return body


def _form(name: str, body: dict[str, Any], fixed: dict[str, object], kind: Kind, findings: Findings) -> bool:
    """Check keys and values; say whether the values have the types that the rules rely on."""
    if unknown := sorted(set(body) - set(fixed) - set(kind.forms)):
        findings.defect(kind.clause, name, "keys that the format does not know", found=", ".join(unknown[:9]))
    for key, expected in fixed.items():
        if body.get(key) != expected or type(body.get(key)) is not type(expected):
            findings.defect(kind.clause, name, f"'{key}' is off", expected=expected, found=body.get(key))
    bad = [key for key, form in kind.forms.items() if key not in body or not form(body[key])]
    for key in bad:
        findings.defect(kind.clause, name, f"'{key}' is missing or off", found=body.get(key, "nothing"))
    return not bad


def _dated(name: str, body: dict[str, Any], line: Line, kind: Kind, findings: Findings) -> None:
    """11.1, 12.1, 13.2: not later than its log line, but for what two clocks may differ, as 4.1 has it."""
    at, logged = moment(body["at"]), moment(line.at)
    if at is not None and logged is not None and at > logged + SLACK:
        what = "'at' is later than its log line's"
        findings.defect(kind.clause, name, what, expected=f"at most {logged + SLACK}", found=body["at"])


def _signed(
    folder: Path, document: Document, data: bytes, kind: Kind, registers: Registers, findings: Findings
) -> None:
    """Check that ``by`` signed it in a namespace of its kind, by the officers file of its time (3.3, 3.4)."""
    line, name = document.line, document.name
    step, findings.step = findings.step, 12
    good = signatures(folder, line, name, digest_of(data), findings)
    registers.remember(name, good)
    at = registers.counted_at(line)
    counted = allowed(good, registers.at(line.ordinal), at, name, findings, "3.4")
    space = counted.get(str(document.body.get("by")), "no signature that counts")
    if space not in kind.spaces:
        what = "a document is not signed by its officer in the namespace it needs"
        findings.defect(kind.clause, name, what, expected=" or ".join(kind.spaces), found=space)
    findings.step = step
