"""Real exports through the importers; what is counted here is counted from the raw bytes, with json alone."""

from __future__ import annotations

import json
from pathlib import Path

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
