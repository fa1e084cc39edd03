"""What people wrote, in the form of format 2 (docs/casefile-format.md, 7.3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from workbench.custody.verify import disk
from workbench.custody.verify.decisions import Lookup
from workbench.custody.verify.documents import is_number, numbers
from workbench.custody.verify.exhibits import Exhibits
from workbench.custody.verify.kept import Line
from workbench.custody.verify.lines import BADGE, is_stamp, matches, strict_json
from workbench.custody.verify.log import Log
from workbench.custody.verify.officers import Registers
from workbench.custody.verify.report import Findings
from workbench.custody.verify.rules import SLACK
from workbench.custody.verify.standing import moment

_LIMIT: Final = 4 << 20
_EARLIER: Final = timedelta(hours=1)
"""Who writes waits no longer for the log; what claims to be older was dated by hand."""
_SIDES: Final = frozenset({"confirming", "contrary"})
_MARKS: Final = frozenset({"contraband", "hidden", "none"})
_REVIEW: Final = "workbench-review"
_BY_REVIEWERS: Final = frozenset({"mark", "act-review"})
_DIRECTED: Final = frozenset({"yes", "no", "unclear"})
_ELEMENT: Final = re.compile(r"[a-z]+(-[a-z]+)*/[a-z]+(-[a-z]+)*|other: .*\S.*", re.DOTALL)
_REVIEWS: Final = frozenset({"act", "threat"})
_NOTICES: Final = frozenset({"request", "block", "order", "withdrawn"})
_ROLES: Final = frozenset({"participant", "observer", "unknown"})
_OF_ASSOCIATION: Final = frozenset({"suspicion_basis", "relevance", "reviewer", "review_due"})
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SAID: Final = frozenset(
    {
        *("occasion", "directed_at_target", "directed_because", "attributed_person", "attribution_basis"),
        *("contrary_facts", "mechanism", "prior_notice", "protected_reading", "account", "posted", "words"),
    }
)


def _named(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _among(value: object, listed: frozenset[str]) -> bool:
    # A list or an object cannot be looked for in a set: it is no text, and said to be off.
    return isinstance(value, str) and value in listed


def _day(value: object) -> bool:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _said(value: object) -> bool:
    if not isinstance(value, dict) or not set(value) <= _SAID or not all(map(_named, value.values())):
        return False
    return value.get("directed_at_target", "yes") in _DIRECTED


def _element(value: object) -> bool:
    return isinstance(value, str) and _ELEMENT.fullmatch(value) is not None


def _entries(value: object) -> bool:
    return isinstance(value, list) and all(map(_element, value)) and len(set(value)) == len(value)


def _role(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {"role"} and _among(value["role"], _ROLES)


def _association(value: object) -> bool:
    if not isinstance(value, dict) or not {"suspicion_basis", "review_due"} <= set(value) <= _OF_ASSOCIATION:
        return False
    return all(map(_named, value.values())) and _day(value["review_due"])


_ADDED: Final[dict[str, dict[str, Callable[[Any], bool]]]] = {
    "note": {},
    "authorship": {
        "account": lambda value: isinstance(value, str),
        "side": lambda value: _among(value, _SIDES),
    },
    "withdrawal": {"of": is_number},
    "mark": {"mark": lambda value: _among(value, _MARKS)},
    "act": {
        "act": _named,
        "replaces": is_number,
        "said": _said,
        "supports": _entries,
        "undercuts": _entries,
    },
    "act-review": {
        "act": _named,
        "of": is_number,
        "review": lambda value: _among(value, _REVIEWS),
    },
    "notice": {
        "form": lambda value: _among(value, _NOTICES),
        "given": is_stamp,
        "reached": lambda value: isinstance(value, str),
        "replaces": is_number,
    },
    "poster": {"account": _named, "said": _role},
    "association": {"account": _named, "said": _association},
}
_FORMS: Final[dict[str, Callable[[Any], bool]]] = {
    "at": is_stamp,
    "by": lambda value: matches(BADGE, value),
    "kind": lambda value: isinstance(value, str) and value in _ADDED,
    "exhibits": numbers,
    "text": lambda value: isinstance(value, str),
}


def check(
    folder: Path, log: Log, second: int, lookup: Lookup, registers: Registers, findings: Findings
) -> None:
    """Check every annotation whose line stands from ``second`` on, where the case is of format 2."""
    case = log.case
    contraband: set[int] = set()
    order = _Order(findings)
    for line in log.of("annotation"):
        if line.ordinal < second:
            continue
        name = f"annotations/{line.fields['annotation']:04d}.json"
        body = _body(folder, name, findings) if findings.first(name) else None
        if body is not None and _form(name, body, line, case, findings):
            _exhibits(name, body, line, lookup.exhibits, findings)
            _writer(name, body, line, lookup, registers, findings)
            _dated(name, body, line, findings)
            _marked(name, body, contraband, findings)
            order.take(name, body)


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
    if "by" not in bad and body["by"] != line.actor:
        findings.defect("7.3", name, "'by' is not who its line names", expected=line.actor, found=body["by"])
    if unknown := sorted(set(body) - set(fixed) - set(forms)):
        findings.defect("7.3", name, "keys that the format does not know", found=", ".join(unknown[:9]))
    return not bad


def _exhibits(name: str, body: dict[str, Any], line: Line, exhibits: Exhibits, findings: Findings) -> None:
    odd = [number for number in body["exhibits"] if not exhibits.stands(number, line.ordinal)]
    if odd:
        findings.defect(
            "7.3", name, "'exhibits' holds what is no exhibit before this line", found=str(odd[:5])
        )


def _writer(
    name: str, body: dict[str, Any], line: Line, lookup: Lookup, registers: Registers, findings: Findings
) -> None:
    """Report who neither works the case nor, for what a supervisor may write, reviews."""
    by, officers = body["by"], registers.at(line.ordinal)
    reviews = officers is not None and officers.signs(by, _REVIEW, registers.counted_at(line))
    if not lookup.works(by, line.ordinal) and not (body["kind"] in _BY_REVIEWERS and reviews):
        what = "its writer neither owns the case nor is assigned to it"
        findings.defect("7.3", name, what, expected="who works the case", found=by)


def _dated(name: str, body: dict[str, Any], line: Line, findings: Findings) -> None:
    """Report what claims to be written after its line; say what claims to be written long before it."""
    at, logged = moment(body["at"]), moment(line.at)
    if at is None or logged is None:
        return
    if at > logged + SLACK:
        what = "'at' is later than its log line's"
        findings.defect("7.3", name, what, expected=f"at most {logged + SLACK}", found=body["at"])
    elif at < logged - _EARLIER:
        findings.note("written", f"says {body['at']}, and was logged {line.at}", name)


def _marked(name: str, body: dict[str, Any], contraband: set[int], findings: Findings) -> None:
    """Keep what is contraband: a later mark does not lift it, and that is said."""
    if body["kind"] != "mark":
        return
    if body["mark"] == "contraband":
        contraband |= set(body["exhibits"])
    elif kept := sorted(contraband.intersection(body["exhibits"])):
        findings.note("contraband", f"exhibits {kept[:5]} stay marked 'contraband' all the same", name)


class _Order:
    """What replaces or withdraws what, and who reviews whom: about one act each replaces the newest before it."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._newest: dict[str, int] = {}
        self._writers: dict[str, set[str]] = {}
        self._notices: set[int] = set()
        self._facts: set[int] = set()

    def take(self, name: str, body: dict[str, Any]) -> None:
        """Check one annotation against those before it."""
        if body["kind"] == "act":
            self._seen(name, "replaces", body, self._newest.get(body["act"], 0))
            self._newest[body["act"]] = body["annotation"]
            self._writers.setdefault(body["act"], set()).add(body["by"])
        elif body["kind"] == "act-review":
            self._seen(name, "of", body, self._newest.get(body["act"], -1))
            if body["by"] in self._writers.get(body["act"], ()):
                self._findings.defect("7.3", name, "who wrote about an act reviews it", found=body["by"])
        elif body["kind"] == "notice":
            self._notice(name, body)
        elif body["kind"] == "authorship":
            self._facts.add(body["annotation"])
        elif body["kind"] == "withdrawal":
            self._withdrawal(name, body)

    def _seen(self, name: str, key: str, body: dict[str, Any], newest: int) -> None:
        if body[key] != newest:
            expected = newest if newest >= 0 else "an annotation about this act"
            self._findings.defect(
                "7.3", name, f"'{key}' is not the newest about this act", expected=expected, found=body[key]
            )

    def _withdrawal(self, name: str, body: dict[str, Any]) -> None:
        if body["of"] not in self._facts:
            what = "'of' is no authorship fact before it that still stands"
            self._findings.defect("7.3", name, what, found=body["of"])
        self._facts.discard(body["of"])

    def _notice(self, name: str, body: dict[str, Any]) -> None:
        if body["replaces"] and body["replaces"] not in self._notices:
            self._findings.defect(
                "7.3", name, "'replaces' is no notice before it that still stands", found=body["replaces"]
            )
        if body["form"] == "withdrawn" and not body["replaces"]:
            self._findings.defect("7.3", name, "a notice is withdrawn that is not named")
        self._notices.discard(body["replaces"])
        self._notices.add(body["annotation"])
