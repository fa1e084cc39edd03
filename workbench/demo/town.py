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
from workbench.demo.model import DOMAIN, File, Person, Post, Town

SEED = 417
LAST_DAY = date(2026, 5, 10)
"""A Sunday; the town's ten weeks begin on the Monday 69 days before."""
_END_HOUR = 20
_LINK = re.compile(r"\{link:(\w+)\}")
SCENES = ("missing", "wanted", "stalking", "town", "hostile")
"""The hand-written scenes, one file each under ``data/``."""
LATER = ("chorus", "school", "sheds", "bandstand")
"""Scenes around people of their own. Their everyday talk has its own seed, so that the one does not move the other."""


@cache
def build(seed: int = SEED, last_day: date = LAST_DAY) -> Town:
    """Make the town. ``last_day`` must be a Sunday, since school and market days follow from it."""
    if last_day.weekday() != 6:
        raise ValueError(last_day.isoformat())
    rules, shown = chatter.grammar(_data("grammar.toml")), files_of()
    old, new = cast(), cast("newcomers.toml")
    scenes, later = _scenes(SCENES, last_day), _scenes(LATER, last_day)
    everyday = list(chatter.posts(seed, old, scenes, rules, last_day))
    said = [post.text for post in [*later, *everyday]]
    everyday += chatter.posts(seed + 1, new, (), rules, last_day, said=said)
    ends = script.moment(last_day, 0, _END_HOUR)
    written = _described(_addressed([*scenes, *later]), shown)
    posts = _numbered(post for post in [*written, *everyday] if post.at < ends)
    return Town(
        seed=seed, last_day=last_day, ends=ends, people=(*old, *new), posts=_linked(posts), files=shown
    )


def before(town: Town) -> Town:
    """Give the town as it was before anybody edited or deleted a word; the times stay."""
    posts = tuple(msgspec.structs.replace(post, edits=(), deleted=False) for post in town.posts)
    return msgspec.structs.replace(town, posts=posts)


def cast(name: str = "people.toml") -> tuple[Person, ...]:
    """Give everybody who has an account, as one file has them."""
    people: list[dict[str, object]] = tomllib.loads(_data(name))["person"]
    return msgspec.convert(people, tuple[Person, ...])


def files_of() -> tuple[File, ...]:
    """Give the photos and videos that posts carry."""
    found: list[dict[str, object]] = tomllib.loads(_data("files.toml"))["file"]
    return msgspec.convert(found, tuple[File, ...])


def _scenes(names: Sequence[str], last_day: date) -> list[Post]:
    return [post for name in names for post in script.read(_data(f"{name}.txt"), name, last_day)]


def _described(posts: Iterable[Post], shown: Sequence[File]) -> Iterator[Post]:
    """Describe what a post carries in the words of its file."""
    words = {file.key: file.shows for file in shown}
    for post in posts:
        yield msgspec.structs.replace(post, picture=words[post.file]) if post.file else post


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
