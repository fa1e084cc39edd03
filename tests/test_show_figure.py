"""A figure: a sandbox that may only run, a still picture that cannot, and words for those who see neither."""

from __future__ import annotations

from tests.show_kit import HOSTILE, requests_of, tags_of
from workbench.show.figure import POLICY, Figure, page

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="20" height="10"/></svg>'


def figure(**more: object) -> Figure:
    return Figure(**{"title": "Ties", "alt": HOSTILE, "svg": SVG, **more})  # type: ignore[arg-type]


def test_the_live_part_is_sandboxed_and_the_still_part_stands_beside_it() -> None:
    made = figure(page=page("", "<p>live</p>"), note=HOSTILE).fragment()
    tags = tags_of(made)
    frames = [held for tag, held in tags if tag == "iframe"]
    images = [held for tag, held in tags if tag == "img"]
    assert [held["sandbox"] for held in frames] == ["allow-scripts"]
    assert frames[0]["srcdoc"].endswith("<p>live</p></body></html>")
    assert [held["src"][:26] for held in images] == ["data:image/svg+xml;base64,"]
    assert "⟨U+202E⟩" in images[0]["alt"]
    assert images[0]["alt"] == frames[0]["title"]
    assert {tag for tag, _ in tags} == {"figure", "style", "iframe", "img", "figcaption"}
    assert requests_of(made) == []


def test_the_policy_stands_before_anything_that_runs() -> None:
    made = page("<script>1</script>", "")
    assert made.index(POLICY) < made.index("<script>")
    assert "default-src 'none'" in POLICY
    assert "unsafe-eval" not in POLICY
    assert "http" not in POLICY


def test_a_figure_shows_itself_in_a_notebook() -> None:
    bundle = figure()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert bundle["text/plain"].startswith("Ties. ")
    assert "<iframe" not in bundle["text/html"]


def test_a_page_of_its_own_and_a_picture_can_be_saved() -> None:
    assert figure().html().startswith("<!DOCTYPE html>")
    assert requests_of(figure().html()) == []
    assert figure().png(scale=1).startswith(b"\x89PNG")
