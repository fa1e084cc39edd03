"""An exhibit's bytes against the hash that its log line names: one rule for all who read them."""

from __future__ import annotations

from workbench.errors import IntegrityError


def check(found: str, expected: str, file: str, offset: int, length: int) -> None:
    """Raise IntegrityError where a slice's SHA-256 is not the one that was logged."""
    if found != expected:
        raise IntegrityError(
            "the exhibit's bytes are not those that were logged",
            where=f"{file}, bytes {offset} to {offset + length}",
            expected=expected,
            found=found,
            todo="run 'workbench verify' and tell your supervisor",
        )
