"""Whatever a notebook's cell passes: each analysis takes it or refuses it by name, and raises nothing else."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from tests.test_analysis_frames import ANALYSES, SPLIT, Tables, tables
from workbench import analysis
from workbench.analysis import measures, parameters
from workbench.errors import UsageError

TABLES = {"stated": "places", "media_files": "files", "acts": "posts", "shares": "posts"}
"""A parameter that is a table -> the table of ``Tables``, where it has another name."""

PLAIN: dict[str, Any] = {
    "account": "mira0@town",
    "accounts": ("a",),
    "around": "thing-0",
    "before": SPLIT,
    "handles": "mira",
    "kind": "co-tweet",
    "min_tokens": 1,
    "people": ("a",),
    "person": "a",
    "query": "слово",
    "split": SPLIT,
    "target": "b",
    "zone": "UTC",
}
NUMBERS: tuple[Any, ...] = (0, -1, 1.5, float("nan"), float("inf"), 10**30, -(10**30), 10**5000, np.int64(3))
TEXTS = ("", "x", "\0", "\ud800", "9" * 400, "-1h", "1e400", "nan", '"', "* *", "../etc/passwd")
TIMES = ("9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00")
LISTS: tuple[Any, ...] = ([], (), ["a"], [None], [1], {"a": 1}, {1, 2}, np.array([1, 2]), pd.Series(["a"]))
OTHERS: tuple[Any, ...] = (None, True, b"a", object(), pd.NaT, pd.NA, pd.Timestamp("2026-01-01"))
ANYTHING = (*NUMBERS, *TEXTS, *TIMES, *LISTS, *OTHERS)


def _small() -> Tables:
    return tables(["2026-03-01T00:00:00Z", "2026-03-07T05:00:00Z", "2026-03-09T00:00:00Z", None])


def _call(name: str, given: Tables) -> dict[str, Any]:
    """Give what the analysis needs and nothing more."""
    made: dict[str, Any] = {
        "acts": lambda: analysis.acts(given.interactions, given.posts, target="b"),
        "near": lambda: analysis.near_duplicates(given.files),
        "posted": lambda: analysis.posted_media(given.media, given.posts),
        "overview": lambda: analysis.media_overview(
            given.files, analysis.posted_media(given.media, given.posts)
        ),
        "active": lambda: analysis.active_hours(given.posts, zone="UTC"),
        "key_frames": pd.DataFrame,
        "ties": lambda: analysis.ties(given.interactions),
    }
    made = {key: value for key, value in made.items() if not (name == "bursts" and key == "acts")}
    needed = {}
    for parameter in inspect.signature(getattr(analysis, name)).parameters.values():
        if (
            parameter.kind is inspect.Parameter.VAR_KEYWORD
            or parameter.default is not inspect.Parameter.empty
        ):
            continue
        key = parameter.name
        if key in PLAIN and "DataFrame" not in str(parameter.annotation):
            needed[key] = PLAIN[key]
        else:
            needed[key] = made[key]() if key in made else getattr(given, TABLES.get(key, key))
    return needed


def _cases() -> Iterator[tuple[str, str]]:
    for name in ANALYSES:
        for parameter in inspect.signature(getattr(analysis, name)).parameters.values():
            if parameter.kind is not inspect.Parameter.VAR_KEYWORD:
                yield name, parameter.name


def _refusal(call: Callable[[], object]) -> UsageError | None:
    """Call, and give the error if what was passed is refused; anything else raised fails the test."""
    try:
        call()
    except UsageError as error:
        return error
    return None


@pytest.mark.parametrize(("name", "parameter"), list(_cases()))
def test_a_parameter_is_taken_or_refused_by_name(name: str, parameter: str) -> None:
    needed = _call(name, _small())
    refused = [
        error
        for value in ANYTHING
        if (error := _refusal(partial(getattr(analysis, name), **{**needed, parameter: value})))
    ]
    assert refused
    for error in refused:
        assert error.what
        assert error.found or error.expected
        assert all(line.isprintable() for line in error.lines())


@pytest.mark.parametrize("name", ANALYSES)
def test_a_call_with_an_unknown_or_a_missing_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        getattr(analysis, name)(**_call(name, _small()), no_such_parameter=1)
    if name != "what_to_ask":
        with pytest.raises(UsageError, match="cannot be called so"):
            getattr(analysis, name)()


@pytest.mark.parametrize("name", ANALYSES)
def test_a_table_with_a_column_twice_is_refused(name: str) -> None:
    needed = _call(name, _small())
    twice = pd.DataFrame([["a", "b"]], columns=["exhibit", "exhibit"])
    for key, value in needed.items():
        if isinstance(value, pd.DataFrame):
            with pytest.raises(UsageError, match="each column once"):
                getattr(analysis, name)(**{**needed, key: twice})


def test_one_word_in_place_of_a_list_is_not_taken_for_its_letters() -> None:
    with pytest.raises(UsageError, match="kinds"):
        analysis.ties(_small().interactions, kinds="mention")


def test_a_set_gives_the_same_parameters_in_any_order_of_hashes() -> None:
    given = _small().interactions
    names = ["reply", "mention", "quote", "repost", "like", "follow", "message"]
    found = analysis.ties(given, kinds=set(names))  # type: ignore[arg-type]
    assert found["parameters"].tolist() == analysis.ties(given, kinds=sorted(names))["parameters"].tolist()


def test_numbers_of_numpy_are_written_as_numbers() -> None:
    found = analysis.search(_small().posts, "слово", top=np.int64(3))  # type: ignore[arg-type]  # as a notebook may
    assert '"top": 3' in found["parameters"].iloc[0]


def test_nothing_is_asked_where_none_are_asked_for() -> None:
    given = analysis.last_contacts(_small().interactions, person="a")
    assert len(analysis.what_to_ask(zone="UTC", last_contacts=given)) > 0
    assert len(analysis.what_to_ask(zone="UTC", last_contacts=given, top=0)) == 0


def test_a_result_that_raises_no_questions_is_refused() -> None:
    with pytest.raises(UsageError, match="raise no questions"):
        analysis.what_to_ask(zone="UTC", silences=pd.DataFrame())


def test_measures_refuse_what_does_not_fit() -> None:
    graph = nx.path_graph(4)
    asked: list[tuple[Callable[..., object], str]] = [
        (measures.communities, "resolution"),
        (measures.communities, "seed"),
        (measures.walk_shares, "damping"),
        (measures.betweenness, "samples"),
        (measures.betweenness, "seed"),
    ]
    for measure, parameter in asked:
        assert any(_refusal(partial(measure, graph, **{parameter: value})) for value in ANYTHING)
    for value in ANYTHING:
        assert _refusal(partial(measures.components, value))


def test_minimised_refuses_what_does_not_fit() -> None:
    found = analysis.ties(_small().interactions)
    for value in ANYTHING:
        if not isinstance(value, list | tuple):
            assert _refusal(partial(analysis.minimised, value, known=["a"]))
        _refusal(partial(analysis.minimised, found, known=value))


def test_every_annotation_has_its_look() -> None:
    for name in ANALYSES:
        assert hasattr(getattr(analysis, name), "__wrapped__"), name
    for look in parameters.LOOKS.values():
        assert callable(look)
