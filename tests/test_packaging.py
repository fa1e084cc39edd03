from __future__ import annotations

import re
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.environment import ROOT, render

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
WANTED = [Requirement(one) for one in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]]


def _locked() -> dict[str, str]:
    pins = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", LOCK, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pins}


def test_environment_yml_mirrors_pyproject() -> None:
    assert (ROOT / "environment.yml").read_text("utf-8") == render(), "run: make lock"


def test_the_lock_satisfies_pyproject() -> None:
    locked = _locked()
    missing = [
        str(one) for one in WANTED if locked.get(canonicalize_name(one.name), "none") not in one.specifier
    ]
    assert not missing, "run: make lock"


def test_every_locked_package_is_hashed_and_none_has_an_address() -> None:
    blocks = re.split(r"^(?=[A-Za-z0-9])", LOCK, flags=re.MULTILINE)
    unhashed = [block.split()[0] for block in blocks if block.strip() and "--hash=sha256:" not in block]
    assert not unhashed
    assert "://" not in LOCK
    assert "--index" not in LOCK
    assert "--find-links" not in LOCK


def test_the_tools_of_the_trade_are_default_dependencies() -> None:
    names = {canonicalize_name(Requirement(one).name) for one in PROJECT["dependencies"]}
    assert {"jupyterlab", "pandas", "networkx", "snscrape", "pyvis", "papermill"} <= names
