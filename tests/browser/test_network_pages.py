"""A live network in a real browser: all of it is in sight, also where the page laid its frame out late."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.analysis_kit import act, interactions
from tests.browser.devtools import Browser
from workbench import analysis, show

pytestmark = pytest.mark.slow

_WIDE = "document.getElementById('mynetwork').clientWidth"
_SPOTS = "network.body.nodeIndices.map(each => network.canvasToDOM(network.getPosition(each)).x)"
_INSIDE = f"{_WIDE} > 0 && {_SPOTS}.every(x => 0 < x && x < {_WIDE})"


def test_a_network_whose_frame_gets_its_size_late_is_wholly_in_sight(
    chromium: Browser, tmp_path: Path
) -> None:
    acts = interactions(*(act(f"2026-03-{day:02d}T10:00:00Z", "a", f"p{day}") for day in range(1, 13)))
    figure = show.network(analysis.interaction_network(acts))
    path = tmp_path / "network.html"
    path.write_text(f'<div id="late" style="display:none">{figure.html()}</div>', "utf-8")
    page = chromium.page(path.as_uri())
    page.wait("document.readyState == 'complete'")
    (frame,) = page.frames
    page.wait("typeof network == 'object' && network.body.nodeIndices.length == 13", frame)
    page.evaluate("document.getElementById('late').style.display = 'block'")
    page.wait(f"{_WIDE} > 900", frame)
    page.wait(_INSIDE, frame)
    middle = page.wait(f"{_INSIDE} && ({_SPOTS}.reduce((a, b) => a + b) / 13) / {_WIDE}", frame)
    assert 0.35 < middle < 0.65
    assert page.complaints == []
