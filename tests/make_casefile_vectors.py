"""Writes the whole cases among the case file's vectors: ``python -m tests.make_casefile_vectors``.

``valid/format-1-whole`` and ``valid/format-2-whole`` each hold a case of a released format, with the root, the
seals and the authority that it is to be checked against. ``invalid/<row>`` holds how a row of the tamper matrix
that needs no key (tests/tamper_files.py) differs from the second: files with other bytes under the case's
number, and in ``expected.json`` what is gone or linked, and where it must be caught. The folders beside them, of
logs alone, are written by hand and stay. Cases that somebody makes anew with keys (tests/tamper_rows.py) are
whole cases each, and are made when they are tested.

The timestamps of the valid case are kept where they fit its seals. Where the case has changed they do not:
``--stamps`` asks a new authority of openssl's, whose key is thrown away.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests import casemaker, tsa
from tests.casemaker import NUMBER
from tests.tampering import FORMAT_1, FORMAT_2, STORY, VECTORS, delta, tell, tell_1

RAW = dict[str, bytes]


def _json(told: dict[str, Any]) -> bytes:
    return (json.dumps(told, indent=2, sort_keys=True) + "\n").encode()


def _put(folder: Path, files: RAW) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def valid(into: Path) -> None:
    """Write the case of each released format."""
    root = casemaker.fingerprint("c1")
    tell_1(into / FORMAT_1.name)
    _put(into / FORMAT_1.name, {"expected.json": _json({"anchors": [], "defects": [], "root": root})})
    maker = tell(into / FORMAT_2.name / NUMBER, STORY)
    told = {"anchors": list(enumerate(maker.sealed, 1)), "defects": [], "root": root}
    beside = {name: (FORMAT_2 / name).read_bytes() for name in ("ca.pem", "stranger.tsr")}
    _put(into / FORMAT_2.name, beside | {"expected.json": _json(told)})


def invalid(into: Path) -> None:
    """Write how each row of the matrix differs from the valid case."""
    from tests.tamper_files import WITHOUT_KEYS  # noqa: PLC0415 - it reads the valid case, which is written first

    base = FORMAT_2 / NUMBER
    for name, row in WITHOUT_KEYS.items():
        with tempfile.TemporaryDirectory() as folder:
            case = Path(shutil.copytree(base, Path(folder) / NUMBER))
            row.change(case)
            told, files = delta(base, case)
        told |= {"base": FORMAT_2.name, "caught": row.caught, "defects": [[row.clause, row.file]]}
        told |= {"what": row.what}
        _put(into / name, {f"{NUMBER}/{each}": data for each, data in files.items()})
        _put(into / name, {"expected.json": _json(told)})


def stamps() -> None:
    """Ask a new authority for timestamps of the valid case's seals, and a stranger for one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours, stranger = tsa.Tsa(folder), tsa.Tsa(folder, "stranger")
        seals: list[str] = []
        # Seal 5 seals the timestamp of seal 1: the first must be there before the last can be made.
        for number in (1, 5):
            steps = {each: STORY[each] for each in list(STORY)[: list(STORY).index(f"stamp-{number}")]}
            shutil.rmtree(folder / NUMBER, ignore_errors=True)
            seals = tell(folder / NUMBER, steps).sealed
            _put(FORMAT_2, {f"{NUMBER}/seals/{number:04d}.tsa.tsr": ours.stamp(_query(folder, seals[-1]))})
        _put(FORMAT_2, {"ca.pem": ours.ca, "stranger.tsr": stranger.stamp(_query(folder, seals[-1]))})


def _query(folder: Path, digest: str) -> bytes:
    query = folder / "query"
    tsa.openssl("ts", "-query", "-digest", digest, "-sha256", "-cert", "-out", str(query), check=True)
    return query.read_bytes()


def write(into: Path, kind: str) -> None:
    """Write one of ``valid`` and ``invalid`` under a folder."""
    {"valid": valid, "invalid": invalid}[kind](into)


def main() -> None:
    """Write all of it in place of what was there."""
    if "--stamps" in sys.argv[1:]:
        stamps()
    for kind in ("valid", "invalid"):
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), kind)
            for old in whole(VECTORS / kind):
                shutil.rmtree(old)
            shutil.copytree(folder, VECTORS / kind, dirs_exist_ok=True)


def whole(folder: Path) -> list[Path]:
    """List the vectors of whole cases, or of a difference to one; those of logs alone name a format."""
    found = (path for path in folder.glob("*/expected.json") if "format" not in json.loads(path.read_bytes()))
    return sorted(path.parent for path in found)


if __name__ == "__main__":
    main()
