"""A number with its word."""

from __future__ import annotations

import pytest

from workbench.counts import counted


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 acts"), (1, "1 act"), (2, "2 acts"), ("1,000", "1,000 acts")]
)
def test_one_stands_in_the_singular(count: object, said: str) -> None:
    assert counted(count, "act") == said
