"""In JupyterLab no address in printed words, in an error or in a value becomes a link."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from tests.browser.devtools import Browser
from tests.browser.lab_kit import Desk, opened, run_all
from tests.runner_kit import DETECTIVE
from tests.test_runner_lab import _address
from workbench.runner import lab, sockets

pytestmark = pytest.mark.slow

CELLS = (
    "print('printed http://evil.test/1')",
    "'valued http://evil.test/2'",
    "raise ValueError('raised http://evil.test/3')",
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """JupyterLab as the lab starts it, over a folder without any case."""
    laid = lab.lay_out(tmp_path / "lab")
    with sockets.private_folder() as private:
        environment = lab.server_environment(os.environ, {"WORKBENCH_OFFICER": DETECTIVE}, private)
        command = [*lab.command(private, laid), "--no-browser", "--IdentityProvider.token=t"]
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, cwd=tmp_path) as process:
            try:
                yield _address(private).rstrip("/"), "t", laid.folder
            finally:
                process.terminate()


def test_an_address_in_captured_words_is_no_link(chromium: Browser, desk: Desk) -> None:
    v4 = nbformat.v4
    made = v4.new_notebook(cells=[v4.new_code_cell(each) for each in CELLS])  # type: ignore[no-untyped-call]
    made.metadata["kernelspec"] = {"name": "workbench", "display_name": "Workbench", "language": "python"}
    nbformat.write(made, desk[2] / "links.ipynb")  # type: ignore[no-untyped-call]
    page = opened(chromium, desk, "links.ipynb")
    run_all(page)
    outputs = "[...document.querySelectorAll('.jp-OutputArea-output')]"
    words = page.wait(
        f"(said => said.includes('evil.test/3') && said)({outputs}.map(e => e.innerText).join(' '))"
    )
    assert all(f"evil.test/{number}" in words for number in (1, 2, 3))
    assert page.evaluate(f"{outputs}.flatMap(e => [...e.querySelectorAll('a')].map(a => a.href))") == []
