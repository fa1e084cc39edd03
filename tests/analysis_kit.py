"""Tables for the tests of analyses, in the very types that the case's tables have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from workbench.tables.read import to_frame
from workbench.tables.schema import SCHEMAS

CASE = "2026-0417"
SEEN = "2026-03-20T12:00:00Z"


def at(text: str) -> pd.Timestamp:
    return pd.Timestamp(text).tz_convert("UTC")


def made(table: str, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Fill a table of the case; what a row does not say is empty, times are ISO 8601 with a zone."""
    schema = SCHEMAS[table]
    return to_frame(
        pa.Table.from_pylist([_whole(schema, row, n) for n, row in enumerate(rows)], schema=schema)
    )


def _whole(schema: pa.Schema, row: Mapping[str, Any], number: int) -> dict[str, Any]:
    base: dict[str, Any] = {
        "case": CASE,
        "platform": "mastodon",
        "server": "town.example",
        "entity_id": f"thing-{number}",
        "exhibit": f"{CASE}-E{number:04d}#/0",
        "captured_at": SEEN,
        "state": "present",
    }
    filled = {field.name: "" for field in schema if field.type == pa.string() and not field.nullable}
    whole = {**filled, **{name: value for name, value in base.items() if name in schema.names}, **row}
    times = {field.name for field in schema if pa.types.is_timestamp(field.type)}
    return {
        name: at(value).to_pydatetime() if name in times and isinstance(value, str) else value
        for name, value in whole.items()
    }


def post(published: str | None, author: str = "a", **more: Any) -> dict[str, Any]:
    return {
        "published": published,
        "author": author,
        "author_handle": f"{author}@town",
        "kind": "post",
        **more,
    }


def act(
    published: str | None, actor: str = "a", target: str = "b", kind: str = "mention", **more: Any
) -> dict[str, Any]:
    return {
        "published": published,
        "actor": actor,
        "actor_handle": f"{actor}@town" if actor else "",
        "target": target,
        "target_handle": f"{target}@town" if target else "",
        "kind": kind,
        **more,
    }


def posts(*rows: Mapping[str, Any]) -> pd.DataFrame:
    return made("posts", rows)


def interactions(*rows: Mapping[str, Any]) -> pd.DataFrame:
    return made("interactions", rows)
