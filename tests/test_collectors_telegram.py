"""The Telegram collector over a pretended t.me on loopback, and its parser on pages of all sorts."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import times
from workbench.collectors import COLLECTORS, snscrape_telegram
from workbench.collectors.base import Collector
from workbench.collectors.telegram import TelegramCollector
from workbench.collectors.telegram_html import count, message_of, seconds
from workbench.errors import Refused, SourceError, UsageError
from workbench.records import Exchange, Order, Result, Target
from workbench.rows import Account, AnyRow, Interaction, Issue, Media, Place, Post

VECTORS = Path(__file__).parent / "vectors" / "telegram"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def vector(name: str) -> bytes:
    return (VECTORS / name / "page.html").read_bytes()


def exchange(body: bytes, path: str = "/s/birkental_news", **more: Any) -> Exchange:
    headers = (("Content-Type", more.pop("kind", "text/html; charset=utf-8")), *more.pop("headers", ()))
    given: dict[str, Any] = {"method": "GET", "uri": f"https://t.me{path}", "status": 200, "headers": headers}
    return Exchange(**given | {"body": body, "at": 0} | more)


def parsed(body: bytes, path: str = "/s/birkental_news", **more: Any) -> list[AnyRow]:
    return list(TelegramCollector().parse(exchange(body, path, **more)))


def of(kind: type[AnyRow], rows: list[AnyRow]) -> list[Any]:
    return [row for row in rows if isinstance(row, kind)]


# -- targets


@pytest.mark.parametrize(
    "given",
    [
        *(
            "durov",
            "@durov",
            "https://t.me/s/durov",
            "https://t.me/durov",
            "t.me/durov",
            "https://t.me/durov/12",
        ),
        *("https://telegram.me/durov", "https://t.me/s/durov?before=20"),
    ],
)
def test_a_channel_has_one_canonical_form(given: str) -> None:
    source = TelegramCollector()
    assert source.target(given) == "@durov"
    assert source.hosts("@durov")[0] == "t.me"


@pytest.mark.parametrize(
    "given", ["", "ab", "https://t.me/+AbCdEf", "https://t.me/joinchat/x", "https://x.example/durov", "a b c"]
)
def test_what_is_no_public_channel_is_a_usage_error(given: str) -> None:
    with pytest.raises(UsageError):
        TelegramCollector().target(given)


def test_the_registry_names_it_and_it_fulfils_the_protocol() -> None:
    assert isinstance(COLLECTORS["telegram"], Collector)


# -- parsing


@pytest.fixture(scope="module")
def rows() -> list[AnyRow]:
    return parsed(vector("valid/channel-page"))


@pytest.fixture(scope="module")
def posts(rows: list[AnyRow]) -> list[Post]:
    return of(Post, rows)


def test_the_channel_is_told_with_its_own_capitals(rows: list[AnyRow]) -> None:
    (channel,) = of(Account, rows)
    assert (channel.handle, channel.entity_id) == ("@Birkental_news", "https://t.me/Birkental_news")
    assert (channel.name, channel.followers) == ("Birkental News", 12_500)
    assert channel.note.plain == "An invented town.\nAll of it is fiction."


def test_each_message_is_one_post_with_its_place_on_the_page(posts: list[Post]) -> None:
    assert [post.native_id for post in posts] == [f"Birkental_news/{number}" for number in range(1, 9)]
    assert [post.pointer for post in posts] == [f"/{number}" for number in range(8)]
    assert posts[1].uri == "https://t.me/Birkental_news/2"
    assert posts[1].published == times.iso("2026-11-20T10:02:00+00:00")
    assert {post.views for post in posts} == {1200}
    assert {post.author for post in posts} == {"https://t.me/Birkental_news"}


def test_words_keep_their_line_breaks_links_and_tags(posts: list[Post]) -> None:
    post = posts[1]
    assert post.content is not None
    assert post.content.plain == "First line\nsecond line with a link and #cat by @lena_b"
    assert post.links == ("https://birkental.example/a?b=1&c=2", "https://t.me/lena_b")
    assert post.tags == ("cat",)


def test_a_reply_is_parted_from_the_words_that_it_quotes(rows: list[AnyRow], posts: list[Post]) -> None:
    reply = posts[2]
    assert reply.content is not None
    assert (reply.kind, reply.content.plain) == ("reply", "the answer")
    assert (reply.in_reply_to, reply.in_reply_to_author) == ("Birkental_news/2", "@Birkental_news")
    act = next(one for one in of(Interaction, rows) if one.kind == "reply")
    assert (act.object, act.post) == ("https://t.me/Birkental_news/2", "https://t.me/Birkental_news/3")


def test_a_forward_names_where_it_comes_from(rows: list[AnyRow], posts: list[Post]) -> None:
    known, shy = (one for one in of(Interaction, rows) if one.kind == "repost")
    assert posts[3].kind == posts[4].kind == "repost"
    assert posts[3].quotes == known.object == "https://t.me/other_town/77"
    assert (known.target, known.target_handle) == ("https://t.me/other_town", "@other_town")
    assert (shy.target, shy.target_handle, posts[4].quotes) == ("", "Somebody Shy", "")


def test_edits_signatures_and_service_messages_are_marked(posts: list[Post]) -> None:
    assert [post.state for post in posts] == ["present"] * 4 + ["edited"] + ["present"] * 3
    assert posts[4].signature == "Ms Editor"
    assert (posts[0].kind, posts[0].summary) == ("message", "service message")


def test_photos_and_videos_are_media_of_their_post(rows: list[AnyRow]) -> None:
    photo, video = of(Media, rows)
    assert (photo.kind, photo.uri, photo.native_id) == (
        "image",
        "https://cdn4.telegram-cdn.org/file/cat.jpg",
        "4242",
    )
    assert photo.post == "https://t.me/Birkental_news/4"
    assert (video.kind, video.duration) == ("video", 3723.0)


def test_a_location_is_a_place(rows: list[AnyRow]) -> None:
    (place,) = of(Place, rows)
    assert (place.latitude, place.longitude, place.source) == (47.5, 9.25, "geotag")
    assert place.about == "https://t.me/Birkental_news/7"


def test_a_previews_words_are_not_the_posts(posts: list[Post]) -> None:
    assert posts[7].content is not None
    assert posts[7].content.plain == "see https://birkental.example/news"
    assert posts[7].links == ("https://birkental.example/news",)


def test_what_was_left_or_withheld_is_said(rows: list[AnyRow]) -> None:
    issues = {(issue.kind, issue.field) for issue in of(Issue, rows) if issue.kind != "disagreement"}
    assert issues == {("not-recognised", "message.reactions"), ("not-captured", "message.media")}


def test_where_snscrape_reads_otherwise_is_said(rows: list[AnyRow]) -> None:
    found = {(issue.field, issue.pointer): issue for issue in of(Issue, rows) if issue.kind == "disagreement"}
    assert found["content", "/2"].expected == "the answer"
    assert found["content", "/2"].found == "the quoted words"
    assert found["content.line-breaks", ""].count == 1
    assert set(found) == {("content", "/2"), ("content.line-breaks", "")}


def test_a_message_without_a_time_is_kept_and_said() -> None:
    rows = parsed(vector("invalid/no-time"))
    first, second = of(Post, rows)
    assert first.published is None
    assert second.published is not None
    fields = {(issue.kind, issue.field) for issue in of(Issue, rows)}
    assert ("bad-value", "message.time") in fields
    assert ("disagreement", "message") in fields  # snscrape cannot read it at all


def test_a_class_never_seen_is_said() -> None:
    issues = of(Issue, parsed(vector("invalid/odd-class")))
    assert [(issue.kind, issue.found) for issue in issues] == [
        ("unknown-key", "tgme_widget_message_hologram")
    ]


def test_a_page_cut_off_gives_what_it_still_holds() -> None:
    rows = parsed(vector("invalid/cut-off"), truncated="length")
    assert of(Post, rows)
    assert of(Issue, rows)[-1].kind in {"truncated", "disagreement", "bad-value"}
    assert "truncated" in {issue.kind for issue in of(Issue, rows)}


def test_a_landing_page_is_not_public_and_tells_what_it_shows() -> None:
    rows = parsed(vector("valid/landing-page"), "/birkental_council")
    (account,) = of(Account, rows)
    assert (account.handle, account.name, account.followers) == (
        "@birkental_council",
        "Birkental Council",
        12_345,
    )
    assert [issue.kind for issue in of(Issue, rows)] == ["not-public"]
    assert [issue.kind for issue in of(Issue, parsed(vector("invalid/not-a-channel")))] == ["not-public"]


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"status": 404}, "not-captured"),
        ({"status": 302, "headers": (("Location", "https://t.me/birkental_news"),)}, "not-public"),
        ({"status": 0, "outcome": "timeout"}, "not-captured"),
        ({"kind": "application/json"}, "not-recognised"),
    ],
)
def test_what_is_no_page_is_an_issue(more: dict[str, Any], kind: str) -> None:
    rows = parsed(b"{}", **more)
    assert [issue.kind for issue in of(Issue, rows)] == [kind]
    assert len(rows) == 1


def test_media_bytes_are_hashed_and_joined_by_uri() -> None:
    uri = "https://cdn4.telegram-cdn.org/file/cat.jpg"
    (row,) = parsed(b"JPEG", uri=uri, kind="image/jpeg")
    assert isinstance(row, Media)
    assert (row.uri, row.bytes, row.media_type) == (uri, 4, "image/jpeg")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_to_a_page_makes_the_parser_raise(data: st.DataObject) -> None:
    page = bytearray(vector("valid/channel-page"))
    for _ in range(data.draw(st.integers(1, 8))):
        start = data.draw(st.integers(0, len(page) - 1))
        end = min(len(page), start + data.draw(st.integers(0, 200)))
        page[start:end] = data.draw(st.binary(max_size=12))
    list(TelegramCollector().parse(exchange(bytes(page))))


@pytest.mark.parametrize(
    ("shown", "number"),
    [("746", 746), ("12 345", 12_345), ("33.4K", 33_400), ("1.2M", 1_200_000), ("", None), ("many", None)],
)
def test_counts_are_read_as_shown(shown: str, number: int | None) -> None:
    assert count(shown) == number


def test_lengths_and_message_addresses() -> None:
    assert (seconds("0:34"), seconds("27:40"), seconds("1:02:03"), seconds("x")) == (
        34.0,
        1660.0,
        3723.0,
        None,
    )
    assert message_of("https://t.me/s/durov/12?single") == ("durov", "12")
    assert message_of("https://t.me/c/123/45") == ("c/123", "45")
    assert message_of("https://t.me.evil.example/durov/12") == ("", "")


def test_snscrape_is_imported_alone() -> None:
    module = snscrape_telegram.module()
    assert module.__name__ == "snscrape.modules.telegram"
    assert "snscrape.modules.twitter" not in sys.modules


# -- collecting


class Channel:
    """A channel as t.me shows it: 20 messages a page, oldest reachable one is number 1."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.newest = 0
        self.special: dict[str, tuple[int, bytes, dict[str, str]]] = {}
        self.media = False

    def answer(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        self.asked.append(path)
        parts = urlsplit(path)
        if path in self.special:
            return self.special[path]
        if parts.path == "/s/town":
            before = int(parse_qs(parts.query).get("before", [str(self.newest + 1)])[0])
            return 200, self.page(before).encode(), {"Content-Type": "text/html; charset=utf-8"}
        if parts.path.startswith("/file/"):
            return 200, b"JPEG", {"Content-Type": "image/jpeg"}
        return 404, b"", {"Content-Type": "text/html"}

    def page(self, before: int) -> str:
        numbers = range(max(1, before - 20), before)
        oldest = min(numbers, default=1)
        more = f'<a href="/s/town?before={oldest}" class="tme_messages_more" data-before="{oldest}"></a>'
        shown = "".join(self.message(number) for number in numbers)
        link = more if numbers and numbers[0] > 1 else ""
        return f'<html><body><section class="tgme_channel_history">{link}{shown}</section></body></html>'

    def message(self, number: int) -> str:
        at = (NOON - timedelta(hours=self.newest - number)).isoformat()
        photo = f"https://cdn4.telegram-cdn.org/file/{number}.jpg"
        wrap = f'<a class="tgme_widget_message_photo_wrap" style="background-image:url(\'{photo}\')"></a>'
        return (
            f'<div class="tgme_widget_message" data-post="town/{number}">{wrap if self.media else ""}'
            f'<div class="tgme_widget_message_text js-message_text">number {number}</div>'
            '<div class="tgme_widget_message_footer">'
            f'<a class="tgme_widget_message_date" href="https://t.me/town/{number}"><time datetime="{at}"></time></a>'
            "</div></div>"
        )


class ToLoopback(requests.adapters.HTTPAdapter):
    """Sends what is meant for t.me to the loopback server, and leaves the address as it was."""

    def __init__(self, port: int, refuse: Callable[[str], bool]) -> None:
        super().__init__()
        self.port = port
        self.refuse = refuse

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        meant = request.url or ""
        if self.refuse(meant):
            raise Refused("the gate says no", reason="out-of-scope")
        parts = urlsplit(meant)
        request.url = f"http://127.0.0.1:{self.port}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        answer = super().send(request, *args, **kwargs)
        request.url = answer.url = meant
        return answer


@pytest.fixture
def channel() -> Iterator[Channel]:
    made = Channel()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, headers = made.answer(self.path)
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_port  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


def collect(channel: Channel, refuse: Callable[[str], bool] = lambda _: False, **order: Any) -> Result:
    with requests.Session() as session:
        session.mount("https://", ToLoopback(channel.port, refuse))  # type: ignore[attr-defined]
        wanted = Order(target=Target(source="telegram", target="@town"), **order)
        return TelegramCollector().collect(wanted, session, report=lambda _what, _count: None)


def test_all_pages_are_read_back_to_the_first(channel: Channel) -> None:
    channel.newest = 47
    assert collect(channel) == Result(verdict="complete", items=47)
    assert channel.asked == ["/s/town", "/s/town?before=28", "/s/town?before=8"]


def test_the_window_ends_the_paging(channel: Channel) -> None:
    channel.newest = 100
    since, until = NOON - timedelta(hours=30), NOON - timedelta(hours=10)
    result = collect(channel, since=times.to_micros(since), until=times.to_micros(until))
    assert result == Result(verdict="complete", items=21)
    assert len(channel.asked) == 3


def test_the_limit_is_said_where_there_is_more(channel: Channel) -> None:
    channel.newest = 60
    assert collect(channel, limit=30) == Result(verdict="partial", reason="limit-reached", items=40)
    channel.newest = 20
    assert collect(channel, limit=20) == Result(verdict="complete", items=20)


def test_an_empty_channel_and_an_empty_window_are_two_things(channel: Channel) -> None:
    assert collect(channel) == Result(verdict="empty", reason="nothing-visible")
    channel.newest = 3
    after = times.to_micros(NOON + timedelta(days=1))
    assert collect(channel, since=after) == Result(verdict="empty", reason="none-in-window")


@pytest.mark.parametrize(
    ("page", "verdict", "reason"),
    [
        ("valid/landing-page", "blocked", "no-public-view"),
        ("invalid/not-a-channel", "gone", "not-found"),
    ],
)
def test_a_channel_without_a_public_page_is_never_empty(
    channel: Channel, page: str, verdict: str, reason: str
) -> None:
    channel.special["/s/town"] = (302, b"", {"Location": "https://t.me/town"})
    channel.special["/town"] = (200, vector(page), {"Content-Type": "text/html; charset=utf-8"})
    with pytest.raises(SourceError) as caught:
        collect(channel)
    assert (caught.value.verdict, caught.value.reason) == (verdict, reason)


@pytest.mark.parametrize(
    ("status", "verdict", "reason"),
    [(429, "blocked", "rate-limited"), (404, "gone", "not-found"), (500, "failed", "server-error")],
)
def test_a_failure_at_once_is_raised(channel: Channel, status: int, verdict: str, reason: str) -> None:
    channel.special["/s/town"] = (status, b"no", {})
    with pytest.raises(SourceError) as caught:
        collect(channel)
    assert (caught.value.verdict, caught.value.reason) == (verdict, reason)
    assert len(channel.asked) == 1


def test_a_page_that_is_none_of_telegrams_is_malformed(channel: Channel) -> None:
    channel.special["/s/town"] = (200, b"<html><body>please log in</body></html>", {})
    with pytest.raises(SourceError) as caught:
        collect(channel)
    assert caught.value.reason == "malformed-answer"


def test_a_failure_after_some_pages_is_partial(channel: Channel) -> None:
    channel.newest = 60
    channel.special["/s/town?before=41"] = (429, b"", {})
    assert collect(channel) == Result(
        verdict="partial", reason="rate-limited", detail="pages: 1 rate-limited", items=20
    )


def test_a_page_that_repeats_itself_ends_the_paging(channel: Channel) -> None:
    channel.newest = 60
    channel.special["/s/town?before=41"] = (200, channel.page(61).encode(), {})
    assert collect(channel).items == 20
    assert len(channel.asked) == 2


def test_refusals_are_raised_at_once_and_partial_later(channel: Channel) -> None:
    channel.newest = 60
    with pytest.raises(Refused):
        collect(channel, lambda _: True)
    assert channel.asked == []
    result = collect(channel, lambda url: "before" in url)
    assert (result.verdict, result.reason, result.items) == ("partial", "out-of-scope", 20)


def test_media_are_fetched_only_when_asked_for(channel: Channel) -> None:
    channel.newest, channel.media = 3, True
    assert collect(channel).verdict == "complete"
    assert sum(path.startswith("/file/") for path in channel.asked) == 3
    channel.asked.clear()
    collect(channel, media=False)
    assert channel.asked == ["/s/town"]
