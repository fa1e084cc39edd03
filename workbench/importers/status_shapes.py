"""Tweets as the API v1.1 and X archives shape them: every key known, what no column holds left undecoded.

Archives write numbers as strings and leave the author out; the API writes numbers and nests author, retweeted
and quoted tweet. One set of types serves both.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

Number = int | float | str | None
"""A count: archives have it as a string."""
_Raw = msgspec.Raw


class Shape(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """What the types share: a key that is not named here is reported."""


class Hashtag(Shape, gc=False):
    """A hashtag or cashtag in a tweet's words."""

    text: str = ""
    indices: _Raw = _Raw()


class Mention(Shape, gc=False):
    """An account named in a tweet's words."""

    screen_name: str | None = ""
    name: str | None = ""
    id: Number = None
    id_str: str | None = ""
    indices: _Raw = _Raw()


class Url(Shape, gc=False):
    """An address in a tweet's words."""

    url: str | None = ""
    expanded_url: str | None = ""
    display_url: str | None = ""
    indices: _Raw = _Raw()
    unwound: _Raw = _Raw()


class Size(Shape, gc=False):
    """A size in pixels."""

    w: Number = None
    h: Number = None
    resize: _Raw = _Raw()


class Sizes(Shape, gc=False):
    """The sizes in which a picture is offered."""

    large: Size | None = None
    medium: _Raw = _Raw()
    small: _Raw = _Raw()
    thumb: _Raw = _Raw()


class Variant(Shape, gc=False):
    """One file in which a video is offered; bits a second."""

    url: str | None = ""
    content_type: str | None = ""
    bitrate: Number = None
    bit_rate: Number = None


class Video(Shape, gc=False):
    """A video's length, milliseconds, and its files."""

    duration_millis: Number = None
    aspect_ratio: _Raw = _Raw()
    variants: list[Variant] | None = None


class Picture(Shape, gc=False):
    """A photo, video or animation that a tweet carries."""

    id: Number = None
    id_str: str | None = ""
    media_url: str | None = ""
    media_url_https: str | None = ""
    type: str | None = ""
    ext_alt_text: str | None = ""
    description: str | None = ""
    sizes: Sizes | None = None
    video_info: Video | None = None
    source_user_id: Number = None
    source_user_id_str: str | None = ""
    source_status_id: _Raw = _Raw()
    source_status_id_str: _Raw = _Raw()
    url: _Raw = _Raw()
    display_url: _Raw = _Raw()
    expanded_url: _Raw = _Raw()
    indices: _Raw = _Raw()
    features: _Raw = _Raw()
    original_info: _Raw = _Raw()
    additional_media_info: _Raw = _Raw()
    ext_media_availability: _Raw = _Raw()
    ext_media_color: _Raw = _Raw()
    media_key: _Raw = _Raw()
    embeddable: _Raw = _Raw()
    title: _Raw = _Raw()
    monetizable: _Raw = _Raw()


class Entities(Shape, gc=False):
    """What the platform found in a tweet's words."""

    hashtags: list[Hashtag] | None = None
    user_mentions: list[Mention] | None = None
    urls: list[Url] | None = None
    media: list[Picture] | None = None
    symbols: _Raw = _Raw()
    polls: _Raw = _Raw()
    timestamps: _Raw = _Raw()


class Extended(Shape, gc=False):
    """All pictures of a tweet; ``entities`` has the first only."""

    media: list[Picture] | None = None


class Point(Shape, gc=False):
    """A point: longitude first in ``coordinates``, latitude first in ``geo``."""

    coordinates: list[Number] | None = None
    type: _Raw = _Raw()


class Locality(Shape, gc=False):
    """A named place chosen by the author."""

    full_name: str | None = ""
    name: str | None = ""
    country: str | None = ""
    id: _Raw = _Raw()
    url: _Raw = _Raw()
    place_type: _Raw = _Raw()
    country_code: _Raw = _Raw()
    contained_within: _Raw = _Raw()
    bounding_box: _Raw = _Raw()
    attributes: _Raw = _Raw()
    centroid: _Raw = _Raw()
    polylines: _Raw = _Raw()
    geometry: _Raw = _Raw()


class EditIds(Shape, gc=False, rename="camel"):
    """The ids of all versions, oldest first."""

    edit_tweet_ids: list[str] | None = None
    editable_until: _Raw = _Raw()
    edits_remaining: _Raw = _Raw()
    is_edit_eligible: _Raw = _Raw()


class Edit(Shape, gc=False, rename="camel"):
    """What a later version says of the first."""

    initial_tweet_id: str | None = ""
    edit_control_initial: EditIds | None = None


class EditInfo(Shape, gc=False):
    """The edit history of a tweet in an archive."""

    initial: EditIds | None = None
    edit: Edit | None = None


class EditHistory(Shape, gc=False):
    """The edit history of a tweet in the API."""

    initial_tweet_id: _Raw = _Raw()
    edit_tweet_ids: list[str] | None = None


