"""Each notebook on cases of every kind: no posts, one post, one platform, several, words that are not Latin."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import notebook_kit
from tests.notebook_kit import HOSTILE, NAMES
from tests.runner_kit import fetched
from workbench.show.words import escaped

KINDS = ("none", "one", "platform", "many", "scripts")
PURPOSES = {"missing": "missing", "supervisor-digest": "gang", "wanted": "wanted"}
NO_WORDS = {"supervisor-digest"}
"""Notebooks that show no captured words of a case without reviews."""
HEADINGS = ("Stated facts", "Captures", "Open questions")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PURPOSES)
def test_it_runs_to_its_end_escaped_and_without_any_request(tmp_path: Path, name: str, kind: str) -> None:
    _, case = notebook_kit.made(tmp_path, PURPOSES[name], kind)
    page = notebook_kit.executed(case, name)
    for heading in HEADINGS:
        assert heading in page
    assert HOSTILE not in page
    assert (escaped(HOSTILE) in page) == (kind in {"one", "platform", "many"} and name not in NO_WORDS)
    assert list(fetched(page)) == []
    if kind == "scripts" and name not in NO_WORDS:
        assert all(name in page for name in NAMES)
        assert "明天我会回家" in page
        assert "⟨U+202E⟩evil" in page
