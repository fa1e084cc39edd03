"""Small files, one folder for each defect; the same is read of them here and in the confined child."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.importer_kit import VECTORS
from workbench.media import child, kinds, looking
from workbench.media.facts import Job, Look

FOLDERS = sorted(path.parent for path in (VECTORS / "media").rglob("expected.json"))


@pytest.fixture(scope="module")
def worker() -> Any:
    made = looking.Worker()
    yield made
    made.close()


def told(media_type: str, look: Look | None) -> dict[str, Any]:
    """Say what was read, in the words of ``expected.json``."""
    if look is None:
        return {"media_type": media_type}
    places = [
        [spot.source, round(spot.latitude, 5), round(spot.longitude, 5), spot.precision_m, spot.name]
        for spot in look.spots
    ]
    return {
        "media_type": media_type,
        "size": [look.width, look.height],
        "taken": [look.taken.raw, look.taken.basis] if look.taken else None,
        "places": places,
        "hash": bool(look.phash),
        "frames": len(look.frames),
        "problems": [[said.kind, said.field] for said in look.problems],
    }


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_is_read(folder: Path, worker: looking.Worker) -> None:
    (path,) = folder.glob("given.*")
    data = path.read_bytes()
    media_type = kinds.media_type(data[: kinds.HEAD])
    job = Job(media_type=media_type, data=data)
    look = child.answer(job).look if media_type else None
    assert told(media_type, look) == json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    if look is not None:
        assert worker.ask(job).look == look


def test_each_defect_is_there() -> None:
    assert len(FOLDERS) >= 20
