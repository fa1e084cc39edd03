"""Which act a name means: a citation and the entity_id of what it cites are one act, written about in one chain.

People name an act by the post or interaction that carries it, or by its citation (docs/casefile-format.md, 7.3). Each
annotation replaces the newest earlier one about the same name, so the name under which an act was written about
first is kept. A citation of which no row is read, or several, such as a screenshot's, is a name of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from workbench.policy.annotations import Annotation

_WRITES = "act"


def name(folder: Path, act: str, before: Iterable[Annotation]) -> str:
    """Give the name under which an act was last written about; ``act`` itself where nobody has."""
    names = [one.act for one in before if one.kind == _WRITES]
    if act in names[-1:]:
        return act
    meant = _meant(folder, [each for each in {act, *names} if each.startswith(f"{folder.name}-E")])
    own = meant.get(act, act)
    return next((each for each in reversed(names) if meant.get(each, each) == own), act)


def _meant(folder: Path, cites: Sequence[str]) -> dict[str, str]:
    """Give what each citation is of, as the table of acts does: a post, else what carries the interaction."""
    if not cites:
        return {}
    # Tables bring pandas: only where somebody named an act by a citation.
    import pyarrow.compute as pc  # noqa: PLC0415

    from workbench.tables import read  # noqa: PLC0415

    cited = pc.field("exhibit").isin(list(cites))
    posts = read.frame(folder, "posts", ["exhibit", "entity_id"], cited)
    acts = read.frame(folder, "interactions", ["exhibit", "entity_id", "post"], cited)
    carried = acts["post"].where(acts["post"] != "", acts["entity_id"])
    found: dict[str, set[str]] = {}
    for exhibits, names in ((acts["exhibit"], carried), (posts["exhibit"], posts["entity_id"])):
        held: dict[str, set[str]] = {}
        for exhibit, each in zip(exhibits, names, strict=True):
            held.setdefault(exhibit, set()).update({each} - {""})
        found |= {exhibit: each for exhibit, each in held.items() if each}
    return {exhibit: each.pop() for exhibit, each in found.items() if len(each) == 1}
