"""The rules that one case version must keep, given those before it (docs/casefile-format.md, 4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import msgspec

from workbench.custody.verify.lines import BADGE, CASE_NUMBER, is_stamp, matches
from workbench.custody.verify.officers import Registers
from workbench.custody.verify.report import Findings
from workbench.custody.verify.standing import Version, moment

REQUEST: Final = "workbench-request"
APPROVE: Final = "workbench-approve"
SLACK: Final = timedelta(minutes=5)
MAX_DAYS: Final = 30
ORAL_TARGETS: Final = 5
GIVEN_ONLY: Final = {
    "targets": [],
    "hosts": [],
    "window": {"since": None, "until": None},
    "limits": {"requests": 0, "bytes": 0},
    "media": False,
    "context": False,
}
ORAL_REQUESTS: Final = 500
_WHOLE: Final = {"format", "case", "version", "act", "at", "by", "previous", "purpose", "facts", "subjects"}
_ADDED: Final = {"days", "expires", "approves", "refuses", "ratifies", "oral"}
KEYS: Final = frozenset(_WHOLE | _ADDED | {"owner", "assigned", "scope", "reason"})
"""The keys of a case version (4.1, 4.3)."""

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


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _within(value: object, key: str) -> Any:  # noqa: ANN401 - a value of hostile JSON
    return value.get(key) if isinstance(value, dict) else None


def _decides(version: Version, oral: Version) -> bool:
    return oral.sha256 in (version.body.get("ratifies"), version.body.get("refuses"))


class Place(msgspec.Struct):
    """What stands around a version: the log's case, the hash before it, the officers, who collected."""

    case: object
    previous: str
    registers: Registers
    first_begun: dict[str, int]


