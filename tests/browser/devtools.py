"""A headless Chromium and its pages, over the DevTools protocol: what they ask for, complain of, and show.

The browser has a profile of its own, made for it, and a resolver that knows no name: what it asks for is
recorded, and only loopback would answer.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import websocket

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_SECONDS = 40.0
_MOST = 16_000
"""Pixels of height beyond which a browser paints no picture."""
_DOMAINS = ("Page", "Runtime", "Log", "Network", "Audits", "Security")


@contextlib.contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Start a browser with a new profile; end it, and it alone, afterwards."""
    assert PROGRAM, "the caller skips where there is none"
    command = [PROGRAM, *_FLAGS, f"--user-data-dir={profile}", "about:blank"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wire = websocket.create_connection(_address(profile), suppress_origin=True, timeout=_SECONDS)
            with contextlib.closing(wire):
                yield Browser(wire)
                wire.send(json.dumps({"id": 0, "method": "Browser.close"}))
                process.wait(timeout=_SECONDS)
        finally:
            process.kill()


def _address(profile: Path) -> str:
    noted = profile / "DevToolsActivePort"
    for _ in range(int(_SECONDS * 20)):
        with contextlib.suppress(OSError, ValueError):
            port, path = noted.read_text().split()
            return f"ws://127.0.0.1:{port}{path}"
        time.sleep(0.05)
    raise AssertionError("the browser did not start")


class Browser:
    """A running browser. Not thread-safe: events are read while a call waits for its answer."""

    def __init__(self, wire: websocket.WebSocket) -> None:
        self._wire = wire
        self._numbers = itertools.count(1)
        self._pages: dict[str, Page] = {}

    def page(self, url: str, *, width: int = 1280, height: int = 900) -> Page:
        """Open a page with its events recorded from the first on."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        self.join(session, page)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        page.call("Emulation.setDeviceMetricsOverride", **size)
        page.call("Page.navigate", url=url)
        return page

    def join(self, session: str, page: Page) -> None:
        """Record what a session tells, a frame's like its page's; frames in it are stopped until joined."""
        self._pages[session] = page
        for domain in _DOMAINS:
            self._send(f"{domain}.enable", session, {})
        wanted = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True}
        self._send("Target.setAutoAttach", session, wanted)
        self._send("Runtime.runIfWaitingForDebugger", session, {})

    def close_dialog(self, session: str) -> None:
        """Close a dialog, for which scripts would wait; that it was there has been noted."""
        self._send("Page.handleJavaScriptDialog", session, {"accept": False})

    def call(self, method: str, session: str = "", /, **parameters: Any) -> dict[str, Any]:
        """Call a method and give its result; an error of the protocol fails the test."""
        number = self._send(method, session, parameters)
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until:
            told = self._next()
            if told.get("id") == number:
                assert "error" not in told, f"{method}: {told['error']}"
                result: dict[str, Any] = told["result"]
                return result
        raise AssertionError(f"no answer to {method}")

    def _send(self, method: str, session: str, parameters: dict[str, Any]) -> int:
        number = next(self._numbers)
        told = {"id": number, "method": method, "params": parameters}
        self._wire.send(json.dumps(told | ({"sessionId": session} if session else {})))
        return number

    def _next(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self._wire.recv())
        page = self._pages.get(told.get("sessionId", ""))
        if page and "method" in told:
            page.hear(told["sessionId"], told["method"], told["params"])
        return told


class Page:
    """One page with its frames: ``requests`` and ``complaints`` grow as the browser tells of them."""

    def __init__(self, owner: Browser, session: str) -> None:
        self._browser = owner
        self._session = session
        self.frames: list[str] = []
        self.requests: list[str] = []
        self.complaints: list[str] = []

    def call(self, method: str, /, **parameters: Any) -> dict[str, Any]:
        """Call a method of the page's own session."""
        return self._browser.call(method, self._session, **parameters)

    def evaluate(self, expression: str, frame: str = "") -> Any:
        """Evaluate JavaScript (a promise is awaited) in the page, or in one of ``frames``; give its value."""
        options = {"returnByValue": True, "awaitPromise": True}
        found = self._browser.call(
            "Runtime.evaluate", frame or self._session, expression=expression, **options
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait(self, expression: str, frame: str = "", *, seconds: float = _SECONDS) -> Any:
        """Evaluate until the value is true, and give it; fail after ``seconds``."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if value := self.evaluate(expression, frame):
                return value
            time.sleep(0.05)
        raise AssertionError(f"not so after {seconds} s: {expression}; the page says: {self.complaints}")

    def outside(self) -> list[str]:
        """List what was asked for anywhere but in the page itself."""
        return [url for url in self.requests if not url.startswith(("file:", "data:", "blob:", "about:"))]

    def as_paper(self, width: int) -> None:
        """Lay the page out as for print, on paper whose text is ``width`` CSS pixels wide."""
        size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        self.call("Emulation.setEmulatedMedia", media="print")

    def click(self, expression: str, *, seconds: float = _SECONDS) -> None:
        """Click with the mouse in the middle of the element, once it is there."""
        spot = self.wait(
            f"(() => {{ const each = {expression}; each?.scrollIntoView({{block: 'nearest'}}); "
            "const box = each?.getBoundingClientRect(); "
            "return box?.width && [box.x + box.width / 2, box.y + box.height / 2] })()",
            seconds=seconds,
        )
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            spots = {"x": spot[0], "y": spot[1], "button": "left", "clickCount": 1}
            self.call("Input.dispatchMouseEvent", type=kind, **spots)

    def picture(self, path: Path, *, beyond: bool = True) -> None:
        """Write a PNG of the page from its top, or of what is in sight."""
        asked: dict[str, Any] = {"format": "png", "captureBeyondViewport": beyond}
        if beyond:
            height = min(self.evaluate("document.documentElement.scrollHeight"), _MOST)
            asked["clip"] = {"x": 0, "y": 0, "width": 1280, "height": height, "scale": 1}
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", **asked)["data"]))

    def printed(self, *, width: float, height: float) -> bytes:
        """Print to PDF on paper of that size, in inches."""
        paper = {"paperWidth": width, "paperHeight": height, "printBackground": False}
        return base64.b64decode(self.call("Page.printToPDF", **paper)["data"])

    def hear(self, session: str, event: str, told: dict[str, Any]) -> None:
        """Take in one event of the page's session or of a frame's."""
        if event == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        elif event == "Network.webSocketCreated":
            self.requests.append(told["url"])
        elif event == "Target.attachedToTarget":
            self.frames.append(told["sessionId"])
            self._browser.join(told["sessionId"], self)
        elif event == "Target.detachedFromTarget":
            self.frames.remove(told["sessionId"])
        elif said := _complaint(event, told):
            self.complaints.append(said)
            if event == "Page.javascriptDialogOpening":
                self._browser.close_dialog(session)


def _complaint(event: str, told: dict[str, Any]) -> str:
    if event == "Runtime.exceptionThrown":
        return f"exception: {json.dumps(told['exceptionDetails'])[:500]}"
    if event == "Runtime.consoleAPICalled" and told["type"] in {"error", "assert"}:
        return f"console: {json.dumps(told['args'])[:500]}"
    if event == "Log.entryAdded" and told["entry"]["level"] == "error":
        return f"log: {told['entry']['text']} {told['entry'].get('url', '')[:200]}"
    if event == "Audits.issueAdded" and told["issue"]["code"] == "ContentSecurityPolicyIssue":
        return f"policy: {json.dumps(told['issue']['details'])[:500]}"
    if event == "Page.javascriptDialogOpening":
        return f"dialog: {told['message'][:200]}"
    return ""
