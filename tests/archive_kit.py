"""A small Mastodon archive that somebody gives: posts of one account, its outbox and its profile."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.casefile import CaseFile, Receipt
from workbench.intake import take_in

ROE = "https://social.test/users/roe"
_PUBLIC = ["https://www.w3.org/ns/activitystreams#Public"]


def created(number: int, at: str, content: str, **more: Any) -> dict[str, Any]:
    """Make the activity by which the account wrote a post; ``more`` are other fields of the post."""
    uri = f"{ROE}/statuses/{number}"
    thing = {
        "id": uri,
        "type": "Note",
        "summary": None,
        "inReplyTo": None,
        "published": at,
        "url": f"https://social.test/@roe/{number}",
        "attributedTo": ROE,
        "to": _PUBLIC,
        "cc": [],
        "sensitive": False,
        "content": content,
        "attachment": [],
        "tag": [],
    }
    activity = {"id": f"{uri}/activity", "type": "Create", "actor": ROE, "published": at}
    return activity | {"to": _PUBLIC, "cc": [], "object": thing | more}


def give(
    case: CaseFile, folder: Path, posts: Sequence[dict[str, Any]], more: Mapping[str, bytes] | None = None
) -> str:
    """Import an archive of these posts, with ``more`` files by name; give the import's source name."""
    context = {"@context": "https://www.w3.org/ns/activitystreams"}
    outbox = {"id": "outbox.json", "type": "OrderedCollection", "totalItems": len(posts)}
    actor = {"id": ROE, "type": "Person", "preferredUsername": "roe", "name": "R. Roe"}
    given = {
        "outbox.json": json.dumps(context | outbox | {"orderedItems": list(posts)}).encode(),
        "actor.json": json.dumps(
            context | actor | {"url": "https://social.test/@roe", "outbox": "outbox.json"}
        ).encode(),
        **(more or {}),
    }
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number, (name, content) in enumerate(given.items()):
        path = folder / f"{number}"
        path.write_bytes(content)
        files.append((path, f"archive/{name}"))
    return take_in(case, files, Receipt(giver="a friend")).source
