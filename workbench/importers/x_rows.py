"""Rows from the elements of an X archive's files other than tweets."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator

from workbench import times
from workbench.importers.drift import Drift
from workbench.importers.files import Attachments
from workbench.importers.status import Author, account_entity, address, at_sign, plain, post_entity
from workbench.importers.status_shapes import Status, identifier
from workbench.importers.x_shapes import (
    AccountElement,
    ConversationElement,
    FollowerElement,
    FollowingElement,
    LikeElement,
    Message,
    NoteElement,
    ProfileElement,
    Reaction,
)
from workbench.rows import Account, AnyRow, Interaction, Media, Moment, Place, Post, Text

_BEGINNING = 60
_UNHELD = ("email", "phone_number", "created_via", "time_zone")


class Context:
    """Whose archive it is, which long tweets wait for the tweet that they continue, and what the posts carry."""

    def __init__(self, owner: Author) -> None:
        self.owner = owner
        self.drift = Drift("")
        self.notes: dict[str, str] = {}  # moment and beginning -> id of the tweet
        self.media = (
            Attachments()
        )  # by the stem of its file's name, which X makes up of letters drawn at random

    def noted(self, rows: Iterable[AnyRow]) -> Iterator[AnyRow]:
        """Hand rows on, and remember what their posts carry."""
        for row in rows:
            if isinstance(row, Media) and row.post:
                self.media.add(stem(row.uri), row)
            yield row

    def meet(self, tweet: Status) -> None:
        """Remember a tweet's id where a long tweet was made in the same second and begins alike."""
        moment = times.twitter(tweet.created_at or "")
        key = _key(moment, html.unescape(tweet.full_text or ""))
        if key in self.notes:
            self.notes[key] = identifier(tweet.id_str, tweet.id)


def note_key(created_at: str, words: str) -> str:
    """Give what a long tweet and its tweet have in common."""
    return _key(times.iso(created_at), html.unescape(words))


