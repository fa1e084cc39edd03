"""The rows that parsers yield: one class a table, the one place where columns are named.

Names follow ActivityStreams 2.0 where it has one. A parser fills what is here; the table builder adds
``case``, ``exhibit`` (citation with pointer), ``parser``, ``parser_version`` and ``captured_at``. A field
of type ``Moment`` becomes three columns (``published_raw``, ``published``, ``published_basis``), a field
of type ``Text`` three as well (``content_raw``, ``content``, ``content_repaired``).
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Basis = Literal["explicit", "unix", "assumed", "ambiguous"]
State = Literal["present", "edited", "deleted by author", "not found", "blocked"]


class Moment(msgspec.Struct, frozen=True, gc=False):
    """A time as the source gave it, in UTC where known, and on what basis.

    ``utc`` is microseconds since 1970-01-01 UTC. Basis: explicit (a zone was given), unix (a count
    since the epoch), assumed (a zone was supplied by us), ambiguous (cannot be resolved, so no utc).
    """

    raw: str
    utc: int | None
    basis: Basis


class Text(msgspec.Struct, frozen=True, gc=False):
    """Words as received, the same as plain text, and whether the encoding was repaired."""

    raw: str
    plain: str
    repaired: bool = False


def _d(text: str) -> Meta:
    return Meta(description=text)


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every row says of the thing it observes."""

    platform: Annotated[str, _d("network or format family: mastodon, telegram, x, file")]
    server: Annotated[str, _d("host that holds the thing; empty where the platform has only one")]
    native_id: Annotated[str, _d("the platform's own identifier, always a string")]
    uri: Annotated[str, _d("address of the thing, empty where it has none")] = ""
    entity_id: Annotated[str, _d("equal for all observations of the same thing")]
    pointer: Annotated[str, _d("where in the exhibit; becomes part of the column exhibit")] = ""


class Account(Row, frozen=True, kw_only=True):
    """An account as it stood when captured."""

    handle: Annotated[str, _d("name used to address it, with the server where the platform has one")]
    name: Annotated[str, _d("display name")] = ""
    note: Annotated[Text | None, _d("self-description")] = None
    published: Annotated[Moment | None, _d("when the account was made")] = None
    followers: Annotated[int | None, _d("followers, as the platform counted")] = None
    following: Annotated[int | None, _d("accounts followed, as the platform counted")] = None
    posts: Annotated[int | None, _d("posts, as the platform counted")] = None
    bot: Annotated[bool | None, _d("declared automated")] = None
    locked: Annotated[bool | None, _d("followers need approval")] = None
    icon: Annotated[str, _d("address of the profile picture")] = ""
    url: Annotated[str, _d("address for people, where it differs from uri")] = ""
    moved_to: Annotated[str, _d("handle of the account it moved to")] = ""


class Post(Row, frozen=True, kw_only=True):
    """A post or message as it stood when captured."""

    author: Annotated[str, _d("entity_id of the account that posted it; empty where not given")]
    author_handle: Annotated[str, _d("its handle")] = ""
    kind: Annotated[str, _d("post, reply, repost, quote or message")] = "post"
    published: Annotated[Moment | None, _d("when it was posted, as the platform says")] = None
    updated: Annotated[Moment | None, _d("when its text was last edited, as the platform says")] = None
    content: Annotated[Text | None, _d("its words")] = None
    summary: Annotated[str, _d("content warning or subject")] = ""
    language: Annotated[str, _d("language the author or platform declared")] = ""
    in_reply_to: Annotated[str, _d("native_id of the post it answers")] = ""
    in_reply_to_author: Annotated[str, _d("handle or native id of that post's author")] = ""
    quotes: Annotated[str, _d("native_id or address of the post it quotes")] = ""
    conversation: Annotated[str, _d("identifier of the conversation or chat")] = ""
    visibility: Annotated[str, _d("public, unlisted, private, direct, or as the platform says")] = ""
    state: Annotated[str, _d("present, edited, deleted by author, not found or blocked")] = "present"
    sensitive: Annotated[bool | None, _d("marked sensitive by author or platform")] = None
    likes: Annotated[int | None, _d("likes, as the platform counted")] = None
    reposts: Annotated[int | None, _d("reposts, as the platform counted")] = None
    replies: Annotated[int | None, _d("replies, as the platform counted")] = None
    views: Annotated[int | None, _d("views, as the platform counted or rounded")] = None
    tags: Annotated[tuple[str, ...], _d("hashtags, without the sign")] = ()
    links: Annotated[tuple[str, ...], _d("addresses in the words or attached")] = ()
    application: Annotated[str, _d("program it was posted with")] = ""
    signature: Annotated[str, _d("name that the author signed with, apart from the account")] = ""


class PostVersion(Row, frozen=True, kw_only=True):
    """One version of a post's words, from an edit history."""

    version: Annotated[int, _d("0 is the oldest that the platform keeps")]
    author: Annotated[str, _d("entity_id of the account")] = ""
    published: Annotated[Moment | None, _d("when this version appeared")] = None
    content: Annotated[Text | None, _d("its words")] = None


