"""Case versions: their chain, their signatures and the rules of their acts (docs/casefile-format.md, 4)."""

from __future__ import annotations

import sys
from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from workbench.custody.verify.lines import BADGE, CASE_NUMBER, ZEROS, is_stamp, matches, strict_json
from workbench.custody.verify.log import Line, Log
from workbench.custody.verify.officers import Registers, allowed, read_named, signatures
from workbench.custody.verify.report import Findings

_LIMIT: Final = 16 << 20
REQUEST: Final = "workbench-request"
APPROVE: Final = "workbench-approve"
PURPOSES: Final = frozenset({"missing", "wanted", "gang", "cyberstalking", "crime-media"})
ACTS: Final = {
    "open": REQUEST,
    "oral": REQUEST,
    "request": REQUEST,
    "renew": REQUEST,
    "approve": APPROVE,
    "refuse": APPROVE,
    "ratify": APPROVE,
    "assign": APPROVE,
    "handover": APPROVE,
    "close": REQUEST,
}
"""Act -> namespace (4.3)."""


class Version(msgspec.Struct):
    """A version that could be read, with its log line and hash."""

    line: Line
    sha256: str
    body: dict[str, Any]

    @property
    def act(self) -> str:
        """Give its act."""
        return str(self.body.get("act", ""))

    @property
    def name(self) -> str:
        """Give its file."""
        return f"case/{self.line.fields['version']:04d}.json"


def moment(text: object) -> datetime | None:
    """Read a time as 2.3, or give None."""
    if not is_stamp(text):
        return None
    return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def read(folder: Path, log: Log, registers: Registers, findings: Findings) -> list[Version]:
    """Check every ``case`` line's version; give those that could be read, in order."""
    history: list[Version] = []
    previous = ZEROS
    first_begun = {line.actor: line.ordinal for line in reversed(log.of("capture.begin"))}
    for number, line in enumerate(log.of("case"), 1):
        if line.fields["version"] != number:
            findings.defect(
                "1.5",
                line.file,
                "numbers of case versions do not rise by one",
                at=line.place,
                expected=number,
                found=line.fields["version"],
            )
        name = f"case/{line.fields['version']:04d}.json"
        data = read_named(folder, name, line.fields["sha256"], _LIMIT, findings)
        body = _body(name, data, findings)
        if data is not None and body is not None:
            version = Version(line, line.fields["sha256"], body)
            _Rules(version, history, previous, findings, log, first_begun).check()
            good = signatures(folder, line, name, data, findings)
            registers.remember(name, good)
            counted = allowed(good, registers.at(line.ordinal), line.at, name, findings, "3.4")
            _signed(version, history, counted, findings)
            history.append(version)
        previous = line.fields["sha256"]
    if not history:
        findings.defect("4.1", "case/0001.json", "no case version can be read: nothing was authorised")
    return history


def _body(name: str, data: bytes | None, findings: Findings) -> dict[str, Any] | None:
    if data is None:
        return None
    try:
        body = strict_json(data)
    except ValueError as error:
        findings.defect("4.1", name, "a case version is not JSON", at=(0, len(data)), found=str(error))
        return None
    if not isinstance(body, dict):
        findings.defect("4.1", name, "a case version is not a JSON object", at=(0, len(data)))
        return None
    return body


def _signed(version: Version, history: list[Version], counted: dict[str, str], findings: Findings) -> None:
    by = str(version.body.get("by"))
    wanted = {ACTS.get(version.act, REQUEST)}
    owner = history[-1].body.get("owner") if history else None
    if version.act in {"assign", "handover"} and by == owner:
        wanted.add(REQUEST)
    if counted.get(by) not in wanted:
        found = counted.get(by, "no signature that counts")
        what = f"act '{version.act}' is not signed by its officer in the namespace it needs"
        findings.defect("4.3", version.name, what, expected=" or ".join(sorted(wanted)), found=found)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


