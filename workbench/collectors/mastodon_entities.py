"""Mastodon's accounts, statuses and edits as rows. Words of others are never laid to who boosts them.

Identity: ``entity_id`` is the ActivityPub ``uri`` where the server gives one, so that the same post or
account seen through two servers is one thing. Where it gives none (edit histories, old servers' accounts,
mentions) it is what the same answer tells elsewhere, else ``server/kind/native_id``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict
from urllib.parse import urlsplit

from workbench import times
from workbench.collectors import mastodon_known as known
from workbench.collectors.fields import Drift, Fields
from workbench.rows import Account, AnyRow, Interaction, Media, Moment, Post, PostVersion, Text
from workbench.text import from_plain

PLATFORM = "mastodon"


class Name(TypedDict):
    """The columns that say which thing a row is about."""

    platform: str
    server: str
    native_id: str
    uri: str
    entity_id: str


class Status:
    """One status with the objects inside it, each wrapped once, so that oddities are counted once.

    Real servers nest two deep (a boost of a quote); what nests deeper than eight is left in the exhibit.
    """

    def __init__(self, fields: Fields, room: int = 8) -> None:
        self.fields = fields
        self.id = fields.string("id")
        self.account = fields.part("account", known.ACCOUNT, "account")
        self.mentions = fields.parts("mentions", known.MENTION, "mention")
        self.boosted = _within(fields.part("reblog", known.STATUS, "status"), room)
        quote = fields.part("quote", known.QUOTE | known.STATUS, "quote")
        self.quote = quote
        self.quoted = _within(quote.part("quoted_status", known.STATUS, "status"), room) if quote else None

    def inside(self) -> list[Status]:
        """Give the statuses that it shows of others: the boosted and the quoted one."""
        return [one for one in (self.boosted, self.quoted) if one is not None]


def _within(fields: Fields | None, room: int) -> Status | None:
    return Status(fields, room - 1) if fields is not None and room else None


class Reader:
    """Turns entities of one answer into rows; what the answer tells of ids serves all of its rows."""

    def __init__(self, server: str, drift: Drift) -> None:
        self._server = server
        self._drift = drift
        self._accounts: dict[str, tuple[str, str]] = {}  # native id -> entity_id, handle
        self._posts: dict[str, str] = {}  # native id -> entity_id

    def name(self, kind: str, native_id: str, uri: str = "") -> Name:
        """Name a thing: ``kind`` is ``accounts``, ``statuses`` or ``media``."""
        entity = uri or (f"{self._server}/{kind}/{native_id}" if native_id else "")
        return Name(platform=PLATFORM, server=self._server, native_id=native_id, uri=uri, entity_id=entity)

    def accounts(self, accounts: list[Fields]) -> Iterator[AnyRow]:
        """Yield one row per account, however often an answer repeats it."""
        waiting = list(reversed(accounts))
        while waiting:
            fields = waiting.pop()
            if fields.string("id") in self._accounts:
                continue
            moved = fields.part("moved", known.ACCOUNT, "account")
            waiting += [moved] if moved else []
            self._learn(fields)
            yield self._account(fields, self._handle(moved) if moved else "")

    def statuses(self, all_fields: list[Fields]) -> Iterator[AnyRow]:
        """Yield the rows of an answer's statuses, those inside them included."""
        statuses = [Status(fields) for fields in all_fields]
        every = list(_flat(statuses))
        yield from self.accounts([one.account for one in every if one.account is not None])
        for one in every:
            self._posts[one.id] = self.name("statuses", one.id, one.fields.string("uri"))["entity_id"]
        for one in every:
            yield from self._status(one)

    def edits(self, edits: list[Fields], native_id: str) -> Iterator[AnyRow]:
        """Yield the versions of one status, oldest first as the server lists them."""
        for version, edit in enumerate(edits):
            account = edit.part("account", known.ACCOUNT, "account")
            yield from self.accounts([account] if account else [])
            self._unread(edit, "poll", "poll")
            yield PostVersion(
                **self.name("statuses", native_id, _own_uri(account, native_id)),
                pointer=edit.pointer,
                version=version,
                author=self._known_account(account)[0],
                published=moment(edit, "created_at"),
                content=edit.html("content"),
            )

    # -- accounts

    def _learn(self, account: Fields) -> None:
        native_id = account.string("id")
        entity = self.name("accounts", native_id, account.string("uri"))["entity_id"]
        self._accounts[native_id] = (entity, self._handle(account))

    def _known_account(self, account: Fields | None) -> tuple[str, str]:
        return ("", "") if account is None else self._accounts.get(account.string("id"), ("", ""))

    def _handle(self, account: Fields) -> str:
        acct = account.string("acct") or account.string("username")
        if "@" in acct or not acct:
            return acct and f"@{acct}"
        home = account.string("uri") or account.string("url")
        return f"@{acct}@{host(home) or self._server}"

    def _account(self, account: Fields, moved_to: str) -> Account:
        return Account(
            **self.name("accounts", account.string("id"), account.string("uri")),
            pointer=account.pointer,
            handle=self._handle(account),
            name=account.string("display_name"),
            note=account.html("note"),
            published=moment(account, "created_at"),
            followers=account.number("followers_count"),
            following=account.number("following_count"),
            posts=account.number("statuses_count"),
            bot=account.flag("bot"),
            locked=account.flag("locked"),
            icon=account.string("avatar"),
            url=account.string("url"),
            moved_to=moved_to,
        )

    # -- statuses

    def _status(self, status: Status) -> Iterator[AnyRow]:
        yield self._post(status)
        yield from self._acts(status)
        if status.boosted is None:  # a boost repeats the pictures of what it boosts
            for media in status.fields.parts("media_attachments", known.MEDIA, "media"):
                yield self._media(media, self._posts[status.id])
        self._unread(status.fields, "poll", "poll")

    def _post(self, status: Status) -> Post:
        fields = status.fields
        author, handle = self._known_account(status.account)
        edited = moment(fields, "edited_at")
        card = fields.part("card", known.CARD, "card")
        application = fields.part("application", known.APPLICATION, "application")
        return Post(
            **self.name("statuses", status.id, fields.string("uri")),
            pointer=fields.pointer,
            author=author,
            author_handle=handle,
            kind=_kind(status),
            published=moment(fields, "created_at"),
            updated=edited,
            content=None if status.boosted else _content(fields),
            summary=fields.string("spoiler_text"),
            language=fields.string("language"),
            in_reply_to=fields.string("in_reply_to_id"),
            in_reply_to_author=self._answered(status)[1] or fields.string("in_reply_to_account_id"),
            quotes=_quotes(status),
            visibility=fields.string("visibility"),
            state="edited" if edited else "present",
            sensitive=fields.flag("sensitive"),
            likes=fields.number("favourites_count"),
            reposts=fields.number("reblogs_count"),
            replies=fields.number("replies_count"),
            tags=tuple(tag.string("name") for tag in fields.parts("tags", known.TAG, "tag")),
            links=(card.string("url"),) if card and card.has("url") else (),
            application=application.string("name") if application else "",
        )

    def _answered(self, status: Status) -> tuple[str, str]:
        """Give entity and handle of the account that a status answers, as far as this answer tells."""
        native_id = status.fields.string("in_reply_to_account_id")
        if native_id in self._accounts:
            return self._accounts[native_id]
        named = next((one for one in status.mentions if native_id and one.string("id") == native_id), None)
        return ("", self._handle(named)) if named else ("", "")

    def _acts(self, status: Status) -> Iterator[Interaction]:
        if status.boosted is not None:
            yield self._act(status, "repost", self._known_account(status.boosted.account), status.boosted.id)
            return
        replied = status.fields.string("in_reply_to_id")
        if replied:
            yield self._act(status, "reply", self._answered(status), replied)
        if status.quoted is not None:
            yield self._act(status, "quote", self._known_account(status.quoted.account), status.quoted.id)
        for mention in status.mentions:
            entity = self._accounts.get(mention.string("id"), ("", ""))[0]
            yield self._act(status, "mention", (entity, self._handle(mention)), "", mention.pointer)

    def _act(
        self, status: Status, kind: str, whom: tuple[str, str], about: str, pointer: str = ""
    ) -> Interaction:
        actor, handle = self._known_account(status.account)
        name = self.name("statuses", status.id, status.fields.string("uri"))
        name["entity_id"] = f"{name['entity_id']}#{kind}:{whom[1] or whom[0] or about}"
        return Interaction(
            **name,
            pointer=pointer or status.fields.pointer,
            kind=kind,
            actor=actor,
            actor_handle=handle,
            target=whom[0],
            target_handle=whom[1],
            object=self._posts.get(about, about),
            post=self._posts[status.id],
            published=moment(status.fields, "created_at"),
        )

    def _media(self, media: Fields, post: str) -> Media:
        meta = media.part("meta", known.META, "media.meta")
        size = meta.part("original", known.SIZE, "media.meta.original") if meta else None
        name = self.name("media", media.string("id"), media.string("url") or media.string("remote_url"))
        return Media(
            **name,
            pointer=media.pointer,
            post=post,
            kind=media.string("type"),
            description=media.string("description"),
            width=size.number("width") if size else None,
            height=size.number("height") if size else None,
            duration=size.real("duration") if size else None,
        )

    def _unread(self, fields: Fields, key: str, what: str) -> None:
        if fields.has(key):
            self._drift.note("not-recognised", f"status.{key}", expected="a column", found=f"a {what}")


