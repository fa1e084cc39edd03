"""The demonstration: the real commands, in order, on the invented town.

Nothing here is simulated but the network: each step is a command that a person could type, and the commands are
printed as they run. The caller hands in what runs a command, so that this stays below the command line.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from workbench.custody import seals
from workbench.demo import archive, town
from workbench.demo.scenarios import SCENARIOS, SHOWN, DemoCase
from workbench.demo.server import SampleNetwork
from workbench.department import FOLDER, Department
from workbench.errors import IntegrityError
from workbench.records import Record

Run = Callable[..., int]
"""Runs ``workbench`` with these words and gives its exit code."""
Say = Callable[[str], None]

CHIEF, ADMINISTRATOR, DETECTIVE, SUPERVISOR = "9001", "9002", "1001", "2001"
_PEOPLE = {CHIEF: "Chief Example", ADMINISTRATOR: "Admin Example"}


class Places(Record, frozen=True, kw_only=True):
    """Where the demonstration keeps its things, all under one folder."""

    home: Path

    @property
    def casefiles(self) -> Path:
        """The cases and the department."""
        return self.home / "casefiles"

    @property
    def passphrase(self) -> Path:
        """The file with the demo officers' passphrase."""
        return self.home / "passphrase"

    def environment(self) -> dict[str, str]:
        """What the demo's commands need to find their things; nothing of the user's own is touched."""
        return {
            "WORKBENCH_CASEFILES": str(self.casefiles),
            "WORKBENCH_KEYS": str(self.home / "keys"),
            "WORKBENCH_AGENT": str(self.home / "agent.sock"),
            "WORKBENCH_PASSPHRASE_FILE": str(self.passphrase),
        }


def new_home(base: Path) -> Places:
    """Take the next free numbered folder under ``base``, so that a second demo overwrites nothing."""
    base.mkdir(parents=True, exist_ok=True)
    numbers = [int(path.name) for path in base.iterdir() if path.name.isdigit()]
    home = base / str(max(numbers, default=0) + 1)
    home.mkdir()
    return Places(home=home)


def walk(base: Path, run: Run, say: Say) -> Places:
    """Run the whole demonstration; give where everything is. Raises where a step does not do what it should."""
    cases = [SCENARIOS[name] for name in SHOWN]
    places, step = _begin(base, run, say)
    with SampleNetwork(town.build()) as network:
        say(f"\nThe sample network (fiction) listens at {network.url}\n")
        _department(step, places, network)
        for case in cases:
            _case(step, case, network, refused=case is cases[0])
        _import(step, places)
        _notebooks(step, places, cases)
    _review(step)
    _package(step, places, say)
    _verify(step, places, cases)
    _altered(step, places, cases[0], say)
    step("lock", "--as", DETECTIVE)
    return places


def walk_one(base: Path, run: Run, say: Say, case: DemoCase) -> Places:
    """Run one scenario: department, case, collection, notebook, verification."""
    places, step = _begin(base, run, say)
    with SampleNetwork(town.build()) as network:
        say(f"\nThe sample network (fiction) listens at {network.url}\n")
        _department(step, places, network)
        _case(step, case.alone, network, refused=True)
        if case is SCENARIOS["wanted"]:
            _import(step, places)
        _notebooks(step, places, [case])
    _verify(step, places, [case])
    step("lock", "--as", DETECTIVE)
    return places