def _key(moment: Moment, words: str) -> str:
    second = "" if moment.utc is None else str(moment.utc // 1_000_000)
    return f"{second} {words[:_BEGINNING]}"


def account(one: AccountElement, pointer: str, context: Context) -> Iterator[AnyRow]:
    """Yield the owner's account; the first one told is the author of all that names none."""
    found = one.account
    entity = account_entity(found.account_id)
    if entity and context.owner.entity in {"", entity}:
        context.owner = Author(entity, at_sign(found.username))
    for name in _UNHELD:
        if getattr(found, name):
            context.drift.note(
                "not-recognised",
                f"account.{name}",
                expected="a column",
                found="there is a value; see the exhibit",
                pointer=pointer,
            )
    yield Account(
        platform="x",
        server="",
        native_id=found.account_id,
        uri=f"https://x.com/i/user/{found.account_id}",
        entity_id=entity,
        pointer=pointer,
        handle=at_sign(found.username),
        name=found.account_display_name,
        published=times.iso(found.created_at) if found.created_at else None,
    )


def profile(one: ProfileElement, pointer: str, context: Context) -> Iterator[AnyRow]:
    """Yield what the owner's profile says, and the place it names."""
    found, owner = one.profile, context.owner
    said = found.description
    native_id = owner.entity.rpartition("/")[2]
    yield Account(
        platform="x",
        server="",
        native_id=native_id,
        entity_id=owner.entity,
        pointer=pointer,
        handle=owner.handle,
        note=plain(said.bio) if said and said.bio else None,
        icon=found.avatar_media_url or "",
        url=(said.website or "") if said else "",
    )
    if said and said.location:
        yield Place(
            platform="x",
            server="",
            native_id=native_id,
            entity_id=f"{owner.entity}#place",
            pointer=pointer,
            about=owner.entity,
            source="stated",
            name=said.location,
        )


def like(one: LikeElement, pointer: str, context: Context) -> Iterator[AnyRow]:
    """Yield the act, and the liked words where the archive has them; neither time nor author is told."""
    found, owner = one.like, context.owner
    entity = post_entity(found.tweet_id)
    yield Interaction(
        platform="x",
        server="",
        native_id=found.tweet_id,
        uri=found.expanded_url or "",
        entity_id=f"{owner.entity}#like:{found.tweet_id}",
        pointer=pointer,
        kind="like",
        actor=owner.entity,
        actor_handle=owner.handle,
        object=entity,
    )
    if found.full_text is not None:
        yield Post(
            platform="x",
            server="",
            native_id=found.tweet_id,
            uri=address(found.tweet_id),
            entity_id=entity,
            pointer=pointer,
            author="",
            content=plain(found.full_text),
        )


def follower(one: FollowerElement, pointer: str, context: Context) -> Iterator[AnyRow]:
    """Yield that someone follows the owner."""
    native_id = one.follower.account_id
    yield _follow(native_id, Author(account_entity(native_id), ""), context.owner, pointer)


def following(one: FollowingElement, pointer: str, context: Context) -> Iterator[AnyRow]:
    """Yield that the owner follows someone."""
    native_id = one.following.account_id
    yield _follow(native_id, context.owner, Author(account_entity(native_id), ""), pointer)


def _follow(native_id: str, actor: Author, target: Author, pointer: str) -> Interaction:
    return Interaction(
        platform="x",
        server="",
        native_id=native_id,
        entity_id=f"{actor.entity}#follow:{target.entity}",
        pointer=pointer,
        kind="follow",
        actor=actor.entity,
        actor_handle=actor.handle,
        target=target.entity,
        target_handle=target.handle,
    )


def note(one: NoteElement, pointer: str, context: Context) -> Iterator[AnyRow]:
    """Yield a long tweet's whole words, as the tweet it continues where that was found."""
    found, owner = one.note_tweet, context.owner
    core = found.core
    words = core.text if core else ""
    native_id = context.notes.get(note_key(found.created_at, words), "")
    if not native_id:
        context.drift.note(
            "disagreement",
            "noteTweet.noteTweetId",
            expected="a tweet of the same second that begins alike",
            found=found.note_tweet_id,
            pointer=pointer,
        )
    yield Post(
        platform="x",
        server="",
        native_id=native_id or found.note_tweet_id,
        uri=address(native_id),
        entity_id=post_entity(native_id) or f"x.com/notes/{found.note_tweet_id}",
        pointer=pointer,
        author=owner.entity,
        author_handle=owner.handle,
        published=times.iso(found.created_at) if found.created_at else None,
        content=plain(words),
        tags=tuple(tag.text for tag in (core.hashtags if core else None) or ()),
        links=tuple(url.expanded_url or url.short_url or "" for url in (core.urls if core else None) or ()),
    )


def conversation(one: ConversationElement, pointer: str, context: Context) -> Iterator[AnyRow]:
    """Yield the messages of a conversation; comings and goings are noted, not read."""
    found = one.dm_conversation
    for number, event in enumerate(found.messages):
        where = f"{pointer}/dmConversation/messages/{number}"
        message = event.message_create or event.welcome_message_create
        if message is None:
            context.drift.note(
                "not-recognised",
                "dmConversation.messages",
                expected="a message",
                found="another event: someone joined, left or renamed",
                pointer=where,
            )
            continue
        yield from _message(message, found.conversation_id, where, context)


def _message(message: Message, conversation_id: str, pointer: str, context: Context) -> Iterator[AnyRow]:
    entity = f"x.com/messages/{message.id}"
    sender = _side(message.sender_id, context)
    receiver = _side(message.recipient_id or "", context)
    when = times.iso(message.created_at) if message.created_at else None
    if message.edit_history:
        context.drift.note(
            "not-recognised", "messageCreate.editHistory", expected="a column", found="edits", pointer=pointer
        )
    yield Post(
        platform="x",
        server="",
        native_id=message.id,
        entity_id=entity,
        pointer=pointer,
        author=sender.entity,
        author_handle=sender.handle,
        kind="message",
        published=when,
        content=_words(message),
        conversation=conversation_id,
        visibility="direct",
        state="edited" if message.edit_history else "present",
        links=tuple(url.expanded or url.url or "" for url in message.urls or ()),
    )
    yield _towards("message", message.id, entity, sender, receiver, when, pointer)
    for number, uri in enumerate(message.media_urls or ()):
        yield Media(
            platform="x",
            server="",
            native_id="",
            uri=uri,
            entity_id=f"{entity}#media:{number}",
            pointer=pointer,
            post=entity,
        )
    for reaction in message.reactions or ():
        yield _reaction(reaction, message.id, entity, sender, pointer, context)


def _words(message: Message) -> Text | None:
    return None if message.text is None else plain(message.text)


def _reaction(
    reaction: Reaction, native_id: str, entity: str, sender: Author, pointer: str, context: Context
) -> Interaction:
    when = times.iso(reaction.created_at) if reaction.created_at else None
    return _towards("like", native_id, entity, _side(reaction.sender_id, context), sender, when, pointer)


def _side(native_id: str, context: Context) -> Author:
    entity = account_entity(native_id)
    return context.owner if entity == context.owner.entity else Author(entity, "")


def _towards(
    kind: str,
    native_id: str,
    entity: str,
    actor: Author,
    target: Author,
    when: Moment | None,
    pointer: str,
) -> Interaction:
    return Interaction(
        platform="x",
        server="",
        native_id=native_id,
        entity_id=f"{entity}#{kind}:{actor.entity}",
        pointer=pointer,
        kind=kind,
        actor=actor.entity,
        actor_handle=actor.handle,
        target=target.entity,
        target_handle=target.handle,
        object=entity,
        post=entity,
        published=when,
    )


def stem(address: str) -> str:
    """Give what names a file in its address and in an archive: the last part, without what follows a dot."""
    return address.partition("?")[0].rpartition("/")[2].partition(".")[0]


def media_of(folder: str, native_id: str) -> str:
    """Give the post that a media file belongs to, by its folder and the number its name begins with."""
    if not native_id or folder.startswith("profile"):
        return ""
    return f"x.com/messages/{native_id}" if folder.startswith("direct_message") else post_entity(native_id)
