"""A number with its word, for whatever is said to people."""

from __future__ import annotations


def counted(count: object, one: str) -> str:
    """Write a number with its word, in the plural where it is not one."""
    return f"{count} {one}" if count == 1 else f"{count} {one}s"
