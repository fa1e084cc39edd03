"""Tweets and accounts of the API v2 as rows, from a page or from the flattened form.

Identity is as in ``workbench.importers.status``. A retweet yields the act; the retweeted tweet, where the source
holds its words, is a row of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench import times
from workbench.importers import twarc_shapes as v2
from workbench.importers.status import (
    PLATFORM,
    Author,
    Once,
    account_entity,
    address,
    application,
    at_sign,
    plain,
    post_entity,
)
from workbench.importers.status_shapes import count, film
from workbench.rows import Account, AnyRow, Interaction, Media, Place, Post, PostVersion, Text

_KINDS = {"photo": "image", "animated_gif": "gifv"}
_ACTS = {"retweeted": "repost", "replied_to": "reply", "quoted": "quote"}
_DEEPEST = 8
_NONE = v2.Entities()


class Reader:
    """Turns what is in one line into rows; what the page includes serves all of its tweets."""

    def __init__(self, accounts: Once) -> None:
        self._once = accounts
        self._handles: dict[str, str] = {}
        self._authors: dict[str, str] = {}  # tweet -> account
        self._media: dict[str, v2.Media] = {}
        self._places: dict[str, v2.Locality] = {}

    def includes(self, found: v2.Includes, pointer: str) -> Iterator[AnyRow]:
        """Take in what a page includes; yield its accounts. Its tweets follow with ``included``."""
        for number, user in enumerate(found.users or ()):
            yield from self.user(user, f"{pointer}/users/{number}")
        for tweet in found.tweets or ():
            self._authors[tweet.id] = tweet.author_id or ""
        self._media |= {one.media_key: one for one in found.media or ()}
        self._places |= {one.id: one for one in found.places or ()}

    def included(self, found: v2.Includes, pointer: str) -> Iterator[AnyRow]:
        """Yield the rows of the tweets that a page includes because others refer to them."""
        for number, tweet in enumerate(found.tweets or ()):
            yield from self.tweet(tweet, f"{pointer}/tweets/{number}")

    def user(self, user: v2.User, pointer: str) -> Iterator[AnyRow]:
        """Yield an account, unless the same was just said of it."""
        self._handles[user.id] = at_sign(user.username)
        counts = user.public_metrics or v2.Metrics()
        yield from self._once.new(
            Account(
                platform=PLATFORM,
                server="",
                native_id=user.id,
                uri=f"https://x.com/i/user/{user.id}",
                entity_id=account_entity(user.id),
                pointer=pointer,
                handle=at_sign(user.username),
                name=user.name or "",
                note=plain(user.description) if user.description else None,
                published=times.iso(user.created_at) if user.created_at else None,
                followers=count(counts.followers_count),
                following=count(counts.following_count),
                posts=count(counts.tweet_count),
                locked=user.protected,
                icon=user.profile_image_url or "",
                url=user.url or "",
            )
        )

    def tweet(self, tweet: v2.Tweet, pointer: str, depth: int = 0) -> Iterator[AnyRow]:
        """Yield the rows of a tweet and of those nested in it."""
        if tweet.author is not None:
            yield from self.user(tweet.author, f"{pointer}/author")
        references = tweet.referenced_tweets or []
        for one in references:
            if one.author_id:
                self._authors[one.id] = one.author_id
            if one.author is not None:
                self._handles[one.author.id] = at_sign(one.author.username)
        if tweet.in_reply_to_user is not None:
            yield from self.user(tweet.in_reply_to_user, f"{pointer}/in_reply_to_user")
        yield from self._rows(tweet, pointer)
        for number, one in enumerate(references):
            if one.text is not None and depth < _DEEPEST:
                yield from self.tweet(one, f"{pointer}/referenced_tweets/{number}", depth + 1)

    def _rows(self, tweet: v2.Tweet, pointer: str) -> Iterator[AnyRow]:
        entity = post_entity((tweet.edit_history_tweet_ids or [tweet.id])[0])
        author = Author(account_entity(tweet.author_id or ""), self._handles.get(tweet.author_id or "", ""))
        post = self._post(tweet, pointer, entity, author)
        yield post
        if post.state == "edited":
            yield _version(tweet, post)
        yield from self._acts(tweet, post)
        if post.kind != "repost":
            yield from self._pictures(tweet, pointer, entity)
        if tweet.geo is not None:
            yield self._place(tweet, tweet.geo, post)

    def _post(self, tweet: v2.Tweet, pointer: str, entity: str, author: Author) -> Post:
        said = {one.type: one.id for one in tweet.referenced_tweets or ()}
        found = tweet.entities or _NONE
        counts = tweet.public_metrics or v2.Metrics()
        kinds = [_ACTS[kind] for kind in ("retweeted", "replied_to", "quoted") if kind in said]
        replied = tweet.in_reply_to_user_id or ""
        return Post(
            platform=PLATFORM,
            server="",
            native_id=tweet.id,
            uri=address(tweet.id),
            entity_id=entity,
            pointer=pointer,
            author=author.entity,
            author_handle=author.handle,
            kind=kinds[0] if kinds else "reply" if replied else "post",
            published=times.iso(tweet.created_at) if tweet.created_at else None,
            content=_words(tweet),
            language=tweet.lang or "",
            in_reply_to=said.get("replied_to", ""),
            in_reply_to_author=self._handles.get(replied, "") or replied,
            quotes=said.get("quoted", ""),
            conversation=tweet.conversation_id or "",
            state="edited" if len(tweet.edit_history_tweet_ids or ()) > 1 else "present",
            sensitive=tweet.possibly_sensitive,
            likes=count(counts.like_count),
            reposts=count(counts.retweet_count),
            replies=count(counts.reply_count),
            views=count(counts.impression_count),
            tags=tuple(one.tag for one in found.hashtags or ()),
            links=tuple(one.expanded_url or one.url or "" for one in found.urls or ()),
            application=application(tweet.source) if tweet.source else "",
        )

    def _acts(self, tweet: v2.Tweet, post: Post) -> Iterator[Interaction]:
        references = tweet.referenced_tweets or []
        for one in references:
            kind = _ACTS.get(one.type or "")
            if kind is None or (post.kind == "repost" and kind != "repost"):
                continue
            native_id = self._authors.get(one.id, "")
            if kind == "reply":
                native_id = tweet.in_reply_to_user_id or native_id
            yield self._act(post, kind, native_id, self._handles.get(native_id, ""), post_entity(one.id))
        if post.kind == "repost":
            return  # the words, and so the mentions, are another's
        if post.kind == "reply" and not post.in_reply_to:
            native_id = tweet.in_reply_to_user_id or ""
            yield self._act(post, "reply", native_id, self._handles.get(native_id, ""), "")
        for mention in (tweet.entities or _NONE).mentions or ():
            yield self._act(post, "mention", mention.id, at_sign(mention.username), "")

    def _act(self, post: Post, kind: str, native_id: str, handle: str, about: str) -> Interaction:
        target = account_entity(native_id)
        return Interaction(
            platform=PLATFORM,
            server="",
            native_id=post.native_id,
            uri=post.uri,
            entity_id=f"{post.entity_id}#{kind}:{handle or target or about}",
            pointer=post.pointer,
            kind=kind,
            actor=post.author,
            actor_handle=post.author_handle,
            target=target,
            target_handle=handle,
            object=about,
            post=post.entity_id,
            published=post.published,
        )

    def _pictures(self, tweet: v2.Tweet, pointer: str, entity: str) -> Iterator[Media]:
        attached = tweet.attachments or v2.Attachments()
        # Flattened tweets bring their media along; what was not included is an empty object there.
        known = self._media | {one.media_key: one for one in attached.media or () if one.media_key}
        keys = dict.fromkeys([*(attached.media_keys or ()), *(one.media_key for one in attached.media or ())])
        for one in (known.get(key, v2.Media(media_key=key)) for key in keys if key):
            millis = count(one.duration_ms)
            yield Media(
                platform=PLATFORM,
                server="",
                native_id=one.media_key,
                uri=one.url or film(one.variants) or one.preview_image_url or "",
                entity_id=f"{entity}#media:{one.media_key}",
                pointer=pointer,
                post=entity,
                kind=_KINDS.get(one.type or "", one.type or ""),
                description=one.alt_text or "",
                width=count(one.width),
                height=count(one.height),
                duration=None if millis is None else millis / 1000,
            )

    def _place(self, tweet: v2.Tweet, geo: v2.Geo, post: Post) -> Place:
        named = geo.place or self._places.get(geo.place_id or "")
        longitude = latitude = None
        pair = geo.coordinates.coordinates if geo.coordinates else None
        if pair is not None and len(pair) == 2:
            longitude, latitude = _degrees(pair[0]), _degrees(pair[1])
        return Place(
            platform=PLATFORM,
            server="",
            native_id=tweet.id,
            uri=address(tweet.id),
            entity_id=f"{post.entity_id}#place",
            pointer=post.pointer,
            about=post.entity_id,
            source="geotag",
            # Where the page names the place by its id alone, that is what can be looked up.
            name=(named.full_name or named.name or "") if named else geo.full_name or geo.place_id or "",
            latitude=latitude,
            longitude=longitude,
            published=post.published,
        )


def _version(tweet: v2.Tweet, post: Post) -> PostVersion:
    versions = tweet.edit_history_tweet_ids or []
    return PostVersion(
        platform=PLATFORM,
        server="",
        native_id=post.native_id,
        uri=post.uri,
        entity_id=post.entity_id,
        pointer=post.pointer,
        version=versions.index(tweet.id) if tweet.id in versions else len(versions),
        author=post.author,
        published=post.published,
        content=post.content,
    )


def _words(tweet: v2.Tweet) -> Text | None:
    if tweet.note_tweet is not None:
        return plain(tweet.note_tweet.text)
    return None if tweet.text is None else plain(tweet.text)


def _degrees(value: float | str | None) -> float | None:
    return float(value) if isinstance(value, int | float) else None
