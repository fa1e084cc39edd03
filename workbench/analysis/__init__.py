"""Analyses: table in, table or graph out. Pure, deterministic, each row citing its exhibits.

They count, compare and arrange what was captured. None gives a person a score, none concludes.
"""

from __future__ import annotations

from workbench.analysis.contacts import interaction_network, last_contacts
from workbench.analysis.frames import said
from workbench.analysis.silences import silence
from workbench.analysis.timelines import timeline

__all__ = ["interaction_network", "last_contacts", "said", "silence", "timeline"]
