"""A number with its word."""

from __future__ import annotations

import pytest

from workbench.counts import counted, exhibits_told, rows_told


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 acts"), (1, "1 act"), (2, "2 acts"), ("1,000", "1,000 acts")]
)
def test_one_stands_in_the_singular(count: object, said: str) -> None:
    assert counted(count, "act") == said


def test_rows_are_told_by_the_words_of_their_tables() -> None:
    rows = {"accounts": 1, "posts": 2, "media": 1, "key_frames": 1, "media_files": 3}
    assert rows_told(rows) == "1 account, 2 posts, 1 media, 1 key frame, 3 media files"
    assert rows_told({}) == "no rows"


def test_exhibits_are_named_by_their_numbers_alone() -> None:
    assert exhibits_told([7, 12, 10_000]) == "E0007, E0012, E10000"
    assert exhibits_told([]) == ""
