from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.capture_kit import Asked, Server
from tests.desk import FACTS, Desk
from workbench import intake
from workbench.capture import reading
from workbench.casefile import CaseFile, Receipt
from workbench.custody import log, sshsig
from workbench.custody.chain import Chain
from workbench.custody.verify import verify
from workbench.demo import town
from workbench.demo.server import SampleNetwork
from workbench.department import Session
from workbench.errors import Refused, StorageError, UsageError
from workbench.intake import Taken, collect, given_files, take_in
from workbench.policy.officers import APPROVE, whole_second
from workbench.policy.versions import DAY, Oral, Scope, ScopeLimits, Window
from workbench.records import Exchange, Order, Target
from workbench.tables import read
from workbench.times import stamp

PERSON = "wren_a"


@pytest.fixture
def network() -> Iterator[SampleNetwork]:
    with SampleNetwork(town.build()) as found:
        yield found


def _target(host: str, person: str = PERSON) -> Target:
    return Target(source="mastodon", target=f"http://{host}/@{person}")


def _scope(host: str, **changes: Any) -> Scope:
    fields: dict[str, Any] = {"targets": (_target(host),), "hosts": (host,), "media": False, "context": False}
    return Scope(**(fields | changes))


def _order(host: str, **changes: Any) -> Order:
    fields: dict[str, Any] = {"target": _target(host), "media": False, "context": False}
    return Order(**(fields | changes))


def _quiet(_: str, __: int) -> None:
    """Report to nobody."""


def _collect(desk: Desk, case: CaseFile, host: str, badge: str = "1001", **changes: Any) -> Taken:
    case = desk.open(case, badge)
    return collect(case, desk.sign_in(badge), _order(host, **changes), report=_quiet)


def _requests(case: CaseFile) -> list[Exchange]:
    found = []
    for exhibit in log.exhibits(case.folder):
        data = (case.folder / exhibit.file).read_bytes()
        found.append(reading.exchange(data[exhibit.offset : exhibit.offset + exhibit.length]))
    return found


def _shown() -> set[str]:
    posts = town.build().posts_of(PERSON)
    return {post.id for post in posts if post.visibility in {"public", "unlisted"}}


def _sound(case: CaseFile) -> None:
    assert verify(case.folder, root=case.department.root, processes=1).defects == []


# --- the promise: no packet without authority --------------------------------------------------


def _draft(desk: Desk, _: str) -> CaseFile:
    return desk.draft()


def _requested(desk: Desk, host: str) -> CaseFile:
    return desk.requested(_scope(host))


def _turned_down(desk: Desk, host: str) -> CaseFile:
    case = desk.requested(_scope(host))
    pending = case.standing().pending
    assert pending is not None
    case.act(desk.sign_in("2001"), "refuse", refuses=pending.sha256, reason="no")
    return case


def _expired(desk: Desk, host: str) -> CaseFile:
    case = desk.approved(_scope(host), days=1)
    desk.now += DAY
    return case


def _closed(desk: Desk, host: str) -> CaseFile:
    case = desk.approved(_scope(host))
    case.act(desk.sign_in("1001"), "close", reason="found safe")
    return case


def _other_target(desk: Desk, host: str) -> CaseFile:
    return desk.approved(_scope(host, targets=(_target(host, "odell_k"),)))


def _other_window(desk: Desk, host: str) -> CaseFile:
    return desk.approved(_scope(host, window=Window(since=stamp(desk.now))))


def _forged(
    signer: Callable[[Desk], Session] | None, by: str, namespace: str = APPROVE
) -> Callable[..., Any]:
    def prepare(desk: Desk, host: str) -> CaseFile:
        case = desk.requested(_scope(host))
        last = case.history().versions[-1]
        version = last.version.changed(
            act="approve",
            by=by,
            at=stamp(desk.now),
            previous=last.sha256,
            approves=last.sha256,
            expires=stamp(desk.now + DAY),
        )
        data = version.render()
        (case.folder / "case/0003.json").write_bytes(data)
        signatures = {}
        if signer is not None:
            armored = sshsig.sign(signer(desk).signer, data, namespace)
            (case.folder / f"case/0003.json.{by}.sig").write_bytes(armored)
            signatures[by] = hashlib.sha256(armored).hexdigest()
        fields = {"version": 3, "act": "approve", "sha256": hashlib.sha256(data).hexdigest()}
        Chain(case.folder, "log", desk.clock).append(by, [("case", {**fields, "signatures": signatures})])
        return case

    return prepare


