"""Coordination on CooRTweet's own data sets: its published figure, and its R code's steps in plain loops.

What is expected here is computed from the files as they were given, with csv and loops.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pytest

from tests.real import vcr
from workbench import analysis

DATA = vcr.DATA / "CooRTweet"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason="needs the third-party data in ../shared/data"),
]
Share = tuple[str, str, str, int]
"""Object, account, content and second of one share."""


def read(name: str) -> list[dict[str, str]]:
    with gzip.open(DATA / name, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def retweets() -> list[Share]:
    rows = [
        (row["object_id"], row["account_id"], row["content_id"], int(row["timestamp_share"]))
        for row in read("russian_coord_tweets.csv.gz")
    ]
    assert len(rows) == 35_125
    return list(dict.fromkeys(rows))


def as_interactions(shares: Iterable[Share]) -> pd.DataFrame:
    columns = list(zip(*shares, strict=True))
    return pd.DataFrame(
        {
            "entity_id": "",  # 40 contents come with two objects or times: each stands for itself, as in R
            "exhibit": [f"E{number}" for number in range(len(columns[0]))],
            "kind": "repost",
            "actor": columns[1],
            "actor_handle": "",
            "object": columns[0],
            "platform": "x",
            "published": pd.to_datetime(pd.Series(columns[3]), unit="s", utc=True),
        }
    )


def as_coortweet_does(shares: list[Share], window: int, participation: int) -> Counter[tuple[str, str]]:
    """detect_groups of CooRTweet, step by step: filter accounts, pair within objects, loops out, filter again."""
    often = Counter(account for _, account, _, _ in shares)
    groups: defaultdict[str, list[Share]] = defaultdict(list)
    for share in shares:
        if often[share[1]] >= participation:
            groups[share[0]].append(share)
    near = [pair for group in groups.values() for pair in paired(group, window)]
    taking_part = Counter(account for _, account, _, _ in {share for pair in near for share in pair})
    return Counter(
        (min(one[1], other[1]), max(one[1], other[1]))
        for one, other in near
        if max(taking_part[one[1]], taking_part[other[1]]) >= participation
    )


def paired(group: list[Share], window: int) -> Iterable[tuple[Share, Share]]:
    for place, one in enumerate(group):
        for other in group[place + 1 :]:
            if abs(one[3] - other[3]) <= window and one[1] != other[1] and one[2] != other[2]:
                yield one, other


def weights(found: pd.DataFrame) -> dict[tuple[str, str], int]:
    return {(a, b): n for a, b, n in zip(found["a"], found["b"], found["weight"], strict=True)}


def test_the_figure_of_coortweets_vignette() -> None:
    """The vignette (window 600, participation 2): above the 99th percentile, the least edge weight is 3."""
    found = analysis.coordination(
        as_interactions(retweets()), kind="co-retweet", window_s=600, min_participation=2, at_least=1
    )
    edge = np.quantile(found["weight"], 0.99)
    assert found.loc[found["weight"] > edge, "weight"].min() == 3


@pytest.mark.parametrize("window", [10, 60])
def test_coordinated_retweets_are_those_of_coortweets_own_steps(window: int) -> None:
    shares = retweets()
    found = analysis.coordination(
        as_interactions(shares), kind="co-retweet", window_s=window, min_participation=2, at_least=1
    )
    assert weights(found) == as_coortweet_does(shares, window, 2)
    assert len(found) == {10: 441, 60: 3721}[window]
    qut = analysis.coordination(as_interactions(shares), kind="co-retweet", window_s=window, at_least=2)
    loops = as_coortweet_does(shares, window, 1)
    assert weights(qut) == {pair: n for pair, n in loops.items() if n >= 2}


def test_links_of_the_german_election_are_those_of_coortweets_own_steps() -> None:
    rows = read("german_elections.csv.gz")
    assert len(rows) == 218_971
    shares = list(
        dict.fromkeys(
            (row["url_id"], row["account_id"], row["post_id"], int(float(row["timestamp"])))
            for row in rows
            if row["url_id"] not in {"", "NA"} and row["post_id"] not in {"", "NA"}
        )
    )
    posts: dict[tuple[str, str, int], list[str]] = {}
    for link, account, content, second in shares:
        posts.setdefault((account, content, second), []).append(link)
    table = pd.DataFrame(
        {
            "entity_id": "",  # some posts come with two times: each stands for itself, as in the R code
            "exhibit": [f"E{number}" for number in range(len(posts))],
            "kind": "post",
            "author": [account for account, _, _ in posts],
            "author_handle": "",
            "links": [tuple(links) for links in posts.values()],
            "published": pd.to_datetime(pd.Series([second for _, _, second in posts]), unit="s", utc=True),
        }
    )
    found = analysis.coordination(table, kind="co-link", window_s=60, at_least=1)
    assert weights(found) == as_coortweet_does(shares, 60, 1)
    assert len(found) > 1000