def _flat(statuses: list[Status]) -> Iterator[Status]:
    stack = list(reversed(statuses))
    while stack:
        one = stack.pop()
        yield one
        stack.extend(reversed(one.inside()))


def _kind(status: Status) -> str:
    if status.boosted is not None:
        return "repost"
    if status.fields.has("in_reply_to_id"):
        return "reply"
    return "quote" if status.quote is not None else "post"


def _quotes(status: Status) -> str:
    if status.quoted is not None:
        return status.quoted.id
    return status.quote.string("quoted_status_id") if status.quote else ""


def _content(fields: Fields) -> Text | None:
    # Answers to a deletion, and the source for an editor, carry "text" as typed in place of HTML.
    return fields.html("content") if fields.has("content") else _typed(fields)


def _typed(fields: Fields) -> Text | None:
    return from_plain(fields.string("text")) if fields.has("text") else fields.html("content")


def _own_uri(account: Fields | None, native_id: str) -> str:
    # A history names no post. For its own accounts Mastodon's address of a post is the account's with the id
    # (ActivityPub::TagManager#uri_for); for accounts of other servers it cannot be known from here.
    if account is None or "@" in account.string("acct") or not account.has("uri"):
        return ""
    return f"{account.string('uri')}/statuses/{native_id}"


def moment(fields: Fields, key: str) -> Moment | None:
    """Read a time with its zone; None where the key is absent."""
    return times.iso(fields.string(key)) if fields.has(key) else None


def host(address: str) -> str:
    """Give ``host`` or ``host:port`` of an address, in lower case; empty where there is none."""
    try:
        return urlsplit(address).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""
