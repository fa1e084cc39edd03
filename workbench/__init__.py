"""A workbench for sanctioned social media investigations.

What a notebook needs is here: ``open_case``, ``analysis`` and ``show``. They are loaded when first
used, so that importing the package, or asking a command for help, stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench import analysis as analysis
    from workbench import show as show
    from workbench.workspace import open_case as open_case

__version__ = "0.1.0"

_LAZY = {
    "open_case": ("workbench.workspace", "open_case"),
    "analysis": ("workbench.analysis", None),
    "show": ("workbench.show", None),
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - PEP 562 hands back whatever was asked for
    """Load the notebook's view on first use (PEP 562)."""
    if name not in _LAZY:
        message = f"module 'workbench' has no attribute {name!r}"
        raise AttributeError(message)
    module, attribute = _LAZY[name]
    loaded = import_module(module)
    return getattr(loaded, attribute) if attribute else loaded
