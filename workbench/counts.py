"""Numbers, lists and truth in words, for whatever is said to people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def counted(count: object, one: str) -> str:
    """Write a number with its word, in the plural where it is not one."""
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


def yes(value: object) -> str:
    """Write a truth value as a word."""
    return "yes" if value else "no"


def exhibits_told(numbers: Iterable[int]) -> str:
    """Name exhibits without the number of their case: ``E0012, E0013``."""
    return ", ".join(f"E{number:04d}" for number in numbers)


def rows_told(rows: Mapping[str, int]) -> str:
    """Say how many rows each table got, in words: ``1 account, 3 key frames, 2 media``."""
    return ", ".join(_told(table.replace("_", " "), count) for table, count in rows.items()) or "no rows"


def _told(table: str, count: int) -> str:
    return counted(count, table[:-1]) if table.endswith("s") else f"{count} {table}"
