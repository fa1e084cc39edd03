"""Real runs to look at, made once: three cases of the sample network's town, and one of hostile words."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import mkdtemp

import msgspec
import pytest

from tests.browser import devtools, lab_kit
from tests.desk import FACTS, Desk
from workbench import intake, sealing, times
from workbench.casefile import CaseFile, Receipt
from workbench.custody import keys
from workbench.demo.server import SampleNetwork
from workbench.demo.town import build
from workbench.policy.purposes import PURPOSES
from workbench.policy.versions import Scope
from workbench.production.report import PAGE, Asked, report
from workbench.records import Order, Record, Target
from workbench.release import give
from workbench.runner.batch import batch
from workbench.runner.run import Job

OFFICER = "1001"
HOSTILE = (
    "</script><img src=x onerror=alert('ESCAPED')>",
    "<a href=\"javascript:alert('ESCAPED')\">a link</a> javascript:alert('ESCAPED')",
    "invoice_\u202egnp.exe",
    '"><iframe srcdoc="<script>parent.document.title=\'ESCAPED\'</script>"></iframe></table>',
    "<style>body{display:none}@import url(http://198.51.100.7/a.css)</style>",
)
"""Words as an attacker would post them."""


class Told(Record, frozen=True, kw_only=True):
    """One case of the fixture: its purpose, the captured accounts, the values of its run."""

    purpose: str
    accounts: tuple[str, ...]
    values: Mapping[str, str]


CASES = {
    "2026-0001": Told(
        purpose="missing",
        accounts=("wren_a", "minna_op", "dez_northbound"),
        values={"person": "wren_a", "looked_until": "2026-05-10"},
    ),
    "2026-0002": Told(
        purpose="wanted",
        accounts=("brannoch_teale", "branoch_teal", "mott_lowgear"),
        values={"handles": "brannoch_teale"},
    ),
    "2026-0003": Told(
        purpose="cyberstalking",
        accounts=("ione_clay", "greywether_77", "lampwatch_3", "kiln_gossip"),
        values={"target": "ione_clay"},
    ),
    "2026-0004": Told(purpose="missing", accounts=("edge_case",), values={"person": "edge_case, roe"}),
    "2026-0005": Told(purpose="gang", accounts=("dray_van_9", "saw_teeth_6", "tarp_runner"), values={}),
    "2026-0006": Told(purpose="crime-media", accounts=("jax_orlo", "dock_reposts"), values={}),
    # Three that the tests of forms write into.
    "2026-0007": Told(purpose="gang", accounts=("dray_van_9", "saw_teeth_6"), values={}),
    "2026-0008": Told(purpose="crime-media", accounts=("dock_reposts",), values={}),
    "2026-0009": Told(
        purpose="cyberstalking",
        accounts=("ione_clay", "greywether_77", "lampwatch_3", "kiln_gossip"),
        values={"target": "ione_clay"},
    ),
}


class Cases(Record, frozen=True, kw_only=True):
    """The cases, with what a command needs to act in them."""

    casefiles: Path
    environment: dict[str, str]
    reports: dict[str, Path]

    def page(self, number: str) -> Path:
        """Give the exported page of a case's run."""
        (found,) = (self.casefiles / number).glob("runs/*/notebook.html")
        return found


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[devtools.Browser]:
    """A browser for all tests here, each with pages of its own."""
    if devtools.PROGRAM is None:
        pytest.skip("there is no Chromium here to look with (Debian: apt-get install chromium)")
    with devtools.browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture(scope="session")
