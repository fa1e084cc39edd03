"""What people wrote, in the form of format 2 (docs/casefile-format.md, 7.3)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from workbench.custody.verify import disk
from workbench.custody.verify.documents import numbers
from workbench.custody.verify.exhibits import Exhibits
from workbench.custody.verify.kept import Line
from workbench.custody.verify.lines import BADGE, is_stamp, matches, strict_json
from workbench.custody.verify.log import Log
from workbench.custody.verify.report import Findings

_LIMIT: Final = 4 << 20
_SIDES: Final = frozenset({"confirming", "contrary"})
_MARKS: Final = frozenset({"contraband", "hidden", "none"})
_ADDED: Final[dict[str, dict[str, Callable[[Any], bool]]]] = {
    "note": {},
    "authorship": {
        "account": lambda value: isinstance(value, str),
        "side": lambda value: isinstance(value, str) and value in _SIDES,
    },
    "mark": {"mark": lambda value: isinstance(value, str) and value in _MARKS},
}
_FORMS: Final[dict[str, Callable[[Any], bool]]] = {
    "at": is_stamp,
    "by": lambda value: matches(BADGE, value),
    "kind": lambda value: isinstance(value, str) and value in _ADDED,
    "exhibits": numbers,
    "text": lambda value: isinstance(value, str),
}


def check(folder: Path, log: Log, second: int, exhibits: Exhibits, findings: Findings) -> None:
    """Check every annotation whose line stands from ``second`` on, where the case is of format 2."""
    case = log.case
    contraband: set[int] = set()
    for line in log.of("annotation"):
        if line.ordinal < second:
            continue
        name = f"annotations/{line.fields['annotation']:04d}.json"
        body = _body(folder, name, findings) if findings.first(name) else None
        if body is not None and _form(name, body, line, case, findings):
            _exhibits(name, body, line, exhibits, findings)
            _marked(name, body, contraband, findings)


def _body(folder: Path, name: str, findings: Findings) -> dict[str, Any] | None:
    try:
        body = strict_json(disk.small(folder, name, _LIMIT))
    except OSError:  # its presence and its bytes are the account's matter
        return None
    except ValueError as error:
        findings.defect("7.3", name, "an annotation is not JSON", found=str(error))
        return None
    if not isinstance(body, dict):
        findings.defect("7.3", name, "an annotation is not a JSON object")
        return None
    return body


def _form(name: str, body: dict[str, Any], line: Line, case: object, findings: Findings) -> bool:
    number = line.fields["annotation"]
    fixed = {"format": "workbench-annotation/1", "case": case, "annotation": number}
    kind = body.get("kind")
    forms = _FORMS | (_ADDED.get(kind, {}) if isinstance(kind, str) else {})
    for key, expected in fixed.items():
        if body.get(key) != expected:
            findings.defect("7.3", name, f"'{key}' is off", expected=expected, found=body.get(key))
    bad = [key for key, form in forms.items() if key not in body or not form(body[key])]
    for key in bad:
        findings.defect("7.3", name, f"'{key}' is missing or off", found=body.get(key, "nothing"))
    if unknown := sorted(set(body) - set(fixed) - set(forms)):
        findings.defect("7.3", name, "keys that the format does not know", found=", ".join(unknown[:9]))
    return not bad


def _exhibits(name: str, body: dict[str, Any], line: Line, exhibits: Exhibits, findings: Findings) -> None:
    odd = [number for number in body["exhibits"] if not exhibits.stands(number, line.ordinal)]
    if odd:
        findings.defect(
            "7.3", name, "'exhibits' holds what is no exhibit before this line", found=str(odd[:5])
        )


def _marked(name: str, body: dict[str, Any], contraband: set[int], findings: Findings) -> None:
    """Keep what is contraband: a later mark does not lift it, and that is said."""
    if body["kind"] != "mark":
        return
    if body["mark"] == "contraband":
        contraband |= set(body["exhibits"])
    elif kept := sorted(contraband.intersection(body["exhibits"])):
        findings.note("contraband", f"exhibits {kept[:5]} stay marked 'contraband' all the same", name)
