"""What the invented town is made of: people, posts, pictures, polls. Frozen, no behaviour but look-ups."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NoReturn
from zoneinfo import ZoneInfo

from workbench.records import Record
from workbench.times import from_micros

NAME = "Quillhaven Commons (FICTION: sample network)"
"""The server's title: the word fiction is part of the name."""
DOMAIN = "quillhaven.example"
"""A name reserved for examples (RFC 2606): it can belong to nobody."""
MARK = "Invented person in an invented town: sample data, fiction."
"""Stands in every account's self-description."""
ZONE = "America/New_York"
"""The zone that the town's clocks follow; the time change in the second week of March is real."""


class Rhythm(Record, frozen=True, kw_only=True):
    """When an account's everyday posts appear.

    ``style`` is ``steady`` (one post in each span), ``loose`` (some spans, some days) or ``bursty``
    (several in a row, then days of nothing). ``spans`` and ``weekend`` are ``(start, end)`` in hours of
    local time. ``rate`` is the chance of each span (steady), of a day (loose) or of a burst (bursty).
    Days run from ``first`` to ``last``, counted back from the town's last day, 0;
    on the days ``away`` there is nothing.
    """

    style: str = "loose"
    spans: tuple[tuple[float, float], ...] = ((8, 22),)
    weekend: tuple[tuple[float, float], ...] = ()
    rate: float = 0.0
    first: int = -69
    last: int = 0
    away: tuple[int, ...] = ()


class Person(Record, frozen=True, kw_only=True):
    """An invented account. ``made`` is the day of its making, counted back from the last day.

    ``talks`` accounts take part in small talk; ``lower`` ones begin their sentences with small letters.
    """

    handle: str
    name: str
    note: str
    made: int
    topics: tuple[str, ...] = ()
    circles: tuple[str, ...] = ()
    rhythm: Rhythm = Rhythm()
    domain: str = ""
    bot: bool = False
    locked: bool = False
    talks: bool = True
    lower: bool = False
    followers: int = 0
    following: int = 0

    @property
    def acct(self) -> str:
        """The name as the server writes it: with the domain when the account lives elsewhere."""
        return f"{self.handle}@{self.domain}" if self.domain else self.handle


class File(Record, frozen=True, kw_only=True):
    """An invented photo or video that posts carry: what it shows, and what it says about itself.

    ``stage`` names the drawn surroundings and ``event`` what happens there; files of one stage look alike,
    files of one stage and event are the same picture. ``kind`` is ``jpeg``, ``mp4`` or ``png`` (which can say
    nothing). ``taken`` is local time with its offset (ISO 8601), ``place`` latitude and longitude, all of them
    in the open sea, with ``error_m`` metres to each side. ``changes`` make a copy differ from what it was copied
    from: ``flip`` (mirrored), ``small``, ``coarse`` (compressed again), ``framed`` (a picture of a screen).
    """

    key: str
    shows: str
    stage: str
    event: str = ""
    kind: str = "jpeg"
    taken: str = ""
    place: tuple[float, ...] = ()
    error_m: float = 0.0
    make: str = ""
    model: str = ""
    serial: str = ""
    changes: tuple[str, ...] = ()


class Edit(Record, frozen=True, kw_only=True):
    """A later version of a post's words. ``at`` is microseconds since 1970 UTC."""

    at: int
    text: str


class Post(Record, frozen=True, kw_only=True):
    """An invented post, or a boost when ``boosts`` names another post's key.

    ``key`` names it inside the town, ``id`` is the server's snowflake. ``text`` is plain, except where
    ``raw`` says that it goes out as it stands (hostile markup). ``picture`` describes what it carries; ``file``
    is the key of a ``File``, without one the picture is drawn from the post's key. ``edits`` are oldest first;
    ``deleted`` posts are known to the town but no longer to the server.
    """

    key: str
    at: int
    author: str
    text: str = ""
    id: str = ""
    replies_to: str = ""
    boosts: str = ""
    summary: str = ""
    language: str = "en"
    visibility: str = "public"
    picture: str = ""
    file: str = ""
    poll: tuple[str, ...] = ()
    likes: int = 0
    raw: bool = False
    edits: tuple[Edit, ...] = ()
    deleted: bool = False


class Town(Record, frozen=True, kw_only=True):
    """The whole town. Posts are in the order of their ids; ``ends`` is microseconds since 1970 UTC."""

    seed: int
    last_day: date
    ends: int
    people: tuple[Person, ...]
    posts: tuple[Post, ...]
    files: tuple[File, ...] = ()

    @property
    def address(self) -> str:
        """What accounts' and posts' addresses start with; it resolves nowhere."""
        return f"https://{DOMAIN}"

    def person(self, handle: str) -> Person:
        """Give the account of that handle; raise KeyError when there is none."""
        return next((one for one in self.people if one.handle == handle), None) or _missing(handle)

    def post(self, key: str) -> Post:
        """Give the post of that key; raise KeyError when there is none."""
        return next((one for one in self.posts if one.key == key), None) or _missing(key)

    def file(self, key: str) -> File:
        """Give the photo or video of that key; raise KeyError when there is none."""
        return next((one for one in self.files if one.key == key), None) or _missing(key)

    def posts_of(self, handle: str) -> tuple[Post, ...]:
        """Give what an account posted and the town still shows, oldest first, boosts among them."""
        return tuple(one for one in self.posts if one.author == handle and not one.deleted)

    def link(self, post: Post) -> str:
        """Give the address of a post for people."""
        return f"{self.address}/@{post.author}/{post.id}"


def day(last_day: date, number: int) -> date:
    """Give the calendar day that is ``number`` days after the last one (so mostly negative)."""
    return last_day + timedelta(days=number)


def hour_of(at: int) -> float:
    """Give the hour of the day in the town's zone, 0 to 24."""
    local = from_micros(at).astimezone(ZoneInfo(ZONE))
    return local.hour + local.minute / 60


def _missing(name: str) -> NoReturn:
    raise KeyError(name)
