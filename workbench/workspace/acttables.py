"""The table of acts as a page shows it: what was done, and what people said of it, each narrow enough to read."""

from __future__ import annotations

from typing import Final

import pandas as pd

from workbench.workspace.opened import Opened
from workbench.workspace.shown import Several, Shown

ROWS: Final = 200
_WHICH: Final = ("act", "occasion", "posted", "actor", "actor_handle")
_CITED: Final = ("exhibits", "exhibit_count", "method", "parameters")
DONE: Final = (
    *(*_WHICH, "mechanism", "words", "state", "after_notice", "occasion_basis", "observed", "captured"),
    *("target", "target_handle", *_CITED),
)
SAID: Final = (
    *(*_WHICH, "words", "directed_at_target", "directed_because", "attributed_person", "attribution_basis"),
    *("contrary_facts", "prior_notice", "protected_reading", "supports", "undercuts", "remarks"),
    *("threat_reviewed_by", "reviewer", "annotation", "written_by", *_CITED),
)


def tables(acts: pd.DataFrame, case: Opened) -> Several:
    """Show the result of ``analysis.acts`` as two tables; the second holds the acts of which anything was said."""
    said = acts[acts["annotation"] > 0]
    rows = max(ROWS, case.rows)
    if len(acts) > rows:
        acts = pd.concat([said, acts[acts["annotation"] == 0]])
        acts.attrs = {
            **said.attrs,
            "order": f"acts of which something was said ({len(said)}), then the others by time",
        }
    titles = {"What was done, act by act": acts[list(DONE)], "What people said of acts": said[list(SAID)]}
    return Several(
        parts=tuple(
            Shown(frame=frame, zone=case.zone, title=title, limit=rows, more=case.more)
            for title, frame in titles.items()
        )
    )
