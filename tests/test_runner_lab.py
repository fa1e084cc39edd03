"""The lab works on copies, knows one kernel, and asks the network for nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from datetime import date
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.runner_kit import DETECTIVE, OTHER, Office
from workbench.errors import AuthorityError
from workbench.runner import lab, notebooks, sockets
from workbench.workspace.asking import BROKER


def test_copies_know_their_case_and_are_never_replaced(tmp_path: Path) -> None:
    case = Office(tmp_path / "cases").case()
    desk = lab.lay_out(tmp_path / "lab", case.folder)
    copy = desk.folder / case.number / "missing.ipynb"
    made = nbformat.read(copy, as_version=4)  # type: ignore[no-untyped-call]
    sources = [cell.source for cell in made.cells]
    assert f"case_number = '{case.number}'" in sources
    copy.write_text("somebody's work")
    lab.lay_out(tmp_path / "lab", case.folder)
    assert copy.read_text() == "somebody's work"
    assert (desk.folder / desk.first).is_file()
    assert {path.stem for path in copy.parent.glob("*.ipynb")} == set(notebooks.names())


def test_copies_begin_with_the_values_of_the_latest_run_but_ask_anew_what_is_yes_or_no(
    tmp_path: Path,
) -> None:
    case = Office(tmp_path / "cases").case()
    for given in (
        {"person": "somebody else"},
        {
            "person": "roe's",
            "looked_until": "2026-05-10",
            "shift_days": 9,
            "show_hidden": True,
            "street": True,
        },
    ):
        path = tmp_path / "parameters.json"
        path.write_text(json.dumps({"notebook": "missing", "given": given, "values": given}))
        case.add_run("missing", "complete", {"parameters.json": path})
    desk = lab.lay_out(tmp_path / "lab", case.folder)
    made = nbformat.read(desk.folder / case.number / "missing.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    (cell,) = [each for each in made.cells if each.id == "this-case"]
    space: dict[str, object] = {"date": date}
    exec(cell.source, space)  # noqa: S102 - what the lab wrote
    assert {name: space[name] for name in ("case_number", "person", "looked_until", "shift_days")} == {
        "case_number": case.number,
        "person": "roe's",
        "looked_until": date(2026, 5, 10),
        "shift_days": 9,
    }
    assert not {"show_hidden", "street", "collect"} & set(space)
    other = nbformat.read(desk.folder / case.number / "wanted.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    assert [each.source for each in other.cells if each.id == "this-case"] == [
        f"case_number = '{case.number}'"
    ]


def test_an_officer_who_may_not_read_the_case_gets_no_lab(tmp_path: Path) -> None:
    office = Office(tmp_path / "cases")
    case = office.case()
    with pytest.raises(AuthorityError):
        lab.lab(office.casefiles, office.department, OTHER, case=case.folder, folder=tmp_path / "lab")
    assert not (tmp_path / "lab").exists()


def test_no_secret_reaches_the_server(tmp_path: Path) -> None:
    base = {"SSH_AUTH_SOCK": "/run/agent", "A_TOKEN": "x", "DISPLAY": ":0", "PATH": "/bin"}
    found = lab.server_environment(base, {"WORKBENCH_OFFICER": DETECTIVE, BROKER: "/run/ask"}, tmp_path)
    assert not {"SSH_AUTH_SOCK", "A_TOKEN"} & set(found)
    assert (found["DISPLAY"], found["JUPYTER_RUNTIME_DIR"]) == (":0", str(tmp_path))


@pytest.mark.slow
def test_the_server_starts_with_our_kernel_only_and_runs_it_over_local_sockets(tmp_path: Path) -> None:
    desk = lab.lay_out(tmp_path / "lab")
    with sockets.private_folder() as private:
        environment = lab.server_environment(os.environ, {"WORKBENCH_OFFICER": DETECTIVE}, private)
        command = [*lab.command(private, desk), "--no-browser", "--IdentityProvider.token=t"]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, cwd=tmp_path)
        try:
            url = _address(private)
            specs = _get(url, "api/kernelspecs")
            assert list(specs["kernelspecs"]) == ["workbench"]
            assert specs["default"] == "workbench"
            cells = _get(url, "lab/api/settings/@jupyterlab/notebook-extension:tracker")["schema"]
            assert cells["properties"]["codeCellConfig"]["default"]["lineWrap"] is True
            links = _get(url, "lab/api/settings/@jupyterlab/apputils-extension:sanitizer")["schema"]
            assert links["properties"]["autolink"]["default"] is False
            assert links["properties"]["allowCommandLinker"]["default"] is False
            started = _get(url, "api/kernels", data=b'{"name": "workbench"}')
            assert started["name"] == "workbench"
            connection = json.loads((private / f"kernel-{started['id']}.json").read_text())
            assert connection["transport"] == "ipc"
            assert connection["ip"].startswith(str(private))
        finally:
            process.terminate()
            process.wait()


def _address(private: Path) -> str:
    for _ in range(300):
        found = list(private.glob("jpserver-*.json"))
        if found:
            return str(json.loads(found[0].read_text())["url"])
        time.sleep(0.1)
    raise AssertionError("the server did not start")


def _get(url: str, path: str, data: bytes | None = None) -> dict[str, Any]:
    request = urllib.request.Request(f"{url}{path}", data=data, headers={"Authorization": "token t"})  # noqa: S310 - loopback
    for _ in range(100):
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - loopback
                found: dict[str, str] = json.load(answer)
                return found
        except ConnectionError:
            time.sleep(0.1)
    raise AssertionError(f"no answer from {sys.argv[0]} at {path}")
