"""The exported page makes no request, and captured text in it is never markup."""

from __future__ import annotations

import copy

import lxml.html
import nbformat
import pytest

from tests.runner_kit import fetched
from workbench import show
from workbench.analysis import interaction_network
from workbench.show import exported

HOSTILE = (
    '<img src="https://evil.test/a.png" onerror="alert(1)"><script src="https://evil.test/b.js"></script>'
)


def _page(*outputs: dict[str, object], markdown: str = "# Words") -> str:
    made = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
    made.cells.append(nbformat.v4.new_markdown_cell(markdown))  # type: ignore[no-untyped-call]
    cell = nbformat.v4.new_code_cell("case.posts()", execution_count=1)  # type: ignore[no-untyped-call]
    cell.outputs = [nbformat.from_dict(output) for output in outputs]  # type: ignore[no-untyped-call]
    made.cells.append(cell)
    before = copy.deepcopy(made)
    page = exported.render(made, "2026-0001 missing <b>")
    assert made == before
    return page


def _data(**data: object) -> dict[str, object]:
    kinds = {"html": "text/html", "plain": "text/plain", "svg": "image/svg+xml", "md": "text/markdown"}
    kinds |= {
        "js": "application/javascript",
        "latex": "text/latex",
        "widget": "application/vnd.jupyter.widget-view+json",
    }
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {kinds[name]: value for name, value in data.items()},
    }


def test_a_page_of_words_and_tables_has_no_script_and_fetches_nothing() -> None:
    page = _page(_data(html="<table class='dataframe'><tr><td>a</td></tr></table>", plain="a"))
    root = lxml.html.document_fromstring(page)
    assert list(root.iter("script", "link")) == []
    assert list(fetched(page)) == []
    (policy,) = [m.get("content", "") for m in root.iter("meta") if m.get("http-equiv")]
    assert "default-src 'none'" in policy
    assert "connect-src 'none'" in policy
    assert root.findtext(".//title") == "2026-0001 missing <b>"
    assert root.xpath("//td/text()") == ["a"]


@pytest.mark.parametrize(
    "output",
    [
        _data(html=HOSTILE, plain="x"),
        _data(md=HOSTILE, plain=HOSTILE),
        _data(js="fetch('https://evil.test')", plain="x"),
        _data(latex="$\\href{https://evil.test}{x}$", plain="x"),
        _data(svg=f"<svg xmlns='http://www.w3.org/2000/svg'>{HOSTILE}</svg>", plain="x"),
        _data(widget={"model_id": "1"}),
        _data(
            html="<p style='background:url(https://evil.test/c)'>x</p><style>@import 'https://evil.test'</style>"
        ),
        _data(
            html="<a href='javascript:alert(1)'>x</a><form action='https://evil.test'><button>x</button></form>"
        ),
        _data(html="<iframe src='https://evil.test'></iframe><object data='https://evil.test'></object>"),
        {"output_type": "stream", "name": "stdout", "text": HOSTILE},
        {"output_type": "error", "ename": HOSTILE, "evalue": HOSTILE, "traceback": [HOSTILE]},
    ],
)
def test_hostile_output_becomes_text_or_nothing(output: dict[str, object]) -> None:
    page = _page(output)
    root = lxml.html.document_fromstring(page)
    assert list(root.iter("script", "link", "object", "form")) == []
    assert list(fetched(page)) == []
    assert [name for element in root.iter() for name in element.attrib if str(name).startswith("on")] == []


def test_a_frame_is_sandboxed_whatever_it_asked_for() -> None:
    inner = "<script>draw()</script>"
    frame = f'<iframe sandbox="allow-scripts allow-same-origin" allow="camera" srcdoc="{inner}"></iframe>'
    root = lxml.html.document_fromstring(_page(_data(html=frame)))
    (found,) = root.iter("iframe")
    assert (found.get("sandbox"), found.get("srcdoc"), found.get("allow")) == ("allow-scripts", inner, None)


def test_a_frame_in_words_between_the_cells_has_no_more_than_its_sandbox() -> None:
    asked = '<iframe srcdoc="&lt;p&gt;x&lt;/p&gt;" sandbox="allow-scripts allow-same-origin" onload="x()"></iframe>'
    for words in (asked, asked.replace(" sandbox=", " data-x=")):
        (frame,) = lxml.html.document_fromstring(_page(markdown=words)).iter("iframe")
        assert frame.get("sandbox") == "allow-scripts"
        assert frame.get("onload") is None


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="https://evil.test/a.png">',
        '<img src="data:text/html,x">',
        '<a href="javascript:alert(1)">x</a>',
        '<a href="//evil.test/">x</a>',
        '<a href="evil.html">x</a>',
        '<p style="background: URL(//evil.test)">x</p>',
        '<iframe src="https://evil.test/"></iframe>',
    ],
)
def test_the_first_wall_alone_lets_no_address_through(markup: str) -> None:
    """Each wall is enough alone; here the page's own is not asked."""
    cleaned = exported.clean(markup)
    assert "evil" not in cleaned
    assert "data:" not in cleaned
    assert "script:" not in cleaned


def test_our_figures_survive_with_their_picture_for_print() -> None:
    import pandas as pd  # noqa: PLC0415 - only this test needs it

    figure = show.network(interaction_network(pd.DataFrame()))
    page = _page(_data(html=figure.fragment(), plain="x"))
    root = lxml.html.document_fromstring(page, parser=lxml.html.HTMLParser(huge_tree=True))
    assert list(fetched(page)) == []
    (still,) = [image for image in root.iter("img") if image.get("class") == "wb-still"]
    assert still.get("src", "").startswith("data:image/svg+xml;base64,")
    assert "@media print" in page
