"""The answer key for programs, and how well what an analysis gives agrees with it.

The key is written by hand beside the scenes (``data/answers.toml``), not derived from any analysis.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import msgspec

from workbench.records import Record


class Answer(Record, frozen=True, kw_only=True):
    """What one analysis should give on one scenario's case.

    ``rule`` says what is read off the analysis; ``never`` names distractors; ``either`` is neither right nor
    wrong. ``taken`` are wrong ones that the analysis does give, ``missed`` right ones that it does not give, and
    ``because`` says why it cannot do better: that an analysis does worse than this is a failure of the tests.
    """

    scenario: str
    analysis: str
    rule: str
    found: tuple[str, ...]
    never: tuple[str, ...] = ()
    either: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    because: str = ""


class Score(Record, frozen=True, kw_only=True):
    """How what was given agrees with the key. ``wrong`` is what was given and should not have been."""

    right: tuple[str, ...]
    wrong: tuple[str, ...]
    missed: tuple[str, ...]

    @property
    def precision(self) -> float | None:
        """Right ones among those given; None where nothing was given."""
        given = len(self.right) + len(self.wrong)
        return len(self.right) / given if given else None

    @property
    def recall(self) -> float | None:
        """Right ones among those to be found; None where there is nothing to find."""
        wanted = len(self.right) + len(self.missed)
        return len(self.right) / wanted if wanted else None


@cache
def answers() -> tuple[Answer, ...]:
    """Give the whole key, in its order."""
    text = files("workbench.demo").joinpath("data", "answers.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text)["answer"], tuple[Answer, ...])


def answer(scenario: str, analysis: str) -> Answer:
    """Give one entry of the key; raise KeyError when there is none."""
    for one in answers():
        if (one.scenario, one.analysis) == (scenario, analysis):
            return one
    raise KeyError((scenario, analysis))


def score(key: Answer, given: Iterable[str]) -> Score:
    """Hold what was given against the key."""
    held, wanted = set(given), set(key.found)
    return Score(
        right=tuple(sorted(held & wanted)),
        wrong=tuple(sorted(held - wanted - set(key.either))),
        missed=tuple(sorted(wanted - held)),
    )
