"""Page numbers of contents and list: read from a first print, written by the style of a second, never guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import InputError
from workbench.production import paged

PAGE = "<html><head><title>x</title></head><body><p>words of an author: </head></p></body></html>"


PLACES = (
    "/E0001 [5 0 R /XYZ 0 8 0]\n/E0012#2Fa [3 0 R /XYZ 0 8 0]\n"
    "/run-0001 [3 0 R /XYZ 0 9 0]\n/run-0001-2 [4 0 R /XYZ 0 9 0]"
)


def skia(dests: str = PLACES) -> bytes:
    """Write what a print of Skia says of its pages: a tree of four leaves, 3, 5, 6 and 4, and its named places."""
    objects = {
        1: "<</Type /Catalog\n/Pages 2 0 R\n/Dests 9 0 R>>",
        2: "<</Type /Pages\n/Count 4\n/Kids [3 0 R 7 0 R 4 0 R]>>",
        3: "<</Type /Page>>",
        4: "<</Type /Page>>",
        5: "<</Type /Page>>",
        6: "<</Type /Page>>",
        7: "<</Type /Pages\n/Kids [5 0 R 6 0 R]>>",
        9: f"<<{dests}\n/L1 [4 0 R /XYZ 0 0 0]\n/exhibits [6 0 R /XYZ 0 0 0]>>",
    }
    return ("%PDF-1.4\n" + "".join(f"{n} 0 obj\n{body}\nendobj\n" for n, body in objects.items())).encode()


def browser(folder: Path, prints: list[bytes]) -> Path:
    """Write a program that gives these prints in turn, and keeps what it was asked to print."""
    for number, data in enumerate(prints, 1):
        (folder / f"print-{number}").write_bytes(data)
    program = folder / "browser"
    program.write_text(
        f"""#!/bin/sh
n=$(cat {folder}/n 2>/dev/null || echo 0); n=$((n+1)); echo $n > {folder}/n
for word in "$@"; do case "$word" in
--print-to-pdf=*) out="${{word#--print-to-pdf=}}";; file://*) page="${{word#file://}}";; esac; done
cp "$page" {folder}/asked-$n
test -f {folder}/print-$n && cp {folder}/print-$n "$out"
""",
        "utf-8",
    )
    program.chmod(0o755)
    return program


def test_places_are_numbered_by_the_tree_of_pages() -> None:
    assert paged.places(skia()) == {"run-0001": 1, "E0001": 2, "exhibits": 3, "run-0001-2": 4}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.7\n1 0 obj\n<</Type /Catalog /Pages 2 0 R>>\nendobj\n",
        skia().replace(b"\n2 0 obj", b"\n8 0 obj"),
        skia().replace(b"/Dests 9", b"/Dests 99"),
        skia().replace(b"/Kids [5 0 R 6 0 R]", b"/Kids [2 0 R]"),
    ],
)
def test_a_print_that_is_written_otherwise_gives_no_place_that_it_has_not(data: bytes) -> None:
    assert "E0001" not in paged.places(data)


def test_the_second_print_has_the_numbers_and_the_page_stays_as_it_was(tmp_path: Path) -> None:
    page, out = tmp_path / "report.html", tmp_path / "report.pdf"
    page.write_text(PAGE)
    program = browser(tmp_path, [skia(), skia()])
    paged.pdf(page, out, str(program))
    assert out.read_bytes() == skia()
    assert page.read_text() == PAGE
    first, second = ((tmp_path / f"asked-{number}").read_text() for number in (1, 2))
    for asked in (first, second):
        head, _, rest = asked.partition("<style>")
        rules, _, end = rest.partition("</style>")
        assert head + end == PAGE
    assert '"000"' in first
    assert '", page 000"' in first
    assert '[data-at="E0001"]' not in first
    assert '.list td.at[data-at="E0001"]::after{content:"2"}' in rules
    assert '.contents a[href="#exhibits"]::after{content:", page 3"}' in rules


@pytest.mark.parametrize(
    "prints",
    [
        # No places; places that move when the numbers are in.
        [b"%PDF-1.4 of another maker", b"%PDF-1.4 plain"],
        [skia(), skia("/E0001 [6 0 R /XYZ 0 8 0]"), b"%PDF-1.4 plain"],
    ],
)
def test_without_certain_places_the_page_is_printed_without_numbers(
    tmp_path: Path, prints: list[bytes]
) -> None:
    page, out = tmp_path / "report.html", tmp_path / "report.pdf"
    page.write_text(PAGE)
    paged.pdf(page, out, str(browser(tmp_path, prints)))
    assert out.read_bytes() == b"%PDF-1.4 plain"
    assert (tmp_path / f"asked-{len(prints)}").read_text() == PAGE


def test_a_browser_that_fails_at_the_second_print_leaves_nothing(tmp_path: Path) -> None:
    page, out = tmp_path / "report.html", tmp_path / "report.pdf"
    page.write_text(PAGE)
    with pytest.raises(InputError, match="did not print"):
        paged.pdf(page, out, str(browser(tmp_path, [skia()])))
    assert not out.exists()
