"""What a call of an analysis gives it, looked at before anything is computed: kind and range of each parameter.

A notebook's cell is written by a person in a hurry: a word for a list, a number for a word, nothing at all. Each is
refused by the parameter's name. What a parameter means beyond its kind (which words, which range) its analysis checks.
"""

from __future__ import annotations

import inspect
import reprlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from workbench.errors import UsageError

P = ParamSpec("P")
R = TypeVar("R")

GREATEST: Final = 2_147_483_647
"""The greatest whole number that a parameter may be."""

Look = Callable[[object, str], Any]
"""Gives a parameter as the analysis takes it, or raises UsageError naming it."""


def checked(analysis: Callable[P, R]) -> Callable[P, R]:
    """Look at each argument by its annotation (``LOOKS``) before the analysis runs.

    Raises UsageError for what is of another kind, for a number that is none, negative or too large for a whole one, for
    one word in place of a list, for text that cannot be written, and for a table with two columns of one name.
    """
    signature = inspect.signature(analysis)
    looks = {
        name: LOOKS[str(each.annotation).removesuffix(" | None")]
        for name, each in signature.parameters.items()
    }
    may_lack = {
        name for name, each in signature.parameters.items() if str(each.annotation).endswith(" | None")
    }

    @wraps(analysis)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        given = _bound(signature, analysis.__name__, args, kwargs)
        for name, value in given.arguments.items():
            if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
                given.arguments[name] = {key: looks[name](each, key) for key, each in value.items()}
            elif value is not None or name not in may_lack:
                given.arguments[name] = looks[name](value, name)
        return analysis(*given.args, **given.kwargs)

    return call


def _bound(
    signature: inspect.Signature, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> inspect.BoundArguments:
    try:
        return signature.bind(*args, **kwargs)
    except TypeError as error:
        raise UsageError(
            f"{name} cannot be called so",
            expected=", ".join(signature.parameters),
            found=str(error),
            todo="name each parameter as the docstring does",
        ) from error


def refused(name: str, expected: str, value: object, todo: str = "") -> UsageError:
    """Make the error for a parameter that does not fit."""
    return UsageError(
        "this parameter does not fit", where=name, expected=expected, found=described(value), todo=todo
    )


def out_of_range(name: str, expected: str, value: object) -> UsageError:
    """Make the error for a number that is too small or too large, or none."""
    return UsageError("this parameter is out of range", where=name, expected=expected, found=described(value))


def described(value: object) -> str:
    """Write whatever was passed, shortly."""
    if isinstance(value, pd.DataFrame | pd.Series | np.ndarray):
        return f"a {type(value).__name__} of {len(value)} rows" if np.ndim(value) else type(value).__name__
    try:
        return reprlib.repr(value)[:80]
    except ValueError:  # a whole number of more digits than Python writes
        return f"a very long {type(value).__name__}"


def _whole(value: object, name: str) -> int:
    if not isinstance(value, int | np.integer) or isinstance(value, bool):
        raise refused(name, "a whole number", value)
    if not 0 <= value <= GREATEST:
        raise out_of_range(name, f"a whole number from 0 to {GREATEST:,}", value)
    return int(value)


def _number(value: object, name: str) -> float:
    if not isinstance(value, int | float | np.integer | np.floating) or isinstance(value, bool):
        raise refused(name, "a number", value)
    plain: float = value.item() if isinstance(value, np.generic) else value
    if not -GREATEST <= plain <= GREATEST:  # so is what is no number
        raise out_of_range(name, f"a number up to {GREATEST:,}", value)
    return plain


def _yes_or_no(value: object, name: str) -> bool:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise refused(name, "True or False", value)


def _word(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise refused(name, "text", value)
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise refused(name, "text that can be written as UTF-8", value)
    return str(value)


def texts(value: object, name: str) -> list[str] | tuple[str, ...]:
    """Give a list of texts as it is, a set's in order: it has none, and a result must not depend on it.

    Raises UsageError for one text in place of a list, and for what is no text.
    """
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise refused(name, 'a list of texts, as ["one", "another"]', value)
    held = [_word(each, name) for each in value]
    if isinstance(value, AbstractSet):
        return tuple(sorted(held))
    return held if isinstance(value, list) else tuple(held)


def _names(value: object, name: str) -> str | list[str] | tuple[str, ...]:
    return _word(value, name) if isinstance(value, str) else texts(value, name)


def _named(value: object, name: str) -> Mapping[str, Sequence[str]] | Sequence[str]:
    """Take a list of names, or lists of names by words."""
    if isinstance(value, Mapping):
        return {_word(words, name): texts(held, f"{name}, {words}") for words, held in value.items()}
    return texts(value, name)


def _table(value: object, name: str) -> pd.DataFrame:
    if not isinstance(value, pd.DataFrame):
        raise refused(name, "a table as the case gives it", value)
    if not value.columns.is_unique:
        twice = value.columns[value.columns.duplicated()].unique()
        raise refused(name, "each column once", ", ".join(map(str, twice[:12])))
    return value


def _as_given(value: object, name: str) -> object:  # noqa: ARG001 - a look as the others
    """Leave to the analysis what only it can read: a time, a choice of words."""
    return value


LOOKS: Final[dict[str, Look]] = {
    "Bins": _word,
    "Collection[str]": texts,
    "Sequence[str]": texts,
    "Named": _named,
    "Network": _as_given,
    "bool": _yes_or_no,
    "float": _number,
    "int": _whole,
    "object": _as_given,
    "pd.DataFrame": _table,
    "str": _word,
    "str | Sequence[str]": _names,
}
"""Annotation -> the look at what is passed for it; ``| None`` may be added to any."""
