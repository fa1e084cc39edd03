"""The keys of Mastodon's entities (docs.joinmastodon.org/entities, to version 4.5), read or knowingly left.

What stands here is not reported as ``unknown-key``. What is left in the exhibit without a column is looks and
settings of an account, and what concerns the reader and not the author.
"""

from __future__ import annotations


def _keys(text: str) -> frozenset[str]:
    return frozenset(text.split())


ACCOUNT = _keys(
    "id username acct uri url display_name note created_at followers_count following_count"
    " statuses_count bot locked avatar moved suspended limited avatar_static avatar_description header"
    " header_static header_description discoverable indexable group noindex last_status_at"
    " hide_collections show_media show_media_replies show_featured emojis fields role roles source"
    " feature_approval mute_expires_at memorial attribution_domains"
)
STATUS = _keys(
    "id uri url created_at edited_at in_reply_to_id in_reply_to_account_id sensitive spoiler_text"
    " visibility language replies_count reblogs_count favourites_count content text reblog account"
    " media_attachments mentions tags card poll quote application quotes_count quote_approval emojis"
    " favourited reblogged muted bookmarked pinned filtered tagged_collections"
)
EDIT = _keys("content spoiler_text sensitive created_at account media_attachments poll emojis quote")
MEDIA = _keys("id type url remote_url preview_url preview_remote_url text_url description meta blurhash")
META = _keys(
    "original small focus colors length duration fps size width height aspect audio_encode"
    " audio_bitrate audio_channels"
)
SIZE = _keys("width height size aspect frame_rate duration bitrate")
MENTION = _keys("id username acct url")
TAG = _keys("name url id history following featuring")
CARD = _keys(
    "url title description type author_name author_url authors provider_name provider_url html width"
    " height image image_description embed_url blurhash published_at language missing_attribution"
    " history"
)
QUOTE = _keys("state quoted_status quoted_status_id")
APPLICATION = _keys("name website")
CONTEXT = _keys("ancestors descendants")
SEARCH = _keys("accounts statuses hashtags")
