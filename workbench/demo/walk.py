"""The demonstration: the real commands, in order, on the invented town.

Nothing here is simulated but the network: each step is a command that a person could type, and the commands are
printed as they run. The caller hands in what runs a command, so that this stays below the command line.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from workbench.custody import seals
from workbench.demo import archive, town
from workbench.demo.server import SampleNetwork
from workbench.department import FOLDER, Department
from workbench.errors import IntegrityError
from workbench.records import Record

Run = Callable[..., int]
"""Runs ``workbench`` with these words and gives its exit code."""
Say = Callable[[str], None]

CHIEF, ADMINISTRATOR, DETECTIVE, SUPERVISOR = "9001", "9002", "1001", "2001"
_PEOPLE = {CHIEF: "Chief Example", ADMINISTRATOR: "Admin Example"}


class DemoCase(Record, frozen=True, kw_only=True):
    """One case of the demonstration."""

    number: str
    purpose: str
    subject: str
    facts: Mapping[str, str]
    accounts: tuple[str, ...]
    values: Mapping[str, str]


CASES = (
    DemoCase(
        number="2026-0001",
        purpose="missing",
        subject="Wren Addleby (invented)",
        facts={
            "predicate": "FICTION: a teenager did not come home; her mother reported it the next morning",
            "report_number": "QH-26-0311",
            "last_contact": "FICTION: Thu 7 May, about 21:00, Mill Race Lane, seen by the letter carrier",
            "category": "EMJ",
        },
        accounts=(
            "wren_a",
            "minna_op",
            "jory_teck",
            "odell_k",
            "marit_addleby",
            "hal_birdnote",
            "dez_northbound",
        ),
        values={"person": "wren_a", "looked_until": "2026-05-10"},
    ),
    DemoCase(
        number="2026-0002",
        purpose="wanted",
        subject="Brannoch Teale (invented)",
        facts={
            "predicate": "FICTION: failed to appear after outboards were stolen from the Mill Race Lane lock-ups",
            "warrant": "QH-W-118",
            "warrant_verified": "2026-05-10 09:30 by the records desk",
        },
        accounts=("brannoch_teale", "branoch_teal", "brannock_teague", "pru_dockside", "mott_lowgear"),
        values={"handles": "brannoch_teale"},
    ),
    DemoCase(
        number="2026-0003",
        purpose="cyberstalking",
        subject="Ione Castellane (invented complainant)",
        facts={
            "predicate": "FICTION: repeated unwanted posts after a request to stop",
            "statute": "M.G.L. c.265 §43A (candidate)",
            "complainant": "QH-C-77",
        },
        accounts=("ione_clay", "greywether_77", "tobin_farrow", "marguerite_oak"),
        values={"target": "ione_clay"},
    ),
)


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
    """Run the demonstration; give where everything is. Raises where a step does not do what it should."""
    places = new_home(base)
    os.environ.update(places.environment())
    os.environ.pop("SSH_AUTH_SOCK", None)
    os.environ.pop("WORKBENCH_OFFICER", None)
    fd = os.open(places.passphrase, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w") as file:
        file.write(secrets.token_urlsafe(16))
    step = _Step(run, say)
    with SampleNetwork(town.build()) as network:
        say(f"\nThe sample network (fiction) listens at {network.url}\n")
        _department(step, places, network)
        for case in CASES:
            _case(step, case, network)
        _import(step, places)
        _notebooks(step, places)
    _review(step)
    _package(step, places, say)
    _verify(step, places, say)
    step("lock", "--as", DETECTIVE)
    return places


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


def _case(step: _Step, case: DemoCase, network: SampleNetwork) -> None:
    facts = [word for name, text in case.facts.items() for word in ("--fact", f"{name}={text}")]
    opening = ("case", "open", case.number, "--purpose", case.purpose, "--subject", case.subject)
    step(*opening, *facts, "--as", DETECTIVE)
    if case is CASES[0]:
        # Before approval the gate refuses: exit code 4, and not one packet.
        step("collect", case.number, "--as", DETECTIVE, expect=4)
    targets = [word for name in case.accounts for word in ("--target", f"mastodon={network.url}/@{name}")]
    step("case", "request", case.number, *targets, "--days", "14", "--as", DETECTIVE)
    if case is CASES[0]:
        step("case", "approve", case.number, "--as", DETECTIVE, expect=4)
    step("case", "approve", case.number, "--as", SUPERVISOR)
    step("collect", case.number, "--as", DETECTIVE)


def _import(step: _Step, places: Places) -> None:
    given = archive.write(places.home / "given" / "x-archive.zip")
    step(
        *("import", CASES[1].number, str(given), "--giver", "FICTION: former landlady", "--basis", "consent"),
        *("--device", "USB stick", "--manner", "handed over at the desk", "--as", DETECTIVE),
        *("--receipt", str(places.home / "receipt.html")),
    )


def _notebooks(step: _Step, places: Places) -> None:
    values = places.home / "values.json"
    values.write_bytes(msgspec.json.encode({case.number: case.values for case in CASES}))
    step("batch", "--all", "--values", str(values), "--as", DETECTIVE)


def _review(step: _Step) -> None:
    """The supervisor looks, decides and countersigns; the detective cannot."""
    number = CASES[1].number
    step("review", "show", number, "import-0001", "--sample", "2", "--as", SUPERVISOR)
    step("review", "approve", number, "import-0001", "--as", DETECTIVE, expect=4)
    step("review", "approve", number, "import-0001", "--as", SUPERVISOR)
    step("review", "sign", number, "--as", SUPERVISOR)


def _package(step: _Step, places: Places, say: Say) -> None:
    """Nothing leaves without a release; what leaves is checked with stock tools, where they are here."""
    number = CASES[1].number
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


def _verify(step: _Step, places: Places, say: Say) -> None:
    root = Department(places.casefiles / FOLDER).root
    for case in CASES:
        step("verify", case.number, "--root", root, "--anchor", str(places.casefiles / FOLDER))
    copy = places.home / "altered" / CASES[0].number
    shutil.copytree(places.casefiles / CASES[0].number, copy)
    place = alter(copy)
    say(f"Now one byte of a copy is changed: {place}\n")
    step("verify", str(copy), "--root", root, expect=3)


def alter(folder: Path) -> str:
    """Change one byte in the middle of a case's first capture; say which."""
    path = min((folder / "warc").iterdir())
    data = bytearray(path.read_bytes())
    place = len(data) // 2
    data[place] ^= 1
    path.write_bytes(data)
    return f"{path.relative_to(folder).as_posix()}, byte {place}"


def closing(places: Places) -> str:
    """Say where everything is and what to try next."""
    settings = " ".join(f"{key}={value}" for key, value in places.environment().items())
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
            f"The receipt to print: {places.home / 'receipt.html'}",
            f"The court package: {places.home / 'package'} (begin with VERIFY.txt and data/index.html)",
            "",
            "What to try next (as the demo's detective):",
            f"  export {settings} WORKBENCH_OFFICER={DETECTIVE}",
            f"  workbench case show {CASES[0].number}",
            f"  workbench exhibit {CASES[0].number} E0002",
            f"  workbench run {CASES[0].number} --notebook missing",
            "  workbench lab",
        ]
    )
