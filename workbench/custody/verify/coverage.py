"""What the seals leave open: said, and no defect (docs/casefile-format.md, 10.4 to 10.6, 10.8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from workbench.custody.verify.log import Log
from workbench.custody.verify.report import UNSIGNED, Findings
from workbench.custody.verify.sealers import Vouched
from workbench.custody.verify.seals import Seal

_SHOWN: Final = 20
_OWN: Final = frozenset({"seal", "seal.signed", "seal.stamped"})


def note(log: Log, audit: Log, seals: list[Seal], vouched: Vouched, findings: Findings) -> None:
    """Note what is not sealed, and which seals are not signed, countersigned or timestamped."""
    if not seals:
        findings.note("unsealed", "no seal: nothing outside the folder fixes when it was so")
        return
    last = seals[-1]
    _tail(log, last, findings)
    count, _ = last.audit
    if audit.total > count:
        what = f"{_these('audit line', count + 1, audit.total)} not sealed"
        findings.note("unsealed-audit", what)
    numbers = [seal.number for seal in seals]
    for kind, counted, word in (
        ("unsigned", vouched.signed, "signed by the officer who made it"),
        ("not-countersigned", vouched.countersigned, "countersigned"),
        ("unstamped", vouched.stamped, "timestamped"),
    ):
        if missing := [number for number in numbers if number not in counted]:
            findings.note(kind, f"{_seals(missing)} not {word}")
            if kind == "unsigned":
                findings.counts[UNSIGNED] = len(missing)


def _tail(log: Log, last: Seal, findings: Findings) -> None:
    if log.total <= last.lines:
        return
    what = f"{_these('line', last.lines + 1, log.total)} not sealed"
    own = sum(line.ordinal >= last.lines for action in _OWN for line in log.of(action))
    if own == log.total - last.lines:
        findings.note("unsealed-own", f"{what}: only those that name the last seal and its marks", last.name)
    else:
        findings.note("unsealed-lines", what)


def _these(word: str, first: int, last: int) -> str:
    return f"{word} {first} is" if first == last else f"{word}s {first} to {last} are"


def _seals(numbers: list[int]) -> str:
    found = list(runs(numbers))
    told = ", ".join(f"{first}" if first == last else f"{first} to {last}" for first, last in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more runs" if len(found) > _SHOWN else ""
    return f"seal {told} is" if len(numbers) == 1 else f"seals {told}{more} are"


def runs(numbers: Iterable[int]) -> Iterable[tuple[int, int]]:
    """Give numbers in ascending order as runs, first and last of each."""
    first = last = None
    for number in numbers:
        if last is not None and number == last + 1:
            last = number
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = number
    if first is not None and last is not None:
        yield first, last
