"""One activity of a Mastodon outbox as rows: Create (a post) and Announce (a boost)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypedDict
from urllib.parse import urlsplit

import msgspec

from workbench import text, times
from workbench.importers.drift import Drift
from workbench.importers.files import Attachments
from workbench.rows import AnyRow, Interaction, Media, Post

MOST = 16 * 2**20
"""Most bytes of ``actor.json``."""
_PUBLIC = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})
_POSTS = frozenset({"Note", "Question", "Article", "Page", "Image", "Video", "Audio", "Event"})
_STATUS = re.compile(r"https?://([^/]+)/users/([^/]+)/statuses/([^/?#]+)")
_PROFILE = re.compile(r"https?://([^/]+)/(?:users/|@)([^/?#@]+)")
_KINDS = ("image", "video", "audio")
_Raw = msgspec.Raw


class Picture(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """An icon."""

    url: str = ""
    type: str = ""
    media_type: str | None = ""
    name: str | None = ""
    summary: _Raw = _Raw()


class Attachment(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """A media attachment."""

    type: str = ""
    media_type: str | None = ""
    url: str | None = ""
    name: str | None = ""
    summary: str | None = ""
    width: int | None = None
    height: int | None = None
    duration: _Raw = _Raw()
    blurhash: _Raw = _Raw()
    focal_point: _Raw = _Raw()
    icon: _Raw = _Raw()


class Tag(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """A mention, hashtag or custom emoji."""

    type: str = ""
    href: str | None = ""
    name: str | None = ""
    id: str | None = ""
    icon: _Raw = _Raw()
    updated: _Raw = _Raw()


class Note(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """A post. What no column holds is left undecoded."""

    id: str = ""
    type: str = ""
    summary: str | None = ""
    in_reply_to: str | None = None
    published: str | None = None
    updated: str | None = None
    url: str | None = ""
    attributed_to: str | None = ""
    to: list[str] | str = []
    cc: list[str] | str = []
    sensitive: bool | None = None
    conversation: str | None = ""
    content: str | None = ""
    content_map: dict[str, str] | None = None
    attachment: list[Attachment] | None = None
    tag: list[Tag] | None = None
    name: str | None = ""
    quote: str | None = None
    quote_url: str | None = None
    quote_uri: str | None = None
    misskey_quote: str | None = msgspec.field(name="_misskey_quote", default=None)
    one_of: _Raw = _Raw()
    any_of: _Raw = _Raw()
    end_time: _Raw = _Raw()
    closed: _Raw = _Raw()
    voters_count: _Raw = _Raw()
    votes_count: _Raw = _Raw()
    context: _Raw = msgspec.field(name="@context", default=_Raw())
    context_uri: _Raw = msgspec.field(name="context", default=_Raw())
    summary_map: _Raw = _Raw()
    atom_uri: _Raw = _Raw()
    in_reply_to_atom_uri: _Raw = _Raw()
    replies: _Raw = _Raw()
    likes: _Raw = _Raw()
    shares: _Raw = _Raw()
    interaction_policy: _Raw = _Raw()
    quote_authorization: _Raw = _Raw()
    direct_message: _Raw = _Raw()
    source: _Raw = _Raw()


class Activity(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """One item of the outbox."""

    id: str = ""
    type: str = ""
    actor: str = ""
    published: str | None = None
    to: list[str] | str = []
    cc: list[str] | str = []
    object: Note | str | None = None
    context: _Raw = msgspec.field(name="@context", default=_Raw())
    signature: _Raw = _Raw()


class Name(TypedDict):
    """The columns that say which thing a row is about."""

    platform: str
    server: str
    native_id: str
    uri: str
    entity_id: str


class Owner:
    """Whose archive it is, and which post each media file belongs to."""

    def __init__(self) -> None:
        self.uri = self.handle = self.server = ""
        self.media = Attachments()  # by path in the archive

    def learn(self, uri: str, username: str = "") -> None:
        """Take the account's address; the first one told stays."""
        if self.uri or not uri:
            return
        self.uri, self.server = uri, host(uri)
        name = username or author_of(uri)[1].removeprefix("@").partition("@")[0]
        self.handle = f"@{name}@{self.server}" if name else ""

    def media_key(self, path: str) -> str:
        """Give the part of a path that names a media file wherever the archive's root lies."""
        _, found, rest = path.rpartition("media_attachments/")
        return found + rest if found else path.lstrip("/")