def _compromised(desk: Desk, host: str) -> CaseFile:
    case = desk.approved(_scope(host))
    end = whole_second(desk.now)
    lines = [
        msgspec.structs.replace(key, before=end, compromised=True) if key.badge == "2001" else key
        for key in desk.department.officers.keys
    ]
    desk.department.change([desk.sign_in("c1")], lines=lines)
    return case


def _self_approved(desk: Desk, host: str) -> CaseFile:
    case: CaseFile = _forged(lambda d: d.sign_in("1001"), "1001")(desk, host)
    return case


def _oral_is_over(desk: Desk, host: str) -> CaseFile:
    case = desk.oral(_scope(host, limits=ScopeLimits(requests=500)))
    desk.now += DAY
    return case


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (_draft, "no-authority"),
        (_requested, "no-authority"),
        (_turned_down, "no-authority"),
        (_expired, "expired"),
        (_oral_is_over, "expired"),
        (_closed, "closed"),
        (_other_target, "target-out-of-scope"),
        (_other_window, "window-out-of-scope"),
        (_compromised, "no-authority"),
        (_self_approved, "unsound"),
        (_forged(None, "2001"), "unsound"),
        (_forged(lambda d: d.sign_in("1001"), "2001"), "unsound"),
        (_forged(lambda d: d.sign_in("2001"), "2001", "workbench-request"), "unsound"),
        (_forged(lambda d: d.forge("9999", "chief"), "9999"), "unsound"),
    ],
)
def test_without_authority_not_one_packet_is_sent(
    desk: Desk, network: SampleNetwork, prepare: Callable[[Desk, str], CaseFile], reason: str
) -> None:
    desk.grant(network.host)
    case = prepare(desk, network.host)
    with pytest.raises(Refused) as caught:
        _collect(desk, case, network.host)
    assert caught.value.reason == reason
    assert caught.value.todo
    assert (network.connections, network.requests) == (0, 0)
    refusals = [entry for entry in log.entries(case.folder) if entry.action == "refused"]
    assert [entry.fields for entry in refusals] == [{"capture": 0, "reason": reason}]
    assert not (case.folder / "warc").exists()


@pytest.mark.parametrize("badge", ["1002", "2001", "c1"])
def test_who_does_not_work_the_case_sends_nothing(desk: Desk, network: SampleNetwork, badge: str) -> None:
    desk.grant(network.host)
    case = desk.approved(_scope(network.host))
    with pytest.raises(Refused) as caught:
        _collect(desk, case, network.host, badge)
    assert (caught.value.reason, network.connections) == ("not-assigned", 0)


@pytest.mark.parametrize("changes", [{"media": True}, {"context": True}])
def test_kinds_that_were_not_approved_are_not_fetched(
    desk: Desk, network: SampleNetwork, changes: dict[str, Any]
) -> None:
    desk.grant(network.host)
    case = desk.approved(_scope(network.host))
    with pytest.raises(Refused) as caught:
        _collect(desk, case, network.host, **changes)
    assert (caught.value.reason, network.connections) == ("kind-out-of-scope", 0)


