"""Annotations: what people write about exhibits (docs/casefile-format.md, 7.3). Pure rules.

A note is free words; an authorship fact says what speaks for or against an account being somebody's, side by
side and never a score, and a withdrawal says why one no longer counts; a mark says that an exhibit is contraband, or
hidden unless asked for. What is said about acts, who reviewed it, and notices given before them:
``workbench.policy.acts``; of posters and associations: ``workbench.policy.accounts``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import msgspec

from workbench.counts import exhibits_told
from workbench.errors import AuthorityError, IntegrityError, UsageError
from workbench.policy import accounts, acts
from workbench.policy.officers import REVIEW
from workbench.records import Record

FORMAT = "workbench-annotation/1"
ADDS: dict[str, tuple[str, ...]] = {
    "note": (),
    "authorship": ("account", "side"),
    "withdrawal": ("of",),
    "mark": ("mark",),
}
"""Kind of annotation -> the fields that it adds; others are ``acts.KINDS`` and ``accounts.KINDS``."""

KINDS = (*ADDS, *acts.KINDS, *accounts.KINDS)

SIDES = ("confirming", "contrary")
CONTRABAND, HIDDEN, NONE = "contraband", "hidden", "none"
MARKS = (CONTRABAND, HIDDEN, NONE)
TEXT_LENGTH = 20_000
"""Most characters of an annotation's text."""

ACCOUNT_LENGTH = 500
"""Most characters of the account that an authorship fact is about."""


