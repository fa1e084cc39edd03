"""The tile server of the department: what it learns, what is taken from it, and what becomes of everything else."""

from __future__ import annotations

import hashlib
import socket
import threading
from pathlib import Path

import msgspec
import pytest

from tests.capture_kit import Asked, Script
from tests.desk import settings
from tests.tile_kit import Painter, paint, said, tile
from workbench.capture import tilecache
from workbench.capture.tilecache import MOST_AGE, MOST_BYTES, Cache, media_type
from workbench.capture.tiles import LIMITS, Gap, fetch, gate_of, missing
from workbench.department import Settings
from workbench.errors import Refused, SourceError
from workbench.mercator import MOST_TILES, Tile, covering, read
from workbench.policy.services import TileServer
from workbench.times import now

TILES = covering(read("-71.45,42.47,-71.42,42.49"), 18)
SHORT = msgspec.structs.replace(LIMITS, connect_s=0.3, read_s=0.3, total_s=0.6)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "street-tiles", now())


def _settings(named: TileServer | None, *, granted: bool = True) -> Settings:
    hosts = [named.host] if named is not None and granted else []
    return settings(*hosts, tiles=named)


def _fetch(server: TileServer, cache: Cache, tiles: list[Tile] = TILES, *, granted: bool = True) -> list[Gap]:
    gate = gate_of(_settings(server, granted=granted), tiles)
    return fetch(server, tiles, cache, gate=gate, clock=now, limits=SHORT)


def _refused(script: Script, cache: Cache) -> SourceError:
    """Have a server do the same to every tile; give the error, which is the same for all of them."""
    with Painter(script) as server:
        gaps = _fetch(server.named, cache)
    assert [gap.tile for gap in gaps] == TILES
    assert {gap.error.where for gap in gaps} == {server.host}, "the tile's own address tells an area"
    assert len({gap.error.reason for gap in gaps}) == 1
    assert not list(cache.folder.glob("*"))
    # One answer tells of one tile; a server that fails is left after the first.
    assert len(server.seen) in {0, 1, len(TILES)}
    return gaps[0].error


# --- what is right ------------------------------------------------------------------------------


def test_tiles_are_fetched_once_and_kept_under_their_hash(cache: Cache) -> None:
    with Painter() as server:
        _fetch(server.named, cache)
        assert missing(server.named, TILES, cache) == []
        assert [path for path, _ in server.seen] == [f"/t/{t.zoom}/{t.x}/{t.y}.png" for t in TILES]
    for each in TILES:
        kept = cache.find(server.named.url(each))
        assert kept is not None
        assert kept.media_type == "image/png"
    names = {path.name.partition("-")[2]: path.read_bytes() for path in cache.folder.iterdir()}
    assert all(name == hashlib.sha256(data).hexdigest() for name, data in names.items())


def test_the_server_learns_the_tile_and_nothing_else(
    cache: Cache, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n", "ascii")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    def cookie(asked: Asked) -> None:
        asked.reply(200, tile(), Content_Type="text/html", Set_Cookie="a=b")

    with Painter(cookie) as server:
        _fetch(server.named, cache)
    assert len(server.seen) == len(TILES)
    for _, fields in server.seen:
        assert {name.lower(): value for name, value in fields.items()} == {
            "host": server.host,
            "accept": "image/png, image/jpeg",
            "accept-encoding": "identity",
            "user-agent": "casefile-workbench",
        }


def test_no_more_than_16_are_asked_for(cache: Cache) -> None:
    many = [Tile(zoom=10, x=x, y=5) for x in range(MOST_TILES + 5)]
    with Painter() as server:
        _fetch(server.named, cache, many)
        assert len(server.seen) == MOST_TILES


# --- the gate -----------------------------------------------------------------------------------


def test_a_loopback_server_needs_a_grant_and_nothing_is_sent_without(cache: Cache) -> None:
    with Painter() as server, pytest.raises(Refused) as caught:
        _fetch(server.named, cache, granted=False)
    assert (caught.value.reason, server.connections) == ("not-encrypted", 0)
    with Painter() as server:
        safe = msgspec.structs.replace(server.named, address=server.named.address.replace("http:", "https:"))
        with pytest.raises(Refused) as caught:
            _fetch(safe, cache, granted=False)
    assert (caught.value.reason, server.connections) == ("private-address", 0)


def test_nothing_but_the_signed_server_and_the_tiles_named_is_asked(cache: Cache) -> None:
    with Painter() as server, Painter() as other:
        gates = (
            gate_of(_settings(None), TILES),
            gate_of(_settings(other.named), TILES),
            gate_of(_settings(server.named), TILES[1:]),
        )
        for gate in gates:
            with pytest.raises(Refused) as caught:
                fetch(server.named, TILES, cache, gate=gate, clock=now, limits=SHORT)
            assert caught.value.reason == "service-not-listed"
        assert (server.connections, other.connections) == (0, 0)


# --- what is wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "verdict", "reason"),
    [(404, "gone", "not-found"), (403, "blocked", "forbidden"), (500, "failed", "server-error"),
     (204, "failed", "http-204"), (304, "failed", "http-304")],
)  # fmt: skip
def test_a_status_is_told(status: int, verdict: str, reason: str, cache: Cache) -> None:
    failure = _refused(said(status), cache)
    assert (failure.verdict, failure.reason) == (verdict, reason)
    assert f"status {status}" in failure.what


