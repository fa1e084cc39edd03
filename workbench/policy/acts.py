"""What only a person can say about an act, its review, and notices given before it (docs/casefile-format.md, 7.3).

An act is named by the entity_id of the post or interaction that carries it, or by a citation with a pointer: both
outlive new captures and rebuilt tables. What is said about it later replaces what was said before, for showing;
the files stay. Pure rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.errors import AuthorityError, UsageError
from workbench.policy import elements
from workbench.times import iso, read_stamp

if TYPE_CHECKING:
    from workbench.policy.annotations import Annotation

ACT_LENGTH = 2_000
"""Most characters of an act's identity."""

SAID: dict[str, int] = {
    "occasion": 80,
    "directed_at_target": 10,
    "directed_because": 4_000,
    "attributed_person": 200,
    "attribution_basis": 4_000,
    "contrary_facts": 4_000,
    "mechanism": 200,
    "prior_notice": 4_000,
    "protected_reading": 4_000,
    "account": 500,
    "posted": 40,
    "words": 20_000,
}
"""What may be said about an act -> most characters. The last three are for an act that no row describes, such as a
screenshot: the account it shows, when it says it was posted (with its zone), and its words."""

DIRECTED = ("yes", "no", "unclear")
MECHANISMS = ("direct reply", "mention", "message", "quote", "through third parties", "posts about")
"""Usual mechanisms; others may be written."""

ENTRIES, ENTRY_LENGTH = 60, 200
"""Most elements on one side of an act, and most characters of one."""

FORMS = ("request", "block", "order", "withdrawn")
"""Forms of a notice: a request to stop, a block, an order and its service; or an earlier notice taken back."""

REVIEWED = ("act", "threat")
"""What a review is of: the act as described, or its words as a threat."""

_KEYS: dict[str, tuple[str, ...]] = {
    "act": ("act", "replaces", "said", "supports", "undercuts"),
    "act-review": ("act", "of", "review"),
    "notice": ("form", "given", "reached", "replaces"),
}
KINDS = tuple(_KEYS)


def check(kind: str, given: Mapping[str, Any]) -> None:
    """Raise UsageError where what a kind adds is missing, too long or not of the list."""
    if sorted(given) != sorted(_KEYS[kind]):
        raise UsageError(
            f"these fields do not belong to the kind '{kind}'",
            expected=", ".join(_KEYS[kind]),
            found=", ".join(sorted(given)) or "none",
        )
    checks: dict[str, Callable[[Mapping[str, Any]], None]] = {
        "act": _check_act,
        "act-review": _check_review,
        "notice": _check_notice,
    }
    checks[kind](given)


def _check_act(given: Mapping[str, Any]) -> None:
    bounded("act", given["act"], ACT_LENGTH)
    for name, text in given["said"].items():
        if name not in SAID:
            raise UsageError("this is not said about an act", expected=", ".join(SAID), found=name[:40])
        bounded(name, text, SAID[name])
    if given["said"].get("directed_at_target", "yes") not in DIRECTED:
        raise UsageError("this is no answer", where="directed_at_target", expected=", ".join(DIRECTED))
    if "posted" in given["said"]:
        _check_posted(given["said"]["posted"])
    for side in ("supports", "undercuts"):
        _check_entries(side, given[side])


def _check_posted(text: str) -> None:
    if iso(text).utc is None:
        raise UsageError(
            "this is not a time with its zone",
            where="posted",
            expected="2026-03-14T21:40-05:00",
            found=text,
        )


def _check_entries(side: str, entries: Sequence[str]) -> None:
    if len(entries) > ENTRIES or len(set(entries)) != len(entries):
        raise UsageError("an element is named once", where=side, expected=f"at most {ENTRIES}")
    for entry in entries:
        bounded(side, entry, ENTRY_LENGTH)
        if not elements.known(entry):
            raise UsageError(
                "this element is not on the list",
                where=side,
                expected="offence/element, such as stalking/threat, or 'other: …'",
                found=entry,
                todo=f"the list has {', '.join(_listed(entry))}",
            )


def _listed(entry: str) -> tuple[str, ...]:
    """Give the entries of the offence that is meant, else of all."""
    name = entry.partition("/")[0]
    return elements.entries(name if name in elements.OFFENCES else "")


