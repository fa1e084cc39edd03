"""Mastodon's "Request your archive": actor, outbox, likes, bookmarks and the media beside them.

The outbox is streamed. Identity is as the Mastodon collector has it: ``entity_id`` is the ActivityPub id, so that
an archive and a capture of the same post speak of one thing. What the archive announces and does not hold, and
how many of its items are not public, become Issue rows.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from workbench import text, times
from workbench.importers import files
from workbench.importers import mastodon_activities as activities
from workbench.importers.base import Bundle, Cited, Member, at, guarded
from workbench.importers.drift import Drift
from workbench.importers.jsonstream import Array
from workbench.importers.mastodon_activities import Owner
from workbench.importers.typed import Typed, elements
from workbench.rows import Account, AnyRow, Interaction, Issue


class _Actor(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """An account as ``actor.json`` has it; what no column holds is left undecoded."""

    id: str = ""
    type: str = ""
    preferred_username: str = ""
    name: str | None = ""
    summary: str | None = ""
    url: str | None = ""
    published: str | None = None
    moved_to: str | None = ""
    manually_approves_followers: bool | None = None
    icon: activities.Picture | None = None
    context: msgspec.Raw = msgspec.field(name="@context", default=msgspec.Raw())
    following: msgspec.Raw = msgspec.Raw()
    followers: msgspec.Raw = msgspec.Raw()
    inbox: msgspec.Raw = msgspec.Raw()
    outbox: msgspec.Raw = msgspec.Raw()
    likes: msgspec.Raw = msgspec.Raw()
    bookmarks: msgspec.Raw = msgspec.Raw()
    featured: msgspec.Raw = msgspec.Raw()
    featured_tags: msgspec.Raw = msgspec.Raw()
    discoverable: msgspec.Raw = msgspec.Raw()
    indexable: msgspec.Raw = msgspec.Raw()
    memorial: msgspec.Raw = msgspec.Raw()
    suspended: msgspec.Raw = msgspec.Raw()
    devices: msgspec.Raw = msgspec.Raw()
    webfinger: msgspec.Raw = msgspec.Raw()
    also_known_as: msgspec.Raw = msgspec.Raw()
    public_key: msgspec.Raw = msgspec.Raw()
    tag: msgspec.Raw = msgspec.Raw()
    attachment: msgspec.Raw = msgspec.Raw()
    endpoints: msgspec.Raw = msgspec.Raw()
    image: msgspec.Raw = msgspec.Raw()
    attribution_domains: msgspec.Raw = msgspec.Raw()
    show_featured: msgspec.Raw = msgspec.Raw()
    show_media: msgspec.Raw = msgspec.Raw()
    show_replies_in_media: msgspec.Raw = msgspec.Raw()
    interaction_policy: msgspec.Raw = msgspec.Raw()


class _Collection(msgspec.Struct, rename="camel"):
    """What stands around ``orderedItems``."""

    total_items: int | None = None


_ACTOR = Typed(_Actor, "actor")
_ITEM = Typed(activities.Activity, "orderedItems")
_ADDRESS = Typed(str, "orderedItems")
_ITEMS = "orderedItems"
_KNOWN = {"actor.json", "outbox.json", "likes.json", "bookmarks.json"}


class MastodonArchive:
    """Reads an archive as a zip or as its unpacked folder."""

    name = "mastodon-archive"
    version = "2"
    licence = "Apache-2.0"
    title = "Mastodon archive: actor, outbox, likes, bookmarks, media"
    needs = "nothing"
    state = "works on zip and folder; a .tar.gz has to be unpacked first; keys and settings are not read"

    def recognises(self, bundle: Bundle) -> bool:
        """An outbox whose first bytes are ActivityStreams."""
        outbox = _named(bundle, "outbox.json")
        return outbox is not None and b"activitystreams" in outbox.head(4096)

    def parse(self, bundle: Bundle) -> Iterator[Cited]:
        """Yield accounts, posts, acts, media and issues, member by member."""
        owner = Owner()
        actor = _named(bundle, "actor.json")
        if actor is not None:
            drift = Drift(actor.name)
            yield from guarded(actor, _account(actor, owner, drift), drift)
        outbox = _named(bundle, "outbox.json")
        if outbox is not None:
            drift = Drift(outbox.name)
            if actor is None:
                yield Cited(outbox.index, _without_actor())
            yield from guarded(outbox, _outbox(outbox, owner, drift), drift)
        for name, kind in (("likes.json", "like"), ("bookmarks.json", "bookmark")):
            member = _named(bundle, name)
            if member is not None:
                drift = Drift(member.name)
                yield from guarded(member, _addresses(member, owner, kind, drift), drift)
        for member in bundle.contents:
            if member not in (actor, outbox) and member.base not in _KNOWN:
                yield from guarded(member, _other(member, owner))


def _named(bundle: Bundle, base: str) -> Member | None:
    """Give the member of that name that lies highest."""
    found = [member for member in bundle.contents if member.base == base]
    return min(found, key=lambda member: member.name.count("/"), default=None)


def _without_actor() -> Issue:
    return Issue(
        kind="truncated", where="actor.json", expected="the account whose archive it is", found="no such file"
    )


def _account(member: Member, owner: Owner, drift: Drift) -> Iterator[AnyRow]:
    with member.open() as stream:
        raw = stream.read(activities.MOST)
    actor = _ACTOR.one(raw.removeprefix(b"\xef\xbb\xbf"), drift, pointer="", where=at(member.name, 0))
    if actor is not None and actor.id:
        owner.learn(actor.id, actor.preferred_username)
        yield Account(
            platform="mastodon",
            server=owner.server,
            native_id="",
            uri=actor.id,
            entity_id=actor.id,
            handle=owner.handle,
            name=actor.name or "",
            note=text.from_html(actor.summary or ""),
            published=times.iso(actor.published) if actor.published else None,
            bot=actor.type in {"Service", "Application"},
            locked=actor.manually_approves_followers,
            icon=actor.icon.url if actor.icon else "",
            url=actor.url or "",
            moved_to=actor.moved_to or "",
        )


def _outbox(member: Member, owner: Owner, drift: Drift) -> Iterator[AnyRow]:
    with member.open() as stream:
        array = Array(stream, member.name, key=_ITEMS)
        for index, item in elements(array, _ITEM, drift, member.name, f"/{_ITEMS}"):
            seen = activities.visibility(item)
            if seen not in {"public", "unlisted"}:
                drift.note(
                    "not-public",
                    f"{_ITEMS}.to",
                    expected="public or unlisted",
                    found=f"addressed as {seen}",
                    pointer=f"/{_ITEMS}/{index}",
                )
            yield from activities.rows(item, owner, f"/{_ITEMS}/{index}", drift)
        yield from _reconciled(member, array)


def _reconciled(member: Member, array: Array) -> Iterator[Issue]:
    try:
        around = msgspec.json.decode(array.head + b"]" + array.tail, type=_Collection)
    except msgspec.DecodeError as error:
        yield Issue(
            kind="bad-value",
            where=at(member.name, array.after()),
            expected="the end of the collection",
            found=str(error),
        )
        return
    if around.total_items != array.count:
        yield _miscounted(member, around.total_items, array.count)


def _miscounted(member: Member, announced: int | None, present: int) -> Issue:
    if announced is None:
        expected, found = "the number of its items", f"no number; {present} present"
        return Issue(kind="bad-value", where=member.name, field="totalItems", expected=expected, found=found)
    return Issue(
        kind="count-mismatch",
        where=member.name,
        field="totalItems",
        expected=f"{announced} items announced",
        found=f"{present} present",
        count=abs(announced - present),
    )


def _addresses(member: Member, owner: Owner, kind: str, drift: Drift) -> Iterator[AnyRow]:
    with member.open() as stream:
        array = Array(stream, member.name, key=_ITEMS)
        for index, uri in elements(array, _ADDRESS, drift, member.name, f"/{_ITEMS}"):
            target, handle = activities.author_of(uri)
            yield Interaction(
                **activities.named(owner, "", f"{owner.uri}#{kind}:{uri}"),
                pointer=f"/{_ITEMS}/{index}",
                kind=kind,
                actor=owner.uri,
                actor_handle=owner.handle,
                target=target,
                target_handle=handle,
                object=uri,
            )
        yield from _reconciled(member, array)


def _other(member: Member, owner: Owner) -> Iterator[AnyRow]:
    """Media are hashed and laid to their post where the outbox names them; anything else is said."""
    path = owner.media_key(member.name)
    named = owner.media.of(path)
    if named or member.base.startswith(("avatar", "header")) or "media_attachments/" in member.name:
        yield from files.one(member, platform="mastodon", named=named)
        return
    yield Issue(
        kind="not-recognised",
        where=member.name,
        expected="a file of a Mastodon archive",
        found=f"{member.size} bytes",
    )
