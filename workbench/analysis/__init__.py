"""Analyses: table in, table or graph out. Pure, deterministic, each row citing its exhibits.

They count, compare and arrange what was captured. None gives a person a score, none concludes.
"""

from __future__ import annotations

from workbench.analysis import measures
from workbench.analysis.alike import duplicate_groups, near_duplicates
from workbench.analysis.appearing import co_appearance
from workbench.analysis.changing import changes, places
from workbench.analysis.contacts import last_contacts
from workbench.analysis.frames import said
from workbench.analysis.groups import groups
from workbench.analysis.names import handle_candidates
from workbench.analysis.networks import interaction_edges, interaction_network, ties
from workbench.analysis.occasions import acts, incidents, pattern, sensitivity
from workbench.analysis.routines import active_hours, routine_shift
from workbench.analysis.silences import silence
from workbench.analysis.spreading import first_seen, spread
from workbench.analysis.timelines import timeline

__all__ = [
    "active_hours",
    "acts",
    "changes",
    "co_appearance",
    "duplicate_groups",
    "first_seen",
    "groups",
    "handle_candidates",
    "incidents",
    "interaction_edges",
    "interaction_network",
    "last_contacts",
    "measures",
    "near_duplicates",
    "pattern",
    "places",
    "routine_shift",
    "said",
    "sensitivity",
    "silence",
    "spread",
    "ties",
    "timeline",
]
