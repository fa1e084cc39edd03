"""Releases, what left on them, and restores (docs/casefile-format.md, 12 and 13)."""

from __future__ import annotations

from bisect import bisect_left
from operator import itemgetter

from workbench.custody.verify.decisions import Lookup
from workbench.custody.verify.documents import Document
from workbench.custody.verify.kept import Line
from workbench.custody.verify.lines import ZEROS
from workbench.custody.verify.log import Log
from workbench.custody.verify.report import Findings

Lost = dict[int, set[str]]
"""The seals that restores name as lost: number and hashes."""


def check(log: Log, releases: list[Document], lookup: Lookup, findings: Findings) -> None:
    """Check every release (12.1) and every ``disseminated`` line against its own (12.3, 12.4)."""
    for release in releases:
        body, line = release.body, release.line
        seal = lookup.seal(release)
        if seal is None:
            what = "the seal of the state released was not made before this line"
            findings.defect("12.1", release.name, what, found=f"{body['seal']} {body['seal_sha256']}")
        exhibits = body["exhibits"] or []
        before = seal.lines if seal is not None else line.ordinal
        odd = [number for number in exhibits if not lookup.exhibits.stands(number, before)]
        if odd or len(set(exhibits)) < len(exhibits):
            what = "'exhibits' holds what is no exhibit that its seal covers, or one twice"
            findings.defect("12.1", release.name, what, found=str(odd[:5]))
    places: dict[int, int] = {}
    for line in log.of("release"):
        places.setdefault(line.fields["release"], line.ordinal)
    by_number = {release.line.fields["release"]: release for release in reversed(releases)}
    for line in log.of("disseminated"):
        number = line.fields["release"]
        if places.get(number, line.ordinal) >= line.ordinal:
            what = "something left without a release before it"
            findings.defect("12.4", line.file, what, at=line.place, found=number)
        elif number in by_number:
            _left(line, by_number[number], lookup, findings)


def _left(line: Line, release: Document, lookup: Lookup, findings: Findings) -> None:
    body, fields, seal = release.body, line.fields, lookup.seal(release)
    lines = seal.lines if seal is not None else release.line.ordinal
    most = lookup.exhibits.upto(lines) if body["exhibits"] is None else len(body["exhibits"])
    if fields["kind"] != body["kind"]:
        what = "what left is not of the kind that was released"
        findings.defect("12.4", line.file, what, at=line.place, expected=body["kind"], found=fields["kind"])
    if not line.at < body["expires"]:
        what = "something left on a release that had expired"
        expected = f"before {body['expires']}"
        findings.defect("12.4", line.file, what, at=line.place, expected=expected, found=line.at)
    if fields["exhibits"] > most:
        what = "more exhibits left than were released"
        findings.defect(
            "12.3", line.file, what, at=line.place, expected=f"at most {most}", found=fields["exhibits"]
        )


def restored(log: Log, restores: list[Document], findings: Findings) -> Lost:
    """Check every restore (13.2); give the seals that they name as lost."""
    lost: Lost = {}
    seals = [(line.ordinal, line.fields["seal"], line.fields["sha256"]) for line in log.of("seal")]
    for restore in restores:
        body, line = restore.body, restore.line
        before = bisect_left(seals, line.ordinal, key=itemgetter(0))
        newest = seals[before - 1][1:] if before else (0, ZEROS)
        told = {"lines": line.ordinal, "seal": newest[0], "seal_sha256": newest[1]}
        for key, expected in told.items():
            if body[key] != expected:
                what = f"'{key}' is not that of the log before this line"
                findings.defect("13.2", restore.name, what, expected=expected, found=body[key])
        for each in body["lost"]:
            if each["seal"] <= newest[0]:
                what = "'lost' names a seal that is not later than the backup's newest"
                findings.defect("13.2", restore.name, what, expected=f"after {newest[0]}", found=each["seal"])
            lost.setdefault(each["seal"], set()).add(each["sha256"])
        what = f"restored from a backup of {line.ordinal} lines, up to seal {newest[0]}"
        what += f"; seals lost: {len(body['lost'])}"
        findings.note("restored", what, restore.name)
    return lost