def _begin(base: Path, run: Run, say: Say) -> tuple[Places, _Step]:
    """Take a new folder, point the environment at it, write the demo officers' passphrase."""
    places = new_home(base)
    os.environ.update(places.environment())
    os.environ.pop("SSH_AUTH_SOCK", None)
    os.environ.pop("WORKBENCH_OFFICER", None)
    fd = os.open(places.passphrase, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w") as file:
        file.write(secrets.token_urlsafe(16))
    return places, _Step(run, say)


class _Step:
    """Prints a command, runs it, and stops the demonstration when it ends otherwise than it should."""

    def __init__(self, run: Run, say: Say) -> None:
        self._run = run
        self._say = say

    def __call__(self, *words: str, expect: int = 0) -> None:
        shown = [f'"{word}"' if " " in word else word for word in words]
        self._say("$ workbench " + " ".join(shown))
        code = self._run(*words)
        self._say("")
        if code != expect:
            raise IntegrityError(
                "a step of the demonstration went wrong",
                where=f"workbench {words[0]}",
                expected=f"exit code {expect}",
                found=str(code),
                todo="please report this with the lines above",
            )


def _department(step: _Step, places: Places, network: SampleNetwork) -> None:
    file = str(places.passphrase)
    step(
        *("department", "init", "--name", "Quillhaven Police (FICTION)", "--timezone", "America/New_York"),
        *("--chief", CHIEF, "--chief-name", _PEOPLE[CHIEF], "--chief-passphrase-file", file),
        *("--administrator", ADMINISTRATOR, "--administrator-name", _PEOPLE[ADMINISTRATOR]),
        *("--administrator-passphrase-file", file),
    )
    step("unlock", "--as", CHIEF)
    for badge, name, role in (
        (DETECTIVE, "Det. Example", "detective"),
        (SUPERVISOR, "Sgt. Example", "supervisor"),
    ):
        step("officer", "add", badge, name, role, "--as", CHIEF, "--new-passphrase-file", file)
        step("unlock", "--as", badge)
    step(
        *("department", "grant", network.host, "127.0.0.1/32", "--as", CHIEF),
        *("--reason", "the sample network of the demonstration, on this machine only"),
    )
    step("department", "pace", "0", "--as", CHIEF)
    step("lock", "--as", CHIEF)


def _case(step: _Step, case: DemoCase, network: SampleNetwork, *, refused: bool) -> None:
    """Open, request, approve, collect; with ``refused``, also try what must be refused on the way."""
    facts = [word for name, text in case.facts.items() for word in ("--fact", f"{name}={text}")]
    opening = ("case", "open", case.number, "--purpose", case.purpose, "--subject", case.subject)
    step(*opening, *facts, "--as", DETECTIVE)
    if refused:
        # Before approval the gate refuses: exit code 4, and not one packet.
        step("collect", case.number, "--as", DETECTIVE, expect=4)
    targets = [word for name in case.accounts for word in ("--target", f"mastodon={network.url}/@{name}")]
    step("case", "request", case.number, *targets, "--days", "14", "--as", DETECTIVE)
    if refused:
        step("case", "approve", case.number, "--as", DETECTIVE, expect=4)
    step("case", "approve", case.number, "--as", SUPERVISOR)
    step("collect", case.number, "--as", DETECTIVE)


def _import(step: _Step, places: Places) -> None:
    given = archive.write(places.home / "given" / "x-archive.zip")
    step(
        *(
            "import",
            SCENARIOS["wanted"].number,
            str(given),
            "--giver",
            "FICTION: former landlady",
            "--basis",
            "consent",
        ),
        *("--device", "USB stick", "--manner", "handed over at the desk", "--as", DETECTIVE),
        *("--receipt", str(places.home / "receipt.html")),
    )


def _notebooks(step: _Step, places: Places, cases: Sequence[DemoCase]) -> None:
    values = places.home / "values.json"
    values.write_bytes(msgspec.json.encode({case.number: case.parameters for case in cases}))
    step("batch", "--all", "--values", str(values), "--as", DETECTIVE)


def _review(step: _Step) -> None:
    """The supervisor looks, decides and countersigns; the detective cannot."""
    number = SCENARIOS["wanted"].number
    step("review", "show", number, "import-0001", "--sample", "2", "--as", SUPERVISOR)
    step("review", "approve", number, "import-0001", "--as", DETECTIVE, expect=4)
    step("review", "approve", number, "import-0001", "--as", SUPERVISOR)
    step("review", "sign", number, "--as", SUPERVISOR)


def _package(step: _Step, places: Places, say: Say) -> None:
    """Nothing leaves without a release; what leaves is checked with stock tools, where they are here."""
    number = SCENARIOS["wanted"].number
    # The chief releases the newest seal, and a release is an act that is sealed in its turn.
    newest = seals.newest(places.casefiles / number)
    if newest is None:
        raise IntegrityError("the demonstration's case has no seal", where=number)
    out = places.home / "package"
    making = ("package", number, "--as-of", str(newest.number), "--out", str(out), "--as", DETECTIVE)
    step(*making, "--release", "1", expect=4)
    step(
        *("release", "give", number, "--kind", "package", "--to", "FICTION: the prosecutor", "--days", "7"),
        *("--purpose", "FICTION: discovery", "--as", CHIEF),
    )
    step(*making, "--release", "1")
    check = ["verify.sh", "--root", Department(places.casefiles / FOLDER).root, "--seal", newest.sha256]
    say(f"$ cd {out}; sh {' '.join(check)}    # coreutils, openssl and ssh-keygen; nothing of ours")
    if not all(shutil.which(tool) for tool in ("sh", "sha256sum", "openssl", "ssh-keygen")):
        say("not run: one of these is not on this machine\n")
        return
    done = subprocess.run(["sh", *check], cwd=out, capture_output=True, text=True, check=False)  # noqa: S603, S607 - our own script, the system's shell
    say(done.stdout + done.stderr)
    if done.returncode:
        raise IntegrityError("the package does not check out with stock tools", where=str(out))


def _verify(step: _Step, places: Places, cases: Sequence[DemoCase]) -> None:
    root = Department(places.casefiles / FOLDER).root
    for case in cases:
        step("verify", case.number, "--root", root, "--anchor", str(places.casefiles / FOLDER))


def _altered(step: _Step, places: Places, case: DemoCase, say: Say) -> None:
    """Change one byte of a copy: the verification must say so."""
    copy = places.home / "altered" / case.number
    shutil.copytree(places.casefiles / case.number, copy)
    place = alter(copy)
    say(f"Now one byte of a copy is changed: {place}\n")
    step("verify", str(copy), "--root", Department(places.casefiles / FOLDER).root, expect=3)


def alter(folder: Path) -> str:
    """Change one byte in the middle of a case's first capture; say which."""
    path = min((folder / "warc").iterdir())
    data = bytearray(path.read_bytes())
    place = len(data) // 2
    data[place] ^= 1
    path.write_bytes(data)
    return f"{path.relative_to(folder).as_posix()}, byte {place}"


def closing(places: Places, case: DemoCase | None = None) -> str:
    """Say where everything is and what to try next; after one scenario, also what to look for."""
    notebooks = sorted(places.casefiles.glob("*/runs/*/notebook.html"))
    logs = sorted(places.casefiles.glob("2*/log/000001.jsonl"))
    return "\n".join(
        [
            "Done. Everything is fiction, and everything is in " + str(places.home),
            "",
            "Notebooks to read in a browser (no network needed):",
            *(f"  {path}" for path in notebooks),
            "The executed notebooks lie beside them as notebook.ipynb. Custody logs:",
            *(f"  {path}" for path in logs),
            *(_papers(places) if case is None else _to_look_for(case)),
            "",
            "What to try next (as the demo's detective):",
            f"  export {_settings(places)} WORKBENCH_OFFICER={DETECTIVE}",
            *_to_try(case or SCENARIOS[SHOWN[0]]),
        ]
    )


def _papers(places: Places) -> list[str]:
    others = sorted(set(SCENARIOS) - set(SHOWN))
    return [
        f"The receipt to print: {places.home / 'receipt.html'}",
        f"The court package: {places.home / 'package'} (begin with VERIFY.txt and data/index.html)",
        f"More scenarios, one at a time: workbench demo --purpose {' | '.join(others)}",
    ]


def _to_look_for(case: DemoCase) -> list[str]:
    return [
        "",
        f"What to look for in it ({case.title}):",
        *(f"  - {line}" for line in case.look_for),
        f"The answer key, to be read afterwards: docs/demo-town.md, '{case.title}'",
    ]


def _settings(places: Places) -> str:
    return " ".join(f"{key}={value}" for key, value in places.environment().items())


def _to_try(case: DemoCase) -> list[str]:
    return [
        f"  workbench case show {case.number}",
        f"  workbench exhibit {case.number} E0002",
        f"  workbench run {case.number} --notebook {case.purpose}",
        f"  workbench lab {case.number}",
    ]
