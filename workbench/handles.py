"""How names of accounts are compared: one rule, for analyses, for what people wrote, and for what they ask for."""

from __future__ import annotations


def folded(name: str) -> str:
    """Give a handle or identifier as names are compared: without blanks and signs in front, in small letters."""
    return name.strip().lstrip("@").lower()
