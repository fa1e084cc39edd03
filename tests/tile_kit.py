"""A map tile server on loopback that paints each tile in a colour of its own, and a department that names it."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence

from PIL import Image, ImageDraw

from tests.capture_kit import Asked, Script, Server
from tests.desk import Desk
from workbench.policy.services import TileServer
from workbench.records import Record

WORDS = "© Town <b>survey</b>"


class _Every(dict[str, Script]):
    """Answers every path with one script."""

    def __init__(self, script: Script) -> None:
        self.script = script

    def get(self, path: str, default: object = None) -> Script:  # noqa: ARG002 - as dict has it
        return self.script


class Painter(Server):
    """Answers every path with a painted tile, or with ``script``; ``named`` is it as the chief names it."""

    def __init__(self, script: Script | None = None) -> None:
        super().__init__()
        self.scripts = _Every(script or paint)
        self.named = TileServer(address=self.url("/t/{z}/{x}/{y}.png"), attribution=WORDS, highest=18)
        self.host = self.named.host

    def enrol(self, desk: Desk, *, grant: bool = True) -> None:
        """Have the chief name it, and grant its loopback host."""
        if grant:
            desk.grant(self.host)
        desk.department.change([desk.sign_in("c1")], settings={"tiles": self.named})


def tile(colour: tuple[int, int, int] = (200, 30, 30), edge: int = 256, form: str = "PNG") -> bytes:
    """Paint a tile."""
    written = io.BytesIO()
    Image.new("RGB", (edge, edge), colour).save(written, form)
    return written.getvalue()


def paint(asked: Asked) -> None:
    """Answer with a tile in a colour made of its column and row."""
    *_, x, y = asked.path.removesuffix(".png").split("/")
    asked.reply(200, tile((int(x) * 40 % 256, int(y) * 40 % 256, 90)), Content_Type="image/png")


def said(status: int, body: bytes = b"", **fields: str) -> Callable[[Asked], None]:
    """Make a script that says the same to everybody."""
    return lambda asked: asked.reply(status, body, **fields)


class Landmark(Record, frozen=True, kw_only=True):
    """Something that the drawn town has: a ring of 26 pixels in a colour, around a place in degrees."""

    latitude: float
    longitude: float
    colour: tuple[int, int, int]


def town(landmarks: Sequence[Landmark]) -> Script:
    """Make a script that draws one town over all its tiles: streets, blocks, and rings around landmarks."""

    def script(asked: Asked) -> None:
        zoom, x, y = map(int, asked.path.removesuffix(".png").split("/")[-3:])
        asked.reply(200, _drawn(zoom, x, y, landmarks), Content_Type="image/png")

    return script


def _drawn(zoom: int, x: int, y: int, landmarks: Sequence[Landmark]) -> bytes:
    picture = Image.new("RGB", (256, 256), (236, 232, 224))
    pen = ImageDraw.Draw(picture)
    for at in range(32, 256, 64):
        for line in ((at, 0, at, 255), (0, at, 255, at)):
            pen.line(line, fill=(190, 186, 178), width=9)
            pen.line(line, fill=(255, 255, 255), width=7)
    pen.text((6, 40), f"{zoom}/{x}/{y} Mill Street", fill=(90, 90, 90))
    for each in landmarks:
        across, down = world_pixel(each.latitude, each.longitude, zoom)
        middle = (across - 256 * x, down - 256 * y)
        pen.circle(middle, 26, outline=each.colour, width=4)
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


def world_pixel(latitude: float, longitude: float, zoom: int) -> tuple[float, float]:
    """Give the pixel of a place on the whole globe's picture, 256 pixels a tile (Web Mercator, EPSG:3857)."""
    size = 256 * 2**zoom
    turn = math.radians(latitude)
    down = (1 - math.log(math.tan(turn) + 1 / math.cos(turn)) / math.pi) / 2
    return (longitude + 180) / 360 * size, down * size
