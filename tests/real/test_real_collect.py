"""Real answers of Mastodon and t.me through the collectors, against counts taken from the raw bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.real import vcr
from workbench.capture.replay import Replay
from workbench.collectors.mastodon import MastodonCollector
from workbench.collectors.telegram import TelegramCollector
from workbench.records import Exchange, Order, Result, Target
from workbench.rows import Account, AnyRow, Interaction, Issue, Media, Post, PostVersion

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not vcr.DATA.is_dir(), reason="needs the third-party data in ../shared/data"),
]
RECORDINGS = sorted(vcr.MASTODON.glob("*/*.yaml"))
PAGES = sorted(vcr.TELEGRAM.glob("*.html"))


def of(kind: type[AnyRow], rows: list[AnyRow]) -> list[Any]:
    return [row for row in rows if isinstance(row, kind)]


# -- Mastodon


def mastodon(exchange: Exchange) -> list[AnyRow]:
    return list(MastodonCollector().parse(exchange))


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every JSON object in a value, whatever it is."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner)


def is_read(exchange: Exchange) -> bool:
    """Tell, by the address alone, what no row is expected of."""
    return exchange.status == 200 and not re.search(
        r"/api/v[12]/(instance|trends)|/source$", exchange.uri.rstrip("/")
    )


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_every_post_account_and_file_of_a_recording_has_its_row(path: Path) -> None:
    for exchange in vcr.exchanges(path):
        rows = mastodon(exchange)
        if not is_read(exchange):
            assert {issue.kind for issue in of(Issue, rows)} & {"not-recognised", "not-captured"}
            continue
        found = list(objects(json.loads(exchange.body)))
        statuses = [one for one in found if "reblogs_count" in one]
        accounts = {one["id"] for one in found if "acct" in one and "followers_count" in one}
        edits = [one for one in found if "media_attachments" in one and "id" not in one]
        files = [one for one in found if "preview_url" in one and "blurhash" in one]
        assert [post.uri for post in of(Post, rows)] == [one["uri"] for one in statuses]
        assert {account.native_id for account in of(Account, rows)} == accounts
        assert len(of(PostVersion, rows)) == len(edits)
        assert len(of(Media, rows)) == len(files) if not edits else not of(Media, rows)
        acts = of(Interaction, rows)
        assert sum(act.kind == "mention" for act in acts) == sum(len(one["mentions"]) for one in statuses)
        assert sum(act.kind == "reply" for act in acts) == sum(
            bool(one["in_reply_to_id"]) for one in statuses
        )
        assert sum(post.state == "edited" for post in of(Post, rows)) == sum(
            bool(one["edited_at"]) for one in statuses
        )


def test_unknown_keys_of_real_answers_are_few_and_said() -> None:
    unknown = {
        issue.field
        for path in RECORDINGS
        for exchange in vcr.exchanges(path)
        for issue in of(Issue, mastodon(exchange))
        if issue.kind == "unknown-key"
    }
    assert unknown == {"search.collections"}


def test_words_of_a_real_post_are_those_that_it_shows() -> None:
    (exchange,) = vcr.exchanges(vcr.MASTODON / "real" / "test_entity_quote.yaml")
    post, quoted = of(Post, mastodon(exchange))
    assert (post.kind, post.quotes) == ("reply", quoted.native_id)  # it quotes within a thread
    assert post.content is not None
    assert "<" not in post.content.plain
    assert post.content.raw == json.loads(exchange.body)["content"]


def test_a_real_edit_history_names_its_post() -> None:
    path = vcr.MASTODON / "localhost" / "test_status_edit.yaml"
    rows = [row for exchange in vcr.exchanges(path) for row in mastodon(exchange)]
    posts = {post.native_id: post.entity_id for post in of(Post, rows)}
    versions = of(PostVersion, rows)
    assert versions
    assert all(one.entity_id == posts[one.native_id] for one in versions)


def test_real_pages_are_collected_by_replay() -> None:
    folder = vcr.MASTODON / "localhost"
    account = vcr.account_of(folder / "test_account_lookup.yaml")
    timeline = [
        one for one in vcr.exchanges(folder / "test_fetch_remaining.yaml") if "/timelines/" in one.uri
    ]
    native_id = json.loads(account.body)["id"]
    exchanges = vcr.as_posts_of(account, timeline, native_id)
    ids = {one["id"] for page in exchanges[1:] for one in json.loads(page.body)}
    replay = Replay(exchanges)
    source = MastodonCollector()
    target = source.target(f"http://localhost:3000/@{json.loads(account.body)['username']}")
    order = Order(target=Target(source="mastodon", target=target))
    with replay.session() as session:
        result = source.collect(order, session, report=lambda _what, _count: None)
    assert result == Result(verdict="complete", items=len(ids))
    assert replay.left() == 0
    assert len(ids) == 30


# -- Telegram


def telegram(body: bytes, path: str = "/s/channel") -> list[AnyRow]:
    headers = (("Content-Type", "text/html; charset=utf-8"),)
    exchange = Exchange(method="GET", uri=f"https://t.me{path}", status=200, headers=headers, body=body, at=0)
    return list(TelegramCollector().parse(exchange))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_message_of_a_page_has_its_row(path: Path) -> None:
    body = path.read_bytes()
    markup = body.decode()
    rows = telegram(body)
    posts = of(Post, rows)
    assert [post.native_id for post in posts] == re.findall(r'data-post="([^"]+)"', markup)
    if not posts:
        assert [issue.kind for issue in of(Issue, rows)] == ["not-recognised"]
        return
    times = re.findall(r'<time\s+datetime="([^"]+)"', markup)
    assert [post.published.raw for post in posts] == times
    assert sum(post.kind == "repost" for post in posts) == markup.count(
        'message_forwarded_from accent_color"'
    )
    kinds = "photo_wrap|video_player|roundvideo_player|voice_player|document_wrap|sticker_wrap"
    carried = rf'class="tgme_widget_message_(?:{kinds})[ "]'
    assert len(of(Media, rows)) == len(re.findall(carried, markup))
    assert all(post.views for post in posts)
    assert not [issue for issue in of(Issue, rows) if issue.kind in {"unknown-key", "bad-value"}]


def test_the_real_page_reads_as_it_shows() -> None:
    rows = telegram((vcr.TELEGRAM / "full.html").read_bytes(), "/s/topwar_official")
    (channel,) = of(Account, rows)
    assert (channel.handle, channel.followers) == ("@topwar_official", 109_000)
    posts = of(Post, rows)
    assert len(posts) == 12
    assert posts[0].content.plain.count("\n") == 1
    assert len(of(Media, rows)) == 14
    lost = next(issue for issue in of(Issue, rows) if issue.field == "content.line-breaks")
    assert lost.count == sum("\n" in post.content.plain for post in posts)


def test_a_real_page_is_collected_by_replay() -> None:
    body = (vcr.TELEGRAM / "full.html").read_bytes()
    headers = (("Content-Type", "text/html; charset=utf-8"),)
    first = "https://t.me/s/topwar_official"
    older = f"{first}?before=70989"
    replay = Replay(
        [
            Exchange(method="GET", uri=first, status=200, headers=headers, body=body, at=0),
            Exchange(method="GET", uri=older, status=429, headers=headers, body=b"", at=1),
        ]
    )
    order = Order(target=Target(source="telegram", target="@topwar_official"), media=False)
    with replay.session() as session:
        result = TelegramCollector().collect(order, session, report=lambda _what, _count: None)
    assert (result.verdict, result.reason, result.items) == ("partial", "rate-limited", 12)
