"""One message of a t.me page as rows: words, whom it answers, where it was forwarded from, what it carries.

The quoted words of a reply, and the title and words of a link's preview, are others' words: they are taken out
before the message's own are read. The address of a message is its identity; a channel's is
``https://t.me/NAME``, its handle ``@NAME``. A forward keeps the words (there is no other copy of them) and is a
``repost`` whose ``quotes`` names the original.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypedDict
from urllib.parse import parse_qs, urlsplit

from lxml.html import HtmlElement

from workbench import times
from workbench.collectors import telegram_html as html
from workbench.collectors.fields import Drift
from workbench.collectors.telegram_known import KNOWN, UNREAD
from workbench.rows import AnyRow, Interaction, Media, Moment, Place, Post, Text

PLATFORM = "telegram"
_POINT = re.compile(r"(-?[0-9]{1,3}(?:\.[0-9]+)?),(-?[0-9]{1,3}(?:\.[0-9]+)?)")

_PREFIX = "tgme_widget_message"
_CARRIERS: dict[str, tuple[str, str, str]] = {
    f"{_PREFIX}_photo_wrap": ("image", "", ""),
    f"{_PREFIX}_video_player": ("video", f"{_PREFIX}_video", "message_video_duration"),
    f"{_PREFIX}_roundvideo_player": ("video", f"{_PREFIX}_roundvideo", f"{_PREFIX}_roundvideo_duration"),
    f"{_PREFIX}_voice_player": ("audio", f"{_PREFIX}_voice", f"{_PREFIX}_voice_duration"),
    f"{_PREFIX}_document_wrap": ("document", f"{_PREFIX}_document_title", ""),
    f"{_PREFIX}_sticker_wrap": ("sticker", "", ""),
}
"""Class of what carries a file -> kind, class of the file's element (or its title), class of its length."""


class Name(TypedDict):
    """The columns that say which thing a row is about."""

    platform: str
    server: str
    native_id: str
    uri: str
    entity_id: str


def name(native_id: str, uri: str, entity_id: str = "") -> Name:
    """Name a thing; Telegram has one server only."""
    return Name(
        platform=PLATFORM, server="", native_id=native_id, uri=uri, entity_id=entity_id or uri or native_id
    )


