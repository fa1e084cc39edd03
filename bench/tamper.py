"""What the tools of others catch of the tamper matrix: runs each over every row and writes docs/tamper-matrix.md.

Run with ``python -m bench.tamper``, some minutes; rows that are named after it are run alone, and the others left
as they are in the note. ``warcio check`` and ``fastwarc check`` read the
WARC; ``bagit.py --validate`` a bag of the whole case, and ``wacz validate`` a package of its WARC, each in two
ways: the bag or package made before, with the altered bytes in it, and one made anew of the altered bytes, as
whoever alters them would.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.casemaker import NUMBER
from tests.tamper_rows import LIMITS, ROWS
from tests.tampering import FORMAT_2, WARC, Row

NOTE = Path(__file__).parent.parent / "docs" / "tamper-matrix.md"
BASE = FORMAT_2 / NUMBER
_BIN = Path(sys.executable).parent
TOOLS = ("warcio", "fastwarc", "wacz, kept", "wacz, anew", "bagit, kept", "bagit, anew")

HEAD = """# The tamper matrix

Each row is one way to alter a sealed case (`tests/tamper_files.py` without a key, `tests/tamper_rows.py` with
keys). **alone** to **+ tsa** say whether `workbench verify` finds a defect: given nothing but the folder; given
`--root`; given also the seals that the department's log holds (`--anchor`); given also the certificate of the
timestamp authority (`--tsa-ca`). **Clause** is the one of [the format](casefile-format.md) that it names.
`tests/test_tamper_matrix.py` proves these columns row by row.

The other columns are what the tools of others say of the same altered case, run by `python -m bench.tamper`
with {versions}. They were made for other ends: the first two look at a WARC's own digests, the
last two at the list of hashes in a package or bag. *Kept* is a package made before, with the altered bytes put
in; *anew* one made of the altered bytes, which nothing but a hash kept elsewhere tells apart. A dash: what that
tool reads is not touched, or not there.

"""
LIMITS_TOLD = """
## What cannot be caught, and why

Each of these is tried in the tests too, which fail when one of them is caught after all.

