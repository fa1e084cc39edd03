"""What a notebook needs of the case's papers before it goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workbench.errors import AuthorityError
from workbench.policy.purposes import PURPOSES
from workbench.workspace.access import Access


def require(access: Access, facts: Iterable[str], *, purpose: str, approved: bool) -> None:
    """Raise AuthorityError where the case is of another purpose, a fact is not stated or no approval stands."""
    lacking = [*_purpose(access, purpose), *_facts(access, facts), *(_approval(access) if approved else ())]
    if lacking:
        raise AuthorityError(
            "this analysis does not go on: " + "; ".join(lacking),
            where=f"case {access.version.case}, version {access.version.version}",
            expected=_expected(purpose, approved=approved),
            found=f"state {access.standing.state}",
            todo="state it and ask with 'workbench case request'; a supervisor runs 'workbench case approve'",
        )


def _purpose(access: Access, purpose: str) -> Iterator[str]:
    if purpose and access.version.purpose != purpose:
        yield f"the case's purpose is '{access.version.purpose}', not '{purpose}'"


def _facts(access: Access, facts: Iterable[str]) -> Iterator[str]:
    titles = {fact.name: fact.title for each in PURPOSES.values() for fact in each.facts}
    for name in facts:
        if not access.version.facts.get(name, "").strip():
            yield f"'{titles.get(name, name)}' is not stated"


def _approval(access: Access) -> Iterator[str]:
    authority = access.standing.authority
    if authority is None:
        yield "no supervisor's approval stands"
    elif authority.unratified:
        yield f"the oral authority of {authority.by} is not ratified"


def _expected(purpose: str, *, approved: bool) -> str:
    named = f"a case of the purpose '{purpose}'" if purpose else "a case"
    return f"{named} with each fact stated" + (" and a supervisor's signed approval" if approved else "")
