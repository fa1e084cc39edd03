from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response

from tests.capture_kit import Asked, Server
from tests.desk import Desk, settings
from tests.tsa import REPLY, Tsa, accepts, body, enrol
from workbench.capture.timestamps import LIMITS, gate_of, pending, request, stamp_pending
from workbench.casefile import CaseFile
from workbench.custody.verify import verify
from workbench.custody.verify.stamps import check
from workbench.department import Settings
from workbench.errors import IntegrityError, Refused, SourceError
from workbench.policy.services import TimestampAuthority, authority
from workbench.times import now

SEAL = b"# workbench-seal/1\n# case 2026-0417\n# number 1\n"
DIGEST = hashlib.sha256(SEAL).digest()
SHORT = msgspec.structs.replace(LIMITS, connect_s=0.3, read_s=0.3, total_s=0.6)
Script = Callable[[Asked], object]


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Tsa:
    return Tsa(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def _settings(*named: TimestampAuthority, granted: bool = True) -> Settings:
    hosts = [one.url.partition("://")[2].partition("/")[0] for one in named if granted]
    return settings(*hosts, timestamps=named)


def _ask(named: TimestampAuthority, data: bytes = SEAL) -> bytes:
    return request(named, data, gate=gate_of(_settings(named)), clock=now, limits=SHORT)


def _refused(tsa: Tsa, script: Script) -> SourceError:
    """Have a script answer in the authority's place, and give the error that it ends in."""
    with Server({"/tsr": script}) as server, pytest.raises(SourceError) as caught:
        _ask(tsa.authority(server))
    assert caught.value.where.startswith("tsa at http://127.0.0.1:")
    assert caught.value.todo
    return caught.value


# --- what is right ------------------------------------------------------------------------------


def test_a_timestamp_is_one_that_openssl_and_the_checker_accept(tsa: Tsa, tmp_path: Path) -> None:
    with tsa.serve() as server:
        made = request(tsa.authority(server), SEAL, gate=gate_of(_settings(tsa.authority(server))), clock=now)
    seal, token = tmp_path / "seal.txt", tmp_path / "seal.tsr"
    seal.write_bytes(SEAL)
    token.write_bytes(made)
    assert accepts(token, seal, tsa.ca_file)
    assert check(made, DIGEST.hex(), [tsa.ca]).trusted
    seal.write_bytes(SEAL + b"#")
    assert not accepts(token, seal, tsa.ca_file)


def test_an_authority_below_a_second_ca_is_accepted_too(tmp_path: Path) -> None:
    tsa = Tsa(tmp_path, between=True)
    with tsa.serve() as server:
        assert check(_ask(tsa.authority(server)), DIGEST.hex(), [tsa.ca]).trusted


def test_an_authority_learns_the_hash_and_nothing_else(
    tsa: Tsa, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[bytes] = []

    def note(one: Asked) -> None:
        asked.append(body(one))
        one.reply(200, tsa.stamp(asked[-1]), Content_Type=f"{REPLY}; charset=binary")

    # Neither a proxy nor a password of the environment is looked at.
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n", "ascii")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with Server({"/tsr": note}) as server:
        _ask(tsa.authority(server))
        _ask(tsa.authority(server))
    (path, fields), _ = server.seen
    assert path == "/tsr"
    assert {name.lower(): value for name, value in fields.items()} == {
        "host": f"127.0.0.1:{server.server_port}",
        "content-type": "application/timestamp-query",
        "accept": REPLY,
        "accept-encoding": "identity",
        "user-agent": "casefile-workbench",
        "content-length": str(len(asked[0])),
    }
    assert DIGEST in asked[0]
    assert len(asked[0]) < 80
    assert asked[0] != asked[1], "each question has its own nonce"


# --- the gate -----------------------------------------------------------------------------------


def test_a_loopback_authority_needs_a_grant_and_nothing_is_sent_without(tsa: Tsa) -> None:
    with tsa.serve() as server:
        named = tsa.authority(server)
        with pytest.raises(Refused) as caught:
            request(named, SEAL, gate=gate_of(_settings(named, granted=False)), clock=now)
        assert (server.connections, server.seen) == (0, [])
    assert caught.value.reason == "private-address"


def test_an_authority_that_the_chief_did_not_sign_is_not_asked(tsa: Tsa) -> None:
    with tsa.serve() as server:
        named = tsa.authority(server)
        other = authority("tsa", server.url("/other"), tsa.ca)
        with pytest.raises(Refused) as caught:
            request(other, SEAL, gate=gate_of(_settings(named)), clock=now)
        assert server.connections == 0
    assert caught.value.reason == "service-not-listed"


# --- what is wrong ------------------------------------------------------------------------------


def test_a_timestamp_of_other_bytes_is_refused(tsa: Tsa) -> None:
    def other(asked: Asked) -> None:
        query = body(asked)
        assert DIGEST in query  # the nonce stays the right one
        asked.reply(200, tsa.stamp(query.replace(DIGEST, hashlib.sha256(b"x").digest())), Content_Type=REPLY)

    assert _refused(tsa, other).reason == "other-imprint"


def test_a_timestamp_by_another_hash_is_refused(tmp_path: Path) -> None:
    tsa = Tsa(tmp_path, digests="sha256, sha512")
    query = TimestampRequestBuilder(SEAL, HashAlgorithm.SHA512).build().as_bytes()

    def other(asked: Asked) -> None:
        body(asked)
        asked.reply(200, tsa.stamp(query), Content_Type=REPLY)

    assert _refused(tsa, other).reason == "other-imprint"


def test_a_timestamp_that_answers_an_earlier_question_is_refused(tsa: Tsa) -> None:
    kept: list[bytes] = []

    def replay(asked: Asked) -> None:
        kept.append(tsa.stamp(body(asked)))
        asked.reply(200, kept[0], Content_Type=REPLY)

    with Server({"/tsr": replay}) as server:
        assert _ask(tsa.authority(server)) == kept[0]
        with pytest.raises(SourceError) as caught:
            _ask(tsa.authority(server))
    assert caught.value.reason == "other-nonce"


def test_a_timestamp_without_the_nonce_is_refused(tsa: Tsa) -> None:
    def bare(asked: Asked) -> None:
        body(asked)
        query = TimestampRequestBuilder(SEAL, HashAlgorithm.SHA256, nonce=False).build()
        asked.reply(200, tsa.stamp(query.as_bytes()), Content_Type=REPLY)

    assert _refused(tsa, bare).reason == "other-nonce"


def test_a_timestamp_of_somebody_else_is_refused(tsa: Tsa, tmp_path: Path) -> None:
    for other in (Tsa(tmp_path, "other"), Tsa(tmp_path, "tsa")):  # one has another name, one the same
        failure = _refused(tsa, other.script)
        assert (failure.verdict, failure.reason) == ("failed", "untrusted")
        assert "'workbench department show'" in failure.todo


def test_a_timestamp_whose_signature_was_altered_is_refused(tsa: Tsa) -> None:
    def alter(asked: Asked) -> None:
        made = bytearray(tsa.stamp(body(asked)))
        made[-1] ^= 1
        asked.reply(200, bytes(made), Content_Type=REPLY)

    assert _refused(tsa, alter).reason == "untrusted"


def test_a_timestamp_without_a_certificate_is_refused(tsa: Tsa) -> None:
    def bare(asked: Asked) -> None:
        # The field that asks for the certificate is the last of a query: BOOLEAN TRUE becomes FALSE.
        query = body(asked)
        assert query.endswith(b"\x01\x01\xff")
        short = query[:-3]
        asked.reply(200, tsa.stamp(bytes([short[0], short[1] - 3]) + short[2:]), Content_Type=REPLY)

    assert _refused(tsa, bare).reason == "untrusted"


def test_a_refusal_is_told_in_the_authoritys_words(tmp_path: Path) -> None:
    tsa = Tsa(tmp_path, digests="sha512")
    failure = _refused(tsa, tsa.script)
    assert (failure.verdict, failure.reason) == ("blocked", "not-granted")
    assert failure.what == (
        "the timestamp authority refuses a timestamp (status 2: Message digest algorithm is not supported.)"
    )


def test_a_token_under_a_status_that_does_not_grant_it_is_refused(tsa: Tsa) -> None:
    def waiting(asked: Asked) -> None:
        made = tsa.stamp(body(asked))
        granted = bytes.fromhex("3003020100")
        assert decode_timestamp_response(made).status == 0
        asked.reply(200, made.replace(granted, bytes.fromhex("3003020103"), 1), Content_Type=REPLY)

    failure = _refused(tsa, waiting)
    assert failure.reason == "not-granted"
    assert "status 3" in failure.what


@pytest.mark.parametrize(
    ("status", "verdict", "reason"),
    [
        (500, "failed", "server-error"),
        (503, "failed", "server-error"),
        (403, "blocked", "forbidden"),
        (404, "gone", "not-found"),
        (429, "blocked", "rate-limited"),
        (204, "failed", "http-204"),
    ],
)
def test_a_status_is_told(tsa: Tsa, status: int, verdict: str, reason: str) -> None:
    failure = _refused(tsa, lambda asked: asked.reply(status, b"" if status == 204 else b"no"))
    assert (failure.verdict, failure.reason) == (verdict, reason)
    assert f"status {status}" in failure.what


def test_a_redirect_is_not_followed(tsa: Tsa) -> None:
    with tsa.serve() as aim:
        failure = _refused(tsa, lambda asked: asked.reply(307, b"", Location=aim.url("/tsr")))
        assert (aim.connections, failure.reason) == (0, "http-307")


@pytest.mark.parametrize("kind", ["text/html", "application/timestamp-query", ""])
def test_another_kind_of_answer_is_refused(tsa: Tsa, kind: str) -> None:
    fields = {"Content_Type": kind} if kind else {}
    failure = _refused(tsa, lambda asked: asked.reply(200, tsa.stamp(body(asked)), **fields))
    assert failure.reason == "malformed-answer"


@pytest.mark.parametrize("data", [b"", b"garbage", b"0" * 1000, b"0\x80", b"0\x03\x02\x01\x00", bytes(100)])
def test_garbage_is_refused(tsa: Tsa, data: bytes) -> None:
    failure = _refused(tsa, lambda asked: asked.reply(200, data, Content_Type=REPLY))
    assert (failure.verdict, failure.reason) == ("failed", "malformed-answer")


def test_what_is_no_http_is_refused(tsa: Tsa) -> None:
    def ssh(asked: Asked) -> None:
        asked.raw(b"SSH-2.0-here\r\n\r\n")
        asked.hang_up()

    failure = _refused(tsa, ssh)
    assert failure.verdict == "failed"
    assert failure.reason in {"malformed-answer", "disconnected"}


def test_an_answer_beyond_its_bound_is_not_read_to_its_end(tsa: Tsa) -> None:
    sent = threading.Event()

    def flood(asked: Asked) -> None:
        asked.raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\n\r\n")
        try:
            for _ in range(4000):
                asked.raw(b"0" * 4096)
        except OSError:
            sent.set()

    assert _refused(tsa, flood).reason == "truncated"
    assert sent.wait(5), "the connection was closed on it"


def test_a_packed_answer_is_not_unpacked(tsa: Tsa) -> None:
    fields = {"Content_Type": REPLY, "Content_Encoding": "gzip"}
    failure = _refused(tsa, lambda asked: asked.reply(200, b"\x1f\x8b\x08" + bytes(20), **fields))
    assert failure.reason == "malformed-answer"


def test_an_authority_that_hangs_is_left(tsa: Tsa) -> None:
    over = threading.Event()
    try:
        failure = _refused(tsa, lambda _: over.wait(20))
    finally:
        over.set()
    assert (failure.verdict, failure.reason) == ("failed", "timeout")


def test_an_authority_that_drips_is_left(tsa: Tsa) -> None:
    over = threading.Event()

    def drip(asked: Asked) -> None:
        asked.raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\n\r\n")
        while not over.wait(0.05):
            asked.raw(b"0")

    try:
        failure = _refused(tsa, drip)
    finally:
        over.set()
    assert failure.reason in {"timeout", "truncated"}


def test_an_authority_that_is_not_there_is_told(tsa: Tsa) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(SourceError) as caught:
        _ask(authority("tsa", f"http://127.0.0.1:{port}/tsr", tsa.ca))
    assert (caught.value.verdict, caught.value.reason) == ("failed", "unreachable")
    assert "--timestamp-pending" in caught.value.todo


@pytest.mark.parametrize("host", ["*.example", ".example", "a" * 64 + ".example", "tsa..example"])
def test_an_address_that_nothing_can_stand_at_is_told(tsa: Tsa, host: str) -> None:
    with pytest.raises(SourceError) as caught:
        _ask(authority("tsa", f"http://{host}/tsr", tsa.ca))
    assert caught.value.reason in {"bad-address", "name-not-found"}


# --- seals that wait for one --------------------------------------------------------------------


def _sealed(desk: Desk, count: int = 1) -> CaseFile:
    """Open a case and seal it some times, with something new each time."""
    case = desk.approved()
    for at in range(count):
        case.refused("test") if at else None
        assert case.seal(desk.sign_in("1001")) is not None
    return case


def _tokens(case: CaseFile) -> list[str]:
    return sorted(path.name for path in (case.folder / "seals").glob("*.tsr"))


def test_every_seal_is_timestamped_by_every_authority_the_newest_first(
    desk: Desk, tmp_path: Path, tsa: Tsa
) -> None:
    case, other = _sealed(desk, 2), Tsa(tmp_path, "other")
    with tsa.serve() as server, other.serve() as second:
        enrol(desk, tsa.authority(server), other.authority(second))
        told = stamp_pending(case)
        assert stamp_pending(case) == []
    assert [(one.seal, one.authority, one.problem) for one in told] == [
        (2, "tsa", ""), (2, "other", ""), (1, "tsa", ""), (1, "other", ""),
    ]  # fmt: skip
    assert _tokens(case) == ["0001.other.tsr", "0001.tsa.tsr", "0002.other.tsr", "0002.tsa.tsr"]
    for one in told:
        seal = case.folder / f"seals/{one.seal:04d}.txt"
        token = case.folder / f"seals/{one.seal:04d}.{one.authority}.tsr"
        ca_file = (tsa if one.authority == "tsa" else other).ca_file
        assert accepts(token, seal, ca_file)
        assert check(
            token.read_bytes(), hashlib.sha256(seal.read_bytes()).hexdigest(), [ca_file.read_bytes()]
        ).trusted
    case.refused("test")
    assert case.seal(desk.sign_in("1001")) is not None, "the next seal lists the tokens"
    report = verify(case.folder, root=case.department.root, tsa_cas=[tsa.ca, other.ca], processes=1)
    assert report.defects == []
    stranger = verify(case.folder, root=case.department.root, tsa_cas=[tsa.ca], processes=1)
    assert {(each.clause, each.file) for each in stranger.defects} == {
        ("10.6", "seals/0001.other.tsr"),
        ("10.6", "seals/0002.other.tsr"),
    }


def test_the_automatic_path_asks_about_the_newest_seal_only(desk: Desk, tsa: Tsa) -> None:
    case = _sealed(desk, 3)
    with tsa.serve() as server:
        enrol(desk, tsa.authority(server))
        assert [one.seal for one in stamp_pending(case, only_newest=True)] == [3]
        assert [seal.number for seal, _ in pending(case)] == [2, 1]
        assert [one.seal for one in stamp_pending(case)] == [2, 1]


def test_a_department_without_authorities_and_a_case_without_seals_ask_nobody(desk: Desk, tsa: Tsa) -> None:
    case = desk.approved()
    with tsa.serve() as server:
        enrol(desk, tsa.authority(server))
        assert stamp_pending(case) == stamp_pending(case, only_newest=True) == []
        enrol(desk)
        case.seal(desk.sign_in("1001"))
        assert stamp_pending(case) == []
        assert server.connections == 0


def test_an_authority_that_fails_is_asked_once_and_leaves_the_seals_pending(
    desk: Desk, tmp_path: Path, tsa: Tsa
) -> None:
    case, other = _sealed(desk, 2), Tsa(tmp_path, "other")
    with tsa.serve() as server, Server({"/tsr": lambda asked: asked.reply(500)}) as broken:
        enrol(desk, tsa.authority(server), other.authority(broken))
        told = stamp_pending(case)
        assert len(broken.seen) == 1
        assert [(one.seal, one.authority, one.reason) for one in told] == [
            (2, "tsa", ""), (2, "other", "server-error"), (1, "tsa", ""), (1, "other", "server-error"),
        ]  # fmt: skip
        assert "status 500" in told[1].problem
        assert [(seal.number, one.name) for seal, one in pending(case)] == [(2, "other"), (1, "other")]
        broken.scripts["/tsr"] = other.script
        assert [one.problem for one in stamp_pending(case)] == ["", ""]
    assert pending(case) == []


def test_what_the_gate_refuses_is_told_and_not_raised(desk: Desk, tsa: Tsa) -> None:
    case = _sealed(desk)
    with tsa.serve() as server:
        enrol(desk, tsa.authority(server), grant=False)
        (told,) = stamp_pending(case)
        assert server.connections == 0
    assert (told.seal, told.reason) == (1, "private-address")
    assert _tokens(case) == []


def test_a_seal_that_was_altered_is_not_timestamped(desk: Desk, tsa: Tsa) -> None:
    case = _sealed(desk)
    seal = case.folder / "seals/0001.txt"
    seal.chmod(0o600)
    seal.write_bytes(seal.read_bytes().replace(b"# by 1001", b"# by 1002"))
    with tsa.serve() as server:
        enrol(desk, tsa.authority(server))
        with pytest.raises(IntegrityError):
            stamp_pending(case)
        assert server.connections == 0


def test_a_token_that_another_process_has_just_kept_stays(desk: Desk, tsa: Tsa) -> None:
    case = _sealed(desk)

    def beaten(asked: Asked) -> None:
        query = body(asked)
        desk.open(case).stamped(1, "tsa", b"the first")
        asked.reply(200, tsa.stamp(query), Content_Type=REPLY)

    with Server({"/tsr": beaten}) as server:
        enrol(desk, tsa.authority(server))
        assert [one.problem for one in stamp_pending(case)] == [""]
    assert (case.folder / "seals/0001.tsa.tsr").read_bytes() == b"the first"
    assert case.history().seals[1].stamped == {"tsa"}