def _check_review(given: Mapping[str, Any]) -> None:
    bounded("act", given["act"], ACT_LENGTH)
    if given["review"] not in REVIEWED:
        raise UsageError("this is not reviewed", expected=" or ".join(REVIEWED), found=given["review"][:40])


def _check_notice(given: Mapping[str, Any]) -> None:
    if given["form"] not in FORMS:
        raise UsageError("this is not a form of notice", expected=", ".join(FORMS), found=given["form"][:40])
    if given["form"] == FORMS[-1] and not given["replaces"]:
        raise UsageError("only a notice that was written can be taken back", todo="name it with --replaces")
    if len(given["reached"]) > SAID["account"]:
        raise UsageError("this account is too long", expected=f"at most {SAID['account']} characters")
    try:
        read_stamp(given["given"])
    except ValueError as error:
        raise UsageError(
            "a notice says when it was given", where="given", expected="2026-03-14T21:40:00-05:00"
        ) from error


def bounded(name: str, text: str, most: int) -> None:
    """Raise UsageError where words are empty, or more characters than ``most``."""
    if not text.strip() or len(text) > most:
        raise UsageError(
            "this is empty or too long", where=name, expected=f"1 to {most} characters", found=str(len(text))
        )


def told(one: Annotation) -> str:
    """Give an annotation's words, and below them what its kind adds, one line each: for people to read."""
    lines = [one.text] if one.text.strip() else []
    lines += [f"{name.replace('_', ' ')}: {words}" for name, words in (one.said or {}).items()]
    for side in ("supports", "undercuts"):
        entries = getattr(one, side)
        lines += [f"{side}: {'; '.join(entries)}"] if entries else []
    if one.kind == "notice":
        lines.append(f"given {one.given}, reached {one.reached or 'whoever acts'}")
    lines += [f"replaces annotation {one.replaces}"] if one.replaces else []
    lines += [f"of annotation {one.of}"] if one.of else []
    return "\n".join(lines)


def newest(annotations: Iterable[Annotation]) -> dict[str, Annotation]:
    """Give the newest annotation about each act, by the act's identity."""
    return {one.act: one for one in annotations if one.kind == "act"}


def standing_notices(annotations: Iterable[Annotation]) -> list[Annotation]:
    """Give the notices that nothing later replaces and that were not taken back, in order."""
    notices = [one for one in annotations if one.kind == "notice"]
    replaced = {one.replaces for one in notices}
    return [one for one in notices if one.annotation not in replaced and one.form != FORMS[-1]]


def check_order(body: Mapping[str, Any], badge: str, written: Sequence[Annotation]) -> None:
    """Raise where somebody else has written meanwhile, or reviews their own words.

    UsageError where ``replaces`` (or ``of``, for a review) is not the newest annotation about this act;
    AuthorityError where the reviewer has written about the act.
    """
    if body["kind"] == "act":
        last = newest(written).get(body["act"])
        _check_seen(body["replaces"], last)
    elif body["kind"] == "notice":
        _check_replaced(body["replaces"], written)
    elif body["kind"] == "act-review":
        last = newest(written).get(body["act"])
        if last is None:
            raise UsageError("nobody has written about this act", todo="an act is described, then reviewed")
        _check_seen(body["of"], last)
        if badge in {one.by for one in written if one.kind == "act" and one.act == body["act"]}:
            raise AuthorityError(
                "nobody reviews their own words",
                found=badge,
                todo="another officer who works the case, or a supervisor, reviews the act",
            )


def _check_seen(seen: int, last: Annotation | None) -> None:
    number = last.annotation if last else 0
    if seen != number:
        raise UsageError(
            "somebody else has written about this act meanwhile" if number else "there is nothing to replace",
            where=f"annotation {number}, by {last.by}, {last.at}" if last else "",
            expected=f"--replaces {number}",
            found=f"--replaces {seen}",
            todo="look at theirs with 'workbench annotate CASE --list', then write again",
        )


def _check_replaced(number: int, written: Sequence[Annotation]) -> None:
    notices = [one for one in written if one.kind == "notice"]
    open_ones = {one.annotation for one in notices} - {one.replaces for one in notices}
    if number and number not in open_ones:
        raise UsageError(
            "this notice is not there, or was replaced before",
            expected=", ".join(map(str, sorted(open_ones))) or "none",
            found=str(number),
        )