- **An insider with the keys, before the first anchor has left the box** (`insider-before-the-anchor`). Who
  holds every key that a case was signed with can make it anew, every line, seal and signature, as it would have
  been. Nothing in the folder differs from an honest one. From the moment that a seal's fingerprint is known
  elsewhere (the department's log on another machine, a copy of the seal, a print, a timestamp) it differs from
  that; what was done before is only as honest as those who held the keys. So: anchor at once, and where others
  hold it.
- **What no seal covers yet** (`unsealed-tail-cut`, `line-added-after-the-last-seal`). Lines after the last seal
  are chained, but chaining needs no key: they can be cut off, or added in anybody's name. `verify` says which
  lines and audit lines are not sealed; the workbench seals at the end of each capture, import, run and decision.
  What is sealed, but whose seal is known nowhere else, can be cut off the same way: `verify` says from which
  line on no anchor given vouches.
- **That an unsigned seal was once a signed one**, without an anchor (`seals-made-anew-unsigned` in the table). A
  seal may be unsigned, since an officer's key may be locked; so who has no key can make seals anew without
  signatures, and leave out what was signed over them. `verify` names each unsigned seal; only an anchor or a copy
  tells that it was made anew. Read the notes, and sign what is pending before the case leaves the box.
- **A rollback that an authorised officer signs as a restore** (`rolled-back-and-said-so`). It is no defect, but it
  is never silent: the case is reported as "restored", with who signed it and which seals were lost.
- **Whatever the server sent.** A capture proves which bytes arrived here and when we wrote them down. A server
  that lied, an account that showed us something else than it shows others, or a page changed an hour before
  leave bytes that verify.
- **Truth and authorship.** That a post is kept as it came says nothing about whether it is true, or whose
  fingers wrote it.
- **What was never captured**, and a key used by another than its officer before that is reported (clause 3.6).
"""


def run(*words: str | Path) -> bool:
    """Run a tool of the environment; say whether it was content."""
    name, *rest = words
    done = subprocess.run([_BIN / name, *rest], check=False, capture_output=True, timeout=60)
    return done.returncode == 0


def _put(package: Path, warc: Path) -> None:
    """Put other bytes in the place of a package's WARC."""
    with zipfile.ZipFile(package) as old:
        read = {info: old.read(info) for info in old.infolist()}
    with zipfile.ZipFile(package, "w") as new:
        for info, data in read.items():
            new.writestr(info, warc.read_bytes() if info.filename.startswith("archive/") else data)


def _wacz(folder: Path, *, anew: bool, warc: Path) -> bool:
    package = folder / "a.wacz"
    package.unlink(missing_ok=True)
    made = run("wacz", "create", "-o", package, warc if anew else BASE / WARC)
    if not anew:
        _put(package, warc)
    return made and run("wacz", "validate", "-f", package)


def _bag(folder: Path, case: Path, *, anew: bool) -> bool:
    bag = folder / ("anew" if anew else "kept")
    shutil.copytree(case if anew else BASE, bag, symlinks=True)
    assert run("bagit.py", "--sha256", "--quiet", bag)
    if not anew:
        shutil.rmtree(bag / "data")
        shutil.copytree(case, bag / "data", symlinks=True)
    return run("bagit.py", "--validate", "--quiet", bag)


def others(row: Row) -> list[str]:
    """Say what each tool makes of a row: ``yes`` where it is caught."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        case = Path(shutil.copytree(BASE, folder / NUMBER))
        row.change(case)
        warc = case / WARC
        touched = warc.is_file() and warc.read_bytes() != (BASE / WARC).read_bytes()
        read: list[Callable[[], bool]] = [
            lambda: run("warcio", "check", warc),
            lambda: run("fastwarc", "check", "--verify-payloads", "--quiet", warc),
            lambda: _wacz(folder, anew=False, warc=warc),
            lambda: _wacz(folder, anew=True, warc=warc),
        ]
        found = [_told(content=tool()) if touched else "–" for tool in read]
        return found + [_told(content=_bag(folder, case, anew=anew)) for anew in (False, True)]


def _told(*, content: bool) -> str:
    return "no" if content else "yes"


def _versions() -> str:
    from importlib.metadata import version

    names = ("warcio", "fastwarc", "wacz", "bagit")
    return ", ".join(f"{name} {version(name)}" for name in names)


def _sums(table: dict[str, list[str]]) -> str:
    """Count what each caught of how much it could read."""
    caught = [f"| ours, {held} | {_ours(name)} of {len(ROWS)} |" for name, held in _HELD.items()]
    for place, tool in enumerate(TOOLS):
        column = [each[place] for each in table.values() if each[place] != "–"]
        caught.append(f"| {tool} | {column.count('yes')} of {len(column)} |")
    return "\n".join(["## In sum", "", "| checked by | caught |", "|---|---|", *caught]) + "\n"


_HELD = {
    "alone": "the folder alone",
    "root": "with the root",
    "anchor": "with root and anchors",
    "tsa": "with root, anchors and the authority's certificate",
}


def _ours(setting: str) -> int:
    names = list(_HELD)
    return sum(names.index(row.caught) <= names.index(setting) for row in ROWS.values())


def _written(name: str) -> list[str]:
    """Give what the note says already of a row."""
    (line,) = [each for each in NOTE.read_text("utf-8").splitlines() if each.startswith(f"| `{name}` |")]
    return line.strip("| ").split(" | ")[-len(TOOLS) :]


def main() -> None:
    """Run all of it, or the rows named, and write the note."""
    table, only = {}, set(sys.argv[1:])
    for name, row in ROWS.items():
        table[name] = others(row) if not only or name in only else _written(name)
        print(name, *table[name], flush=True)
    titles = ["row", "what is done", "alone", "+ root", "+ anchor", "+ tsa", "clause", *TOOLS]
    head = [f"| {' | '.join(titles)} |", "|" + "---|" * len(titles)]
    rows = [f"{row.told()} {' | '.join(table[name])} |" for name, row in ROWS.items()]
    text = HEAD.format(versions=_versions()) + "\n".join([*head, *rows]) + "\n\n" + _sums(table) + LIMITS_TOLD
    assert all(f"`{name}`" in text for name in LIMITS)
    NOTE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
