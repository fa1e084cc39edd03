"""Elements of an X archive's files other than tweets, every key known."""

from __future__ import annotations

import msgspec

from workbench.importers.status_shapes import Number, Shape, Status

_Raw = msgspec.Raw


class Wrapped(Shape, gc=False):
    """An element of ``tweets.js`` and its like."""

    tweet: Status


class AccountOf(Shape, gc=False, rename="camel"):
    """The account that asked for the archive; what no column holds is reported."""

    account_id: str = ""
    username: str = ""
    account_display_name: str = ""
    created_at: str = ""
    email: str | None = None
    phone_number: str | None = None
    created_via: str | None = None
    time_zone: str | None = None


class AccountElement(Shape, gc=False):
    """An element of ``account.js``."""

    account: AccountOf


class Description(Shape, gc=False):
    """What a profile says."""

    bio: str | None = ""
    website: str | None = ""
    location: str | None = ""


class ProfileOf(Shape, gc=False, rename="camel"):
    """A profile."""

    description: Description | None = None
    avatar_media_url: str | None = ""
    header_media_url: str | None = ""


class ProfileElement(Shape, gc=False):
    """An element of ``profile.js``."""

    profile: ProfileOf


class Like(Shape, gc=False, rename="camel"):
    """A liked tweet: its words, but neither its author nor when."""

    tweet_id: str = ""
    full_text: str | None = None
    expanded_url: str | None = ""


class LikeElement(Shape, gc=False):
    """An element of ``like.js``."""

    like: Like


class Peer(Shape, gc=False, rename="camel"):
    """The other side of a follow."""

    account_id: str = ""
    user_link: str | None = ""


class FollowerElement(Shape, gc=False):
    """An element of ``follower.js``."""

    follower: Peer


class FollowingElement(Shape, gc=False):
    """An element of ``following.js``."""

    following: Peer


class NoteUrl(Shape, gc=False, rename="camel"):
    """An address in a long tweet."""

    expanded_url: str | None = ""
    short_url: str | None = ""
    display_url: _Raw = _Raw()
    from_index: _Raw = _Raw()
    to_index: _Raw = _Raw()


class NoteTag(Shape, gc=False, rename="camel"):
    """A hashtag in a long tweet."""

    text: str = ""
    from_index: _Raw = _Raw()
    to_index: _Raw = _Raw()


class NoteCore(Shape, gc=False, rename="camel"):
    """The whole words of a long tweet."""

    text: str = ""
    urls: list[NoteUrl] | None = None
    hashtags: list[NoteTag] | None = None
    mentions: _Raw = _Raw()
    cashtags: _Raw = _Raw()
    styletags: _Raw = _Raw()
    inline_media: _Raw = _Raw()


class Note(Shape, gc=False, rename="camel"):
    """A long tweet. It does not say which tweet it belongs to."""

    note_tweet_id: str = ""
    created_at: str = ""
    updated_at: str | None = None
    core: NoteCore | None = None
    lifecycle: _Raw = _Raw()


class NoteElement(Shape, gc=False, rename="camel"):
    """An element of ``note-tweet.js``."""

    note_tweet: Note


class Reaction(Shape, gc=False, rename="camel"):
    """A reaction to a message."""

    sender_id: str = ""
    reaction_key: str = ""
    event_id: str | None = ""
    created_at: str = ""


class MessageUrl(Shape, gc=False):
    """An address in a message."""

    url: str | None = ""
    expanded: str | None = ""
    display: _Raw = _Raw()


class Message(Shape, gc=False, rename="camel"):
    """A direct message; times are ISO 8601 in UTC."""

    id: str = ""
    sender_id: str = ""
    recipient_id: str | None = ""
    text: str | None = None
    created_at: str = ""
    urls: list[MessageUrl] | None = None
    media_urls: list[str] | None = None
    reactions: list[Reaction] | None = None
    edit_history: list[_Raw] | None = None


class Event(Shape, gc=False, rename="camel"):
    """One event of a conversation; only messages become rows."""

    message_create: Message | None = None
    welcome_message_create: Message | None = None
    join_conversation: _Raw = _Raw()
    participants_join: _Raw = _Raw()
    participants_leave: _Raw = _Raw()
    conversation_name_update: _Raw = _Raw()
    conversation_avatar_update: _Raw = _Raw()


class Conversation(Shape, gc=False, rename="camel"):
    """A conversation of two or more."""

    conversation_id: str = ""
    messages: list[Event] = msgspec.field(default_factory=list)


class ConversationElement(Shape, gc=False, rename="camel"):
    """An element of ``direct-messages.js`` and its like."""

    dm_conversation: Conversation


class ManifestFile(msgspec.Struct, rename="camel"):
    """A data file, and how many elements it is said to hold."""

    file_name: str = ""
    count: Number = None


class ManifestType(msgspec.Struct, rename="camel"):
    """One kind of data."""

    files: list[ManifestFile] = msgspec.field(default_factory=list)


class ManifestUser(msgspec.Struct, rename="camel"):
    """Whose archive it is."""

    account_id: str = ""
    user_name: str = ""


class ManifestArchive(msgspec.Struct, rename="camel"):
    """Whether this is all."""

    is_partial_archive: bool | None = None


class Manifest(msgspec.Struct, rename="camel"):
    """``manifest.js``: what the archive is said to hold."""

    user_info: ManifestUser | None = None
    archive_info: ManifestArchive | None = None
    data_types: dict[str, ManifestType] = msgspec.field(default_factory=dict)
