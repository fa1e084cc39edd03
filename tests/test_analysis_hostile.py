"""Over tables as nobody hopes for, each analysis gives the same in any order of rows, or refuses; nothing else."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from random import Random
from typing import Any

import networkx as nx
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hostile_kit import MANGLED, mangled, table
from tests.test_analysis_frames import ANALYSES, CARRIED
from tests.test_analysis_parameters import PLAIN
from workbench import analysis
from workbench.errors import UsageError

TABLES = {
    "files": "media_files",
    "stated": "places",
    "versions": "post_versions",
    "shares": "posts",
    "acts": "interactions",
    **{name: name for name in ("posts", "interactions", "accounts", "media", "media_files", "key_frames")},
    **{name: name for name in ("places", "exhibits", "captures")},
}
ALTERED: dict[str, tuple[Any, ...]] = {
    "at_least": (1,),
    "bins": ("hour_of_week", "hour_of_day", "day_of_week"),
    "kind": ("co-tweet", "co-link", "co-hashtag"),
    "merge_gap": ("1h", "0s", "365D"),
    "min_length": (1,),
    "min_participation": (1, 2),
    "min_posts": (1, 2),
    "min_tokens": (1,),
    "mirrored": (True, False),
    "query": ("a", "слово", "文", "a*", '"a b"'),
    "shuffles": (0, 9),
    "until": (None, "2026-03-02T00:00:00Z", "9999-12-31T23:59:59Z"),
    "whole_words": (None, True, False),
    "window": ("1h", "6D"),
    "window_s": (10, 86400, 0),
    "zone": ("UTC", "America/New_York", "Pacific/Apia"),
}
ORDERED = {"what_to_ask"}
"""It asks in the order of the results it is given."""


class Given:
    """The tables of one example, each made once."""

    def __init__(self, chance: Random, ways: dict[str, str]) -> None:
        self.chance = chance
        self.count = chance.choice([0, 1, 2, 5, 12, 30])
        self.ways = ways
        self.made: dict[str, pd.DataFrame] = {}

    def table(self, name: str) -> pd.DataFrame:
        if name not in self.made:
            plain = table(self.chance, name, self.count)
            self.made[name] = mangled(self.chance, plain, self.ways.get(name, "as it is"))
        return self.made[name]

    def result(self, name: str) -> pd.DataFrame:
        made: dict[str, Callable[[], pd.DataFrame]] = {
            "active": lambda: analysis.active_hours(self.table("posts"), zone="UTC"),
            "acts": lambda: analysis.acts(self.table("interactions"), self.table("posts"), target="b"),
            "changes": lambda: analysis.changes(self.table("posts")),
            "groups": lambda: analysis.duplicate_groups(self.result("near")),
            "near": lambda: analysis.near_duplicates(self.table("media_files")),
            "overview": lambda: analysis.media_overview(self.table("media_files"), self.result("posted")),
            "posted": lambda: analysis.posted_media(
                self.table("media"), self.table("posts"), self.table("media_files")
            ),
            "ties": lambda: analysis.ties(self.table("interactions")),
        }
        return made[name]()

    def call(self, name: str) -> dict[str, Any]:
        if name == "what_to_ask":
            activity = analysis.last_activity(self.table("posts"), people=("a",))
            after = analysis.timeline(self.table("posts"))
            return {"zone": "America/New_York", "activity": activity, "after": after}
        made: dict[str, Any] = {}
        for parameter in inspect.signature(getattr(analysis, name)).parameters.values():
            key, needed = parameter.name, parameter.default is inspect.Parameter.empty
            if key == "entered" or not (needed or self.chance.random() < 0.6):
                continue
            if "DataFrame" in str(parameter.annotation):
                made[key] = self._given(name, key)
            elif needed or key in ALTERED:
                made[key] = self.chance.choice(ALTERED.get(key, (PLAIN.get(key),)))
        return made

    def _given(self, name: str, key: str) -> pd.DataFrame:
        if key == "acts" and name != "bursts":
            return self.result("acts")
        if name == "places" and key == "media":
            return self.result("overview")
        return self.table(TABLES[key]) if key in TABLES else self.result(key)


def _result(name: str, call: dict[str, Any]) -> Any:
    try:
        return getattr(analysis, name)(**call)
    except UsageError as error:
        assert error.expected or error.found, name  # noqa: PT017 - most tables fit
        return None


@pytest.mark.parametrize("name", ANALYSES)
@given(
    seed=st.integers(0, 2**32),
    ways=st.dictionaries(st.sampled_from(sorted(set(TABLES.values()))), st.sampled_from(MANGLED)),
)
@settings(max_examples=12, deadline=None)
def test_whatever_the_tables_hold(name: str, seed: int, ways: dict[str, str]) -> None:
    example = Given(Random(seed), ways)  # noqa: S311 - a test's
    try:
        call = example.call(name)
    except UsageError:
        return
    tables = {key: value for key, value in call.items() if isinstance(value, pd.DataFrame)}
    before = {key: value.copy(deep=True) for key, value in tables.items()}
    first = _result(name, call)
    for key, copy in before.items():
        pd.testing.assert_frame_equal(tables[key], copy)
    shuffled = {key: value.sample(frac=1, random_state=seed % 1000) for key, value in tables.items()}
    second = _result(name, {**call, **shuffled})
    if isinstance(first, pd.DataFrame):
        assert set(first.columns) >= CARRIED
        assert name in ORDERED or first.attrs == second.attrs
        if name not in ORDERED:
            pd.testing.assert_frame_equal(first, second)
        minimised = analysis.minimised(first, known=["a"])
        assert minimised["exhibits"].tolist() == first["exhibits"].tolist()
        assert analysis.said(first)
    elif first is not None:
        assert nx.utils.graphs_equal(first, second)


@pytest.mark.parametrize("name", ANALYSES)
def test_half_a_surrogate_pair_is_refused_or_told(name: str) -> None:
    """No table of a case can hold one; a cell's own table can."""
    example = Given(Random(5), {})  # noqa: S311 - a test's
    example.count = 5
    call = example.call(name)
    for key, value in call.items():
        if isinstance(value, pd.DataFrame) and len(value):
            texts = [each for each in value.columns if value[each].dtype == "str"]
            half = pd.Series(["\ud800"] * len(value), index=value.index, dtype=object)
            call[key] = value.assign(**dict.fromkeys(texts, half))
    _result(name, call)
