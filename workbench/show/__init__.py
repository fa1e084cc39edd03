"""Figures, networks and tables: self-contained, escaped, readable without colour and in print.

What is shown makes no request: scripts, styles and pictures are inside it, and a policy forbids the rest.
Loaded on first use: a table needs no drawing library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.show.charts import chart as chart
    from workbench.show.charts import hours as hours
    from workbench.show.charts import timeline as timeline
    from workbench.show.figure import Figure as Figure
    from workbench.show.maps import map as map  # noqa: A004 - what it is called
    from workbench.show.maps import street_area as street_area
    from workbench.show.networks import network as network
    from workbench.show.sheets import Tile as Tile
    from workbench.show.sheets import contact_sheet as contact_sheet
    from workbench.show.streets import Street as Street
    from workbench.show.tables import Words as Words
    from workbench.show.tables import case_banner as case_banner
    from workbench.show.tables import table as table

__all__ = [
    "Figure",
    "Street",
    "Tile",
    "Words",
    "case_banner",
    "chart",
    "contact_sheet",
    "hours",
    "network",
    "street_area",
    "table",
    "timeline",
]

_HOLDS = {
    "charts": ("chart", "hours", "timeline"),
    "figure": ("Figure",),
    "maps": ("map", "street_area"),
    "networks": ("network",),
    "sheets": ("Tile", "contact_sheet"),
    "streets": ("Street",),
    "tables": ("Words", "case_banner", "table"),
}
_MODULE = {name: module for module, names in _HOLDS.items() for name in names}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - PEP 562 hands back whatever was asked for
    """Load the module that holds the name (PEP 562)."""
    if name not in _MODULE:
        message = f"module 'workbench.show' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"workbench.show.{_MODULE[name]}"), name)
