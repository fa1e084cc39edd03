"""Builds the town: hand-written scenes, everyday posts around them, ids over all. Same seed, same town."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from datetime import date
from functools import cache
from importlib.resources import files

import msgspec

from workbench.demo import chatter, script
from workbench.demo.model import Person, Post, Town

SEED = 417
LAST_DAY = date(2026, 5, 10)
"""A Sunday; the town's ten weeks begin on the Monday 69 days before."""
_END_HOUR = 20
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
    return Town(
        seed=seed,
        last_day=last_day,
        ends=ends,
        people=people,
        posts=tuple(_numbered(post for post in [*scenes, *everyday] if post.at < ends)),
    )


def cast() -> tuple[Person, ...]:
    """Give everybody who has an account."""
    people: list[dict[str, object]] = tomllib.loads(_data("people.toml"))["person"]
    return msgspec.convert(people, tuple[Person, ...])


def _data(name: str) -> str:
    return files("workbench.demo").joinpath("data", name).read_text("utf-8")


def _numbered(posts: Iterable[Post]) -> Iterable[Post]:
    """Give ids as Mastodon does: milliseconds since 1970, then sixteen bits of their own."""
    for place, post in enumerate(sorted(posts, key=lambda one: (one.at, one.key))):
        number = (post.at // 1000 << 16) + (place * 2_654 & 0x7FFF) * 2
        yield msgspec.structs.replace(post, id=str(number))
