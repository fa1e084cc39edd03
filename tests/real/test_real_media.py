"""Real photos and videos: what is read of them beside what their bytes hold and what other readers say."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import imagehash
import numpy as np
import pytest
from PIL import Image, ImageOps

from tests import looks_kit
from tests.desk import Desk
from tests.real import case_kit as kit
from tests.real import vcr
from workbench import analysis, times
from workbench.media import child, kinds, looking, pictures
from workbench.media.facts import Job, Look

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not vcr.DATA.is_dir(), reason="needs the third-party data in ../shared/data"),
]
PHOTOS = vcr.DATA / "photos"
VIDEOS = vcr.DATA / "video"
# Seconds of latitude and longitude as the files' rationals are, over 43 deg 27' or 28' N, 11 deg 52' or 53' E,
# and the UTC clock of the fix; each is looked for in the bytes below.
PLACES = {
    "DSCN0010": (28, (281_400_000, 10**8), 53, (645_599_999, 10**8), "14:27:07.240"),
    "DSCN0012": (28, (176_399_999, 10**8), 53, (742_199_999, 10**8), "14:28:17.240"),
    "DSCN0021": (28, (149_399_999, 10**8), 53, (433_799_999, 10**8), "14:36:47.230"),
    "DSCN0025": (28, (611_400_000, 10**8), 52, (538_859_999, 10**7), "14:41:49.030"),
    "DSCN0027": (28, (639_000_000, 10**8), 52, (534_540_000, 10**7), "14:42:29.030"),
    "DSCN0029": (28, (567_599_999, 10**8), 52, (486_179_999, 10**7), "14:45:20.910"),
    "DSCN0038": (28, (211_799_999, 10**8), 52, (451_680_000, 10**7), "14:50:40.900"),
    "DSCN0040": (27, (576_419_999, 10**7), 52, (448_019_999, 10**7), "14:54:00.190"),
    "DSCN0042": (27, (520_380_000, 10**7), 52, (53_322, 1000), "14:57:41.370"),
}


def look(path: Path) -> Look:
    data = path.read_bytes()
    return child.answer(Job(media_type=kinds.media_type(data[: kinds.HEAD]), data=data)).look


@pytest.mark.parametrize("name", PLACES)
def test_places_are_what_the_rationals_in_the_bytes_say(name: str) -> None:
    path = PHOTOS / "gps" / f"{name}.jpg"
    lat_minutes, lat_seconds, lon_minutes, lon_seconds, clock = PLACES[name]
    data = path.read_bytes()
    for degrees, minutes, seconds in ((43, lat_minutes, lat_seconds), (11, lon_minutes, lon_seconds)):
        rationals = struct.pack("<6I", degrees, 1, minutes, 1, *seconds)
        assert data.count(rationals) == 1
    found = look(path)
    (spot,) = found.spots
    assert spot.latitude == pytest.approx(
        43 + (lat_minutes + lat_seconds[0] / lat_seconds[1] / 60) / 60, abs=1e-9
    )
    assert spot.longitude == pytest.approx(
        11 + (lon_minutes + lon_seconds[0] / lon_seconds[1] / 60) / 60, abs=1e-9
    )
    assert (spot.source, spot.precision_m) == ("exif", 5.0)
    assert spot.at is not None
    assert (spot.at.raw, spot.at.basis) == (f"2008:10:23 {clock}", "explicit")
    assert found.taken is not None
    assert (found.taken.basis, found.taken.utc) == ("ambiguous", None)
    # The camera's own clock says the 22nd, its GPS the 23rd: no zone brings the two together.
    assert [(said.kind, said.field) for said in found.problems] == [("disagreement", "exif DateTimeOriginal")]


@pytest.mark.parametrize("path", sorted((PHOTOS / "gps").glob("*.jpg")), ids=lambda path: path.stem)
def test_hashes_are_those_that_imagehash_gives(path: Path) -> None:
    with Image.open(path) as picture:
        shown = ImageOps.exif_transpose(picture)
    found = look(path)
    for ours, theirs in ((found.phash, imagehash.phash(shown)), (found.dhash, imagehash.dhash(shown))):
        assert (int(ours, 16) ^ int(str(theirs), 16)).bit_count() <= 2


def test_one_picture_turned_four_ways_is_one_picture() -> None:
    found = [look(path) for path in sorted((PHOTOS / "orientation").glob("*.jpg"))]
    assert {(one.width, one.height) for one in found} == {(600, 450)}
    assert len({one.phash for one in found}) == 1


@pytest.mark.parametrize("path", sorted((PHOTOS / "invalid").glob("*.jpg")), ids=lambda path: path.stem)
def test_what_others_could_not_read_has_its_row(path: Path) -> None:
    found = look(path)
    with Image.open(path) as picture:
        assert (found.width, found.height) == picture.size


def _said(path: Path) -> dict[str, str]:
    """What FFmpeg reads of a container, on its own."""
    import av  # noqa: PLC0415 - only here

    with av.open(str(path)) as container:
        return dict(container.metadata)


def test_a_film_of_an_android_phone() -> None:
    path = VIDEOS / "with-gps.mp4"
    found, said = look(path), _said(path)
    assert said["location"] == "+51.4169-000.0806/"
    (spot,) = found.spots
    assert (spot.latitude, spot.longitude, spot.source) == (51.4169, -0.0806, "container")
    assert spot.precision_m == pytest.approx(11.132)
    assert found.taken is not None
    assert found.taken.basis == "assumed"
    assert found.taken.utc == times.iso(said["creation_time"]).utc
    assert (found.width, found.height, len(found.frames)) == (1920, 1080, 1)


def test_a_film_of_an_iphone_shown_upright() -> None:
    path = VIDEOS / "with-gps.mov"
    found, said = look(path), _said(path)
    assert said["com.apple.quicktime.location.ISO6709"] == "+32.0929+034.8620+028.516/"
    (spot,) = found.spots
    assert (spot.latitude, spot.longitude) == (32.0929, 34.862)
    assert found.taken == times.iso(said["com.apple.quicktime.creationdate"])
    assert (found.make, found.model, found.software) == ("Apple", "iPhone 6", "12.3")
    assert (found.width, found.height) == (320, 568)


def test_the_confined_child_reads_all_of_them_the_same() -> None:
    worker = looking.Worker()
    for path in sorted([*PHOTOS.rglob("*.jpg"), *VIDEOS.iterdir()]):
        data = path.read_bytes()
        asked = Job(media_type=kinds.media_type(data[: kinds.HEAD]), path=str(path), length=len(data))
        assert worker.ask(asked).look == look(path)
        thumbnail = worker.ask(Job(media_type=asked.media_type, data=data, edge=96)).picture
        assert max(Image.open(io.BytesIO(thumbnail)).size) <= 96
    worker.close()


def test_a_case_of_them_has_rows_that_cite_their_exhibits(desk: Desk) -> None:
    case = desk.approved()
    kit.given(case, PHOTOS / "gps")
    kit.given(case, VIDEOS)
    files, places, frames = (kit.table(case, name) for name in ("media_files", "places", "key_frames"))
    assert sorted(files["kind"]) == ["image"] * 9 + ["video"] * 3
    assert sorted(places["source"]) == ["container"] * 2 + ["exif"] * 9
    assert set(places["about"]) < set(files["entity_id"])
    assert set(frames["media"]) == set(files.loc[files["kind"] == "video", "entity_id"])
    assert sorted(kit.table(case, "media")["sha256"]) == sorted(files["sha256"])
    kit.sound(desk, case)


def test_mirror_images_of_real_photos_are_found_and_nothing_else() -> None:
    hashes: dict[str, int] = {}
    for name in PLACES:
        with Image.open(PHOTOS / "gps" / f"{name}.jpg") as photo:
            shown = ImageOps.exif_transpose(photo).convert("RGB")
        hashes[name] = int(str(imagehash.phash(shown)), 16)
        hashes[f"{name}-turned"] = int(str(imagehash.phash(ImageOps.mirror(shown))), 16)
    table = looks_kit.files(*(looks_kit.file(name, value) for name, value in hashes.items()))
    found = analysis.near_duplicates(table, mirrored=True)
    pairs = found.loc[found["mirrored"], ["a", "b"]].to_numpy().tolist()
    assert sorted(pairs) == [[f"sha256:{name}", f"sha256:{name}-turned"] for name in sorted(PLACES)]


def test_every_photo_is_blurred_to_its_cells_means_and_nothing_more() -> None:
    paths = sorted((PHOTOS / "gps").glob("*.jpg"))
    assert paths
    for path in paths:
        data = path.read_bytes()
        job = Job(media_type="image/jpeg", data=data, edge=160, blurred=True)
        veiled = Image.open(io.BytesIO(child.answer(job).picture))
        plain = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
        cells = tuple(max(1, round(pictures.CELLS * side / max(plain.size))) for side in plain.size)
        means = plain.resize((cells[0], cells[1]), Image.Resampling.BOX)
        again = means.resize(veiled.size, Image.Resampling.BILINEAR)
        far = np.abs(np.asarray(veiled, dtype=int) - np.asarray(again, dtype=int)).max()
        assert far <= 12, path.name