class Annotation(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One annotation as it lies in the case; ``exhibits`` are exhibit numbers.

    ``account`` and ``side`` are empty but for ``authorship``, ``mark`` but for ``mark``; the others but for the
    kinds of ``workbench.policy.acts``.
    """

    format: str
    case: str
    annotation: int
    at: str
    by: str
    kind: str
    exhibits: tuple[int, ...]
    text: str
    account: str = ""
    side: str = ""
    mark: str = ""
    act: str = ""
    replaces: int | None = None
    said: dict[str, str] | None = None
    supports: tuple[str, ...] | None = None
    undercuts: tuple[str, ...] | None = None
    of: int | None = None
    review: str = ""
    form: str = ""
    given: str = ""
    reached: str | None = None

    @classmethod
    def parse(cls, data: bytes, where: str) -> Self:
        """Read an annotation; raise IntegrityError naming what does not fit."""
        try:
            found = msgspec.json.decode(data, type=cls)
            check_fields(added(found))
        except (msgspec.DecodeError, UsageError) as error:
            raise IntegrityError(f"this annotation cannot be read: {error}", where=where) from error
        if found.format != FORMAT:
            raise IntegrityError(
                "this is not an annotation", where=where, expected=FORMAT, found=found.format[:80]
            )
        return found


_OWN = frozenset({"format", "case", "annotation", "at", "by", "kind", "exhibits", "text"})
_ADDED = {field.name: field.default for field in msgspec.structs.fields(Annotation) if field.name not in _OWN}
"""What kinds add -> the value of a field that was not given."""


def added(found: Annotation) -> dict[str, Any]:
    """Give what its writer said: kind, exhibits, text, and what the kind adds; nothing that is not given."""
    said = {name: getattr(found, name) for name in _ADDED}
    given = {name: value for name, value in said.items() if value != _ADDED[name]}
    return {"kind": found.kind, "exhibits": list(found.exhibits), "text": found.text, **given}


def check_fields(body: Mapping[str, Any]) -> None:
    """Raise UsageError where an annotation's words do not fit its kind (clause 7.3)."""
    kind = str(body["kind"])
    if kind not in KINDS:
        raise UsageError("this is not a kind of annotation", expected=", ".join(KINDS), found=kind[:40])
    given = {name: value for name, value in body.items() if name in _ADDED}
    if kind in acts.KINDS:
        acts.check(kind, given)
    elif kind in accounts.KINDS:
        accounts.check(kind, given)
    else:
        _check_added(kind, given)
    text = body["text"]
    if not text.strip() and not (kind in acts.KINDS and _says(body)):
        raise UsageError(
            "an annotation says something", todo="add its words (--text) or its reason (--reason)"
        )
    if len(text) > TEXT_LENGTH:
        raise UsageError(
            "these words are too many for an annotation",
            expected=f"at most {TEXT_LENGTH} characters",
            found=str(len(text)),
        )
    numbers = body["exhibits"]
    if not numbers or len(set(numbers)) != len(numbers):
        raise UsageError(
            "an annotation names its exhibits, each once", todo="cite what it is about: CASE-E0012"
        )


def _says(body: Mapping[str, Any]) -> bool:
    """Whether an act's fields say something, so that it needs no further words."""
    return bool(body.get("said") or body.get("supports") or body.get("undercuts"))


def _check_added(kind: str, given: Mapping[str, str]) -> None:
    if tuple(sorted(given)) != ADDS[kind]:
        raise UsageError(
            f"these fields do not belong to the kind '{kind}'",
            expected=", ".join(ADDS[kind]) or "none",
            found=", ".join(sorted(given)) or "none",
        )
    if given.get("side", SIDES[0]) not in SIDES:
        raise UsageError("this is not a side", expected=" or ".join(SIDES), found=given["side"][:40])
    if given.get("mark", NONE) not in MARKS:
        raise UsageError("this is not a mark", expected=", ".join(MARKS), found=given["mark"][:40])
    account = given.get("account", "-")
    if not account.strip() or len(account) > ACCOUNT_LENGTH:
        raise UsageError("an authorship fact names one account", expected=f"1 to {ACCOUNT_LENGTH} characters")


def check_withdrawal(body: Mapping[str, Any], written: Iterable[Annotation]) -> None:
    """Raise UsageError where a withdrawal is not of an authorship fact that still stands."""
    if body["kind"] != "withdrawal":
        return
    standing = standing_facts(written)
    if body["of"] not in standing:
        raise UsageError(
            "there is no such authorship fact, or it was withdrawn before",
            expected=", ".join(map(str, standing)) or "none stands",
            found=str(body["of"]),
            todo="see 'workbench annotate CASE --list'",
        )


def standing_facts(written: Iterable[Annotation]) -> dict[int, Annotation]:
    """Give the authorship facts that nobody has withdrawn, by number, in order."""
    found: dict[int, Annotation] = {}
    for one in written:
        if one.kind == "authorship":
            found[one.annotation] = one
        elif one.kind == "withdrawal" and one.of is not None:
            found.pop(one.of, None)
    return found


def check_new(body: Mapping[str, Any], marks: Mapping[int, str], *, exhibits: int) -> None:
    """Raise UsageError where a new annotation breaks a rule.

    ``exhibits`` is how many exhibits the case has, ``marks`` what they are marked as.
    """
    check_fields(body)
    missing = [number for number in body["exhibits"] if not 1 <= number <= exhibits]
    if missing:
        raise UsageError(
            "the case has no such exhibit",
            expected=f"1 to {exhibits}",
            found=", ".join(map(str, missing[:10])),
        )
    if body.get("mark", CONTRABAND) != CONTRABAND:
        kept = [number for number in body["exhibits"] if marks.get(number) == CONTRABAND]
        if kept:
            raise UsageError(
                "contraband stays contraband: this mark is not taken back",
                found=exhibits_told(kept[:10]),
            )


def check_writer(kind: str, badge: str, workers: frozenset[str], namespaces: Sequence[str]) -> None:
    """Raise AuthorityError where an officer may not write this.

    Who works the case may write everything; a supervisor may mark, and review what was said about an act.
    """
    if badge in workers or (kind in {"mark", "act-review"} and REVIEW in namespaces):
        return
    raise AuthorityError(
        "only who works the case may annotate it",
        found=badge,
        todo="ask its owner for 'case assign'; a supervisor may use 'workbench mark'",
    )


def marked(annotations: Iterable[Annotation]) -> dict[int, str]:
    """Give the mark of each exhibit that has one: the last counts, but contraband stays (clause 7.3)."""
    found: dict[int, str] = {}
    for one in annotations:
        for number in one.exhibits if one.kind == "mark" else ():
            if found.get(number) != CONTRABAND:
                found[number] = one.mark
    return {number: mark for number, mark in found.items() if mark != NONE}
