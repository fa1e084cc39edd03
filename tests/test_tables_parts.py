"""Parts on disk: streamed, in canonical order, whole or not at all, with an equal digest however written."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import IntegrityError, StorageError, UsageError
from workbench.rows import Account, AnyRow, Issue, Lead, Moment, Post, Text
from workbench.tables import columnar, digest, order, parts
from workbench.tables.schema import SCHEMAS, Parsed

CASE = "2026-0417"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / CASE
    made.mkdir()
    return made


def parsed(exhibit: int, row: AnyRow) -> Parsed:
    return Parsed(
        exhibit=f"{CASE}-E{exhibit:04d}", captured_at=1_000_000, parser="fake", parser_version="1", row=row
    )


def post(native_id: str, **more: object) -> Post:
    fields = {"platform": "mastodon", "server": "s.example", "entity_id": native_id, "author": "a", **more}
    return Post(native_id=native_id, **fields)  # type: ignore[arg-type]  # hostile values are the point


def read(folder: Path, table: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = pq.read_table(parts.path(folder, table, "capture-0001")).to_pylist()
    return found


def test_a_row_keeps_all_it_says(folder: Path) -> None:
    moment = Moment("2023-11-14T22:13:20Z", 1_700_000_000_000_000, "explicit")
    row = post("1", pointer="/3", published=moment, content=Text("<p>a</p>", "a"), likes=2, tags=("x", "y"))
    assert parts.write_parts(folder, "capture-0001", [parsed(12, row)]) == {"posts": 1}
    (kept,) = read(folder, "posts")
    assert kept["case"] == CASE
    assert kept["exhibit"] == "2026-0417-E0012#/3"
    assert kept["published_raw"] == "2023-11-14T22:13:20Z"
    assert str(kept["published"]) == "2023-11-14 22:13:20+00:00"
    assert (kept["content_raw"], kept["content"], kept["content_repaired"]) == ("<p>a</p>", "a", False)
    assert (kept["updated"], kept["updated_raw"], kept["views"]) == (None, None, None)
    assert (kept["likes"], kept["tags"]) == (2, ["x", "y"])


def test_empty_parts_are_not_written_but_built_and_empty_is_known(folder: Path) -> None:
    assert parts.note(folder, "capture-0001") is None
    assert parts.write_parts(folder, "capture-0001", []) == {}
    note = parts.note(folder, "capture-0001")
    assert note is not None
    assert note.rows == {}
    assert not list((folder / "tables").rglob("*.parquet"))


def test_a_part_that_is_empty_now_goes_away(folder: Path) -> None:
    parts.write_parts(folder, "capture-0001", [parsed(1, post("1"))])
    parts.write_parts(folder, "capture-0001", [parsed(1, Issue(kind="truncated"))])
    assert not parts.path(folder, "posts", "capture-0001").exists()
    assert len(read(folder, "issues")) == 1


def test_rows_are_ordered_by_exhibit_then_as_parsed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "BATCH_ROWS", 7)
    monkeypatch.setattr(parts, "GROUP_ROWS", 20)
    rows = [parsed(1 + (index * 7) % 5, post(str(index))) for index in range(203)]
    parts.write_parts(folder, "capture-0001", rows)
    wanted = sorted(range(203), key=lambda index: 1 + (index * 7) % 5)
    assert [row["native_id"] for row in read(folder, "posts")] == [str(index) for index in wanted]
    assert not [path for path in folder.rglob("*") if "partial" in path.name or "unordered" in path.name]


@settings(max_examples=30, deadline=None)
@given(numbers=st.lists(st.integers(1, 6), max_size=60), size=st.integers(1, 9), group=st.integers(1, 9))
def test_any_order_is_put_in_canonical_order(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[int], size: int, group: int
) -> None:
    sequence = order.Sequence()
    sequence.extend(numbers)
    path = tmp_path_factory.mktemp("order") / "t.parquet"
    given_rows = pa.table(
        {"n": pa.array(numbers, pa.int64()), "i": pa.array(range(len(numbers)), pa.int64())}
    )
    pq.write_table(given_rows, path, row_group_size=group)
    with pq.ParquetFile(path) as file:
        tables = list(order.groups(file, sequence.canonical(), size))
    found = [(row["n"], row["i"]) for table in tables for row in table.to_pylist()]
    assert found == sorted(zip(numbers, range(len(numbers)), strict=True))
    assert sequence.in_order == (numbers == sorted(numbers))


def test_values_that_do_not_fit_become_issues_and_the_rest_is_kept(folder: Path) -> None:
    rows = [
        parsed(1, post("1", likes=3)),
        parsed(2, post("2", likes=10**5000, pointer="/7")),
        parsed(3, post("3", summary="broken \ud800 half", tags=("a\udc00", "b"), language=None)),
        parsed(4, post("4", likes="many")),
    ]
    assert parts.write_parts(folder, "capture-0001", rows) == {"posts": 4, "issues": 5}
    kept = read(folder, "posts")
    assert [row["likes"] for row in kept] == [3, None, None, None]
    assert kept[2]["summary"] == "broken \\ud800 half"
    assert kept[2]["tags"] == ["a\\udc00", "b"]
    assert kept[2]["language"] == ""
    issues = read(folder, "issues")
    assert {(row["exhibit"], row["kind"], row["field"]) for row in issues} == {
        ("2026-0417-E0002#/7", "bad-value", "likes"),
        ("2026-0417-E0003", "bad-value", "summary"),
        ("2026-0417-E0003", "bad-value", "language"),
        ("2026-0417-E0003", "bad-value", "tags"),
        ("2026-0417-E0004", "bad-value", "likes"),
    }
    assert all(len(str(row["found"])) <= 80 for row in issues)


def test_an_issue_may_hold_what_does_not_fit_as_well(folder: Path) -> None:
    counts = parts.write_parts(folder, "capture-0001", [parsed(1, Issue(kind="bad-value", found="\ud800"))])
    assert counts == {"issues": 2}


def test_a_crash_midway_leaves_no_note(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts.write_parts(folder, "capture-0001", [parsed(1, post("1"))])

    def full(_: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StorageError, match="No space left"):
        parts.write_parts(folder, "capture-0001", [parsed(1, post("2"))])
    assert parts.note(folder, "capture-0001") is None


def test_rows_that_fail_midway_leave_the_earlier_parts(folder: Path) -> None:
    def failing() -> Iterator[Parsed]:
        yield parsed(1, post("2"))
        raise IntegrityError("torn")

    parts.write_parts(folder, "capture-0001", [parsed(1, post("1"))])
    with pytest.raises(IntegrityError):
        parts.write_parts(folder, "capture-0001", failing())
    assert [row["native_id"] for row in read(folder, "posts")] == ["1"]
    assert parts.note(folder, "capture-0001") is not None


@pytest.mark.parametrize("name", ["../capture-0001", "capture-1", "warc", "capture-0001.parquet"])
def test_only_sources_have_parts(folder: Path, name: str) -> None:
    with pytest.raises(UsageError, match="names no source"):
        parts.write_parts(folder, name, [])


def test_an_unreadable_note_is_as_good_as_none(folder: Path) -> None:
    parts.write_parts(folder, "capture-0001", [])
    parts.note_path(folder, "capture-0001").write_text("{")
    assert parts.note(folder, "capture-0001") is None
    assert parts.notes(folder) == []


def test_the_digest_does_not_depend_on_how_a_file_was_written(folder: Path, tmp_path: Path) -> None:
    rows = [parsed(index, post(str(index), likes=index if index % 3 else None)) for index in range(1, 500)]
    rows.append(parsed(500, post("x", tags=("a", "bc"), published=Moment("?", None, "ambiguous"))))
    parts.write_parts(folder, "capture-0001", rows)
    path = parts.path(folder, "posts", "capture-0001")
    again = tmp_path / "again.parquet"
    pq.write_table(
        pq.read_table(path),
        again,
        row_group_size=17,
        compression="snappy",
        use_dictionary=False,
        version="1.0",
    )
    assert digest.digest(folder) == {"posts/capture-0001": digest.of_part(path)}
    assert digest.of_part(again) == digest.of_part(path)


def test_the_digest_sees_every_change() -> None:
    def of(*rows: Post) -> str:
        made = [columnar.batch("posts", [parsed(1, row)])[0] for row in rows]
        return digest.of_batches(SCHEMAS["posts"], made)

    base = of(post("1"), post("2"))
    others = [
        of(post("2"), post("1")),
        of(post("1")),
        of(post("1"), post("2", likes=0)),
        of(post("1"), post("2", tags=("",))),
        of(post("12"), post("")),
        of(post("1"), post("2", sensitive=False)),
        of(post("1", tags=("a",)), post("2")),
        of(post("1"), post("2", tags=("a",))),
    ]
    assert len({base, *others}) == len(others) + 1


def test_the_digest_is_the_one_defined() -> None:
    # Kept as written down: a change here is a change of the definition.
    schema = pa.schema([("s", pa.string()), ("n", pa.int64()), ("l", pa.list_(pa.string()))])
    batch = pa.RecordBatch.from_pylist(
        [{"s": "é", "n": 1, "l": ["a"]}, {"s": None, "n": None, "l": []}], schema
    )
    assert digest.of_batches(schema, [batch]) == digest.of_batches(
        schema, [batch.slice(0, 1), batch.slice(1)]
    )
    assert digest.of_batches(schema, [batch]) == by_hand()


def by_hand() -> str:
    import hashlib  # noqa: PLC0415 - the definition, followed with nothing else

    def column(validity: bytes, lengths: bytes, data: bytes) -> bytes:
        return hashlib.sha256(
            b"".join(hashlib.sha256(part).digest() for part in (validity, lengths, data))
        ).digest()

    def number(value: int) -> bytes:
        return value.to_bytes(8, "little", signed=True)

    items = column(b"\1", number(1), b"a")
    columns = {
        "s string": column(b"\1\0", number(2) + number(0), "é".encode()),
        "n int": column(b"\1\0", b"", number(1) + number(0)),
        "l list": column(b"\1\1", number(1) + number(0), items),
    }
    lines = [f"{name} {value.hex()}\n" for name, value in columns.items()]
    return hashlib.sha256(f"workbench-digest/1\n{''.join(lines)}2\n".encode()).hexdigest()


def test_a_part_that_is_no_parquet_is_said(folder: Path) -> None:
    parts.write_parts(folder, "capture-0001", [parsed(1, post("1"))])
    parts.path(folder, "posts", "capture-0001").write_bytes(b"no parquet at all")
    with pytest.raises(IntegrityError, match="tables rebuild"):
        digest.digest(folder)


def test_all_kinds_of_rows_go_to_their_tables(folder: Path) -> None:
    rows: list[AnyRow] = [
        Account(platform="x", server="", native_id="1", entity_id="x:1", handle="@a"),
        Lead(platform="x", server="", native_id="1", entity_id="x:1", kind="handle", value="b"),
        post("1"),
    ]
    counts = parts.write_parts(folder, "import-0001", [parsed(1, row) for row in rows])
    assert counts == {"accounts": 1, "leads": 1, "posts": 1}


def test_a_hundred_thousand_posts_are_written_in_seconds(folder: Path) -> None:
    words = Text("<p>some ordinary words of a post</p>", "some ordinary words of a post")
    rows = [parsed(1 + index // 40, post(str(index), content=words, likes=index)) for index in range(100_000)]
    begun = time.perf_counter()
    parts.write_parts(folder, "capture-0001", rows)
    # Takes 0.7 s on two quiet cores; the bound is wide, since tests share them.
    assert time.perf_counter() - begun < 10
