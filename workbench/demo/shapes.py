"""The town in the shapes that a Mastodon 4.4 server gives: accounts, statuses, edits, instance.

Shapes follow https://docs.joinmastodon.org/entities/ and real answers; every key of an anonymous
answer is there. Nothing here reads a clock or a disk.
"""

from __future__ import annotations

import html
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cached_property

from workbench.demo import footage, pictures
from workbench.demo.model import DOMAIN, MARK, NAME, File, Person, Post, Town, day
from workbench.times import from_micros

Json = dict[str, object]
VERSION = "4.4.3"
"""The Mastodon version whose shapes these are."""
_LINKED = re.compile(r"@(\w+(?:@[\w.]+\w)?)|#(\w*[^\W\d]\w*)|(https?://[^\s<>\"]*[\w/])")
_ADDRESS = re.compile(r"https?://[^\s<>\"]*[\w/]")
_TAG = re.compile(r"#(\w*[^\W\d]\w*)")
_MENTION = re.compile(r"(?<![\w/])@(\w+(?:@[\w.]+\w)?)")
_DAY_MS = 86_400_000


def iso(at: int) -> str:
    """Write a time as Mastodon does, in milliseconds: ``2026-05-08T01:47:12.000Z``."""
    return from_micros(at).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at // 1000 % 1000:03d}Z"