@pytest.mark.parametrize(
    ("granted", "hosts", "reason"),
    [
        ("", None, "not-encrypted"),
        ("10.0.0.0/8", None, "private-address"),
        ("127.0.0.1/32", ("social.example",), "host-out-of-scope"),
    ],
)
def test_a_host_or_address_that_is_not_covered_gets_no_packet(
    desk: Desk, network: SampleNetwork, granted: str, hosts: tuple[str, ...] | None, reason: str
) -> None:
    if granted:
        desk.grant(network.host, granted)
    case = desk.approved(_scope(network.host, hosts=hosts or (network.host,)))
    taken = _collect(desk, case, network.host)
    assert (taken.result.verdict, taken.result.reason) == ("blocked", reason)
    assert (network.connections, network.requests) == (0, 0)
    [refusal] = [entry for entry in log.entries(case.folder) if entry.action == "refused"]
    assert (refusal.fields["capture"], refusal.fields["reason"]) == (1, reason)
    _sound(case)


def test_with_authority_the_same_collection_works(desk: Desk, network: SampleNetwork) -> None:
    desk.grant(network.host)
    case = desk.approved(_scope(network.host))
    taken = _collect(desk, case, network.host)
    assert (taken.result.verdict, taken.source) == ("complete", "capture-0001")
    assert taken.result.items == len(_shown())
    assert taken.exhibits == network.requests
    assert _shown() <= set(read.frame(case.folder, "posts")["native_id"])
    _sound(case)


# --- authority that ends while a capture goes on ------------------------------------------------


def _end_by_time(desk: Desk, _: CaseFile) -> None:
    desk.now += 40 * DAY


def _end_by_closing(desk: Desk, case: CaseFile) -> None:
    desk.open(case).act(desk.sign_in("1001"), "close", reason="found safe")


def _end_by_handover(desk: Desk, case: CaseFile) -> None:
    desk.open(case).act(desk.sign_in("2002"), "handover", owner="1002", reason="shift")


@pytest.mark.parametrize(
    ("end", "reason"),
    [(_end_by_time, "expired"), (_end_by_closing, "closed"), (_end_by_handover, "not-assigned")],
)
def test_authority_that_ends_in_the_middle_stops_the_capture(
    desk: Desk, network: SampleNetwork, end: Callable[[Desk, CaseFile], None], reason: str
) -> None:
    desk.grant(network.host)
    case = desk.open(desk.approved(_scope(network.host)))
    asked: list[int] = []

    def report(what: str, _: int) -> None:
        if what == "posts" and not asked:
            end(desk, case)
            asked.append(network.requests)

    taken = collect(case, desk.sign_in("1001"), _order(network.host), report=report)
    assert (taken.result.verdict, taken.result.reason) == ("partial", reason)
    assert taken.result.items > 0, "what was captured before stands"
    assert network.requests == asked[0], "not one request more"
    assert reason in {e.fields["reason"] for e in log.entries(case.folder) if e.action == "refused"}
    _sound(case)


def test_a_redirect_out_of_the_scope_is_not_followed(desk: Desk) -> None:
    with Server() as other:

        def lead_away(asked: Asked) -> None:
            asked.reply(302, Location=other.url("/api/v1/accounts/lookup"))

        with Server({"/api/v1/accounts/lookup": lead_away}) as server:
            host = f"127.0.0.1:{server.server_port}"
            desk.grant(host)
            desk.grant(f"127.0.0.1:{other.server_port}")
            case = desk.approved(_scope(host))
            taken = _collect(desk, case, host)
            assert (server.connections, other.connections) == (1, 0)
    assert (taken.result.verdict, taken.result.reason) == ("blocked", "redirect-out-of-scope")
    assert [each.status for each in _requests(case)] == [302]
    assert "host-out-of-scope" in {e.fields.get("reason") for e in log.entries(case.folder)}


def test_the_limit_of_requests_is_kept(desk: Desk, network: SampleNetwork) -> None:
    desk.grant(network.host)
    case = desk.approved(_scope(network.host, limits=ScopeLimits(requests=2)))
    taken = _collect(desk, case, network.host)
    assert (taken.result.verdict, taken.result.reason) == ("partial", "request-limit")
    assert network.requests == 2


# --- oral authority -----------------------------------------------------------------------------


