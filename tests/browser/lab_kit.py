"""JupyterLab as ``workbench lab`` starts it, driven as a person would."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from typing import IO, TYPE_CHECKING

from tests.browser.devtools import Browser, Page
from workbench.runner import lab

if TYPE_CHECKING:
    from tests.browser.conftest import Cases

Desk = tuple[str, str, Path]
"""The server's address, its token and the folder of working copies."""

_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/\S*\?token=(\w+)")
_SECONDS = 120.0
_STILL = 0.5
"""Seconds for which a notebook must not change until it counts as drawn."""
CELLS = "document.querySelector('.jp-NotebookPanel .jp-WindowedPanel-outer')"
"""The expression that finds what scrolls of a notebook."""
_PROMPTS = (
    "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(each => each.textContent.trim())"
)
_UNRUN = f"{_PROMPTS}.filter(text => !/^\\[\\d+\\]:$/.test(text)).length"
_ROWS = "[...document.querySelectorAll('.widget-inline-hbox')]"
_BEGUN = f"{_PROMPTS}.some(text => /[*\\d]/.test(text))"


@contextlib.contextmanager
def running(cases: Cases, folder: Path) -> Iterator[Desk]:
    """Run the real command over the working copies of all cases; give where it is."""
    for case in sorted(cases.casefiles.glob("2*")):
        lab.lay_out(folder, case)
    environment = {name: text for name, text in os.environ.items() if not name.startswith("WORKBENCH_")}
    home = folder.with_name(f"{folder.name}-home")
    home.mkdir()
    environment |= cases.environment | {"HOME": str(home)}
    words = ["lab", "--no-browser", "--dir", str(folder)]
    command = [sys.executable, "-m", "workbench.cli.main", *words]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, encoding="utf-8") as process:
        lines: Queue[str] = Queue()
        assert process.stderr is not None
        threading.Thread(target=_read, args=(process.stderr, lines), daemon=True).start()
        try:
            while not (found := _ADDRESS.search(lines.get(timeout=_SECONDS))):
                pass
            yield f"http://127.0.0.1:{found[1]}", found[2], folder
        finally:
            # As Ctrl-C does: the command ends its server, the server its kernels.
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def _read(source: IO[str], lines: Queue[str]) -> None:
    for line in source:
        lines.put(line)


def opened(browser: Browser, desk: Desk, path: str, *, height: int = 1000) -> Page:
    """Open a notebook; cells beyond ``height`` pixels are drawn only when somebody scrolls there."""
    address, token, _ = desk
    page = browser.page(f"{address}/lab/tree/{path}?reset&token={token}", width=1500, height=height)
    page.wait("document.querySelector('.jp-NotebookPanel .jp-Notebook .jp-Cell') !== null")
    page.wait(
        "/Workbench.*Idle/.test(document.querySelector('#jp-bottom-panel, .jp-StatusBar-Widget, body').innerText)"
    )
    return page


def ended(page: Page, desk: Desk) -> None:
    """Leave a page and end the kernels, which would stay in memory as long as the server does."""
    page.call("Page.navigate", url="about:blank")
    address, token, _ = desk
    for kernel in json.loads(_asked("GET", f"{address}/api/kernels", token)):
        _asked("DELETE", f"{address}/api/kernels/{kernel['id']}", token)


def _asked(method: str, url: str, token: str) -> bytes:
    request = urllib.request.Request(url, method=method, headers={"Authorization": f"token {token}"})  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - loopback
        body: bytes = answer.read()
    return body


def choose(page: Page, menu: str, command: str) -> None:
    page.click(
        f"[...document.querySelectorAll('.lm-MenuBar-item')].find(each => each.innerText.trim() == '{menu}')"
    )
    page.click(f"document.querySelector('.lm-Menu-item[data-command=\"{command}\"]')")


def run_all(page: Page) -> None:
    for _ in range(5):
        choose(page, "Run", "runmenu:run-all")
        with contextlib.suppress(AssertionError):
            page.wait(_BEGUN, seconds=2)
            break
    page.wait(f"{_UNRUN} == 0", seconds=_SECONDS)
    _drawn(page)


def _drawn(page: Page) -> None:
    """Wait until nothing more is drawn: what a cell gives comes a little after the cell has its number."""
    page.evaluate(
        "new Promise(done => { let timer; "
        f"const later = () => {{ clearTimeout(timer); timer = setTimeout(done, {_STILL * 1000:.0f}) }}; "
        f"new MutationObserver(later).observe({CELLS}, {{childList: true, subtree: true}}); later() }})"
    )


def rows(page: Page, title: str) -> list[list[str]]:
    """Give the cells of the table that is shown under a title, row by row, without what stands under the rows."""
    # What a cell gives is drawn a little after the cell has its number.
    found: list[list[str]] = page.wait(
        "(found => found.length && found)([...document.querySelectorAll('.wb-table')]"
        f".filter(each => each.querySelector('caption')?.innerText.startsWith({json.dumps(title)}))"
        ".flatMap(each => [...each.querySelectorAll('tbody tr:not(.wb-under)')])"
        ".map(row => [...row.children].map(cell => cell.innerText.replaceAll('\\n', ' '))))"
    )
    return found


def leaving(page: Page, address: str) -> list[str]:
    here = (f"{address}/", f"{address.replace('http', 'ws', 1)}/")
    return [url for url in page.outside() if not url.startswith(here)]


def field(title: str) -> str:
    """Give the expression that finds a form's field by its title."""
    return (
        f"{_ROWS}.find(row => row.querySelector('.widget-label')?.textContent == {json.dumps(title)})"
        "?.querySelector('input, textarea, select')"
    )


def fill(page: Page, title: str, value: str) -> None:
    """Type into a field."""
    page.wait(f"{field(title)} != null")
    page.evaluate(
        f"(() => {{ const each = {field(title)}; each.scrollIntoView({{block: 'center'}});"
        f"const kind = each.localName == 'select' ? HTMLSelectElement : each.localName == 'input' "
        f"? HTMLInputElement : HTMLTextAreaElement;"
        f"Object.getOwnPropertyDescriptor(kind.prototype, 'value').set.call(each, {json.dumps(value)});"
        "for (const event of ['input', 'change', 'blur']) each.dispatchEvent(new Event(event, {bubbles: true})) })()"
    )


def value(page: Page, title: str) -> str:
    """Read a field."""
    return str(page.evaluate(f"{field(title)}.value"))


def press(page: Page, title: str) -> None:
    """Press a form's button."""
    page.click(
        f"[...document.querySelectorAll('button.widget-button')].find(each => each.innerText == {json.dumps(title)}"
        " && each.offsetHeight > 0)"
    )


def said(page: Page) -> str:
    """Give what the forms of a page say."""
    return str(
        page.evaluate(
            "[...document.querySelectorAll('.widget-output')].map(each => each.innerText).join(' ')"
        )
    )