def host(uri: str) -> str:
    """Give host (and port) of an address; empty where there is none."""
    try:
        return urlsplit(uri).netloc.lower()
    except ValueError:
        return ""


def author_of(uri: str) -> tuple[str, str]:
    """Give entity and handle of the account that an address of a post or profile names; else empty ones."""
    match = _PROFILE.match(uri)
    if match is None:
        return "", ""
    server, name = match[1].lower(), match[2]
    return f"https://{server}/users/{name}", f"@{name}@{server}"


def named(owner: Owner, uri: str, entity: str, native_id: str = "") -> Name:
    """Name a thing of the archive's server."""
    return Name(platform="mastodon", server=owner.server, native_id=native_id, uri=uri, entity_id=entity)


def visibility(item: Activity) -> str:
    """Say to whom an activity is addressed, in Mastodon's own words."""
    note = item.object if isinstance(item.object, Note) else None
    to, cc = _list(item.to), _list(item.cc)
    if note is not None and not to and not cc:
        to, cc = _list(note.to), _list(note.cc)
    if _PUBLIC.intersection(to):
        return "public"
    if _PUBLIC.intersection(cc):
        return "unlisted"
    if any(one.endswith("/followers") for one in to + cc):
        return "private"
    return "direct"


def rows(item: Activity, owner: Owner, pointer: str, drift: Drift) -> Iterator[AnyRow]:
    """Yield the rows of one activity; kinds that are not read are noted."""
    owner.learn(item.actor)
    if item.type == "Announce" and item.object is not None:
        yield from _boost(item, owner, pointer)
    elif item.type == "Create" and isinstance(item.object, Note) and item.object.type in _POSTS:
        yield from _created(item, item.object, owner, pointer, drift)
    else:
        inner = item.object.type if isinstance(item.object, Note) else ""
        drift.note(
            "not-recognised",
            "orderedItems.type",
            expected="Create of a post, or Announce",
            found=f"{item.type} {inner}".strip(),
            pointer=pointer,
        )


def _boost(item: Activity, owner: Owner, pointer: str) -> Iterator[AnyRow]:
    boosted = item.object.id if isinstance(item.object, Note) else item.object or ""
    match = _STATUS.match(item.id)
    uri = item.id
    native_id = match[3] if match else ""
    when = times.iso(item.published) if item.published else None
    yield Post(
        **named(owner, uri, uri, native_id),
        pointer=pointer,
        author=item.actor,
        author_handle=owner.handle if item.actor == owner.uri else "",
        kind="repost",
        published=when,
        visibility=visibility(item),
    )
    target, handle = author_of(boosted)
    others = [one for one in _list(item.cc) if one not in _PUBLIC and not one.endswith("/followers")]
    if not target and len(others) == 1:  # a boost is copied to the author of what it boosts
        target = others[0]
    yield Interaction(
        **named(owner, uri, f"{uri}#repost:{handle or target or boosted}", native_id),
        pointer=pointer,
        kind="repost",
        actor=item.actor,
        actor_handle=owner.handle if item.actor == owner.uri else "",
        target=target,
        target_handle=handle,
        object=boosted,
        post=uri,
        published=when,
    )


def _created(item: Activity, note: Note, owner: Owner, pointer: str, drift: Drift) -> Iterator[AnyRow]:
    yield _post(item, note, owner, pointer)
    yield from _acts(note, owner, pointer)
    for index, attachment in enumerate(note.attachment or ()):
        yield _media(attachment, note, owner, f"{pointer}/object/attachment/{index}")
    if note.type == "Question":
        drift.note("not-recognised", "object.oneOf", expected="a column", found="a poll", pointer=pointer)


