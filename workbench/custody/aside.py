"""What a crash left behind, moved to quarantine and logged, never deleted (docs/casefile-format.md, 2.9)."""

from __future__ import annotations

import os

from workbench.custody import disk, log
from workbench.custody.chain import Chain


def mend(chain: Chain, actor: str, *, naming: Chain | None = None) -> None:
    """Move a torn last line of a chain aside; ``naming`` is the chain that says so, if it is another.

    Their locks are held.
    """
    found = log.segments(chain.folder, chain.kind)
    while len(found) > 1 and not found[-1].stat().st_size:
        # A crash between a segment's making and its first line: it holds nothing, the one before it goes on.
        with disk.mapped(found[-1]):
            found.pop().unlink()
            disk.sync_folder(chain.folder / chain.kind)
    if found and log.covered_size(found[-1]) != found[-1].stat().st_size:
        move(naming or chain, actor, f"{chain.kind}/{found[-1].name}", log.covered_size(found[-1]))


def move(chain: Chain, actor: str, name: str, covered: int, *, called: str = "") -> None:
    """Copy what lies beyond ``covered`` aside, sync it, cut the file, and log it. The chain's lock is held.

    The log calls it ``called`` where its own name may not stand there.
    """
    path, folder = chain.folder / name, chain.folder / "quarantine"
    with disk.mapped(folder):
        disk.make_folder(folder)
        numbers = [int(found.name[:4]) for found in folder.iterdir() if found.name[:4].isdecimal()]
    kept = f"quarantine/{1 + max(numbers, default=0):04d}-{_plain(called or name)}"
    with disk.mapped(path), path.open("rb") as source, (chain.folder / kept).open("xb") as target:
        source.seek(covered)
        digest, length = disk.copy_hashed(source, target)
        target.flush()
        os.fsync(target.fileno())
    with disk.mapped(path):
        disk.sync_folder(folder)
        if covered:
            # Synced before the line: a WARC whose cut was lost with the power would be longer than its lines say.
            disk.cut(path, covered)
        else:
            path.unlink()
            disk.sync_folder(path.parent)
    fields = {
        "file": called or name,
        "offset": covered,
        "length": length,
        "sha256": digest,
        "quarantine": kept,
    }
    chain.append_locked(actor, [("recovered", fields)])


def _plain(name: str) -> str:
    """Give a name that clause 1.2 allows under ``quarantine/``."""
    kept = (c if c.isascii() and (c.isdigit() or c.islower() or c in ".-") else "-" for c in name.lower())
    return "".join(kept)[-40:].lstrip("-.") or "file"