def test_what_is_collected_on_a_spoken_word_is_unratified_until_it_is_signed(
    desk: Desk, network: SampleNetwork
) -> None:
    desk.grant(network.host)
    words = Oral(supervisor="2001", at=stamp(desk.now), words="go ahead", danger="a child in the cold")
    case = desk.oral(_scope(network.host, limits=ScopeLimits(requests=500)), oral=words, facts=FACTS)
    taken = _collect(desk, case, network.host)
    assert taken.result.verdict == "complete"
    assert set(read.frame(case.folder, "exhibits")["authority"]) == {"unratified"}
    case.act(desk.sign_in("2001"), "ratify", ratifies=case.history().versions[0].sha256)
    assert set(read.frame(case.folder, "exhibits")["authority"]) == {"approved"}
    _sound(case)


# --- interrupted and gone on with ---------------------------------------------------------------


def _check_resumed(desk: Desk, case: CaseFile, network: SampleNetwork, before: list[str]) -> None:
    case = desk.open(case)
    begun = case.history().captures
    first = begun[1].end
    assert first is not None
    assert (first.fields["verdict"], first.fields["reason"]) == ("partial", "interrupted")
    kept = [exchange.uri for exchange in _requests(case)]
    taken = _collect(desk, case, network.host)
    assert (taken.source, taken.result.verdict) == ("capture-0002", "complete")
    assert case.history().captures[2].begin.fields["predecessor"] == 1
    fresh = [f"http://{network.host}{path.partition(' ')[2]}" for path in network.paths[len(before) :]]
    assert fresh, "there was more to fetch"
    assert not set(fresh) & set(kept), "no page that was kept is fetched again"
    assert len(_requests(case)) == len(kept) + len(fresh)
    assert _shown() <= set(read.frame(case.folder, "posts")["native_id"]), "the tables hold both parts"
    _sound(case)


def test_stopped_by_hand_a_new_capture_goes_on(desk: Desk, network: SampleNetwork) -> None:
    desk.grant(network.host)
    case = desk.open(desk.approved(_scope(network.host)))

    def report(what: str, _: int) -> None:
        if what == "posts":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collect(case, desk.sign_in("1001"), _order(network.host), report=report)
    before = list(network.paths)
    _check_resumed(desk, case, network, before)
    _collect(desk, case, network.host)
    assert case.history().captures[3].begin.fields["predecessor"] == 0, "what was completed is asked anew"


_CHILD = """
import os, sys, time
from pathlib import Path
from tests.desk import signer
from workbench.casefile import CaseFile
from workbench.department import Department, Session
from workbench.intake import collect
from workbench.records import Order, Target
casefiles, number, now, target, die = sys.argv[1:]
department = Department(Path(casefiles) / "department", clock=lambda: int(now))
case = CaseFile(Path(casefiles) / number, department, "1001", lambda: int(now))
def report(what, count):
    print(what, count, flush=True)
    if what == die:
        time.sleep(60)
order = Order(target=Target(source="mastodon", target=target), media=False, context=False)
collect(case, Session("1001", "detective", signer("1001")), order, report=report)
"""


@pytest.mark.parametrize("where", ["account", "posts"])
def test_killed_a_new_capture_goes_on(desk: Desk, network: SampleNetwork, where: str) -> None:
    desk.grant(network.host)
    case = desk.approved(_scope(network.host))
    words = [desk.casefiles, case.number, desk.now, _target(network.host).target, where]
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, *map(str, words)],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    while not child.stdout.readline().startswith(where):
        assert child.poll() is None
    child.kill()
    child.communicate(timeout=30)
    _check_resumed(desk, case, network, list(network.paths))


