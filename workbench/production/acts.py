"""The acts of a package: what people said about each, its review, notices before them, and what is filed where.

Made from the annotations that the seal covers (docs/casefile-format.md, 7.3); the words that an exhibit shows are on
its page. What was replaced stays in the table and says so: a reader sees what was thought before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from workbench.policy.acts import FORMS, SAID, newest, standing_notices
from workbench.policy.annotations import Annotation
from workbench.policy.elements import FREE, OFFENCES
from workbench.production import cited, markup
from workbench.production.state import State
from workbench.records import Citation

COLUMNS = (
    *(
        "annotation",
        "at",
        "by",
        "act",
        "counts",
        "reviewed_by",
        "threat_reviewed_by",
        *SAID,
        "supports",
        "undercuts",
    ),
    *("remarks", "exhibits"),
)
_SAID = (
    "What officers said about single acts, each citing exhibits: attribution, whether and why an act was directed at "
    "the person, innocent or protected readings, contrary facts, and the elements under which they filed it. The words "
    "themselves are on the exhibits' pages. Of the entries about one act the newest counts; those before it are kept."
)
_FILED = (
    "An element has evidence cited, or none cited. Nothing here says that an element is met. The elements are plain "
    "words for filing and no statement of law."
)
_NOBODY = "Nobody has said anything about an act: this is not a finding either way."
_HEADS = ("Act", "What was said of it", "Elements", "Exhibits", "By")


def table(state: State) -> bytes:
    """Give ``acts.csv``: every entry about an act in order, the newest of each act marked as the one that counts."""
    counting = _counting(state)
    rows = [_row(state, one, counting) for one in state.annotations if one.kind == "act"]
    return b"".join(markup.csv_row(row) for row in (COLUMNS, *rows))


def page(state: State, wanted: Collection[int] | None) -> bytes:
    """Give ``acts.html``: the acts as they count, notices, elements with what is cited, and what was replaced.

    Exhibits among ``wanted`` (None: all) have a page in the package to link to.
    """
    counting = _counting(state)
    every = [one for one in state.annotations if one.kind == "act"]
    now = [one for one in every if one.annotation in counting]
    before = [one for one in every if one.annotation not in counting]
    parts = [markup.head(f"Acts: case {state.case}", [_SAID, _FILED, *([] if every else [_NOBODY])])]
    parts += _section("Acts, as they count", (_entry(state, one, wanted) for one in now), _HEADS)
    parts += _section(
        "Notices", _notices(state, wanted), ("Notice", "Given", "Reached", "Words", "Exhibits", "By")
    )
    if now:
        parts += _section("Elements", _elements(state, now, wanted), ("Element", "For it", "Against it"))
    parts += _section("Replaced since", (_entry(state, one, wanted) for one in before), _HEADS)
    return ("".join(parts) + markup.END).encode()


def _counting(state: State) -> frozenset[int]:
    return frozenset(one.annotation for one in newest(state.annotations).values())


def _row(state: State, one: Annotation, counting: Collection[int]) -> list[object]:
    said = one.said or {}
    return [
        one.annotation,
        one.at,
        one.by,
        one.act,
        "yes" if one.annotation in counting else "replaced",
        *(_reviewers(state, one, review) for review in ("act", "threat")),
        *(said.get(name, "") for name in SAID),
        *("; ".join(getattr(one, side) or ()) for side in ("supports", "undercuts")),
        one.text,
        " ".join(str(Citation(case=state.case, number=number)) for number in one.exhibits),
    ]


def _reviewers(state: State, one: Annotation, review: str) -> str:
    reviews = (each for each in state.annotations if each.of == one.annotation and each.review == review)
    return " ".join(dict.fromkeys(each.by for each in reviews))


def _section(title: str, rows: Iterator[list[str]], heads: Sequence[str]) -> list[str]:
    body = [markup.row(cells) for cells in rows]
    head = markup.row([markup.safe(name) for name in heads], "th")
    return [f"<h2>{markup.safe(title)}</h2><table>{head}", *body, "</table>\n"] if body else []


def _entry(state: State, one: Annotation, wanted: Collection[int] | None) -> list[str]:
    said = [f"{name.replace('_', ' ')}: {words}" for name, words in (one.said or {}).items()]
    filed = [
        f"{side} {'; '.join(entries)}"
        for side in ("supports", "undercuts")
        if (entries := getattr(one, side))
    ]
    by = [f"annotation {one.annotation}", f"{one.by}, {one.at}"]
    for review, words in (("act", "reviewed by"), ("threat", "reviewed as a threat by")):
        by += [f"{words} {who}"] if (who := _reviewers(state, one, review)) else []
    return [
        markup.safe(one.act),
        _lines([*said, *([one.text] if one.text else [])]),
        _lines(filed),
        _cites(state, one, wanted),
        f"<code>{_lines(by)}</code>",
    ]


def _notices(state: State, wanted: Collection[int] | None) -> Iterator[list[str]]:
    standing = {one.annotation for one in standing_notices(state.annotations)}
    for one in (each for each in state.annotations if each.kind == "notice"):
        taken = "" if one.annotation in standing else " (replaced or taken back)" * (one.form != FORMS[-1])
        said = (one.form + taken, one.given, one.reached or "whoever acts")
        by = markup.safe(f"annotation {one.annotation}, {one.by}, {one.at}")
        yield [*map(markup.words, said), _lines([one.text]), _cites(state, one, wanted), f"<code>{by}</code>"]


def _elements(
    state: State, acts: Sequence[Annotation], wanted: Collection[int] | None
) -> Iterator[list[str]]:
    """List every element of each offence under which anything was filed, and entries of people's own."""
    filed = {entry for one in acts for side in (one.supports, one.undercuts) for entry in side or ()}
    named = [
        (f"{each.name}/{element.name}", f"{each.title} ({each.statute}): {element.title}")
        for each in OFFENCES.values()
        if any(entry.startswith(f"{each.name}/") for entry in filed)
        for element in each.elements
    ]
    for entry, title in [*named, *((own, own) for own in sorted(filed) if own.startswith(FREE))]:
        sides = (
            [one for one in acts if entry in (getattr(one, side) or ())] for side in ("supports", "undercuts")
        )
        yield [markup.safe(title), *(_evidence(state, held, wanted) for held in sides)]


def _evidence(state: State, held: Sequence[Annotation], wanted: Collection[int] | None) -> str:
    if not held:
        return "none cited"
    numbers = dict.fromkeys(number for one in held for number in one.exhibits)
    return "evidence cited: " + ", ".join(cited.link(state, number, wanted) for number in numbers)


def _cites(state: State, one: Annotation, wanted: Collection[int] | None) -> str:
    return ", ".join(cited.link(state, number, wanted) for number in one.exhibits)


def _lines(texts: Sequence[str]) -> str:
    return "<br>".join(markup.safe(text).replace("\n", "<br>") for text in texts)
