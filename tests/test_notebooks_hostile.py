"""Each notebook on what others chose: times at both ends of the calendar, markup in every column of every table."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests import notebook_kit
from tests.runner_kit import Office, fetched
from tests.test_notebooks_matrix import GIVEN, PURPOSES
from workbench.show.exported import clean
from workbench.tables import read

ENDS = (
    *(
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
    ),
    *("0000-00-00T00:00:00Z", "10000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "2026-13-45T99:99:99Z"),
)
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg/onload=alert(3)>\u202e"
ACTING = re.compile(r"<script>alert|<img src=x|<svg/onload|\"'><svg|\u202e")
OURS = {"case", "exhibit", "parser", "parser_version", "sha256", "phash", "dhash", "capture", "import"}
"""Columns that the workbench fills from bytes or from its own names."""

WORDS = {"kind", "state", "published_basis", "media_type", "source", "verdict", "target"}
"""Columns by whose words rows are chosen."""


@pytest.mark.parametrize("name", PURPOSES)
def test_times_at_the_ends_of_the_calendar_stop_no_notebook(tmp_path: Path, name: str) -> None:
    office = Office(tmp_path / "cases")
    case = office.case(purpose=PURPOSES[name])
    office.approve(case)
    posts = [notebook_kit._varied(number) for number in range(12)]
    for post, time in zip(posts, ENDS, strict=False):
        post["published"] = post["object"]["published"] = time
    notebook_kit.give_posts(case, tmp_path / "given", posts)
    page = notebook_kit.executed(case, name, GIVEN.get(name))
    assert "Open questions" in page


@pytest.mark.parametrize("name", PURPOSES)
@pytest.mark.parametrize(
    "spared", [OURS | WORDS, pytest.param(OURS, marks=pytest.mark.slow)], ids=["texts", "words too"]
)
def test_markup_in_any_column_is_never_markup_on_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, spared: set[str]
) -> None:
    _, case = notebook_kit.made(tmp_path, PURPOSES[name], "many")
    frame = read.frame
    monkeypatch.setattr(read, "frame", lambda *given, **more: _hostile(frame(*given, **more), spared))
    page = notebook_kit.executed(case, name, GIVEN.get(name))
    assert "alert(1)" in page
    assert not ACTING.search(page)
    assert not ACTING.search(clean(page))
    assert list(fetched(page)) == []


def _hostile(frame: pd.DataFrame, spared: set[str]) -> pd.DataFrame:
    told = {name: _worse(frame[name]) for name in frame.columns if name not in spared}
    made = frame.assign(**told)
    made.attrs = frame.attrs
    return made


def _worse(column: pd.Series[Any]) -> pd.Series[Any]:
    if column.dtype == "str":
        return column.where(column == "", column + MARKUP)
    if column.dtype == object:
        return column.map(_each)
    return column


def _each(value: object) -> object:
    if value is None or not isinstance(value, Iterable):
        return value
    return value + MARKUP if isinstance(value, str) else [f"{one}{MARKUP}" for one in value]