def test_a_full_disk_ends_the_collection_as_such(
    desk: Desk, network: SampleNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.grant(network.host)
    case = desk.open(desk.approved(_scope(network.host)))
    real = os.write
    full: list[bool] = []

    def write(fd: int, data: bytes) -> int:
        if full:
            raise OSError(28, "No space left on device")
        return real(fd, data)

    def report(what: str, _: int) -> None:
        full.extend([True] * (what == "posts"))

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(StorageError, match="space"):
        collect(case, desk.sign_in("1001"), _order(network.host), report=report)
    monkeypatch.undo()
    _check_resumed(desk, case, network, list(network.paths))


# --- tokens -------------------------------------------------------------------------------------


def _everything(folder: Path) -> bytes:
    """Read every file of a case, the compressed ones both ways."""
    found = []
    for path in sorted(folder.rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        found.append(data)
        while data.startswith(b"\x1f\x8b"):
            member = zlib.decompressobj(wbits=31)
            found.append(member.decompress(data))
            data = member.unused_data
    return b"\n".join(found)


def test_a_tokens_use_is_recorded_and_its_value_nowhere(
    desk: Desk, network: SampleNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "s3cr3t-0f-the-d3partment"
    monkeypatch.setenv("DEPARTMENT_TOKEN", secret)
    desk.grant(network.host)
    desk.department.change([desk.sign_in("c1")], settings={"tokens": {network.host: "DEPARTMENT_TOKEN"}})
    case = desk.approved(_scope(network.host))
    taken = _collect(desk, case, network.host)
    assert taken.result.verdict == "complete"
    assert case.history().captures[1].begin.fields["token"] is True
    assert {e.fields["rule"] for e in log.entries(case.folder) if e.action == "exhibit"} == {"secrets-1"}
    everything = _everything(desk.casefiles)
    assert b"Authorization: [removed:secrets-1]" in everything
    assert secret.encode() not in everything
    assert len(everything) > 10_000
    _sound(case)


def test_without_a_token_none_is_said_to_be_used(desk: Desk, network: SampleNetwork) -> None:
    desk.grant(network.host)
    desk.department.change([desk.sign_in("c1")], settings={"tokens": {network.host: "NOT_SET_ANYWHERE"}})
    case = desk.approved(_scope(network.host))
    _collect(desk, case, network.host)
    assert case.history().captures[1].begin.fields["token"] is False


# --- orders and imports -------------------------------------------------------------------------


def test_orders_are_cut_to_the_approved_window(desk: Desk) -> None:
    window = Window(since=stamp(desk.now), until=stamp(desk.now + DAY))
    scope = _scope("social.example", window=window)
    [order] = intake.orders(scope, since=desk.now - DAY, until=None, limit=5)
    assert (order.since, order.until, order.limit) == (desk.now, desk.now + DAY, 5)
    [order] = intake.orders(scope, since=desk.now + 1, until=desk.now + 2, limit=5)
    assert (order.since, order.until) == (desk.now + 1, desk.now + 2)


def test_a_targets_words_become_canonical() -> None:
    assert intake.canonical("mastodon", "https://Social.Example/@ada").target == "@ada@social.example"
    with pytest.raises(UsageError, match="no collector"):
        intake.canonical("myspace", "tom")


def test_given_files_are_files(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such"):
        given_files(tmp_path / "gone")
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    with pytest.raises(UsageError, match="empty"):
        given_files(folder)
    (folder / "deep" / "a.txt").write_text("a", "utf-8")
    assert [name for _, name in given_files(folder)] == ["folder/deep/a.txt"]
    (folder / "link").symlink_to("/etc/passwd")
    for path in (folder, folder / "link"):
        with pytest.raises(UsageError, match="link"):
            given_files(path)


def test_an_import_keeps_lists_and_reads(desk: Desk, tmp_path: Path) -> None:
    case = desk.draft()
    archive = tmp_path / "given.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.txt", "words")
        file.writestr("../../escape.txt", "no")
    taken = take_in(case, given_files(archive), Receipt(giver="Bea", basis="consent"))
    assert (taken.result.verdict, taken.source) == ("partial", "import-0001")
    assert taken.exhibits >= 1
    assert len(read.frame(case.folder, "issues")) >= 1, "what was refused is said"
    assert not list(tmp_path.rglob("escape.txt"))
    _sound(case)


def test_an_importer_that_there_is_not(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a", "utf-8")
    case = desk.draft()
    with pytest.raises(UsageError, match="no importer"):
        take_in(case, given_files(tmp_path / "a.txt"), Receipt(giver="Bea"), name="magic")
    assert not (case.folder / "imports").exists()
