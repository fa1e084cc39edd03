"""The editor of acts in a notebook: choose an act, say what only a person can say, save (``workspace.choosing``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import pandas as pd
from IPython.display import display

from workbench.errors import UsageError
from workbench.policy.acts import DIRECTED, MECHANISMS, SAID
from workbench.policy.elements import FREE, Offence, known, offence
from workbench.show.words import line, visible
from workbench.workspace import acttables, notices, writing
from workbench.workspace.choosing import Choosing, by
from workbench.workspace.fields import WIDE, Field, Panel, choice, lines, suggested, text
from workbench.workspace.shown import Several

if TYPE_CHECKING:
    from workbench.workspace.written import Written

_LABEL = 90
_FILED = (("not filed", ""), ("supports it", "supports"), ("undercuts it", "undercuts"), ("both", "both"))
_SIDES = ("supports", "undercuts")
_NOBODY = ("", *DIRECTED)
_BARE = ("account", "posted", "words")
"""What a person reads from an exhibit that no row describes."""


class ActEditor:
    """The table of acts and, below it, three forms: an act, a notice given before acts, a review by another officer.

    ``listing`` gives the table of acts with a table of annotations; it is asked again after each save.
    """

    def __init__(
        self,
        case: Written,
        posts: pd.DataFrame,
        listing: Callable[..., pd.DataFrame],
        offence_name: str,
    ) -> None:
        self.case, self.posts = case, posts
        self._listing = listing
        self._handle: Any = None
        self.acts = pd.DataFrame()
        self.entered = pd.DataFrame()
        self.read()
        self.panel = ActPanel(self, offence_name)
        self.review = ReviewPanel(self)
        self.notice = notices.NoticePanel(case, posts, self.saved)
        self.panel.chosen()

    def read(self) -> None:
        """Take the annotations as they stand, and make the table anew."""
        self.entered = self.case.annotations()
        self.acts = self._listing(entered=self.entered)

    def saved(self) -> None:
        """Show what was saved: in the table above the forms, and in the list of acts."""
        self.read()
        if self._handle is not None:
            self._handle.update(self.shown)
        self.panel.offer()
        self.notice.offer()

    @property
    def shown(self) -> Several:
        """Give the tables as the page shows them."""
        return acttables.tables(self.acts, self.case)

    @property
    def view(self) -> widgets.Widget:
        """Give the three forms, one behind the other."""
        tabs = widgets.Tab([self.panel.view, self.notice.view, self.review.view])
        tabs.titles = ("Act", "Notice", "Review")
        return tabs

    def _ipython_display_(self) -> None:
        self._handle = display(self.shown, display_id=True)  # type: ignore[no-untyped-call]
        display(self.view)  # type: ignore[no-untyped-call]


class ActPanel(Choosing):
    """The form for one act; what was typed for another act and not saved is kept while one looks elsewhere."""

    thing = "act"
    unsaid = frozenset({"find", "act", "verbatim"})
    editor: ActEditor

    def __init__(self, editor: ActEditor, offence_name: str) -> None:
        self.offence = offence(offence_name)
        self._extra: dict[str, dict[str, Any]] = {}
        super().__init__(editor, _fields(self.offence), {"Add an exhibit as an act": self.add}, "act")
        self.fields["verbatim"].widget.disabled = True

    @property
    def act(self) -> str:
        """The identity of the act that is chosen."""
        return self.key

    def rows(self) -> dict[str, dict[str, Any]]:
        """Give the acts of the table, and those that were just added, by identity."""
        listed = by(self.editor.acts, "act")
        return listed | {act: row for act, row in self._extra.items() if act not in listed}

    def label(self, number: int, row: Mapping[str, Any]) -> str:
        """Name an act by its time, its account and the beginning of its words."""
        when = "no time" if pd.isna(row["posted"]) else self.editor.case.when(row["posted"])
        written = f"[annotation {row['annotation']}]" if row["annotation"] else "[nothing entered]"
        cite = row["exhibits"][0] if row["exhibits"] else ""
        said = line(str(row["words"]), _LABEL)
        return f"{number}. {when} {visible(str(row['actor_handle']))} {written} {said} {cite}"

    def fill(self) -> None:
        """Set every field as the newest annotation has it, beside the words as captured."""
        row, said = self.rows().get(self.key, {}), self.newest()
        self.fields["verbatim"].value = visible(str(row.get("words", "")))
        bare = not row.get("words") or any(said.get(name) for name in _BARE)
        for name in _BARE:
            self.fields[name].widget.layout.display = None if bare else "none"
        super().fill()

    def shown(self) -> None:
        """Show the reviewer what was written about the act."""
        self.editor.review.about(self.newest())

    def as_entered(self, said: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, str]:
        """Give the value of each field as an annotation has it; without one, only the act's own exhibits."""
        values = {name: str(said.get(name, "")) for name in (*SAID, "text")}
        sides = {side: tuple(said.get(side, ())) for side in _SIDES}
        own = _entries(self.offence)
        values |= {entry: _side(*(entry in sides[side] for side in _SIDES)) for entry in own}
        for side, entries in sides.items():
            values[side] = "\n".join(entry.removeprefix(FREE) for entry in entries if entry not in own)
        return values | {"exhibits": writing.exhibits(said, row)}

    def in_words(self, said: Mapping[str, Any]) -> str:
        """Write out what an annotation says of an act."""
        return _in_words(said)

    def document(self) -> dict[str, Any]:
        """Give what was entered as ``workbench annotate --from`` reads it."""
        entered = self.typed()
        filed = {side: _filed(entered, _entries(self.offence), side) for side in _SIDES}
        return {
            "kind": "act",
            # The same name as before, so that it replaces what was shown.
            "act": self.newest().get("act", self.key),
            "replaces": self.seen,
            "exhibits": writing.citations(entered["exhibits"]),
            "text": entered["text"],
            "said": {name: entered[name] for name in SAID if entered[name]},
            **filed,
        }

    def done(self) -> None:
        """Let the table hold the act from now on."""
        self._extra.pop(self.key, None)

    def add(self) -> None:
        """Offer an exhibit, or the post that a citation with its pointer is of, as an act."""
        case = self.editor.case
        cited = notices.cited(case, self.value("find"))
        post = notices.post_of(self.editor.posts, cited)
        act = str(post.get("entity_id") or cited)
        if act not in self.rows():
            self._extra[act] = {
                "act": act,
                "posted": post.get("published", pd.NaT),
                "actor_handle": post.get("author_handle", ""),
                "words": post.get("content") or "",
                "exhibits": (str(cited),),
                "annotation": 0,
            }
        self.find.value = ""
        self.offer()
        self.picker.value = act
        self.say("Offered as an act; it becomes one when it is saved.")


