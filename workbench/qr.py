"""A seal's fingerprint on paper: in short for the eye, whole as a QR code for a telephone (casefile-format 10.7)."""

from __future__ import annotations

import base64
import io
import re
from functools import lru_cache

import segno

from workbench.custody import seals
from workbench.errors import UsageError

MOST_LETTERS = 500
"""A longer text makes a code too fine to be read off paper."""

_QUIET = 4  # modules of white around the code, as ISO/IEC 18004 wants
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


@lru_cache(maxsize=8)  # a package's pages all bear the same one, and it takes ten times what a page does
def svg(text: str, *, millimetres: float = 28) -> str:
    """Give a QR code as an SVG element without scripts, ids or references; equal text gives equal bytes.

    Raises UsageError where the text is empty or longer than ``MOST_LETTERS``.
    """
    if not 0 < len(text) <= MOST_LETTERS:
        raise UsageError(
            "this text is no matter for a QR code",
            expected=f"1 to {MOST_LETTERS} letters",
            found=f"{len(text)}",
        )
    written = io.BytesIO()
    code = segno.make(text, error="m", micro=False, boost_error=False)
    options = {"xmldecl": False, "svgclass": None, "lineclass": None, "omitsize": True, "nl": False}
    code.save(written, kind="svg", border=_QUIET, light="#fff", **options)
    size = f'width="{millimetres:g}mm" height="{millimetres:g}mm" role="img" aria-label="QR code"'
    return written.getvalue().decode("ascii").replace("<svg ", f"<svg {size} ", 1)


def image(text: str, *, millimetres: float = 28) -> str:
    """Give the same code as an address for ``img``, where SVG itself is no markup that is let through."""
    coded = base64.b64encode(svg(text, millimetres=millimetres).encode("ascii"))
    return f"data:image/svg+xml;base64,{coded.decode('ascii')}"


def seal_text(case: str, number: int, sha256: str) -> str:
    """Give what the code of a seal says: case, number and whole fingerprint."""
    return f"{case} seal {number} sha256 {sha256}"


def seal_line(number: int, sha256: str) -> str:
    """Give a seal for the eye: ``seal 3, 3f2a 9c1d …``, the first 20 digits in groups of four (clause 10.7).

    Raises UsageError where ``sha256`` is no fingerprint.
    """
    if not _FINGERPRINT.fullmatch(sha256):
        raise UsageError("this is no fingerprint", expected="64 hexadecimal digits", found=sha256[:80])
    return f"seal {number}, {seals.short(sha256)}"
