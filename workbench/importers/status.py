"""One tweet as rows: the post, who it acts towards, its pictures, its place. Words of others stay theirs.

Identity: ``entity_id`` is ``x.com/statuses/<id>`` and ``x.com/accounts/<id>``; the versions of an edited tweet
share that of the first. A retweet yields the act and no words or mentions of its own; the retweeted tweet, where
the source gives it, is a row of its own.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from workbench import times
from workbench.importers.status_shapes import (
    Entities,
    Picture,
    Point,
    Status,
    User,
    count,
    film,
    identifier,
)
from workbench.rows import Account, AnyRow, Interaction, Media, Moment, Place, Post, PostVersion, Text

PLATFORM = "x"
_QUOTED = re.compile(
    r"https?://(?:mobile\.|www\.)?(?:twitter|x)\.com/([A-Za-z0-9_]{1,20})/status/([0-9]{1,20})"
)
_APPLICATION = re.compile(r">([^<]*)<")
_KINDS = {"photo": "image", "animated_gif": "gifv"}
_DEEPEST = 8
_NONE = Entities()


class Author(NamedTuple):
    """The account whose act it is."""

    entity: str
    handle: str


NOBODY = Author("", "")


def account_entity(native_id: str) -> str:
    """Give the entity_id of an account."""
    return f"x.com/accounts/{native_id}" if native_id else ""


def post_entity(native_id: str) -> str:
    """Give the entity_id of a tweet."""
    return f"x.com/statuses/{native_id}" if native_id else ""


def address(native_id: str) -> str:
    """Give the address of a tweet."""
    return f"https://x.com/i/status/{native_id}" if native_id else ""


def plain(raw: str) -> Text:
    """Take words as exports have them: three characters are escaped as in HTML."""
    return Text(raw, html.unescape(raw)) if "&" in raw else Text(raw, raw)


def at_sign(name: str | None) -> str:
    """Write a handle as people do."""
    return f"@{name}" if name else ""


@lru_cache(maxsize=4096)
def application(source: str) -> str:
    """Give the program's name out of the link that ``source`` is."""
    match = _APPLICATION.search(source)
    return html.unescape(match[1] if match else source)


class Reader:
    """Turns tweets into rows. ``owner`` is the author of tweets that name none (those of an archive)."""

    def __init__(self, owner: Author = NOBODY, *, state: str = "present", accounts: bool = True) -> None:
        self._owner = owner
        self._state = state
        self._accounts = Once() if accounts else None

    def rows(self, status: Status, pointer: str, depth: int = 0) -> Iterator[AnyRow]:
        """Yield the rows of a tweet and of those inside it."""
        author = self._owner
        if status.user is not None:
            author = Author(
                account_entity(identifier(status.user.id_str, status.user.id)),
                at_sign(status.user.screen_name),
            )
            if self._accounts is not None:
                yield from self._accounts.new(account(status.user, f"{pointer}/user"))
        yield from _Tweet(status, author, pointer, self._state).rows()
        if depth >= _DEEPEST:
            return
        if status.retweeted_status is not None:
            yield from self.rows(status.retweeted_status, f"{pointer}/retweeted_status", depth + 1)
        elif status.quoted_status is not None:  # a retweet repeats what the retweeted tweet quotes
            yield from self.rows(status.quoted_status, f"{pointer}/quoted_status", depth + 1)


class Once:
    """Passes an account on when it is new or differs from what was last said of it."""

    def __init__(self, most: int = 100_000) -> None:
        self._most = most
        self._last: dict[str, int] = {}

    def new(self, row: Account) -> Iterator[Account]:
        """Yield the row unless it was just said."""
        said = hash(
            (row.handle, row.name, row.note, row.followers, row.following, row.posts, row.icon, row.locked)
        )
        if self._last.get(row.entity_id) == said:
            return
        if len(self._last) >= self._most:
            self._last.clear()
        self._last[row.entity_id] = said
        yield row


def account(user: User, pointer: str) -> Account:
    """Give an account as it stood."""
    native_id = identifier(user.id_str, user.id)
    return Account(
        platform=PLATFORM,
        server="",
        native_id=native_id,
        uri=f"https://x.com/i/user/{native_id}" if native_id else "",
        entity_id=account_entity(native_id),
        pointer=pointer,
        handle=at_sign(user.screen_name),
        name=user.name or "",
        note=plain(user.description) if user.description else None,
        published=times.twitter(user.created_at) if user.created_at else None,
        followers=count(user.followers_count),
        following=count(user.friends_count),
        posts=count(user.statuses_count),
        locked=user.protected,
        icon=user.profile_image_url_https or user.profile_image_url or "",
        url=user.url or "",
    )