def cases(chromium: devtools.Browser, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Cases:
    """Cases that were captured, imported and run. ``chromium`` is asked for so that all this is skipped with it.

    The first process that needs them makes them, for all: no two tests write into the same case.
    """
    del chromium
    base = tmp_path_factory.getbasetemp()
    # Of processes that share the work each has a folder of its own in one that they share.
    shared = base if worker_id == "master" else base.parent
    made = shared / "cases.json"
    with (shared / "cases.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            town = _made(Path(mkdtemp(prefix="town-", dir=shared)))
            made.write_bytes(msgspec.json.encode(town, enc_hook=str))
    return msgspec.json.decode(made.read_bytes(), type=Cases, dec_hook=lambda _, text: Path(text))


def _made(home: Path) -> Cases:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "KDF_ROUNDS", 1)
        for name in [name for name in os.environ if name.startswith("WORKBENCH_")]:
            patch.delenv(name)
        desk = Desk(home, now=times.now())
        with SampleNetwork(build()) as network:
            desk.grant(network.host)
            made = {number: captured(desk, network, number, told) for number, told in CASES.items()}
        _give_hostile(made["2026-0004"], home)
        jobs = [
            Job(folder=case.folder, notebook=CASES[number].purpose, given=CASES[number].values)
            for number, case in made.items()
        ]
        for result in batch(jobs, desk.department, OFFICER, at_once=2):
            assert result.status == "complete", result
        reports = {number: _reported(desk, made[number], home) for number in ("2026-0003", "2026-0004")}
        passphrase = desk.write_keys(OFFICER)
    environment = {
        "WORKBENCH_CASEFILES": str(desk.casefiles),
        "WORKBENCH_KEYS": str(desk.keys),
        "WORKBENCH_OFFICER": OFFICER,
        "WORKBENCH_PASSPHRASE_FILE": str(passphrase),
    }
    return Cases(casefiles=desk.casefiles, environment=environment, reports=reports)


@pytest.fixture(scope="session")
def lab(cases: Cases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[lab_kit.Desk]:
    """One JupyterLab over the working copies of all cases, which begin with the values of the cases' runs."""
    with lab_kit.running(cases, tmp_path_factory.mktemp("lab")) as found:
        yield found


def _reported(desk: Desk, case: CaseFile, home: Path) -> Path:
    """Have a case's run released and reported; give the report's folder."""
    sealing.finish(case, desk.sign_in(OFFICER))
    chief = CaseFile(case.folder, desk.department, "c1", desk.clock)
    given = give(chief, desk.sign_in("c1"), "report", None, recipient=HOSTILE[0], purpose=HOSTILE[4])
    out = home / f"report-{case.number}"
    session, acting = desk.sign_in(OFFICER), CaseFile(case.folder, desk.department, OFFICER, desk.clock)
    report(acting, session, out, release=given.release, asked=Asked(format="html"))
    return out / PAGE


def captured(desk: Desk, network: SampleNetwork, number: str, told: Told) -> CaseFile:
    """Make an approved case and capture its accounts; give it."""
    targets = tuple(Target(source="mastodon", target=f"{network.url}/@{name}") for name in told.accounts)
    facts = {
        fact.name: next(iter(fact.choices), f"the {fact.title.lower()}")
        for fact in PURPOSES[told.purpose].facts
    } | FACTS
    named = {fact.name for fact in PURPOSES[told.purpose].facts}
    case = desk.draft(
        number,
        purpose=told.purpose,
        facts={name: text for name, text in facts.items() if name in named},
        subjects=("Somebody invented",),
    )
    case.act(desk.sign_in(OFFICER), "request", scope=Scope(targets=targets, hosts=(network.host,)), days=3)
    desk.approve(case, "2001", days=3)
    for target in targets:
        intake.collect(case, desk.sign_in(OFFICER), Order(target=target), report=lambda *_: None)
    return case


def _give_hostile(case: CaseFile, folder: Path) -> None:
    """Import a Mastodon archive whose names and posts try to get out of the page; later than all of the town."""
    me = "https://social.test/users/roe"
    posts = [
        {
            "id": f"{me}/statuses/{number}/activity",
            "type": "Create",
            "actor": me,
            "published": f"2026-05-20T{number:02d}:00:00Z",
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
            "cc": [],
            "object": {
                "id": f"{me}/statuses/{number}",
                "type": "Note",
                "published": f"2026-05-20T{number:02d}:00:00Z",
                "attributedTo": me,
                "content": words.replace("<", "&lt;"),
                "attachment": [],
                "tag": [],
            },
        }
        for number, words in enumerate(HOSTILE)
    ]
    outbox = {
        "type": "OrderedCollection",
        "id": "outbox.json",
        "totalItems": len(posts),
        "orderedItems": posts,
    }
    actor = {
        "id": me,
        "type": "Person",
        "preferredUsername": "roe",
        "name": HOSTILE[0],
        "summary": HOSTILE[1],
        "url": "javascript:alert('ESCAPED')",
        "outbox": "outbox.json",
    }
    files = []
    for name, content in (("outbox.json", outbox), ("actor.json", actor)):
        path = folder / name
        path.write_text(json.dumps({"@context": "https://www.w3.org/ns/activitystreams", **content}), "utf-8")
        files.append((path, f"archive/{name}"))
    intake.take_in(case, files, Receipt(giver=HOSTILE[0]))
