"""What all tests share: cheap keys, no agent but the test's own, and no silent skip in CI."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import Desk
from workbench.custody import keys


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """With CI=true a skipped test is a failure: what is missing must be installed there."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined] # pluggy's result, which pytest does not type
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {item.nodeid}: {report.longrepr}"


@pytest.fixture(autouse=True)
def _quiet_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the tests away from the keys and agents of whoever runs them."""
    for name in [name for name in os.environ if name.startswith("WORKBENCH_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setenv("WORKBENCH_AGENT", str(tmp_path / "no-agent.sock"))
    monkeypatch.setattr(keys, "KDF_ROUNDS", 1)
    # No test outlives a power cut; what a killed process had written, the kernel keeps.
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(os, "fdatasync", lambda _: None, raising=False)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A department with a chief, an administrator, two detectives and two supervisors, at a stopped clock."""
    return Desk(tmp_path)
