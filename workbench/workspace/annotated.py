"""What people wrote in a case, as a table that analyses and sheets read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from workbench.policy import accounts
from workbench.policy.acts import SAID
from workbench.policy.annotations import Annotation
from workbench.records import Citation

_TEXTS = ("by", "kind", "text", "account", "side", "mark", "act", "review", "form", "reached")
_SAID = (
    *(name for name in SAID if name != "account"),
    *(name for said in accounts.SAID.values() for name in said),
)
_LISTS = ("exhibits", "supports", "undercuts")
_NUMBERS = ("annotation", "replaces", "of")
_TIMES = ("at", "given")
COLUMNS = (
    *("annotation", "at", "by", "kind", "exhibits", "text", "account", "side", "mark", "act", "replaces"),
    *(*_SAID, "supports", "undercuts", "of", "review", "form", "given", "reached"),
)


def table(case: str, annotations: Iterable[Annotation], kinds: Sequence[str] = ()) -> pd.DataFrame:
    """Give one row for each annotation, in order; ``kinds`` keeps these.

    Columns: annotation, at (UTC), by (badge), kind, exhibits (citations), text, and what the kinds add: account, side,
    mark, act, replaces, what is said of an act or an account, supports, undercuts, of, review, form, given (UTC),
    reached. What a kind does not have is empty, or 0.
    """
    rows = [_row(case, one) for one in annotations if not kinds or one.kind in kinds]
    made = pd.DataFrame(rows, columns=list(COLUMNS))
    types: dict[str, Any] = dict.fromkeys(_NUMBERS, "int64") | dict.fromkeys(_LISTS, "object")
    types |= dict.fromkeys((*_TEXTS, *_SAID), "str")
    made = made.astype(types)
    for name in _TIMES:
        read = pd.to_datetime(made[name].replace("", None), utc=True, format="ISO8601")
        made[name] = read.dt.as_unit("us")
    return made


def _row(case: str, one: Annotation) -> dict[str, Any]:
    said = one.said or {}
    return {
        **{name: getattr(one, name) or "" for name in (*_TEXTS, *_TIMES)},
        **{name: getattr(one, name) or 0 for name in _NUMBERS},
        **{name: said.get(name, "") for name in _SAID},
        "account": one.account or said.get("account", ""),
        "exhibits": tuple(str(Citation(case=case, number=number)) for number in one.exhibits),
        "supports": one.supports or (),
        "undercuts": one.undercuts or (),
    }
