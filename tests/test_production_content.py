"""What pages are given of an exhibit's bytes: within bounds, and whole where a part shows nothing."""

from __future__ import annotations

import base64
import random
import struct
import zipfile
import zlib

import pytest

from tests import package_kit as kit
from tests.desk import Desk
from workbench import sealing
from workbench.custody import releases
from workbench.production import pages, state, store
from workbench.production.content import Contents
from workbench.production.facts import seal_fact
from workbench.production.store import Store
from workbench.production.views import BODY_BYTES, IMAGE_BYTES, ExhibitView
from workbench.withholding import Withheld


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(side: int) -> bytes:
    """Make a grey picture of noise, which no packing makes smaller; ``side`` squared bytes."""
    noise = random.Random(side)  # noqa: S311 - noise, no secret
    lines = b"".join(b"\0" + noise.randbytes(side) for _ in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, 0)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


SMALL, LARGE, TOO_LARGE = png(300), png(1000), png(2900)
WORDS = b"meet me there " * 10_000


def _member(name: str, how: int) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name, (2026, 3, 1, 0, 0, 0))
    made.compress_type = how
    return made


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> tuple[state.State, dict[str, ExhibitView]]:
    """Give what pages show of each member of an archive, by its name."""
    home = tmp_path_factory.mktemp("content")
    desk = Desk(home)
    case = desk.approved()
    members = {
        _member("stored.png", zipfile.ZIP_STORED): SMALL,
        _member("packed.png", zipfile.ZIP_DEFLATED): LARGE,
        _member("huge.png", zipfile.ZIP_DEFLATED): TOO_LARGE,
        _member("words.txt", zipfile.ZIP_DEFLATED): WORDS,
    }
    kit.give_in(case, [kit.archived(home / "phone.zip", members)])
    sealing.finish(case, desk.sign_in("1001"))
    kit.released(desk, case)
    found = state.read(case.folder, releases.releases_for(case.folder)[0])
    with Store(home / "rows") as store:
        store.fill(case.folder, found.last, None, ())
        views = {view.given_name: view for view in Contents(found, store, Withheld()).views(None)}
    return found, views


def test_pictures_in_an_archive_are_shown_whole(read: tuple[state.State, dict[str, ExhibitView]]) -> None:
    found, views = read
    assert len(SMALL) > BODY_BYTES
    for name, data in (("stored.png", SMALL), ("packed.png", LARGE)):
        assert (views[name].shown, views[name].whole_length) == (data, len(data))
        page = pages.page(views[name], seal_fact(found))
        assert base64.b64encode(data).decode() in page


def test_beyond_the_bound_a_picture_is_not_shown_and_words_are_cut(
    read: tuple[state.State, dict[str, ExhibitView]],
) -> None:
    found, views = read
    huge = views["huge.png"]
    assert (len(huge.shown), huge.whole_length) == (IMAGE_BYTES, len(TOO_LARGE))
    assert f"larger than this page holds ({len(TOO_LARGE)} bytes)" in pages.page(huge, seal_fact(found))
    words = views["words.txt"]
    assert (words.shown, words.whole_length) == (WORDS[:BODY_BYTES], len(WORDS))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (41.296099999999996, "41.2961"),
        (-66.69210000000001, "-66.6921"),
        (3.0, "3"),
        (41.30119323730469, "41.30119324"),
    ],
)
def test_a_number_is_not_printed_with_digits_that_the_machine_made(value: float, text: str) -> None:
    assert dict(store._cells({"latitude": value, "case": "x"})) == {"latitude": text}
