"""A map tile server on loopback that paints each tile in a colour of its own, and a department that names it."""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image

from tests.capture_kit import Asked, Script, Server
from tests.desk import Desk
from workbench.policy.services import TileServer

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
