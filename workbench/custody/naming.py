"""Which files a log line names, with their hashes (docs/casefile-format.md, 1.4 and 10.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.custody.log import Entry

Named = list[tuple[str, str]]
"""(SHA-256, path) of each file, in the order in which a seal lists them."""

_SIGNED = {
    "officers": ("officers/{:04d}", "number"),
    "case": ("case/{:04d}.json", "version"),
    "seal": ("seals/{:04d}.txt", "seal"),
    "decision": ("decisions/{:04d}.json", "decision"),
    "release": ("releases/{:04d}.json", "release"),
    "restored": ("restores/{:04d}.json", "restore"),
}


def files(entry: Entry) -> Named:
    """Give the files that a line names. A WARC, named by ``capture.begin`` and closed later, is not among them."""
    fields, action = entry.fields, entry.action
    if action in _SIGNED:
        form, key = _SIGNED[action]
        name = form.format(fields[key])
        return [(fields["sha256"], name), *_signatures(name, fields)]
    rule = _RULES.get(action)
    return rule(fields) if rule else []


def _signatures(name: str, fields: dict[str, Any]) -> Named:
    return [(sha256, f"{name}.{badge}.sig") for badge, sha256 in sorted(fields["signatures"].items())]


def _run(fields: dict[str, Any]) -> Named:
    stem = f"runs/{fields['run']:04d}-{fields['name']}"
    return [(sha256, f"{stem}/{name}") for name, sha256 in sorted(fields["files"].items())]


_RULES: dict[str, Callable[[dict[str, Any]], Named]] = {
    "import.begin": lambda f: [(f["receipt"], f"imports/{f['import']:04d}/receipt.json")],
    "import.file": lambda f: [(f["sha256"], f["file"])],
    "run": _run,
    "annotation": lambda f: [(f["sha256"], f"annotations/{f['annotation']:04d}.json")],
    "recovered": lambda f: [(f["sha256"], f["quarantine"])],
    "seal.signed": lambda f: _signatures(f"seals/{f['seal']:04d}.txt", f),
    "seal.stamped": lambda f: [(f["sha256"], f"seals/{f['seal']:04d}.{f['name']}.tsr")],
}
