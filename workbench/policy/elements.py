"""Candidate offences and what each asks for, so that an act can be said to support or undercut it.

Massachusetts, in plain words. **A lawyer must look at this list before a department relies on it**; it is a
way to file evidence and no statement of law. Nothing here says that an element is met: the workbench tells for which
elements evidence is cited, and for which none is.
"""

from __future__ import annotations

from workbench.errors import UsageError
from workbench.records import Record

FREE = "other: "
"""What a free entry begins with, where no element of the list fits."""


class Element(Record, frozen=True, kw_only=True):
    """One thing that an offence asks for; ``rows`` says what in a case may serve it."""

    name: str
    title: str
    rows: str


class Offence(Record, frozen=True, kw_only=True):
    """A candidate offence, or a school's duty: its statute and its elements in order."""

    name: str
    title: str
    statute: str
    elements: tuple[Element, ...]


def _element(name: str, title: str, rows: str) -> Element:
    return Element(name=name, title=title, rows=rows)


_WILFUL = _element("wilful", "Wilful and malicious conduct", "acts after a request to stop; words; edits")
_PATTERN = _element("three-acts", "A pattern or series: three or more acts", "occasions, never posts")
_DIRECTED = _element("directed", "Directed at a specific person", "target and why; mechanism")
_ALARM = _element("alarm", "Seriously alarms or annoys that person", "what the person says; requests to stop")
_DISTRESS = _element(
    "distress",
    "Would cause a reasonable person substantial emotional distress",
    "words; frequency; occasions",
)

OFFENCES: dict[str, Offence] = {
    offence.name: offence
    for offence in (
        Offence(
            name="stalking",
            title="Stalking",
            statute="M.G.L. c.265 §43",
            elements=(
                _WILFUL,
                _PATTERN,
                _DIRECTED,
                _ALARM,
                _DISTRESS,
                _element(
                    "threat",
                    "A threat, meant to place in imminent fear of death or bodily injury",
                    "exact words; orders and their service",
                ),
            ),
        ),
        Offence(
            name="harassment",
            title="Criminal harassment",
            statute="M.G.L. c.265 §43A",
            elements=(
                _WILFUL,
                _PATTERN,
                _DIRECTED,
                _ALARM,
                _DISTRESS,
                _element(
                    "means",
                    "Means: direct, through third parties, or images without consent",
                    "mechanism; images are never shown by default",
                ),
            ),
        ),
        Offence(
            name="threats",
            title="Threat to commit a crime",
            statute="M.G.L. c.275 §2",
            elements=(
                _element("intent", "An intent to commit a crime is expressed", "exact words"),
                _element(
                    "ability", "In circumstances that make ability plausible", "places, contacts, words"
                ),
                _element(
                    "apprehension", "Justified apprehension of who was threatened", "how it reached them"
                ),
                _element(
                    "reckless", "At least reckless as to the threatening nature", "audience; replies; edits"
                ),
            ),
        ),
        Offence(
            name="cyberbullying",
            title="Cyberbullying (a school's duty, not itself a crime)",
            statute="M.G.L. c.71 §37O",
            elements=(
                _element("repeated", "Repeated expression or act", "occasions"),
                _element("by-school", "By students or a member of the school's staff", "attribution"),
                _DIRECTED,
                _element("harm", "Harm to the person or to property", "what the person says"),
                _element("fear", "Reasonable fear of harm", "words; what the person says"),
                _element("hostile", "A hostile environment at school", "audience; mentions by others"),
                _element("rights", "The person's rights at school infringed", "what the school says"),
                _element(
                    "disruption", "School materially and substantially disrupted", "what the school says"
                ),
            ),
        ),
    )
}
"""Name -> offence."""


def offence(name: str) -> Offence:
    """Find a candidate offence; raise UsageError where there is none of that name."""
    if name not in OFFENCES:
        raise UsageError("this offence is not on the list", expected=", ".join(OFFENCES), found=name[:40])
    return OFFENCES[name]


def known(entry: str) -> bool:
    """Say whether ``offence/element`` is on the list, or the entry is a free one (``other: …``)."""
    if entry.startswith(FREE):
        return bool(entry[len(FREE) :].strip())
    name, _, element = entry.partition("/")
    return name in OFFENCES and any(element == each.name for each in OFFENCES[name].elements)


def entries(name: str = "") -> tuple[str, ...]:
    """List the entries of one offence, or of all, as ``offence/element``."""
    chosen = [offence(name)] if name else list(OFFENCES.values())
    return tuple(f"{one.name}/{element.name}" for one in chosen for element in one.elements)
