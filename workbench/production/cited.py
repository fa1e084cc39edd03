"""Who cites an exhibit (annotations, decisions and notebook runs, as of the seal), and how a sheet cites one."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from workbench.custody import citing
from workbench.policy.acts import told
from workbench.production import markup
from workbench.production.state import State
from workbench.production.views import CitedBy
from workbench.records import Citation
from workbench.times import stamp

PLACES = 8
"""Most headings of one notebook that a page tells of one exhibit."""


def by_exhibit(state: State) -> dict[int, list[CitedBy]]:
    """Gather who cites which exhibit, by its number: annotations, decisions and runs, each as sealed.

    Raises IntegrityError where a file of a run is not what its log line names.
    """
    found: dict[int, list[CitedBy]] = {}
    for number, cited in (*_annotated(state), *_decided(state), *_run(state)):
        found.setdefault(number, []).append(cited)
    return found


def _annotated(state: State) -> Iterator[tuple[int, CitedBy]]:
    for one in state.annotations:
        said = f"{one.kind} {one.side or one.mark or one.form or one.review}".strip()
        cited = CitedBy(
            file=f"annotations/{one.annotation:04d}.json", at=one.at, by=one.by, what=f"{said}: {told(one)}"
        )
        for number in one.exhibits:
            yield number, cited


def _decided(state: State) -> Iterator[tuple[int, CitedBy]]:
    for decision in state.decisions:
        cited = CitedBy(
            file=f"decisions/{decision['decision']:04d}.json",
            at=str(decision["at"]),
            by=str(decision["by"]),
            what=f"decision: {decision['act']} {decision['reason']}".strip(),
        )
        for number in _numbers(decision["subjects"]):
            yield number, cited


def _run(state: State) -> Iterator[tuple[int, CitedBy]]:
    """Give the runs that were sealed, with the headings of the notebook under which the exhibit is cited."""
    for entry in state.entries:
        if entry.action != "run":
            continue
        fields = entry.fields
        found = citing.of_run(state.folder, state.case, fields)
        for number in sorted(found.pointers):
            below = list(found.places.get(number, ()))
            headings = "; ".join(below[:PLACES]) + f"; {len(below) - PLACES} more" * (len(below) > PLACES)
            said = f"run {fields['name']}, {fields['status']}"
            yield (
                number,
                CitedBy(
                    file=citing.folder_of(fields),
                    at=stamp(entry.at),
                    by=entry.actor,
                    what=f"{said}, below: {headings}" if headings else said,
                ),
            )


def _numbers(subjects: list[str]) -> Iterator[int]:
    for subject in subjects:
        _, mark, number = subject.partition("-E")
        if mark and number.isdigit():
            yield int(number)


def link(state: State, number: int, wanted: Collection[int] | None) -> str:
    """Write a citation, as a link to its page where the package has one."""
    citation = str(Citation(case=state.case, number=number))
    if number > state.last or (wanted is not None and number not in wanted):
        return f"{markup.safe(citation)} (not in this package)"
    return markup.link(f"pages/E{number:04d}.html", citation)
