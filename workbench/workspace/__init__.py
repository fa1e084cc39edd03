"""What a notebook works with: ``open_case`` gives a case to read, and to collect through its parent.

Loaded on first use, so that the runner's own processes need not load pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.workspace.case import Case as Case
    from workbench.workspace.case import open_case as open_case

__all__ = ["Case", "open_case"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - PEP 562 hands back whatever was asked for
    """Load the module that holds the name (PEP 562)."""
    if name not in __all__:
        message = f"module 'workbench.workspace' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module("workbench.workspace.case"), name)