class _Rules:
    """Clause 4 for one version, given those before it."""

    def __init__(
        self,
        version: Version,
        history: list[Version],
        previous: str,
        findings: Findings,
        log: Log,
        first_begun: dict[str, int],
    ) -> None:
        self.version = version
        self.body = version.body
        self.history = history
        self.previous = previous
        self.log = log
        self.first_begun = first_begun
        self.findings = findings

    def say(self, clause: str, what: str, *, expected: object = "", found: object = "") -> None:
        self.findings.defect(clause, self.version.name, what, expected=expected, found=found)

    def same(self, clause: str, key: str, expected: object) -> None:
        if self.body.get(key) != expected:
            self.say(clause, f"'{key}' is off", expected=expected, found=self.body.get(key))

    def check(self) -> None:
        self._form()
        self._place()
        act = self.version.act
        if act not in ACTS:
            self.say("4.3", "an act that format 1 does not know", found=act)
            return
        if self.version.line.fields["act"] != act:
            self.say(
                "4.3", "the log line names another act", expected=act, found=self.version.line.fields["act"]
            )
        if (act in {"open", "oral"}) != (not self.history):
            self.say("4.3", "'open' or 'oral' makes version 1, and only version 1", found=act)
        if self.history and self.history[-1].act == "close":
            self.say("4.3", "a version follows 'close'", found=act)
        rule = getattr(self, f"_act_{act}", None)
        if rule is not None:
            rule()
        self._kept()

    def _form(self) -> None:
        forms = {
            "case": lambda value: matches(CASE_NUMBER, value),
            "at": is_stamp,
            "by": lambda value: matches(BADGE, value),
            "facts": lambda value: isinstance(value, dict) and all(map(_is_text, value.values())),
            "subjects": _texts,
            "owner": lambda value: matches(BADGE, value),
            "assigned": lambda value: _texts(value) and all(matches(BADGE, each) for each in value),
            "reason": _is_text,
        }
        for key, form in forms.items():
            if key not in self.body:
                self.say("4.1", f"'{key}' is missing")
            elif not form(self.body[key]):
                self.say("4.1", f"'{key}' is off", found=self.body[key])
        if self.body.get("purpose") not in PURPOSES:
            self.say("4.2", "'purpose' is not one of the five", found=self.body.get("purpose"))
        if "scope" not in self.body:
            self.say("4.1", "'scope' is missing")
        elif self.body["scope"] is not None:
            self._scope(self.body["scope"])

    def _scope(self, scope: object) -> None:
        if not isinstance(scope, dict):
            self.say("4.4", "'scope' is not an object", found=scope)
            return
        window, limits = scope.get("window"), scope.get("limits")
        targets = scope.get("targets")
        good = {
            "targets": isinstance(targets, list)
            and all(isinstance(each, dict) and set(each) == {"source", "target"} for each in targets)
            and all(_is_text(value) for each in targets for value in each.values()),
            "hosts": _texts(scope.get("hosts")),
            "window": isinstance(window, dict)
            and all(value is None or is_stamp(value) for value in (window.get("since"), window.get("until"))),
            "limits": isinstance(limits, dict)
            and all(_is_count(limits.get(key)) for key in ("requests", "bytes")),
            "media": isinstance(scope.get("media"), bool),
            "context": isinstance(scope.get("context"), bool),
        }
        for key, fine in good.items():
            if not fine:
                self.say("4.4", f"'{key}' of the scope is off", found=scope.get(key))

    def _place(self) -> None:
        self.same("4.1", "format", "workbench-case/1")
        self.same("4.1", "version", self.version.line.fields["version"])
        self.same("4.1", "previous", self.previous)
        opening = self.log.of("open")
        if opening:
            self.same("4.1", "case", opening[0].fields["case"])

    def _kept(self) -> None:
        """What an act does not add stays as it was (4.1, 4.2, 4.3)."""
        if not self.history:
            return
        last, act = self.history[-1].body, self.version.act
        self.same("4.2", "purpose", last.get("purpose"))
        if act not in {"assign", "handover"}:
            self.same("4.3", "owner", last.get("owner"))
            self.same("4.3", "assigned", last.get("assigned"))
        if act not in {"request", "renew", "approve"}:
            self.same("4.3", "scope", last.get("scope"))

    def _act_open(self) -> None:
        self.same("4.3", "scope", None)

    def _act_oral(self) -> None:
        oral = self.body.get("oral")
        keys = ("supervisor", "at", "words", "danger")
        if not isinstance(oral, dict) or not all(_is_text(oral.get(key)) for key in keys):
            self.say("4.3", "'oral' does not say who, when, their words and the danger", found=oral)
        elif not is_stamp(oral["at"]) or not matches(BADGE, oral["supervisor"]):
            self.say("4.3", "'oral' holds no time or no badge", found=oral)
        self._expires(timedelta(hours=24), "an oral authority lasts 24 hours at most")

    def _expires(self, most: timedelta, what: str) -> None:
        at, expires = moment(self.body.get("at")), moment(self.body.get("expires"))
        if expires is None:
            self.say("4.3", "'expires' is missing or no time", found=self.body.get("expires"))
        elif at is not None and expires - at > most:
            self.say("4.3", what, expected=str(at + most), found=str(expires))

    def _days(self) -> None:
        days = self.body.get("days")
        if type(days) is not int or not 1 <= days <= 30:
            self.say("4.3", "'days' is not 1 to 30", found=days)

    def _act_request(self) -> None:
        self._days()
        if self.body.get("scope") is None:
            self.say("4.3", "a request without a scope")

    def _act_renew(self) -> None:
        self._days()
        approved = [each for each in self.history if each.act == "approve"]
        if not approved:
            self.say("4.3", "a renewal of what was never approved")
        else:
            self.same("4.3", "scope", approved[-1].body.get("scope"))
        self._reason()

    def _reason(self) -> None:
        if not str(self.body.get("reason") or "").strip():
            self.say("4.3", f"'{self.version.act}' needs a reason")

    def _asked(self) -> Version | None:
        asked = [each for each in self.history if each.act in {"request", "renew"}]
        return asked[-1] if asked else None

    def _act_approve(self) -> None:
        asked = self._asked()
        if asked is None or self.body.get("approves") != asked.sha256:
            expected = asked.sha256 if asked else "a request"
            self.say(
                "4.3",
                "'approves' is not the last request",
                expected=expected,
                found=self.body.get("approves"),
            )
        self._expires(timedelta(days=30), "an approval lasts 30 days at most")
        if asked is not None:
            self.same("4.3", "scope", asked.body.get("scope"))
            self._independent(asked, "approver")

    def _independent(self, asked: Version, who: str) -> None:
        by, last = self.body.get("by"), self.history[-1].body
        assigned = last.get("assigned")
        begun = self.first_begun.get(str(by), self.version.line.ordinal)
        reasons = {
            "asked for it": by == asked.body.get("by"),
            "owns the case": by == last.get("owner"),
            "is assigned to the case": isinstance(assigned, list) and by in assigned,
            "collected in the case": begun < self.version.line.ordinal,
        }
        for reason, holds in reasons.items():
            if holds:
                self.say("4.3", f"the {who} {reason}", found=by)

    def _oral_version(self) -> Version | None:
        first = self.history[0] if self.history else None
        return first if first is not None and first.act == "oral" else None

    def _act_refuse(self) -> None:
        asked = self._asked()
        fit = {each.sha256 for each in (asked, self._oral_version()) if each is not None}
        if asked is not None and self.body.get("refuses") == asked.sha256:
            self._independent(asked, "refuser")
        if self.body.get("refuses") not in fit:
            found = self.body.get("refuses")
            self.say("4.3", "'refuses' is neither the last request nor the oral version", found=found)

    def _act_ratify(self) -> None:
        oral = self._oral_version()
        if oral is None or self.body.get("ratifies") != oral.sha256:
            self.say("4.3", "'ratifies' is not the oral version", found=self.body.get("ratifies"))
            return
        spoken = oral.body.get("oral")
        supervisor = spoken.get("supervisor") if isinstance(spoken, dict) else None
        self.same("4.3", "by", supervisor)
        if self.body.get("by") == oral.body.get("by"):
            self.say("4.3", "the oral authority is ratified by who used it", found=self.body.get("by"))

    def _act_close(self) -> None:
        self._reason()


