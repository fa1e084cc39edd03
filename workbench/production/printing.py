"""Printing a page to PDF with a browser of the machine: the same HTML, nothing run, nothing fetched.

The page itself forbids scripts and requests by its policy. The browser is started without extensions, in a profile
of its own that is removed, with a resolver that knows no name, and is ended after a time.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Final

from workbench.custody.scratch import Scratch
from workbench.errors import InputError, UsageError

BROWSER: Final = "WORKBENCH_BROWSER"
"""Environment variable: the browser's program, where it is not found by its name."""

NAMES: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
_APPLICATIONS: Final = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
OLDEST: Final = 131
"""The first version that prints what stands in a page's margins: page numbers and the running head."""

SECONDS: Final = 900
"""How long a browser may take to print: a thousand pages take it a minute or more."""

_FLAGS: Final = (
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=127.0.0.1:9",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
)
_PDF: Final = b"%PDF-"
_VERSION: Final = re.compile(r"\b(\d{2,4})\.\d+\.\d+")


def find() -> str:
    """Give the path of a browser that prints; raise UsageError where there is none, or only one too old."""
    program = _program()
    if not program:
        raise UsageError(
            "there is no browser here to print with",
            expected=f"a browser of the Chromium family, version {OLDEST} or later: {', '.join(NAMES)}",
            todo=f"install Chromium (Debian: apt-get install chromium), or name a browser's program in {BROWSER}",
        )
    version = _version(program)
    if version < OLDEST:
        raise UsageError(
            "the browser here is too old to print page numbers",
            where=program,
            expected=f"version {OLDEST} or later",
            found=str(version) if version else "none that it tells",
            todo=f"install a newer Chromium, or name another browser's program in {BROWSER}",
        )
    return program


def _program() -> str:
    named = os.environ.get(BROWSER, "")
    if named:
        return shutil.which(named) or ""
    found = (shutil.which(name) for name in NAMES)
    return next((path for path in found if path), "") or next(
        (path for path in _APPLICATIONS if Path(path).is_file()), ""
    )


def _version(program: str) -> int:
    try:
        told = subprocess.run(  # noqa: S603 - a browser's program, found or named by who acts
            [program, "--version"], capture_output=True, timeout=30, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = _VERSION.search(told.stdout.decode("utf-8", "replace"))
    return int(found[1]) if found else 0


def pdf(page: Path, out: Path, program: str, *, seconds: float = SECONDS) -> None:
    """Print ``page`` to ``out``, on the paper that its own style names.

    Raises InputError where the browser fails, takes longer than ``seconds`` or leaves no PDF.
    """
    with Scratch("wb-print-") as aside:
        profile = str(aside.path)
        command = [
            program,
            *_FLAGS,
            *_sandbox(),
            f"--user-data-dir={profile}",
            f"--print-to-pdf={out.absolute()}",
            page.absolute().as_uri(),
        ]
        said = _run(command, {**os.environ, "HOME": profile}, seconds)
    if not out.is_file() or not out.read_bytes()[: len(_PDF)] == _PDF:
        raise _failed(program, said or "no PDF")


def _sandbox() -> tuple[str, ...]:
    # Chromium refuses its sandbox to root; the page runs no script whose walls it would be.
    return ("--no-sandbox",) if os.geteuid() == 0 else ()


def _run(command: list[str], environment: dict[str, str], seconds: float) -> str:
    """Run the browser in a group of its own, so that its helpers end with it; give the end of what it says."""
    try:
        with subprocess.Popen(  # noqa: S603 - see _version
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            try:
                _, said = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired as error:
                raise _failed(command[0], f"nothing after {seconds:g} seconds") from error
            finally:
                _end(process)
    except OSError as error:
        raise _failed(command[0], error.strerror or type(error).__name__) from error
    return said.decode("utf-8", "replace").strip()[-300:]


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def _failed(program: str, found: str) -> InputError:
    return InputError(
        "the browser did not print the report",
        where=program,
        expected="a PDF",
        found=found,
        todo=f"print report.html by hand, or name another browser's program in {BROWSER}",
    )
