"""An invented X archive: the wanted man's old account as its own download, in one zip.

Made to be read critically: the manifest announces one like too many, one file is of a kind that nobody
knows, and everything says that it is fiction. The bytes are the same on every machine.
"""

from __future__ import annotations

import json
import tomllib
import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from workbench.demo import pictures
from workbench.errors import StorageError
from workbench.records import Record
from workbench.times import to_micros

Json = dict[str, object]
UNKNOWN = "data/harbor-preview.js"
"""The file of a kind that no importer knows."""
MISCOUNTED = "data/like.js"
"""The file of which the manifest announces one entry more than there is."""
_EPOCH_MS = 1_288_834_974_657  # of X's snowflakes
_STAMP = (2025, 12, 1, 9, 30, 0)
_OWNER = "BrannochTeale"
_README = "FICTION. An invented archive of an invented account: sample data of a workbench's demonstration.\n"


class Contact(Record, frozen=True, kw_only=True):
    """Somebody on the invented X."""

    handle: str
    name: str
    number: str


class Tweet(Record, frozen=True, kw_only=True):
    """One tweet before it is put into X's shape. ``answers`` is the tweet it replies to."""

    at: datetime
    text: str
    id: str
    answers: str = ""
    picture: bool = False


class Messages(Record, frozen=True, kw_only=True):
    """One conversation: the other one's handle and its lines."""

    partner: str = msgspec.field(name="with")
    lines: tuple[str, ...]


class Source(Record, frozen=True, kw_only=True):
    """What ``data/xarchive.toml`` holds."""

    bio: str
    people: tuple[tuple[str, str, str], ...]
    followers: tuple[str, ...]
    following: tuple[str, ...]
    tweets: tuple[str, ...]
    late: tuple[str, ...]
    deleted: tuple[str, ...]
    note: str
    messages: tuple[Messages, ...]

    def contacts(self) -> dict[str, Contact]:
        """Give handle -> who that is."""
        return {
            handle: Contact(handle=handle, name=name, number=number) for handle, name, number in self.people
        }


def write(path: Path) -> Path:
    """Write the archive to ``path`` (its folder is made) and give the path; StorageError when it cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Stored, not deflated: packed bytes differ from one zlib to the next.
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as target:
            for name, body in members().items():
                target.writestr(_info(name), body)
    except OSError as cause:
        raise StorageError("the sample archive cannot be written", where=str(path)) from cause
    return path


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _STAMP)
    info.create_system = 3  # Unix, wherever this runs: the byte would differ otherwise
    return info


def members() -> dict[str, bytes]:
    """Give the archive's members, name -> bytes, in their order."""
    source = _source()
    tweets, late = _tweets(source.tweets, ""), _tweets(source.late, "")
    deleted = _tweets(source.deleted, "")
    lists: dict[str, list[Json]] = {
        "data/account.js": [_account()],
        "data/profile.js": [_profile(source)],
        "data/tweets.js": [{"tweet": _shape(tweet, source)} for tweet in tweets],
        "data/tweets-part1.js": [{"tweet": _shape(tweet, source)} for tweet in late],
        "data/deleted-tweets.js": [{"tweet": _deleted(tweet, source)} for tweet in deleted],
        "data/note-tweet.js": [_note(source)],
        "data/direct-messages.js": [_conversation(one, source) for one in source.messages],
        "data/follower.js": [{"follower": _link(number)} for number in source.followers],
        "data/following.js": [{"following": _link(number)} for number in source.following],
        MISCOUNTED: [_like(tweet) for tweet in _tweets(_LIKED, "")],
        UNKNOWN: [{"harborPreview": {"berth": "9", "note": "FICTION: of a kind that nobody knows"}}],
    }
    scripts = {name: _script(name, items) for name, items in lists.items()}
    media = {
        f"data/tweets_media/{tweet.id}-lantern.png": pictures.scene(tweet.id)
        for tweet in [*tweets, *late]
        if tweet.picture
    }
    return {
        "Your archive.html": f"<!DOCTYPE html><title>FICTION</title><p>{_README}</p>\n".encode(),
        "data/README.txt": _README.encode(),
        "data/manifest.js": _manifest(lists),
        **scripts,
        **media,
    }


