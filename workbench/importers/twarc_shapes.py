"""Tweets, accounts and media as the API v2 shapes them; twarc's flattened form nests what a page has apart."""

from __future__ import annotations

import msgspec

from workbench.importers.status_shapes import Number, Shape, Variant

_Raw = msgspec.Raw


class Metrics(Shape, gc=False):
    """Public counts of tweets, accounts and media."""

    retweet_count: Number = None
    reply_count: Number = None
    like_count: Number = None
    impression_count: Number = None
    followers_count: Number = None
    following_count: Number = None
    tweet_count: Number = None
    view_count: Number = None
    quote_count: _Raw = _Raw()
    listed_count: _Raw = _Raw()
    bookmark_count: _Raw = _Raw()
    media_count: _Raw = _Raw()


class User(Shape, gc=False):
    """An account; in the flattened form also the account that a mention names."""

    id: str = ""
    username: str = ""
    name: str | None = ""
    description: str | None = ""
    created_at: str | None = ""
    location: str | None = ""
    protected: bool | None = None
    profile_image_url: str | None = ""
    url: str | None = ""
    public_metrics: Metrics | None = None
    start: _Raw = _Raw()
    end: _Raw = _Raw()
    entities: _Raw = _Raw()
    verified: _Raw = _Raw()
    verified_type: _Raw = _Raw()
    subscription_type: _Raw = _Raw()
    pinned_tweet_id: _Raw = _Raw()
    most_recent_tweet_id: _Raw = _Raw()
    pinned_tweet: _Raw = _Raw()
    withheld: _Raw = _Raw()
    receives_your_dm: _Raw = _Raw()
    connection_status: _Raw = _Raw()
    profile_banner_url: _Raw = _Raw()
    is_identity_verified: _Raw = _Raw()
    affiliation: _Raw = _Raw()
    parody: _Raw = _Raw()
    twarc: _Raw = msgspec.field(name="__twarc", default=_Raw())


class Tag(Shape, gc=False):
    """A hashtag or cashtag."""

    tag: str = ""
    start: _Raw = _Raw()
    end: _Raw = _Raw()


class Url(Shape, gc=False):
    """An address in a tweet's words."""

    url: str | None = ""
    expanded_url: str | None = ""
    unwound_url: _Raw = _Raw()
    display_url: _Raw = _Raw()
    start: _Raw = _Raw()
    end: _Raw = _Raw()
    images: _Raw = _Raw()
    status: _Raw = _Raw()
    title: _Raw = _Raw()
    description: _Raw = _Raw()
    media_key: _Raw = _Raw()


class Entities(Shape, gc=False):
    """What the platform found in a tweet's words."""

    hashtags: list[Tag] | None = None
    mentions: list[User] | None = None
    urls: list[Url] | None = None
    cashtags: _Raw = _Raw()
    annotations: _Raw = _Raw()
    note: _Raw = _Raw()


class Media(Shape, gc=False):
    """A picture or video; milliseconds and pixels."""

    media_key: str = ""
    type: str | None = ""
    url: str | None = ""
    preview_image_url: str | None = ""
    width: Number = None
    height: Number = None
    duration_ms: Number = None
    alt_text: str | None = ""
    public_metrics: _Raw = _Raw()
    variants: list[Variant] | None = None
    non_public_metrics: _Raw = _Raw()
    organic_metrics: _Raw = _Raw()
    promoted_metrics: _Raw = _Raw()


class Attachments(Shape, gc=False):
    """What a tweet carries."""

    media_keys: list[str] | None = None
    media: list[Media] | None = None
    poll_ids: _Raw = _Raw()
    poll: _Raw = _Raw()
    polls: _Raw = _Raw()
    media_source_tweet_id: _Raw = _Raw()


class Point(Shape, gc=False):
    """A point, longitude first."""

    coordinates: list[Number] | None = None
    type: _Raw = _Raw()


