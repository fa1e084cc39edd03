"""Groups: a division of the network beside networkx's own, told neutrally and handed on by nobody."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import pandas as pd
import pytest

from tests.analysis_kit import act, interactions
from workbench import analysis
from workbench.analysis import engines


def karate() -> pd.DataFrame:
    pairs = nx.karate_club_graph().edges()
    return interactions(*(act("2026-03-01T00:00:00Z", f"n{a:02d}", f"n{b:02d}") for a, b in pairs))


def two_parts() -> pd.DataFrame:
    pairs = [*combinations("abcd", 2), *combinations("uvwxyz", 2), ("d", "u")]
    return interactions(*(act("2026-03-01T00:00:00Z", a, b) for a, b in pairs))


@pytest.mark.parametrize("large", [0, 50_000])
def test_the_parts_that_were_made_are_the_parts_that_are_found(
    large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "LARGE", large)
    found = analysis.groups(two_parts()).set_index("node")
    assert found["community"].to_dict() == dict.fromkeys("uvwxyz", 0) | dict.fromkeys("abcd", 1)
    assert found["community_size"].to_dict() == dict.fromkeys("uvwxyz", 6) | dict.fromkeys("abcd", 4)
    assert found["k_core"].to_dict() == dict.fromkeys("uvwxyz", 5) | dict.fromkeys("abcd", 3)
    assert found.loc["d", "neighbours"] == 4
    assert found.loc["d", "handle"] == "d@town"


def test_zacharys_club_has_the_published_core_and_a_near_best_division() -> None:
    found = analysis.groups(karate()).set_index("node")
    graph: nx.Graph[str] = nx.Graph((f"n{a:02d}", f"n{b:02d}") for a, b in nx.karate_club_graph().edges())
    assert found["k_core"].to_dict() == nx.core_number(graph)
    parts = [set(part.index) for _, part in found.groupby("community")]
    assert 0.40 < nx.community.modularity(graph, parts) <= 0.4198
    assert found["n"].to_dict() == dict(graph.degree())


def test_a_node_cites_its_acts_and_those_towards_it_in_order_of_time() -> None:
    found = analysis.groups(
        interactions(
            act("2026-03-03T00:00:00Z", "a", "b"),
            act("2026-03-01T00:00:00Z", "b", "a"),
            act("2026-03-02T00:00:00Z", "c", "b"),
        )
    ).set_index("node")
    assert found.loc["a", "exhibits"] == ("2026-0417-E0001#/0", "2026-0417-E0000#/0")
    assert found.loc["b", "exhibit_count"] == 3
    assert found.loc["b", "n"] == 3


def test_the_words_claim_nothing() -> None:
    found = analysis.groups(two_parts())
    assert "densely connected accounts" in found["method"].iloc[0]
    assert "nothing about a person" in found["method"].iloc[0]
    assert found["seed"].unique().tolist() == [0]
    assert '"resolution": 1.0' in found["parameters"].iloc[0]
