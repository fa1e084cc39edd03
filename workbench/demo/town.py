"""Builds the town: hand-written scenes, everyday posts around them, ids over all. Same seed, same town."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from zlib import crc32

import msgspec

from workbench.demo import chatter, script
from workbench.demo.model import DOMAIN, Person, Post, Town

SEED = 417
LAST_DAY = date(2026, 5, 10)
"""A Sunday; the town's ten weeks begin on the Monday 69 days before."""
_END_HOUR = 20
_LINK = re.compile(r"\{link:(\w+)\}")
SCENES = ("missing", "wanted", "stalking", "town", "hostile")
"""The hand-written scenes, one file each under ``data/``."""


@cache
def build(seed: int = SEED, last_day: date = LAST_DAY) -> Town:
    """Make the town. ``last_day`` must be a Sunday, since school and market days follow from it."""
    if last_day.weekday() != 6:
        raise ValueError(last_day.isoformat())
    people = cast()
    scenes = [post for name in SCENES for post in script.read(_data(f"{name}.txt"), name, last_day)]
    everyday = chatter.posts(seed, people, scenes, chatter.grammar(_data("grammar.toml")), last_day)
    ends = script.moment(last_day, 0, _END_HOUR)
    posts = _numbered(post for post in [*_addressed(scenes), *everyday] if post.at < ends)
    return Town(seed=seed, last_day=last_day, ends=ends, people=people, posts=_linked(posts))


def cast() -> tuple[Person, ...]:
    """Give everybody who has an account."""
    people: list[dict[str, object]] = tomllib.loads(_data("people.toml"))["person"]
    return msgspec.convert(people, tuple[Person, ...])


def _data(name: str) -> str:
    return files("workbench.demo").joinpath("data", name).read_text("utf-8")


def _addressed(scenes: Sequence[Post]) -> Iterator[Post]:
    """Put the answered account's name before an answer, as people's programs do; give some likes."""
    by_key = {post.key: post for post in scenes}
    for post in scenes:
        parent = by_key.get(post.replies_to)
        name = f"@{parent.author}" if parent and parent.author != post.author else ""
        text = post.text if name in post.text else f"{name} {post.text}"
        likes = post.likes or crc32(post.key.encode()) % 6
        yield msgspec.structs.replace(post, text=text, likes=0 if post.boosts else likes)


def _numbered(posts: Iterable[Post]) -> list[Post]:
    """Give ids as Mastodon does: milliseconds since 1970, then sixteen bits of their own.

    They are even: the odd number after a post's id is that of its picture.
    """
    ordered = sorted(posts, key=lambda post: (post.at // 1000, post.key))
    return [
        msgspec.structs.replace(post, id=str((post.at // 1000 << 16) + place * 2 % 65_536))
        for place, post in enumerate(ordered)
    ]


def _linked(posts: Sequence[Post]) -> tuple[Post, ...]:
    """Replace ``{link:key}`` by the address of that post."""
    addresses = {post.key: f"https://{DOMAIN}/@{post.author}/{post.id}" for post in posts}
    return tuple(
        msgspec.structs.replace(post, text=_LINK.sub(lambda match: addresses[match[1]], post.text))
        for post in posts
    )
