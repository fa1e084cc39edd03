"""The form for a notice: a request to stop, a block, an order and its service; acts after it are shown as after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import pointing
from workbench.annotating import number_of
from workbench.errors import UsageError
from workbench.policy.acts import FORMS
from workbench.records import Citation
from workbench.show.words import line, visible
from workbench.tables.read import records
from workbench.times import stamp, to_micros
from workbench.workspace import writing
from workbench.workspace.fields import Panel, choice, lines, text

if TYPE_CHECKING:
    from workbench.workspace.written import Written

_LABEL = 80


def cited(case: Written, typed: str) -> Citation:
    """Read one citation of this case, whole or short; raise UsageError where it is none or does not exist."""
    whole = typed.strip()
    if not whole:
        raise UsageError("name the exhibit", expected=f"{case.number}-E0012, or E0012#/3 for a post in it")
    number = number_of(whole, case.number)
    known = case.exhibits(["exhibit"])["exhibit"]
    citation = Citation(case=case.number, number=number, pointer=whole.partition("#")[2])
    if str(Citation(case=case.number, number=number)) not in set(known):
        raise UsageError("the case has no such exhibit", found=whole[:60])
    pointing.check(case.folder, [str(citation)])
    return citation


def post_of(posts: pd.DataFrame, citation: Citation) -> dict[str, Any]:
    """Give the post that a citation is of, where it is one of those read; empty otherwise."""
    return next(iter(records(posts[posts["exhibit"] == str(citation)].head(1))), {})


class NoticePanel(Panel):
    """Asks for the exhibit that shows the notice, its form, when it was given, and whom it reached."""

    def __init__(self, case: Written, posts: pd.DataFrame, saved: Callable[[], None]) -> None:
        self.case, self.posts, self._saved = case, posts, saved
        fields = [
            text("exhibit", "Exhibit", "the post, order or paper that shows it: E0012#/3"),
            choice("form", "What it was", "request to stop, block, or order", FORMS),
            text("given", "Given or served", "when it reached them, with the zone: 2026-03-14T21:40-05:00"),
            text("reached", "Whom it reached", "handle of the account; empty: whoever acts"),
            lines("text", "In what words, how", "verbatim words; how it was given or served"),
            choice("replaces", "Replaces", "an earlier entry of the same notice", [("nothing", 0)]),
        ]
        super().__init__(
            {field.name: field for field in fields},
            {"Save the notice": self.save, "Fill in from the exhibit": self.look_up},
        )
        self.offer()

    def offer(self) -> None:
        """List the notices that stand, to be replaced or taken back."""
        held = self.case.annotations("notice")
        open_ones = held[~held["annotation"].isin(set(held["replaces"])) & (held["form"] != FORMS[-1])]
        options = [
            (f"{row.annotation}: {row.form}, {visible(line(str(row.text), _LABEL))}", row.annotation)
            for row in open_ones.itertuples()
        ]
        self.fields["replaces"].widget.options = [("nothing", 0), *options]

    def look_up(self) -> None:
        """Take time and words from the post that the citation is of."""
        post = post_of(self.posts, cited(self.case, self.value("exhibit")))
        if not post:
            raise UsageError("no post that was read has this citation", todo="fill the form in by hand")
        if not pd.isna(post["published"]):
            self.fields["given"].value = post["published"].isoformat(timespec="seconds")
        if not self.value("text"):
            self.fields["text"].value = str(post.get("content") or "")

    def save(self) -> None:
        """Have the notice written."""
        given = self.case.moment(self.value("given"))
        if given is None:
            raise UsageError("a notice says when it was given", expected="2026-03-14T21:40-05:00")
        document = {
            "kind": "notice",
            "form": self.value("form"),
            "given": stamp(to_micros(given)),
            "reached": self.value("reached"),
            "replaces": int(self.fields["replaces"].widget.value),
            "exhibits": [str(cited(self.case, self.value("exhibit")))],
            "text": self.value("text"),
        }
        writing.annotate(self.case, document, self.say)
        self._saved()
        self.say("Saved.")
