from __future__ import annotations

import hashlib
import io
import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from tests.desk import START
from tests.production_kit import BIN, HOSTILE, PIXEL, Shelf
from workbench.errors import IntegrityError
from workbench.production import surt, wacz

TITLE = "Case 2026-0417, seal 3"


def _shelf(folder: Path) -> Shelf:
    shelf = Shelf(folder)
    shelf.answer("https://social.example/@ada", b"<h1>Ada</h1>", kind="text/html; charset=utf-8")
    shelf.answer("https://social.example/api/v1/statuses/1?limit=40&b=2&a=1", b'{"id": 1}')
    shelf.answer(
        "https://www.social.example/Media/1.png",
        PIXEL,
        kind="image/png",
        more="Transfer-Encoding: chunked\r\n",
    )
    shelf.answer("https://social.example/gone", b"no", status="404 Not Found")
    shelf.answer("https://social.example/api/search", b"{}", method="POST")
    shelf.silence("https://social.example/slow")
    shelf.answer("http://127.0.0.1:8080/x/../@b%C3%A9", HOSTILE.encode(), kind="text/html")
    return shelf


def _written(folder: Path) -> tuple[bytes, Shelf]:
    shelf, out = _shelf(folder), io.BytesIO()
    assert wacz.write(out, shelf.slices, TITLE, START) == 6
    return out.getvalue(), shelf


def _run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)


def _unpacked(data: bytes, folder: Path) -> Path:
    zipfile.ZipFile(io.BytesIO(data)).extractall(folder)
    return folder / wacz.ARCHIVE


_MEMBERS = (wacz.ARCHIVE, wacz.INDEX, wacz.PAGES, "datapackage.json")
# The command itself, for one file after the other: most of its time goes into being loaded.
_VALIDATE = """
import contextlib, io, json, sys
from wacz.main import main
for path in sys.argv[1:]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = main(["validate", "-f", path])
    print(json.dumps([code, said.getvalue()]))
"""


def _changed(data: bytes, path: Path, member: str) -> Path:
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(path, "w") as new:
        for info in old.infolist():
            new.writestr(info, old.read(info) + b"\n" * (info.filename == member))
    return path


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """Give what the reference tool says of a replay as written (``""``), and with each of its members changed."""
    home = tmp_path_factory.mktemp("wacz")
    data, _ = _written(home / "case")
    sound = home / "exhibits.wacz"
    sound.write_bytes(data)
    paths = [
        sound,
        *(_changed(data, home / f"changed-{n}.wacz", member) for n, member in enumerate(_MEMBERS)),
    ]
    done = _run(BIN / "python", "-c", _VALIDATE, *paths)
    assert done.returncode == 0, done.stderr
    said = (tuple(json.loads(line)) for line in done.stdout.splitlines())
    return dict(zip(("", *_MEMBERS), said, strict=True))


def test_the_reference_tool_finds_it_valid(judged: dict[str, tuple[int, str]]) -> None:
    code, said = judged[""]
    assert code == 0, said
    assert "Validation succeeded" in said


@pytest.mark.parametrize("member", _MEMBERS)
def test_the_reference_tool_notices_a_change(judged: dict[str, tuple[int, str]], member: str) -> None:
    assert "Validation failed" in judged[member][1]


def test_the_inner_warc_is_sound_to_others(tmp_path: Path) -> None:
    inner = _unpacked(_written(tmp_path / "case")[0], tmp_path / "out")
    for command in ((BIN / "warcio", "check", inner), (BIN / "fastwarc", "check", inner)):
        done = _run(*command)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_stored_slices_are_in_it_unchanged(tmp_path: Path) -> None:
    data, shelf = _written(tmp_path / "case")
    inner = _unpacked(data, tmp_path / "out").read_bytes()
    capture = (tmp_path / "case" / shelf.path).read_bytes()
    together = capture[shelf.slices[0].offset :]
    assert inner.endswith(together)
    head = inner[: -len(together)]
    assert head.startswith(b"\x1f\x8b")
    assert len(head) < 1000


