"""Analyses: table in, table or graph out. Pure, deterministic, each row citing its exhibits.

They count, compare and arrange what was captured. None gives a person a score, none concludes.
"""

from __future__ import annotations

from workbench.analysis.acts import acts
from workbench.analysis.changing import changes, places
from workbench.analysis.contacts import interaction_network, last_contacts
from workbench.analysis.elements import acts_by_occasion, elements
from workbench.analysis.frames import said
from workbench.analysis.histories import act_histories
from workbench.analysis.names import handle_candidates
from workbench.analysis.occasions import incidents, pattern, sensitivity
from workbench.analysis.routines import active_hours, routine_shift
from workbench.analysis.silences import silence
from workbench.analysis.timelines import timeline

__all__ = [
    "act_histories",
    "active_hours",
    "acts",
    "acts_by_occasion",
    "changes",
    "elements",
    "handle_candidates",
    "incidents",
    "interaction_network",
    "last_contacts",
    "pattern",
    "places",
    "routine_shift",
    "said",
    "sensitivity",
    "silence",
    "timeline",
]
