"""Media files, key frames and what posts carry, for the tests of analyses; types as the case's tables have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tests.analysis_kit import CASE, SEEN, at, made

_FILE = ("platform", "server", "native_id", "uri", "sha256", "media_type", "kind", "phash", "dhash", "note")
_SHOT = ("platform", "server", "native_id", "uri", "media", "sha256", "phash")


def _table(texts: tuple[str, ...], rows: tuple[Mapping[str, Any], ...]) -> pd.DataFrame:
    names = ["entity_id", "exhibit", *texts]
    columns: dict[str, Any] = {
        name: pd.Series([row.get(name, "") for row in rows], dtype="str") for name in names
    }
    seen = [at(row.get("captured_at", SEEN)) for row in rows]
    return pd.DataFrame(columns).assign(captured_at=pd.Series(seen, dtype="datetime64[us, UTC]"))


def file(name: str, phash: int | str = "", kind: str = "image", **more: Any) -> dict[str, Any]:
    """Make a row of ``media_files``; the file is known by its name."""
    text = phash if isinstance(phash, str) else f"{phash:016x}"
    exhibit = f"{CASE}-E{sum(name.encode()):04d}"
    return {
        "entity_id": f"sha256:{name}",
        "sha256": name,
        "phash": text,
        "kind": kind,
        "exhibit": exhibit,
    } | more


def shot(name: str, number: int, phash: int | str) -> dict[str, Any]:
    """Make a row of ``key_frames``."""
    return file(name, phash) | {"entity_id": f"sha256:{name}#frame-{number}", "media": f"sha256:{name}"}


def files(*rows: Mapping[str, Any]) -> pd.DataFrame:
    return _table(_FILE, rows)


def shots(*rows: Mapping[str, Any]) -> pd.DataFrame:
    return _table(_SHOT, rows)


def carried(post: str, *, sha256: str = "", uri: str = "", **more: Any) -> dict[str, Any]:
    """Make a row of ``media``: what a post says it carries."""
    name = f"{post} {sha256 or uri}"
    return {"post": post, "sha256": sha256, "uri": uri, "kind": "image", "entity_id": name} | more


def media(*rows: Mapping[str, Any]) -> pd.DataFrame:
    return made("media", rows)
