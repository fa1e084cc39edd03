"""Walking up a conversation: from a post to what it answers. Used by analyses and by what leaves the house."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def ancestors(start: str, parent_of: Callable[[str], str], *, most: int = 10_000) -> Iterator[str]:
    """Walk up from a post to what it answers, and so on, by any kind of name; an empty name is the top.

    Ends at the top, where a circle closes, or after ``most`` steps; ``start`` itself is not given.
    """
    seen = {start}
    above = parent_of(start)
    while above and above not in seen and len(seen) <= most:
        seen.add(above)
        yield above
        above = parent_of(above)
