"""X archives: tweets and their acts, messages, likes, follows; counts against the manifest. Damage: vectors."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

from tests.importer_kit import bundle_of, issues, only, read
from workbench.importers import recognise
from workbench.rows import Account, Interaction, Issue, Media, Place, Post, PostVersion

ME = "x.com/accounts/42"


def ytd(name: str, items: list[Any], *, indent: int | None = 2) -> bytes:
    text = json.dumps(items, indent=indent, separators=(",", " : "), ensure_ascii=False)
    return f"window.YTD.{name}.part0 = {text}".encode()


def tweet(number: int, text: str = "words", **more: Any) -> dict[str, Any]:
    entities = {"hashtags": [], "symbols": [], "user_mentions": [], "urls": []} | more.pop("entities", {})
    native_id = str(9_007_199_254_740_993 + number)  # beyond what a double can hold
    made = {
        "id": native_id,
        "id_str": native_id,
        "full_text": text,
        "created_at": "Sun Oct 07 07:39:51 +0000 2012",
        "favorite_count": "3",
        "retweet_count": "1",
        "lang": "en",
        "source": '<a href="https://x.example" rel="nofollow">Twitter for iPhone</a>',
        "entities": entities,
    }
    return {"tweet": made | more}


def mention(number: int, name: str) -> dict[str, Any]:
    return {
        "screen_name": name,
        "name": name,
        "id": str(number),
        "id_str": str(number),
        "indices": ["0", "4"],
    }


ACCOUNT = ytd("account", [{"account": {"accountId": "42", "username": "ada", "accountDisplayName": "Ada"}}])


def archive(**files: bytes) -> dict[str, bytes]:
    return {"data/account.js": ACCOUNT} | {
        f"data/{name.replace('_', '-')}.js": content for name, content in files.items()
    }


def manifest(**counts: int) -> bytes:
    types = {
        name: {"files": [{"fileName": f"data/{name.replace('_', '-')}.js", "count": str(count)}]}
        for name, count in counts.items()
    }
    whole = {"userInfo": {"accountId": "42", "userName": "ada"}, "dataTypes": types}
    return b"window.__THAR_CONFIG = " + json.dumps(whole).encode()


def test_a_tweet_is_a_post_of_the_owner(tmp_path: Path) -> None:
    (post,) = only(
        read(bundle_of(tmp_path, archive(tweets=ytd("tweets", [tweet(1, "you &amp; me &lt;3")])))), Post
    )
    assert (post.native_id, post.entity_id) == ("9007199254740994", "x.com/statuses/9007199254740994")
    assert (post.author, post.author_handle, post.kind, post.pointer) == (ME, "@ada", "post", "/0")
    assert post.content is not None
    assert (post.content.raw, post.content.plain) == ("you &amp; me &lt;3", "you & me <3")
    assert post.published is not None
    assert (post.published.raw, post.published.utc, post.published.basis) == (
        "Sun Oct 07 07:39:51 +0000 2012",
        1349595591_000000,
        "explicit",
    )
    assert (post.likes, post.reposts, post.application) == (3, 1, "Twitter for iPhone")


def test_replies_mentions_retweets_and_quotes(tmp_path: Path) -> None:
    reply = tweet(
        1,
        "@bob hello @cay",
        in_reply_to_status_id_str="77",
        in_reply_to_user_id_str="7",
        in_reply_to_screen_name="bob",
        entities={"user_mentions": [mention(7, "bob"), mention(8, "cay")]},
    )
    retweet = tweet(
        2, "RT @bob: his words", entities={"user_mentions": [mention(7, "bob"), mention(9, "dan")]}
    )
    url = {"url": "https://t.co/a", "expanded_url": "https://twitter.com/eve/status/555"}
    quote = tweet(3, "look https://t.co/a", entities={"urls": [url], "hashtags": [{"text": "River"}]})
    found = read(bundle_of(tmp_path, archive(tweets=ytd("tweets", [reply, retweet, quote]))))
    posts = only(found, Post)
    assert [post.kind for post in posts] == ["reply", "repost", "quote"]
    assert (posts[0].in_reply_to, posts[0].in_reply_to_author, posts[2].quotes) == ("77", "@bob", "555")
    assert (posts[2].tags, posts[2].links) == (("River",), ("https://twitter.com/eve/status/555",))
    assert [
        (act.kind, act.actor, act.target, act.target_handle, act.object) for act in only(found, Interaction)
    ] == [
        ("reply", ME, "x.com/accounts/7", "@bob", "x.com/statuses/77"),
        ("mention", ME, "x.com/accounts/7", "@bob", ""),
        ("mention", ME, "x.com/accounts/8", "@cay", ""),
        ("repost", ME, "x.com/accounts/7", "@bob", ""),
        ("quote", ME, "", "@eve", "x.com/statuses/555"),
    ]


def test_media_places_and_edits(tmp_path: Path) -> None:
    size = {"w": "1200", "h": "800", "resize": "fit"}
    picture = {
        "id_str": "31",
        "type": "video",
        "media_url_https": "https://pbs.example/a",
        "sizes": {"large": size},
    }
    one = tweet(
        2,
        extended_entities={"media": [picture | {"video_info": {"duration_millis": "2500"}}]},
        coordinates={"type": "Point", "coordinates": ["-71.06", "42.36"]},
        place={"full_name": "Boston, MA"},
        edit_info={"initial": {"editTweetIds": [tweet(1)["tweet"]["id"], tweet(2)["tweet"]["id"]]}},
    )
    files = archive(tweets=ytd("tweets", [one]))
    files[f"data/tweets_media/{one['tweet']['id']}-abc.jpg"] = b"\xff\xd8\xff\xe0"
    found = read(bundle_of(tmp_path, files))
    first = f"x.com/statuses/{tweet(1)['tweet']['id']}"
    (post,), (version,), (place,) = only(found, Post), only(found, PostVersion), only(found, Place)
    assert (post.state, post.entity_id, version.version, version.entity_id) == ("edited", first, 1, first)
    assert (place.about, place.name, place.latitude, place.longitude) == (first, "Boston, MA", 42.36, -71.06)
    stated, held = only(found, Media)
    assert (stated.kind, stated.width, stated.height, stated.duration) == ("video", 1200, 800, 2.5)
    assert (held.media_type, held.post) == ("image/jpeg", f"x.com/statuses/{one['tweet']['id']}")


def test_a_file_is_the_attachment_that_its_name_tells(tmp_path: Path) -> None:
    variants = [
        {"content_type": "video/mp4", "bitrate": "9", "url": "https://video.example/v/Fi_lm2.mp4?tag=1"}
    ]
    still = {"id_str": "30", "type": "photo", "media_url_https": "https://pbs.example/media/abC1.jpg"}
    thumb = {"id_str": "31", "type": "video", "media_url_https": "https://pbs.example/thumb/x.jpg"}
    film: dict[str, Any] = {**thumb, "video_info": {"variants": variants}}
    one, other = (tweet(number, extended_entities={"media": [still, film]}) for number in (2, 3))
    files = archive(tweets=ytd("tweets", [one, other]))
    for name, content in (("abC1.jpg", b"\xff\xd8\xff\xe0"), ("Fi_lm2.mp4", b"\0\0\0\x18ftypmp42")):
        # Written before the tweets, and named by two of them.
        files = {f"data/tweets_media/{one['tweet']['id']}-{name}": content} | files
    found = only(read(bundle_of(tmp_path, files)), Media)
    stated = {each.entity_id: each.uri for each in found if each.post}
    held = {each.entity_id: each.uri for each in found if each.sha256}
    assert len(stated) == 4
    assert held == stated
    assert not any(each.post for each in found if each.sha256)


def test_messages_of_two_and_of_many(tmp_path: Path) -> None:
    def message(number: int, sender: str, **more: Any) -> dict[str, Any]:
        base = {
            "id": str(number),
            "senderId": sender,
            "text": f"m{number}",
            "createdAt": "2024-06-05T13:45:22.290Z",
        }
        return {"messageCreate": base | {"urls": [], "mediaUrls": [], "reactions": []} | more}

    reaction = {
        "senderId": "7",
        "reactionKey": "like",
        "eventId": "1",
        "createdAt": "2024-06-05T13:46:00.000Z",
    }
    two = {
        "conversationId": "7-42",
        "messages": [
            message(1, "42", recipientId="7", reactions=[reaction]),
            message(2, "7", recipientId="42"),
        ],
    }
    many = {"conversationId": "g", "messages": [message(3, "9"), {"participantsLeave": {"userIds": ["9"]}}]}
    files = archive(
        direct_messages=ytd("direct_messages", [{"dmConversation": two}]),
        direct_messages_group=ytd("direct_messages_group", [{"dmConversation": many}]),
    )
    found = read(bundle_of(tmp_path, files))
    posts = only(found, Post)
    assert [(post.native_id, post.author, post.conversation, post.kind) for post in posts] == [
        ("1", ME, "7-42", "message"),
        ("2", "x.com/accounts/7", "7-42", "message"),
        ("3", "x.com/accounts/9", "g", "message"),
    ]
    assert [post.published.basis for post in posts if post.published] == ["explicit"] * 3
    assert posts[1].pointer == "/0/dmConversation/messages/1"
    assert [(act.kind, act.actor, act.target) for act in only(found, Interaction)] == [
        ("message", ME, "x.com/accounts/7"),
        ("like", "x.com/accounts/7", ME),
        ("message", "x.com/accounts/7", ME),
        ("message", "x.com/accounts/9", ""),
    ]
    assert issues(found) == [("not-recognised", "dmConversation.messages", 1)]


def test_likes_follows_profile_and_account(tmp_path: Path) -> None:
    said = {"bio": "here &amp; there", "website": "https://a.example", "location": "Old Harbour"}
    files = archive(
        like=ytd("like", [{"like": {"tweetId": "5", "fullText": "liked words", "expandedUrl": "u"}}]),
        follower=ytd("follower", [{"follower": {"accountId": "7", "userLink": "u"}}]),
        following=ytd("following", [{"following": {"accountId": "8", "userLink": "u"}}]),
        profile=ytd(
            "profile", [{"profile": {"description": said, "avatarMediaUrl": "https://pbs.example/a"}}]
        ),
    )
    found = read(bundle_of(tmp_path, files))
    assert [(act.kind, act.actor, act.target, act.object) for act in only(found, Interaction)] == [
        ("like", ME, "", "x.com/statuses/5"),
        ("follow", "x.com/accounts/7", ME, ""),
        ("follow", ME, "x.com/accounts/8", ""),
    ]
    assert [(post.author, post.native_id) for post in only(found, Post)] == [("", "5")]
    named, described = only(found, Account)
    assert (named.handle, named.name, named.entity_id, described.entity_id) == ("@ada", "Ada", ME, ME)
    assert described.note is not None
    assert described.note.plain == "here & there"
    assert [(place.source, place.name, place.about) for place in only(found, Place)] == [
        ("stated", "Old Harbour", ME)
    ]


def test_a_long_tweet_is_laid_to_the_tweet_that_it_continues(tmp_path: Path) -> None:
    words = "A long tale that begins like its tweet does and then goes on and on, " * 6

    def note(native_id: str, text: str) -> dict[str, Any]:
        core = {"text": text, "urls": [], "mentions": [], "hashtags": [], "cashtags": []}
        made = {"noteTweetId": native_id, "createdAt": "2012-10-07T07:39:51.000Z", "core": core}
        return {"noteTweet": made | {"lifecycle": {"value": "Created"}}}

    files = archive(
        note_tweet=ytd("note_tweet", [note("900", words), note("901", "an orphan")]),
        tweets=ytd("tweets", [tweet(1, words[:270] + "…")]),
    )
    found = read(bundle_of(tmp_path, files))
    short, long, orphan = only(found, Post)
    assert long.entity_id == short.entity_id
    assert long.content is not None
    assert long.content.plain == words
    assert orphan.entity_id == "x.com/notes/901"
    assert issues(found) == [("disagreement", "noteTweet.noteTweetId", 1)]


def test_all_parts_and_deleted_tweets(tmp_path: Path) -> None:
    files = archive(
        tweets=ytd("tweets", [tweet(1)]),
        tweets_part1=ytd("tweets", [tweet(2)]).replace(b"part0", b"part1"),
        deleted_tweets=ytd("deleted_tweets", [tweet(3)]),
    )
    found = read(bundle_of(tmp_path, files))
    assert sorted((post.native_id[-2:], post.state) for post in only(found, Post)) == [
        ("94", "present"),
        ("95", "present"),
        ("96", "deleted by author"),
    ]


def test_tweets_without_a_wrapper_as_in_2018(tmp_path: Path) -> None:
    files = {
        "account.js": ACCOUNT,
        "tweet.js": ytd("tweet", [tweet(1)["tweet"], tweet(2)["tweet"]], indent=None),
    }
    assert [post.author for post in only(read(bundle_of(tmp_path, files)), Post)] == [ME, ME]


def test_counts_are_compared_with_the_manifest(tmp_path: Path) -> None:
    files = archive(
        tweets=ytd("tweets", [tweet(1)]),
        ad_engagements=ytd("ad_engagements", [{"ad": {"x": 1}}, {"ad": {}}]),
        manifest=manifest(tweets=3, ad_engagements=2, like=4, follower=0, account=1),
    )
    found = read(bundle_of(tmp_path, files))
    said = {
        (issue.kind, issue.where): (issue.expected, issue.found, issue.count) for issue in only(found, Issue)
    }
    assert said == {
        ("count-mismatch", "data/tweets.js"): ("3 by manifest.js", "1 present", 2),
        ("not-recognised", "data/ad-engagements.js"): ("a file that is read", "2 elements, counted only", 2),
        ("count-mismatch", "data/like.js"): ("4 by manifest.js", "no such file", 4),
    }


def test_unknown_keys_values_and_files_are_said(tmp_path: Path) -> None:
    files = archive(tweets=ytd("tweets", [tweet(1, mood="blue"), tweet(2, lang=7), tweet(3)]))
    files |= {"data/new-thing.js": b"what is this", "notes.txt": b"x", "assets/js/app.js": b"()=>1"}
    found = read(bundle_of(tmp_path, files))
    assert len(only(found, Post)) == 3
    assert sorted(issues(found)) == [
        ("bad-value", "tweets.tweet.lang", 1),
        ("not-recognised", "", 1),
        ("not-recognised", "", 1),
        ("not-recognised", "", 1),
        ("unknown-key", "tweets.tweet.mood", 1),
    ]


def test_a_zip_reads_as_its_folder_does(tmp_path: Path) -> None:
    files = archive(
        tweets=ytd("tweets", [tweet(number) for number in range(20)]), manifest=manifest(tweets=20)
    )
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    bundle = bundle_of(tmp_path, {"given.zip": stream.getvalue()})
    assert recognise(bundle).name == "x-archive"
    (tmp_path / "folder").mkdir()
    assert read(bundle) == read(bundle_of(tmp_path / "folder", files))
