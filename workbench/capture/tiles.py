"""Map tiles from the server that the chief named: the department's own traffic, not a capture.

The server learns which area is looked at, and nothing else: no case, no officer, no cookie. It is reached over the
connections of the recorder, so that the gate is asked with the address really connected to. Nothing of it is an
exhibit. What comes is kept only where its first bytes are those of a tile (``tilecache``); nothing is decoded here.
"""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, Final

import requests

from workbench.capture import service
from workbench.capture.bounds import Limits
from workbench.capture.raw import Tape
from workbench.capture.taking import Taken, take
from workbench.capture.tilecache import EDGES, MOST_BYTES, Cache, media_type
from workbench.capture.transport import Current, Pools
from workbench.errors import SourceError
from workbench.mercator import MOST_TILES, Tile
from workbench.records import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.capture.bounds import Gate
    from workbench.department import Settings
    from workbench.policy.services import TileServer
    from workbench.times import Clock

LIMITS: Final = Limits(
    requests=MOST_TILES,
    bytes=MOST_TILES * MOST_BYTES,
    response_bytes=MOST_BYTES,
    head_bytes=16 << 10,
    connect_s=3.0,
    read_s=5.0,
    total_s=5.0,
)
"""Bounds of one tile, and of one map's tiles together. Who looks at a map waits for it."""

_OF_ONE_TILE: Final = frozenset({"not-found", "gone", "http-204", "malformed-answer", "truncated"})
"""Reasons that say something of the one tile: the next may come all the same."""

_HEADERS: Final = {
    "Accept": "image/png, image/jpeg",
    "Accept-Encoding": "identity",
    "User-Agent": "casefile-workbench",
}
_GRANT: Final = (
    "the chief names the server with 'department tiles', private addresses with 'department grant'"
)
_TODO: Final = "the map is drawn without these; ask whoever runs the server, then try again"


class Gap(Record, frozen=True, kw_only=True):
    """A tile that did not come, and why."""

    tile: Tile
    error: SourceError


def gate_of(settings: Settings, tiles: Sequence[Tile]) -> Gate:
    """Give the gate for these tiles: only from the server that the chief signed, encrypted or at a granted host."""
    server = settings.tiles
    named = tuple(server.url(tile) for tile in tiles) if server is not None else ()
    return service.gate_to(named, settings, todo=_GRANT, encrypted=True)


def missing(server: TileServer, tiles: Sequence[Tile], cache: Cache) -> list[Tile]:
    """List the tiles that are not in the cache, each once."""
    return [tile for tile in dict.fromkeys(tiles) if cache.find(server.url(tile)) is None]


def fetch(
    server: TileServer,
    tiles: Sequence[Tile],
    cache: Cache,
    *,
    gate: Gate,
    clock: Clock,
    limits: Limits = LIMITS,
) -> list[Gap]:
    """Fetch tiles, one after the other, and keep each; at most 16. Give those that did not come, and why.

    A tile that the server does not have, or that is no tile, is a gap, and the next one is asked for. Where the
    server itself fails (no answer, a refusal), it is asked for nothing more: all that were left are gaps.

    Raises Refused where the gate says no.
    """
    gaps: list[Gap] = []
    wanted = list(tiles[:MOST_TILES])
    with contextlib.closing(Pools(Current())) as pools:
        for place, tile in enumerate(wanted):
            url = server.url(tile)
            gate(url, None)
            try:
                cache.keep(url, _body(server, _taken(pools, url, gate, clock, limits)))
            except SourceError as error:
                lost = [tile] if error.reason in _OF_ONE_TILE else wanted[place:]
                gaps += [Gap(tile=each, error=error) for each in lost]
                if error.reason not in _OF_ONE_TILE:
                    break
    return gaps


def _taken(pools: Pools, url: str, gate: Gate, clock: Clock, limits: Limits) -> Taken:
    # Prepared outside a session: nothing of the environment (proxies, .netrc) is looked at, no cookie is kept.
    asked = requests.Request("GET", url, headers=_HEADERS).prepare()
    for _ in range(2):
        tape = Tape(url, gate=gate, limits=limits, spend=lambda _: True)
        taken = take(pools, asked, tape, verify=True, at=clock())
        if not taken.stale:
            break
    return taken


def _body(server: TileServer, taken: Taken) -> bytes:
    """Give the bytes of an answer that is a tile; raise SourceError for any other."""
    failed = partial(_failed, server)
    _, body = service.answered(taken, failed)
    data = body.read()
    if not media_type(data):
        edges = " or ".join(str(edge) for edge in EDGES)
        words = f"answers with something else than a PNG or JPEG of {edges} pixels a side"
        raise failed("malformed-answer", words)
    return data


def _failed(server: TileServer, reason: str, words: str, verdict: str = "failed") -> SourceError:
    # The tile's own address stays out of it: it tells an area.
    return SourceError(
        f"the tile server {words}", verdict=verdict, reason=reason, where=server.host, todo=_TODO
    )
