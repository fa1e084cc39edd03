"""The rows of the tamper matrix that need no key: bytes are changed, a log is chained anew, a state put back."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests import casemaker
from tests.casemaker import Maker, sha
from tests.tampering import (
    FORMAT_2,
    STORY,
    WARC,
    Change,
    Line,
    Row,
    Story,
    added,
    after,
    digested,
    edited,
    flipped,
    gone,
    lines,
    members,
    of_another_case,
    parts,
    rechained,
    repacked,
    replaced,
    rewritten,
    set_line,
    stored,
    swapped,
    tell,
    warc_rechained,
)

LOG_1, LOG_2, LOG_3, LOG_4, LOG_5, LOG_6 = (f"log/{number:06d}.jsonl" for number in range(1, 7))
SEAL_1, SEAL_2, SEAL_3, SEAL_4, SEAL_5 = (f"seals/{number:04d}.txt" for number in range(1, 6))
AUDIT, RECEIPT, RUN = "audit/000001.jsonl", "imports/0001/receipt.json", "runs/0001-missing"
OFFICERS, MARK = "officers/0002", "annotations/0003.json"
DECISION, RELEASE = "decisions/0001.json", "releases/0001.json"
NFC, NFD = (unicodedata.normalize(form, "Ré.json") for form in ("NFC", "NFD"))
URI, LIE = b"https://social.example/api/2", b"https://social.example/api/9"


def row(
    name: str, what: str, change: Change, clause: str, file: str, caught: str = "alone"
) -> tuple[str, Row]:
    return name, Row(name=name, what=what, change=change, clause=clause, file=file, caught=caught)


def _without(action: str, nth: int = 0) -> Any:
    def edit(read: list[Line]) -> list[Line]:
        line = [each for each in read if each["action"] == action][nth]
        return [each for each in read if each is not line]

    return edit


def _swap(place: int) -> Any:
    return lambda raw: [*raw[:place], raw[place + 1], raw[place], *raw[place + 2 :]]


def _cut(parts_kept: int, more: int = 0) -> Change:
    """Truncate the WARC after some of its records, and some bytes of the next."""
    return edited(
        WARC, lambda data: data[: sum(len(stored(one)) for one in members(data)[:parts_kept]) + more]
    )


def undigested(record: bytes) -> bytes:
    return b"\r\n".join(
        row for row in record.split(b"\r\n") if not row.startswith((b"WARC-Block-D", b"WARC-Pay"))
    )


def each_record(old: bytes, new: bytes) -> Any:
    return lambda records: [each.replace(old, new) for each in records]


def lied(records: list[bytes]) -> list[bytes]:
    return [digested(each.replace(b"at the bridge", b"at the market")) for each in records]


def of_parts(edit: Any) -> Any:
    """Change the records of each part of the capture."""
    return lambda _: [repacked(edit)(part) for part in parts()]


def _seals_of_another(case: Path) -> None:
    other = of_another_case(case)
    for name in (SEAL_2, f"{SEAL_2}.d1.sig"):
        shutil.copy(other / name, case / name)
    shutil.rmtree(other)


def _seals_of_another_named(case: Path) -> None:
    _seals_of_another(case)
    for name in (SEAL_2, f"{SEAL_2}.d1.sig"):
        rewritten(name, lambda _: None)(case)


def _linked(case: Path) -> None:
    (case / "annotations/0001.json").rename(case / "annotations/0009.json")
    (case / "annotations/0001.json").symlink_to("0009.json")


def _folder_linked(case: Path) -> None:
    (case / "decisions").rename(case / "tables")
    (case / "decisions").symlink_to("tables")


def before(step: str) -> Story:
    names = list(STORY)
    return {name: STORY[name] for name in names[: names.index(step)]}


def _rolled_back(step: str) -> Change:
    """Put the case back as it was before a step."""

    def change(case: Path) -> None:
        shutil.rmtree(case)
        tell(case, before(step))

    return change


def appended(line: Line) -> Callable[[list[Line]], list[Line]]:
    """Add a line at the end, a second after the last."""

    def edit(read: list[Line]) -> list[Line]:
        return [*read, {"actor": "s1", "at": read[-1]["at"]} | line]

    return edit


def _disposed(case: Path) -> None:
    gone = {"action": "disposed", "file": WARC, "sha256": sha((case / WARC).read_bytes()), "order": "2026/1"}
    (case / WARC).unlink()
    rechained(appended(gone))(case)


def _disposed_and_sealed(case: Path) -> None:
    """Seal that without a key: the seal is one whose officer's key was locked."""
    shutil.rmtree(case)
    digest = sha(b"".join(parts()))

    def dispose(maker: Maker) -> None:
        maker.log("disposed", "s1", file=WARC, sha256=digest, order="2026/1")
        (maker.folder / WARC).unlink()
        maker.seal(locked=True)

    tell(case, {**STORY, "disposed": dispose})


