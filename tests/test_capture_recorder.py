"""The recorder against real loopback servers: what is sent, kept, handed on, and refused."""

from __future__ import annotations

import gzip
import hashlib
import io
import socket
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from warcio.archiveiterator import ArchiveIterator
from warcio.cli import main as warcio_main

from tests.capture_kit import Asked, FileSink, ScopeGate, Server, StillTurns, chunked, limits, recorder
from workbench.capture import results, transport, warc
from workbench.capture.reading import exchange, pieces_of
from workbench.capture.replay import Replay
from workbench.errors import Refused, SourceError, UsageError


@pytest.fixture
def sink(tmp_path: Path) -> FileSink:
    kept = FileSink(tmp_path / "0001-test.warc.gz")
    kept.path.write_bytes(warc.warcinfo({"software": "test", "format": "WARC File Format 1.1"}, 0))
    return kept


def _refusal(session: requests.Session, url: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        session.get(url)
    return caught.value


# --- what is handed on ------------------------------------------------------------------------------


def test_an_answer_is_on_disk_before_it_is_handed_on_and_reads_as_usual(sink: FileSink) -> None:
    body = '{"id": "1", "words": "grüße"}'.encode()
    with Server({"/a": lambda asked: asked.reply(200, body, Content_Type="application/json")}) as server:
        response = recorder(sink).session().get(server.url("/a"))
    assert response.json() == {"id": "1", "words": "grüße"}
    assert response.content == body
    assert response.encoding == "utf-8"
    assert response.elapsed.total_seconds() > 0
    assert str(response.exhibit) == "2026-0417-E0001"  # type: ignore[attr-defined]
    (kept,) = sink.exchanges()
    assert (kept.method, kept.status, kept.body, kept.truncated) == ("GET", 200, body, "")
    assert sink.rules == [""]


def test_raw_bytes_are_kept_before_dechunking_and_decoding(sink: FileSink) -> None:
    packed = gzip.compress(b"words " * 1000, mtime=0)
    wire = chunked(packed[:10], packed[10:], end=b"0\r\nX-Trailer: 1\r\n\r\n")
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\nx-Odd:  kept \r\n\r\n"
    with Server({"/a": lambda asked: asked.raw(head + wire)}) as server:
        response = recorder(sink).session().get(server.url("/a"))
    assert response.content == b"words " * 1000
    (piece, _) = pieces_of(sink.slices[0])
    assert piece.block == head + wire
    assert sink.exchanges()[0].body == response.content


@pytest.mark.parametrize("stream", [False, True])
def test_streaming_reads_work(sink: FileSink, stream: bool) -> None:
    body = bytes(range(256)) * 9000  # more than stays in memory
    with Server({"/a": lambda asked: asked.reply(200, body)}) as server:
        response = recorder(sink).session().get(server.url("/a"), stream=stream)
        assert b"".join(response.iter_content(7001)) == body
        again = recorder(sink).session().get(server.url("/a"), stream=True)
        assert again.raw.read(10) == body[:10]
        assert again.raw.read() == body[10:]
    assert sink.exchanges()[0].body == body


def test_large_chunked_bodies_and_lines_read_as_usual(sink: FileSink) -> None:
    lines = [f"line {number}".encode() for number in range(300_000)]
    body = b"\n".join(lines)
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(
        body[:999_999], body[999_999:]
    )
    with Server({"/a": lambda asked: asked.raw(answer)}) as server:
        assert list(recorder(sink).session().get(server.url("/a"), stream=True).iter_lines()) == lines
    assert sink.exchanges()[0].body == body


def test_cookies_go_on_within_a_session_but_not_into_the_file(sink: FileSink) -> None:
    scripts = {"/a": lambda asked: asked.reply(200, b"x", Set_Cookie="sid=verysecret; Path=/")}
    with Server({**scripts, "/b": lambda asked: asked.reply()}) as server:
        session = recorder(sink).session()
        assert session.get(server.url("/a")).cookies["sid"] == "verysecret"
        session.get(server.url("/b"))
        assert server.seen[1][1]["Cookie"] == "sid=verysecret"
    assert b"verysecret" not in b"".join(p.block for s in sink.slices for p in pieces_of(s))
    assert sink.rules == ["secrets-1", "secrets-1"]


def test_no_coding_is_asked_for_that_cannot_be_undone(sink: FileSink) -> None:
    with Server({"/a": lambda asked: asked.reply()}) as server:
        recorder(sink).session().get(server.url("/a"), headers={"Accept-Encoding": "br, zstd"})
        assert server.seen[0][1]["Accept-Encoding"] == "gzip, deflate"


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_a_body(sink: FileSink, status: int) -> None:
    def say(asked: Asked) -> None:
        asked.raw(b"HTTP/1.1 %d None\r\n\r\n" % status)

    with Server({"/a": say, "/h": lambda asked: asked.reply(200, b"12345")}) as server:
        session = recorder(sink).session()
        assert session.get(server.url("/a")).content == b""
        assert session.head(server.url("/h")).headers["Content-Length"] == "5"
        assert server.connections == 1
    assert [kept.truncated for kept in sink.exchanges()] == ["", ""]


def test_interim_responses_are_passed_over_and_the_connection_stays_in_step(sink: FileSink) -> None:
    def say(asked: Asked) -> None:
        asked.raw(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        asked.reply(200, b"final")

    with Server({"/a": say}) as server:
        session = recorder(sink).session()
        assert [session.get(server.url("/a")).content for _ in range(2)] == [b"final", b"final"]
        assert server.connections == 1
    assert [kept.body for kept in sink.exchanges()] == [b"final", b"final"]


def test_bytes_that_follow_an_answer_are_not_part_of_it(sink: FileSink) -> None:
    def say(asked: Asked) -> None:
        asked.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" + b"HTTP/1.1 200 OK\r\n smuggled")
        asked.hang_up()

    with Server({"/a": say}) as server:
        assert recorder(sink).session().get(server.url("/a")).content == b"ok"
    assert b"smuggled" not in next(pieces_of(sink.slices[0])).block


# --- attribution ------------------------------------------------------------------------------------


def test_eight_threads_with_interleaved_streams_get_their_own_bytes(sink: FileSink) -> None:
    def say(asked: Asked) -> None:
        name = asked.path.rpartition("/")[2].encode()
        asked.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(20):
            asked.raw(b"%x\r\n%s\r\n" % (len(name) * 50, name * 50))
            time.sleep(0.001)
        asked.raw(b"0\r\n\r\n")

    names = [f"n{number:03d}" for number in range(64)]
    with Server() as server:
        server.scripts.update({f"/{name}": say for name in names})
        session = recorder(sink).session()

        def get(name: str) -> tuple[str, bytes, int]:
            response = session.get(server.url(f"/{name}"), stream=True)
            return name, b"".join(response.iter_content(13)), response.exhibit.number  # type: ignore[attr-defined]

        with ThreadPoolExecutor(8) as pool:
            for name, body, number in pool.map(get, names):
                assert body == name.encode() * 1000
                kept = exchange(sink.slices[number - 1])
                assert kept.uri.endswith(name)
                assert kept.body == body


def test_two_open_streams_in_one_thread_do_not_mix(sink: FileSink) -> None:
    scripts = {
        "/a": lambda asked: asked.reply(200, b"a" * 5000),
        "/b": lambda asked: asked.reply(200, b"b" * 5000),
    }
    with Server(scripts) as server:
        session = recorder(sink).session()
        one, two = (session.get(server.url(f"/{n}"), stream=True) for n in "ab")
        pairs = list(zip(one.iter_content(1000), two.iter_content(1000), strict=True))
    assert all(a == b"a" * 1000 and b == b"b" * 1000 for a, b in pairs)


def test_nothing_process_wide_is_patched(sink: FileSink) -> None:
    with Server({"/a": lambda asked: asked.reply(200, b"x")}) as server:
        recorder(sink).session().get(server.url("/a"))
        assert requests.get(server.url("/a"), timeout=2).content == b"x"
        assert len(sink.slices) == 1


# --- the gate ---------------------------------------------------------------------------------------


def test_the_gate_is_asked_with_the_url_then_with_the_address_for_every_request(sink: FileSink) -> None:
    gate = ScopeGate()
    with Server({"/a": lambda asked: asked.reply()}) as server:
        session = recorder(sink, gate=gate).session()
        session.get(server.url("/a?n=1"))
        session.get(server.url("/a?n=2"))
        one, two = server.url("/a?n=1"), server.url("/a?n=2")
        assert gate.asked == [(one, None), (one, "127.0.0.1"), (two, None), (two, "127.0.0.1")]
        assert server.connections == 1


def test_a_refused_url_sends_no_packet_and_resolves_no_name(
    sink: FileSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("a name was resolved"))
    with Server() as server:
        with pytest.raises(Refused):
            recorder(sink, gate=ScopeGate("elsewhere")).session().get(server.url("/", host="localhost"))
        assert server.connections == 0
        assert sink.refusals == [("host-not-in-scope", server.url("/", host="localhost"))]
    assert sink.slices == []


def test_a_refused_address_is_never_connected_to(sink: FileSink) -> None:
    made = recorder(sink, gate=ScopeGate(addresses=("192.0.2.1",)))
    with Server() as server:
        with pytest.raises(Refused) as caught:
            made.session().get(server.url())
        assert server.connections == 0
    assert caught.value.reason == "address-not-allowed"
    assert [problem.reason for problem in made.problems] == ["address-not-allowed"]


def test_what_is_connected_to_is_what_the_gate_saw_however_the_name_changes(
    sink: FileSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = iter(["127.0.0.1", "127.0.0.2"])  # a second look-up would give another address

    def rebinding(_name: str, port: int, _flags: int) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, (next(asked), port))]

    monkeypatch.setattr(transport, "_addresses", rebinding)
    gate = ScopeGate()
    with Server({"/": lambda asked: asked.reply()}) as server:
        session = recorder(sink, gate=gate).session()
        url = server.url("/", host="evil.example")
        assert session.get(url).status_code == 200
        assert server.seen[0][1]["Host"] == f"evil.example:{server.server_port}"
    assert gate.asked[-1] == (url, "127.0.0.1")
    assert b"WARC-IP-Address: 127.0.0.1" in gzip.decompress(sink.slices[0])


def test_a_kept_connection_is_checked_again_and_dropped_when_refused(sink: FileSink) -> None:
    gate = ScopeGate()
    with Server({"/": lambda asked: asked.reply()}) as server:
        session = recorder(sink, gate=gate).session()
        session.get(server.url())
        gate.addresses = ()
        with pytest.raises(Refused):
            session.get(server.url())
        assert len(server.seen) == 1


def test_redirects_within_scope_are_recorded_each(sink: FileSink) -> None:
    scripts = {
        "/a": lambda asked: asked.reply(302, b"", Location="/b"),
        "/b": lambda asked: asked.reply(200, b"b"),
    }
    with Server(scripts) as server:
        response = recorder(sink).session().get(server.url("/a"))
    assert (response.url, response.content, len(response.history)) == (server.url("/b"), b"b", 1)
    assert [kept.status for kept in sink.exchanges()] == [302, 200]


def test_a_redirect_out_of_scope_sends_nothing_to_that_host(sink: FileSink) -> None:
    with Server() as outside, Server() as inside:
        inside.scripts["/a"] = lambda asked: asked.reply(302, b"", Location=outside.url("/x"))
        gate = ScopeGate(f"127.0.0.1:{inside.server_port}")
        made = recorder(sink, gate=gate)
        error = _refusal(made.session(), inside.url("/a"))
        assert outside.connections == 0
        assert (error.verdict, error.reason) == ("blocked", "redirect-out-of-scope")
        assert isinstance(error.__cause__, Refused)
        assert sink.refusals == [("host-not-in-scope", outside.url("/x"))]
        assert len(sink.slices) == 1
        # The same host asked for by ourselves is no redirect.
        with pytest.raises(Refused):
            made.session().get(outside.url("/x"))


def test_redirects_that_never_end(sink: FileSink) -> None:
    with (
        Server({"/a": lambda asked: asked.reply(302, b"", Location="/a")}) as server,
        pytest.raises(requests.TooManyRedirects) as caught,
    ):
        recorder(sink).session().get(server.url("/a"))
    assert results.result_of(caught.value).reason == "too-many-redirects"
    assert len(sink.slices) == 11


def test_the_environment_is_not_trusted(
    sink: FileSink, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login officer password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with Server() as proxy, Server({"/": lambda asked: asked.reply()}) as server:
        monkeypatch.setenv("http_proxy", proxy.url())
        session = recorder(sink).session()
        assert session.get(server.url()).status_code == 200
        session.trust_env = True
        assert session.get(server.url(), proxies={"http": proxy.url()}).status_code == 200
        assert proxy.connections == 0
        assert "Authorization" not in server.seen[0][1]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_only_reading_methods(sink: FileSink, method: str) -> None:
    with Server() as server:
        with pytest.raises(Refused) as caught:
            recorder(sink).session().request(method, server.url(), data="x")
        assert server.connections == 0
    assert caught.value.reason == "method"


def test_requests_that_would_hide_what_they_are(sink: FileSink) -> None:
    session = recorder(sink).session()
    with pytest.raises(UsageError):
        session.get("http://127.0.0.1:1/", headers={"host": "other.example"})
    with pytest.raises(UsageError):
        session.get("https://127.0.0.1:1/", verify=False)
    with pytest.raises(SourceError):
        session.get("http://name:word@127.0.0.1:1/")
    posting = recorder(sink, methods=frozenset({"POST"})).session()
    with pytest.raises(UsageError):
        posting.post("http://127.0.0.1:1/", data=io.BytesIO(b"a stream"))
    assert sink.slices == []


# --- bounds -----------------------------------------------------------------------------------------


def test_a_body_that_ends_early(sink: FileSink) -> None:
    def say(asked: Asked) -> None:
        asked.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
        asked.hang_up()

    made = recorder(sink)
    with Server({"/a": say}) as server:
        error = _refusal(made.session(), server.url("/a"))
    assert (error.verdict, error.reason) == ("partial", "truncated")
    assert "2026-0417-E0001" in error.where
    (kept,) = sink.exchanges()
    assert (kept.status, kept.body, kept.truncated) == (200, b"only this", "disconnect")
    assert made.problems[0].exhibit is not None


@pytest.mark.parametrize(
    ("tail", "truncated", "reason"),
    [(b"", "disconnect", "truncated"), (b"zz\r\nnonsense", "unspecified", "malformed-answer")],
)
def test_chunks_that_break_off_or_are_no_chunks(
    sink: FileSink, tail: bytes, truncated: str, reason: str
) -> None:
    def say(asked: Asked) -> None:
        asked.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"abc", end=tail))
        if not tail:
            asked.hang_up()

    with Server({"/a": say}) as server:
        assert _refusal(recorder(sink).session(), server.url("/a")).reason == reason
    (kept,) = sink.exchanges()
    assert (kept.body, kept.truncated) == (b"abc", truncated)
    assert next(pieces_of(sink.slices[0])).field("WARC-Payload-Digest") == ""


