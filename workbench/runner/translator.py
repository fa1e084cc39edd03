"""How parameter values are written into a notebook's injected cell: as papermill does, and days as days."""

from __future__ import annotations

from datetime import date
from typing import Any

from papermill.translators import PythonTranslator, papermill_translators


class Translator(PythonTranslator):  # type: ignore[misc]  # papermill has no types
    """papermill's own, which would write a date as text."""

    @classmethod
    def translate(cls, val: Any) -> str:  # noqa: ANN401 - the signature is papermill's
        """Give the Python expression of a value; a notebook with dates imports ``date`` itself."""
        if isinstance(val, date):
            return f"date.fromisoformat({val.isoformat()!r})"
        return str(super().translate(val))


def register(kernel_name: str) -> None:
    """Have papermill use this translator for notebooks that run in the named kernel."""
    papermill_translators.register(kernel_name, Translator)
