"""Everyday posts: who posts when follows from rhythms, what they say from a small grammar.

A grammar is text with choices: ``{one|two}`` takes one of them, ``{name}`` one line of that list. Every
choice comes from one seeded generator, so that the town is the same everywhere. A
sentence is used twice only when thirty tries find no new one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from random import Random

from workbench.demo.model import Person, Post, Rhythm, day, hour_of
from workbench.demo.script import moment
from workbench.records import Record

Grammar = Mapping[str, Sequence[str]]
"""Name -> the lines to choose from."""
_CHOICE = re.compile(r"\{([^{}]*)\}")
_SMALL = re.compile(r"(?:^|(?<=[.!?] ))(?!\w+::)[a-z]")
_CAPITAL = re.compile(r"(?:^|(?<=[^rs][.!?] ))(?!I\b|Mr|Ms|Dr|\w+::)[A-Z]")
_DAY = 86_400_000_000
_TRIES = 30


def grammar(source: str) -> Grammar:
    """Read a grammar: TOML, every key a list of lines."""
    lists: dict[str, list[str]] = tomllib.loads(source)
    return lists


class Crowd(Record, frozen=True, kw_only=True):
    """What the generator needs at hand. ``said`` grows: it holds what was used already."""

    dice: Random
    grammar: Grammar
    people: Mapping[str, Person]
    said: set[str]
    last_day: date


def posts(
    seed: int,
    people: Sequence[Person],
    scenes: Sequence[Post],
    rules: Grammar,
    last_day: date,
    *,
    said: Iterable[str] = (),
) -> Iterator[Post]:
    """Give everyday posts, answers and boosts for everybody with a rhythm, around the written scenes.

    ``said`` are words that others used already.
    """
    crowd = Crowd(
        dice=Random(seed),  # noqa: S311 - invented small talk, not a secret
        grammar=rules,
        people={person.handle: person for person in people},
        said={post.text for post in scenes} | set(said),
        last_day=last_day,
    )
    everyday = [post for person in people for post in _own(crowd, person)]
    answers = [post for start in everyday for post in _thread(crowd, start)]
    yield from everyday
    yield from answers
    yield from _boosts(crowd, [*everyday, *scenes])


def say(crowd: Crowd, person: Person, start: str) -> str:
    """Give a sentence that nobody has used yet, from the list named ``start``."""
    text = ""
    for _ in range(_TRIES):
        text = _cased(_grow(crowd, person, f"{{{start}}}"), lower=person.lower)
        if text not in crowd.said:
            break
    crowd.said.add(text)
    return text


def _cased(text: str, *, lower: bool) -> str:
    tidy = text.replace(" ,", ",").replace(" .", ".").strip()
    if lower:
        return _CAPITAL.sub(lambda match: match[0].lower(), tidy)
    return _SMALL.sub(lambda match: match[0].upper(), tidy)


def _grow(crowd: Crowd, person: Person, text: str) -> str:
    while True:
        match = _CHOICE.search(text)
        if match is None:
            return text
        name = match[1]
        choices = name.split("|") if "|" in name else _named(crowd, person, name)
        text = f"{text[: match.start()]}{crowd.dice.choice(choices)}{text[match.end() :]}"


def _named(crowd: Crowd, person: Person, name: str) -> Sequence[str]:
    if name == "friend":
        return [f"@{one.acct}" for one in _friends(crowd, person)] or ["somebody"]
    return crowd.grammar[name]


def _friends(crowd: Crowd, person: Person) -> list[Person]:
    circles = set(person.circles)
    return [
        one for one in crowd.people.values() if one.handle != person.handle and circles & set(one.circles)
    ]


def _own(crowd: Crowd, person: Person) -> Iterator[Post]:
    for place, at in enumerate(_times(crowd, person.rhythm)):
        topic = crowd.dice.choice(person.topics)
        text = say(crowd, person, topic)
        picture = say(crowd, person, f"{topic}_pic") if f"{topic}_pic" in crowd.grammar else ""
        shown = picture if crowd.dice.random() < 0.06 else ""
        yield _post(crowd, f"{person.handle}_{place}", at, person, text, picture=shown)


def _post(
    crowd: Crowd, key: str, at: int, person: Person, text: str, *, replies_to: str = "", picture: str = ""
) -> Post:
    language, mark, words = text.partition("::")
    return Post(
        key=key,
        at=at,
        author=person.handle,
        text=words if mark else text,
        language=language if mark else "en",
        replies_to=replies_to,
        picture=picture,
        likes=int(crowd.dice.expovariate(0.4)),
    )


def _times(crowd: Crowd, rhythm: Rhythm) -> Iterator[int]:
    dice, number = crowd.dice, rhythm.first
    while rhythm.rate and number <= rhythm.last:
        weekend = day(crowd.last_day, number).weekday() > 4
        spans = rhythm.weekend if weekend and rhythm.weekend else rhythm.spans
        for hours in sorted(_hours(dice, rhythm, spans)):
            if number not in rhythm.away:
                yield moment(crowd.last_day, number, hours)
        number += dice.randint(2, 6) if rhythm.style == "bursty" else 1


def _hours(dice: Random, rhythm: Rhythm, spans: Sequence[tuple[float, float]]) -> list[float]:
    if rhythm.style == "steady":
        return [dice.uniform(*span) for span in spans if dice.random() < rhythm.rate]
    if dice.random() >= min(rhythm.rate, 1):
        return []
    if rhythm.style == "bursty":
        start = dice.uniform(*dice.choice(spans))
        return [start + dice.uniform(0, 1.6) for _ in range(dice.randint(4, 9))]
    return [dice.uniform(*dice.choice(spans)) for _ in range(1 + (dice.random() < rhythm.rate / 3))]


def _thread(crowd: Crowd, start: Post) -> Iterator[Post]:
    """Give the answers below a post: now and then one, sometimes a conversation that goes deep."""
    author = crowd.people[start.author]
    post, speaker, depth = start, author, 0
    partner: Person | None = None
    while author.talks and crowd.dice.random() < (0.11 if depth == 0 else 0.62) and depth < 7:
        at = post.at + crowd.dice.randint(120, 5_400) * 1_000_000
        speaker = author if speaker is not author and partner else _partner(crowd, author, at)
        if not _awake(crowd, speaker, at):
            return
        partner = partner or speaker
        depth += 1
        topic = _topic(crowd, speaker, "answer")
        text = f"@{post.author} {say(crowd, speaker, topic)}"
        post = _post(crowd, f"{start.key}_{depth}", at, speaker, text, replies_to=post.key)
        yield post


def _topic(crowd: Crowd, person: Person, kind: str) -> str:
    own = [f"{topic}_{kind}" for topic in person.topics if f"{topic}_{kind}" in crowd.grammar]
    return crowd.dice.choice([*own, kind, kind])


def _partner(crowd: Crowd, author: Person, at: int) -> Person:
    able = [one for one in _friends(crowd, author) if one.talks and _awake(crowd, one, at)]
    return crowd.dice.choice(able) if able else author


def _awake(crowd: Crowd, person: Person, at: int) -> bool:
    """Tell whether this account would post then: its own days, its own hours (half an hour's grace)."""
    rhythm = person.rhythm
    number = (at - moment(crowd.last_day, 0, 0)) // _DAY
    spans = [*rhythm.spans, *rhythm.weekend]
    hour = hour_of(at)
    there = rhythm.first <= number <= rhythm.last and number not in rhythm.away
    return there and any(low - 0.5 <= one <= high + 0.5 for low, high in spans for one in (hour, hour + 24))


def _boosts(crowd: Crowd, found: Sequence[Post]) -> Iterator[Post]:
    for post in found:
        plain = not post.boosts and post.visibility == "public" and not post.replies_to and not post.deleted
        if not plain or crowd.dice.random() > 0.09 or not crowd.people[post.author].talks:
            continue
        at = post.at + crowd.dice.randint(300, 20_000) * 1_000_000
        fan = _partner(crowd, crowd.people[post.author], at)
        if fan.handle != post.author:
            yield Post(key=f"boost_{post.key}", at=at, author=fan.handle, boosts=post.key)
