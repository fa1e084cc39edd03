"""Analyses: table in, table or graph out. Pure, deterministic, each row citing its exhibits.

They count, compare and arrange what was captured. None gives a person a score, none concludes.
"""

from __future__ import annotations

from workbench.analysis import measures
from workbench.analysis.accounts import account_overview
from workbench.analysis.activity import last_activity
from workbench.analysis.acts import acts
from workbench.analysis.alike import duplicate_groups, near_duplicates
from workbench.analysis.appearing import co_appearance
from workbench.analysis.asking import what_to_ask
from workbench.analysis.bursting import bursts
from workbench.analysis.changing import changes
from workbench.analysis.colocating import co_location
from workbench.analysis.contacts import last_contacts
from workbench.analysis.conversations import thread_of, threads
from workbench.analysis.coordinating import coordination
from workbench.analysis.dossiers import dossier, posts_per_day
from workbench.analysis.elements import acts_by_occasion, elements
from workbench.analysis.groups import groups
from workbench.analysis.histories import act_histories
from workbench.analysis.links import domains, links
from workbench.analysis.meetings import mutual_contacts, new_contacts
from workbench.analysis.minimising import minimised, neutral_names
from workbench.analysis.names import handle_candidates
from workbench.analysis.naming import holding, named_first
from workbench.analysis.networks import interaction_edges, interaction_network, one_way, ties
from workbench.analysis.occasions import incidents, pattern, sensitivity
from workbench.analysis.overview import frame_overview, media_overview
from workbench.analysis.pictures import posted_media
from workbench.analysis.rhythms import shared_hours
from workbench.analysis.routines import active_hours, routine_shift
from workbench.analysis.saying import said
from workbench.analysis.searching import search
from workbench.analysis.sharing import shared_contacts
from workbench.analysis.silences import silence
from workbench.analysis.spreading import first_seen, spread
from workbench.analysis.stating import places
from workbench.analysis.styles import style_distance
from workbench.analysis.timelines import timeline

__all__ = [
    "account_overview",
    "act_histories",
    "active_hours",
    "acts",
    "acts_by_occasion",
    "bursts",
    "changes",
    "co_appearance",
    "co_location",
    "coordination",
    "domains",
    "dossier",
    "duplicate_groups",
    "elements",
    "first_seen",
    "frame_overview",
    "groups",
    "handle_candidates",
    "holding",
    "incidents",
    "interaction_edges",
    "interaction_network",
    "last_activity",
    "last_contacts",
    "links",
    "measures",
    "media_overview",
    "minimised",
    "mutual_contacts",
    "named_first",
    "near_duplicates",
    "neutral_names",
    "new_contacts",
    "one_way",
    "pattern",
    "places",
    "posted_media",
    "posts_per_day",
    "routine_shift",
    "said",
    "search",
    "sensitivity",
    "shared_contacts",
    "shared_hours",
    "silence",
    "spread",
    "style_distance",
    "thread_of",
    "threads",
    "ties",
    "timeline",
    "what_to_ask",
]