class Shapes:
    """Renders one town; ``base`` is where pictures are served (``http://127.0.0.1:1234``)."""

    def __init__(self, town: Town, base: str) -> None:
        self.town = town
        self.base = base
        self.people = {person.acct: person for person in town.people}
        self.by_handle = {person.handle: person for person in town.people}
        self.by_key = {post.key: post for post in town.posts}
        self.by_id = {post.id: post for post in town.posts}
        self.files = {file.key: file for file in town.files}
        self._accounts: dict[str, Json] = {}

    @cached_property
    def visible(self) -> dict[str, list[Post]]:
        """Handle -> what an anonymous reader may see of it, newest first."""
        shown: dict[str, list[Post]] = defaultdict(list)
        for post in reversed(self.town.posts):
            if self.readable(post):
                shown[post.author].append(post)
        return shown

    @cached_property
    def _counts(self) -> tuple[Counter[str], Counter[str], Counter[str]]:
        alive = [post for post in self.town.posts if not post.deleted]
        return (
            Counter(post.replies_to for post in alive if post.replies_to),
            Counter(post.boosts for post in alive if post.boosts),
            Counter(post.author for post in alive),
        )

    @cached_property
    def children(self) -> dict[str, list[Post]]:
        """Key of a post -> the readable answers to it, oldest first."""
        answers: dict[str, list[Post]] = defaultdict(list)
        for post in self.town.posts:
            if post.replies_to and self.readable(post):
                answers[post.replies_to].append(post)
        return answers

    def readable(self, post: Post) -> bool:
        """Tell whether somebody who is not signed in may see it."""
        return not post.deleted and post.visibility in {"public", "unlisted"}

    def account_id(self, person: Person) -> str:
        """Give the account's snowflake: milliseconds of its making, then a number of its own."""
        made = day(self.town.last_day, person.made).toordinal() - 719_163
        return str((made * _DAY_MS << 16) + 1 + list(self.by_handle).index(person.handle))

    def url(self, person: Person) -> str:
        """Give the profile's address for people."""
        return f"https://{person.domain or DOMAIN}/@{person.handle}"

    def account(self, person: Person) -> Json:
        """Give an Account."""
        if person.handle not in self._accounts:
            self._accounts[person.handle] = self._account(person)
        return self._accounts[person.handle]

    def _account(self, person: Person) -> Json:
        avatar = f"{self.base}/media/portrait-{person.handle}.png"
        header = f"{self.base}/media/header-{person.handle}.png"
        made = day(self.town.last_day, person.made).isoformat()
        shown = self.visible[person.handle]
        return {
            "id": self.account_id(person),
            "username": person.handle,
            "acct": person.acct,
            "display_name": person.name,
            "locked": person.locked,
            "bot": person.bot,
            "discoverable": True,
            "indexable": False,
            "group": False,
            "created_at": f"{made}T00:00:00.000Z",
            "note": self.markup(f"{person.note}\n\n{MARK}"),
            "url": self.url(person),
            "uri": f"https://{person.domain or DOMAIN}/users/{person.handle}",
            "avatar": avatar,
            "avatar_static": avatar,
            "avatar_description": "A generated pattern. Fiction.",
            "header": header,
            "header_static": header,
            "header_description": "A generated landscape. Fiction.",
            "followers_count": person.followers,
            "following_count": person.following,
            "statuses_count": self._counts[2][person.handle],
            "last_status_at": iso(shown[0].at)[:10] if shown else None,
            "hide_collections": True,
            "show_media": True,
            "show_media_replies": True,
            "show_featured": True,
            "noindex": True,
            "emojis": [],
            "roles": [],
            "fields": [{"name": "Fiction", "value": html.escape(MARK), "verified_at": None}],
        }

    def status(self, post: Post) -> Json:
        """Give a Status; a boost carries the boosted one."""
        person = self.by_handle[post.author]
        boosted = self.by_key.get(post.boosts)
        parent = self.by_key.get(post.replies_to)
        replies, boosts, _ = self._counts
        text = post.edits[-1].text if post.edits else post.text
        return {
            "id": post.id,
            "created_at": iso(post.at),
            # A server forgets which post was answered when that post is deleted, not whose it was.
            "in_reply_to_id": parent.id if parent and not parent.deleted else None,
            "in_reply_to_account_id": self._author_id(parent),
            "sensitive": bool(post.summary),
            "spoiler_text": post.summary,
            "visibility": post.visibility,
            "language": post.language,
            "uri": f"https://{person.domain or DOMAIN}/users/{person.handle}/statuses/{post.id}"
            + "/activity" * bool(boosted),
            "url": f"{self.url(person)}/{post.id}",
            "replies_count": replies[post.key],
            "reblogs_count": boosts[post.key],
            "favourites_count": post.likes,
            "quotes_count": 0,
            "edited_at": iso(post.edits[-1].at) if post.edits else None,
            "content": text if post.raw else self.markup(text),
            "reblog": self.status(boosted) if boosted else None,
            "application": None if person.domain else {"name": "Web", "website": None},
            "account": self.account(person),
            "media_attachments": self._media(post),
            "mentions": self._mentions(post, text),
            "tags": [
                {"name": name.lower(), "url": f"{self.town.address}/tags/{name.lower()}"}
                for name in dict.fromkeys(_TAG.findall(text))
            ],
            "emojis": [],
            "quote": None,
            "quote_approval": {"automatic": [], "manual": [], "current_user": "denied"},
            "card": None if post.raw else _card(text),
            "poll": self._poll(post),
        }

    def history(self, post: Post) -> list[Json]:
        """Give all versions of a post's words as StatusEdits, oldest first."""
        versions = [(post.at, post.text), *((edit.at, edit.text) for edit in post.edits)]
        return [
            {
                "content": text if post.raw else self.markup(text),
                "spoiler_text": post.summary,
                "sensitive": bool(post.summary),
                "created_at": iso(at),
                "account": self.account(self.by_handle[post.author]),
                "media_attachments": self._media(post),
                "emojis": [],
            }
            for at, text in versions
        ]

    def context(self, post: Post) -> Json:
        """Give the posts above and below in the thread, as far as an anonymous reader sees them."""
        above: list[Post] = []
        parent = self.by_key.get(post.replies_to)
        while parent is not None and self.readable(parent):
            above.insert(0, parent)
            parent = self.by_key.get(parent.replies_to)
        below = self._below(post)
        return {
            "ancestors": [self.status(one) for one in above],
            "descendants": [self.status(one) for one in below],
        }

    def instance(self) -> Json:
        """Give the server's description (version 2); its title says that it is fiction."""
        return {
            "domain": DOMAIN,
            "title": NAME,
            "version": VERSION,
            "source_url": "https://github.com/mastodon/mastodon",
            "description": "FICTION. An invented town for trying a workbench; nobody here exists.",
            "usage": {"users": {"active_month": len(self.people)}},
            "thumbnail": {"url": f"{self.base}/media/header-quillhaven.png"},
            "icon": [],
            "languages": ["en", "es"],
            "configuration": {
                "urls": {"streaming": "", "status": None, "about": None, "privacy_policy": None},
                "accounts": {"max_featured_tags": 10, "max_pinned_statuses": 5},
                "statuses": {"max_characters": 500, "max_media_attachments": 4},
                "media_attachments": {"supported_mime_types": sorted(footage.KINDS.values())},
                "polls": {"max_options": 4, "max_characters_per_option": 50},
                "translation": {"enabled": False},
            },
            "registrations": {"enabled": False, "approval_required": False, "message": None, "url": None},
            "api_versions": {"mastodon": 6},
            "contact": {"email": "nobody@quillhaven.example", "account": None},
            "rules": [{"id": "1", "text": "Everything here is invented.", "hint": ""}],
        }

    def instance_v1(self) -> Json:
        """Give the server's description in its older shape."""
        new = self.instance()
        return {
            "uri": DOMAIN,
            "title": NAME,
            "short_description": new["description"],
            "description": new["description"],
            "email": "nobody@quillhaven.example",
            "version": VERSION,
            "urls": {"streaming_api": ""},
            "stats": {"user_count": len(self.people), "status_count": len(self.by_id), "domain_count": 1},
            "thumbnail": f"{self.base}/media/header-quillhaven.png",
            "languages": new["languages"],
            "registrations": False,
            "approval_required": False,
            "invites_enabled": False,
            "configuration": new["configuration"],
            "contact_account": None,
            "rules": new["rules"],
        }

    def markup(self, text: str) -> str:
        """Turn plain words into the HTML that Mastodon sends: paragraphs, breaks, links."""
        paragraphs = re.split(r"\n\n+", text.strip())
        return "".join(f"<p>{self._line(part)}</p>" for part in paragraphs if part)

    def _line(self, text: str) -> str:
        parts, end = [], 0
        for match in _LINKED.finditer(text):
            parts += [html.escape(text[end : match.start()]), self._link(match)]
            end = match.end()
        return "".join([*parts, html.escape(text[end:])]).replace("\n", "<br />")

    def _link(self, match: re.Match[str]) -> str:
        acct, tag, address = match.groups()
        if tag:
            url = f"{self.town.address}/tags/{tag.lower()}"
            return f'<a href="{url}" class="mention hashtag" rel="tag">#<span>{tag}</span></a>'
        if address:
            shown = html.escape(address)
            return f'<a href="{shown}" target="_blank" rel="nofollow noopener" translate="no">{shown}</a>'
        person = self.people.get(acct)
        if person is None:
            return html.escape(match[0])
        return (
            f'<span class="h-card" translate="no"><a href="{self.url(person)}" class="u-url mention">'
            f"@<span>{person.handle}</span></a></span>"
        )

    def _mentions(self, post: Post, text: str) -> list[Json]:
        names = dict.fromkeys(_MENTION.findall("" if post.raw else text))
        found = [self.people[name] for name in names if name in self.people]
        return [
            {
                "id": self.account_id(person),
                "username": person.handle,
                "url": self.url(person),
                "acct": person.acct,
            }
            for person in found
        ]

    def _author_id(self, post: Post | None) -> str | None:
        return self.account_id(self.by_handle[post.author]) if post else None

    def _media(self, post: Post) -> list[Json]:
        if not post.picture:
            return []
        number, file = str(int(post.id) + 1), self.files.get(post.file)
        suffix = footage.SUFFIXES[file.kind] if file else "png"
        small = "jpg" if file else "png"
        return [
            {
                "id": number,
                "type": "video" if suffix == "mp4" else "image",
                "url": f"{self.base}/media/{number}.{suffix}",
                "preview_url": f"{self.base}/media/{number}-small.{small}",
                "remote_url": None,
                "preview_remote_url": None,
                "text_url": None,
                "meta": _meta(file),
                "description": f"{post.picture} (fiction: drawn by code)",
                "blurhash": pictures.blurhash(number),
            }
        ]

    def _poll(self, post: Post) -> Json | None:
        if not post.poll:
            return None
        votes = [(int(post.id) >> 16 + place) % 23 for place in range(len(post.poll))]
        closes = post.at + _DAY_MS * 1000
        options = zip(post.poll, votes, strict=True)
        return {
            "id": str(int(post.id) >> 16),
            "expires_at": iso(closes),
            "expired": closes <= self.town.ends,
            "multiple": False,
            "votes_count": sum(votes),
            "voters_count": sum(votes),
            "options": [{"title": title, "votes_count": count} for title, count in options],
            "emojis": [],
        }

    def _below(self, post: Post) -> Iterable[Post]:
        for child in self.children[post.key]:
            yield child
            yield from self._below(child)


