"""A run's outcome is the truth, whatever the saved notebook would say."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest

from tests.runner_kit import notebook
from workbench.runner import process
from workbench.runner.outcome import HTML, NOTEBOOK, Limits, Outcome, Plan

LOOK = """
import os, socket
print(sorted(set(os.environ) & {"SSH_AUTH_SOCK", "WORKBENCH_PASSPHRASE_FILE", "SOME_TOKEN"}))
print(os.environ["OMP_NUM_THREADS"], os.listdir("."), until.year, repr(words))
try:
    socket.create_connection(("127.0.0.1", 9))
except Exception as error:
    print(type(error).__name__, error.reason)
"""
ENDINGS = {
    "ok": (LOOK, Limits()),
    "exited-early": ("raise SystemExit(0)", Limits()),
    "cell-error": ("1 / 0", Limits()),
    "kernel-died": ("import os; os._exit(0)", Limits()),
    "cell-timeout": ("import time; time.sleep(60)", Limits(cell_s=1)),
    "wall-clock": ("import time; time.sleep(60)", Limits(total_s=4)),
    "runner-died": ("import os, signal; os.kill(os.getppid(), signal.SIGKILL)", Limits()),
}


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Outcome, Path]]:
    """Run one notebook for each ending, two at a time."""
    root = tmp_path_factory.mktemp("endings")
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as place:
        patch.setenv("TMPDIR", place)
        patch.setattr(tempfile, "tempdir", place)
        with ThreadPoolExecutor(2) as pool:
            found = dict(pool.map(lambda reason: (reason, _end(root / reason, *ENDINGS[reason])), ENDINGS))
        left = sorted(path.name for path in Path(place).iterdir())
    assert left == [], "sockets and working folders are removed, however a run ends"
    return found


def _end(folder: Path, cell: str, limits: Limits) -> tuple[Outcome, Path]:
    (folder / "out").mkdir(parents=True)
    source = notebook(
        folder / "n.ipynb",
        "words: str = ''  # words\nuntil: date | None = None  # a day",
        cell,
        "'the last cell'",
    )
    values: dict[str, str | int | float | bool | None] = {"words": "a\"b\n'c'", "until": "2026-03-01"}
    plan = Plan(source=str(source), output=str(folder / "out"), title="t", values=values, limits=limits)
    return process.execute(plan, {"WORKBENCH_OFFICER": "d.ada"}), folder / "out"


@pytest.mark.parametrize("reason", ENDINGS)
def test_the_reason_is_the_true_one(ended: dict[str, tuple[Outcome, Path]], reason: str) -> None:
    outcome, folder = ended[reason]
    assert outcome.reason == reason
    assert outcome.complete == (reason == "ok")
    assert sorted(path.name for path in folder.iterdir()) == [HTML, NOTEBOOK]


@pytest.mark.parametrize("reason", [reason for reason in ENDINGS if reason not in {"ok", "runner-died"}])
def test_what_did_not_run_is_not_said_to_have_run(
    ended: dict[str, tuple[Outcome, Path]], reason: str
) -> None:
    outcome, folder = ended[reason]
    assert [cell.state for cell in outcome.cells] == ["ran", "ran", "ran", "failed", "not-run"]
    saved = nbformat.read(folder / NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    assert saved.cells[0].source.startswith(f"> **This run failed** (`{reason}`). 1 of 5")
    assert [cell.metadata.papermill.status for cell in saved.cells[-2:]] == ["failed", "pending"]
    assert saved.cells[-1].execution_count is None
    assert "This run failed" in (folder / HTML).read_text("utf-8")


def test_a_runner_that_was_killed_leaves_what_it_had(ended: dict[str, tuple[Outcome, Path]]) -> None:
    _, folder = ended["runner-died"]
    saved = nbformat.read(folder / NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    assert saved.cells[0].source.startswith("> **This run failed** (`runner-died`)")


def test_a_kernel_has_no_key_no_network_one_thread_and_an_empty_folder(
    ended: dict[str, tuple[Outcome, Path]],
) -> None:
    _, folder = ended["ok"]
    saved = nbformat.read(folder / NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    said = "".join(
        output.text for cell in saved.cells for output in cell.get("outputs", ()) if "text" in output
    )
    assert said == "[]\n1 [] 2026 'a\"b\\n\\'c\\''\nRefused plain-socket\n"


def test_a_kernel_that_does_not_start_is_tried_once_more(tmp_path: Path) -> None:
    spec = tmp_path / "jupyter" / "kernels" / "workbench"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text(
        '{"argv": ["false", "{connection_file}"], "display_name": "x", "language": "python"}'
    )
    (tmp_path / "out").mkdir()
    source = notebook(tmp_path / "n.ipynb", "a: int = 1  # one")
    plan = Plan(source=str(source), output=str(tmp_path / "out"), title="t")
    outcome = process.execute(plan, {"JUPYTER_PATH": str(tmp_path / "jupyter")})
    assert (outcome.reason, outcome.attempts) == ("start-failed", 2)
    assert [cell.state for cell in outcome.cells] == ["not-run", "not-run"]
