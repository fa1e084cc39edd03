"""Whether a citation with a pointer is of something: what people write is about a row that can be found again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workbench.errors import UsageError
from workbench.records import Citation


def check(folder: Path, citations: Iterable[str]) -> None:
    """Raise UsageError where a citation points into an exhibit to where no row of the case's tables stands.

    A citation of a whole exhibit is always taken: a screenshot has no rows. ``citations`` are whole, of this case.
    """
    wanted = {one for one in citations if Citation.parse(one).pointer}
    missing = sorted(wanted - _there(folder, wanted)) if wanted else []
    if missing:
        raise _refused(folder, Citation.parse(missing[0]))


def _there(folder: Path, citations: Iterable[str]) -> set[str]:
    """Give those of the citations that some row has."""
    # Tables bring pandas: only where somebody pointed into an exhibit.
    import pyarrow.compute as pc  # noqa: PLC0415

    from workbench.tables import read, schema  # noqa: PLC0415

    cited: Any = pc.field("exhibit").isin(sorted(citations))
    tables = [table for table in schema.SCHEMAS if table not in schema.LOGGED]
    return {cite for table in tables for cite in read.frame(folder, table, ["exhibit"], cited)["exhibit"]}


def _refused(folder: Path, cite: Citation) -> UsageError:
    from workbench.tables.pending import pending  # noqa: PLC0415 - as above

    whole = str(Citation(case=cite.case, number=cite.number))
    if pending(folder):
        todo = f"run 'workbench tables rebuild {cite.case}', then write this again"
    else:
        todo = f"copy the citation from a table's column 'exhibit', or cite the whole exhibit: {whole}"
    return UsageError(
        "no row has this citation, so nobody could find what it is about",
        where=whole,
        expected="a pointer that a row of the case's tables has",
        found=f"#{cite.pointer}"[:80],
        todo=todo,
    )