def _post(item: Activity, note: Note, owner: Owner, pointer: str) -> Post:
    replied = _STATUS.match(note.in_reply_to or "")
    quoted = note.quote or note.quote_url or note.quote_uri or note.misskey_quote or ""
    languages = list(note.content_map or ())
    plain_kind = "quote" if quoted else "post"
    return Post(
        **named(owner, note.id, note.id, _native(note.id)),
        pointer=pointer,
        author=note.attributed_to or item.actor,
        author_handle=owner.handle if (note.attributed_to or item.actor) == owner.uri else "",
        kind="reply" if note.in_reply_to else plain_kind,
        published=times.iso(note.published) if note.published else None,
        updated=times.iso(note.updated) if note.updated else None,
        content=text.from_html(note.content or ""),
        summary=note.summary or "",
        language=languages[0] if len(languages) == 1 else "",
        in_reply_to=replied[3] if replied and replied[1] == owner.server else note.in_reply_to or "",
        in_reply_to_author=author_of(note.in_reply_to or "")[1],
        quotes=quoted,
        conversation=note.conversation or "",
        visibility=visibility(item),
        state="edited" if note.updated and note.updated != note.published else "present",
        sensitive=note.sensitive,
        tags=tuple((tag.name or "").removeprefix("#") for tag in note.tag or () if tag.type == "Hashtag"),
    )


def _acts(note: Note, owner: Owner, pointer: str) -> Iterator[Interaction]:
    answered = ""
    if note.in_reply_to:
        answered, handle = author_of(note.in_reply_to)
        yield _act(note, owner, "reply", (answered, handle), pointer, note.in_reply_to)
    quoted = note.quote or note.quote_url or note.quote_uri or note.misskey_quote
    if quoted:
        yield _act(note, owner, "quote", author_of(quoted), pointer, quoted)
    for index, tag in enumerate(note.tag or ()):
        if tag.type == "Mention" and tag.href:
            handle = _full(tag.name or "", tag.href)
            where = f"{pointer}/object/tag/{index}"
            yield _act(note, owner, "mention", (tag.href, handle), where, "")


def _act(note: Note, owner: Owner, kind: str, whom: tuple[str, str], pointer: str, about: str) -> Interaction:
    return Interaction(
        **named(owner, note.id, f"{note.id}#{kind}:{whom[1] or whom[0] or about}", _native(note.id)),
        pointer=pointer,
        kind=kind,
        actor=note.attributed_to or owner.uri,
        actor_handle=owner.handle if (note.attributed_to or owner.uri) == owner.uri else "",
        target=whom[0],
        target_handle=whom[1],
        object=about,
        post=note.id,
        published=times.iso(note.published) if note.published else None,
    )


def _full(name: str, href: str) -> str:
    """Give a mention's handle with its server: ``@user`` alone means the server of its address."""
    handle = "@" + name.lstrip("@")
    return handle if "@" in handle[1:] else f"{handle}@{host(href)}"


def _media(attachment: Attachment, note: Note, owner: Owner, pointer: str) -> Media:
    url = attachment.url or ""
    media_type = attachment.media_type or ""
    kind = media_type.partition("/")[0]
    found = Media(
        **named(owner, url, f"{note.id}#media:{url}"),
        pointer=pointer,
        post=note.id,
        kind=kind if kind in _KINDS else attachment.type.lower(),
        media_type=media_type,
        description=attachment.name or attachment.summary or "",
        width=attachment.width,
        height=attachment.height,
    )
    owner.media.add(owner.media_key(url), found)
    return found


def _native(uri: str) -> str:
    match = _STATUS.match(uri)
    return match[3] if match else ""


def _list(value: list[str] | str) -> list[str]:
    return [value] if isinstance(value, str) else value
