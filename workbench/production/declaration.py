"""A draft declaration of capture as PDF: facts from the log, blanks for the person, and what a hash shows.

The page is made by Typst from a template of ours (``declaration.typ``) with the fonts that Typst brings along.
All facts go to it as JSON and are set as text: no word of them is ever markup. Equal facts give equal bytes.
"""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files
from typing import Any, Final

import msgspec
import typst

from workbench import qr
from workbench.errors import InputError
from workbench.production.views import ExhibitFact, Facts
from workbench.times import from_micros

CELL_LETTERS = 2_000
"""The most of one fact that the paper holds."""
LISTED = 300
"""The most rows of one list that the paper holds, for setting one takes some 100 KB: a CSV file holds all."""

_STANDARD: Final = "a-2b"  # ISO 19005-2: everything that it needs is in the file
_LAST_LETTER = 0x052F  # the end of Cyrillic: what the fonts brought along can draw
_SIGNS = frozenset("–—‘’“”…•€™")


def pdf(facts: Facts) -> bytes:
    """Give the paper (PDF/A-2b, US Letter); its date is that of the seal.

    Letters that its fonts cannot draw, and those that nobody could see, are written as their number.
    Raises InputError where it cannot be set.
    """
    seal = facts.seal
    told = msgspec.json.encode(_told(facts)).decode()
    code = qr.svg(qr.seal_text(_drawn(facts.case), seal.number, seal.sha256))
    try:
        return typst.compile(
            files("workbench.production").joinpath("declaration.typ").read_bytes(),
            font_paths=typst.Fonts(include_system_fonts=False),
            sys_inputs={"facts": told, "qr": code},
            pdf_standards=_STANDARD,
            timestamp=facts.created // 1_000_000,
        )
    except typst.TypstError as error:
        raise InputError(
            "the draft declaration cannot be set",
            found=str(error)[:200],
            todo="report this with the case's facts",
        ) from error


def _told(facts: Facts) -> dict[str, Any]:
    failed = tuple(one for one in facts.captures if one.verdict != "complete")
    few = msgspec.structs.replace(
        facts, exhibits=(), withheld=(), captures=facts.captures[:LISTED], notes=facts.notes[:LISTED]
    )
    told: dict[str, Any] = msgspec.to_builtins(few)
    told["exhibits"] = [_row(one) for one in facts.exhibits[:LISTED]]
    told["failed"] = msgspec.to_builtins(failed[:LISTED])
    told["count"] = {
        "exhibits": len(facts.exhibits),
        "withheld": len(facts.withheld),
        "captures": len(facts.captures),
        "failed": len(failed),
        "notes": len(facts.notes),
    }
    told["seal"]["line"] = qr.seal_line(facts.seal.number, facts.seal.sha256)
    told["date"] = _date(from_micros(facts.created))
    drawn: dict[str, Any] = _each(told)
    return drawn


def _row(one: ExhibitFact) -> dict[str, Any]:
    return {
        "citation": one.citation,
        "observed": one.observed,
        "length": one.length,
        "seq": one.seq,
        "sha256": one.sha256,
        "withheld": not one.copy,
    }


def _date(moment: datetime) -> list[int]:
    return [moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second]


def _each(value: Any) -> Any:  # noqa: ANN401 - what JSON holds
    if isinstance(value, str):
        return _drawn(value)
    if isinstance(value, dict):
        return {name: _each(inner) for name, inner in value.items()}
    return [_each(inner) for inner in value] if isinstance(value, list | tuple) else value


def _drawn(text: str) -> str:
    """Write out what could not be drawn, or not be seen; cut at the bound."""
    shown = "".join(c if _can_be_drawn(c) else f"\\u{ord(c):04x}" for c in text[:CELL_LETTERS])
    return (
        shown if len(text) <= CELL_LETTERS else f"{shown} [cut here: {len(text) - CELL_LETTERS} more letters]"
    )


def _can_be_drawn(letter: str) -> bool:
    return (letter.isprintable() and ord(letter) <= _LAST_LETTER) or letter in _SIGNS
