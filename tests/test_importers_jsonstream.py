"""Streaming arrays and lines: any layout, any cut, and damage said where it is."""

from __future__ import annotations

import io
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.importers import jsonstream
from workbench.importers.base import Damaged, Limits
from workbench.importers.drift import Drift
from workbench.importers.jsonstream import Array, lines
from workbench.importers.typed import Typed, elements

RAW = Typed(msgspec.Raw, "x")


def values(data: bytes, *, key: str = "", limits: Limits | None = None) -> tuple[list[Any], Array]:
    array = Array(io.BufferedReader(io.BytesIO(data)), "f", key=key, limits=limits or Limits())
    found = [json.loads(bytes(one)) for _, one in elements(array, RAW, Drift("f"), "f")]
    return found, array


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonstream, "BLOCK", 64)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(
    items=st.lists(JSON, max_size=12),
    indent=st.sampled_from([None, 0, 2]),
    separators=st.sampled_from([(",", ":"), (", ", ": "), (",", " : ")]),
    prefix=st.sampled_from(["", "window.YTD.tweets.part0 = ", "\ufeff  "]),
    suffix=st.sampled_from(["", "\n", ";\n"]),
)
def test_any_array_in_any_layout(
    items: list[Any], indent: int | None, separators: tuple[str, str], prefix: str, suffix: str
) -> None:
    text = prefix + json.dumps(items, indent=indent, separators=separators, ensure_ascii=False) + suffix
    found, array = values(text.encode("utf-8", "surrogatepass"))
    assert found == items
    assert array.count == len(items)
    assert array.tail.strip() == suffix.strip().encode()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.fixed_dictionaries({"a": JSON}), min_size=1, max_size=8), st.data())
def test_a_cut_array_keeps_what_came_before_and_says_where_it_ends(
    items: list[Any], data: st.DataObject
) -> None:
    text = json.dumps(items, indent=1).encode()
    cut = data.draw(st.integers(1, len(text) - 1))
    array = Array(io.BufferedReader(io.BytesIO(text[:cut])), "f")
    found: list[Any] = []
    with pytest.raises(Damaged) as caught:
        found.extend(json.loads(bytes(one)) for _, one in elements(array, RAW, Drift("f"), "f"))
    assert found == items[: len(found)]
    assert caught.value.kind == "truncated"
    assert int(caught.value.where.rpartition(" ")[2]) <= cut


def test_what_looks_like_the_place_between_elements_may_lie_deeper() -> None:
    deep = [{"a": [{"b": number}, {"b": 1}]} for number in range(30)]
    text = json.dumps([{"a": 1}, {"a": 2}], indent=0)[:-2] + ",\n" + json.dumps(deep, indent=0)[2:]
    assert values(text.encode())[0] == [{"a": 1}, {"a": 2}, *deep]


def test_the_array_of_one_key_and_what_is_around_it() -> None:
    whole = {"orderedItems": "no", "deep": {"orderedItems": [0]}, "n": 2, "items": [[1], [2]], "after": True}
    found, array = values(json.dumps(whole).encode(), key="items")
    assert found == [[1], [2]]
    assert json.loads(array.head + b"]" + array.tail) == whole | {"items": []}


@pytest.mark.parametrize(
    ("data", "kind", "where"),
    [
        (b"", "truncated", "f, byte 0"),
        (b'{"a": 1}', "bad-value", "f, byte 0"),
        (b"alert(1)", "bad-value", "f, byte 0"),
        ("[1]".encode("utf-16"), "bad-encoding", "f, byte 0"),
        (b'[{"a": 1}, {"b', "truncated", "f, byte 11"),
    ],
)
def test_what_is_no_array(data: bytes, kind: str, where: str) -> None:
    with pytest.raises(Damaged) as caught:
        values(data)
    assert (caught.value.kind, caught.value.where) == (kind, where)


def test_an_element_that_is_too_long_is_refused() -> None:
    data = json.dumps(["a", "b" * 5000, "c"]).encode()
    with pytest.raises(Damaged) as caught:
        values(data, limits=Limits(element=1000))
    assert caught.value.kind == "refused"


class Point(msgspec.Struct, forbid_unknown_fields=True):
    x: int
    name: str = ""
    inner: Point | None = None


def test_what_does_not_fit_is_noted_and_the_rest_kept() -> None:
    drift = Drift("f")
    data = (
        b'[{"x":1},{"x":2,"y":3,"inner":{"x":4,"z":5}},{"x":"six"},{"x":7,"name":8},'
        b'{"x":9,"name":"\\ud800!"},{"x":10,"name":"\xff"},{"x":11,"name":"a\nb"},nul,{"x":12}]'
    )
    array = Array(io.BufferedReader(io.BytesIO(data)), "f")
    found = dict(elements(array, Typed(Point, "p"), drift, "f"))
    assert {index: point.x for index, point in found.items()} == {0: 1, 1: 2, 3: 7, 4: 9, 5: 10, 6: 11, 8: 12}
    assert [found[index].name for index in (3, 4, 5, 6)] == ["", "\ufffd!", "\ufffd", "a\nb"]
    said = [(issue.kind, issue.field, issue.pointer, issue.count) for issue in drift.issues()]
    assert said == [
        ("unknown-key", "p.y", "/1", 1),
        ("unknown-key", "p.inner.z", "/1", 1),
        ("bad-value", "p.x", "/2", 1),
        ("bad-value", "p", "/2", 1),
        ("bad-value", "p.name", "/3", 1),
        ("bad-encoding", "p", "/4", 1),
        ("bad-encoding", "p", "/5", 1),
        ("bad-value", "p", "/7", 1),
    ]
    assert array.count == 9


def test_deep_nesting_is_a_bad_value() -> None:
    drift = Drift("f")
    data = b'[{"x":1},{"x":' + b"[" * 5000 + b"]" * 5000 + b'},{"x":3}]'
    array = Array(io.BufferedReader(io.BytesIO(data)), "f")
    assert [point.x for _, point in elements(array, Typed(Point, "p"), drift, "f")] == [1, 3]
    assert [issue.kind for issue in drift.issues()] == ["bad-value"] * len(list(drift.issues()))


def test_lines_with_their_numbers_and_offsets() -> None:
    data = b'\xef\xbb\xbf{"a":1}\n\n  \r\n{"b":2}\r\n' + b"x" * 50 + b'\n{"c":3}'
    found = list(lines(io.BufferedReader(io.BytesIO(data)), "f", Limits(element=20)))
    assert [(one.number, one.raw) for one in found] == [
        (0, b'{"a":1}'),
        (3, b'{"b":2}'),
        (4, None),
        (5, b'{"c":3}'),
    ]
    assert data[found[1].offset :].startswith(b'{"b"')


def test_drift_is_bounded() -> None:
    drift = Drift("f")
    for number in range(3000):
        drift.note("unknown-key", f"key{number}")
    rows = list(drift.issues())
    assert len(rows) == 1001
    assert (rows[-1].field, rows[-1].count) == ("and others", 2000)
