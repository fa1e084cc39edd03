"""Starting our own processes without what they do not need."""

from __future__ import annotations

import sys


def without_slow_imports() -> None:
    """Keep jsonschema from compiling a grammar for a format that nothing here checks: 0.7 s a process.

    For the engine's and the kernel's own processes, at their very start; jsonschema takes its absence as usual.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # None: not to be imported