def test_a_redirect_is_not_followed(cache: Cache) -> None:
    with Painter() as aim:
        failure = _refused(said(302, b"", Location=aim.url("/t/1/1/1.png")), cache)
        assert (aim.connections, failure.reason) == (0, "http-302")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='256' height='256'><script>1</script></svg>",
        b"<!doctype html><html></html>",
        tile(form="GIF"),
        tile(form="WEBP"),
        tile(edge=255),
        tile(edge=1024),
        tile(edge=1024, form="JPEG"),
        tile()[:20],
        tile(form="JPEG")[:30],
        b"\x89PNG\r\n\x1a\n" + b"\xff" * 40,
        b"\xff\xd8\xff" + bytes(60),
    ],
)
def test_what_is_no_tile_is_refused_whatever_it_says_it_is(data: bytes, cache: Cache) -> None:
    failure = _refused(said(200, data, Content_Type="image/png"), cache)
    assert failure.reason == "malformed-answer"


def test_what_is_too_large_is_not_read_to_its_end(cache: Cache) -> None:
    failure = _refused(said(200, tile() + bytes(MOST_BYTES), Content_Type="image/png"), cache)
    assert failure.reason == "truncated"


def test_a_packed_answer_is_not_unpacked(cache: Cache) -> None:
    failure = _refused(said(200, b"\x1f\x8b\x08" + bytes(60), Content_Encoding="gzip"), cache)
    assert failure.reason == "malformed-answer"


def test_a_server_that_hangs_or_is_not_there_is_left(cache: Cache) -> None:
    over = threading.Event()
    try:
        assert _refused(lambda _: over.wait(20), cache).reason == "timeout"
    finally:
        over.set()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    gone = TileServer(address=f"http://127.0.0.1:{port}/{{z}}/{{x}}/{{y}}.png", attribution="x", highest=18)
    assert {gap.error.reason for gap in _fetch(gone, cache)} == {"unreachable"}


def _but(lost: Tile, instead: Script) -> Script:
    """Paint every tile but one."""

    def script(asked: Asked) -> None:
        here = asked.path == f"/t/{lost.zoom}/{lost.x}/{lost.y}.png"
        instead(asked) if here else paint(asked)

    return script


@pytest.mark.parametrize("instead", [said(404), said(410), said(200, b"no tile"), said(204)])
def test_one_tile_that_is_not_there_is_a_gap_and_the_others_come(instead: Script, cache: Cache) -> None:
    lost = TILES[1]
    with Painter(_but(lost, instead)) as server:
        assert [gap.tile for gap in _fetch(server.named, cache)] == [lost]
        assert len(server.seen) == len(TILES)
        assert missing(server.named, TILES, cache) == [lost]


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_a_server_that_refuses_is_asked_no_more_and_what_came_before_stays(status: int, cache: Cache) -> None:
    lost = TILES[1]
    with Painter(_but(lost, said(status))) as server:
        assert [gap.tile for gap in _fetch(server.named, cache)] == TILES[1:]
        assert len(server.seen) == 2
        assert missing(server.named, TILES, cache) == TILES[1:]


# --- the cache ----------------------------------------------------------------------------------


def test_what_was_altered_in_the_cache_is_not_found(cache: Cache) -> None:
    cache.keep("https://a.example/1", tile())
    (path,) = cache.folder.iterdir()
    assert cache.find("https://a.example/2") is None
    path.write_bytes(tile((1, 2, 3)))
    assert cache.find("https://a.example/1") is None
    cache.keep("https://a.example/1", tile((4, 5, 6)))
    assert [each.read_bytes() for each in cache.folder.iterdir()] == [tile((4, 5, 6))]


def test_a_tile_is_kept_for_thirty_days_and_no_longer(tmp_path: Path) -> None:
    folder, first = tmp_path / "tiles", now()
    Cache(folder, first).keep("https://a.example/1", tile())
    assert Cache(folder, first + MOST_AGE).find("https://a.example/1") is not None
    for wrong in (first + MOST_AGE + 1, first - MOST_AGE - 1):
        assert Cache(folder, wrong).find("https://a.example/1") is None
    Cache(folder, first + MOST_AGE).trim()
    assert len(list(folder.iterdir())) == 1
    Cache(folder, first + MOST_AGE + 1).trim()
    assert list(folder.iterdir()) == []


def test_the_oldest_tiles_go_where_there_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tilecache, "MOST_KEPT", 3 * len(tile()))
    folder, first = tmp_path / "tiles", now()
    for number in (3, 0, 4, 1, 2):
        Cache(folder, first + number).keep(f"https://a.example/{number}", tile())
    cache = Cache(folder, first + 5)
    cache.trim()
    there = [number for number in range(5) if cache.find(f"https://a.example/{number}") is not None]
    assert there == [2, 3, 4]


def test_files_of_another_making_stay_and_what_was_left_half_written_goes(tmp_path: Path) -> None:
    folder = tmp_path / "tiles"
    cache = Cache(folder, now())
    cache.keep("https://a.example/1", tile())
    (path,) = folder.iterdir()
    half = path.with_name(f"{path.name}.77.partial")
    half.write_bytes(b"half")
    (folder / "note.txt").write_text("mine", "utf-8")
    cache.keep("https://a.example/1", tile((9, 9, 9)))
    assert half.exists(), "another process may be at it"
    Cache(folder, now() + 2 * MOST_AGE).trim()
    assert [each.name for each in folder.iterdir()] == ["note.txt"]


def test_a_tile_is_known_by_its_head() -> None:
    assert media_type(tile(edge=512)) == "image/png"
    assert media_type(tile(form="JPEG")) == "image/jpeg"
    progressive = tile(form="JPEG").replace(b"\xff\xc0", b"\xff\xc2", 1)
    assert media_type(progressive) == "image/jpeg"
