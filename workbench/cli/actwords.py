"""What ``workbench annotate`` takes for acts, reviews and notices: options, or one JSON document."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from workbench.errors import UsageError
from workbench.policy import accounts
from workbench.policy.acts import SAID
from workbench.records import Record
from workbench.times import stamp, to_micros

_CITED = re.compile(r"(?:[0-9]{4}-[0-9A-Z]{1,12}-)?E[0-9]{1,9}(?:#.*)?")
DOCUMENT_BYTES = 900_000
"""The largest document that is read."""


class Document(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An annotation as a program hands it over; ``exhibits`` are citations, whole or short."""

    kind: str
    exhibits: tuple[str, ...]
    text: str = ""
    account: str | None = None
    side: str | None = None
    act: str | None = None
    replaces: int | None = None
    said: dict[str, str] | None = None
    supports: tuple[str, ...] | None = None
    undercuts: tuple[str, ...] | None = None
    of: int | None = None
    review: str | None = None
    form: str | None = None
    given: str | None = None
    reached: str | None = None

    def added(self) -> dict[str, Any]:
        """Give what the kind adds."""
        own = {"kind", "exhibits", "text"}
        named = {name: getattr(self, name) for name in self.__struct_fields__ if name not in own}
        return {name: value for name, value in named.items() if value is not None}


def read(path: Path) -> Document:
    """Read a document from a file, or from standard input for ``-``; raise UsageError where it does not fit."""
    where = "standard input" if str(path) == "-" else str(path)
    try:
        with sys.stdin.buffer if str(path) == "-" else path.open("rb") as source:
            data = source.read(DOCUMENT_BYTES + 1)
    except OSError as error:
        raise UsageError("this file cannot be read", where=where, found=str(error.strerror)) from error
    if len(data) > DOCUMENT_BYTES:
        raise UsageError("this document is too long", where=where, expected=f"at most {DOCUMENT_BYTES} bytes")
    try:
        return msgspec.json.decode(data, type=Document)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            "this is not an annotation as JSON",
            where=where,
            found=str(error)[:200],
            todo="see 'annotate --help'",
        ) from error


def of_options(
    kind: str, exhibits: Sequence[str], text: str, given: Mapping[str, Any], say: Sequence[str]
) -> Document:
    """Make the same from a command's options; what a kind does not take is refused later, by its rules."""
    named = {name: value for name, value in given.items() if value not in ("", None, [], ())}
    if kind == "act":
        named = {"replaces": 0, "supports": [], "undercuts": [], "said": _said(say)} | named
    elif kind in accounts.KINDS:
        named = {"said": _said(say, tuple(accounts.SAID[kind]))} | named
    elif say:
        raise UsageError(
            "'--say' is for acts, posters and associations only", todo="add --kind act, poster or association"
        )
    if kind == "notice":
        named = {"replaces": 0, "reached": ""} | named
    if "given" in named:
        named["given"] = _time(named["given"])
    if not exhibits and _CITED.fullmatch(str(named.get("act", ""))):
        exhibits = (named["act"],)
    return msgspec.convert({"kind": kind, "exhibits": list(exhibits), "text": text, **named}, Document)


def _said(say: Sequence[str], known: Sequence[str] = tuple(SAID)) -> dict[str, str]:
    said: dict[str, str] = {}
    for pair in say:
        name, mark, words = pair.partition("=")
        if not mark or name not in known or name in said:
            raise UsageError(
                "this is not said here, or twice",
                expected="NAME=WORDS with one of " + ", ".join(known),
                found=pair[:60],
            )
        said[name] = words
    return said


def _time(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError("this is not a time", where="--given", found=text[:40]) from error
    if moment.tzinfo is None:
        raise UsageError(
            "this time names no zone", where="--given", expected="2026-01-31T20:00-05:00", found=text
        )
    return stamp(to_micros(moment))