class Rules:
    """Clause 4 for one version, given those before it."""

    def __init__(self, version: Version, history: list[Version], place: Place, findings: Findings) -> None:
        self.version = version
        self.body = version.body
        self.history = history
        self.place = place
        self.findings = findings

    def say(self, clause: str, what: str, *, expected: object = "", found: object = "") -> None:
        """Add a defect of this version."""
        self.findings.defect(clause, self.version.name, what, expected=expected, found=found)

    def same(self, clause: str, key: str, expected: object) -> None:
        """Add a defect where a key's value is another."""
        if self.body.get(key) != expected:
            self.say(clause, f"'{key}' is off", expected=expected, found=self.body.get(key))

    def check(self) -> None:
        """Check form, place and act."""
        self._form()
        self._placed()
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
        unknown = sorted(set(self.body) - KEYS)
        if unknown:
            self.say("4.1", "keys that format 1 does not know", found=", ".join(unknown))
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

    def _placed(self) -> None:
        self.same("4.1", "format", "workbench-case/1")
        self.same("4.1", "version", self.version.line.fields["version"])
        self.same("4.1", "previous", self.place.previous)
        if self.place.case is not None:
            self.same("4.1", "case", self.place.case)
        at, logged = moment(self.body.get("at")), moment(self.version.line.at)
        if at is not None and logged is not None and at > logged + SLACK:
            found = self.body["at"]
            self.say(
                "4.1", "'at' is later than its log line's", expected=f"at most {logged + SLACK}", found=found
            )

    def _kept(self) -> None:
        """What an act does not add stays as it was (4.1, 4.2, 4.3)."""
        if not self.history:
            return
        last, act = self.history[-1].body, self.version.act
        self.same("4.2", "purpose", last.get("purpose"))
        for key in ("facts", "subjects"):
            self.same("4.1", key, last.get(key))
        if act != "handover":
            self.same("4.3", "owner", last.get("owner"))
        if act != "assign":
            self.same("4.3", "assigned", last.get("assigned"))
        if act not in {"request", "renew", "approve"}:
            self.same("4.3", "scope", last.get("scope"))

    def _act_open(self) -> None:
        self.same("4.3", "scope", None)
        self._opened()

    def _opened(self) -> None:
        self.same("4.3", "owner", self.body.get("by"))
        self.same("4.3", "assigned", [])

    def _act_handover(self) -> None:
        if self.history and self.body.get("owner") == self.history[-1].body.get("owner"):
            self.say("4.3", "a handover names another owner", found=self.body.get("owner"))

    def _act_oral(self) -> None:
        oral = self.body.get("oral")
        keys = ("supervisor", "at", "words", "danger")
        if not isinstance(oral, dict) or not all(_is_text(oral.get(key)) for key in keys):
            self.say("4.3", "'oral' does not say who, when, their words and the danger", found=oral)
        elif not is_stamp(oral["at"]) or not matches(BADGE, oral["supervisor"]):
            self.say("4.3", "'oral' holds no time or no badge", found=oral)
        else:
            self._spoken(oral)
        self._opened()
        scope = self.body.get("scope")
        targets, requests = _within(scope, "targets"), _within(_within(scope, "limits"), "requests")
        if not isinstance(targets, list) or not 1 <= len(targets) <= ORAL_TARGETS:
            self.say("4.3", "an oral authority covers 1 to 5 targets", found=targets)
        if not _is_count(requests) or requests > ORAL_REQUESTS:
            self.say("4.3", "an oral authority covers 500 requests at most", found=requests)
        self._expires(timedelta(hours=24), "an oral authority lasts 24 hours at most")

    def _spoken(self, oral: dict[str, str]) -> None:
        """Check who gave the authority: another than who asks, a supervisor or chief at T."""
        if not (oral["words"].strip() and oral["danger"].strip()):
            self.say("4.3", "'oral' leaves the words or the danger out", found=oral)
        supervisor, line = oral["supervisor"], self.version.line
        if supervisor == self.body.get("by"):
            self.say("4.3", "the oral authority is given by who uses it", found=supervisor)
        officers = self.place.registers.at(line.ordinal)
        at = self.place.registers.counted_at(line)
        entry = officers.current(supervisor, at) if officers else None
        if entry is None or APPROVE not in entry.namespaces:
            self.say(
                "4.3",
                "'oral.supervisor' is no supervisor or chief at that time",
                found=f"{supervisor} at {at}",
            )

    def _expires(self, most: timedelta, what: str) -> None:
        at, expires = moment(self.body.get("at")), moment(self.body.get("expires"))
        if expires is None:
            self.say("4.3", "'expires' is missing or no time", found=self.body.get("expires"))
        elif at is not None and expires - at > most:
            self.say("4.3", what, expected=str(at + most), found=str(expires))

    def _days(self) -> None:
        days = self.body.get("days")
        if type(days) is not int or not 1 <= days <= MAX_DAYS:
            self.say("4.3", "'days' is not 1 to 30", found=days)

    def _act_request(self) -> None:
        self._days()
        self._worker()
        scope = self.body.get("scope")
        if scope != GIVEN_ONLY and not (_within(scope, "targets") and _within(scope, "hosts")):
            self.say("4.3", "a request without a target and a host in its scope", found=scope)

    def _worker(self) -> None:
        last = self.history[-1].body if self.history else {}
        workers = [last.get("owner"), *_list(last.get("assigned"))]
        if self.history and self.body.get("by") not in workers:
            self.say("4.3", f"'{self.version.act}' is not by owner or assigned", found=self.body.get("by"))

    def _act_renew(self) -> None:
        self._days()
        self._worker()
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
        """Give the request or renewal that waits for a decision."""
        acts = {"request", "renew", "approve", "refuse"}
        last = next((each for each in reversed(self.history) if each.act in acts), None)
        return last if last is not None and last.act in {"request", "renew"} else None

    def _act_approve(self) -> None:
        asked = self._asked()
        if asked is None or self.body.get("approves") != asked.sha256:
            expected = asked.sha256 if asked else "a request that waits"
            self.say(
                "4.3",
                "'approves' is not the last request that waits",
                expected=expected,
                found=self.body.get("approves"),
            )
        days = asked.body.get("days") if asked else None
        days = days if type(days) is int and 1 <= days <= MAX_DAYS else MAX_DAYS
        self._expires(timedelta(days=days), f"the approval lasts {days} days at most, as asked")
        if asked is not None:
            self.same("4.3", "scope", asked.body.get("scope"))
            self._independent(asked, "approver")

    def _independent(self, asked: Version, who: str) -> None:
        by, last = self.body.get("by"), self.history[-1].body
        assigned = last.get("assigned")
        begun = self.place.first_begun.get(str(by), self.version.line.ordinal)
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
        asked, oral, refused = self._asked(), self._oral_version(), self.body.get("refuses")
        if asked is not None and refused == asked.sha256:
            self._independent(asked, "refuser")
        elif oral is not None and refused == oral.sha256:
            self._oral_decided(oral)
        else:
            what = "'refuses' is neither the last request that waits nor the oral version"
            self.say("4.3", what, found=refused)
        self._reason()

    def _act_ratify(self) -> None:
        oral = self._oral_version()
        if oral is None or self.body.get("ratifies") != oral.sha256:
            self.say("4.3", "'ratifies' is not the oral version", found=self.body.get("ratifies"))
            return
        self._oral_decided(oral)

    def _oral_decided(self, oral: Version) -> None:
        """Check that its supervisor decides on an oral authority, once; void decisions do not count (3.6)."""
        self.same("4.3", "by", _within(oral.body.get("oral"), "supervisor"))
        decided = [each.name for each in self.history if not each.void and _decides(each, oral)]
        if decided:
            self.say("4.3", "the oral authority has been decided already", found=decided[0])

    def _act_close(self) -> None:
        self._reason()