class Media(Row, frozen=True, kw_only=True):
    """A picture, video, sound or document that a post carries."""

    post: Annotated[str, _d("entity_id of the post")] = ""
    kind: Annotated[str, _d("image, video, gifv, audio, document, or as the platform says")] = ""
    media_type: Annotated[str, _d("MIME type, where known")] = ""
    description: Annotated[str, _d("alternative text given by the author")] = ""
    width: Annotated[int | None, _d("pixels")] = None
    height: Annotated[int | None, _d("pixels")] = None
    duration: Annotated[float | None, _d("seconds")] = None
    bytes: Annotated[int | None, _d("size in bytes, where the bytes are held")] = None
    sha256: Annotated[str, _d("SHA-256 of the media's bytes, where they are held")] = ""


class Interaction(Row, frozen=True, kw_only=True):
    """One account acting towards another or towards a post."""

    kind: Annotated[str, _d("reply, mention, repost, quote, like, bookmark, follow or message")]
    actor: Annotated[str, _d("entity_id of the account that acted")]
    actor_handle: Annotated[str, _d("its handle")] = ""
    target: Annotated[str, _d("entity_id of the account acted towards, where known")] = ""
    target_handle: Annotated[str, _d("its handle, where known")] = ""
    object: Annotated[str, _d("entity_id or native id of the post it is about")] = ""
    post: Annotated[str, _d("entity_id of the post that carries the act, where there is one")] = ""
    published: Annotated[Moment | None, _d("when")] = None


class Place(Row, frozen=True, kw_only=True):
    """A place that a post, profile or file states."""

    about: Annotated[str, _d("entity_id of what the place belongs to")]
    source: Annotated[str, _d("geotag, stated, or read from a file: exif, xmp, container (of a film)")]
    name: Annotated[str, _d("name as stated")] = ""
    latitude: Annotated[float | None, _d("degrees, WGS 84")] = None
    longitude: Annotated[float | None, _d("degrees, WGS 84")] = None
    precision_m: Annotated[float | None, _d("radius in metres, where known")] = None
    published: Annotated[Moment | None, _d("when")] = None


class MediaFile(Row, frozen=True, kw_only=True):
    """A picture, video or sound whose bytes are held, read from those bytes."""

    sha256: Annotated[str, _d("SHA-256 of the media's bytes; joins the table media")]
    media_type: Annotated[str, _d("MIME type, as the bytes show it")]
    kind: Annotated[str, _d("image, video or audio")]
    width: Annotated[int | None, _d("pixels, turned as it is shown")] = None
    height: Annotated[int | None, _d("pixels, turned as it is shown")] = None
    duration: Annotated[float | None, _d("seconds")] = None
    taken: Annotated[Moment | None, _d("when it was taken, as the file says")] = None
    make: Annotated[str, _d("maker of the device, as the file says")] = ""
    model: Annotated[str, _d("model of the device, as the file says")] = ""
    software: Annotated[str, _d("program that wrote it, as the file says")] = ""
    serial: Annotated[str, _d("serial number of the device, as the file says")] = ""
    phash: Annotated[str, _d("64-bit DCT perceptual hash of an image, 16 hex digits; empty for none")] = ""
    dhash: Annotated[str, _d("64-bit difference hash of an image, 16 hex digits; empty for none")] = ""
    fields: Annotated[int, _d("metadata fields in the file: EXIF, XMP or those of the container")] = 0
    note: Annotated[str, _d("what of it was looked at, and what not")] = ""


class KeyFrame(Row, frozen=True, kw_only=True):
    """A frame of a video that shows another scene than the one before."""

    media: Annotated[str, _d("entity_id of the row of media_files")]
    sha256: Annotated[str, _d("SHA-256 of the video's bytes")]
    number: Annotated[int, _d("counted from 0")]
    at: Annotated[float, _d("seconds from the beginning")]
    phash: Annotated[str, _d("64-bit DCT perceptual hash, 16 hex digits; empty where of one colour")] = ""


class Lead(Row, frozen=True, kw_only=True):
    """A possibility, kept apart from evidence."""

    kind: Annotated[str, _d("what sort of possibility")]
    value: Annotated[str, _d("what was found")]
    reason: Annotated[str, _d("why it may matter, and what speaks against it")] = ""


class Issue(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that was not read, or not as expected. Never silent, never an exception."""

    kind: Annotated[
        str,
        _d(
            "not-recognised, unknown-key, count-mismatch, refused, truncated, bad-encoding, "
            "bad-value, not-public, stream-error, disagreement or not-captured"
        ),
    ]
    where: Annotated[str, _d("member, byte offset or line")] = ""
    field: Annotated[str, _d("path of the field")] = ""
    expected: Annotated[str, _d("what was expected")] = ""
    found: Annotated[str, _d("what was found, shortened")] = ""
    count: Annotated[int, _d("how often")] = 1
    pointer: Annotated[str, _d("where in the exhibit; becomes part of the column exhibit")] = ""


AnyRow = Account | Post | PostVersion | Media | Interaction | Place | MediaFile | KeyFrame | Lead | Issue

TABLES: dict[str, type[AnyRow]] = {
    "accounts": Account,
    "posts": Post,
    "post_versions": PostVersion,
    "media": Media,
    "interactions": Interaction,
    "places": Place,
    "media_files": MediaFile,
    "key_frames": KeyFrame,
    "leads": Lead,
    "issues": Issue,
}
"""Table name -> the row class that fills it. ``exhibits`` and ``captures`` come from the log instead."""
