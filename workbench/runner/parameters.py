"""A notebook's typed, described parameters: read from its own cell, checked before anything starts.

The cell tagged ``parameters`` holds only lines of one form::

    since: date | None = None  # first day to look at (local time)

Types are ``str``, ``int``, ``float``, ``bool`` and ``date``, each with ``| None`` where it may be empty.
papermill itself only warns of a name it does not know, and writes any value into the notebook.
"""

from __future__ import annotations

import ast
import io
import math
import tokenize
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.errors import InputError, UsageError
from workbench.records import Record
from workbench.runner import notebooks

if TYPE_CHECKING:
    from nbformat import NotebookNode

Value = str | int | float | bool | date | None
"""What a parameter may hold."""

TAG = "parameters"
FORM = "name: type = default  # description"
TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool, "date": date}
_SAID = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "yes or no",
    "date": "a day such as 2026-01-31",
}
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Parameter(Record, frozen=True, kw_only=True):
    """One parameter of a notebook. ``kind`` is a name of ``TYPES``; ``optional`` allows None."""

    name: str
    kind: str
    optional: bool
    default: Value
    description: str

    @property
    def type_text(self) -> str:
        """Write the type as the notebook does, for example ``date | None``."""
        return f"{self.kind} | None" if self.optional else self.kind


def read(path: Path) -> tuple[Parameter, ...]:
    """Give the parameters that a notebook declares; none where it has no such cell."""
    return of_notebook(notebooks.load(path), str(path))


def of_notebook(notebook: NotebookNode, where: str) -> tuple[Parameter, ...]:
    """Give the parameters of a notebook that is already read; ``where`` names it in errors."""
    cells = [cell for cell in notebook.cells if TAG in cell.metadata.get("tags", ())]
    return declared(cells[0].source, where) if cells else ()


def declared(source: str, where: str = "") -> tuple[Parameter, ...]:
    """Read a parameters cell; raise InputError where a line has another form."""
    try:
        statements = ast.parse(source).body
        comments = _comments(source)
    except (SyntaxError, tokenize.TokenError, ValueError) as error:
        raise _malformed(where, str(error)) from error
    found = tuple(_one(node, comments, where) for node in statements)
    names = [parameter.name for parameter in found]
    for name in names:
        if names.count(name) > 1:
            raise _malformed(where, f"'{name}' twice")
    return found


def check(parameters: Sequence[Parameter], given: Mapping[str, object], where: str = "") -> dict[str, Value]:
    """Check given values, before anything starts: UsageError names the parameter, expected and found.

    Text is taken as a person types it (``true``, ``3``, ``2026-11-23``, ``none``). Gives the values
    given, typed; not the defaults.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name in given:
        if name not in known:
            raise UsageError(
                f"the notebook has no parameter '{name}'",
                where=where,
                expected=", ".join(known) or "no parameter at all",
                found=name[:80],
                todo="leave it out, or write it as the notebook does",
            )
    return {name: typed(known[name], value) for name, value in given.items()}


def typed(parameter: Parameter, value: object) -> Value:
    """Give a value of the parameter's type, or raise UsageError."""
    if value is None or (isinstance(value, str) and parameter.optional and value.lower() in {"", "none"}):
        if parameter.optional:
            return None
        raise _wrong(parameter, value)
    if isinstance(value, str):
        return _from_text(parameter, value)
    return _from_value(parameter, value)


def effective(parameters: Sequence[Parameter], given: Mapping[str, Value]) -> dict[str, Value]:
    """Give every parameter's value: the given one, else the notebook's default."""
    return {parameter.name: given.get(parameter.name, parameter.default) for parameter in parameters}


def plain(values: Mapping[str, Value]) -> dict[str, str | int | float | bool | None]:
    """Give values as JSON has them: a date becomes its text."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def stored(path: Path) -> dict[str, Any]:
    """Read a ``parameters.json`` that a run left; raise InputError where it is damaged."""
    try:
        content = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise InputError("the parameters of an earlier run cannot be read", where=str(path)) from error
    given = content.get("given") if isinstance(content, dict) else None
    if not isinstance(given, dict):
        raise InputError(
            "the parameters of an earlier run cannot be read",
            where=str(path),
            expected="an object 'given'",
            found=type(given).__name__,
        )
    return given


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: token.string.lstrip("#").strip() for token in tokens if token.type == tokenize.COMMENT
    }


def _one(node: ast.stmt, comments: Mapping[int, str], where: str) -> Parameter:
    if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value):
        raise _malformed(where, ast.unparse(node)[:80])
    kind, optional = _type(node.annotation, where)
    description = comments.get(node.end_lineno or node.lineno, "")
    if not description:
        raise _malformed(where, f"'{node.target.id}' without a description")
    draft = Parameter(
        name=node.target.id, kind=kind, optional=optional, default=None, description=description
    )
    return msgspec.structs.replace(draft, default=_default(draft, node.value, where))


def _type(annotation: ast.expr, where: str) -> tuple[str, bool]:
    names = [part.strip() for part in ast.unparse(annotation).strip("'\"").split("|")]
    kinds = [name for name in names if name != "None"]
    if len(kinds) != 1 or kinds[0] not in TYPES:
        raise _malformed(where, f"the type {ast.unparse(annotation)[:40]}")
    return kinds[0], "None" in names


def _default(parameter: Parameter, node: ast.expr, where: str) -> Value:
    try:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "date":
            return date(*(ast.literal_eval(argument) for argument in node.args))
        literal = ast.literal_eval(node)
    except (ValueError, TypeError) as error:
        raise _malformed(where, f"the default of '{parameter.name}'") from error
    try:
        # A default is code, so text is not read as a person's typing, except for days.
        if isinstance(literal, str) and parameter.kind not in {"str", "date"}:
            raise _wrong(parameter, literal)
        return literal if literal == "" and parameter.kind == "str" else typed(parameter, literal)
    except UsageError as error:
        raise _malformed(where, f"{error.what}: {error.found}") from error


def _from_text(parameter: Parameter, text: str) -> Value:
    try:
        match parameter.kind:
            case "str":
                return text
            case "int":
                return int(text)
            case "float":
                return _finite(float(text))
            case "bool":
                return _WORDS[text.lower()]
            case _:
                return date.fromisoformat(text)
    except (ValueError, KeyError) as error:
        raise _wrong(parameter, text) from error


def _from_value(parameter: Parameter, value: object) -> Value:
    kind = parameter.kind
    if kind == "float" and isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return _finite(float(value))
        except (ValueError, OverflowError) as error:
            raise _wrong(parameter, value) from error
    # By exact type: bool is an int to Python, and not to a person.
    if isinstance(value, str | int | date) and type(value) is TYPES[kind]:
        return value
    raise _wrong(parameter, value)


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError(number)
    return number


def _wrong(parameter: Parameter, value: object) -> UsageError:
    return UsageError(
        f"the parameter '{parameter.name}' does not take this value",
        where=parameter.description,
        expected=_SAID[parameter.kind] + ", or none" * parameter.optional,
        found=("" if isinstance(value, str) else f"{type(value).__name__} ") + repr(str(value)[:80]),
        todo="give such a value, or leave it out",
    )


def _malformed(where: str, found: str) -> InputError:
    return InputError(
        "the notebook's parameters cell cannot be read",
        where=where,
        expected=f"lines `{FORM}`, types {', '.join(TYPES)}, with `| None` where empty is allowed",
        found=found,
        todo="mend the cell tagged 'parameters'",
    )
