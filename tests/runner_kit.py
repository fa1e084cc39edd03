"""A small department with keys in memory, a case of each purpose, and notebooks made of a few cells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import lxml.etree
import lxml.html
import nbformat
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.archive_kit import created, give
from workbench.casefile import CaseFile
from workbench.custody.keys import KeySigner
from workbench.department import FOLDER, Department, NewOfficer, Session
from workbench.policy.purposes import PURPOSES
from workbench.policy.versions import DAY, Scope
from workbench.records import Target
from workbench.times import read_stamp, stamp

DETECTIVE, OTHER, SUPERVISOR, CHIEF = "d.ada", "d.bo", "s.cleo", "c.dan"
ROLES = {DETECTIVE: "detective", OTHER: "detective", SUPERVISOR: "supervisor", CHIEF: "chief"}


class Office:
    """A department and its officers, signed in."""

    def __init__(self, casefiles: Path) -> None:
        self.casefiles = casefiles
        signers = {badge: KeySigner(Ed25519PrivateKey.generate()) for badge in ROLES}
        self.department = Department.init(
            casefiles / FOLDER,
            name="Testford PD",
            timezone="America/New_York",
            officers=[NewOfficer(badge, badge, role, signers[badge]) for badge, role in ROLES.items()],
        )
        self.sessions = {badge: Session(badge, role, signers[badge]) for badge, role in ROLES.items()}

    def case(self, number: str = "2026-0001", purpose: str = "missing") -> CaseFile:
        first = {
            "case": number,
            "act": "open",
            "purpose": purpose,
            "facts": {
                fact.name: next(iter(fact.choices), f"the {fact.title.lower()}")
                for fact in PURPOSES[purpose].facts
            },
            "subjects": ("R. Roe <b>",),
        }
        return CaseFile.create(self.casefiles, self.department, self.sessions[DETECTIVE], first)

    def approve(
        self, case: CaseFile, hosts: Sequence[str] = ("social.test",), *, scope: Scope | None = None
    ) -> None:
        target = Target(source="mastodon", target="roe@social.test")
        scope = scope or Scope(targets=(target,), hosts=tuple(hosts))
        case.act(self.sessions[DETECTIVE], "request", scope=scope, days=3)
        supervisor = CaseFile(case.folder, self.department, SUPERVISOR)
        last = supervisor.history().versions[-1]
        expires = stamp(read_stamp(last.version.at) + 3 * DAY)
        supervisor.act(self.sessions[SUPERVISOR], "approve", approves=last.sha256, expires=expires)


def give_archive(case: CaseFile, folder: Path, words: Sequence[str]) -> str:
    """Import a small Mastodon archive: one post an hour; give the import's source name."""
    posts = [
        created(1000 + number, f"2026-03-{1 + number // 24:02d}T{number % 24:02d}:00:00Z", text)
        for number, text in enumerate(words)
    ]
    return give(case, folder / "archive", posts)


def notebook(path: Path, parameters: str, *cells: str) -> Path:
    """Write a notebook: an import, a parameters cell, then code cells."""
    made = nbformat.v4.new_notebook(  # type: ignore[no-untyped-call]
        metadata={"kernelspec": {"name": "workbench", "display_name": "Workbench", "language": "python"}}
    )
    for index, source in enumerate(("from datetime import date", parameters, *cells)):
        cell = nbformat.v4.new_code_cell(source, id=f"c{index}")  # type: ignore[no-untyped-call]
        cell.metadata.tags = ["parameters"] if index == 1 else []
        made.cells.append(cell)
    nbformat.write(made, path)  # type: ignore[no-untyped-call]
    return path


def fetched(markup: str) -> Iterator[str]:
    """Name every address that a page would fetch, those of its frames too; the policy is looked at apart."""
    root = lxml.html.document_fromstring(markup, parser=lxml.html.HTMLParser(huge_tree=True))
    for element in root.iter(lxml.etree.Element):
        for name in ("src", "href", "data", "srcset", "poster", "action"):
            address = element.get(name, "data:")
            if not address.startswith(("data:", "#")):
                yield f"{element.tag} {name} {address[:60]}"
        styles = f"{element.get('style', '')} {element.text if element.tag == 'style' else ''}"
        yield from re.findall(r"url\(\s*(?![\"']?(?:data:|#))[^)]{1,60}|@import[^;]{1,60}", styles)
        if element.get("srcdoc"):
            yield from fetched(element.get("srcdoc", ""))