class Locality(Shape, gc=False):
    """A named place."""

    id: str = ""
    full_name: str | None = ""
    name: str | None = ""
    country: _Raw = _Raw()
    country_code: _Raw = _Raw()
    place_type: _Raw = _Raw()
    geo: _Raw = _Raw()
    contained_within: _Raw = _Raw()


class Geo(Shape, gc=False):
    """Where a tweet says it was made; the flattened form has the place within."""

    place_id: str | None = ""
    coordinates: Point | None = None
    place: Locality | None = None
    id: str | None = ""
    full_name: str | None = ""
    name: _Raw = _Raw()
    country: _Raw = _Raw()
    country_code: _Raw = _Raw()
    place_type: _Raw = _Raw()
    geo: _Raw = _Raw()
    contained_within: _Raw = _Raw()


class LongText(Shape, gc=False):
    """The whole words of a long tweet."""

    text: str = ""
    entities: _Raw = _Raw()


class Tweet(Shape, gc=False):
    """A tweet; as ``referenced_tweets`` of another it may be no more than type and id."""

    id: str = ""
    type: str | None = ""
    text: str | None = None
    author_id: str | None = ""
    created_at: str | None = ""
    conversation_id: str | None = ""
    in_reply_to_user_id: str | None = ""
    lang: str | None = ""
    possibly_sensitive: bool | None = None
    source: str | None = ""
    reply_settings: str | None = ""
    public_metrics: Metrics | None = None
    entities: Entities | None = None
    attachments: Attachments | None = None
    geo: Geo | None = None
    referenced_tweets: list[Tweet] | None = None
    edit_history_tweet_ids: list[str] | None = None
    note_tweet: LongText | None = None
    author: User | None = None
    in_reply_to_user: User | None = None
    edit_controls: _Raw = _Raw()
    context_annotations: _Raw = _Raw()
    withheld: _Raw = _Raw()
    non_public_metrics: _Raw = _Raw()
    organic_metrics: _Raw = _Raw()
    promoted_metrics: _Raw = _Raw()
    matching_rules: _Raw = _Raw()
    display_text_range: _Raw = _Raw()
    card_uri: _Raw = _Raw()
    community_id: _Raw = _Raw()
    scopes: _Raw = _Raw()
    article: _Raw = _Raw()
    suggested_source_links: _Raw = _Raw()
    twarc: _Raw = msgspec.field(name="__twarc", default=_Raw())


class Includes(Shape, gc=False):
    """What the elements of a page refer to."""

    users: list[User] | None = None
    tweets: list[Tweet] | None = None
    media: list[Media] | None = None
    places: list[Locality] | None = None
    polls: _Raw = _Raw()
    topics: _Raw = _Raw()


class Problem(msgspec.Struct, gc=False):
    """Something that the platform did not give, and why."""

    title: str | None = ""
    detail: str | None = ""
    type: str | None = ""
    parameter: str | None = ""
    resource_type: str | None = ""
    disconnect_type: str | None = ""


class Meta(Shape, gc=False):
    """What a page says of itself."""

    result_count: Number = None
    newest_id: _Raw = _Raw()
    oldest_id: _Raw = _Raw()
    next_token: _Raw = _Raw()
    previous_token: _Raw = _Raw()
    sent: _Raw = _Raw()
    summary: _Raw = _Raw()
    total_tweet_count: _Raw = _Raw()


class _Around(Shape, gc=False):
    includes: Includes | None = None
    errors: list[Problem] | None = None
    meta: Meta | None = None
    matching_rules: _Raw = _Raw()
    twarc: _Raw = msgspec.field(name="__twarc", default=_Raw())


class TweetPage(_Around, gc=False):
    """A page of tweets, or one tweet of a stream."""

    data: list[Tweet] | Tweet | None = None


class UserPage(_Around, gc=False):
    """A page of accounts."""

    data: list[User] | User | None = None
