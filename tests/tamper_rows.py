"""The rows of the tamper matrix where somebody has keys, their own or the department's, and makes the case anew."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from tests import casemaker
from tests.casemaker import SCOPE, START, Edit, Maker, officer, sha, stamp
from tests.tamper_files import (
    DECISION,
    LIE,
    LOG_1,
    LOG_2,
    LOG_5,
    LOG_6,
    OFFICERS,
    RELEASE,
    SEAL_1,
    SEAL_2,
    SEAL_3,
    SEAL_4,
    SEAL_5,
    URI,
    WITHOUT_KEYS,
    appended,
    before,
    each_record,
    lied,
    of_parts,
    row,
    undigested,
)
from tests.tampering import (
    FORMAT_2,
    STORY,
    WARC,
    Change,
    Row,
    Story,
    added,
    parts,
    rechained,
    remade,
    tell,
    with_other_keys,
)


def _set(**changes: Any) -> Edit:
    return lambda value: value | changes


def _only(badge: str, key: str, namespace: str) -> Edit:
    return lambda _: {badge: (key, namespace)}


def noted(by: str) -> Change:
    """Add a note in an officer's name, and its line: no key is needed before the next seal."""

    def change(case: Path) -> None:
        body = {"format": "workbench-annotation/1", "case": casemaker.NUMBER, "annotation": 4, "by": by}
        body |= {"at": stamp(START), "kind": "note", "exhibits": [1], "text": "not mine"}
        data = json.dumps(body).encode()
        added("annotations/0004.json", data)(case)
        rechained(appended({"action": "annotation", "actor": by, "annotation": 4, "sha256": sha(data)}))(case)

    return change


def _also(*steps: Any) -> Any:
    return lambda maker: [step(maker) for step in steps]


def _later(days: int) -> Any:
    return lambda maker: setattr(maker, "now", maker.now + timedelta(days=days))


def _lost(*seals: int) -> list[dict[str, Any]]:
    return [
        {"seal": seal, "sha256": sha((FORMAT_2 / casemaker.NUMBER / f"seals/{seal:04d}.txt").read_bytes())}
        for seal in seals
    ]


def _restored(until: str, *lost: int, by: str = "s1") -> Change:
    """Put the case back as it was before a step, and say with a key that a backup was restored."""

    def change(case: Path) -> None:
        shutil.rmtree(case)
        tell(case, {**before(until), "restore": lambda maker: maker.restore(_lost(*lost), by)})

    return change


def _approve(maker: Maker, by: str = "s1", days: int = 30, asked_by: str = "d1") -> None:
    """Tell of an approval as in Maker.approved, but for who decides, and until when."""
    maker.act("open", asked_by)
    asked = maker.act("request", asked_by, scope=SCOPE, days=30)
    until = stamp(maker.now + timedelta(days=days))
    maker.act("approve", by, "workbench-approve", approves=asked, expires=until)


def _late(maker: Maker) -> None:
    """Capture first, and have it approved afterwards."""
    maker.act("open", "d1")
    asked = maker.act("request", "d1", scope=SCOPE, days=30)
    maker.look()
    maker.capture()
    maker.look("s1")
    until = stamp(maker.now + timedelta(days=30))
    maker.act("approve", "s1", "workbench-approve", approves=asked, expires=until)


def _expired(maker: Maker) -> None:
    maker.now += timedelta(days=31)
    maker.look()
    maker.capture()
    maker.look("s1")


def _retired(maker: Maker) -> None:
    end = maker.now.strftime("%Y%m%d%H%M%SZ")
    maker.now += timedelta(seconds=10)
    maker.staff(2, d1=officer("d1", "detective", before=end))
    maker.now += timedelta(seconds=5)


def _captured_by(badge: str) -> dict[str, Any]:
    def step(maker: Maker) -> None:
        maker.look()
        maker.capture(actor=badge)
        maker.look("s1")

    return {"capture": step}