def test_a_transfer_coding_that_was_not_asked_for(sink: FileSink) -> None:
    wire = chunked(gzip.compress(b"words"))
    with Server(
        {"/a": lambda asked: asked.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" + wire)}
    ) as server:
        assert _refusal(recorder(sink).session(), server.url("/a")).reason == "malformed-answer"
    assert sink.exchanges()[0].truncated == "unspecified"


def test_payload_digests_keep_content_coding_and_are_left_out_with_a_transfer_coding(sink: FileSink) -> None:
    packed = gzip.compress(b"words")
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
    scripts = {
        "/chunks": lambda asked: asked.raw(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(packed)),
        "/length": lambda asked: asked.raw(head + b"Content-Length: %d\r\n\r\n" % len(packed) + packed),
    }
    with Server(scripts) as server:
        for path in scripts:
            recorder(sink).session().get(server.url(path))
    digest = f"sha256:{hashlib.sha256(packed).hexdigest()}"
    assert [next(pieces_of(kept)).field("WARC-Payload-Digest") for kept in sink.slices] == ["", digest]


def test_a_body_larger_than_it_may_be(sink: FileSink) -> None:
    with Server({"/a": lambda asked: asked.reply(200, b"x" * 300_000)}) as server:
        made = recorder(sink, bounds=limits(response_bytes=100_000))
        assert _refusal(made.session(), server.url("/a")).reason == "truncated"
    (kept,) = sink.exchanges()
    assert kept.truncated == "length"
    assert 99_000 < len(kept.body) <= 100_001


def test_an_endless_body_is_bounded(sink: FileSink) -> None:
    def say(asked: Asked) -> None:
        asked.raw(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            asked.raw(b"x" * 65536)

    with Server({"/a": say}) as server:
        made = recorder(sink, bounds=limits(bytes=1 << 20))
        assert _refusal(made.session(), server.url("/a")).reason == "byte-limit"
        assert _refusal(made.session(), server.url("/a")).reason == "byte-limit"
        assert len(server.seen) == 1
    assert sink.exchanges()[0].truncated == "length"
    assert {problem.what for problem in made.problems} == {"truncated", "limit"}


def test_a_body_that_just_fits_is_whole(sink: FileSink) -> None:
    def say(asked: Asked) -> None:
        asked.raw(b"HTTP/1.1 200 OK\r\n\r\n" + b"y" * 1000)
        asked.hang_up()

    with Server({"/a": say}) as server:
        made = recorder(sink, bounds=limits(response_bytes=1000 + len(b"HTTP/1.1 200 OK\r\n\r\n")))
        assert made.session().get(server.url("/a")).content == b"y" * 1000


def test_the_number_of_requests_is_bounded(sink: FileSink) -> None:
    with Server({"/a": lambda asked: asked.reply()}) as server:
        made = recorder(sink, bounds=limits(requests=2))
        session = made.session()
        assert [session.get(server.url("/a")).status_code for _ in range(2)] == [200, 200]
        error = _refusal(session, server.url("/a"))
        assert (error.verdict, error.reason) == ("partial", "request-limit")
        assert len(server.seen) == made.requests == 2


@pytest.mark.parametrize(
    "start", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"]
)
def test_a_drip_of_bytes_ends_with_the_total_time(sink: FileSink, start: bytes) -> None:
    def say(asked: Asked) -> None:
        asked.raw(start)
        for _ in range(100):
            asked.raw(b"H")
            time.sleep(0.02)

    with Server({"/a": say}) as server:
        began = time.monotonic()
        error = _refusal(recorder(sink, bounds=limits(total_s=0.3)).session(), server.url("/a"))
        assert time.monotonic() - began < 1.5
    assert error.reason == ("truncated" if b"\r\n\r\n" in start else "timeout")
    assert sink.exchanges()[0].truncated == "time"


def test_silence_ends_with_the_read_time(sink: FileSink) -> None:
    quiet = threading.Event()
    with Server({"/a": lambda _: quiet.wait(3)}) as server:
        made = recorder(sink, bounds=limits(read_s=0.2))
        error = _refusal(made.session(), server.url("/a"))
        with pytest.raises(SourceError):
            recorder(sink).session().get(server.url("/a"), timeout=0.2)
        quiet.set()
    assert (error.verdict, error.reason) == ("failed", "timeout")
    (kept, _) = sink.exchanges()
    assert (kept.status, kept.outcome) == (0, "timeout")


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(500)) + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000,
        b"this is no HTTP at all\r\n\r\n",
        b"HTTP/1.1 2xx Odd\r\n\r\n",
    ],
    ids=["many-fields", "long-field", "interim-flood", "no-http", "no-status"],
)
def test_header_bombs_and_answers_that_are_no_http_are_kept_and_refused(sink: FileSink, head: bytes) -> None:
    def say(asked: Asked) -> None:
        asked.raw(head)
        asked.hang_up()

    with Server({"/a": say}) as server:
        error = _refusal(recorder(sink).session(), server.url("/a"))
    assert (error.verdict, error.reason) == ("failed", "malformed-answer")
    block = next(pieces_of(sink.slices[0])).block
    assert block
    assert head.startswith(block[:1000])
    assert len(block) <= 256 << 10 | 1


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_decompression_bomb_is_recorded_and_refused_when_read(sink: FileSink, coding: str) -> None:
    body = b"\0" * (64 << 20)
    packed = gzip.compress(body, 9) if coding == "gzip" else zlib.compress(body, 9)
    with Server({"/a": lambda asked: asked.reply(200, packed, Content_Encoding=coding)}) as server:
        session = recorder(sink).session()
        assert _refusal(session, server.url("/a")).reason == "decompression-bomb"
        held = session.get(server.url("/a"), stream=True)
        assert held.exhibit is not None  # type: ignore[attr-defined]
        with pytest.raises(SourceError):
            held.raw.read(decode_content=True)
    kept = exchange(sink.slices[0], most=1 << 20)
    assert (len(kept.body), kept.truncated) == (1 << 20, "length")


