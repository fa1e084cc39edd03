"""What hostile servers, files, names and neighbours on the machine do to us: nothing that matters."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import nbformat
import pytest

from tests.capture_kit import Asked, FileSink, Script, Server, limits, recorder
from tests.desk import HEAD, SCOPE, Desk, signer
from workbench import intake
from workbench.capture.reading import decoded
from workbench.capture.recorder import Recorder
from workbench.casefile import Receipt, audit
from workbench.custody import agent, history, log, sshsig
from workbench.custody.verify import verify
from workbench.errors import IntegrityError, Locked, Refused, SourceError, UsageError, WorkbenchError
from workbench.policy import gate
from workbench.policy.versions import Scope
from workbench.records import Result, Target
from workbench.runner import broker
from workbench.show import exported as page
from workbench.text import plain
from workbench.workspace.asking import Option, Question

HEADS = {
    "lines end in LF, an empty line in the body": b"HTTP/1.1 200 OK\nContent-Length: 12\n\nab\r\n\r\nCookie",
    "lines end in LF, a field in the body": b"HTTP/1.1 200 OK\nContent-Length: 14\n\nab\r\nCookie: x\r\n",
    "a coding on a folded line": b"HTTP/1.1 200 OK\r\nX: b\r\n Transfer-Encoding: foo\r\nContent-Length: 0\r\n\r\n",
    "a cookie on a folded line": b"HTTP/1.1 200 OK\r\nX: b\r\n\tSet-Cookie: foo\r\nContent-Length: 0\r\n\r\n",
    "a name after an odd blank": b"HTTP/1.1 200 OK\r\n\x0bSet-Cookie: foo\r\nContent-Length: 0\r\n\r\n",
    "a cookie with CR alone": b"HTTP/1.1 200 OK\r\nSet-Cookie: a\rb\r\nContent-Length: 0\r\n\r\n",
    "a cookie whose line ends in LF": b"HTTP/1.1 200 OK\r\nSet-Cookie: a\nX: c\r\nContent-Length: 0\r\n\r\n",
    "an empty line that ends in LF": b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\n\r\n\r\n",
    "empty lines first": b"\r\n\r\nSet-Cookie: abc\r\n",
    "no HTTP": b"<html>Cookie: x\r\n\r\nAuthorization: y\r\n</html>",
    "a header without an end": b"HTTP/1.1 200 OK\r\nX: 1\r\nSet-Cookie: abc",
}


def _answer(asked: Asked, raw: bytes) -> None:
    asked.raw(raw)
    asked.hang_up()


@pytest.mark.parametrize("raw", HEADS.values(), ids=HEADS.keys())
def test_no_answer_of_a_server_makes_an_honest_case_look_altered(desk: Desk, raw: bytes) -> None:
    with Server({"/": partial(_answer, raw=raw)}) as server:
        host = f"127.0.0.1:{server.server_port}"
        desk.grant(host)
        target = Target(source="mastodon", target=f"http://{host}/@ada")
        case = desk.open(desk.approved(Scope(targets=(target,), hosts=(host,))))
        key = sshsig.fingerprint(signer("1001").blob)
        writer = case.begin_capture(desk.order(target), key=key, collector="mastodon 1", head=HEAD)
        taking = Recorder(sink=writer, gate=intake._gate(case), limits=limits(), clock=desk.clock)
        with taking:
            try:
                taking.session().get(server.url()).close()
            except SourceError as error:
                assert error.reason in {"malformed-answer", "truncated"}  # noqa: PT017
        writer.end(Result(verdict="complete"), requests=1)
    assert verify(case.folder, processes=1).defects == []


def test_a_header_cut_short_is_no_empty_answer(tmp_path: Path) -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Type: application/json"
    with (
        Server({"/": partial(_answer, raw=raw)}) as server,
        recorder(FileSink(tmp_path / "w")) as taking,
        pytest.raises(SourceError) as caught,
    ):
        taking.session().get(server.url())
    assert (caught.value.verdict, caught.value.reason) == ("partial", "truncated")


@pytest.mark.parametrize(
    "location", [b"https://[", b"/\xff", "https://\u2100.example/".encode(), b"//127.0.0.1:99999999/"]
)
def test_a_redirect_to_no_address_is_a_source_that_failed(tmp_path: Path, location: bytes) -> None:
    raw = b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"
    sink = FileSink(tmp_path / "w")
    with (
        Server({"/": partial(_answer, raw=raw)}) as server,
        recorder(sink) as taking,
        pytest.raises(SourceError) as caught,
    ):
        taking.session().get(server.url(), headers={"Authorization": "Bearer x"})
    assert (caught.value.verdict, caught.value.reason) == ("failed", "bad-address")
    assert sink.exchanges()[0].status == 302


@pytest.mark.parametrize(
    "address", ["https://[x", "https://h:99999999/", "https://\u2100.example/", "https://\ud800h/", "HERE/r"]
)
def test_what_a_post_names_as_its_picture_does_not_end_the_capture(desk: Desk, address: str) -> None:
    def page(asked: Asked) -> None:
        first = "max_id" not in asked.path
        media = [{"id": "9", "type": "image", "url": address.replace("HERE", server.url("").rstrip("/"))}]
        post = {"id": "1", "created_at": "2026-03-01T00:00:00Z", "media_attachments": media}
        asked.reply(200, json.dumps([post] if first else []).encode(), Content_Type="application/json")

    account = json.dumps({"id": "1", "acct": "ada", "username": "ada"}).encode()
    scripts: dict[str, Script] = {
        "/api/v1/accounts/lookup": lambda asked: asked.reply(200, account, Content_Type="application/json"),
        "/api/v1/accounts/1/statuses": page,
        "/r": partial(_answer, raw=b"HTTP/1.1 302 F\r\nLocation: https://[\r\nContent-Length: 0\r\n\r\n"),
    }
    with Server(scripts) as server:
        host = f"127.0.0.1:{server.server_port}"
        desk.grant(host)
        target = Target(source="mastodon", target=f"http://{host}/@ada")
        case = desk.open(desk.approved(Scope(targets=(target,), hosts=(host,))))
        taken = intake.collect(case, desk.sign_in("1001"), desk.order(target), report=lambda *_: None)
    assert (taken.result.verdict, taken.result.reason) == ("partial", "bad-address")
    assert taken.result.items == 1


def test_who_approved_cannot_collect_even_when_assigned_later(desk: Desk) -> None:
    case = desk.approved()
    case.act(desk.sign_in("2001"), "assign", assigned=("2001", "2002"), reason="short of people")
    theirs = desk.open(case, "2001")
    with pytest.raises(Refused) as caught:
        intake.collect(theirs, desk.sign_in("2001"), desk.order(), report=lambda *_: None)
    assert caught.value.reason == "own-authority"
    url = "https://social.example/"
    assert not gate.may_reach(case.standing(), "2001", url, None, desk.now, ()).allowed
    assert gate.may_reach(case.standing(), "2002", url, None, desk.now, ()).allowed


def test_who_gave_an_oral_authority_cannot_collect_on_it(desk: Desk) -> None:
    case = desk.oral()
    case.act(desk.sign_in("1001"), "assign", assigned=("2001",), reason="short of people")
    assert gate.may_collect(case.standing(), "2001", desk.order(), desk.now, signed_in=True).reason == (
        "own-authority"
    )


@pytest.mark.parametrize(
    "address",
    [
        "64:ff9b::a00:1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "::7f00:1",
        "64:ff9b:1::a00:1",
        "fec0::1",
        "5f00::1",
    ],
)
def test_an_address_that_stands_for_a_private_one_is_private(desk: Desk, address: str) -> None:
    standing = desk.approved().standing()
    decision = gate.may_reach(standing, "1001", f"https://{SCOPE.hosts[0]}/", address, desk.now, ())
    assert decision.reason == "private-address"
    public = gate.may_reach(standing, "1001", f"https://{SCOPE.hosts[0]}/", "64:ff9b::808:808", desk.now, ())
    assert public.allowed


@pytest.mark.skipif(os.name != "posix", reason="local sockets")
@pytest.mark.parametrize("how", ["folder", "link", "open"])
def test_a_key_is_not_handed_to_who_came_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    place = tmp_path / "shared"
    place.mkdir(mode=0o700)
    monkeypatch.setenv("WORKBENCH_AGENT", str(place / "agent.sock"))
    monkeypatch.setattr(agent, "_ask", lambda *_: pytest.fail("somebody was asked"))
    if how == "folder":
        monkeypatch.setattr(os, "getuid", lambda: place.stat().st_uid + 1)
    elif how == "link":
        (place / "agent.sock").symlink_to(tmp_path / "elsewhere.sock")
    else:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(place / "agent.sock"))
        place.chmod(0o777)
    with pytest.raises(WorkbenchError) as caught:
        agent.start()
    assert isinstance(caught.value, Locked)


def test_a_torn_line_of_the_audit_chain_stops_nobody(desk: Desk) -> None:
    case = desk.approved()
    for torn in (b'{"action":"lo', b'{"action":"looked","actor":"10'):
        chain = case.folder / "audit/000001.jsonl"
        chain.parent.mkdir(exist_ok=True)
        with chain.open("ab") as file:
            file.write(torn)
        audit(case.folder, "1001", "looked", {"exhibit": 1}, desk.clock)
    assert verify(case.folder, processes=1).defects == []
    assert len(list(log.entries(case.folder, "audit"))) == 2
    assert len(list((case.folder / "quarantine").iterdir())) == 2


def test_a_stray_file_does_not_bring_its_name_into_the_log(desk: Desk) -> None:
    case = desk.draft()
    (case.folder / "imports" / "Bea's notes").mkdir(parents=True)
    (case.folder / "imports" / "Bea Doe.png").write_bytes(b"a picture")
    Path(os.fsdecode(os.fsencode(case.folder) + b"/imports/\xff")).write_bytes(b"odd")
    again = desk.open(case)
    assert verify(case.folder, processes=1).defects == []
    said = b"".join(path.read_bytes() for path in log.segments(case.folder)).lower()
    assert b"doe" not in said
    assert b"notes" not in said
    given = desk.casefiles.parent / "a.txt"
    given.write_bytes(b"given")
    assert intake.take_in(again, intake.given_files(given), Receipt(giver="Bea")).source == "import-0001"


@pytest.mark.skipif(os.name != "posix" or os.uname().sysname == "Darwin", reason="names are bytes")
def test_a_given_name_that_is_no_text_is_written_with_escapes(desk: Desk) -> None:
    case = desk.approved()
    given = Path(os.fsdecode(os.fsencode(desk.casefiles.parent) + b"/\xffa.png"))
    given.write_bytes(b"a picture")
    taken = intake.take_in(case, intake.given_files(given), Receipt(giver="Bea"))
    assert taken.result.verdict == "complete"
    receipt = json.loads((case.folder / "imports/0001/receipt.json").read_bytes())
    assert receipt["files"][0]["given_name"] == "\\xffa.png"


def test_a_body_of_empty_gzip_members_is_read_in_no_time() -> None:
    members = gzip.compress(b"", mtime=0) * 200_000
    began = time.monotonic()
    assert decoded(members + gzip.compress(b"end", mtime=0), "gzip") == (b"end", "")
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("raw", "body", "problem"),
    [
        (gzip.compress(b"one", mtime=0) + gzip.compress(b"two", mtime=0), b"onetwo", ""),
        (gzip.compress(b"one", mtime=0) + b"\0" * 40_000 + gzip.compress(b"two", mtime=0), b"onetwo", ""),
        (gzip.compress(b"one", mtime=0) + b"junk", b"one", ""),
        (gzip.compress(b"one", mtime=0) + gzip.compress(b"two", mtime=0)[:-3], b"onetwo", "undecodable"),
        (b"junk", b"", "undecodable"),
    ],
)
def test_joined_gzip_members(raw: bytes, body: bytes, problem: str) -> None:
    assert decoded(raw, "gzip") == (body, problem)


@pytest.mark.parametrize("depth", [300, 5_000])
def test_words_set_deep_are_not_left_out(depth: int) -> None:
    found = plain("<p>before</p>" + "<b>" * depth + "hidden" + "</b>" * depth + "<p>after</p>")
    assert found.split() == ["before", "hidden", "after"]


def test_an_error_says_nothing_to_the_terminal_itself() -> None:
    lines = UsageError("no such file", where="\x1b]0;owned\x07\u202e.png", found="one\ntwo").lines()
    assert lines == ["no such file", "where: \\u001b]0;owned\\u0007\\u202e.png", "found one \u23ce two"]


@pytest.mark.parametrize(
    ("verb", "options"),
    [("collect", {"since": True}), ("collect", {"limit": False}), ("collect", {"plan": "yes"})],
)
def test_an_option_without_its_value_cannot_take_the_next_word(verb: str, options: dict[str, Option]) -> None:
    question = Question(verb=verb, words=("2026-0417", "--as=2001"), options=options)
    with pytest.raises(UsageError, match="not asked for so"):
        broker.arguments(question, broker.Allowance(case="2026-0417"))


@pytest.mark.parametrize(
    "change",
    [{"seq": "1"}, {"seq": None}, {"signatures": 1}, {"signatures": [[]]}, {"number": "x"}],
    ids=str,
)
def test_a_log_with_wrong_fields_is_an_integrity_error(desk: Desk, change: dict[str, object]) -> None:
    case = desk.approved()
    path = log.segments(case.folder)[0]
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    lines[1] |= change
    path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines), "utf-8")
    with pytest.raises(IntegrityError):
        history.read(case.folder)
    assert verify(case.folder, processes=1).defects


def test_an_exhibit_beyond_all_numbers_is_a_defect_like_any(desk: Desk) -> None:
    case = desk.approved()
    given = desk.casefiles.parent / "a.txt"
    given.write_bytes(b"given")
    intake.take_in(case, intake.given_files(given), Receipt(giver="Bea"))
    path = log.segments(case.folder)[0]
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    next(line for line in lines if line["action"] == "exhibit")["seq"] = 2**63
    path.write_text(
        "".join(json.dumps(line, separators=(",", ":"), sort_keys=True) + "\n" for line in lines), "utf-8"
    )
    assert verify(case.folder, processes=1).defects


@pytest.mark.skipif(os.name != "posix", reason="pipes")
@pytest.mark.parametrize("name", ["log/000001.jsonl", "case/0001.json", "officers/0001"])
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(desk: Desk, name: str) -> None:
    case = desk.approved()
    (case.folder / name).unlink()
    os.mkfifo(case.folder / name)
    with contextlib.suppress(IntegrityError):
        assert history.read(case.folder).problem
    assert verify(case.folder, processes=1).defects


def test_a_badge_may_be_called_like_a_key_of_the_log(desk: Desk) -> None:
    lines = [*desk.department.officers.keys, desk.line("action", "supervisor")]
    desk.department.change([desk.sign_in("c1")], lines=lines)
    case = desk.requested()
    desk.approve(case, "action")
    assert desk.open(case).standing().state == "approved"
    assert verify(case.folder, processes=1).defects == []


@pytest.mark.parametrize(
    "style",
    ["background:URL(http://e.example/x)", "background-image:Image-set('//e.example/x' 1x)", "a:u\\72l(x)"],
)
def test_a_style_that_names_an_address_is_dropped(style: str) -> None:
    assert "style" not in page.clean(f'<div style="{style}">words</div>')
    assert 'style="color:red"' in page.clean('<div style="color:red">words</div>')


def test_markup_between_the_cells_does_not_act() -> None:
    words = "<img src='data:,' onerror='alert(1)'><iframe srcdoc='x' sandbox='allow-same-origin'></iframe>"
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(words)])  # type: ignore[no-untyped-call]
    shown = page.render(made, "title")
    assert "onerror" not in shown
    assert "allow-same-origin" not in shown


def test_a_kernel_reads_no_bucket_on_the_network() -> None:
    code = (
        "from workbench.runner.kernel import without_other_ways\n"
        "without_other_ways()\n"
        "import pyarrow.parquet\n"
        "import pyarrow.fs\n"
        "assert not hasattr(pyarrow.fs, '_s3fs')\n"
        "try:\n"
        "    pyarrow.fs.S3FileSystem(anonymous=True)\n"
        "except ImportError:\n"
        "    print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "refused\n"


@pytest.mark.parametrize(
    ("raw", "verdict", "reason"),
    [
        (b"HTTP/1.1 302 F\r\nLocation: /auth/sign_in\r\nContent-Length: 0\r\n\r\n", "blocked", "login-wall"),
        (b"HTTP/1.1 999 No\r\nContent-Length: 2\r\n\r\n[]", "failed", "http-999"),
        (b"HTTP/1.1 300 Many\r\nContent-Length: 2\r\n\r\n[]", "failed", "http-300"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "failed", "malformed-answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", "empty", "nothing-visible"),
    ],
)
def test_no_odd_answer_looks_like_an_empty_account(desk: Desk, raw: bytes, verdict: str, reason: str) -> None:
    account = json.dumps({"id": "1", "acct": "ada", "username": "ada"}).encode()
    scripts: dict[str, Script] = {
        "/api/v1/accounts/lookup": lambda asked: asked.reply(200, account, Content_Type="application/json"),
        "/api/v1/accounts/1/statuses": partial(_answer, raw=raw),
    }
    with Server(scripts) as server:
        host = f"127.0.0.1:{server.server_port}"
        desk.grant(host)
        target = Target(source="mastodon", target=f"http://{host}/@ada")
        case = desk.open(desk.approved(Scope(targets=(target,), hosts=(host,))))
        taken = intake.collect(case, desk.sign_in("1001"), desk.order(target), report=lambda *_: None)
    assert (taken.result.verdict, taken.result.reason) == (verdict, reason)
