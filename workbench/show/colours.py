"""Colours that people with any colour vision tell apart, never the only sign of a difference.

Okabe and Ito, Color Universal Design, 2008.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

OKABE_ITO: Final = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
    "#8A8A8A",
)
"""Blue, vermilion, bluish green, reddish purple, orange, sky blue, black; a grey in the place of their yellow, which
is not seen on white paper."""

KINDS: Final = ("post", "reply", "mention", "repost", "quote", "like", "message", "follow")
"""The kinds that tables know, in the order in which they take their colours."""

DASHES: Final = ((), (8, 3), (2, 3), (8, 3, 2, 3), (5, 5), (1, 4), (12, 4), (3, 1))
"""A line pattern for each colour: lengths drawn and left out, in pixels."""


def places(kinds: Iterable[str]) -> dict[str, int]:
    """Give each kind its place in ``OKABE_ITO`` and ``DASHES``; known kinds always have the same one."""
    known = {kind: place for place, kind in enumerate(KINDS)}
    others = sorted(set(kinds) - set(known))
    return known | {kind: place % len(OKABE_ITO) for place, kind in enumerate(others)}
