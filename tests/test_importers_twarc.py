"""Tweets as JSON lines: v2 pages and flattened, v1.1, notices, errors, damage."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from tests.importer_kit import bundle_of, issues, only, read
from workbench.importers import recognise
from workbench.rows import Account, Interaction, Issue, Media, Place, Post, PostVersion


def jsonl(*lines: Any) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def user(number: int, name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "username": name,
        "name": name.title(),
        "created_at": "2014-08-09T05:17:14.000Z",
    } | more


def tweet(number: int, by: int = 1, text: str = "words", **more: Any) -> dict[str, Any]:
    made = {
        "id": str(number),
        "author_id": str(by),
        "text": text,
        "created_at": "2021-04-08T19:34:16.000Z",
    }
    return made | {"edit_history_tweet_ids": [str(number)]} | more


def status(number: int, name: str = "ada", **more: Any) -> dict[str, Any]:
    native_id = 9_007_199_254_740_993 + len(name)  # beyond what a double can hold
    author = {"id": native_id, "id_str": str(native_id), "screen_name": name, "name": name}
    made = {
        "id": number,
        "id_str": str(number),
        "text": "a &amp; b",
        "created_at": "Wed Sep 04 13:51:55 +0000 2019",
    }
    return made | {"user": author, "entities": {"hashtags": [], "urls": [], "user_mentions": []}} | more


def test_a_page_with_what_it_includes(tmp_path: Path) -> None:
    reply = tweet(
        10,
        in_reply_to_user_id="2",
        referenced_tweets=[{"type": "replied_to", "id": "8"}],
        entities={
            "mentions": [{"start": 0, "end": 4, "username": "bob", "id": "2"}],
            "hashtags": [{"tag": "River"}],
        },
        attachments={"media_keys": ["3_1"]},
        geo={"place_id": "p1"},
        public_metrics={"like_count": 4, "retweet_count": 1, "reply_count": 0, "quote_count": 0},
    )
    retweet = tweet(
        11,
        text="RT @bob: his",
        referenced_tweets=[{"type": "retweeted", "id": "8"}],
        entities={"mentions": [{"start": 0, "end": 4, "username": "bob"}]},
    )
    includes = {
        "users": [user(1, "ada", public_metrics={"followers_count": 5}), user(2, "bob")],
        "tweets": [tweet(8, 2)],
        "media": [
            {"media_key": "3_1", "type": "photo", "url": "u", "width": 5, "height": 6, "alt_text": "a boat"}
        ],
        "places": [{"id": "p1", "full_name": "Boston, MA", "geo": {"type": "Feature"}}],
    }
    page = {"data": [reply, retweet], "includes": includes, "meta": {"result_count": 2}, "__twarc": {}}
    found = read(bundle_of(tmp_path, {"a.jsonl": jsonl(page)}))
    posts = only(found, Post)
    assert [(post.native_id, post.kind, post.author_handle, post.pointer) for post in posts] == [
        ("10", "reply", "@ada", "/0/data/0"),
        ("11", "repost", "@ada", "/0/data/1"),
        ("8", "post", "@bob", "/0/includes/tweets/0"),
    ]
    assert (posts[0].in_reply_to, posts[0].in_reply_to_author, posts[0].tags) == ("8", "@bob", ("River",))
    assert (posts[0].likes, posts[0].reposts, posts[0].replies, posts[0].views) == (4, 1, 0, None)
    assert [
        (act.kind, act.actor, act.target, act.target_handle, act.object) for act in only(found, Interaction)
    ] == [
        ("reply", "x.com/accounts/1", "x.com/accounts/2", "@bob", "x.com/statuses/8"),
        ("mention", "x.com/accounts/1", "x.com/accounts/2", "@bob", ""),
        ("repost", "x.com/accounts/1", "x.com/accounts/2", "@bob", "x.com/statuses/8"),
    ]
    ((media,), (place,)) = only(found, Media), only(found, Place)
    assert (media.kind, media.width, media.description, media.post) == (
        "image",
        5,
        "a boat",
        "x.com/statuses/10",
    )
    assert (place.name, place.source) == ("Boston, MA", "geotag")
    assert [(one.handle, one.followers, one.pointer) for one in only(found, Account)] == [
        ("@ada", 5, "/0/includes/users/0"),
        ("@bob", None, "/0/includes/users/1"),
    ]
    assert issues(found) == []


def test_the_flattened_form_says_the_same_acts(tmp_path: Path) -> None:
    inner = tweet(8, 2, author=user(2, "bob"), type="quoted")
    one = tweet(10, author=user(1, "ada"), referenced_tweets=[inner], __twarc={})
    found = read(bundle_of(tmp_path, {"a.jsonl": jsonl(one)}))
    assert [(post.native_id, post.kind, post.pointer) for post in only(found, Post)] == [
        ("10", "quote", "/0"),
        ("8", "post", "/0/referenced_tweets/0"),
    ]
    (act,) = only(found, Interaction)
    assert (act.kind, act.target, act.target_handle) == ("quote", "x.com/accounts/2", "@bob")


def test_versions_of_an_edited_tweet_are_one_thing(tmp_path: Path) -> None:
    page = {
        "data": [tweet(12, text="new", edit_history_tweet_ids=["11", "12"])],
        "includes": {"tweets": [tweet(11, text="old", edit_history_tweet_ids=["11", "12"])]},
    }
    found = read(bundle_of(tmp_path, {"a.jsonl": jsonl(page)}))
    assert {post.entity_id for post in only(found, Post)} == {"x.com/statuses/11"}
    assert [(one.version, one.content and one.content.plain) for one in only(found, PostVersion)] == [
        (1, "new"),
        (0, "old"),
    ]


def test_what_the_platform_withheld_is_said(tmp_path: Path) -> None:
    gone = {
        "title": "Not Found Error",
        "resource_type": "tweet",
        "parameter": "referenced_tweets.id",
        "value": "1",
    }
    page = {"data": [tweet(1)], "errors": [gone, gone], "meta": {"result_count": 3}}
    found = read(bundle_of(tmp_path, {"a.jsonl": jsonl(page)}))
    assert issues(found) == [
        ("not-captured", "errors.referenced_tweets.id", 2),
        ("count-mismatch", "meta.result_count", 1),
    ]


def test_pages_of_accounts(tmp_path: Path) -> None:
    page = {"data": [user(1, "ada"), user(2, "bob")], "includes": {"tweets": [tweet(8, 2)]}}
    found = read(bundle_of(tmp_path, {"a.jsonl": jsonl(page)}))
    assert [one.pointer for one in only(found, Account)] == ["/0/data/0", "/0/data/1"]
    assert len(only(found, Post)) == 1


def test_tweets_of_v1_with_retweets_and_long_words(tmp_path: Path) -> None:
    retweet = status(3, retweeted_status=status(2, "robin", full_text="his whole words"))
    long = status(4, truncated=True, extended_tweet={"full_text": "all of it", "entities": {"hashtags": []}})
    found = read(bundle_of(tmp_path, {"a.jsonl.gz": gzip.compress(jsonl(retweet, long))}))
    posts = only(found, Post)
    assert [(post.native_id, post.kind, post.pointer) for post in posts] == [
        ("3", "repost", "/0"),
        ("2", "post", "/0/retweeted_status"),
        ("4", "post", "/1"),
    ]
    assert [post.content and post.content.plain for post in posts] == [
        "a & b",
        "his whole words",
        "all of it",
    ]
    assert posts[0].author == "x.com/accounts/9007199254740996"
    assert [act.kind for act in only(found, Interaction)] == ["repost"]
    assert len(only(found, Account)) == 2, "an account is said again only when it differs"
    assert issues(found) == []


def test_v1_as_one_array_or_one_answer(tmp_path: Path) -> None:
    array = json.dumps([status(1), status(2)]).encode()
    answer = json.dumps({"search_metadata": {}, "statuses": [status(3)]}).encode()
    found = read(bundle_of(tmp_path, {"a.json": array, "b.json": answer}))
    assert [(post.native_id, post.pointer) for post in only(found, Post)] == [
        ("1", "/0"),
        ("2", "/1"),
        ("3", "/statuses/0"),
    ]


def test_notices_of_deletion_and_others(tmp_path: Path) -> None:
    deleted = {"delete": {"status": {"id": 5, "id_str": "5", "user_id_str": "7"}, "timestamp_ms": "1"}}
    found = read(bundle_of(tmp_path, {"a.jsonl": jsonl(status(1), deleted, {"limit": {"track": 9}})}))
    assert [(post.native_id, post.state) for post in only(found, Post)] == [
        ("1", "present"),
        ("5", "deleted by author"),
    ]
    assert issues(found) == [("stream-error", "line", 1)]


def test_lines_that_are_damaged_or_strange_are_said_with_their_place(tmp_path: Path) -> None:
    data = (
        jsonl(status(1, mood="blue")) + b"{no\n" + jsonl(status(2, lang=3)) + b'{"id_str": "9", "text": "cut'
    )
    found = read(bundle_of(tmp_path, {"a.jsonl": data}))
    assert [post.native_id for post in only(found, Post)] == ["1", "2"]
    assert sorted((issue.kind, issue.field, issue.pointer) for issue in only(found, Issue)) == [
        ("bad-value", "", "/1"),
        ("bad-value", "tweet.lang", "/2"),
        ("truncated", "", "/3"),
        ("unknown-key", "tweet.mood", "/0"),
    ]
    (cut,) = [issue for issue in only(found, Issue) if issue.kind == "truncated"]
    assert cut.where == f"a.jsonl, byte {data.rindex(b'{')}"


def test_other_json_is_not_taken_for_tweets(tmp_path: Path) -> None:
    assert (
        recognise(bundle_of(tmp_path, {"a.json": b'{"name": "x"}', "b.jsonl": b'{"a": 1}\n'})).name == "file"
    )


def test_media_places_and_strangers_keep_what_is_known(tmp_path: Path) -> None:
    films = [
        {"content_type": "application/x-mpegURL", "url": "pieces"},
        {"content_type": "video/mp4", "bit_rate": 256000, "url": "small"},
        {"content_type": "video/mp4", "bit_rate": 832000, "url": "large"},
    ]
    shown = {"media_key": "7_1", "type": "video", "preview_image_url": "still", "variants": films}
    flat = tweet(
        10,
        attachments={"media_keys": ["7_1", "3_2"], "media": [shown, {}]},  # what twarc had no media for
        geo={"place_id": "5d231ed8656fcf5a"},
    )
    old = status(11, extended_entities={"media": [_film()]}, coordinates={"coordinates": [4.5, 52.1]})
    bundle = bundle_of(
        tmp_path, {"a.jsonl": jsonl(flat, old), "b.jsonl": jsonl(tweet(12)), "LICENSE": b"MIT"}
    )
    assert recognise(bundle).name == "twarc"
    found = read(bundle)
    assert [(one.native_id, one.uri, one.kind) for one in only(found, Media) if one.post] == [
        ("7_1", "large", "video"),
        ("3_2", "", ""),
        ("77", "https://video.example/77.mp4", "video"),
    ]
    assert [one.media_type for one in only(found, Media) if not one.post] == ["text/plain"]
    named, pointed = only(found, Place)
    assert named.name == "5d231ed8656fcf5a"
    assert (pointed.latitude, pointed.longitude) == (52.1, 4.5)
    assert [place.published and place.published.raw for place in (named, pointed)] == [
        flat["created_at"],
        old["created_at"],
    ]


def _film() -> dict[str, Any]:
    files = [
        {"content_type": "video/mp4", "bitrate": 256000, "url": "https://video.example/77.mp4"},
        {"content_type": "application/x-mpegURL", "url": "https://video.example/77.m3u8"},
    ]
    return {
        "id_str": "77",
        "type": "video",
        "media_url_https": "https://pic.example/77.jpg",
        "video_info": {"duration_millis": 38200, "variants": files},
    }
