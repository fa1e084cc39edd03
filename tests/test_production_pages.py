from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import msgspec
import pytest

from tests.production_kit import HOSTILE, PIXEL, SEAL, picture, view
from workbench.errors import UsageError
from workbench.production import pages
from workbench.production.views import ExhibitView, Http
from workbench.rows import Moment


class Seen(HTMLParser):
    """Collects tags, attributes, pictures and words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.pictures: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.pictures += [value or "" for name, value in attrs if name == "src"]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


_TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "div",
        "p",
        "h1",
        "h2",
        "table",
        "tr",
        "td",
        "th",
    ),
    *("pre", "img", "svg", "path"),
    # Where a time of ours, or a handle, may be broken.
    *("span", "wbr"),
}
_ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "class", "alt", "src"),
    *("width", "height", "role", "aria-label", "xmlns", "viewbox", "fill", "stroke", "d", "transform"),
}


def _hostile() -> ExhibitView:
    told = view(
        words=HOSTILE, given_name=HOSTILE, problem=HOSTILE, actor=HOSTILE, rule=HOSTILE, source=HOSTILE
    )
    assert told.http is not None
    http = Http(
        method=HOSTILE,
        url=HOSTILE,
        status=0,
        outcome=HOSTILE,
        truncated=HOSTILE,
        headers=((HOSTILE, HOSTILE), ("Content-Type", HOSTILE)),
        body=HOSTILE.encode() + b"\xff\xfe",
        body_length=99,
    )
    times = msgspec.structs.replace(told.times, posted_first=Moment(HOSTILE, None, "ambiguous"))
    row = msgspec.structs.replace(told.rows[0].rows[0], exhibit=HOSTILE, cells=((HOSTILE, HOSTILE),))
    rows = msgspec.structs.replace(told.rows[0], table=HOSTILE, rows=(row,))
    near = msgspec.structs.replace(told.before[0], exhibit=HOSTILE, author=HOSTILE, posted=HOSTILE)
    cited = msgspec.structs.replace(told.cited_by[0], file=HOSTILE, at=HOSTILE, by=HOSTILE)
    changes = {"http": http, "times": times, "rows": (rows,), "before": (near,), "after": (near,)}
    return msgspec.structs.replace(told, cited_by=(cited,), **changes)


def test_what_was_captured_is_words_and_nothing_else() -> None:
    text = pages.page(_hostile(), SEAL)
    seen = Seen(text)
    assert seen.tags <= _TAGS
    assert seen.attributes <= _ATTRIBUTES
    for hidden in "\u202e\u2066\u200b\x1b":
        assert hidden not in text
    assert sum("<script>alert('ESCAPED')</script>" in word for word in seen.words) > 20
    assert any("\\u202egpj.exe\\u001b[2J\\u2066\\u200b" in word for word in seen.words), "made visible"


def test_a_page_forbids_itself_everything_but_its_own_pictures_and_style() -> None:
    text = pages.page(view(), SEAL)
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in text
    assert text.index("Content-Security-Policy") < text.index("<style>")
    assert not Seen(text).tags & {"a", "link", "script", "iframe", "form", "object", "base"}
    assert "url(" not in text
    assert "@import" not in text


def test_a_page_says_what_it_is_and_where_the_exhibit_lies() -> None:
    told = view()
    text = pages.page(told, SEAL)
    words = " ".join(Seen(re.sub("</?span[^>]*>|<wbr>", "", text)).words)
    digits = SEAL.sha256
    short = " ".join(digits[at : at + 4] for at in range(0, 20, 4))
    for word in (
        "Our rendering, not the exhibit",
        "Case 2026-0417, as of seal 3, " + short,
        "data/exhibits/E0012.warc.gz",
        "warc/0001-mastodon.warc.gz, bytes 420 to 1620 (1200 bytes)",
        told.stored.sha256,
        f"line 31, by 1001, SHA-256 of the line {told.line_sha256}",
        "2026-03-02T13:59:59Z",
        "explicit: the source named a zone",
        "ambiguous: the source does not say of which zone",
        "2026-0417-E0011#/0",
        "2026-0417-E0013#/0",
        "annotations/0001.json",
        "2 more rows of this table cite this exhibit",
        "x-words: good morning",
    ):
        assert word.lower() in words.lower(), word


def test_a_picture_is_shown_as_it_is() -> None:
    (shown,) = Seen(pages.page(picture(), SEAL)).pictures
    kind, _, coded = shown.partition(";base64,")
    assert kind == "data:image/png"
    assert base64.b64decode(coded) == PIXEL


_HUGE = PIXEL[:16] + b"\x00\x01\x00\x00" * 2 + PIXEL[24:]


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (picture(mark="hidden"), "it is marked hidden"),
        (picture(whole_length=len(PIXEL) + 1), "it is larger than this page holds"),
        (picture(whole_length=-1), "its end is not at hand"),
        (picture(_HUGE), "its size in pixels"),
    ],
    ids=["hidden", "cut", "unknown length", "too many pixels"],
)
def test_a_picture_that_is_not_shown_is_named_with_the_reason(told: ExhibitView, why: str) -> None:
    text = pages.page(told, SEAL)
    assert Seen(text).pictures == []
    assert base64.b64encode(told.shown).decode()[:40] not in text
    assert f"Not shown here: {why}" in text


def test_markup_that_calls_itself_a_picture_is_none() -> None:
    words = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    seen = Seen(pages.page(picture(words, given_name="a.svg"), SEAL))
    assert seen.pictures == []
    assert any("onload='alert(1)'" in word for word in seen.words)


def test_of_a_withheld_exhibit_hash_and_line_are_all() -> None:
    told = view(words="terrible words", copy="", mark="contraband", cited_by=(), before=(), after=())
    words = " ".join(Seen(pages.page(told, SEAL)).words)
    assert "are withheld" in words
    assert told.stored.sha256 in words
    assert "line 31" in words
    assert "terrible words" not in words


def test_hidden_content_shows_no_body() -> None:
    told = view(words="body of it", mark="hidden", rows=(), cited_by=(), before=())
    assert told.http is not None
    told = msgspec.structs.replace(told, http=msgspec.structs.replace(told.http, headers=()))
    assert "body of it" not in pages.page(told, SEAL)
    assert "body of it" in pages.page(msgspec.structs.replace(told, mark="none"), SEAL)


def test_what_is_long_is_cut_and_says_so() -> None:
    text = pages.page(view(words="y" * 1_000_000), SEAL)
    assert len(text) < 200_000
    assert f"{1_000_000 - pages.CELL_LETTERS} more letters stand in the exhibit" in text
    assert "its beginning (1000000 bytes)" in text


def test_lone_surrogates_and_broken_bytes_are_written_too() -> None:
    text = pages.page(view(words="half \ud83d", given_name="\udcff"), SEAL)
    assert "half \\ud83d" in text
    text.encode()


def test_equal_views_give_equal_pages() -> None:
    assert pages.page(_hostile(), SEAL) == pages.page(_hostile(), SEAL)


def test_another_seal_is_another_banner() -> None:
    other = msgspec.structs.replace(SEAL, number=4)
    code = re.compile(r"<svg.*?</svg>", re.DOTALL)
    first, second = (code.findall(pages.page(view(), seal)) for seal in (SEAL, other))
    assert len(first) == 1
    assert first != second


def test_a_view_without_a_citation_is_refused() -> None:
    with pytest.raises(UsageError, match="not a citation"):
        pages.page(view(citation="</title><script>"), SEAL)
