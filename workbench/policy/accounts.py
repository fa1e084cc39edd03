"""What a person notes about an account in gang and crime-media cases (docs/casefile-format.md, 7.3). Pure rules.

A ``poster`` note says whether who posted took part, looked on, or neither is known (4.20 IV.A.2.b.5). An
``association`` note holds what 28 CFR 23.20 asks for where an association is kept: the basis of suspicion, why it is
relevant, who reviewed it, and the day by which it is reviewed again or taken out. Nothing here is counted or scored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from workbench.errors import UsageError
from workbench.handles import folded
from workbench.policy.acts import bounded

if TYPE_CHECKING:
    from workbench.policy.annotations import Annotation

ROLES = ("participant", "observer", "unknown")
"""What who posted is known to be; ``unknown`` until a person says otherwise."""

SAID: dict[str, dict[str, int]] = {
    "poster": {"role": 20},
    "association": {"suspicion_basis": 4_000, "relevance": 4_000, "reviewer": 200, "review_due": 10},
}
"""Kind -> what may be said -> most characters."""

NEEDED = {"poster": ("role",), "association": ("suspicion_basis", "review_due")}
"""Kind -> what must be said."""

KINDS = tuple(SAID)
ADDS = ("account", "said")
ACCOUNT_LENGTH = 500
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def check(kind: str, given: Mapping[str, Any]) -> None:
    """Raise UsageError where a note about an account lacks something, or says what its kind does not hold."""
    if sorted(given) != sorted(ADDS):
        raise UsageError(
            f"these fields do not belong to the kind '{kind}'",
            expected=", ".join(ADDS),
            found=", ".join(sorted(given)) or "none",
        )
    bounded("account", given["account"], ACCOUNT_LENGTH)
    for name, words in given["said"].items():
        if name not in SAID[kind]:
            raise UsageError(
                "this is not said of an account", expected=", ".join(SAID[kind]), found=name[:40]
            )
        bounded(name, words, SAID[kind][name])
    lacking = [name for name in NEEDED[kind] if name not in given["said"]]
    if lacking:
        raise UsageError(
            f"the kind '{kind}' needs more", expected=", ".join(lacking), todo="add each with --say"
        )
    _check_role(given["said"].get("role", ROLES[-1]))
    _check_day(given["said"].get("review_due", "2026-01-31"))


def check_order(body: Mapping[str, Any], seen: int | None, written: Iterable[Annotation]) -> None:
    """Raise UsageError where somebody else has noted something of the same account meanwhile.

    ``seen`` is the number of the newest note of this kind that the writer saw, 0 for none; None asks nothing.
    """
    if seen is None or body["kind"] not in KINDS:
        return
    name = folded(body["account"])
    mine = [one for one in written if one.kind == body["kind"] and folded(one.account) == name]
    newest = mine[-1].annotation if mine else 0
    if newest != seen:
        raise UsageError(
            "somebody else has written about this account meanwhile",
            where=f"annotation {newest}, by {mine[-1].by}, {mine[-1].at}" if mine else "",
            expected=f"replaces {newest}",
            found=f"replaces {seen}",
            todo="look at theirs with 'workbench annotate CASE --list', then write again",
        )


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise UsageError("this is no role", where="role", expected=", ".join(ROLES), found=role[:40])


def _check_day(day: str) -> None:
    error = UsageError("this is no day", where="review_due", expected="2026-01-31", found=day[:40])
    # Python reads "20260131" and "2026-W05-6" too; the case's format does not (7.3).
    if not _DAY.fullmatch(day):
        raise error
    try:
        date.fromisoformat(day)
    except ValueError as none:
        raise error from none
