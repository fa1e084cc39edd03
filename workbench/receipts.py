"""The receipt of an import, to print and to sign: what was given, by whom, with each file's SHA-256."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import msgspec

from workbench import qr
from workbench.custody import seals

_TITLES = {
    "giver": "Given by",
    "device": "From device or system",
    "received_at": "Received (UTC)",
    "manner": "Manner",
    "basis": "Basis",
    "reference": "Reference",
    "stated_url": "Address as stated by the giver",
    "received_by": "Received by (badge)",
}
_STYLE = (
    "body{font:12pt/1.4 serif;margin:2cm;max-width:18cm}h1{font-size:16pt}table{border-collapse:collapse;width:100%}"
    "td,th{border:1px solid #999;padding:2mm;text-align:left;vertical-align:top;overflow-wrap:anywhere}"
    "code{font-size:9pt}.seal{display:flex;gap:5mm;align-items:center;margin:4mm 0}.seal svg{flex:none}"
    ".sign td{height:2cm;width:50%}"
)


def page(folder: Path, number: int) -> str:
    """Give a self-contained HTML page of import ``number`` of a case; all given text is escaped.

    It bears the case's newest seal, if there is one: in short, and whole as a QR code. Raises IntegrityError where
    that seal is not the one that was logged.
    """
    receipt: dict[str, Any] = msgspec.json.decode(
        (folder / f"imports/{number:04d}/receipt.json").read_bytes()
    )
    facts = "".join(_row(title, str(receipt.get(key) or "not stated")) for key, title in _TITLES.items())
    files = "".join(
        f"<tr><td>{_safe(one['given_name'])}</td><td>{one['length']}</td>"
        f"<td><code>{_safe(one['sha256'])}</code></td></tr>"
        for one in receipt["files"]
    )
    title = f"Receipt for import {number} in case {_safe(folder.name)}"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head>"
        f"<body><h1>{title}</h1><table>{facts}</table><h2>Files, kept byte for byte</h2>"
        f"<table><tr><th>Name as given</th><th>Bytes</th><th>SHA-256</th></tr>{files}</table>"
        "<p>The SHA-256 of a file can be checked with any tool, such as <code>sha256sum</code>. It shows that the "
        "bytes have not changed since they were received; it does not "
        "show who made them or that what they say is true.</p>"
        f"{_seal(folder)}"
        '<table class="sign"><tr><td>Giver: signature, date</td><td>Officer: signature, date</td></tr></table>'
        "</body></html>\n"
    )


def _seal(folder: Path) -> str:
    seal = seals.newest(folder)
    if seal is None:
        return ""
    return (
        f'<div class="seal">{qr.svg(qr.seal_text(seal.case, seal.number, seal.sha256))}'
        f"<p>The case's newest seal as this was printed: {_safe(qr.seal_line(seal.number, seal.sha256))}, of "
        f"{_safe(seal.at)}, over {seal.lines} lines of the custody log. Keep this paper: whoever holds it can tell "
        "whether the case still holds that seal.</p></div>"
    )


def _row(title: str, value: str) -> str:
    return f"<tr><th>{_safe(title)}</th><td>{_safe(value)}</td></tr>"


def _safe(text: str) -> str:
    """Escape markup, and make control and direction characters visible."""
    return html.escape("".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text))
