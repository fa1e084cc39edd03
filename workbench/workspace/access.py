"""Who may read a case: the officers who work it, and those whose role is to look at others' work."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from workbench.custody import history
from workbench.department import Department
from workbench.errors import AuthorityError, IntegrityError
from workbench.policy.standing import OVERSEERS, Standing
from workbench.policy.versions import CaseVersion
from workbench.records import Record
from workbench.times import Clock, now


class Access(Record, frozen=True, kw_only=True):
    """A case as it stands, and who may read it."""

    folder: Path
    standing: Standing
    version: CaseVersion
    department: Department

    @classmethod
    def of(cls, folder: Path, department: Department, clock: Clock = now) -> Self:
        """Read how a case stands; raise IntegrityError where its authority cannot be believed."""
        found = history.read(folder)
        standing = found.standing(clock())
        problem = standing.problem
        if found.root != department.root:
            problem = problem or "its officers are not those of this department's register"
        if problem or standing.latest is None:
            raise IntegrityError(
                "the case's own papers do not hold, so nobody can be shown to work it",
                where=problem or str(folder),
                todo="run 'workbench verify' and tell your supervisor",
            )
        return cls(folder=folder, standing=standing, version=standing.latest, department=department)

    def require(self, badge: str) -> str:
        """Give the badge's role; raise AuthorityError where it may not read this case."""
        role = self.department.role(badge)
        if not role:
            raise AuthorityError(
                "this badge has no valid key in the register",
                found=badge[:40],
                todo="see 'workbench officer list'",
            )
        if badge not in self.standing.workers and role not in OVERSEERS:
            raise AuthorityError(
                "this case is not assigned to you",
                where=self.folder.name,
                expected="its owner, an officer assigned to it, a supervisor or an auditor",
                found=f"{badge}, {role}",
                todo="have its owner or a supervisor run 'workbench case assign'",
            )
        return role
