"""Precision and recall of each analysis on the invented town, whose answers were written before it was asked.

Run as ``python -m bench.answers``. The accounts of each scenario are collected by the real collector from the sample
server on loopback and tabled as in a case; the key is ``workbench/demo/data/answers.toml``.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench import notes
from workbench.demo import answers, asking
from workbench.demo.answers import Answer, Score
from workbench.demo.tabled import Tables, tables
from workbench.demo.town import before, build


def collected(home: Path) -> dict[tuple[str, ...], Tables]:
    """Collect the accounts of every entry of the key, each set of accounts once."""
    found: dict[tuple[str, ...], Tables] = {}
    for answer in answers.answers():
        handles = asking.accounts_of(answer)
        if handles not in found:
            folder = home / str(len(found))
            folder.mkdir()
            towns = (before(build()), build()) if answer.analysis == "changes" else (build(),)
            found[handles] = tables(folder, handles, *towns)
    return found


def row(answer: Answer, score: Score) -> str:
    """Write one line of the table."""
    given = len(score.right) + len(score.wrong)
    cells = [
        answer.scenario,
        f"`{answer.analysis}`",
        answer.rule,
        f"{len(answer.found)}",
        f"{given}",
        _share(score.precision),
        _share(score.recall),
    ]
    return f"| {' | '.join(cells)} |"


def remark(answer: Answer, score: Score) -> list[str]:
    """Say what was wrong or missed, and why; nothing where all is as it should be."""
    parts = [
        f"wrong: {', '.join(score.wrong)}" * bool(score.wrong),
        f"missed: {', '.join(score.missed)}" * bool(score.missed),
    ]
    if not any(parts):
        return []
    why = f". Why: {answer.because}" if answer.because else ""
    return [f"- {answer.scenario}, `{answer.analysis}`: {'; '.join(filter(None, parts))}{why}."]


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def main() -> None:
    """Ask every question of the key and note the answers."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as home:
        held = collected(Path(home))
        scored = [
            (answer, answers.score(answer, asking.ask(answer, held[asking.accounts_of(answer)])))
            for answer in answers.answers()
        ]
    lines = [
        "## answers on the invented town",
        "",
        notes.head("python -m bench.answers"),
        f"Collected in {len(held)} sets of accounts, tabled and asked in {time.perf_counter() - began:.0f} s.",
        "",
        "| scenario | analysis | what is read off it | to be found | given | precision | recall |",
        "|---|---|---|---|---|---|---|",
        *(row(answer, score) for answer, score in scored),
        "",
        *(line for answer, score in scored for line in remark(answer, score)),
        "",
        "A town of ninety accounts shows whether an analysis sees what it should, and what it is taken in by. It does",
        "not tell how often either happens elsewhere: scenes and key have one author, and this is one town.",
    ]
    notes.put("\n".join(lines))


if __name__ == "__main__":
    main()