_LIKED = (
    "2024-11-01 03:00:00 | Night ladder at the creek mouth is open again.",
    "2025-01-05 20:12:00 | Open Saturdays all winter. Coal, coffee, cash. (fiction)",
    "2025-03-08 01:44:00 | Tarred line back in stock.",
)


def _source() -> Source:
    text = files("workbench.demo").joinpath("data", "xarchive.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Source)


def _tweets(lines: Iterable[str], before: str) -> list[Tweet]:
    found: list[Tweet] = []
    for line in lines:
        stamp, _, text = line.partition(" | ")
        at = _when(stamp)
        answers, text = (before, text.removeprefix("> ")) if text.startswith("> ") else ("", text)
        number = str((to_micros(at) // 1000 - _EPOCH_MS << 22) + 4097)
        picture = text.startswith("img ")
        found.append(
            Tweet(at=at, text=text.removeprefix("img "), id=number, answers=answers, picture=picture)
        )
        before = number
    return found


def _when(stamp: str) -> datetime:
    return datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _account() -> Json:
    return {
        "account": {
            "email": "brannoch@quillhaven.example",
            "createdVia": "web",
            "username": _OWNER,
            "accountId": "7700000001",
            "createdAt": "2024-08-30T22:15:00.000Z",
            "accountDisplayName": "Brannoch Teale",
        }
    }


def _profile(source: Source) -> Json:
    description = {"bio": source.bio, "website": "", "location": "Quillhaven (invented)"}
    return {"profile": {"description": description, "avatarMediaUrl": "", "headerMediaUrl": ""}}


def _shape(tweet: Tweet, source: Source) -> Json:
    shape: Json = {
        "edit_info": {
            "initial": {
                "editTweetIds": [tweet.id],
                "editableUntil": _iso(tweet.at + timedelta(hours=1)),
                "editsRemaining": "5",
                "isEditEligible": not tweet.answers,
            }
        },
        "retweeted": False,
        "source": '<a href="https://x.example/app" rel="nofollow">X for Fiction</a>',
        "entities": _entities(tweet.text, source.contacts()),
        "display_text_range": ["0", str(len(tweet.text))],
        "favorite_count": str(len(tweet.text) % 5),
        "id_str": tweet.id,
        "truncated": False,
        "retweet_count": "0",
        "id": tweet.id,
        "possibly_sensitive": False,
        # English names whatever the machine's language: strftime would follow its locale.
        "created_at": _old_style(tweet.at),
        "favorited": False,
        "full_text": tweet.text,
        "lang": "en",
    }
    return shape | _answered(tweet, source.contacts()) | _pictured(tweet)


def _old_style(at: datetime) -> str:
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{days[at.weekday()]} {months[at.month - 1]} {at:%d %H:%M:%S} +0000 {at.year}"


def _entities(text: str, contacts: Mapping[str, Contact]) -> Json:
    mentions: list[Json] = []
    hashtags: list[Json] = []
    place = 0
    for word in text.split(" "):
        indices = [str(place), str(place + len(word))]
        place += len(word) + 1
        if word.startswith("#"):
            hashtags.append({"text": word[1:], "indices": indices})
        who = contacts.get(word[1:]) if word.startswith("@") else None
        if who is not None:
            mentions.append(
                {
                    "name": who.name,
                    "screen_name": who.handle,
                    "indices": indices,
                    "id_str": who.number,
                    "id": who.number,
                }
            )
    return {"hashtags": hashtags, "symbols": [], "user_mentions": mentions, "urls": []}


def _answered(tweet: Tweet, contacts: Mapping[str, Contact]) -> Json:
    if not tweet.answers:
        return {}
    first = tweet.text.split(" ")[0].removeprefix("@")
    who = contacts.get(first, contacts[_OWNER])
    return {
        "in_reply_to_status_id": tweet.answers,
        "in_reply_to_status_id_str": tweet.answers,
        "in_reply_to_user_id": who.number,
        "in_reply_to_user_id_str": who.number,
        "in_reply_to_screen_name": who.handle,
    }


def _pictured(tweet: Tweet) -> Json:
    if not tweet.picture:
        return {}
    address = f"https://pictures.quillhaven.example/media/{tweet.id}-lantern.png"
    number = str(int(tweet.id) + 1)
    item: dict[str, Any] = {
        "expanded_url": f"https://x.example/{_OWNER}/status/{tweet.id}/photo/1",
        "indices": ["0", "0"],
        "url": "https://x.example/p",
        "media_url": address,
        "id_str": number,
        "id": number,
        "media_url_https": address,
        "sizes": {"large": {"w": str(pictures.WIDTH), "h": str(pictures.HEIGHT), "resize": "fit"}},
        "type": "photo",
        "display_url": "x.example/p",
    }
    return {"extended_entities": {"media": [item]}}


def _deleted(tweet: Tweet, source: Source) -> Json:
    return _shape(tweet, source) | {"deleted_at": _old_style(tweet.at.replace(minute=59))}


def _note(source: Source) -> Json:
    core = {"styletags": [], "urls": [], "text": source.note, "mentions": [], "cashtags": [], "hashtags": []}
    return {
        "noteTweet": {
            "noteTweetId": "1864000000000000001",
            "createdAt": "2024-12-03T03:10:00.000Z",
            "updatedAt": "2024-12-03T03:10:00.000Z",
            "lifecycle": {"value": "Created", "name": "Created", "originalName": "Created"},
            "core": core,
        }
    }


def _conversation(one: Messages, source: Source) -> Json:
    contacts = source.contacts()
    pair = [contacts[_OWNER].number, contacts[one.partner].number]
    messages: list[Json] = []
    for line in reversed(one.lines):  # X writes the newest first
        stamp, sender, text = line.split(" | ", 2)
        own = contacts[sender].number
        at = _when(stamp)
        body = {
            "recipientId": pair[1] if own == pair[0] else pair[0],
            "reactions": [],
            "urls": [],
            "text": text,
            "mediaUrls": [],
            "senderId": own,
            "id": str((to_micros(at) // 1000 - _EPOCH_MS << 22) + 7),
            "createdAt": _iso(at),
            "editHistory": [],
        }
        messages.append({"messageCreate": body})
    return {"dmConversation": {"conversationId": "-".join(pair), "messages": messages}}


def _link(number: str) -> Json:
    return {"accountId": number, "userLink": f"https://x.example/intent/user?user_id={number}"}


def _like(tweet: Tweet) -> Json:
    address = f"https://x.example/i/web/status/{tweet.id}"
    return {"like": {"tweetId": tweet.id, "fullText": tweet.text, "expandedUrl": address}}


def _script(name: str, items: list[Json]) -> bytes:
    return f"window.{_global(name)} = {_dump(items)}\n".encode()


def _global(name: str) -> str:
    stem, _, part = name.removeprefix("data/").removesuffix(".js").partition("-part")
    return f"YTD.{stem.replace('-', '_')}.part{part or 0}"


def _manifest(lists: Mapping[str, list[Json]]) -> bytes:
    kinds: dict[str, dict[str, list[Json]]] = {}
    for name, items in lists.items():
        head, *rest = name.removeprefix("data/").removesuffix(".js").partition("-part")[0].split("-")
        count = len(items) + (name == MISCOUNTED)
        entry: Json = {"fileName": name, "globalName": _global(name), "count": str(count)}
        kinds.setdefault(head + "".join(map(str.title, rest)), {"files": []})["files"].append(entry)
    config = {
        "userInfo": {"accountId": "7700000001", "userName": _OWNER, "displayName": "Brannoch Teale"},
        "archiveInfo": {
            "sizeBytes": "60000",
            "generationDate": "2025-12-01T09:30:00.000Z",
            "isPartialArchive": False,
            "maxPartSizeBytes": "53687091200",
        },
        "readmeInfo": {"fileName": "data/README.txt", "directory": "data/", "name": "README.txt"},
        "dataTypes": {**kinds, "tweetsMedia": {"mediaDirectory": "data/tweets_media"}},
    }
    return f"window.__THAR_CONFIG = {_dump(config)}".encode()


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