class Message:
    """One message element, read once: what is not its own is taken out of the tree first."""

    def __init__(self, element: HtmlElement, pointer: str, drift: Drift) -> None:
        self.pointer = pointer
        self.drift = drift
        self.native_id = element.get("data-post") or ""
        self.channel = self.native_id.rpartition("/")[0]
        self.uri = html.BASE + self.native_id if self.native_id else ""
        self._note_unknown(element)
        self.reply = html.taken_out(element, "tgme_widget_message_reply")
        self.preview = html.taken_out(element, "tgme_widget_message_link_preview")
        self.forwarded = html.taken_out(element, "tgme_widget_message_forwarded_from")
        self.element = element
        self._note_withheld()
        self.media = list(self._media())
        self.body = [one for one in html.having(element, "tgme_widget_message_text") if not _nested(one)]
        self.anchors = [node for body in self.body for node in body.iter("a")]

    def _note_unknown(self, element: HtmlElement) -> None:
        for node in element.iter():
            for one in html.classes(node):
                if one in UNREAD:
                    self.drift.note("not-recognised", UNREAD[one], expected="a column", found=one)
                elif one.startswith(("tgme_widget_message_", "tgme_reaction")) and one not in KNOWN:
                    self.drift.note("unknown-key", "class", found=one)

    def _note_withheld(self) -> None:
        # The same label stands hidden behind each player; only one that is the bubble's own is shown.
        for wrap in html.having(self.element, "message_media_not_supported_wrap"):
            parent = wrap.getparent()
            own = parent is not None and "tgme_widget_message_bubble" in html.classes(parent)
            if own and "media_not_supported_cont" not in html.classes(wrap) and not self._is_service():
                label = html.line(html.first(wrap, "message_media_not_supported_label"))
                self.drift.note("not-captured", "message.media", expected="shown on the page", found=label)

    def rows(self) -> Iterator[AnyRow]:
        """Yield the message, what it carries and what it does."""
        yield self.post()
        yield from self.media
        yield from self._places()
        yield from self._acts()

    # -- the message

    def post(self) -> Post:
        """Give the message itself."""
        author, handle = self.author()
        replied, _ = self._answered()
        return Post(
            **name(self.native_id, self.uri),
            pointer=self.pointer,
            author=author,
            author_handle=handle,
            kind=self._kind(),
            published=self.published(),
            content=self._content(),
            summary="service message" if self._is_service() else "",
            in_reply_to=replied,
            in_reply_to_author=self._answered()[1],
            quotes=html.address(self._forward_link()) if self.forwarded is not None else "",
            conversation=html.BASE + self.channel if self.channel else "",
            visibility="public",
            state="edited" if self._edited() else "present",
            views=html.count(html.line(html.first(self.element, "tgme_widget_message_views"))),
            tags=tuple(
                dict.fromkeys(tag for node in self.anchors if (tag := html.hashtag(node.get("href"))))
            ),
            links=self._links(),
            signature=html.line(html.first(self.element, "tgme_widget_message_from_author")),
        )

    def author(self) -> tuple[str, str]:
        """Give entity and handle of who posted it: the channel, or in a group the member."""
        for one in ("tgme_widget_message_owner_name", "tgme_widget_message_author_name"):
            found = html.first(self.element, one)
            peer = html.peer_of(html.address(found.get("href"))) if found is not None else ""
            if peer:
                return html.BASE + peer, f"@{peer}"
        return (html.BASE + self.channel, f"@{self.channel}") if self.channel else ("", "")

    def published(self) -> Moment | None:
        """Give the time of the message; one that is missing is counted."""
        meta = html.first(self.element, "tgme_widget_message_date")
        stamp = next((node.get("datetime") for node in meta.iter("time")), None) if meta is not None else None
        if stamp is None:
            self.drift.note("bad-value", "message.time", expected="a time with its zone", found="none")
            return None
        return times.iso(stamp)

    def _kind(self) -> str:
        if self.forwarded is not None:
            return "repost"
        if self.reply is not None:
            return "reply"
        return "message" if self._is_service() else "post"

    def _is_service(self) -> bool:
        label = html.line(html.first(self.element, "message_media_not_supported_label"))
        within = html.first(self.element, "service_message") is not None
        return within or "service_message" in html.classes(self.element) or label == "Service message"

    def _content(self) -> Text | None:
        parts = [html.text(body) for body in self.body]
        polls = [_poll(one) for one in html.having(self.element, "tgme_widget_message_poll")]
        found = [part for part in [*parts, *polls] if part.plain]
        if not found:
            return None
        return Text("\n".join(part.raw for part in found), "\n\n".join(part.plain for part in found))

    def _links(self) -> tuple[str, ...]:
        own = [node.get("href") for node in self.anchors if not html.hashtag(node.get("href"))]
        shown = [self.preview.get("href")] if self.preview is not None else []
        return tuple(dict.fromkeys(found for href in [*own, *shown] if (found := html.address(href))))

    def _edited(self) -> bool:
        meta = html.first(self.element, "tgme_widget_message_meta")
        if meta is None:
            return False
        # The label stands bare between the elements; a signature has one of its own.
        bare = [meta.text or "", *((node.tail or "") for node in meta)]
        return any("edited" in words.lower().split() for words in bare)

    # -- what it does

    def _answered(self) -> tuple[str, str]:
        """Give native id and channel handle of the message that it answers."""
        channel, number = (
            html.message_of(html.address(self.reply.get("href"))) if self.reply is not None else ("", "")
        )
        return (f"{channel}/{number}", f"@{channel}") if number else ("", "")

    def _forward_link(self) -> str:
        found = html.first(self.forwarded, "tgme_widget_message_forwarded_from_name")
        return (found.get("href") or "") if found is not None else ""

    def _acts(self) -> Iterator[Interaction]:
        if self.reply is not None:
            replied, handle = self._answered()
            target = html.BASE + handle[1:] if handle else ""
            yield self._act("reply", target, handle, html.BASE + replied if replied else "")
        if self.forwarded is not None:
            yield self._forward()
        for node in self.anchors:
            peer = html.peer_of(html.address(node.get("href")))
            if peer and html.line(node).startswith("@"):
                yield self._act("mention", html.BASE + peer, f"@{peer}", "")

    def _forward(self) -> Interaction:
        link = html.address(self._forward_link())
        peer = html.message_of(link)[0] or html.peer_of(link)
        # Who hides behind the privacy setting is a name without an address.
        shown = html.line(html.first(self.forwarded, "tgme_widget_message_forwarded_from_name"))
        target = html.BASE + peer if peer else ""
        return self._act(
            "repost", target, f"@{peer}" if peer else shown, link if html.message_of(link)[1] else ""
        )

    def _act(self, kind: str, target: str, handle: str, about: str) -> Interaction:
        actor, actor_handle = self.author()
        return Interaction(
            **name(self.native_id, self.uri, f"{self.uri}#{kind}:{handle or about}"),
            pointer=self.pointer,
            kind=kind,
            actor=actor,
            actor_handle=actor_handle,
            target=target,
            target_handle=handle,
            object=about,
            post=self.uri,
            published=self.published(),
        )

    # -- what it carries

    def _media(self) -> Iterator[Media]:
        for node in self.element.iter():
            found = self._carried(node)
            if found is not None:
                yield found

    def _carried(self, node: HtmlElement) -> Media | None:
        for one in html.classes(node):
            kind, clip, length = _CARRIERS.get(one, ("", "", ""))
            if kind == "image":
                return self._medium(node, kind, html.background(node))
            if kind == "document":
                return self._medium(node, kind, "", description=html.line(html.first(node, clip)))
            if kind == "sticker":
                return self._medium(node, kind, _sticker(node))
            if kind:
                return self._clip(node, kind, clip, length)
        return None

    def _clip(self, node: HtmlElement, kind: str, name: str, length: str) -> Media:
        clip = html.first(node, name)
        # A round video loops as well; among the plain ones only an animation does.
        looping = name.endswith("_video") and clip is not None and clip.get("loop") is not None
        return self._medium(node, "gifv" if looping else kind, _source(clip), length)

    def _medium(
        self, node: HtmlElement, kind: str, uri: str, length: str = "", description: str = ""
    ) -> Media:
        if not uri:
            # Large videos and all documents are shown by name only.
            self.drift.note(
                "not-captured", f"message.{kind}", expected="an address", found="none on the page"
            )
        numbers = [one for one in html.classes(node) if one.isdigit()]
        channel, number = html.message_of(html.address(node.get("href")))
        carrier = f"{channel}/{number}" if number else self.native_id
        native_id = numbers[0] if numbers else ""
        return Media(
            **name(native_id, uri, f"{html.BASE}{carrier}#{native_id or kind}"),
            pointer=self.pointer,
            post=self.uri,
            kind=kind,
            description=description,
            duration=html.seconds(html.line(html.first(node, length))) if length else None,
        )

    def _places(self) -> Iterator[Place]:
        for node in html.having(self.element, "tgme_widget_message_location_wrap"):
            point = _point(node.get("href") or "")
            if point is None:
                self.drift.note(
                    "bad-value", "message.location", expected="q=latitude,longitude", found="none"
                )
                continue
            yield Place(
                **name(self.native_id, self.uri, f"{self.uri}#place"),
                pointer=self.pointer,
                about=self.uri,
                source="geotag",
                name=html.line(html.first(self.element, "tgme_widget_message_location_title")),
                latitude=point[0],
                longitude=point[1],
                published=self.published(),
            )


