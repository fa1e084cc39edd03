"""Write ``environment.yml`` from ``pyproject.toml``: ``python -m tests.environment > environment.yml``."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_HEAD = """\
# For conda and mamba. Made from pyproject.toml by `make lock`; a test holds the two together.
# The exact, hashed versions are those of requirements.lock.
name: casefile-workbench
channels:
  - conda-forge
  - nodefaults
dependencies:
"""


def render() -> str:
    """Give the file's text: Python, pip, and every dependency as ``pyproject.toml`` asks for it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    lines = [f"  - python{project['requires-python']},<3.14", "  - pip", "  - pip:"]
    lines += [f"      - {one}" for one in sorted(wanted, key=str.lower)]
    lines.append("      - -e .")
    return _HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render())