def _card(text: str) -> Json | None:
    """Give the preview that Mastodon makes of a post's first link; the pages behind the links do not exist."""
    link = _ADDRESS.search(text)
    if link is None:
        return None
    empty = ("author_name", "author_url", "provider_name", "provider_url", "html", "embed_url")
    return {
        "url": link[0],
        "title": "A page that does not exist (fiction)",
        "description": "",
        "language": "en",
        "type": "link",
        **dict.fromkeys(empty, ""),
        "width": 0,
        "height": 0,
        "image": None,
        "image_description": "",
        "blurhash": None,
        "published_at": None,
        "authors": [],
    }


def _meta(file: File | None) -> Json:
    """Give sizes; for a video also what Mastodon says about its pictures and its length."""
    if file is None:
        return _sizes((pictures.WIDTH, pictures.HEIGHT))
    if file.kind != "mp4":
        return _sizes(footage.size(file))
    width, height = footage.size(file)
    seconds = footage.FRAMES / footage.RATE
    bits = len(footage.data(file)) * 8 / seconds
    moving: Json = {"frame_rate": f"{footage.RATE}/1", "duration": seconds, "bitrate": int(bits)}
    return {
        "length": f"0:00:{seconds:05.2f}",
        "duration": seconds,
        "fps": footage.RATE,
        **_size((width, height)),
        "original": {"width": width, "height": height, **moving},
        "small": _size((footage.WIDTH // 2, footage.HEIGHT // 2)),
    }


def _sizes(size: tuple[int, int]) -> Json:
    return {"original": _size(size), "small": _size((size[0] // 2, size[1] // 2))}


def _size(size: tuple[int, int]) -> Json:
    width, height = size
    return {"width": width, "height": height, "size": f"{width}x{height}", "aspect": width / height}