class _Tweet:
    """One tweet, with what several of its rows need."""

    __slots__ = (
        "author",
        "entities",
        "entity",
        "id",
        "kind",
        "pictures",
        "pointer",
        "quoted",
        "state",
        "status",
        "when",
    )

    def __init__(self, status: Status, author: Author, pointer: str, state: str) -> None:
        longer = status.extended_tweet
        self.status, self.author, self.pointer = status, author, pointer
        self.id = identifier(status.id_str, status.id)
        self.entities = (longer.entities if longer else None) or status.entities or _NONE
        extended = (longer.extended_entities if longer else None) or status.extended_entities
        self.pictures = (extended.media if extended else None) or self.entities.media or []
        self.when: Moment | None = times.twitter(status.created_at) if status.created_at else None
        self.quoted = self._quoted()
        self.kind = self._kind()
        self.entity, self.state = post_entity(self.id), state

    def _kind(self) -> str:
        status = self.status
        if status.retweeted_status is not None or self._retweets():
            return "repost"
        if status.in_reply_to_status_id_str or status.in_reply_to_status_id or status.in_reply_to_screen_name:
            return "reply"
        return "quote" if self.quoted[1] else "post"

    def _retweets(self) -> bool:
        """An archive has a retweet as its first words: ``RT @name: …``, the name being the first mention."""
        words = self.status.full_text or self.status.text or ""
        mentions = self.entities.user_mentions
        if not words.startswith("RT @") or not mentions:
            return False
        name = mentions[0].screen_name or ""
        return words[4 : 5 + len(name)].lower() == f"{name}:".lower()

    def _quoted(self) -> tuple[str, str]:
        """Give handle and id of the quoted tweet; in an archive it is a tweet's address that ends the tweet."""
        status = self.status
        native_id = identifier(status.quoted_status_id_str, status.quoted_status_id)
        inner = status.quoted_status
        if inner is not None and inner.user is not None:
            return at_sign(inner.user.screen_name), native_id or identifier(inner.id_str, inner.id)
        urls = self.entities.urls
        match = _QUOTED.match(urls[-1].expanded_url or "") if urls else None
        if match is None:
            return "", native_id
        return (at_sign(match[1]), native_id or match[2]) if native_id in {"", match[2]} else ("", native_id)

    def rows(self) -> Iterator[AnyRow]:
        versions = self._versions()
        if versions:
            self.entity = post_entity(versions[0])
            self.state = "edited" if self.state == "present" else self.state
            yield self._version(versions)
        yield self._post()
        if self.kind == "repost":
            yield self._repost()
        else:
            yield from self._acts()
            for number, picture in enumerate(self.pictures):
                yield self._media(picture, number)
        status = self.status
        if status.place is not None or status.coordinates is not None or status.geo is not None:
            yield self._place()

    def _words(self) -> Text | None:
        status = self.status
        raw = status.extended_tweet.full_text if status.extended_tweet else None
        raw = raw or (status.text if status.full_text is None else status.full_text)
        return None if raw is None else plain(raw)

    def _post(self) -> Post:
        status, found = self.status, self.entities
        return Post(
            platform=PLATFORM,
            server="",
            native_id=self.id,
            uri=address(self.id),
            entity_id=self.entity,
            pointer=self.pointer,
            author=self.author.entity,
            author_handle=self.author.handle,
            kind=self.kind,
            published=self.when,
            content=self._words(),
            language=status.lang or "",
            in_reply_to=identifier(status.in_reply_to_status_id_str, status.in_reply_to_status_id),
            in_reply_to_author=at_sign(status.in_reply_to_screen_name)
            or identifier(status.in_reply_to_user_id_str, status.in_reply_to_user_id),
            quotes="" if self.kind == "repost" else self.quoted[1],
            conversation=identifier(status.conversation_id_str, status.conversation_id),
            state=self.state,
            sensitive=status.possibly_sensitive,
            likes=count(status.favorite_count),
            reposts=count(status.retweet_count),
            replies=count(status.reply_count),
            tags=tuple([tag.text for tag in found.hashtags]) if found.hashtags else (),
            links=tuple([url.expanded_url or url.url or "" for url in found.urls]) if found.urls else (),
            application=application(status.source) if status.source else "",
        )

    def _act(self, kind: str, target: str, handle: str, about: str) -> Interaction:
        return Interaction(
            platform=PLATFORM,
            server="",
            native_id=self.id,
            uri=address(self.id),
            entity_id=f"{self.entity}#{kind}:{handle or target or about}",
            pointer=self.pointer,
            kind=kind,
            actor=self.author.entity,
            actor_handle=self.author.handle,
            target=target,
            target_handle=handle,
            object=about,
            post=self.entity,
            published=self.when,
        )

    def _repost(self) -> Interaction:
        inner = self.status.retweeted_status
        if inner is not None and inner.user is not None:
            target = account_entity(identifier(inner.user.id_str, inner.user.id))
            about = post_entity(identifier(inner.id_str, inner.id))
            return self._act("repost", target, at_sign(inner.user.screen_name), about)
        mentions = self.entities.user_mentions
        if not mentions:
            return self._act("repost", "", "", "")
        whom = account_entity(identifier(mentions[0].id_str, mentions[0].id))
        return self._act("repost", whom, at_sign(mentions[0].screen_name), "")

    def _acts(self) -> Iterator[Interaction]:
        status = self.status
        if self.kind == "reply":
            target = account_entity(identifier(status.in_reply_to_user_id_str, status.in_reply_to_user_id))
            about = post_entity(identifier(status.in_reply_to_status_id_str, status.in_reply_to_status_id))
            yield self._act("reply", target, at_sign(status.in_reply_to_screen_name), about)
        if self.quoted[1]:
            inner = status.quoted_status.user if status.quoted_status else None
            target = account_entity(identifier(inner.id_str, inner.id)) if inner else ""
            yield self._act("quote", target, self.quoted[0], post_entity(self.quoted[1]))
        for mention in self.entities.user_mentions or ():
            native_id = identifier(mention.id_str, mention.id)
            target = "" if native_id == "-1" else account_entity(native_id)  # -1: no such account any more
            yield self._act("mention", target, at_sign(mention.screen_name), "")

    def _media(self, picture: Picture, number: int) -> Media:
        size = picture.sizes.large if picture.sizes else None
        video = picture.video_info
        millis = count(video.duration_millis) if video else None
        native_id = identifier(picture.id_str, picture.id)
        kind = picture.type or ""
        return Media(
            platform=PLATFORM,
            server="",
            native_id=native_id,
            uri=film(video.variants if video else None) or picture.media_url_https or picture.media_url or "",
            entity_id=f"{self.entity}#media:{native_id or number}",
            pointer=self.pointer,
            post=self.entity,
            kind=_KINDS.get(kind, kind),
            description=picture.ext_alt_text or "",
            width=count(size.w) if size else None,
            height=count(size.h) if size else None,
            duration=None if millis is None else millis / 1000,
        )

    def _place(self) -> Place:
        status = self.status
        longitude, latitude = _pair(status.coordinates)
        if latitude is None:
            latitude, longitude = _pair(status.geo)
        place = status.place
        return Place(
            platform=PLATFORM,
            server="",
            native_id=self.id,
            uri=address(self.id),
            entity_id=f"{self.entity}#place",
            pointer=self.pointer,
            about=self.entity,
            source="geotag",
            name=(place.full_name or place.name or "") if place else "",
            latitude=latitude,
            longitude=longitude,
            published=self.when,
        )

    def _versions(self) -> list[str]:
        """Give the ids of all versions where there are several, oldest first."""
        info, history = self.status.edit_info, self.status.edit_history
        ids = info.initial.edit_tweet_ids if info and info.initial else None
        if info and info.edit and info.edit.edit_control_initial:
            ids = info.edit.edit_control_initial.edit_tweet_ids
        ids = ids or (history.edit_tweet_ids if history else None)
        return ids if ids and len(ids) > 1 else []

    def _version(self, versions: list[str]) -> PostVersion:
        return PostVersion(
            platform=PLATFORM,
            server="",
            native_id=self.id,
            uri=address(self.id),
            entity_id=self.entity,
            pointer=self.pointer,
            version=versions.index(self.id) if self.id in versions else len(versions),
            author=self.author.entity,
            published=self.when,
            content=self._words(),
        )


def _pair(point: Point | None) -> tuple[float | None, float | None]:
    if point is None or point.coordinates is None or len(point.coordinates) != 2:
        return None, None
    try:
        first, second = (float(value) for value in point.coordinates if value is not None)
    except ValueError:
        return None, None
    return first, second
