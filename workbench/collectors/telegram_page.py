"""A recorded t.me page as rows: the channel, its messages, and where snscrape reads them differently."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from workbench import times
from workbench.collectors import telegram_html as html
from workbench.collectors.fields import Drift, shorten
from workbench.collectors.snscrape_telegram import Opinion, opinions
from workbench.collectors.telegram_message import Message, name
from workbench.records import Exchange, Record
from workbench.rows import Account, AnyRow, Issue, Media, Post

_HOSTS = frozenset({"t.me", "telegram.me"})


class Glance(Record, frozen=True, kw_only=True):
    """What of a page decides on what to fetch next.

    ``kind``: history (a channel's public page), landing (it exists, without a public page), nobody (nothing
    has that name) or other. ``posts`` pairs native ids with times in microseconds; ``media`` is per post;
    ``older`` tells that the page links to older posts.
    """

    kind: str
    older: bool = False
    posts: tuple[tuple[str, int | None], ...] = ()
    media: tuple[tuple[str, ...], ...] = ()


def glance(body: bytes) -> Glance:
    """Look at a page as far as paging needs."""
    drift = Drift()
    root, _ = html.document(body, drift)
    if root is None:
        return Glance(kind="other")
    messages = [Message(element, "", drift) for element in _messages(root)]
    dated = [(one, one.published()) for one in messages if one.native_id]
    return Glance(
        kind=_kind(root, messages),
        older=any(one.get("data-before") for one in html.having(root, "tme_messages_more")),
        posts=tuple((one.native_id, moment.utc if moment else None) for one, moment in dated),
        media=tuple(tuple(media.uri for media in one.media if media.uri) for one, _ in dated),
    )


def rows(exchange: Exchange) -> Iterator[AnyRow]:
    """Yield what one exchange says; errors, redirects and unknown answers become Issue rows."""
    drift = Drift()
    if exchange.truncated:
        drift.note("truncated", "body", expected="the whole answer", found=exchange.truncated)
    yield from _read(exchange, drift)
    yield from drift.issues()


def _read(exchange: Exchange, drift: Drift) -> Iterator[AnyRow]:
    kind = exchange.header("Content-Type").partition(";")[0].strip().lower()
    if exchange.outcome or exchange.status >= 400:
        yield _issue("not-captured", exchange.outcome or f"HTTP {exchange.status}")
    elif exchange.status >= 300:
        yield _redirect(exchange)
    elif _host(exchange.uri) in _HOSTS or kind in {"text/html", ""}:
        yield from _page(exchange, drift)
    else:
        yield _file(exchange, kind)


def _page(exchange: Exchange, drift: Drift) -> Iterator[AnyRow]:
    root, markup = html.document(exchange.body, drift)
    if root is None:
        yield _issue("not-recognised", "no markup")
        return
    found = _messages(root)
    kind = _kind(root, found)
    if kind == "other":
        yield _issue("not-recognised", html.line(next(root.iter("title"), None)) or "a page without messages")
        return
    if kind != "history":
        said = (
            "no channel has this name" if kind == "nobody" else "it shows nothing to readers without the app"
        )
        yield _issue("not-public", said)
    yield from _accounts(root, found, exchange.uri, kind)
    posts: list[Post] = []
    for number, element in enumerate(found):
        message = Message(element, f"/{number}", drift)
        for row in message.rows():
            posts += [row] if isinstance(row, Post) else []
            yield row
    yield from disagreements(posts, opinions(markup, exchange.uri) if posts else [])


# -- the channel


def _accounts(root: HtmlElement, found: list[HtmlElement], uri: str, kind: str) -> Iterator[AnyRow]:
    info = html.first(root, "tgme_channel_info")
    if info is not None:
        yield _channel(info, found)
    elif kind == "landing":
        yield _landed(root, uri)


def _channel(info: HtmlElement, found: list[HtmlElement]) -> Account:
    shown = html.line(html.first(info, "tgme_channel_info_header_username")).removeprefix("@")
    told = next((one.get("data-post", "").rpartition("/")[0] for one in found), "")
    # Only messages write the name in the channel's own capitals.
    channel = told if told.lower() == shown.lower() or not shown else shown
    photo = html.first(info, "tgme_page_photo_image")
    note = html.first(info, "tgme_channel_info_description")
    return Account(
        **name(channel, html.BASE + channel),
        handle=f"@{channel}",
        name=html.line(html.first(info, "tgme_channel_info_header_title")),
        note=html.text(note) if note is not None else None,
        followers=_subscribers(info),
        icon=_picture(photo),
        url=f"{html.BASE}s/{channel}",
    )


def _landed(root: HtmlElement, uri: str) -> Account:
    who = urlsplit(uri).path.strip("/").removeprefix("s/")
    note = html.first(root, "tgme_page_description")
    extra = html.line(html.first(root, "tgme_page_extra"))
    counted = extra.rpartition(" ")
    return Account(
        **name(who, html.BASE + who),
        handle=f"@{who}",
        name=html.line(html.first(root, "tgme_page_title")),
        note=html.text(note) if note is not None else None,
        followers=html.count(counted[0]) if counted[2] in {"subscribers", "subscriber"} else None,
        icon=_picture(html.first(root, "tgme_page_photo_image")),
    )


def _subscribers(info: HtmlElement) -> int | None:
    for counter in html.having(info, "tgme_channel_info_counter"):
        if html.line(html.first(counter, "counter_type")) in {"subscribers", "subscriber"}:
            return html.count(html.line(html.first(counter, "counter_value")))
    return None


def _picture(element: HtmlElement | None) -> str:
    images = element.iter("img") if element is not None else iter(())
    return html.address(next((one.get("src") for one in images), None)) if element is not None else ""


# -- what snscrape reads differently


def disagreements(posts: list[Post], said: list[Opinion]) -> Iterator[Issue]:
    """Compare our messages with snscrape's items, in the page's order; one row per message and field.

    Lost line breaks are so common that they are one row per page. What snscrape has no field for (media, views,
    forwards) is no disagreement.
    """
    if len(posts) != len(said):
        yield _differ("messages", str(len(posts)), str(len(said)), "")
    broken = 0
    for post, opinion in zip(posts, said, strict=False):
        if opinion.problem:
            yield _differ("message", post.native_id, f"snscrape: {opinion.problem}", post.pointer)
            continue
        ours, theirs = post.content.plain if post.content else "", opinion.content or ""
        broken += ours != html.unbroken(theirs) and _squeezed(ours) == _squeezed(theirs)
        for field, expected, found in _different(post, opinion, ours, theirs):
            yield _differ(field, expected, found, post.pointer)
    if broken:
        yield _differ("content.line-breaks", "as shown", "other blanks and breaks", "", broken)


def _different(post: Post, opinion: Opinion, ours: str, theirs: str) -> Iterator[tuple[str, str, str]]:
    utc = times.to_micros(opinion.published) if opinion.published else None
    if opinion.uri.lower() != post.uri.lower():
        yield "uri", post.uri, opinion.uri
    if utc != (post.published.utc if post.published else None):
        yield "published", post.published.raw if post.published else "", str(opinion.published)
    if _squeezed(ours) != _squeezed(theirs):
        yield "content", ours, theirs
    missing = [link for link in post.links if link not in opinion.links]
    if missing:
        yield "links", " ".join(missing), "not among snscrape's"


def _squeezed(words: str) -> str:
    return "".join(words.split())


def _differ(field: str, expected: str, found: str, pointer: str, count: int = 1) -> Issue:
    return Issue(
        kind="disagreement",
        where="snscrape",
        field=field,
        expected=shorten(expected),
        found=shorten(found),
        pointer=pointer,
        count=count,
    )


# -- pages and files


def _messages(root: HtmlElement) -> list[HtmlElement]:
    return [one for one in html.having(root, "tgme_widget_message") if one.get("data-post") is not None]


def _kind(root: HtmlElement, found: list[object] | list[HtmlElement] | list[Message]) -> str:
    if found or html.first(root, "tgme_channel_history") is not None:
        return "history"
    if html.line(html.first(root, "tgme_page_title")):
        return "landing"
    known = ("tgme_page", "tgme_widget_message_error")
    return "nobody" if any(html.first(root, one) is not None for one in known) else "other"


def _redirect(exchange: Exchange) -> Issue:
    path = urlsplit(exchange.uri).path
    to = html.address(exchange.header("Location"))
    if path.startswith("/s/") and "/s/" not in to:
        return _issue("not-public", "sent away from the public page")
    return _issue("not-captured", f"HTTP {exchange.status}: see the next exhibit")


def _file(exchange: Exchange, kind: str) -> AnyRow:
    family = kind.partition("/")[0]
    if family not in {"image", "video", "audio", "application"}:
        return _issue("not-recognised", kind)
    held = not exchange.truncated
    return Media(
        **name("", exchange.uri),
        kind="document" if family == "application" else family,
        media_type=kind,
        bytes=len(exchange.body) if held else None,
        sha256=hashlib.sha256(exchange.body).hexdigest() if held else "",
    )


def _issue(kind: str, found: str) -> Issue:
    return Issue(kind=kind, where="page", expected="a channel's public page", found=shorten(found))


def _host(uri: str) -> str:
    try:
        return (urlsplit(uri).hostname or "").lower()
    except ValueError:
        return ""
