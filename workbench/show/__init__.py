"""Figures, networks and tables: self-contained, escaped, readable without colour and in print.

What is shown makes no request: scripts, styles and pictures are inside it, and a policy forbids the rest.
"""

from __future__ import annotations

from workbench.show.charts import chart, hours, timeline
from workbench.show.figure import Figure
from workbench.show.networks import network
from workbench.show.tables import Words, case_banner, table

__all__ = ["Figure", "Words", "case_banner", "chart", "hours", "network", "table", "timeline"]
