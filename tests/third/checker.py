"""Checks a case file; written from docs/casefile-format.md alone, with the standard library and ``ssh-keygen``.

Chain (2), files and slices (1.4, 5.3, 6.3), officers, case versions, seals and their signatures (3, 4, 10). What may be
done when is for the other two to tell.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

Line = dict[str, Any]
ZEROS = "0" * 64
REQUEST, APPROVE = "workbench-request", "workbench-approve"
SPACES: dict[str, tuple[str, ...]] = dict.fromkeys(("open", "oral", "request", "renew", "close"), (REQUEST,))
SPACES |= dict.fromkeys(("approve", "refuse", "ratify"), (APPROVE,))
SPACES |= dict.fromkeys(("assign", "handover"), (APPROVE, REQUEST))  # the second: where the owner does it
_TABLE = """officers officers/{number:04d} case case/{version:04d}.json recovered {quarantine} import.file {file}
import.begin imports/{import:04d}/receipt.json capture.end {file} run runs/{run:04d}-{name} seal seals/{seal:04d}.txt
seal.signed seals/{seal:04d}.txt seal.stamped seals/{seal:04d}.{name}.tsr release releases/{release:04d}.json restored
restores/{restore:04d}.json annotation annotations/{annotation:04d}.json decision decisions/{decision:04d}.json"""
PATHS = dict(zip(_TABLE.split()[::2], _TABLE.split()[1::2], strict=True))


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def root(leaves: Sequence[bytes]) -> bytes:
    """2.4, over the leaf hashes."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + root(leaves[:split]) + root(leaves[split:])).digest()


def chain(folder: Path, wrong: list[str]) -> tuple[list[Line], list[bytes], dict[str, int]]:
    """2.1 to 2.5: the lines, their bytes, and the last line of each segment."""
    lines: list[Line] = []
    raws, ends, paths = [b""], {}, sorted((folder / "log").iterdir())
    for number, path in enumerate(paths, 1):
        *whole, torn = path.read_bytes().split(b"\n")
        if path.name != f"{number:06d}.jsonl" or (torn and path != paths[-1]):
            wrong.append(f"2.1 {path.name}")
        for raw in (part + b"\n" for part in whole):
            line = json.loads(raw)
            plain = (
                json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
            )
            place = (
                len(raws),
                sha(raws[-1]) if lines else ZEROS,
                bool(lines) and line["at"] < lines[-1]["at"],
            )
            said = (line["seq"], line["prev"], line.get("clock") == "back")
            wrong.extend([f"2.2 line {len(raws)}"] * (raw != plain or len(raw) > 65536 or said != place))
            lines.append(line)
            raws.append(raw)
        ends[f"log/{path.name}"] = len(lines)
    return lines, raws[1:], ends


def named(line: Line, warcs: dict[int, str]) -> Iterator[tuple[str, str]]:
    """1.4 and 10.2: the closed files that a line names, in order, with their hashes."""
    path = PATHS.get(line["action"], "").format(**{"file": warcs.get(line.get("capture", 0), "")} | line)
    if line["action"] == "run":
        yield from ((f"{path}/{name}", value) for name, value in sorted(line["files"].items()))
    elif path and line["action"] != "seal.signed":
        yield path, line["receipt" if line["action"] == "import.begin" else "sha256"]
    yield from ((f"{path}.{badge}.sig", value) for badge, value in sorted(line.get("signatures", {}).items()))


def files(
    folder: Path, lines: Sequence[Line], warcs: dict[int, str], gone: set[str], wrong: list[str]
) -> None:
    """1.3, 1.4, 5.3, 6.3: what the lines name is as they say, slices too, and nothing else is there."""
    known = {name: value for line in lines for name, value in named(line, warcs) if name not in gone}
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    found = {name for name in found if name.split("/")[0] not in {"log", "audit", "tables", "locks"}}
    wrong.extend(f"1.3 {name}" for name in found ^ known.keys() if name not in warcs.values())
    wrong.extend(f"1.3 {name}" for name in found if (folder / name).is_symlink())
    bad = [name for name in known.keys() & found if sha((folder / name).read_bytes()) != known[name]]
    for line in lines:
        if line["action"] in {"capture.begin", "exhibit"} and line["file"] not in gone:
            begin = line.get("offset", 0)
            data = (folder / line["file"]).read_bytes()[begin : begin + line["length"]]
            bad += [line["file"]] * (sha(data) != line["sha256"])
    wrong.extend(f"1.4 {name}" for name in bad)


def head(data: bytes) -> dict[str, str]:
    """3.1, 10.1: what the lines say that begin with a mark."""
    return {row.split(" ")[1]: row.split(" ", 2)[-1] for row in data.decode().split("\n") if row[:2] == "# "}


