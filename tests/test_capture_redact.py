"""Rule secrets-1: what is removed, what is kept, and that nothing of a secret survives."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.capture import redact, warc
from workbench.capture.reading import pieces_of

SECRET = "s3cr3t-Value"


@pytest.mark.parametrize("name", [*redact.FIELDS, "authorization", "COOKIE", "x-csrf-token"])
@pytest.mark.parametrize("line", ["{n}: {s}", "{n}:{s}", "{n} : {s}; more {s}", "{n}: a\r\n\t{s}\r\n {s}"])
def test_fields(name: str, line: str) -> None:
    raw = f"GET / HTTP/1.1\r\nHost: a\r\n{line.format(n=name, s=SECRET)}\r\nAccept: {name}\r\n\r\n".encode()
    kept = redact.head(raw)
    assert SECRET.encode() not in kept
    assert b"[removed:secrets-1]\r\nAccept: " + name.encode() + b"\r\n\r\n" in kept
    assert kept.startswith(b"GET / HTTP/1.1\r\nHost: a\r\n")


@pytest.mark.parametrize("name", [*redact.PARAMETERS, "Access_Token", "%74oken", "t%6Fken", "KEY"])
@pytest.mark.parametrize(
    "address",
    ["https://a.example/p?{n}={s}", "https://a.example/?x=1&{n}={s}&y=2#z", "https://a.example/?a;{n}={s}"],
)
def test_parameters(name: str, address: str) -> None:
    kept = redact.uri(address.format(n=name, s=SECRET))
    assert kept == address.format(n=name, s="[removed:secrets-1]")


def test_addresses_in_request_lines_and_other_fields() -> None:
    raw = (
        b"GET /p?token=abc&q=1 HTTP/1.1\r\nReferer: https://a.example/?key=abc\r\n"
        b'Link: <https://a.example/?max_id=1&access_token=abc>; rel="next"\r\n'
        b"Location: https://name:abc@a.example/#access_token=abc\r\n\r\n"
    )
    kept = redact.head(raw)
    assert b"abc" not in kept
    assert b"GET /p?token=[removed:secrets-1]&q=1 HTTP/1.1\r\n" in kept
    assert b'[removed:secrets-1]>; rel="next"' in kept


@pytest.mark.parametrize(
    "address",
    [
        "https://a.example/?q=token",
        "https://a.example/?monkey=1&mytoken=2&tokens=3",
        "https://a.example/@name/1",
        "https://a.example/token=1",
        "https://a.example/?token=",
    ],
)
def test_what_is_no_secret_stays(address: str) -> None:
    assert redact.uri(address) == address


def test_the_rule_is_named_only_where_something_was_replaced() -> None:
    plain = warc.Asked(uri="https://a.example/", at=0, address="", request=b"GET / HTTP/1.1\r\n\r\n")
    answer = {"head": b"HTTP/1.1 200 OK\r\n\r\n", "body": b""}
    assert warc.answered(plain, **answer, truncated="").rule == ""  # type: ignore[arg-type]
    cookie = {**answer, "head": b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\n\r\n"}
    assert warc.answered(plain, **cookie, truncated="").rule == "secrets-1"  # type: ignore[arg-type]
    asked = warc.Asked(
        uri=f"https://a.example/?token={SECRET}",
        at=0,
        address="",
        request=f"GET /?token={SECRET} HTTP/1.1\r\n\r\n".encode(),
    )
    for stored in (
        warc.answered(asked, **answer, truncated=""),  # type: ignore[arg-type]
        warc.unanswered(asked, outcome="timeout", detail=""),
    ):
        assert stored.rule == "secrets-1"
        pieces = list(pieces_of(stored.stored))
        assert not any(SECRET in repr(piece) for piece in pieces)


@given(st.sampled_from(redact.FIELDS), st.text("ab=;&?%: \t@/<>", max_size=30), st.binary(max_size=60))
@settings(max_examples=80)
@example("Cookie", "", b"")
def test_any_value_goes_and_redacting_again_changes_nothing(name: str, value: str, after: bytes) -> None:
    after = re.sub(rb"[\r\n]", b"", after)
    raw = f"HTTP/1.1 200 OK\r\n{name}: {value}{SECRET}\r\nX-After: ".encode() + after + b"\r\n\r\n"
    kept = redact.head(raw)
    assert SECRET.encode() not in kept
    assert redact.head(kept) == kept