# --- no answer at all -------------------------------------------------------------------------------


def test_an_unreachable_port_is_recorded_and_raised(sink: FileSink) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/a?token=hidden"
        error = _refusal(recorder(sink).session(), url)
    assert (error.verdict, error.reason) == ("failed", "unreachable")
    (kept,) = sink.exchanges()
    assert (kept.method, kept.status, kept.outcome) == ("GET", 0, "unreachable")
    assert [p.field("WARC-Type") for p in pieces_of(sink.slices[0])] == ["metadata", "request"]
    assert b"hidden" not in gzip.decompress(sink.slices[0])


def test_a_name_that_is_not_known(sink: FileSink, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    monkeypatch.setattr(transport, "_addresses", unknown)
    assert _refusal(recorder(sink).session(), "http://nowhere.example/").reason == "name-not-found"
    assert sink.exchanges()[0].outcome == "name-not-found"


def test_a_resolver_that_hangs_is_left_behind(sink: FileSink, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = threading.Event()
    monkeypatch.setattr(transport, "_addresses", lambda *_: hanging.wait(3) and [])
    error = _refusal(recorder(sink, bounds=limits(connect_s=0.1)).session(), "http://slow.example/")
    hanging.set()
    assert error.reason == "timeout"


def test_a_connection_closed_without_a_word(sink: FileSink) -> None:
    with Server({"/a": lambda asked: asked.hang_up()}) as server:
        assert _refusal(recorder(sink).session(), server.url("/a")).reason == "disconnected"
    assert sink.exchanges()[0].outcome == "disconnected"


def test_a_kept_connection_that_was_closed_on_us_is_tried_again(sink: FileSink) -> None:
    calls: list[str] = []

    def say(asked: Asked) -> None:
        calls.append(asked.path)
        if len(calls) == 2:
            asked.hang_up()
        else:
            asked.reply(200, b"ok")

    with Server({"/a": say}) as server:
        session = recorder(sink).session()
        assert [session.get(server.url("/a")).content for _ in range(2)] == [b"ok", b"ok"]
    assert [kept.outcome or kept.status for kept in sink.exchanges()] == [200, "disconnected", 200]


# --- patience ---------------------------------------------------------------------------------------


def test_retry_after_is_honoured_and_every_attempt_recorded(sink: FileSink) -> None:
    answers = iter([(429, "7"), (503, "2"), (200, "0")])

    def say(asked: Asked) -> None:
        status, after = next(answers)
        asked.reply(status, b"%d" % status, Retry_After=after)

    waiting = StillTurns()
    with Server({"/a": say}) as server:
        response = recorder(sink, waiting=waiting).session().get(server.url("/a"))
    assert response.content == b"200"
    assert waiting.waits == pytest.approx([7, 2])
    assert [kept.status for kept in sink.exchanges()] == [429, 503, 200]


def test_patience_ends_after_three_attempts_or_a_wait_too_long(sink: FileSink) -> None:
    scripts = {
        "/always": lambda asked: asked.reply(429, b"", Retry_After="1"),
        "/long": lambda asked: asked.reply(429, b"", X_RateLimit_Reset="2199-01-01T00:00:00.000Z"),
    }
    with Server(scripts) as server:
        session = recorder(sink).session()
        assert session.get(server.url("/always")).status_code == 429
        assert len(server.seen) == 3
        assert session.get(server.url("/long")).status_code == 429
        assert len(server.seen) == 4


def test_a_host_is_asked_no_faster_than_its_interval(sink: FileSink) -> None:
    waiting = StillTurns(per_host_s=1.5)
    with Server({"/a": lambda asked: asked.reply()}) as server:
        session = recorder(sink, waiting=waiting).session()
        for _ in range(3):
            session.get(server.url("/a"))
    assert waiting.waits == pytest.approx([1.5, 1.5])


# --- statuses, resuming, the file -------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403, 404, 410, 500, 502])
def test_failing_statuses_are_recorded_and_handed_on(sink: FileSink, status: int) -> None:
    with Server({"/a": lambda asked: asked.reply(status, b"why")}) as server:
        response = recorder(sink).session().get(server.url("/a"))
    assert (response.status_code, response.content) == (status, b"why")
    assert sink.exchanges()[0].status == status


def test_a_capture_goes_on_from_an_interrupted_one(sink: FileSink, tmp_path: Path) -> None:
    broken = {"/3": lambda asked: asked.hang_up()}
    pages = {f"/{n}": (lambda asked, n=n: asked.reply(200, b"page %d" % n)) for n in (1, 2, 3)}
    with Server({**pages, **broken}) as server:
        first = recorder(sink).session()
        for n in (1, 2):
            first.get(server.url(f"/{n}"))
        _refusal(first, server.url("/3"))
        server.scripts.update(pages)
        earlier = Replay(sink.exchanges(), citations=[None] * 4)
        after = FileSink(tmp_path / "0002-test.warc.gz")
        made = recorder(after, earlier=earlier)
        session = made.session()
        assert [session.get(server.url(f"/{n}")).content for n in (1, 2, 3)] == [
            b"page 1",
            b"page 2",
            b"page 3",
        ]
        # A kept connection that is closed without a word is tried once more, so /3 was asked for twice before.
        assert [path for path, _ in server.seen] == ["/1", "/2", "/3", "/3", "/3"]
    assert made.requests == len(after.slices) == 1


def test_warcio_reads_and_checks_the_file(sink: FileSink, capsys: pytest.CaptureFixture[str]) -> None:
    scripts = {
        "/a": lambda asked: asked.reply(200, b"hello", Set_Cookie="a=b"),
        "/none": lambda asked: asked.hang_up(),
        "/cut": lambda asked: (asked.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"), asked.hang_up()),
        "/odd": lambda asked: (asked.raw(b"odd\r\n\r\n"), asked.hang_up()),
    }
    with Server(scripts) as server:
        session = recorder(sink).session()
        _refusal(session, server.url("/none"))
        session.get(server.url("/a?access_token=verysecret"))
        for path in ("/cut", "/odd"):
            _refusal(session, server.url(path))
    with sink.path.open("rb") as file:
        found = [
            (record.rec_type, record.rec_headers.get_header("WARC-Truncated"))
            for record in ArchiveIterator(file, check_digests="raise")
        ]
    pair = [("response", None), ("request", None)]
    unsaid = [("metadata", None), ("request", None)]
    cut = [("response", "disconnect"), ("request", None)]
    odd = [("response", "unspecified"), ("request", None)]
    assert found == [("warcinfo", None), *unsaid, *pair, *cut, *odd]
    with pytest.raises(SystemExit) as ended:
        warcio_main(["check", "-v", str(sink.path)])
    assert ended.value.code in {0, None}
    assert "digest failed" not in capsys.readouterr().out
    assert b"verysecret" not in gzip.decompress(sink.path.read_bytes())
