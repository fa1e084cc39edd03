"""The tile server of the department: what it learns, what is taken from it, and what becomes of everything else."""

from __future__ import annotations

import hashlib
import socket
import threading
from pathlib import Path

import msgspec
import pytest

from tests.capture_kit import Asked, Script
from tests.tile_kit import Painter, paint, said, tile
from workbench.capture.tilecache import MOST_BYTES, Cache, media_type
from workbench.capture.tiles import LIMITS, fetch, gate_of, missing
from workbench.department import Settings
from workbench.errors import Refused, SourceError
from workbench.mercator import MOST_TILES, Tile, covering, read
from workbench.policy.gate import Grant
from workbench.policy.services import TileServer
from workbench.times import now

TILES = covering(read("-71.45,42.47,-71.42,42.49"), 18)
SHORT = msgspec.structs.replace(LIMITS, connect_s=0.3, read_s=0.3, total_s=0.6)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "street-tiles")


def _settings(named: TileServer | None, *, granted: bool = True) -> Settings:
    hosts = [named.host] if named is not None and granted else []
    return Settings(
        number=1,
        previous="0" * 64,
        department="D",
        timezone="UTC",
        people={},
        grants=tuple(Grant(host=host, address="127.0.0.1/32", reason="test") for host in hosts),
        tiles=named,
    )


def _fetch(server: TileServer, cache: Cache, tiles: list[Tile] = TILES, *, granted: bool = True) -> None:
    gate = gate_of(_settings(server, granted=granted), tiles)
    fetch(server, tiles, cache, gate=gate, clock=now, limits=SHORT)


def _refused(script: Script, cache: Cache) -> SourceError:
    with Painter(script) as server, pytest.raises(SourceError) as caught:
        _fetch(server.named, cache)
    assert caught.value.where == server.host, "the tile's own address tells an area"
    assert not list(cache.folder.glob("*"))
    return caught.value


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
    with pytest.raises(SourceError) as caught:
        _fetch(gone, cache)
    assert caught.value.reason == "unreachable"


def test_what_came_before_a_failure_stays(cache: Cache) -> None:
    last = TILES[-1]

    def but_the_last(asked: Asked) -> None:
        if asked.path == f"/t/{last.zoom}/{last.x}/{last.y}.png":
            asked.reply(404)
        else:
            paint(asked)

    with Painter(but_the_last) as server:
        with pytest.raises(SourceError):
            _fetch(server.named, cache)
        assert missing(server.named, TILES, cache) == [last]


# --- the cache ----------------------------------------------------------------------------------


def test_what_was_altered_in_the_cache_is_not_found(cache: Cache) -> None:
    cache.keep("https://a.example/1", tile())
    (path,) = cache.folder.iterdir()
    assert cache.find("https://a.example/2") is None
    path.write_bytes(tile((1, 2, 3)))
    assert cache.find("https://a.example/1") is None
    cache.keep("https://a.example/1", tile((4, 5, 6)))
    assert [each.read_bytes() for each in cache.folder.iterdir()] == [tile((4, 5, 6))]


def test_a_tile_is_known_by_its_head() -> None:
    assert media_type(tile(edge=512)) == "image/png"
    assert media_type(tile(form="JPEG")) == "image/jpeg"
    progressive = tile(form="JPEG").replace(b"\xff\xc0", b"\xff\xc2", 1)
    assert media_type(progressive) == "image/jpeg"
