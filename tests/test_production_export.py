"""Exports: what was read comes out unchanged or says how it was changed; what stays, stays."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import networkx as nx
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.desk import HEAD, exchange
from tests.package_kit import HOSTILE, SERVER, status
from tests.report_kit import CASE, Bureau
from workbench import sealing
from workbench.custody import log
from workbench.custody.verify import verify as verified
from workbench.errors import AuthorityError, IntegrityError, UsageError
from workbench.production import markup, rowsout, sums
from workbench.production.export import MANIFEST, Asked, Exported, export
from workbench.records import Result
from workbench.tables import read
from workbench.tables.schema import SCHEMAS


def exported(bureau: Bureau, out: Path, release: int, asked: Asked | None = None) -> Exported:
    case, session = bureau.desk.open(bureau.case), bureau.desk.sign_in("1001")
    return export(case, session, out, release=release, asked=asked or Asked())


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    made = Bureau(tmp_path_factory.mktemp("bureau"))
    made.number = made.release(kind="export")
    return made


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8-sig").splitlines(keepends=True)))


def test_every_table_comes_out_with_its_rows(bureau: Bureau, tmp_path: Path) -> None:
    made = exported(bureau, tmp_path / "out", bureau.number)
    assert {one.table for one in made.tables} == set(SCHEMAS)
    for one in made.tables:
        held = read.frame(bureau.case.folder, one.table)
        assert len(rows(tmp_path / "out" / one.file)) == one.rows
        assert one.rows + one.left_out == len(held)
    posts = rows(tmp_path / "out" / "posts.csv")
    assert [post["exhibit"] for post in posts] == [f"{CASE}-E0001", f"{CASE}-E0003"]
    assert posts[0]["published"] == "2026-03-01T10:00:11.000000Z"
    assert posts[0]["native_id"] == "11"
    assert posts[0]["tags"] == "[]"
    assert [row["capture"] for row in rows(tmp_path / "out" / "captures.csv")] == [
        "capture-0001",
        "capture-0002",
    ]


def test_formulas_are_defused_so_that_it_can_be_undone(bureau: Bureau, tmp_path: Path) -> None:
    made = exported(bureau, tmp_path / "out", bureau.number, Asked(tables=("posts",)))
    held = read.frame(bureau.case.folder, "posts").set_index("exhibit")
    for row in rows(tmp_path / "out" / "posts.csv"):
        for name in ("content", "author_handle", "uri"):
            cell = row[name]
            assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
            assert cell.removeprefix("'") == str(held.loc[row["exhibit"], name])
    (one,) = made.tables
    assert one.defused > 0
    assert str(held.loc[f"{CASE}-E0003", "content"]).startswith("=cmd")
    assert "apostrophe" in (tmp_path / "out" / "README.txt").read_text("utf-8")
    told = json.loads((tmp_path / "out" / MANIFEST).read_bytes())
    assert told["tables"][0]["defused"] == one.defused


def test_parquet_is_what_the_tables_hold(bureau: Bureau, tmp_path: Path) -> None:
    exported(bureau, tmp_path / "out", bureau.number, Asked(tables=("posts",), format="parquet"))
    found = pq.read_table(tmp_path / "out" / "posts.parquet")
    assert found.schema.equals(SCHEMAS["posts"])
    assert found["content"].to_pylist()[1].startswith(HOSTILE[:4])
    held = read.frame(bureau.case.folder, "posts", where={"exhibit": [f"{CASE}-E0001", f"{CASE}-E0003"]})
    assert read.to_frame(found).equals(held)


def mention(bureau: Bureau) -> None:
    """Capture a status in which one account names another, and seal."""
    post = json.loads(status(21, "hello"))
    post["mentions"] = [{"id": "8", "username": "bea", "acct": "bea", "url": "https://social.example/@bea"}]
    session, case = bureau.desk.sign_in("1001"), bureau.desk.open(bureau.case)
    writer = case.begin_capture(bureau.desk.order(), key=session.key, collector="mastodon 1.0", head=HEAD)
    writer.append(exchange(json.dumps(post).encode(), f"{SERVER}/statuses/21"))
    writer.end(Result(verdict="complete", reason="ok", items=1), requests=1)
    sealing.finish(case, session)


@pytest.mark.parametrize("form", ["graphml", "gexf"])
def test_a_network_can_be_read_again(tmp_path: Path, form: str) -> None:
    bureau = Bureau(tmp_path)
    mention(bureau)
    asked = Asked(format="graphml" if form == "graphml" else "gexf")
    made = exported(bureau, tmp_path / "out", bureau.release(kind="export"), asked)
    path = tmp_path / "out" / f"interactions.{form}"
    graph = nx.read_graphml(path) if form == "graphml" else nx.read_gexf(path)
    labels = {about["label"] for _, about in graph.nodes(data=True)}
    assert labels == {"ada@social.example", "bea@social.example"}
    (edge,) = [about for _, _, about in graph.edges(data=True)]
    assert (edge["kind"], edge["n"], edge["exhibit_count"]) == ("mention", 1, 1)
    assert edge["exhibits"].startswith(f"{CASE}-E0008")
    assert made.characters == 0


def test_what_is_hidden_or_contraband_stays_and_is_counted(bureau: Bureau, tmp_path: Path) -> None:
    made = exported(bureau, tmp_path / "out", bureau.number)
    assert (made.withheld, made.hidden) == (1, 1)
    text = b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())
    assert b"second" not in text
    assert b"never to be seen" not in text
    assert b"E0002" not in text.replace(b"the rows", b"")


def test_only_the_exhibits_released_come_out(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path)
    made = exported(bureau, tmp_path / "out", bureau.release([1], kind="export"))
    assert made.exhibits == 1
    assert [row["exhibit"] for row in rows(tmp_path / "out" / "exhibits.csv")] == [f"{CASE}-E0001"]
    assert [row["exhibit"] for row in rows(tmp_path / "out" / "posts.csv")] == [f"{CASE}-E0001"]
    assert [row["capture"] for row in rows(tmp_path / "out" / "captures.csv")] == ["capture-0001"]
    assert rows(tmp_path / "out" / "imports.csv") == []


def test_a_byte_order_mark_is_written_on_demand(bureau: Bureau, tmp_path: Path) -> None:
    exported(bureau, tmp_path / "a", bureau.number, Asked(tables=("posts",), bom=True))
    exported(bureau, tmp_path / "b", bureau.number, Asked(tables=("posts",)))
    with_mark, without = ((tmp_path / each / "posts.csv").read_bytes() for each in "ab")
    assert with_mark == b"\xef\xbb\xbf" + without


def test_it_is_entered_as_having_left_and_the_case_verifies(bureau: Bureau, tmp_path: Path) -> None:
    made = exported(bureau, tmp_path / "out", bureau.number)
    entry = [each for each in log.rare(bureau.case.folder) if each.action == "disseminated"][-1]
    assert entry.fields["kind"] == "export"
    listed = (tmp_path / "out" / sums.NAME).read_bytes()
    assert entry.fields["sha256"] == hashlib.sha256(listed).hexdigest() == made.sha256
    for line in listed.decode().splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest
    assert verified(bureau.case.folder, root=bureau.desk.department.root).ok


def test_nothing_is_exported_without_a_release_of_its_kind(bureau: Bureau, tmp_path: Path) -> None:
    number = bureau.release(kind="report")
    for release in (99, number):
        with pytest.raises(AuthorityError, match="without a release"):
            exported(bureau, tmp_path / "out", release)
    assert not (tmp_path / "out").exists()


def test_a_case_that_does_not_verify_is_not_exported(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path)
    number = bureau.release(kind="export")
    (warc,) = bureau.case.folder.glob("warc/0001*")
    warc.chmod(0o600)
    warc.write_bytes(warc.read_bytes()[:-1] + b"x")
    with pytest.raises(IntegrityError, match="does not verify"):
        exported(bureau, tmp_path / "out", number)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        (Asked(tables=("posts", "people")), "no such table"),
        (Asked(tables=("posts",), format="gexf"), "only interactions"),
    ],
)
def test_what_cannot_be_exported_is_told(bureau: Bureau, tmp_path: Path, asked: Asked, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        exported(bureau, tmp_path / "out", bureau.number, asked)
    with pytest.raises(UsageError, match="not written into a case"):
        exported(bureau, bureau.case.folder / "out", bureau.number)


@pytest.mark.parametrize(
    "before", ["", " ", "\u00a0", "\u3000", "\u200b", "\ufeff", "\0", "\x0b", "\u202e", "\u2028", " \t"]
)
@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "|", "%", "＝", "＠", "﹦", "'"])
def test_what_spreadsheets_pass_over_hides_no_formula(before: str, sign: str) -> None:
    found = pc.match_substring_regex(pa.array([f"{before}{sign}1+1", f"{before}a{sign}1"]), rowsout.FORMULA)
    assert found.to_pylist() == [True, False]


@pytest.mark.parametrize("text", ["=1", " ＝1", "﹢1", "\0=1", "＠a"])
def test_lists_of_a_package_hold_no_formula_either(text: str) -> None:
    cell = markup.csv_row([text]).decode()
    assert cell.startswith(("'", "\\u")), cell