def _recovered(case: Path) -> None:
    data = (case / WARC).read_bytes()
    moved = {"action": "recovered", "file": WARC, "offset": 0, "length": len(data), "sha256": sha(data)}
    (case / "quarantine").mkdir()
    (case / WARC).rename(case / "quarantine/0001-warc")
    rechained(appended(moved | {"quarantine": "quarantine/0001-warc"}))(case)


def _tail_cut(case: Path) -> None:
    for path in [
        case / LOG_6,
        *case.glob("seals/0005.*"),
        *case.glob("decisions/*"),
        *case.glob("releases/*"),
    ]:
        path.unlink()
    lines(LOG_5, lambda raw: raw[:1])(case)


_STRANGERS_STAMP = (FORMAT_2 / "stranger.tsr").read_bytes


WITHOUT_KEYS: dict[str, Row] = dict(
    [
        # The log.
        row("log-bit-flipped", "one bit of a log line", flipped(LOG_2), "2.3", LOG_2),
        row(
            "log-first-line-deleted",
            "the log's first line deleted",
            lines(LOG_1, lambda raw: raw[1:]),
            "2.7",
            LOG_1,
        ),
        row(
            "log-middle-line-deleted",
            "a line deleted",
            lines(LOG_2, lambda raw: raw[:2] + raw[3:]),
            "2.3",
            LOG_2,
        ),
        row(
            "log-last-line-of-a-segment-deleted",
            "a segment's last line deleted",
            lines(LOG_2, lambda raw: raw[:-1]),
            "2.3",
            LOG_3,
        ),
        row(
            "log-line-inserted",
            "a line from elsewhere inserted",
            lines(LOG_2, lambda raw: [raw[0], raw[-1], *raw[1:]]),
            "2.3",
            LOG_2,
        ),
        row("log-line-duplicated", "a line twice", lines(LOG_2, lambda raw: [raw[0], *raw]), "2.3", LOG_2),
        row("log-lines-reordered", "two lines change places", lines(LOG_2, _swap(2)), "2.3", LOG_2),
        row("log-emptied", "the first segment emptied", edited(LOG_1, lambda _: b""), "2.7", LOG_1),
        row("log-segment-gone", "a segment deleted", gone(LOG_2), "1.5", LOG_3),
        row("log-segments-swapped", "two segments change names", swapped(LOG_2, LOG_3), "2.3", LOG_2),
        row(
            "log-cut-inside-a-line",
            "a closed segment cut inside its last line",
            edited(LOG_2, lambda data: data[:-20]),
            "2.1",
            LOG_2,
        ),
        row(
            "log-cut-in-the-middle",
            "the log cut between two seals",
            after(lines(LOG_5, lambda raw: raw[:1]), gone(LOG_6)),
            "1.4",
            DECISION,
        ),
        row(
            "log-time-forged",
            "the time of a capture's end moved, all lines chained anew",
            rechained(set_line("capture.end", at="2026-03-02T14:30:00.000000Z")),
            "10.1",
            SEAL_2,
        ),
        row(
            "log-result-forged",
            "a capture said to be partial, all lines chained anew",
            rechained(set_line("capture.end", verdict="partial")),
            "10.1",
            SEAL_2,
        ),
        row(
            "log-refusal-left-out",
            "a refusal left out, all lines chained anew",
            rechained(_without("refused")),
            "10.1",
            SEAL_2,
        ),
        row(
            "log-actor-forged",
            "another officer said to have imported, chained anew",
            rechained(set_line("import.begin", actor="d2")),
            "10.1",
            SEAL_3,
        ),
        row(
            "log-name-written-in",
            "a person's name in a log line, chained anew",
            rechained(set_line("run", person="Ada")),
            "2.3",
            LOG_4,
        ),
        # The WARC.
        row("warc-bit-flipped", "one bit of a capture", flipped(WARC), "5.3", WARC),
        row("warc-emptied", "the capture cut to nothing", _cut(0), "5.3", WARC),
        row("warc-cut-after-its-first-record", "cut after the first record", _cut(1), "5.3", WARC),
        row(
            "warc-cut-between-response-and-request",
            "cut between a response and its request",
            _cut(2),
            "5.3",
            WARC,
        ),
        row("warc-cut-before-its-last-record", "the last record cut off", _cut(6), "5.3", WARC),
        row("warc-cut-inside-a-record", "cut inside a record", _cut(3, 100), "5.3", WARC),
        row(
            "warc-record-deleted",
            "a response deleted",
            edited(WARC, repacked(lambda made: made[:3] + made[4:])),
            "5.3",
            WARC,
        ),
        row(
            "warc-record-twice",
            "a response twice",
            edited(WARC, repacked(lambda made: [*made[:4], *made[3:]])),
            "5.3",
            WARC,
        ),
        row(
            "warc-record-added",
            "a record added at the end",
            edited(WARC, lambda data: data + parts()[2]),
            "5.3",
            WARC,
        ),
        row(
            "warc-members-swapped",
            "two gzip members change places",
            edited(WARC, repacked(_swap(3))),
            "5.3",
            WARC,
        ),
        row(
            "warc-uri-edited",
            "another address in a record's header, packed anew",
            edited(WARC, repacked(each_record(b"URI: " + URI, b"URI: " + LIE))),
            "5.3",
            WARC,
        ),
        row(
            "warc-date-edited",
            "another date in the records' headers",
            edited(WARC, repacked(each_record(b"Date: 2026-03-02", b"Date: 2026-03-01"))),
            "5.3",
            WARC,
        ),
        row(
            "warc-body-edited",
            "another word in an answer, its digests as they were",
            edited(WARC, repacked(each_record(b"bridge", b"market"))),
            "5.3",
            WARC,
        ),
        row(
            "warc-body-and-digests-edited",
            "another word in an answer, its digests made anew",
            edited(WARC, repacked(lied)),
            "5.3",
            WARC,
        ),
        row(
            "warc-digests-stripped",
            "every digest taken out",
            edited(WARC, repacked(lambda made: [undigested(each) for each in made])),
            "5.3",
            WARC,
        ),
        row("warc-gone", "the capture's file deleted", gone(WARC), "1.4", WARC),
        row(
            "warc-uri-edited-and-chained",
            "another address, and the log chained anew to fit",
            warc_rechained(of_parts(each_record(b"URI: " + URI, b"URI: " + LIE))),
            "10.1",
            SEAL_2,
        ),
        row(
            "warc-body-edited-and-chained",
            "another word with digests, and the log chained anew to fit",
            warc_rechained(of_parts(lied)),
            "10.2",
            SEAL_2,
        ),
        # Imports, blobs.
        row(
            "import-bit-flipped",
            "one bit of an import",
            flipped("imports/0001/000002.png"),
            "6.3",
            "imports/0001/000002.png",
        ),
        row(
            "import-gone",
            "an imported file deleted",
            gone("imports/0001/000001.zip"),
            "1.4",
            "imports/0001/000001.zip",
        ),
        row(
            "import-cut",
            "an imported archive cut",
            edited("imports/0001/000001.zip", lambda data: data[:-30]),
            "6.2",
            "imports/0001/000001.zip",
        ),
        row(
            "import-receipt-edited",
            "another giver in a receipt",
            replaced(RECEIPT, b"a citizen", b"a patrol!"),
            "1.4",
            RECEIPT,
        ),
        row(
            "import-receipt-edited-and-chained",
            "the same, and the log chained anew to fit",
            rewritten(RECEIPT, replaced(RECEIPT, b"a citizen", b"a patrol!")),
            "10.2",
            SEAL_3,
        ),
        row(
            "blob-planted",
            "a medium that no line names",
            added(f"blobs/{sha(b'x')[:2]}/{sha(b'x')}"),
            "1.4",
            f"blobs/{sha(b'x')[:2]}/{sha(b'x')}",
        ),
        # Annotations, audit, runs.
        row(
            "annotation-edited",
            "words of an annotation",
            replaced("annotations/0002.json", b"contrary", b"confirms"),
            "1.4",
            "annotations/0002.json",
        ),
        row(
            "annotation-gone",
            "an annotation deleted",
            gone("annotations/0001.json"),
            "1.4",
            "annotations/0001.json",
        ),
        row(
            "annotation-planted",
            "an annotation without a line",
            added("annotations/0009.json", b"{}"),
            "1.4",
            "annotations/0009.json",
        ),
        row(
            "contraband-mark-removed",
            "the mark contraband and its line removed, chained anew",
            after(gone(MARK), rechained(_without("annotation", 2))),
            "10.1",
            SEAL_4,
        ),
        row("audit-bit-flipped", "one bit of the audit chain", flipped(AUDIT), "2.3", AUDIT),
        row(
            "audit-line-removed",
            "an audit line removed",
            lines(AUDIT, lambda raw: [raw[0], *raw[2:]]),
            "2.3",
            AUDIT,
        ),
        row(
            "audit-line-removed-and-chained",
            "an audit line removed, chained anew",
            rechained(lambda read: [read[0], *read[2:]], "audit"),
            "10.8",
            SEAL_2,
        ),
        row(
            "audit-line-forged-and-chained",
            "another officer said to have looked, chained anew",
            rechained(set_line("looked", 1, actor="s2"), "audit"),
            "10.8",
            SEAL_2,
        ),
        row("audit-gone", "the audit chain deleted", gone(AUDIT), "10.8", SEAL_2),
        row(
            "run-edited",
            "a figure in a run's page",
            flipped(f"{RUN}/notebook.html"),
            "7.1",
            f"{RUN}/notebook.html",
        ),
        row(
            "run-file-gone",
            "a run's parameters deleted",
            gone(f"{RUN}/parameters.json"),
            "1.4",
            f"{RUN}/parameters.json",
        ),
        row(
            "run-file-added", "a page added to a run", added(f"{RUN}/notes.html"), "1.3", f"{RUN}/notes.html"
        ),
        row(
            "run-status-forged",
            "a run said to have failed, chained anew",
            rechained(set_line("run", status="failed")),
            "10.1",
            SEAL_4,
        ),
        # Case versions, officers.
        row(
            "case-version-edited",
            "a longer approval written into a case version",
            replaced("case/0003.json", b'"expires": "2026-04', b'"expires": "2026-05'),
            "1.4",
            "case/0003.json",
        ),
        row("case-version-gone", "a case version deleted", gone("case/0002.json"), "1.4", "case/0002.json"),
        row(
            "case-version-edited-and-chained",
            "the same approval, and the log chained anew to fit",
            rewritten(
                "case/0003.json", replaced("case/0003.json", b'"expires": "2026-04', b'"expires": "2026-05')
            ),
            "3.3",
            "case/0003.json.s1.sig",
        ),
        row(
            "case-signature-stripped",
            "the signature of an approval deleted",
            gone("case/0003.json.s1.sig"),
            "1.4",
            "case/0003.json.s1.sig",
        ),
        row(
            "case-signature-stripped-and-chained",
            "deleted, and the log chained anew without it",
            after(gone("case/0003.json.s1.sig"), rechained(set_line("case", 2, signatures={}))),
            "4.3",
            "case/0003.json",
        ),
        row(
            "case-signatures-swapped",
            "the signatures of two versions change places",
            swapped("case/0001.json.d1.sig", "case/0002.json.d1.sig"),
            "1.4",
            "case/0001.json.d1.sig",
        ),
        row(
            "officers-role-raised",
            "a detective made a supervisor",
            edited(
                OFFICERS,
                lambda data: data.replace(
                    f'd2 namespaces="{casemaker.DETECTIVE}'.encode(),
                    f'd2 namespaces="{casemaker.SUPERVISOR}'.encode(),
                ),
            ),
            "1.4",
            OFFICERS,
        ),
        row(
            "officers-validity-stretched-and-chained",
            "keys made valid a year earlier, the log chained anew",
            rewritten(OFFICERS, edited(OFFICERS, lambda data: data.replace(b"20260101", b"20250101"))),
            "3.3",
            f"{OFFICERS}.c1.sig",
        ),
        row(
            "officers-signature-stripped",
            "the chief's signature deleted",
            gone(f"{OFFICERS}.c1.sig"),
            "1.4",
            f"{OFFICERS}.c1.sig",
        ),
        row(
            "officers-signature-stripped-and-chained",
            "deleted, and the log chained anew without it",
            after(gone(f"{OFFICERS}.c1.sig"), rechained(set_line("officers", 1, signatures={}))),
            "3.4",
            OFFICERS,
        ),
        row(
            "officers-swapped",
            "the two officers files change places",
            swapped("officers/0001", OFFICERS),
            "1.4",
            "officers/0001",
        ),
        # Seals, timestamps.
        row("seal-bit-flipped", "one bit of a seal", flipped(SEAL_2), "1.4", SEAL_2),
        row(
            "seal-row-left-out",
            "a file left out of a seal's list",
            lines(SEAL_2, lambda raw: raw[:-1]),
            "1.4",
            SEAL_2,
        ),
        row("seal-gone", "a seal deleted", gone(SEAL_2), "1.4", SEAL_2),
        row(
            "seal-signature-stripped",
            "a seal's signature deleted",
            gone(f"{SEAL_2}.d1.sig"),
            "1.4",
            f"{SEAL_2}.d1.sig",
        ),
        row(
            "seal-signature-stripped-and-chained",
            "deleted, and the log chained anew without it",
            after(gone(f"{SEAL_2}.d1.sig"), rechained(set_line("seal", 1, signatures={}))),
            "10.1",
            SEAL_3,
        ),
        row(
            "seal-countersignature-stripped",
            "a countersignature deleted",
            gone(f"{SEAL_2}.s1.sig"),
            "1.4",
            f"{SEAL_2}.s1.sig",
        ),
        row("seals-swapped", "two seals change places", swapped(SEAL_2, SEAL_3), "1.4", SEAL_2),
        row(
            "seal-of-another-case",
            "a seal and its signature from another case",
            _seals_of_another,
            "1.4",
            SEAL_2,
        ),
        row(
            "seal-of-another-case-and-chained",
            "the same, and the log chained anew to fit",
            _seals_of_another_named,
            "10.1",
            SEAL_2,
        ),
        row("stamp-gone", "a timestamp deleted", gone("seals/0001.tsa.tsr"), "1.4", "seals/0001.tsa.tsr"),
        row(
            "stamp-bit-flipped",
            "one bit of a timestamp",
            flipped("seals/0001.tsa.tsr", -9),
            "1.4",
            "seals/0001.tsa.tsr",
        ),
        row(
            "stamps-swapped",
            "two timestamps change places",
            swapped("seals/0001.tsa.tsr", "seals/0005.tsa.tsr"),
            "1.4",
            "seals/0001.tsa.tsr",
        ),
        row(
            "stamp-stripped-and-chained",
            "a timestamp and its line removed, chained anew",
            after(gone("seals/0001.tsa.tsr"), rechained(_without("seal.stamped"))),
            "10.1",
            SEAL_2,
        ),
        row(
            "stamp-of-another-seal",
            "the newest seal's timestamp replaced by another seal's, line chained anew",
            rewritten(
                "seals/0005.tsa.tsr",
                lambda case: shutil.copy(case / "seals/0001.tsa.tsr", case / "seals/0005.tsa.tsr"),
            ),
            "10.6",
            "seals/0005.tsa.tsr",
        ),
        row(
            "stamp-of-a-stranger",
            "the newest seal's timestamp replaced by an authority of the forger's own, line chained anew",
            rewritten(
                "seals/0005.tsa.tsr",
                lambda case: (case / "seals/0005.tsa.tsr").write_bytes(_STRANGERS_STAMP()),
            ),
            "10.6",
            "seals/0005.tsa.tsr",
            "tsa",
        ),
        # Decisions, releases.
        row(
            "decision-edited",
            "a decision turned",
            replaced(DECISION, b'"approve"', b'"reject" '),
            "1.4",
            DECISION,
        ),
        row("decision-gone", "a decision deleted", gone(DECISION), "1.4", DECISION),
        row(
            "decision-removed-and-chained",
            "a decision, its signature and its line removed, chained anew",
            after(gone(DECISION, f"{DECISION}.s2.sig"), rechained(_without("decision"))),
            "10.1",
            SEAL_5,
        ),
        row(
            "release-widened",
            "more exhibits in a release",
            replaced(RELEASE, b"    3\n", b"    6\n"),
            "1.4",
            RELEASE,
        ),
        row(
            "release-widened-and-chained",
            "the same, and the log chained anew to fit",
            rewritten(RELEASE, replaced(RELEASE, b"    3\n", b"    6\n")),
            "3.3",
            f"{RELEASE}.c1.sig",
        ),
        row(
            "dissemination-removed-and-chained",
            "that something left taken out of the log, chained anew",
            rechained(_without("disseminated")),
            "10.1",
            SEAL_5,
        ),
        # States of before, without a key.
        row(
            "tail-cut-between-two-seals",
            "the log cut between two seals, with every file of what was cut",
            _tail_cut,
            "10.7",
            SEAL_5,
            "anchor",
        ),
        row(
            "tail-cut-at-a-seal",
            "the log cut where the last seal begins, with that seal",
            _rolled_back("seal-5"),
            "10.7",
            SEAL_5,
            "anchor",
        ),
        row(
            "rolled-back",
            "the whole case as it was two seals ago",
            _rolled_back("written"),
            "10.7",
            SEAL_4,
            "anchor",
        ),
        row(
            "rolled-back-to-the-start",
            "the whole case as it was at its first seal",
            _rolled_back("capture"),
            "10.7",
            SEAL_2,
            "anchor",
        ),
        # The log's own words for what is gone, which need no key.
        row(
            "evidence-disposed-of",
            "a sealed capture deleted, and a line added that says that it was by order",
            _disposed,
            "2.10",
            LOG_6,
        ),
        row(
            "evidence-disposed-of-and-sealed",
            "the same, and one more seal without a signature over it",
            _disposed_and_sealed,
            "2.10",
            LOG_6,
        ),
        row(
            "evidence-moved-to-quarantine",
            "a sealed capture moved away, and a line added that says that it was recovered",
            _recovered,
            "1.4",
            WARC,
        ),
        row(
            "quarantine-planted",
            "a file in quarantine that no line names",
            added("quarantine/0001-warc"),
            "1.4",
            "quarantine/0001-warc",
        ),
        # The folder.
        row("file-added", "a file that belongs to nothing", added("notes.txt"), "1.3", "notes.txt"),
        row(
            "file-linked",
            "a file replaced by a symbolic link to its own bytes",
            _linked,
            "1.3",
            "annotations/0001.json",
        ),
        row(
            "folder-linked",
            "a folder replaced by a symbolic link to its own files",
            _folder_linked,
            "1.3",
            "decisions",
        ),
        row(
            "file-hard-linked",
            "a second name for an officers file",
            lambda case: os.link(case / "officers/0002", case / "officers/0003"),
            "1.3",
            "officers/0003",
        ),
        row(
            "name-in-other-case",
            "a file whose name differs in letter case only",
            added("case/0001.JSON", b"{}"),
            "1.3",
            "case/0001.JSON",
        ),
        row(
            "name-composed-otherwise",
            "two files whose names are one in Unicode",
            after(added(f"annotations/{NFC}"), added(f"annotations/{NFD}")),
            "1.3",
            f"annotations/{NFD}",
        ),
        row(
            "file-left-unfinished",
            "an unfinished file",
            added("warc/0002-mastodon.warc.gz.partial"),
            "1.3",
            "warc/0002-mastodon.warc.gz.partial",
        ),
    ]
)
