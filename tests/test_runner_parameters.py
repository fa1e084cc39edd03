"""Parameters are typed, described, and refused before anything starts."""

from __future__ import annotations

import contextlib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runner_kit import notebook
from workbench.errors import InputError, UsageError
from workbench.runner import parameters
from workbench.runner.parameters import Parameter, check, declared, effective

CELL = """
case_number: str = ""  # the case
collect: bool = False  # capture first
since: date | None = None  # first day
limit: int = 5  # how many
share: float = 0.5  # how much
until: date = date(2026, 3, 1)  # last day
"""


def test_a_cell_is_read_with_types_defaults_and_descriptions() -> None:
    found = {each.name: each for each in declared(CELL)}
    assert found["since"] == Parameter(
        name="since", kind="date", optional=True, default=None, description="first day"
    )
    assert [each.type_text for each in found.values()] == [
        "str",
        "bool",
        "date | None",
        "int",
        "float",
        "date",
    ]
    assert effective(declared(CELL), {"limit": 7}) == {
        "case_number": "",
        "collect": False,
        "since": None,
        "limit": 7,
        "share": 0.5,
        "until": date(2026, 3, 1),
    }


@pytest.mark.parametrize(
    ("given_values", "expected"),
    [
        ({"since": "2026-03-14"}, {"since": date(2026, 3, 14)}),
        ({"since": "none"}, {"since": None}),
        ({"since": ""}, {"since": None}),
        ({"since": date(2026, 3, 14)}, {"since": date(2026, 3, 14)}),
        ({"collect": "true", "limit": "7", "share": "1"}, {"collect": True, "limit": 7, "share": 1.0}),
        ({"share": 1}, {"share": 1.0}),
        ({"case_number": "none"}, {"case_number": "none"}),
    ],
)
def test_values_are_taken_as_typed_or_as_text(
    given_values: dict[str, object], expected: dict[str, object]
) -> None:
    found = check(declared(CELL), given_values)
    assert found == expected
    assert [type(value) for value in found.values()] == [type(value) for value in expected.values()]


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("limit", "many", "'many'"),
        ("limit", True, "bool 'True'"),
        ("limit", 1.5, "float '1.5'"),
        ("limit", None, "NoneType 'None'"),
        ("collect", 1, "int '1'"),
        ("collect", "perhaps", "'perhaps'"),
        ("share", float("nan"), "float 'nan'"),
        ("share", "inf", "'inf'"),
        ("share", 10**400, "int '1000"),
        ("since", "14 March", "'14 March'"),
        ("since", 3, "int '3'"),
        ("case_number", 3, "int '3'"),
        ("case_number", ["a"], "list"),
    ],
)
def test_a_wrong_type_is_refused_naming_parameter_expected_and_found(
    name: str, value: object, found: str
) -> None:
    with pytest.raises(UsageError) as caught:
        check(declared(CELL), {name: value})
    assert f"'{name}'" in caught.value.what
    assert caught.value.expected
    assert caught.value.found.startswith(found)


def test_an_unknown_parameter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="no parameter 'sinse'") as caught:
        check(declared(CELL), {"sinse": "2026-03-14"})
    assert "since" in caught.value.expected


@pytest.mark.parametrize(
    "cell",
    [
        "a = 1  # untyped",
        "a: int = 1",
        "a: list = []  # a list",
        "a: int | str = 1  # two types",
        "a: int = 'x'  # wrong default",
        "a: int = 1.5  # wrong default",
        "a: int = None  # none without | None",
        "a: date = 'soon'  # no date",
        "a: int  # no default",
        "import os",
        "a: int = f()  # a call",
        "a: int = (  # torn",
        "a: int = 1  # once\na: int = 2  # twice",
    ],
)
def test_a_cell_of_another_form_is_refused(cell: str) -> None:
    with pytest.raises(InputError) as caught:
        declared(cell, "n.ipynb")
    assert caught.value.where == "n.ipynb"


def test_a_notebook_that_is_none_is_refused(tmp_path: Path) -> None:
    for name, content in (("a.ipynb", "not json"), ("b.ipynb", "[]"), ("c.ipynb", '{"cells": 3}')):
        (tmp_path / name).write_text(content)
        with pytest.raises(InputError):
            parameters.read(tmp_path / name)
    assert parameters.read(notebook(tmp_path / "d.ipynb", "a: int = 1  # one")) == declared(
        "a: int = 1  # one"
    )


@given(text=st.text())
@settings(max_examples=60, deadline=None)
def test_any_text_is_a_str_and_nothing_else_breaks(text: str) -> None:
    assert check(declared(CELL), {"case_number": text}) == {"case_number": text}
    for name in ("limit", "share", "collect", "since"):
        with contextlib.suppress(UsageError):
            check(declared(CELL), {name: text})