class User(Shape, gc=False):
    """An account."""

    id: Number = None
    id_str: str | None = ""
    name: str | None = ""
    screen_name: str | None = ""
    location: str | None = ""
    description: str | None = ""
    url: str | None = ""
    protected: bool | None = None
    followers_count: Number = None
    friends_count: Number = None
    statuses_count: Number = None
    created_at: str | None = ""
    profile_image_url: str | None = ""
    profile_image_url_https: str | None = ""
    entities: _Raw = _Raw()
    verified: _Raw = _Raw()
    verified_type: _Raw = _Raw()
    ext_is_blue_verified: _Raw = _Raw()
    listed_count: _Raw = _Raw()
    favourites_count: _Raw = _Raw()
    media_count: _Raw = _Raw()
    fast_followers_count: _Raw = _Raw()
    normal_followers_count: _Raw = _Raw()
    utc_offset: _Raw = _Raw()
    time_zone: _Raw = _Raw()
    geo_enabled: _Raw = _Raw()
    lang: _Raw = _Raw()
    status: _Raw = _Raw()
    contributors_enabled: _Raw = _Raw()
    is_translator: _Raw = _Raw()
    is_translation_enabled: _Raw = _Raw()
    translator_type: _Raw = _Raw()
    profile_location: _Raw = _Raw()
    profile_background_color: _Raw = _Raw()
    profile_background_image_url: _Raw = _Raw()
    profile_background_image_url_https: _Raw = _Raw()
    profile_background_tile: _Raw = _Raw()
    profile_banner_url: _Raw = _Raw()
    profile_link_color: _Raw = _Raw()
    profile_sidebar_border_color: _Raw = _Raw()
    profile_sidebar_fill_color: _Raw = _Raw()
    profile_text_color: _Raw = _Raw()
    profile_use_background_image: _Raw = _Raw()
    profile_image_extensions_alt_text: _Raw = _Raw()
    profile_banner_extensions_alt_text: _Raw = _Raw()
    pinned_tweet_ids: _Raw = _Raw()
    pinned_tweet_ids_str: _Raw = _Raw()
    has_custom_timelines: _Raw = _Raw()
    has_extended_profile: _Raw = _Raw()
    default_profile: _Raw = _Raw()
    default_profile_image: _Raw = _Raw()
    following: _Raw = _Raw()
    follow_request_sent: _Raw = _Raw()
    notifications: _Raw = _Raw()
    live_following: _Raw = _Raw()
    muting: _Raw = _Raw()
    blocking: _Raw = _Raw()
    blocked_by: _Raw = _Raw()
    can_dm: _Raw = _Raw()
    can_media_tag: _Raw = _Raw()
    advertiser_account_type: _Raw = _Raw()
    advertiser_account_service_levels: _Raw = _Raw()
    business_profile_state: _Raw = _Raw()
    withheld_in_countries: _Raw = _Raw()
    withheld_scope: _Raw = _Raw()
    suspended: _Raw = _Raw()
    needs_phone_verification: _Raw = _Raw()
    require_some_consent: _Raw = _Raw()


class Longer(Shape, gc=False):
    """The whole words of a tweet that is longer than old clients show."""

    full_text: str | None = ""
    entities: Entities | None = None
    extended_entities: Extended | None = None
    display_text_range: _Raw = _Raw()


class Status(Shape, gc=False):
    """A tweet."""

    id: Number = None
    id_str: str | None = ""
    created_at: str | None = ""
    full_text: str | None = None
    text: str | None = None
    source: str | None = ""
    lang: str | None = ""
    in_reply_to_status_id: Number = None
    in_reply_to_status_id_str: str | None = ""
    in_reply_to_user_id: Number = None
    in_reply_to_user_id_str: str | None = ""
    in_reply_to_screen_name: str | None = ""
    favorite_count: Number = None
    retweet_count: Number = None
    reply_count: Number = None
    entities: Entities | None = None
    extended_entities: Extended | None = None
    extended_tweet: Longer | None = None
    possibly_sensitive: bool | None = None
    coordinates: Point | None = None
    geo: Point | None = None
    place: Locality | None = None
    edit_info: EditInfo | None = None
    edit_history: EditHistory | None = None
    user: User | None = None
    retweeted_status: Status | None = None
    quoted_status: Status | None = None
    quoted_status_id: Number = None
    quoted_status_id_str: str | None = ""
    quoted_status_permalink: _Raw = _Raw()
    is_quote_status: _Raw = _Raw()
    quote_count: _Raw = _Raw()
    truncated: _Raw = _Raw()
    display_text_range: _Raw = _Raw()
    contributors: _Raw = _Raw()
    favorited: _Raw = _Raw()
    retweeted: _Raw = _Raw()
    favoriters_count: _Raw = _Raw()
    favorited_by_user: _Raw = _Raw()
    possibly_sensitive_appealable: _Raw = _Raw()
    possibly_sensitive_editable: _Raw = _Raw()
    filter_level: _Raw = _Raw()
    timestamp_ms: _Raw = _Raw()
    edit_controls: _Raw = _Raw()
    editable: _Raw = _Raw()
    withheld_copyright: _Raw = _Raw()
    withheld_in_countries: _Raw = _Raw()
    withheld_scope: _Raw = _Raw()
    scopes: _Raw = _Raw()
    metadata: _Raw = _Raw()
    matching_rules: _Raw = _Raw()
    current_user_retweet: _Raw = _Raw()
    supplemental_language: _Raw = _Raw()
    self_thread: _Raw = _Raw()
    conversation_id: Number = None
    conversation_id_str: str | None = ""
    limited_actions: _Raw = _Raw()
    deleted_at: _Raw = _Raw()


def identifier(text: str | None, number: Number) -> str:
    """Give an id as the string that the platform writes beside it; the number only where there is none."""
    return text or ("" if number is None else str(number))


def count(value: Number) -> int | None:
    """Read a count; None where there is none or it is no number."""
    try:
        return None if value is None else int(value)
    except (ValueError, OverflowError):
        return None


def film(variants: Iterable[Variant] | None) -> str:
    """Give the address of a video's best single file; empty where only pieces to stream are offered."""
    files = [one for one in variants or () if one.url and one.content_type == "video/mp4"]
    best = max(files, key=lambda one: count(one.bitrate or one.bit_rate) or 0, default=None)
    return (best.url or "") if best else ""
