"""What of a case's pictures is hidden, and why: by a mark, by the mark of an equal picture, or as sensitive."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Final

import pandas as pd

from workbench.analysis.pictures import posted_media
from workbench.policy.annotations import HIDDEN
from workbench.records import Citation
from workbench.tables.conditions import Where

if TYPE_CHECKING:
    from workbench.workspace.tables import Tables

Reader = Callable[[str, Iterable[str] | None, Where | None], pd.DataFrame]
"""Reads a table: its name, the columns and the rows wanted (None: all)."""

SENSITIVE: Final = "marked as sensitive by its author or platform"
_POSTS: Final = ("entity_id", "exhibit", "captured_at", "author", "author_handle", "published", "sensitive")


class Hiding:
    """Why exhibits are hidden: as they are marked now, and as posts read up to the case's position say."""

    def __init__(self, case: Tables) -> None:
        self._case = case
        self.kept = case.kept

    def why(self, number: int) -> str:
        """Give why an exhibit's picture is shown only where somebody asks; empty where it is not hidden."""
        kept = self.kept.of(number)
        if kept is not None:
            return kept.why if kept.mark == HIDDEN else ""
        return SENSITIVE if number in self._sensitive else ""

    @cached_property
    def _sensitive(self) -> frozenset[int]:
        return sensitive(self._case.table)


def sensitive(table: Reader) -> frozenset[int]:
    """Give the exhibits that hold what a post marked as sensitive carries, and the same content elsewhere."""
    posts = table("posts", _POSTS, {"sensitive": True})
    if posts.empty:
        return frozenset()
    files = table("media_files", None, None)
    carried = posted_media(table("media", None, None), posts, files)
    own = files["exhibit"].isin(set(carried["file"]) - {""})
    known = (set(files.loc[own, "sha256"]) | set(carried["sha256"])) - {""}
    return frozenset(
        Citation.parse(cite).number for cite in files.loc[files["sha256"].isin(known), "exhibit"]
    )
