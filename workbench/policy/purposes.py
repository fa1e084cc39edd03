"""The five sanctioned purposes (P&P 4.20 IV.A.2.b) and what each must state before it is approved.

The facts a purpose asks for follow docs/policy.md; where 4.20 is silent they are safeguards of ours.
"""

from __future__ import annotations

from collections.abc import Mapping

from workbench.counts import counted
from workbench.errors import UsageError
from workbench.records import Record


class Fact(Record, frozen=True, kw_only=True):
    """One thing that a case of a purpose must state; with ``choices`` it begins with one of those words."""

    name: str
    title: str
    help: str
    required: bool = True
    choices: tuple[str, ...] = ()

    def chosen(self, text: str) -> bool:
        """Tell whether a text begins with one of the choices; any does where there are none."""
        first = "".join(text.split()[:1]).strip(",;:.").casefold()
        return not self.choices or first in {each.casefold() for each in self.choices}


class Purpose(Record, frozen=True, kw_only=True):
    """A sanctioned purpose: its clause, its facts, and the notebook that serves it.

    ``minimised``: whoever is not named in the case stands under a neutral name in what is shown and leaves.
    """

    name: str
    title: str
    clause: str
    facts: tuple[Fact, ...]
    minimised: bool = False


def _fact(
    name: str, title: str, explanation: str, *, required: bool = True, choices: tuple[str, ...] = ()
) -> Fact:
    return Fact(name=name, title=title, help=explanation, required=required, choices=choices)


_PREDICATE = _fact(
    "predicate", "Predicate", "the facts that make this a matter for the department, in a sentence"
)

PURPOSES: dict[str, Purpose] = {
    purpose.name: purpose
    for purpose in (
        Purpose(
            name="missing",
            title="Missing person",
            clause="4.20 IV.A.2.b.1",
            facts=(
                _PREDICATE,
                _fact("report_number", "Report number", "the missing-person report"),
                _fact("last_contact", "Last contact", "when, where and with whom, as reported"),
                _fact(
                    "category",
                    "NCIC category",
                    "EMD disability, EME endangered, EMI involuntary, EMJ juvenile, EMV disaster, EMO other",
                    required=False,
                    choices=("EMD", "EME", "EMI", "EMJ", "EMV", "EMO"),
                ),
            ),
        ),
        Purpose(
            name="wanted",
            title="Wanted person",
            clause="4.20 IV.A.2.b.2",
            facts=(
                _PREDICATE,
                _fact("warrant", "Warrant", "reference of the warrant, not its text"),
                _fact("warrant_verified", "Verified active", "when the warrant was verified as active"),
            ),
        ),
        Purpose(
            name="gang",
            title="Gang participation",
            clause="4.20 IV.A.2.b.3",
            facts=(
                _PREDICATE,
                _fact("crime", "Criminal predicate", "the named criminal activity, with its statute"),
                _fact(
                    "suspicion_basis", "Basis of suspicion", "why the subjects are reasonably suspected of it"
                ),
            ),
            minimised=True,
        ),
        Purpose(
            name="cyberstalking",
            title="Crimes perpetrated online",
            clause="4.20 IV.A.2.b.4",
            facts=(
                _PREDICATE,
                _fact("statute", "Candidate statute", "for example M.G.L. c.265 §43A"),
                _fact("complainant", "Complainant", "who complained, by reference"),
            ),
        ),
        Purpose(
            name="crime-media",
            title="Photos or videos of a crime",
            clause="4.20 IV.A.2.b.5",
            facts=(
                _PREDICATE,
                _fact("incident", "Incident", "the incident's number or place and time"),
                _fact(
                    "poster",
                    "Poster",
                    "participant, observer or unknown",
                    choices=("participant", "observer", "unknown"),
                ),
            ),
        ),
    )
}


def purpose(name: str) -> Purpose:
    """Give a purpose by name; a case outside the five is refused (UsageError)."""
    if name not in PURPOSES:
        raise UsageError(
            "this is not a sanctioned purpose",
            expected=" | ".join(PURPOSES),
            found=name[:40],
            todo="a matter outside the five purposes cannot be worked here",
        )
    return PURPOSES[name]


def missing_facts(name: str, facts: Mapping[str, str]) -> list[Fact]:
    """List the required facts that are absent or blank."""
    return [fact for fact in purpose(name).facts if fact.required and not facts.get(fact.name, "").strip()]


def check_named(name: str, facts: Mapping[str, str]) -> None:
    """Raise UsageError where a fact is unknown to the purpose, or is none of its choices."""
    known = {fact.name: fact for fact in purpose(name).facts}
    unknown = sorted(set(facts) - set(known))
    if unknown:
        raise UsageError(
            f"the purpose '{name}' has no such fact",
            where=", ".join(unknown),
            expected=", ".join(known),
            todo="use --fact NAME=TEXT with one of the names above",
        )
    for fact in known.values():
        text = facts.get(fact.name, "")
        if text.strip() and not fact.chosen(text):
            raise UsageError(
                f"'{fact.name}' begins with one of {counted(len(fact.choices), 'word')}",
                expected=fact.help,
                found=text[:40],
                todo="what else is to be said may follow it",
            )


def check_facts(name: str, facts: Mapping[str, str]) -> None:
    """Raise UsageError where a fact is missing, unknown to the purpose, or none of its choices."""
    check_named(name, facts)
    absent = missing_facts(name, facts)
    if absent:
        raise UsageError(
            f"the purpose '{name}' needs more before a case can be opened",
            expected="; ".join(f"{fact.name} ({fact.help})" for fact in absent),
            todo="add each with --fact NAME=TEXT",
        )
