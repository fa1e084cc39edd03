"""The bound on similarity: what it leaves out is never as similar, whatever the script, the length and the ties."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rapidfuzz.distance import JaroWinkler

from workbench.analysis import resembling
from workbench.analysis.lookalikes import look

NAMES = (
    st.text("abcil01_.", min_size=1, max_size=9)
    | st.text("аbоlé1ß ", max_size=6)
    | st.text("ab@A \n\t\x1cÉſ.", max_size=5)
)


def texts(names: Sequence[str]) -> pd.Series[str]:
    """Hold names as a case's table does."""
    return pd.Series(names, dtype="str")


def by_hand(sought: str, handle: str) -> tuple[float, float]:
    """Compare in each form, one pair at a time; give the greatest and that of the whole."""
    name = resembling.local(handle)
    alone = [re.sub(r"[\W\d_]", "", each) for each in (sought, name)]
    whole = JaroWinkler.similarity(sought, name)
    rest = [JaroWinkler.similarity(look(sought), look(name))]
    if min(map(len, alone)) >= resembling.ENOUGH:
        rest.append(JaroWinkler.similarity(*alone))
    return max(whole, *rest), whole


@given(
    st.lists(NAMES, min_size=1, max_size=3),
    st.lists(NAMES, max_size=12),
    st.sampled_from([0.0, 0.3, 0.7, 0.85, 0.95, 1.0]),
)
@settings(max_examples=300, deadline=None)
@example(["a" * 70], ["a" * 70, "a" * 64, "b" + "a" * 70], 0.9)
@example(["mira"], ["", "mira@a", "@mira", "@", "a"], 0.8)
@example(["abcd"], ["", "@", "@@abcd", "abcd@x@y", "@abcd@x"], 0.9)
def test_all_that_are_as_similar_are_found(sought: list[str], handles: list[str], at_least: float) -> None:
    sought = [resembling.local(each) for each in sought]
    for name, found in zip(sought, resembling.near(texts(handles), sought, at_least), strict=True):
        expected = [(place, *by_hand(name, handle)) for place, handle in enumerate(handles)]
        expected = [each for each in expected if each[1] >= at_least]
        order = np.argsort(found.numbers)
        assert found.numbers[order].tolist() == [place for place, _, _ in expected]
        assert found.similar[order].tolist() == pytest.approx([best for _, best, _ in expected])
        assert found.whole[order].tolist() == pytest.approx([whole for _, _, whole in expected])


def test_names_are_numbered_over_all_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resembling, "_BLOCK", 3)
    handles = ["zzz", "mira", "qqq", "xyx", "ööö", "mira1", "mírа", "www", "mira_"]
    (found,) = resembling.near(texts(handles), ["mira"], 0.8)
    assert sorted(found.numbers.tolist()) == [1, 5, 6, 8]


def test_few_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    similar = resembling.similar

    def watched(sought: str, names: Sequence[str]) -> NDArray[np.float64]:
        compared.extend(names)
        return similar(sought, names)

    monkeypatch.setattr(resembling, "similar", watched)
    handles = [f"{letter}{number:05d}" for letter in "bcdfghjk" for number in range(500)]
    resembling.near(texts([*handles, "mira.k99"]), ["mira.k98"], 0.85)
    assert set(compared) <= {"mira.k99", "mlra.k99", "mirak"}