class ReviewPanel(Panel):
    """The form by which another officer says that they have read what was written about the chosen act."""

    def __init__(self, editor: ActEditor) -> None:
        self.editor = editor
        self._annotation: dict[str, Any] = {}
        fields = {
            "said": lines("said", "What is reviewed", "what was entered about the act chosen under 'Act'", 8),
            "text": lines("text", "Remarks", "what you looked at, and whether you read it so"),
        }
        fields["said"].widget.disabled = True
        super().__init__(
            fields,
            {"Reviewed": lambda: self._review("act"), "Reviewed as a threat": lambda: self._review("threat")},
        )

    def about(self, annotation: Mapping[str, Any]) -> None:
        """Show what is to be reviewed."""
        self._annotation = dict(annotation)
        self.fields["said"].value = visible(_in_words(annotation)) if annotation else ""

    def _review(self, kind: str) -> None:
        if not self._annotation:
            raise UsageError("nobody has written about the chosen act", todo="choose one under 'Act'")
        document = {
            "kind": "act-review",
            "act": self._annotation["act"],
            "of": int(self._annotation["annotation"]),
            "review": kind,
            "exhibits": list(self._annotation["exhibits"]),
            "text": self.value("text"),
        }
        writing.annotate(self.editor.case, document, self.say)
        self.editor.saved()
        self.say("Saved.")


def _fields(chosen: Offence) -> dict[str, Field]:
    fields = [
        text("find", "Find, or exhibit to add", "words, a handle, or a citation such as E0012#/3"),
        Field("act", "Act", "which act", widgets.Dropdown(options=[])),
        lines("verbatim", "Verbatim words", "as captured", 3),
        text("account", "Account shown", "the account that the exhibit shows"),
        text("posted", "Posted", "when it says it was posted, with the zone: 2026-03-14T21:40-05:00"),
        lines("words", "Words shown", "verbatim, as the exhibit shows them"),
        choice("directed_at_target", "Directed at the person", "entered by a person", _NOBODY),
        lines("directed_because", "Why", "what shows that it is, or is not, directed at the person"),
        text("attributed_person", "Attributed to", "the person, as the papers name them"),
        lines("attribution_basis", "On what basis", "confirming circumstances, citing exhibits"),
        lines("contrary_facts", "Contrary facts", "what speaks against it, citing exhibits"),
        text(
            "occasion", "Occasion", "the same word for acts of one continuous event; another word parts them"
        ),
        suggested("mechanism", "Mechanism", "how it reached the person; empty: as captured", MECHANISMS),
        lines("prior_notice", "Prior notice", "request, block or order and its service, citing it"),
        lines(
            "protected_reading",
            "Innocent or protected",
            "a joke, a quotation, a dispute, opinion, a public matter",
        ),
        *(
            Field(
                f"{chosen.name}/{each.name}",
                each.title,
                each.rows,
                widgets.Dropdown(options=list(_FILED)),
                WIDE,
            )
            for each in chosen.elements
        ),
        lines(
            "supports", "Supports also", "other elements, one a line: offence/element, or words of your own"
        ),
        lines("undercuts", "Undercuts also", "as above"),
        lines("text", "Remarks", "facts, not conclusions"),
        lines("exhibits", "Exhibits", "citations, the act's own first"),
    ]
    return {field.name: field for field in fields}


def _entries(chosen: Offence) -> list[str]:
    """Name the elements of an offence as acts are filed under them."""
    return [f"{chosen.name}/{each.name}" for each in chosen.elements]


def _side(supports: bool, undercuts: bool) -> str:  # noqa: FBT001 - the two sides of one entry
    if supports and undercuts:
        return "both"
    return _SIDES[0] if supports else _SIDES[1] if undercuts else ""


def _filed(entered: Mapping[str, str], own: Sequence[str], side: str) -> list[str]:
    chosen = [entry for entry in own if entered[entry] in {side, "both"}]
    more = [part.strip() for part in entered[side].splitlines() if part.strip()]
    return list(dict.fromkeys([*chosen, *(part if known(part) else FREE + part for part in more)]))


def _in_words(said: Mapping[str, Any]) -> str:
    pairs = [(name, said.get(name, "")) for name in (*SAID, "text")]
    pairs += [(side, "; ".join(said.get(side, ()))) for side in _SIDES]
    return writing.told(pairs, said)