def _nested(body: HtmlElement) -> bool:
    # Some layouts wrap the words twice in the same class; the outer one holds all of them.
    return any("tgme_widget_message_text" in html.classes(up) for up in body.iterancestors())


def _poll(element: HtmlElement) -> Text:
    question = html.line(html.first(element, "tgme_widget_message_poll_question"))
    options = html.having(element, "tgme_widget_message_poll_option")
    lines = [_option(one) for one in options]
    return Text(html.text(element).raw, "\n".join([question, *lines]))


def _option(element: HtmlElement) -> str:
    share = html.line(html.first(element, "tgme_widget_message_poll_option_percent"))
    return f"[{share}] {html.line(html.first(element, 'tgme_widget_message_poll_option_text'))}"


def _source(element: HtmlElement | None) -> str:
    return html.address(element.get("src")) if element is not None and element.get("src") else ""


def _sticker(element: HtmlElement) -> str:
    for node in element.iter():
        if not isinstance(node.tag, str):
            continue
        given = node.get("data-webp") or (node.get("src") if node.tag == "video" else None)
        given = given or (node.get("srcset") if node.get("type") == "application/x-tgsticker" else None)
        if given:
            return html.address(given)
    return ""


def _point(href: str) -> tuple[float, float] | None:
    try:
        query = parse_qs(urlsplit(href).query)
    except ValueError:
        return None
    found = _POINT.fullmatch((query.get("q") or query.get("ll") or [""])[0])
    if found is None or abs(float(found[1])) > 90 or abs(float(found[2])) > 180:
        return None
    return float(found[1]), float(found[2])