_LOCKED: Story = {f"seal-{number}": lambda maker: maker.seal(locked=True) for number in (2, 3, 4)}
_UNSIGNED: Story = {**before("decision"), **_LOCKED, "countersign-2": None}


def _resealed(story: Story, edit: dict[str, Edit] | None = None) -> Change:
    """Make the case anew without a key: what is signed stays as it was, and the newest seal is unsigned."""

    def change(case: Path) -> None:
        shutil.rmtree(case)
        tell(case, {**story, "seal-5": lambda maker: maker.seal(locked=True)}, edit)

    return change


_NOT_DECIDED: Story = {"decision": None, "release": None, "left": None}


WITH_KEYS: dict[str, Row] = dict(
    [
        # Somebody without the department's keys.
        row(
            "all-made-anew-by-a-stranger",
            "officers replaced, everything signed and chained with new keys",
            with_other_keys(remade()),
            "3.5",
            "officers/0001",
            "root",
        ),
        row(
            "newest-seal-made-anew-unsigned",
            "that something left taken out, the newest seal made anew as if its officer's key had been locked",
            _resealed(before("left")),
            "10.7",
            SEAL_5,
            "anchor",
        ),
        row(
            "seals-made-anew-unsigned",
            "an answer altered, every later seal made anew without a signature, decision and release left out",
            _resealed(_UNSIGNED, {"warc-1": of_parts(lied)}),
            "10.7",
            SEAL_2,
            "anchor",
        ),
        row(
            "sealed-with-a-strangers-key",
            "an answer altered, all chained and sealed with a key nobody knows",
            remade({"warc-1": of_parts(lied), "seal-2-signers": _only("d1", "x9", "workbench-seal")}),
            "10.4",
            f"{SEAL_2}.d1.sig",
        ),
        row(
            "officers-not-signed-by-the-chief",
            "officers renewed by a detective",
            remade({"officers-2-signers": _only("d1", "d1", "workbench-register")}),
            "3.4",
            f"{OFFICERS}.d1.sig",
        ),
        # An officer, with their own key.
        row(
            "sealed-for-something-else",
            "a seal signed for another purpose",
            remade({"seal-2-signers": _only("d1", "d1", "workbench-request")}),
            "10.4",
            f"{SEAL_2}.d1.sig",
        ),
        row(
            "sealed-with-a-retired-key",
            "a seal by a key that had ended",
            remade(story={"officers-2": _retired, "written": None, "seal-4": Maker.seal, **_NOT_DECIDED}),
            "10.4",
            f"{SEAL_4}.d1.sig",
        ),
        row(
            "countersigned-by-a-detective",
            "a countersignature by a detective",
            remade({"countersign-2": _only("d2", "d2", "workbench-review")}),
            "10.5",
            f"{SEAL_2}.d2.sig",
        ),
        row(
            "approved-by-who-asked",
            "a detective approves their own request",
            remade(story={"authority": partial(_approve, by="d1")}),
            "4.3",
            "case/0003.json",
        ),
        row(
            "approved-by-a-supervisor-who-asked",
            "a supervisor approves their own request",
            remade(story={"authority": partial(_approve, by="s1", asked_by="s1")}),
            "4.3",
            "case/0003.json",
        ),
        row(
            "approved-by-an-administrator",
            "an approval by who may not approve",
            remade(story={"authority": partial(_approve, by="a1")}),
            "3.4",
            "case/0003.json.a1.sig",
        ),
        row(
            "approved-for-too-long",
            "an approval of more days than asked for",
            remade(story={"authority": partial(_approve, days=60)}),
            "4.3",
            "case/0003.json",
        ),
        row(
            "captured-on-an-expired-authority",
            "a capture after the authority had expired",
            remade(story={"capture": _expired}),
            "4.5",
            LOG_2,
        ),
        row(
            "authority-given-after-the-fact",
            "a capture first, its approval afterwards",
            remade(
                story={
                    "authority": _late,
                    "capture": None,
                    "seal-1": None,
                    "countersign-2": None,
                    "seal-2": Maker.seal,
                    **_NOT_DECIDED,
                }
            ),
            "4.5",
            LOG_1,
        ),
        row(
            "captured-by-who-was-not-assigned",
            "a capture by a detective of another case",
            remade(story=_captured_by("d2")),
            "4.5",
            LOG_2,
        ),
        row(
            "authority-dated-back",
            "a case version dated before the one before it",
            remade({"version-3": _set(at=stamp(START + timedelta(days=1)))}),
            "4.1",
            "case/0003.json",
        ),
        row(
            "scope-widened-on-approval",
            "more in an approval than was asked for",
            remade({"version-3": lambda value: value | {"scope": SCOPE | {"hosts": ["*.example"]}}}),
            "4.3",
            "case/0003.json",
        ),
        row(
            "decided-by-who-collected",
            "a supervisor decides on their own capture",
            remade(
                story=_captured_by("s2")
                | {
                    "authority": _also(
                        Maker.approved, lambda maker: maker.act("assign", "d1", assigned=["s2"])
                    )
                }
            ),
            "11.2",
            DECISION,
        ),
        row(
            "decided-by-a-detective",
            "a decision by a detective",
            remade({"decision-1-signers": _only("d2", "d2", "workbench-review")}),
            "3.4",
            f"{DECISION}.d2.sig",
        ),
        row(
            "decided-before-it-was-sealed",
            "a decision on what no seal covered",
            remade({"decision-1": _set(seal=1, seal_sha256=_lost(1)[0]["sha256"])}),
            "11.2",
            DECISION,
        ),
        row(
            "decision-dated-ahead",
            "a decision dated a day later than its line",
            remade({"decision-1": _set(at=stamp(START + timedelta(days=1)))}),
            "11.1",
            DECISION,
        ),
        row(
            "release-dated-ahead",
            "a release dated a day later than its line",
            remade({"release-1": _set(at=stamp(START + timedelta(days=1)))}),
            "12.1",
            RELEASE,
        ),
        row(
            "released-by-a-detective",
            "a release by a detective",
            remade({"release-1-signers": _only("d2", "d2", "workbench-release")}),
            "3.4",
            f"{RELEASE}.d2.sig",
        ),
        row(
            "left-without-a-release",
            "something left on no release",
            remade(story={"release": None}),
            "12.4",
            LOG_5,
        ),
        row(
            "left-after-its-release-expired",
            "something left after its release had expired",
            remade(story={"left": _also(_later(2), STORY["left"])}),
            "12.4",
            LOG_5,
        ),
        row(
            "more-left-than-was-released",
            "more exhibits left than the release covers",
            remade(story={"left": lambda maker: maker.disseminate(1, "package", 4)}),
            "12.3",
            LOG_5,
        ),
        row(
            "restored-by-a-detective",
            "a rollback called a restore by who may not say so",
            _restored("seal-5", 5, by="d2"),
            "3.4",
            "restores/0001.json.d2.sig",
        ),
        # Somebody with every key of the department (an insider), who makes the case anew: only an anchor tells.
        row(
            "insider-edits-an-answer",
            "another word in an answer, all signed and chained anew with the true keys",
            remade({"warc-1": of_parts(lied)}),
            "10.7",
            SEAL_2,
            "anchor",
        ),
        row(
            "insider-edits-an-address",
            "another address in a record's header, the same way",
            remade({"warc-1": of_parts(each_record(b"URI: " + URI, b"URI: " + LIE))}),
            "10.7",
            SEAL_2,
            "anchor",
        ),
        row(
            "insider-leaves-an-exhibit-out",
            "an exhibit as if never captured",
            remade(
                {"warc-1": lambda _: [*parts()[:2], parts()[3]], "end-1": _set(requests=2, items=1)},
                {
                    "written": _also(Maker.run, lambda maker: maker.annotate("note", [1], "x")),
                    "release": None,
                    "left": None,
                },
            ),
            "10.7",
            SEAL_2,
            "anchor",
        ),
        row(
            "insider-strips-digests",
            "every digest taken out of the WARC, all made anew",
            remade({"warc-1": of_parts(lambda made: [undigested(each) for each in made])}),
            "5.2",
            WARC,
        ),
        row(
            "insider-keeps-old-digests",
            "another word in an answer, digests as they were, all made anew",
            remade({"warc-1": of_parts(each_record(b"bridge", b"market"))}),
            "5.2",
            WARC,
        ),
        row(
            "insider-edits-a-receipt",
            "another giver in a receipt",
            remade({"receipt": _set(giver="a patrol")}),
            "10.7",
            SEAL_3,
            "anchor",
        ),
        row(
            "insider-moves-time",
            "everything from the first case version on a day later",
            remade(story={"authority": _also(_later(1), Maker.approved)}),
            "10.7",
            SEAL_1,
            "anchor",
        ),
        row(
            "insider-turns-a-decision",
            "a rejection instead of an approval",
            remade(story={"decision": lambda maker: maker.decide("reject", looked=["2026-0417-E0001"])}),
            "10.7",
            SEAL_5,
            "anchor",
        ),
        row(
            "insider-turns-authorship",
            "a contrary fact made a confirming one",
            remade({"annotation-2": _set(side="confirming")}),
            "10.7",
            SEAL_4,
            "anchor",
        ),
        row(
            "insider-never-marked-contraband",
            "the mark contraband as if never made",
            remade({"annotation-3": _set(mark="none")}),
            "10.7",
            SEAL_4,
            "anchor",
        ),
        row(
            "annotation-by-who-does-not-work-the-case",
            "a note and its line, re-chained, after the last seal",
            noted("d2"),
            "7.3",
            "annotations/0004.json",
        ),
        row(
            "insider-names-another-recipient",
            "a release to another",
            remade({"release-1": _set(recipient="a newspaper")}),
            "10.7",
            SEAL_5,
            "anchor",
        ),
        row(
            "insider-raises-a-role",
            "a detective made a supervisor in officers signed anew by the chief",
            remade(
                story={
                    "officers-2": lambda maker: maker.staff(
                        2, s2=officer("s2", "deputy"), d2=officer("d2", "supervisor")
                    )
                }
            ),
            "10.7",
            SEAL_4,
            "anchor",
        ),
        row(
            "insider-clears-the-audit-chain",
            "nobody ever looked",
            remade(story={"capture": Maker.capture}),
            "10.7",
            SEAL_2,
            "anchor",
        ),
        row("insider-drops-a-timestamp", "seals as if never timestamped", remade(), "10.7", SEAL_2, "anchor"),
        row(
            "restored-and-one-loss-hidden",
            "a rollback called a restore that names one of two lost seals",
            _restored("written", 5),
            "10.7",
            SEAL_4,
            "anchor",
        ),
    ]
)

ROWS = WITHOUT_KEYS | WITH_KEYS


def insider_before_the_anchor(case: Path) -> None:
    """Make the case anew with every key, before any of its seals was known outside (the limit of all of this)."""
    remade({"warc-1": of_parts(lied)})(case)


def unsealed_tail_cut(case: Path) -> None:
    """Cut what was never sealed: the log's lines after its last seal line, and what they name."""
    (case / "seals/0005.tsa.tsr").unlink()
    raw = (case / LOG_6).read_bytes().splitlines(keepends=True)
    assert json.loads(raw[0])["action"] == "seal"
    (case / LOG_6).write_bytes(raw[0])


def rolled_back_and_said_so(case: Path) -> None:
    """Put the case back with a supervisor's key, as a restore that names every seal it lost."""
    _restored("seal-5", 5)(case)


LIMITS: dict[str, tuple[Change, int]] = {
    "insider-before-the-anchor": (insider_before_the_anchor, 1),
    "unsealed-tail-cut": (unsealed_tail_cut, 5),
    "line-added-after-the-last-seal": (noted("d1"), 5),
    "rolled-back-and-said-so": (rolled_back_and_said_so, 5),
}
"""What nothing catches, with how many of the seals are known outside; the note on the matrix says why."""
