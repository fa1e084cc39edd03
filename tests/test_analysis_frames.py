"""What all analyses owe: pure, cited, counted, deterministic, no score of a person, and documented."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import act, interactions, made, post, posts
from tests.looks_kit import carried, file, files, media
from workbench import analysis
from workbench.analysis import frames
from workbench.errors import UsageError

CARRIED = {"exhibits", "exhibit_count", "method", "parameters"}
LOOKS = 0x0123_4567_89AB_CDEF
SPLIT = "2026-03-05T00:00:00Z"


class Tables(NamedTuple):
    posts: pd.DataFrame
    interactions: pd.DataFrame
    accounts: pd.DataFrame
    places: pd.DataFrame
    files: pd.DataFrame
    media: pd.DataFrame


def _acts(t: Tables) -> pd.DataFrame:
    return analysis.acts(t.interactions, t.posts, target="b")


def _overview(t: Tables) -> pd.DataFrame:
    return analysis.media_overview(t.files, analysis.posted_media(t.media, t.posts, t.files))


def _frame_overview(t: Tables) -> pd.DataFrame:
    overview = _overview(t)
    frames_of = t.files.rename(columns={"entity_id": "media"})
    if len(t.files.columns):
        frames_of = frames_of.assign(entity_id=frames_of["media"] + "#frame-0", number=0, at=0.5)
    return analysis.frame_overview(frames_of, overview)


ALL: dict[str, Callable[[Tables], Any]] = {
    "account_overview": lambda t: analysis.account_overview(
        t.accounts, t.posts, t.interactions, named={"asked for": ["b"]}, target="b"
    ),
    "act_histories": lambda t: analysis.act_histories(_acts(t), t.posts, changes=analysis.changes(t.posts)),
    "active_hours": lambda t: analysis.active_hours(t.posts, zone="America/New_York"),
    "acts": _acts,
    "acts_by_occasion": lambda t: analysis.acts_by_occasion(_acts(t)),
    "bursts": lambda t: analysis.bursts(t.posts, min_posts=2),
    "changes": lambda t: analysis.changes(t.posts),
    "co_appearance": lambda t: analysis.co_appearance(t.interactions, t.media, t.posts, media_files=t.files),
    "coordination": lambda t: analysis.coordination(t.posts, kind="co-tweet", at_least=1, min_length=5),
    "domains": lambda t: analysis.domains(t.posts),
    "dossier": lambda t: analysis.dossier(t.accounts, account="mira0@town"),
    "co_location": lambda t: analysis.co_location(t.places, t.posts, window="6D"),
    "duplicate_groups": lambda t: analysis.duplicate_groups(analysis.near_duplicates(t.files)),
    "elements": lambda t: analysis.elements(_acts(t)),
    "first_seen": lambda t: analysis.first_seen(t.media, t.posts, media_files=t.files),
    "frame_overview": _frame_overview,
    "groups": lambda t: analysis.groups(t.interactions),
    "handle_candidates": lambda t: analysis.handle_candidates(t.accounts, handles="mira"),
    "incidents": lambda t: analysis.incidents(t.interactions),
    "interaction_network": lambda t: analysis.interaction_network(t.interactions),
    "last_activity": lambda t: analysis.last_activity(t.posts, t.interactions, t.accounts, people=("a",)),
    "last_contacts": lambda t: analysis.last_contacts(t.interactions, person="a"),
    "links": lambda t: analysis.links(t.posts),
    "media_overview": _overview,
    "mutual_contacts": lambda t: analysis.mutual_contacts(t.interactions, person="a"),
    "near_duplicates": lambda t: analysis.near_duplicates(t.files),
    "new_contacts": lambda t: analysis.new_contacts(t.interactions, person="a", before=SPLIT),
    "pattern": lambda t: analysis.pattern(t.interactions),
    "places": lambda t: analysis.places(t.places, t.posts),
    "posted_media": lambda t: analysis.posted_media(t.media, t.posts, t.files),
    "posts_per_day": lambda t: analysis.posts_per_day(t.posts, account="a"),
    "routine_shift": lambda t: analysis.routine_shift(t.posts, split=SPLIT, zone="UTC", min_posts=1),
    "search": lambda t: analysis.search(t.posts, "слово"),
    "sensitivity": lambda t: analysis.sensitivity(t.interactions),
    "shared_contacts": lambda t: analysis.shared_contacts(t.interactions, at_least=1),
    "silence": lambda t: analysis.silence(t.posts),
    "spread": lambda t: analysis.spread(t.media, t.posts, t.interactions, media_files=t.files),
    "style_distance": lambda t: analysis.style_distance(t.posts, min_tokens=1),
    "thread_of": lambda t: analysis.thread_of(t.posts, "thing-0"),
    "threads": lambda t: analysis.threads(t.posts, around="thing-0"),
    "ties": lambda t: analysis.ties(t.interactions),
    "shared_hours": lambda t: analysis.shared_hours(
        analysis.active_hours(t.posts, zone="America/New_York"), accounts=["a"]
    ),
    "one_way": lambda t: analysis.one_way(analysis.ties(t.interactions)),
    "timeline": lambda t: analysis.timeline(t.posts, t.interactions),
    "what_to_ask": lambda t: analysis.what_to_ask(zone="UTC", silence=analysis.silence(t.posts)),
}
OTHERS = {"holding", "interaction_edges", "measures", "minimised", "named_first", "neutral_names", "said"}
"""Public, and no analysis: none gives rows."""
ANALYSES = sorted(set(analysis.__all__) - OTHERS)
OF_ACTS = {"act_histories", "acts_by_occasion", "elements"}
"""Made from the table of acts, which has counted what was left out of it."""


TIMELESS = {
    "changes",
    "co_appearance",
    "domains",
    "dossier",
    "duplicate_groups",
    "frame_overview",
    "groups",
    "handle_candidates",
    "interaction_network",
    "last_activity",
    "links",
    "media_overview",
    "near_duplicates",
    "places",
    "posted_media",
    "search",
    "shared_contacts",
    "style_distance",
    "thread_of",
    "threads",
    "what_to_ask",
    *OF_ACTS,
}
"""Those that use no time, or that show what has none in rows of its own."""
EVERY_OBSERVATION = {"changes", "dossier", "search", "timeline", *OF_ACTS}
"""These cite all observations of a thing, so that one more changes what is cited."""


def tables(times: list[str | None]) -> Tables:
    people = "abc"
    p = [
        post(time, people[n % 3], content="слово 文字 \u202e https://a.example/1", content_raw="x")
        for n, time in enumerate(times)
    ]
    i = [
        act(time, people[n % 3], people[(n + n // 3 + 1) % 3], post=f"thing-{n // 2}")
        for n, time in enumerate(times)
    ]
    a = [{"handle": f"mira{n}@town", "name": "Mira"} for n in range(len(times))]
    where = {"source": "stated", "latitude": 42.48, "longitude": -71.43}
    o = [{"about": f"thing-{n}", "published": time, **where} for n, time in enumerate(times)]
    f = [file(f"f{n % 5}", LOOKS ^ (3 << n % 5), uri=f"https://town.example/{n}") for n in range(len(times))]
    m = [
        carried(f"thing-{n}", sha256=f"f{n % 5}", exhibit=f"2026-0417-E{n:04d}#/m") for n in range(len(times))
    ]
    return Tables(posts(*p), interactions(*i), made("accounts", a), made("places", o), files(*f), media(*m))


def test_every_public_analysis_is_run_here() -> None:
    assert sorted(ALL) == ANALYSES


def test_every_public_analysis_is_documented() -> None:
    text = Path(__file__).parents[1].joinpath("docs", "analyses.md").read_text(encoding="utf-8")
    missing = [name for name in ANALYSES if f"\n## {name}\n" not in text]
    assert not missing
    for name in ANALYSES:
        section = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
        for part in ("Answers", "Needs", "Gives", "Method", "Limits"):
            assert f"**{part}" in section, (name, part)
        result = ALL[name](tables([]))
        if isinstance(result, pd.DataFrame):
            for column in set(result.columns) - CARRIED - {"seed"}:
                assert f"`{column}`" in section, (name, column)


def test_every_docstring_says_what_goes_in_and_out() -> None:
    for name in ANALYSES:
        words = getattr(analysis, name).__doc__
        assert "Out:" in words, name
        assert "UsageError" in words or "Raises as" in words or "raises" in words, name


@pytest.mark.parametrize("name", sorted(ALL))
def test_no_name_scores_a_person(name: str) -> None:
    words = {"score", "risk", "guilt", "membership", "ideology", "sentiment", "threat_level"}
    result = ALL[name](tables(["2026-03-01T00:00:00Z"]))
    columns = set(result.columns) if isinstance(result, pd.DataFrame) else set()
    for word in words:
        assert word not in name
        assert not any(word in column for column in columns)


def test_the_package_holds_no_public_name_that_scores() -> None:
    banned = ("score", "risk", "guilt", "suspect", "member", "ideolog", "sentiment", "face")
    for module in Path(analysis.__file__).parent.glob("*.py"):
        names = [line.split("(")[0] for line in module.read_text().splitlines() if line.startswith("def ")]
        assert not [name for name in names for word in banned if word in name.lower()], module


@pytest.mark.parametrize("name", sorted(ALL))
@pytest.mark.parametrize(
    "times",
    [
        [],
        ["2026-03-01T00:00:00Z"],
        [None],
        [None, None, None],
        ["2026-03-01T00:00:00Z", None, "2026-03-09T01:00:00Z"],
    ],
    ids=["empty", "one", "undated", "all-undated", "mixed"],
)
def test_small_tables_work_and_carry_what_results_carry(name: str, times: list[str | None]) -> None:
    result = ALL[name](tables(times))
    if isinstance(result, nx.MultiDiGraph):
        assert all(set(about) >= CARRIED for _, _, about in result.edges(data=True))
        return
    assert set(result.columns) >= CARRIED
    assert isinstance(result.attrs["counts"], dict)
    for row in result.to_dict(orient="records"):
        assert isinstance(row["exhibits"], tuple)
        # An element for which nobody cited anything says so.
        assert row.get("cited") == "none cited" or 1 <= len(row["exhibits"]) <= frames.CAP
        assert row["exhibit_count"] >= len(row["exhibits"])
        assert isinstance(json.loads(row["parameters"]), dict)


@pytest.mark.parametrize("name", sorted(set(ALL) - {"elements"}))
def test_a_table_without_columns_is_an_empty_one(name: str) -> None:
    nothing = pd.DataFrame()
    result = ALL[name](Tables(*[nothing] * len(Tables._fields)))
    assert len(result) == 0
    if isinstance(result, pd.DataFrame):
        assert result.columns.tolist() == ALL[name](tables([])).columns.tolist()


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_table_of_another_kind_is_refused(name: str) -> None:
    other = pd.DataFrame({"something": [1]})
    with pytest.raises(UsageError, match="lacks columns"):
        ALL[name](Tables(*[other] * len(Tables._fields)))


@pytest.mark.parametrize("name", sorted(ALL))
def test_input_is_left_as_it_was_and_order_does_not_matter(name: str) -> None:
    times: list[str | None] = [f"2026-03-{1 + n % 9:02d}T{n % 24:02d}:00:00Z" for n in range(40)]
    given_tables = tables([*times, None])
    before = [table.copy(deep=True) for table in given_tables]
    first = ALL[name](given_tables)
    for table, copy in zip(given_tables, before, strict=True):
        pd.testing.assert_frame_equal(table, copy)
    shuffled = Tables(*(table.sample(frac=1, random_state=3) for table in given_tables))
    second = ALL[name](shuffled)
    if isinstance(first, pd.DataFrame):
        pd.testing.assert_frame_equal(first, second)
    else:
        assert nx.utils.graphs_equal(first, second)


@pytest.mark.parametrize("name", sorted(set(ALL) - EVERY_OBSERVATION))
def test_what_was_captured_twice_counts_once(name: str) -> None:
    times: list[str | None] = [f"2026-03-{1 + n % 9:02d}T{n % 24:02d}:00:00Z" for n in range(40)]
    single = tables(times)
    # The earlier observation must not count: it is the same but for its exhibit and the time it was captured.
    double = Tables(
        *(
            pd.concat(
                [
                    table.assign(
                        captured_at=table["captured_at"] - pd.Timedelta("1D"), exhibit="2026-0417-E9999"
                    ),
                    table,
                ]
            )
            for table in single
        )
    )
    one, two = ALL[name](single), ALL[name](double)
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, two)
        # Results have counted it already where questions are made of them.
        assert name == "what_to_ask" or two.attrs["counts"]["repeated"] > 0
    else:
        assert nx.utils.graphs_equal(one, two) or dict(one.edges) == dict(two.edges)


def test_what_was_left_out_is_counted_in_the_right_number() -> None:
    found = pd.DataFrame()
    found.attrs["counts"] = {"rows": 1, "unknown_names": 1, "repeated": 2, "undated": 1}
    said = "1 row read; left out: 2 observations of something already counted, 1 without a usable time, "
    assert analysis.said(found) == f"{said}1 name that no captured account bears."


@pytest.mark.parametrize("name", sorted(set(ALL) - TIMELESS))
def test_what_has_no_time_is_counted_not_lost(name: str) -> None:
    result = ALL[name](tables(["2026-03-01T00:00:00Z", None, None]))
    if name in {"last_contacts", "one_way", "ties"}:
        assert result["n_undated"].sum() >= 1
    elif name == "first_seen":
        assert result["rank"].isna().sum() == 2
    else:
        assert result.attrs["counts"]["undated"] >= 1
        assert "without a usable time" in analysis.said(result)


def test_an_ambiguous_basis_counts_as_no_time() -> None:
    table = posts(post("2026-03-01T00:00:00Z", published_basis="ambiguous"))
    assert analysis.timeline(table).attrs["counts"]["undated"] == 1


def test_the_latest_observation_with_a_time_is_the_one_that_counts() -> None:
    table = posts(
        post("2026-03-01T00:00:00Z", entity_id="p", content="first", captured_at="2026-03-02T00:00:00Z"),
        post("2026-03-01T00:00:00Z", entity_id="p", content="second", captured_at="2026-03-03T00:00:00Z"),
        post(None, entity_id="p", content="", state="not found", captured_at="2026-03-04T00:00:00Z"),
    )
    told = analysis.timeline(table)
    assert told["words"].tolist() == ["second"]
    assert told["exhibits"].tolist() == [("2026-0417-E0000#/0", "2026-0417-E0001#/0", "2026-0417-E0002#/0")]


def test_rows_without_identity_are_each_one_of_their_own() -> None:
    table = posts(post("2026-03-01T00:00:00Z", entity_id=""), post("2026-03-01T00:00:00Z", entity_id=""))
    told = analysis.timeline(table)
    assert told["exhibits"].tolist() == [("2026-0417-E0000#/0",), ("2026-0417-E0001#/0",)]


def test_a_time_without_a_zone_is_refused() -> None:
    table = posts(post("2026-03-01T00:00:00Z"))
    with pytest.raises(UsageError, match="without a zone"):
        analysis.silence(table.assign(published=table["published"].dt.tz_localize(None)))
    for value in ("2026-03-01", None, "yesterday evening"):
        with pytest.raises(UsageError):
            frames.instant(value, "until")


@pytest.mark.parametrize("name", ["Mars/Base", "", "../etc/passwd", "\0"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="time zone"):
        frames.zone_of(name)


def test_citations_are_capped_and_counted() -> None:
    table = interactions(*(act(f"2026-03-01T00:{n:02d}:00Z") for n in range(40)))
    found = analysis.incidents(table)
    assert found["exhibit_count"].tolist() == [40]
    assert found["exhibits"].tolist() == [tuple(f"2026-0417-E{n:04d}#/0" for n in range(25))]


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from("xyz")), max_size=40))
@settings(max_examples=60, deadline=None)
def test_citations_agree_with_a_plain_loop(pairs: list[tuple[int, str]]) -> None:
    groups = np.array([group for group, _ in pairs], dtype=np.int64)
    found = frames.cited(pd.Series([name for _, name in pairs], dtype="str"), groups, 5)
    expected = [tuple(dict.fromkeys(name for g, name in pairs if g == group)) for group in range(5)]
    assert found["exhibits"].tolist() == expected
    assert found["exhibit_count"].tolist() == [len(each) for each in expected]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("ab\0 ")), max_size=30))
@settings(max_examples=60, deadline=None)
def test_groups_are_those_of_equal_keys_in_sorted_order(pairs: list[tuple[str, str]]) -> None:
    table = pd.DataFrame(pairs, columns=["x", "y"]).astype("str")
    code, keys = frames.groups_of(table, ("x", "y"))
    assert [tuple(key) for key in keys.to_numpy().tolist()] == sorted(set(pairs))
    assert [sorted(set(pairs))[group] for group in code.tolist()] == pairs


@pytest.mark.slow
def test_a_hundred_thousand_posts_take_a_moment() -> None:
    chance = np.random.default_rng(5)
    count = 100_000
    when = pd.to_datetime(chance.integers(1_700_000_000, 1_760_000_000, count), unit="s", utc=True)
    people = pd.Series(chance.integers(0, 2000, count)).astype("str")
    number = pd.Series(np.arange(count)).astype("str")
    table = pd.DataFrame(
        {"entity_id": number, "exhibit": "E" + number, "author": people, "author_handle": people}
    )
    found = analysis.silence(table.assign(published=when), until="2026-01-01T00:00:00Z")
    assert found["open"].sum() == people.nunique()