def signed(path: Path, badge: str, spaces: Sequence[str], officers: Path, *times: str) -> bool:
    """3.3: whether stock ssh-keygen accepts a signature at the later of the times, in one of the namespaces."""
    when, data = re.sub(r"[^0-9]", "", max(times))[:14], path.read_bytes()
    for space in spaces:
        words = f"ssh-keygen -Y verify -I {badge} -Overify-time={when}Z -n {space} -f".split()
        run = [*words, str(officers), "-s", f"{path}.{badge}.sig"]
        if subprocess.run(run, input=data, capture_output=True, check=False).returncode == 0:
            return True
    return False


def signatures(folder: Path, lines: Sequence[Line], wrong: list[str]) -> None:
    """3.4, 4.3, 10.4, 10.5: who had to sign did, in the right role, at the right time."""
    officers, now, owner, before = folder, "", "", {"officers": ZEROS, "case": ZEROS}
    sealed: dict[Path, tuple[Path, str, str]] = {}
    for line in (each for each in lines if each["action"] in {"officers", "case", "seal", "seal.signed"}):
        kind, badges, good = line["action"], line["signatures"], True
        path = folder / PATHS[kind].format(**line)
        said = json.loads(path.read_bytes()) if kind == "case" else head(path.read_bytes())
        if kind in before:
            good, before[kind] = said["previous"] == before[kind], sha(path.read_bytes())
        if kind == "officers":
            allowed, officers, now = (officers if now else path), path, said["at"]
            good &= any(signed(path, badge, ["workbench-register"], allowed, now) for badge in badges)
        elif kind == "case":
            spaces, by, owned, owner = SPACES[said["act"]], said["by"], owner, said["owner"]
            good &= by in badges and signed(path, by, spaces[: 1 + (by == owned)], officers, line["at"], now)
        else:
            made = sealed.setdefault(path, (officers, said["at"], now))
            for badge in badges:
                own = (["workbench-seal"], *made), (["workbench-review"], officers, line["at"], now)
                good &= signed(path, badge, *own[badge != said["by"]])
        wrong.extend([f"3.3 {path.relative_to(folder)}"] * (not good))


def seals(
    folder: Path, lines: Sequence[Line], raws: Sequence[bytes], ends: dict[str, int], warcs: dict[int, str]
) -> Iterator[str]:
    """10.1 to 10.3: each seal is the text that the log gives."""
    leaves, previous, done = [hashlib.sha256(b"\x00" + raw).digest() for raw in raws], ZEROS, 0
    for line in (each for each in lines if each["action"] == "seal"):
        path, count, subtrees, low = PATHS["seal"].format(**line), line["seq"] - 1, [], 0
        data = (folder / path).read_bytes()
        for size in (1 << bit for bit in reversed(range(count.bit_length())) if count >> bit & 1):
            subtrees.append(root(leaves[low : low + size]).hex())
            low += size
        gone = {each["file"] for each in lines[:count] if each["action"] == "disposed"}
        closed = [name for name, end in ends.items() if done < end <= count]
        listed = [(sha((folder / name).read_bytes()), name) for name in closed]
        listed += [(value, name) for each in lines[done:count] for name, value in named(each, warcs)]
        rows = {"workbench-seal/1": "", "case": folder.name, "number": line["seal"], "previous": previous}
        rows |= {
            "at": head(data)["at"],
            "by": line["actor"],
            "lines": count,
            "root": root(leaves[:count]).hex(),
        }
        rows |= {"subtrees": " ".join(subtrees), "audit": head(data)["audit"]}
        text = "".join(f"# {key} {value}".rstrip() + "\n" for key, value in rows.items())
        text += "".join(f"{value}  {name}\n" for value, name in listed if name not in gone)
        if text.encode() != data or count not in ends.values() or head(data)["at"] > line["at"]:
            yield f"10.1 {path}"
        previous, done = sha(data), count


def check(folder: Path) -> list[str]:
    """Say what is wrong with a case file; nothing where it holds."""
    wrong: list[str] = []
    try:
        lines, raws, ends = chain(folder, wrong)
        warcs = {each["capture"]: each["file"] for each in lines if each["action"] == "capture.begin"}
        gone = {each["file"] for each in lines if each["action"] == "disposed"}
        if (lines[0]["action"], lines[0]["case"]) != ("open", folder.resolve().name):
            wrong.append("1.1")
        files(folder, lines, warcs, gone, wrong)
        signatures(folder, lines, wrong)
        wrong.extend(seals(folder, lines, raws, ends, warcs))
    except (OSError, LookupError, ValueError, TypeError, AttributeError) as error:
        wrong.append(f"it cannot be read: {type(error).__name__} {error}")
    return wrong