class Standing:
    """What the case versions allow at a place of the log, looked up without going through them each time."""

    def __init__(self, history: list[Version]) -> None:
        self._history = history
        self._by_number = {each.line.fields["version"]: each for each in reversed(history)}
        self.closed = min((each.line.ordinal for each in history if each.act == "close"), default=sys.maxsize)
        self.refused = {
            str(each.body.get("refuses")): each.line.ordinal
            for each in reversed(history)
            if each.act == "refuse"
        }

    def last_before(self, ordinal: int) -> Version | None:
        """Give the last version whose line stands before that place."""
        place = bisect_left(self._history, ordinal, key=lambda each: each.line.ordinal)
        return self._history[place - 1] if place else None

    def approval(self, number: int, ordinal: int) -> Version | None:
        """Give that version, if it is an approval or oral authority before that place (4.5)."""
        version = self._by_number.get(number)
        fits = version is not None and version.act in {"approve", "oral"} and version.line.ordinal < ordinal
        return version if fits else None


def unratified(history: list[Version], findings: Findings) -> None:
    """Note an oral authority that nobody ratified or refused."""
    if not history or history[0].act != "oral":
        return
    decided = {each.body.get(key) for each in history for key in ("ratifies", "refuses")}
    if history[0].sha256 not in decided:
        findings.note("unratified", "the oral authority was neither ratified nor refused", history[0].name)
