"""Tables as nobody hopes for: hostile texts, times at both ends, equal and missing keys, other column types."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from workbench.tables.read import to_frame
from workbench.tables.schema import SCHEMAS

TEXTS: Final = (
    *("", "a", "b", "c", "a@town", "@A@town", "  a ", "A", "mira", "thing-0", "thing-1", "thing-2"),
    *("слово 文字 \u202e https://a.example/1", "مرحبا بالعالم", "👩‍👩‍👧‍👦🇺🇸", "é", "e\u0301", "ﬃ İıſß"),
    *("<script>alert(1)</script>", "=cmd|' /C calc'!A0", "\0", "a\0", "\u2028\u2029\x1b[31m", "x" * 3000),
    *("https://a.example/1", "HTTPS://xn--80ak6aa92e.com/\u202e", "http://[::1", "http://a:999999999/", "//"),
    *("0123456789abcdef", "f" * 16, "-1", "1e400", "nan", "ambiguous", '"a" OR b*', "javascript:alert(1)"),
)
KINDS: Final = ("mention", "reply", "repost", "post", "quote", "message", "", "follow", "image", "video")
TIMES: Final = (
    *(None, "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59.999999+00:00", "2262-04-11T23:47:16.9+00:00"),
    *("1969-12-31T23:59:59.999999+00:00", "2026-03-01T00:00:00+00:00", "2026-03-01T00:00:00.000001+00:00"),
    *("2026-03-08T06:59:59+00:00", "2026-03-08T07:00:00+00:00", "2026-11-01T05:30:00+00:00"),
    *("2026-11-01T06:30:00+00:00", "2026-03-01T00:10:00+00:00", "2026-03-06T00:00:00+00:00"),
)
NUMBERS: Final = (None, 0.0, 42.48, -71.43, 90.0, -180.0, 91.0, float("nan"), float("inf"), 1e308, 5000.0)
WHOLE: Final = (None, 0, 1, -1, 7, 2**31 - 1)
MANGLED: Final = (
    "as it is",
    "object",
    "category",
    "string",
    "one column less",
    "one column empty",
    "one index",
)
_SEEN: Final = "2026-03-20T12:00:00+00:00"
_PEOPLE: Final = ("author", "actor", "target", "object", "post", "in_reply_to", "about", "media")


def table(chance: Random, name: str, count: int) -> pd.DataFrame:
    """Fill a table of the case with whatever its types allow; each row cites a place of its own."""
    schema = SCHEMAS[name]
    rows = [{field.name: _cell(chance, field, number) for field in schema} for number in range(count)]
    return to_frame(pa.Table.from_pylist(rows, schema=schema))


def mangled(chance: Random, frame: pd.DataFrame, way: str) -> pd.DataFrame:
    """Give the same table as a careless cell may have made it."""
    names = list(frame.columns)
    one = chance.choice(names)
    texts = [name for name in names if frame[name].dtype == "str"]
    if way in {"object", "category", "string"}:
        return frame.astype(dict.fromkeys(texts, way))
    if way == "one column less":
        return frame.drop(columns=[one])
    if way == "one column empty":
        return frame.assign(**{one: pd.Series([None] * len(frame), index=frame.index, dtype=object)})
    return frame.set_axis([0] * len(frame)) if way == "one index" else frame.copy()


def _cell(chance: Random, field: pa.Field, number: int) -> Any:
    kind = field.type
    if pa.types.is_string(kind):
        return _text(chance, field.name, number)
    if pa.types.is_timestamp(kind):
        time = chance.choice(TIMES) or (None if field.nullable else _SEEN)
        return None if time is None else datetime.fromisoformat(time)
    if pa.types.is_list(kind):
        return [chance.choice(TEXTS) for _ in range(chance.randrange(4))]
    picked: Any = chance.choice(
        NUMBERS if pa.types.is_floating(kind) else WHOLE if pa.types.is_integer(kind) else (True, False, None)
    )
    if picked is None and not field.nullable:
        return False if pa.types.is_boolean(kind) else 0
    return picked


def _text(chance: Random, name: str, number: int) -> str:
    some = chance.choice(TEXTS)
    pools: dict[str, tuple[str, ...]] = {
        "entity_id": (f"thing-{chance.randrange(4)}", f"thing-{number}", "", some),
        "exhibit": (f"2026-0417-E{chance.randrange(6):04d}#/{number}",),
        "kind": KINDS,
        "published_basis": ("explicit", "ambiguous", "assumed", ""),
        "phash": ("", "0123456789abcdef", "0123456789abcdee", "ffffffffffffffff", "zz", some),
        "platform": ("mastodon", "x", ""),
        "sha256": ("f0", "f1", "f2", ""),
        **dict.fromkeys(_PEOPLE, ("a", "b", "c", "thing-0", "thing-1", "thing-2", "", some)),
    }
    return chance.choice(pools.get(name, (some,)))
