from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.production_kit import HOSTILE, SEAL, facts
from workbench.production import declaration
from workbench.production.views import Facts

MARKUP = '#panic("ran") #read("/etc/passwd") *bold* $x^2$ = Head ] ) } // gone /* gone */ <label> @ref \\u{41} `raw`'


def _words(data: bytes, folder: Path) -> str:
    """Read the paper's words as another program does, on one line and without the marks where a line may break."""
    if shutil.which("pdftotext") is None:
        pytest.skip("there is no pdftotext here to read with (Debian: apt-get install poppler-utils)")
    path = folder / "declaration.pdf"
    path.write_bytes(data)
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True)
    return done.stdout.replace("\u200b", "")


def _flat(words: str) -> str:
    return " ".join(words.split())


def test_the_paper_says_what_the_log_says_and_leaves_the_rest_blank(tmp_path: Path) -> None:
    told = facts(4)
    words = _words(declaration.pdf(told), tmp_path)
    digits = SEAL.sha256
    for said in (
        "Declaration of capture (draft)",
        "Test Department, case 2026-0417",
        f"seal 3, {' '.join(digits[at : at + 4] for at in range(0, 20, 4))}",
        "These brought nothing, or not all.",
        "capture-0002 did not come to its end as asked: blocked",
        "casefile-workbench 0.1.0",
        "It does not show who wrote it.",
        "902(13) and 902(14)",
        "Massachusetts shows no counterpart",
        "4 exhibits, 1 of them withheld",
        "Qualification: training and experience",
        "Signature",
        "Date and place",
        "District Attorney",
    ):
        assert said in _flat(words), said
    bare = re.sub(r"\s", "", words)
    for one in told.exhibits:
        assert one.citation in words
    for part in (SEAL.root[:16], told.exhibits[0].sha256[:16], told.exhibits[3].sha256[:16]):
        assert part in bare


def test_each_page_is_a_draft_and_numbered(tmp_path: Path) -> None:
    pages = _words(declaration.pdf(facts(60)), tmp_path).split("\f")[:-1]
    assert len(pages) > 3
    for number, page in enumerate(pages, 1):
        assert "DRAFT, not signed" in _flat(page)
        assert f"page {number} of {len(pages)}" in _flat(page)


def test_no_word_of_the_facts_is_markup(tmp_path: Path) -> None:
    told = msgspec.structs.replace(facts(2, MARKUP), recipient=MARKUP, notes=(MARKUP,), department=MARKUP)
    bare = re.sub(r"\s", "", _words(declaration.pdf(told), tmp_path))
    assert bare.count(re.sub(r"\s", "", MARKUP)) >= 2
    assert "root:x:" not in bare


def test_what_cannot_be_drawn_or_seen_is_written_out(tmp_path: Path) -> None:
    told = msgspec.structs.replace(facts(1), notes=(HOSTILE, "文 \U0001f600 half \ud83d Ж é"))
    words = _flat(_words(declaration.pdf(told), tmp_path))
    for said in ("\\u202egpj.exe\\u001b[2J\\u2066\\u200b", "\\u6587 \\u1f600 half \\ud83d Ж é"):
        assert said in words
    assert "\u202e" not in words


def test_the_longest_word_stays_on_the_paper_and_is_cut(tmp_path: Path) -> None:
    told = msgspec.structs.replace(facts(1), notes=("y" * 5000,), recipient="z" * 300)
    words = re.sub(r"\s", "", _words(declaration.pdf(told), tmp_path))
    assert words.count("y") >= declaration.CELL_LETTERS  # the watermark's letters stand between them
    assert words.count("z") >= 300
    assert "[cuthere:3000moreletters]" in words


def test_nothing_at_all_is_told_as_such(tmp_path: Path) -> None:
    empty: Facts = msgspec.structs.replace(
        facts(0),
        authorities=(),
        captures=(),
        notes=(),
        withheld=(),
        seal=msgspec.structs.replace(SEAL, signed_by=()),
    )
    words = _flat(_words(declaration.pdf(empty), tmp_path))
    assert "No authority to collect is in the case." in words
    assert "Nothing was captured, and nothing was given." in words
    assert "none in the log" in words
    assert "0 exhibits, 0 of them withheld" in words


def test_equal_facts_give_equal_bytes_in_another_process_and_later() -> None:
    made = declaration.pdf(facts(5))
    script = (
        "import hashlib, tests.production_kit as kit; from workbench.production import declaration;"
        "print(hashlib.sha256(declaration.pdf(kit.facts(5))).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=_other()
    )
    assert done.stdout.strip() == hashlib.sha256(made).hexdigest()


def _other() -> dict[str, str]:
    """Another machine's habits: zone, language, home and no fonts of its own."""
    here = str(Path(__file__).parent.parent)
    return {"PATH": "/usr/bin", "PYTHONPATH": here, "TZ": "Asia/Tokyo", "LC_ALL": "C", "HOME": "/nowhere"}


def test_it_is_a_paper_to_keep() -> None:
    made = declaration.pdf(facts(1))
    assert made.startswith(b"%PDF-1.7")
    assert b"pdfaid:part>2<" in made
    assert b"2026-03-02" in made


def test_long_lists_are_cut_and_the_file_that_has_all_is_named_with_its_hash(tmp_path: Path) -> None:
    most = declaration.LISTED
    told = facts(most + 5)
    failed = [msgspec.structs.replace(told.captures[1], name=f"capture-{n:04d}") for n in range(1, most + 5)]
    notes = tuple(f"Note {number}." for number in range(1, most + 4))
    told = msgspec.structs.replace(told, captures=(told.captures[0], *failed), notes=notes)
    words = _flat(_words(declaration.pdf(told), tmp_path))
    for count, what, file, sha256 in (
        (most + 5, "exhibits", "index.csv", told.index_sha256),
        (most + 5, "captures and imports", "search-log.csv", told.search_log_sha256),
        (most + 4, "nil results and failures", "search-log.csv", told.search_log_sha256),
        (most + 3, "gaps, replacements and clocks", "transformations.csv", told.transformations_sha256),
    ):
        assert f"Only the first {most} of {count} {what} are listed here." in words
        assert f"All {count} {what}" in words
        parts = " ".join(sha256[at : at + 16] for at in range(0, 64, 16))
        assert re.sub(r"\s", "", f"data/{file}, whose SHA-256 is {parts}.") in re.sub(r"\s", "", words)
    assert f"{most + 5} exhibits, 1 of them withheld" in words
    assert f"Note {most}." in words
    assert f"Note {most + 1}." not in words
    assert told.exhibits[most - 1].citation in words
    assert told.exhibits[most].citation not in words


def test_the_paper_does_not_grow_with_the_exhibits_beyond_the_bound() -> None:
    made = [len(declaration.pdf(facts(declaration.LISTED + more))) for more in (1, 20_000)]
    assert abs(made[0] - made[1]) < 1_000
