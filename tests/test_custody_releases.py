from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import casemaker
from workbench.backup import backup
from workbench.custody import releases


def _story(maker: casemaker.Maker) -> None:
    casemaker.sealed(maker)
    maker.release("package")
    maker.release("copy", exhibits=[1, 2], recipient="the press")
    maker.seal()
    maker.disseminate(1, "package", 6)
    maker.seal()


def test_what_the_document_alone_makes_is_read(tmp_path: Path) -> None:
    folder = casemaker.make_2(tmp_path, story=_story)
    found = releases.releases_for(folder)
    assert [(one.kind, one.exhibits, one.by) for one in found][-2:] == [
        ("package", None, "c1"),
        ("copy", (1, 2), "c1"),
    ]
    left = releases.left(folder)
    assert [(one.release, one.kind, one.sha256, one.exhibits, one.actor) for one in left][-1] == (
        1,
        "package",
        casemaker.sha(b"it"),
        6,
        "d1",
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"previous": "f" * 64}, "does not follow"),
        ({"release": 9}, "does not follow"),
        ({"case": "2026-0001"}, "does not follow"),
        ({"by": "s1"}, "not signed by who gave it"),
    ],
    ids=str,
)
def test_a_release_that_breaks_a_rule_does_not_count(
    tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    folder = casemaker.make_2(tmp_path, {"release-1": lambda body: body | changes}, _story)
    assert why in releases.read(folder)[0].problem
    assert "package" not in {one.kind for one in releases.releases_for(folder)}


@pytest.mark.parametrize("by", ["s1", "d1"])
def test_a_release_by_who_may_not_release_does_not_count(tmp_path: Path, by: str) -> None:
    def story(maker: casemaker.Maker) -> None:
        casemaker.sealed(maker)
        maker.release("package", by)

    folder = casemaker.make_2(tmp_path, story=story)
    assert "may release" in releases.read(folder)[-1].problem
    assert not [one for one in releases.releases_for(folder) if one.by == by]


def test_a_case_made_from_the_document_alone_is_backed_up(tmp_path: Path) -> None:
    folder = casemaker.make_2(tmp_path, story=_story)
    found = backup(folder, tmp_path / "copies")
    assert found.seal == len(list((folder / "seals").glob("*.txt")))
