"""The invented X archive: the same bytes each time, and off exactly where it is meant to be."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

from workbench.demo import archive


def _script_of(data: bytes) -> list[dict[str, object]]:
    items: list[dict[str, object]] = json.loads(data.decode().partition(" = ")[2])
    return items


def test_the_archive_is_the_same_each_time(tmp_path: Path) -> None:
    one, two = archive.write(tmp_path / "deep" / "one.zip"), archive.write(tmp_path / "two.zip")
    assert one.read_bytes() == two.read_bytes()


def test_the_manifest_reconciles_but_for_one_count(tmp_path: Path) -> None:
    path = archive.write(tmp_path / "x.zip")
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as opened:
        assert opened.testzip() is None
        held = {name: opened.read(name) for name in opened.namelist()}
    manifest = json.loads(held["data/manifest.js"].decode().removeprefix("window.__THAR_CONFIG = "))
    entries = [entry for kind in manifest["dataTypes"].values() for entry in kind.get("files", [])]
    off = [
        entry["fileName"]
        for entry in entries
        if int(entry["count"]) != len(_script_of(held[entry["fileName"]]))
    ]
    assert off == [archive.MISCOUNTED]
    assert {entry["fileName"] for entry in entries} >= {
        "data/tweets.js",
        "data/tweets-part1.js",
        archive.UNKNOWN,
    }
    for entry in entries:
        assert held[entry["fileName"]].startswith(f"window.{entry['globalName']} = ".encode())


def test_the_archive_says_where_he_goes() -> None:
    messages = archive.members()["data/direct-messages.js"].decode()
    assert "hung it inside the woodshed" in messages
    assert "Sorrel Lake" in archive.members()["data/tweets.js"].decode()
