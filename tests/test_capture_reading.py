"""Recorded exchanges read again: vectors, round trips, bounds, and bytes that are no exchange."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.capture_kit import chunked
from workbench.capture import reading, warc
from workbench.errors import InputError

VECTORS = sorted(path.parent for path in Path(__file__).parent.glob("vectors/http/*/*/answer.http"))
ASKED = warc.Asked(
    uri="https://town.example/a",
    at=1_700_000_000_123_456,
    address="192.0.2.7",
    request=b"GET /a HTTP/1.1\r\n\r\n",
)


def _stored(raw: bytes, *, truncated: str = "", asked: warc.Asked = ASKED) -> bytes:
    head, gap, body = raw.partition(b"\r\n\r\n")
    return warc.answered(asked, head=head + gap, body=body, truncated=truncated).stored


@pytest.mark.parametrize("folder", VECTORS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_vectors(folder: Path) -> None:
    expected = json.loads((folder / "expected.json").read_text())
    kept = reading.exchange(_stored((folder / "answer.http").read_bytes()))
    assert (kept.status, kept.truncated) == (expected["status"], expected["truncated"])
    assert expected["body"] is None or kept.body.decode() == expected["body"]
    assert (kept.outcome == "") == (kept.status != 0)


def test_an_exchange_says_what_was_asked_and_when() -> None:
    kept = reading.exchange(_stored(b"HTTP/1.1 200 OK\r\nA: 1\r\na: 2\r\n\r\nx"))
    assert (kept.method, kept.uri, kept.at, kept.sent) == ("GET", ASKED.uri, ASKED.at, b"")
    assert kept.headers == (("A", "1"), ("a", "2"))
    assert kept.header("A") == "1"


def test_a_posted_body_is_read_too() -> None:
    asked = warc.Asked(
        uri="https://a.example/", at=0, address="", request=b"POST / HTTP/1.1\r\n\r\nq=1\r\n\r\n2"
    )
    assert reading.exchange(_stored(b"HTTP/1.1 200 OK\r\n\r\n", asked=asked)).sent == b"q=1\r\n\r\n2"


def test_an_exchange_without_an_answer() -> None:
    stored = warc.unanswered(ASKED, outcome="timeout", detail="Read\nTimeout").stored
    kept = reading.exchange(stored)
    assert (kept.status, kept.outcome, kept.body) == (0, "timeout", b"")
    (metadata, _) = reading.pieces_of(stored)
    assert metadata.block == b"url: https://town.example/a\r\noutcome: timeout\r\ndetail: Read Timeout\r\n"


def test_a_head_answer_has_no_body_whatever_its_fields_say() -> None:
    asked = warc.Asked(uri="https://a.example/", at=0, address="", request=b"HEAD / HTTP/1.1\r\n\r\n")
    kept = reading.exchange(_stored(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", asked=asked))
    assert (kept.body, kept.truncated) == (b"", "")


def test_the_recorded_reason_comes_before_what_reading_finds() -> None:
    raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwo"
    assert reading.exchange(_stored(raw, truncated="time")).truncated == "time"


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"not gzip",
        gzip.compress(b"no record"),
        gzip.compress(b"WARC/1.1\r\nContent-Length: 5\r\n\r\nab\r\n\r\n"),
        gzip.compress(b"WARC/1.1\r\nContent-Length: -1\r\n\r\n\r\n\r\n"),
        _stored(b"HTTP/1.1 200 OK\r\n\r\n")[:-9],
        warc.warcinfo({"software": "x"}, 0),
    ],
    ids=["nothing", "no-gzip", "no-record", "length-wrong", "length-negative", "cut", "warcinfo-only"],
)
def test_bytes_that_are_no_exchange(stored: bytes) -> None:
    with pytest.raises(InputError):
        reading.exchange(stored)


def test_a_date_that_is_none() -> None:
    stored = b"".join(
        gzip.compress(
            b"WARC/1.1\r\nWARC-Type: %s\r\nWARC-Date: yesterday\r\nContent-Length: 0\r\n\r\n\r\n\r\n" % kind
        )
        for kind in (b"response", b"request")
    )
    with pytest.raises(InputError):
        reading.exchange(stored)


def test_a_record_that_unpacks_to_too_much() -> None:
    with pytest.raises(InputError):
        reading.exchange(_stored(b"HTTP/1.1 200 OK\r\n\r\n" + b"\0" * 5_000_000), most=1_000_000)


def test_a_body_that_unpacks_to_too_much_is_cut() -> None:
    packed = gzip.compress(zlib.compress(b"\0" * 20_000_000))
    raw = b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate, gzip\r\n\r\n" + packed
    kept = reading.exchange(_stored(raw), most=1_000_000)
    assert (len(kept.body), kept.truncated) == (1_000_000, "length")


def test_a_body_that_just_fits_is_whole() -> None:
    assert reading.decoded(gzip.compress(b"x" * 1000), "gzip", most=1000) == (b"x" * 1000, "")


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=6), st.binary(max_size=20))
@settings(max_examples=60)
def test_chunking_is_undone(parts: list[bytes], after: bytes) -> None:
    wire = chunked(*parts)
    assert reading.dechunked(wire + after) == (b"".join(parts), True)
    if parts:
        cut, whole = reading.dechunked(wire[:-6])
        assert b"".join(parts).startswith(cut)
        assert not whole


@given(st.binary(max_size=300))
@settings(max_examples=150)
def test_no_bytes_break_the_readers(raw: bytes) -> None:
    body, _ = reading.dechunked(raw)
    assert len(body) <= len(raw)
    status, fields, rest = reading.http_head(b"HTTP/1.1 200 OK\r\n" + raw)
    assert status == 200
    assert len(rest) <= len(raw)
    assert all(name for name, _ in fields)
    for coding in ("gzip", "deflate", "x-gzip, deflate", "br"):
        assert len(reading.decoded(raw, coding, most=500)[0]) <= 500


@given(
    st.binary(max_size=200),
    st.sampled_from(["", "gzip", "deflate", "deflate, gzip"]),
    st.booleans(),
)
@settings(max_examples=60)
def test_what_was_coded_reads_back(body: bytes, codings: str, in_chunks: bool) -> None:
    coded = body
    for coding in filter(None, codings.split(", ")):
        coded = gzip.compress(coded) if coding == "gzip" else zlib.compress(coded)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: " + codings.encode() + b"\r\n"
    wire = chunked(*([coded] if coded else [])) if in_chunks else coded
    raw = head + (b"Transfer-Encoding: chunked\r\n" if in_chunks else b"") + b"\r\n" + wire
    kept = reading.exchange(_stored(raw))
    assert (kept.body, kept.truncated) == (body, "")


def test_records_have_what_the_format_asks_for() -> None:
    raw = b"HTTP/1.1 200 OK\r\n\r\nwords"
    response, request = reading.pieces_of(_stored(raw, truncated="length"))
    names = [name for name, _ in response.fields]
    assert names[:3] == ["WARC-Type", "WARC-Record-ID", "WARC-Date"]
    assert {"WARC-Block-Digest", "WARC-Payload-Digest", "WARC-IP-Address", "Content-Length"} <= set(names)
    assert response.field("WARC-Date") == "2023-11-14T22:13:20.123456Z"
    assert response.field("WARC-Truncated") == "length"
    assert request.field("WARC-Concurrent-To") == response.field("WARC-Record-ID")
    assert request.field("WARC-Type") == "request"


def test_large_and_packed_bodies_are_written_alike() -> None:
    body = b"0123456789abcdef" * 100_000
    for packed in (False, True):
        stored = warc.answered(
            ASKED,
            head=b"HTTP/1.1 200 OK\r\n\r\n",
            body=memoryview(body),
            truncated="",
            packed=packed,
        )
        assert reading.exchange(stored.stored).body == body
        assert stored.rule == ""
