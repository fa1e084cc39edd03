"""Mastodon archives: rows, addressing, counts, and what is not read."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.importer_kit import bundle_of, issues, only, read
from workbench.importers import recognise
from workbench.rows import Account, Interaction, Issue, Media, Post

ME = "https://town.example/users/ada"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ACTOR = {
    "@context": "https://www.w3.org/ns/activitystreams",
    "id": ME,
    "type": "Person",
    "preferredUsername": "ada",
    "name": "Ada",
    "summary": "<p>I am<br>here</p>",
    "published": "2020-01-02T00:00:00Z",
    "manuallyApprovesFollowers": True,
    "icon": {"type": "Image", "mediaType": "image/png", "url": "avatar.png"},
}


def note(number: int, **more: Any) -> dict[str, Any]:
    uri = f"{ME}/statuses/{number}"
    to, cc = more.pop("to", [PUBLIC]), more.pop("cc", [])
    inner = {"id": uri, "type": "Note", "attributedTo": ME, "content": "<p>words &amp; more</p>"}
    inner |= {"published": "2024-05-01T10:00:00Z", "to": to, "cc": cc} | more
    return {"id": f"{uri}/activity", "type": "Create", "actor": ME, "to": to, "cc": cc, "object": inner}


def collection(name: str, items: list[Any], total: int | None = None) -> bytes:
    whole = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": name,
        "type": "OrderedCollection",
        "totalItems": len(items) if total is None else total,
        "orderedItems": items,
    }
    return json.dumps(whole, indent=2).encode()


def archive(
    items: list[Any], more: dict[str, bytes] | None = None, total: int | None = None
) -> dict[str, bytes]:
    files = {"actor.json": json.dumps(ACTOR).encode(), "outbox.json": collection("outbox.json", items, total)}
    return files | (more or {})


def test_a_post_with_its_mentions_tags_and_picture(tmp_path: Path) -> None:
    bob = {"type": "Mention", "href": "https://far.example/users/bob", "name": "@bob@far.example"}
    cay = {"type": "Mention", "href": "https://town.example/users/cay", "name": "@cay"}
    item = note(
        7,
        inReplyTo="https://far.example/users/bob/statuses/3",
        updated="2024-05-01T11:00:00Z",
        contentMap={"en": "<p>words</p>"},
        tag=[bob, cay, {"type": "Hashtag", "href": "x", "name": "#River"}],
        attachment=[
            {
                "type": "Document",
                "mediaType": "image/png",
                "url": "/media_attachments/files/1/a.png",
                "name": "a boat",
            }
        ],
    )
    found = read(
        bundle_of(tmp_path, archive([item], {"media_attachments/files/1/a.png": b"\x89PNG\r\n\x1a\n"}))
    )
    (account,) = only(found, Account)
    assert (account.handle, account.entity_id, account.locked) == ("@ada@town.example", ME, True)
    assert account.note is not None
    assert account.note.plain == "I am\nhere"
    (post,) = only(found, Post)
    assert (post.native_id, post.entity_id, post.pointer) == ("7", f"{ME}/statuses/7", "/orderedItems/0")
    assert (post.kind, post.state, post.visibility, post.language) == ("reply", "edited", "public", "en")
    assert post.content is not None
    assert (post.content.raw, post.content.plain) == ("<p>words &amp; more</p>", "words & more")
    assert (post.in_reply_to, post.in_reply_to_author) == (
        "https://far.example/users/bob/statuses/3",
        "@bob@far.example",
    )
    assert post.tags == ("River",)
    acts = [(act.kind, act.target, act.target_handle) for act in only(found, Interaction)]
    assert acts == [
        ("reply", "https://far.example/users/bob", "@bob@far.example"),
        ("mention", "https://far.example/users/bob", "@bob@far.example"),
        ("mention", "https://town.example/users/cay", "@cay@town.example"),
    ]
    stated, held = only(found, Media)
    assert (stated.description, stated.post, stated.sha256) == ("a boat", post.entity_id, "")
    # The bytes are those of the attachment: one thing, whose own row names the post.
    assert (held.post, held.media_type, held.bytes) == ("", "image/png", 8)
    assert (held.entity_id, held.uri) == (stated.entity_id, stated.uri)
    assert issues(found) == []


def test_a_reply_within_the_server_is_known_by_its_number(tmp_path: Path) -> None:
    found = read(bundle_of(tmp_path, archive([note(8, inReplyTo=f"{ME}/statuses/7")])))
    assert [post.in_reply_to for post in only(found, Post)] == ["7"]


def test_a_boost_names_whom_it_boosts(tmp_path: Path) -> None:
    def boost(number: int, uri: str, author: str) -> dict[str, Any]:
        act = f"{ME}/statuses/{number}/activity"
        cc = [author, f"{ME}/followers"]
        return {"id": act, "type": "Announce", "actor": ME, "to": [PUBLIC], "cc": cc, "object": uri}

    items = [
        boost(1, "https://far.example/users/bob/statuses/3", "https://far.example/users/bob"),
        boost(2, "https://odd.example/objects/ff", "https://odd.example/profile/eve"),
    ]
    found = read(bundle_of(tmp_path, archive(items)))
    assert [(post.kind, post.native_id, post.content) for post in only(found, Post)] == [
        ("repost", "1", None),
        ("repost", "2", None),
    ]
    assert [(act.kind, act.target, act.object) for act in only(found, Interaction)] == [
        ("repost", "https://far.example/users/bob", "https://far.example/users/bob/statuses/3"),
        ("repost", "https://odd.example/profile/eve", "https://odd.example/objects/ff"),
    ]


@pytest.mark.parametrize(
    ("to", "cc", "expected", "hidden"),
    [
        ([PUBLIC], [], "public", 0),
        ([f"{ME}/followers"], [PUBLIC], "unlisted", 0),
        ([f"{ME}/followers"], [], "private", 1),
        (["https://far.example/users/bob"], [], "direct", 1),
        ([], [], "direct", 1),
    ],
)
def test_addressing(tmp_path: Path, to: list[str], cc: list[str], expected: str, hidden: int) -> None:
    found = read(bundle_of(tmp_path, archive([note(1, to=to, cc=cc)])))
    assert [post.visibility for post in only(found, Post)] == [expected]
    assert issues(found) == [("not-public", "orderedItems.to", 1)] * hidden


def test_fewer_items_than_announced_are_said(tmp_path: Path) -> None:
    found = read(bundle_of(tmp_path, archive([note(1)], total=4)))
    (issue,) = only(found, Issue)
    assert (issue.kind, issue.expected, issue.found, issue.count) == (
        "count-mismatch",
        "4 items announced",
        "1 present",
        3,
    )


def test_a_collection_that_announces_no_number_is_said_once(tmp_path: Path) -> None:
    silent = {"@context": "https://www.w3.org/ns/activitystreams", "id": "likes.json", "orderedItems": []}
    found = read(bundle_of(tmp_path, archive([note(1)], {"likes.json": json.dumps(silent).encode()})))
    (issue,) = only(found, Issue)
    assert (issue.kind, issue.expected, issue.found, issue.count) == (
        "bad-value",
        "the number of its items",
        "no number; 0 present",
        1,
    )


def test_likes_and_bookmarks(tmp_path: Path) -> None:
    liked = "https://far.example/users/bob/statuses/3"
    likes = collection("likes.json", [liked, "https://odd.example/objects/1"])
    found = read(
        bundle_of(tmp_path, archive([], {"likes.json": likes, "bookmarks.json": collection("b", [liked])}))
    )
    assert [(act.kind, act.actor, act.target_handle, act.object) for act in only(found, Interaction)] == [
        ("like", ME, "@bob@far.example", liked),
        ("like", ME, "", "https://odd.example/objects/1"),
        ("bookmark", ME, "@bob@far.example", liked),
    ]


def test_unknown_keys_values_types_and_files_are_said_and_the_rest_is_kept(tmp_path: Path) -> None:
    items = [
        note(1, shoeSize=9),
        note(2, sensitive="maybe"),
        {"id": "x", "type": "Move", "actor": ME, "object": ME, "to": [], "cc": []},
        note(3),
        7,
    ]
    found = read(bundle_of(tmp_path, archive(items, {"secrets.bin": b"?"})))
    assert [post.native_id for post in only(found, Post)] == ["1", "2", "3"]
    assert sorted((issue.kind, issue.field, issue.pointer) for issue in only(found, Issue)) == [
        ("bad-value", "orderedItems", "/orderedItems/4"),
        ("bad-value", "orderedItems.object.sensitive", "/orderedItems/1"),
        ("not-public", "orderedItems.to", "/orderedItems/2"),
        ("not-recognised", "", ""),
        ("not-recognised", "orderedItems.type", "/orderedItems/2"),
        ("unknown-key", "orderedItems.object.shoeSize", "/orderedItems/0"),
    ]


def test_a_zip_reads_as_its_folder_does(tmp_path: Path) -> None:
    files = archive([note(1), note(2)])
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(f"archive-1/{name}", data)
    bundle = bundle_of(tmp_path, {"given.zip": stream.getvalue()})
    assert recognise(bundle).name == "mastodon-archive"
    (tmp_path / "folder").mkdir()
    assert read(bundle) == read(bundle_of(tmp_path / "folder", files))
