"""What a mark reaches beyond the exhibit that bears it: where exhibits lie, and what they hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from workbench.tables import read
from workbench.withholding.kept import Kept

_NUMBER: Final = r"^[^#]*-E([0-9]+)"
_PLACE: Final = ("file", "offset", "length", "sha256")


class Held:
    """Where a case's exhibits lie, and what pictures, films and sounds they hold.

    ``_places`` has for each exhibit number, start and end (as if all files lay one behind the other) and SHA-256 of
    the stored bytes; ``_media`` number and SHA-256 of what is held.
    """

    def __init__(self, folder: Path) -> None:
        self._places = _placed(_numbered(read.frame(folder, "exhibits", ["exhibit", *_PLACE])))
        self._media = _numbered(read.frame(folder, "media_files", ["exhibit", "sha256"]))

    def reached(self, mark: str, marked: Collection[int]) -> tuple[dict[int, Kept], dict[str, Kept]]:
        """Give what marks on these exhibits reach: exhibits, and contents by their SHA-256."""
        near: dict[int, int] = {}
        inside: dict[int, int] = {}
        for number, touching, within in self._near(marked):
            near |= dict.fromkeys(touching, number)
            inside |= dict.fromkeys(within, number)
        digests = self._contents(inside)
        alike = self._alike(digests)
        around = self._around(alike)
        found: dict[int, Kept] = {}
        for numbers, why in (
            (around, "sharing bytes with what holds the same picture as"),
            (alike, "holding the same picture as"),
            (near, "sharing bytes with"),
        ):
            found |= {each: _kept(mark, why, by) for each, by in numbers.items()}
        found |= {each: Kept(mark=mark, why=f"marked as {mark}", by=each) for each in marked}
        return found, {each: _kept(mark, "holding the same picture as", by) for each, by in digests.items()}

    def _near(self, marked: Collection[int]) -> Iterator[tuple[int, list[int], list[int]]]:
        """Give for each marked exhibit those that share bytes with it, and those that lie within it or equal it."""
        near = self._touching(marked)
        one: Any  # a row of pandas
        for one in near[near["number"].isin(list(marked))].itertuples():
            same = near["sha256"] == one.sha256
            touching = (near["start"] < one.end) & (one.start < near["end"])
            within = (near["start"] >= one.start) & (near["end"] <= one.end)
            yield (
                int(one.number),
                list(near.loc[same | touching, "number"]),
                list(near.loc[same | (touching & within), "number"]),
            )

    def _touching(self, numbers: Collection[int]) -> pd.DataFrame:
        """Give the exhibits that reach into the bytes of one of these, or are equal to one; these too."""
        own = self._places[self._places["number"].isin(list(numbers))]
        begun = np.searchsorted(np.sort(own["start"].to_numpy()), self._places["end"].to_numpy(), side="left")
        over = np.searchsorted(np.sort(own["end"].to_numpy()), self._places["start"].to_numpy(), side="right")
        return self._places[(begun > over) | self._places["sha256"].isin(own["sha256"])]

    def _contents(self, numbers: Mapping[int, int]) -> dict[str, int]:
        """Give the SHA-256 of what exhibits hold (their stored bytes, and what is packed in them), and by whom."""
        return {str(each.sha256): numbers[int(each.number)] for each in self._rows("number", list(numbers))}

    def _alike(self, digests: Mapping[str, int]) -> dict[int, int]:
        return {int(each.number): digests[str(each.sha256)] for each in self._rows("sha256", list(digests))}

    def _rows(self, column: str, wanted: Collection[object]) -> Iterator[Any]:
        for frame in (self._places, self._media):
            yield from frame[frame[column].isin(list(wanted))].itertuples()

    def _around(self, alike: Mapping[int, int]) -> dict[int, int]:
        """Give what lies around these, such as the archive that they are members of."""
        touching = self._touching(alike)
        own = touching["number"].isin(list(alike))
        held, others = touching[own], touching[~own]
        found = {}
        other: Any  # a row of pandas
        for other in others.itertuples():
            within = held.loc[(held["start"] < other.end) & (other.start < held["end"]), "number"]
            found[int(other.number)] = alike[int(within.iloc[0])] if len(within) else 0
        return {number: by for number, by in found.items() if by}


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    number = frame["exhibit"].str.extract(_NUMBER, expand=False).astype("int64")
    return frame.drop(columns="exhibit").assign(number=number)


def _placed(frame: pd.DataFrame) -> pd.DataFrame:
    """Lay the files one behind the other, so that one comparison says whether two slices meet."""
    start, length = frame["offset"].astype("int64"), frame["length"].astype("int64")
    size = (start + length).groupby(frame["file"]).max()
    base = frame["file"].map(size.cumsum() - size).astype("int64")
    made = {"number": frame["number"], "start": base + start, "end": base + start + length}
    return pd.DataFrame({**made, "sha256": frame["sha256"]})


def _kept(mark: str, why: str, by: int) -> Kept:
    return Kept(mark=mark, why=f"{why} E{by:04d}, which is {mark}", by=by)
