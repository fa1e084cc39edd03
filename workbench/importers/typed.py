"""Typed decoding that loses nothing: keys that are not known and values that do not fit are counted.

The fast way is a msgspec decoder that forbids unknown fields. What it refuses is decoded freely, relieved of
what does not fit (each noted) and decoded again. A text that is not UTF-8 is read with replacement marks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import msgspec

from workbench.importers.base import at
from workbench.importers.drift import Drift
from workbench.importers.jsonstream import Array

T = TypeVar("T")

_MOST_REPAIRS = 40
_PATH = re.compile(r" - at `(?:key in )?`?\$([^`]*)`")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d*|\.\.\.)\]")
_HALVES = re.compile("[\ud800-\udfff]")
_FAULTS = (msgspec.MsgspecError, UnicodeError, RecursionError)

Shape = dict[str, Any] | list[Any] | None
"""What is known of a type: key -> shape of an object, ``[shape]`` of an array, None for anything else."""


class Typed(Generic[T]):
    """Decodes elements of one type. ``root`` names it in the field paths of issues."""

    def __init__(self, kind: type[T], root: str) -> None:
        self.root = root
        self._one = msgspec.json.Decoder(kind)
        self._many = msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]  # a type made at run time
        self._shape = _shape(msgspec.inspect.type_info(kind), {})

    def many(self, piece: bytes) -> list[T]:
        """Decode some elements with commas between; raises one of msgspec's errors, or RecursionError."""
        return self._many.decode(b"[" + piece + b"]")

    def one(self, raw: bytes, drift: Drift, *, pointer: str, where: str) -> T | None:
        """Decode one element; None when nothing of it can be read, which is then noted."""
        try:
            return self._one.decode(raw)
        except _FAULTS:
            pass
        try:
            value = json.loads(self._text(raw, drift, pointer, where), strict=False)
        except (ValueError, RecursionError) as error:
            drift.note("bad-value", self.root, expected="JSON", found=error, pointer=pointer, where=where)
            return None
        value = self._whole(value, drift, pointer, where)
        for path in _prune(value, self._shape, self.root):
            drift.note("unknown-key", path, expected="a known key", pointer=pointer, where=where)
        return self._fitting(value, drift, pointer, where)

    def _text(self, raw: bytes, drift: Drift, pointer: str, where: str) -> str:
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            drift.note("bad-encoding", self.root, expected="UTF-8", found=error, pointer=pointer, where=where)
            return raw.decode(errors="replace")

    def _whole(self, value: Any, drift: Drift, pointer: str, where: str) -> Any:  # noqa: ANN401 - any JSON
        """Give the value without halves of surrogate pairs."""
        text = json.dumps(value, ensure_ascii=False)
        if _HALVES.search(text) is None:
            return value
        drift.note(
            "bad-encoding", self.root, expected="whole characters", found="half", pointer=pointer, where=where
        )
        return json.loads(_HALVES.sub("\ufffd", text))

    def _fitting(self, value: Any, drift: Drift, pointer: str, where: str) -> T | None:  # noqa: ANN401 - any JSON
        for _ in range(_MOST_REPAIRS):
            try:
                return self._one.decode(json.dumps(value))
            except _FAULTS as error:
                message = str(error)
            steps = _steps(message)
            drift.note(
                "bad-value",
                self.root + "".join(f".{step}" for step in steps),
                expected=message.partition(" - at")[0],
                found="left out",
                pointer=pointer,
                where=where,
            )
            if not steps or not _remove(value, steps):
                return None
        return None


def elements(
    array: Array, typed: Typed[T], drift: Drift, name: str, prefix: str = ""
) -> Iterator[tuple[int, T]]:
    """Yield index and value of an array's elements; what is no value is noted. Raises Damaged at its end."""
    index = 0
    for offset, piece in array.pieces():
        try:
            values = typed.many(piece)
        except _FAULTS:
            if not array.slow:
                array.again()
                continue
            value = typed.one(piece, drift, pointer=f"{prefix}/{index}", where=at(name, offset))
            values = [] if value is None else [value]
            if value is None:
                index += 1
        for value in values:
            yield index, value
            index += 1
    array.count = index


def _shape(info: msgspec.inspect.Type, known: dict[type, Shape]) -> Shape:
    match info:
        case msgspec.inspect.StructType():
            if info.cls not in known:  # a post may quote a post
                shape: dict[str, Any] = {}
                known[info.cls] = shape
                shape |= {field.encode_name: _shape(field.type, known) for field in info.fields}
            return known[info.cls]
        case msgspec.inspect.ListType() | msgspec.inspect.VarTupleType():
            return [_shape(info.item_type, known)]
        case msgspec.inspect.UnionType():
            shapes = [_shape(each, known) for each in info.types]
            return next((each for each in shapes if each is not None), None)
        case _:
            return None


def _prune(value: Any, shape: Shape, path: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Remove the keys that a shape does not know; yield their paths."""
    if isinstance(shape, dict) and isinstance(value, dict):
        for key in [key for key in value if key not in shape]:
            del value[key]
            yield f"{path}.{key}"
        for key, inner in value.items():
            yield from _prune(inner, shape[key], f"{path}.{key}")
    elif isinstance(shape, list) and isinstance(value, list):
        for inner in value:
            yield from _prune(inner, shape[0], path)


def _steps(message: str) -> list[str]:
    """Read the path that msgspec names, up to the first array: what is below cannot be told apart."""
    match = _PATH.search(message)
    steps = []
    for key, index in _STEP.findall(match[1] if match else ""):
        if index or not key:
            break
        steps.append(key)
    return steps


def _remove(value: Any, steps: list[str]) -> bool:  # noqa: ANN401 - any JSON
    for step in steps[:-1]:
        value = value.get(step) if isinstance(value, dict) else None
    return isinstance(value, dict) and value.pop(steps[-1], None) is not None
