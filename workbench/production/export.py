"""Exports for other programs: tables as CSV or Parquet, networks as GraphML or GEXF; they leave under a release."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec
import pyarrow as pa

from workbench.analysis import interaction_network
from workbench.casefile import CaseFile, audit
from workbench.custody import disk
from workbench.department import Session
from workbench.errors import UsageError
from workbench.policy.annotations import CONTRABAND, HIDDEN
from workbench.production import networked, rowsout, sound, state, sums
from workbench.production.bystanders import Bystanders
from workbench.production.rowsout import Covered, Written
from workbench.production.state import State
from workbench.records import Record
from workbench.release import check_outside
from workbench.tables import read
from workbench.tables.schema import SCHEMAS

Format = Literal["csv", "parquet", "graphml", "gexf"]
FORMATS: Final[tuple[Format, ...]] = ("csv", "parquet", "graphml", "gexf")
NETWORKS: Final = frozenset({"graphml", "gexf"})
MANIFEST: Final = "manifest.json"
_TABLE: Final = "interactions"


class Asked(Record, frozen=True, kw_only=True):
    """What is asked for: tables by name (none: all), the format, and a byte order mark for older spreadsheets.

    Where the case's purpose minimises: ``named`` are accounts shown beside the approved targets and subjects, and
    ``bystanders`` asks for all of them, which is entered in the audit chain.
    """

    tables: tuple[str, ...] = ()
    format: Format = "csv"
    bom: bool = False
    named: tuple[str, ...] = ()
    bystanders: bool = False


class Exported(Record, frozen=True, kw_only=True):
    """What was made. ``characters`` were taken out because XML has no place for them.

    ``minimised``: how many accounts stand under neutral names; None where nobody does.
    """

    out: str
    sha256: str
    seal: int
    exhibits: int
    tables: tuple[Written, ...]
    withheld: int
    hidden: int
    characters: int = 0
    minimised: int | None = None


def export(case: CaseFile, session: Session, out: Path, *, release: int, asked: Asked) -> Exported:
    """Export tables of a case as of the seal that a release of kind ``export`` names, into the new folder ``out``.

    Rows of exhibits that are contraband or hidden (``withholding``) stay, and are counted. In a gang case, accounts
    that it does not name stand under neutral names, unless ``asked`` says otherwise. Raises AuthorityError without such
    a release, IntegrityError where the case does not verify, UsageError for a table that does not exist, or where
    ``out`` exists or lies in a case.
    """
    check_outside(out)
    _check(out, asked)
    exhibits = sound.covered(case, release)
    with sound.departing(case, "export", exhibits, release, session=session, out=out) as leaves:
        found = state.read(case.folder, leaves.permit.release)
        if found.minimised and asked.bystanders:
            audit(case.folder, session.badge, "unminimised", {"release": found.release.release}, case.clock)
        made = _write(case, found, leaves.place.partial, asked)
        leaves.permit.left(made.sha256, made.exhibits)
    return msgspec.structs.replace(made, out=str(out))


def _check(out: Path, asked: Asked) -> None:
    if out.suffix.lower() == ".zip":
        raise UsageError("an export is a folder", found=out.name, todo="name a folder that is not there yet")
    if unknown := rowsout.known(asked.tables):
        raise UsageError("there is no such table", expected=", ".join(SCHEMAS), found=", ".join(unknown)[:80])
    if asked.format in NETWORKS and set(asked.tables) - {_TABLE}:
        raise UsageError(
            "only interactions make a network",
            expected=f"--table {_TABLE}, or none",
            found=", ".join(asked.tables),
            todo="choose csv or parquet for other tables",
        )


def _write(case: CaseFile, found: State, folder: Path, asked: Asked) -> Exported:
    kept = sound.withheld(found)
    withheld, hidden = (kept.marked(mark, found.last) for mark in (CONTRABAND, HIDDEN))
    wanted = None if found.release.exhibits is None else frozenset(found.release.exhibits)
    covered = Covered(last=found.last, lines=found.seal.lines, wanted=wanted, stay=withheld | hidden)
    shield = _shield(case.folder, found, covered, asked)
    characters = 0
    if asked.format in NETWORKS:
        tables, characters = _network(case.folder, folder, covered, asked, shield)
    else:
        telling = shield.rows if shield else rowsout.as_they_are
        tables = [
            _table(case.folder, folder, name, covered, asked, telling) for name in asked.tables or SCHEMAS
        ]
    made = Exported(
        out="",
        sha256="",
        seal=found.seal.number,
        exhibits=covered.count,
        tables=tuple(tables),
        withheld=len(withheld if wanted is None else withheld & wanted),
        hidden=len(hidden if wanted is None else hidden & wanted),
        characters=characters,
        minimised=shield.count if shield else None,
    )
    return msgspec.structs.replace(made, sha256=_told(folder, found, made, asked))


def _shield(folder: Path, found: State, covered: Covered, asked: Asked) -> Bystanders | None:
    if not found.minimised or asked.bystanders:
        return None
    targets = [target.target for target in found.targets]
    return Bystanders(folder, covered, targets, (*found.versions[-1].subjects, *asked.named))


def _table(
    case: Path, folder: Path, name: str, covered: Covered, asked: Asked, telling: rowsout.Telling
) -> Written:
    path = folder / f"{name}.{asked.format}"
    with disk.mapped(path):
        if asked.format == "parquet":
            return rowsout.parquet(path, case, name, covered, telling)
        return rowsout.csv(path, case, name, covered, telling, bom=asked.bom)


def _network(
    case: Path, folder: Path, covered: Covered, asked: Asked, shield: Bystanders | None
) -> tuple[list[Written], int]:
    held = list(rowsout.batches(case, _TABLE, covered))
    rows = read.to_frame(pa.Table.from_batches(held, SCHEMAS[_TABLE]))
    path = folder / f"{_TABLE}.{asked.format}"
    with disk.mapped(path):
        form: networked.Format = "gexf" if asked.format == "gexf" else "graphml"
        graph = interaction_network(rows)
        removed = networked.write(shield.network(graph) if shield else graph, path, form)
    left_out = rowsout.left_out(case, _TABLE, covered)
    return [Written(table=_TABLE, file=path.name, rows=len(rows), left_out=left_out)], removed


# --- what it says of itself -----------------------------------------------------------------------


def _told(folder: Path, found: State, made: Exported, asked: Asked) -> str:
    """Write README, manifest and hashes; give the SHA-256 of the list of hashes."""
    disk.write_new(folder / "README.txt", _readme(found, made, asked).encode())
    manifest = {
        "case": found.case,
        "seal": found.seal.number,
        "seal_sha256": found.seal.sha256,
        "release": found.release.release,
        "format": asked.format,
        "exhibits": made.exhibits,
        "withheld": made.withheld,
        "hidden": made.hidden,
        "characters_removed": made.characters,
        "minimised": made.minimised,
        "tables": [msgspec.structs.asdict(one) for one in made.tables],
    }
    disk.write_new(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    return sums.write(folder, [path.name for path in folder.iterdir()])


def _readme(found: State, made: Exported, asked: Asked) -> str:
    lines = [
        f"Case {found.case}, as of seal {found.seal.number}, SHA-256 {found.seal.sha256}.",
        f"Release {found.release.release}, for {_line(found.release.recipient)}: {_line(found.release.purpose)}.",
        "",
        *(
            f"{one.file}: {one.rows} rows; {one.left_out} rows of exhibits that stay are left out."
            for one in made.tables
        ),
        "",
        "Each row names its exhibit in the column 'exhibit', with the place in it. The columns are explained in the",
        "workbench's docs/tables.md. The rows are our reading of the exhibits, not the exhibits.",
        f"Rows are left out of {made.withheld} exhibits that never leave, and of {made.hidden} that are hidden.",
        *(_neutral(made) if made.minimised is not None else ()),
        *_NOTES[asked.format],
        *(
            [f"{made.characters} characters were taken out, since XML has no place for them."]
            * (asked.format in NETWORKS)
        ),
        "Check the files: sha256sum -c SHA256SUMS",
    ]
    return "\n".join(lines) + "\n"


def _neutral(made: Exported) -> Sequence[str]:
    rows = sum(one.bystanders for one in made.tables)
    return (
        f"{made.minimised} accounts that the case does not name are bystanders. Each has a neutral name, such as",
        f"'account 17', the same in all files of this export, in addresses too. {rows} rows that describe them are",
        "left out. Captured words are as captured and may name them; who may open the exhibits finds the names there.",
    )


_XML: Final = (
    "A node is an account: entity_id is its stable identifier, label its handle. An edge is the acts of one kind of",
    "one account towards another: n (and weight) how many, first and last in UTC, exhibits those it is read from (at",
    "most 25; exhibit_count says how many). An edge says that an act was captured, and nothing about the people.",
)
_NOTES: Final[dict[Format, Sequence[str]]] = {
    "csv": (
        "UTF-8, RFC 4180: commas part the cells. Say so to a spreadsheet that parts them by semicolons or tabs, which",
        "would see other cells and could take the middle of a text for a formula. Times are UTC. Lists are JSON.",
        "Identifiers are text: have your program read them as text, or it drops leading zeros and rounds long numbers.",
        "A spreadsheet takes a cell for a formula that begins with = + - @ | % a tab or a line break, some also after",
        "blanks or unseen characters. Before each such cell of text, and before each that begins with an apostrophe,",
        "stands an apostrophe that is not in the evidence: take a cell's first apostrophe away and you have what was",
        "read. manifest.json counts ('defused').",
    ),
    "parquet": ("Types are those of the case's own tables; nothing in the cells was changed.",),
    "graphml": _XML,
    "gexf": _XML,
}


def _line(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
