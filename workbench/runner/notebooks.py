"""Where the notebooks are, and reading and writing them as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import InputError, UsageError

if TYPE_CHECKING:
    import nbformat

_PACKAGE = Path(__file__).resolve().parents[1]
_PLACES = (_PACKAGE / "notebooks", _PACKAGE.parent / "notebooks")
"""Inside an installed wheel; beside the package in a checkout."""


def folder() -> Path:
    """Give the folder that holds the notebooks which come with the workbench."""
    for place in _PLACES:
        if (place / "start.ipynb").is_file():
            return place
    raise InputError(
        "the notebooks are not where the workbench expects them",
        expected=" or ".join(map(str, _PLACES)),
        todo="install the workbench again, or work in a whole checkout",
    )


def names() -> tuple[str, ...]:
    """List the notebooks by name, without the forms of ``start``."""
    return tuple(sorted(path.stem for path in folder().glob("*.ipynb") if path.stem != "start"))


def find(name: str) -> Path:
    """Give the path of a notebook by its name (``missing``) or by a path of one's own copy."""
    if name in names():
        return folder() / f"{name}.ipynb"
    path = Path(name)
    if path.suffix == ".ipynb" and path.is_file():
        return path
    raise UsageError(
        "there is no such notebook",
        expected=f"{', '.join(names())} or the path of a .ipynb file",
        found=name[:120],
        todo="choose one with --notebook",
    )


def load(path: Path) -> nbformat.NotebookNode:
    """Read a notebook as format 4; raise InputError where it is none."""
    import nbformat  # noqa: PLC0415 - a second of every command that only knows of notebooks

    try:
        found: nbformat.NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError, AttributeError, KeyError, nbformat.ValidationError) as error:
        # nbformat's own errors are ValueErrors; JSON of another shape fails wherever it is first used.
        raise InputError(
            "this is not a readable notebook",
            where=str(path),
            expected="a Jupyter notebook, format 4",
            found=str(error)[:120],
            todo="choose one of the notebooks that come with the workbench, or a copy of one",
        ) from error
    return found


def content(notebook: nbformat.NotebookNode) -> bytes:
    """Give a notebook as the bytes of its file."""
    import nbformat  # noqa: PLC0415 - as above

    text: str = nbformat.writes(notebook, version=4)  # type: ignore[no-untyped-call]
    return (text if text.endswith("\n") else text + "\n").encode()
