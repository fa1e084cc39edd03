"""Real exports through the importers; what is counted here is counted from the raw bytes, with json alone."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.importer_kit import folder_bundle, issues, only, read
from workbench.rows import Account, Interaction, Issue, Media, Post

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason="needs the third-party data in ../shared/data"),
]


def test_the_mastodon_archive_with_all_that_it_lacks() -> None:
    folder = DATA / "mastodon-archive" / "spec" / "fixtures"
    outbox = json.loads((folder / "outbox.json").read_bytes())
    items = outbox["orderedItems"]
    notes = [item["object"] for item in items if item["type"] == "Create"]
    public = "https://www.w3.org/ns/activitystreams#Public"
    hidden = [item for item in items if public not in item["to"] + item["cc"]]
    found = read(folder_bundle(folder))
    posts, acts = only(found, Post), only(found, Interaction)

    assert (len(items), outbox["totalItems"], len(notes), len(hidden)) == (465, 467, 197, 2)
    assert [post.uri for post in posts if post.kind != "repost"] == [note["id"] for note in notes]
    assert sum(post.kind == "repost" for post in posts) == len(items) - len(notes)
    assert sum(post.kind == "reply" for post in posts) == sum(bool(note["inReplyTo"]) for note in notes)
    mentions = sum(tag["type"] == "Mention" for note in notes for tag in note["tag"])
    assert sum(act.kind == "mention" for act in acts) == mentions
    assert sum(act.kind == "like" for act in acts) == len(
        json.loads((folder / "likes.json").read_bytes())["orderedItems"]
    )
    assert len(only(found, Media)) == sum(len(note["attachment"]) for note in notes)
    assert len(only(found, Account)) == 1
    assert [post.published.raw for post in posts if post.published] == [
        item.get("object", {}).get("published") if item["type"] == "Create" else item["published"]
        for item in items
    ]
    (missing,) = [issue for issue in only(found, Issue) if issue.kind == "count-mismatch"]
    assert (missing.expected, missing.found, missing.count) == ("467 items announced", "465 present", 2)
    assert sum(count for kind, _, count in issues(found) if kind == "not-public") == len(hidden)
    assert {issue.kind for issue in only(found, Issue)} == {"count-mismatch", "not-public"}


TWITTER = DATA / "twitter"


def _json_lines(path: Path) -> list[Any]:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    found = []
    for line in raw.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            found.append(None)
    return found


def _top(posts: list[Post]) -> list[Post]:
    """Posts that stand for themselves, not those that another refers to."""
    return [
        post
        for post in posts
        if not re.search("retweeted_status|quoted_status|includes|referenced", post.pointer)
    ]


def test_twut_every_tweet_of_the_sample() -> None:
    path = TWITTER / "twut" / "500-sample.jsonl.gz"
    tweets = _json_lines(path)
    found = read(folder_bundle(path))
    posts = only(found, Post)
    top = _top(posts)
    assert len(tweets) == len(top) == 500
    assert [post.native_id for post in top] == [one["id_str"] for one in tweets]
    assert [post.author for post in top] == [f"x.com/accounts/{one['user']['id_str']}" for one in tweets]
    assert sum(post.kind == "repost" for post in top) == sum("retweeted_status" in one for one in tweets)
    retweeted = sum(
        1 + ("quoted_status" in one["retweeted_status"]) for one in tweets if "retweeted_status" in one
    )
    quoted = sum("quoted_status" in one for one in tweets if "retweeted_status" not in one)
    assert len(posts) == 500 + retweeted + quoted
    acts = [act for act in only(found, Interaction) if act.pointer in {post.pointer for post in top}]
    own = [one for one in tweets if "retweeted_status" not in one]
    assert sum(act.kind == "repost" for act in acts) == len(tweets) - len(own)
    assert sum(act.kind == "reply" for act in acts) == sum(
        bool(one["in_reply_to_screen_name"]) for one in own
    )
    words = [one.get("extended_tweet", {}).get("full_text", one["text"]) for one in tweets]
    assert [post.content.raw for post in top if post.content] == words
    assert only(found, Issue) == []


@pytest.mark.parametrize("path", sorted((TWITTER / "twarc2").glob("*.jsonl")), ids=lambda path: path.stem)
def test_twarc2_every_tweet_and_account(path: Path) -> None:
    lines = _json_lines(path)
    pages = [one for one in lines if one is not None]
    found = read(folder_bundle(path))
    data = [item for page in pages for item in _listed(page.get("data", page))]
    tweets = [item for item in data if "text" in item]
    top = _top(only(found, Post))
    assert [post.native_id for post in top] == [item["id"] for item in tweets]
    assert [post.content.raw for post in top if post.content] == [item["text"] for item in tweets]
    includes = [page.get("includes", {}) for page in pages]
    if any("data" in page for page in pages):
        assert len(only(found, Post)) == len(tweets) + sum(len(one.get("tweets", [])) for one in includes)
        users = [item for item in data if "username" in item]
        users += [item for one in includes for item in one.get("users", [])]
        assert {one.native_id for one in only(found, Account)} == {item["id"] for item in users}
    kinds: dict[str, int] = {}
    for kind, _, count in issues(found):
        kinds[kind] = kinds.get(kind, 0) + count
    counts = [
        (page["meta"].get("result_count"), len(_listed(page["data"]))) for page in pages if "meta" in page
    ]
    assert kinds.pop("not-captured", 0) == sum(len(page.get("errors", [])) for page in pages)
    assert kinds.pop("count-mismatch", 0) == sum(stated not in {None, held} for stated, held in counts)
    assert kinds.pop("truncated", 0) == lines.count(None)
    assert kinds == {}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("path", sorted((TWITTER / "api-v1").glob("*.json")), ids=lambda path: path.stem)
def test_api_v1_every_tweet(path: Path) -> None:
    whole = json.loads(path.read_bytes())
    tweets = whole["statuses"] if isinstance(whole, dict) else whole
    found = read(folder_bundle(path))
    assert [post.native_id for post in _top(only(found, Post))] == [one["id_str"] for one in tweets]
    assert only(found, Issue) == []


def test_twitter_to_sqlite_ids_survive_where_numbers_were_rounded() -> None:
    path = TWITTER / "twitter-to-sqlite" / "tests" / "tweets.json"
    tweets = json.loads(path.read_bytes())
    assert any(str(one["id"]) != one["id_str"] for one in tweets)
    found = read(folder_bundle(path))
    assert [post.native_id for post in _top(only(found, Post))] == [one["id_str"] for one in tweets]
    assert only(found, Issue) == []


def test_the_archive_of_twitter_to_sqlite() -> None:
    folder = TWITTER / "twitter-to-sqlite" / "tests" / "zip_contents"
    counted = {
        path.name: len(json.loads(path.read_text().partition("=")[2])) for path in sorted(folder.glob("*.js"))
    }
    found = read(folder_bundle(folder))
    assert [one.handle for one in only(found, Account)] == ["@simonw"]
    follows = [act for act in only(found, Interaction) if act.kind == "follow"]
    assert len(follows) == counted["follower.js"] + counted["following.js"]
    unread = {issue.where: issue.count for issue in only(found, Issue) if not issue.field}
    assert unread == {name: counted[name] for name in ("app.js", "saved-search.js")}