def test_the_index_is_that_of_the_reference_indexer(tmp_path: Path) -> None:
    inner = _unpacked(_written(tmp_path / "case")[0], tmp_path / "out")
    done = _run(BIN / "cdxj-indexer", "--sort", inner)
    assert done.returncode == 0, done.stderr
    theirs, ours = _read(done.stdout), _read((tmp_path / "out" / wacz.INDEX).read_text())
    chunked = next(fields for _, _, fields in theirs if fields["url"].endswith("1.png"))
    # Where the WARC gives no digest of a payload, the indexer falls back to SHA-1; ours stays with SHA-256.
    assert chunked.pop("digest").startswith("sha1:")
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(PIXEL), PIXEL)
    mine = next(fields for _, _, fields in ours if fields["url"].endswith("1.png")).pop("digest")
    assert mine == f"sha256:{hashlib.sha256(body).hexdigest()}"
    assert ours == theirs


def _read(index: str) -> list[tuple[str, str, dict[str, Any]]]:
    lines = (line.split(" ", 2) for line in index.splitlines())
    return [(key, at, json.loads(fields)) for key, at, fields in lines]


def test_each_answer_that_was_got_is_a_page(tmp_path: Path) -> None:
    _unpacked(_written(tmp_path / "case")[0], tmp_path / "out")
    head, *pages = [json.loads(line) for line in (tmp_path / "out" / wacz.PAGES).read_text().splitlines()]
    assert head["format"] == "json-pages-1.0"
    # Neither the one that was posted nor the one that nobody answered.
    assert [page["id"][-5:] for page in pages] == ["E0001", "E0002", "E0003", "E0004", "E0007"]
    assert pages[3]["title"] == "2026-0417-E0004 (404 application/json)"
    assert pages[3]["ts"] == "2026-03-02T14:00:03Z"


def test_equal_slices_give_equal_bytes(tmp_path: Path) -> None:
    shelf, first, second = _shelf(tmp_path / "case"), io.BytesIO(), io.BytesIO()
    wacz.write(first, shelf.slices, TITLE, START)
    wacz.write(second, tuple(shelf.slices), TITLE, START)
    assert first.getvalue() == second.getvalue()


def test_each_member_stands_where_its_directory_says(tmp_path: Path) -> None:
    # ReplayWeb.page adds the directory's lengths to find a member, and never looks at its own header.
    data, _ = _written(tmp_path / "case")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            start = info.header_offset + 30 + len(info.filename) + len(info.extra)
            assert data[start : start + info.file_size] == archive.read(info)


def test_what_cannot_be_wound_back_gets_it_too(tmp_path: Path) -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.got = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.got += data
            return len(data)

    shelf, pipe = _shelf(tmp_path / "case"), Pipe()
    wacz.write(cast("Any", pipe), shelf.slices, TITLE, START)
    with zipfile.ZipFile(io.BytesIO(bytes(pipe.got))) as archive:
        assert archive.testzip() is None


def test_bytes_that_are_not_those_logged_stop_it(tmp_path: Path) -> None:
    shelf = _shelf(tmp_path)
    wrong = msgspec.structs.replace(shelf.slices[1], sha256="0" * 64)
    with pytest.raises(IntegrityError, match="not those that were logged") as caught:
        wacz.write(io.BytesIO(), [shelf.slices[0], wrong], TITLE, START)
    assert "2026-0417-E0002" in caught.value.where


_URLS = (
    "https://social.example/",
    "https://social.example",
    "https://WWW2.Social.Example:8443/A//b/../C/?b=2&a=1&a#frag",
    "http://social.example:80/x?",
    "https://user:word@social.example/x?q=%2541&Q=b",
    "https://exämple.com/ü?q=ü",
    "http://192.0.2.7/a.html",
    "https://social.example/api/v1/timelines/tag/Lost%20Dog?max_id=9&limit=40",
    "https://t.me/s/channel?before=120",
    "https://social.example/a%2Fb/./c/",
    "https://social.example/?a=b=c&a",
)


@pytest.fixture(scope="module")
def keys() -> dict[str, str]:
    """Give the keys that the reference library makes, by address."""
    script = "import json, surt, sys; print(json.dumps({url: surt.surt(url) for url in sys.argv[1:]}))"
    done = _run(BIN / "python", "-c", script, *_URLS)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("url", _URLS)
def test_keys_are_those_of_the_reference_library(keys: dict[str, str], url: str) -> None:
    assert surt.key(url) == keys[url]


@pytest.mark.parametrize(
    "url", ["", "http://[half", "nothing at all", "data:text/plain,a b", "http://a:99999999/"]
)
def test_an_address_that_is_none_is_its_own_key(url: str) -> None:
    assert surt.key(url) == url.replace(" ", "%20")
