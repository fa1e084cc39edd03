"""VCR recordings as exchanges, so that a replay serves what real servers once answered.

``exchanges(path)`` gives the records; ``workbench.capture.replay.Replay(exchanges(path)).session()`` serves
them. Only what was read (GET) is of use to a collector; ``method`` chooses.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from workbench import times
from workbench.records import Exchange

DATA = Path(__file__).parents[3] / "shared" / "data"
MASTODON = DATA / "mastodon-api"
TELEGRAM = DATA / "telegram" / "any2feed" / "test_utils" / "src" / "fixtures" / "telegram_preview"

_AT = times.read_stamp("2026-08-01T12:00:00.000000Z")
_DECODED = frozenset({"content-encoding", "transfer-encoding", "content-length"})


def interactions(path: Path) -> list[dict[str, Any]]:
    """Read a recording as it is: a list of request and response."""
    loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    found: list[dict[str, Any]] = loaded["interactions"]
    return found


def exchanges(path: Path, method: str = "GET") -> Iterator[Exchange]:
    """Yield a recording's exchanges of one method, in order; bodies are stored decoded."""
    for number, one in enumerate(interactions(path)):
        if one["request"]["method"] == method:
            yield _exchange(one, _AT + number)


def _exchange(one: dict[str, Any], at: int) -> Exchange:
    body = one["response"]["body"]["string"]
    headers = one["response"]["headers"]
    return Exchange(
        method=one["request"]["method"],
        uri=one["request"]["uri"],
        status=one["response"]["status"]["code"],
        headers=tuple(
            (name, value)
            for name, values in headers.items()
            for value in values
            if name.lower() not in _DECODED
        ),
        body=body if isinstance(body, bytes) else body.encode(),
        at=at,
    )


def account_of(recording: Path) -> Exchange:
    """Give a recording's answer about one account that the server knew."""
    found = (one for one in exchanges(recording) if "/accounts/lookup" in one.uri and one.status == 200)
    return next(found)


def as_posts_of(
    account: Exchange, pages: list[Exchange], native_id: str, *, limit: int = 40
) -> list[Exchange]:
    """Give real pages of a timeline the addresses of one account's pages; bytes and headers stay as they were.

    No recording holds a whole account, but these are a real server's pages, by one account, with its Link headers.
    """
    base = account.uri.partition("/api/")[0]
    made = [account]
    before = ""
    for page in pages:
        query = f"max_id={before}&limit={limit}" if before else f"limit={limit}"
        made.append(msgspec.structs.replace(page, uri=f"{base}/api/v1/accounts/{native_id}/statuses?{query}"))
        link = page.header("link")
        before = (
            link.partition("max_id=")[2].partition(">")[0].partition("&")[0] if 'rel="next"' in link else ""
        )
        if not before:
            break
    return made
