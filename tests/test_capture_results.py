"""Results: every status and every error of a dependency has a verdict and a reason."""

from __future__ import annotations

import pytest
import requests

from workbench.capture import results
from workbench.errors import Refused, SourceError


@pytest.mark.parametrize(
    ("status", "verdict", "reason"),
    [
        (200, "complete", "ok"),
        (401, "blocked", "login-required"),
        (403, "blocked", "forbidden"),
        (404, "gone", "not-found"),
        (410, "gone", "gone"),
        (418, "failed", "http-418"),
        (429, "blocked", "rate-limited"),
        (451, "blocked", "legal-reasons"),
        (500, "failed", "server-error"),
        (503, "failed", "server-error"),
    ],
)
def test_statuses(status: int, verdict: str, reason: str) -> None:
    result = results.result_of(status, items=3)
    assert (result.verdict, result.reason, result.items) == (verdict, reason, 3)


def _every(kind: type[BaseException]) -> set[type[BaseException]]:
    return {kind}.union(*(_every(one) for one in kind.__subclasses__()))


@pytest.mark.parametrize("kind", sorted(_every(requests.RequestException), key=repr))
def test_every_error_of_requests_is_mapped(kind: type[BaseException]) -> None:
    error = kind("m", "", 0) if issubclass(kind, requests.exceptions.JSONDecodeError) else kind("m")
    assert results.result_of(error).reason != "error"


def test_errors_are_found_inside_those_of_libraries() -> None:
    def wrapped(inner: Exception) -> Exception:
        outer = RuntimeError("a library's own words")
        outer.__context__ = inner
        return outer

    limit = results.result_of(wrapped(SourceError("x", verdict="blocked", reason="rate-limited")))
    assert (limit.verdict, limit.reason, limit.detail) == ("blocked", "rate-limited", "RuntimeError")
    assert results.result_of(wrapped(Refused("x", reason="expired"))).reason == "expired"
    assert results.result_of(wrapped(requests.ReadTimeout())).reason == "timeout"
    assert results.result_of(RuntimeError()).reason == "error"


def test_a_failure_after_some_items_is_partial() -> None:
    result = results.result_of(SourceError("x", verdict="failed", reason="timeout"), items=20)
    assert (result.verdict, result.reason, result.items) == ("partial", "timeout", 20)


@pytest.mark.parametrize(
    ("uri", "kind", "body", "is_wall"),
    [
        ("https://a.example/login?next=/x", "text/html", b"", True),
        ("https://a.example/auth/sign_in", "text/html", b"", True),
        ("https://a.example/accounts/login/", "text/html", b"", True),
        ("https://a.example/@login", "text/html", b"words", False),
        ("https://a.example/p", "text/html; charset=utf-8", b"<input name=p type='password'>", True),
        ("https://a.example/p", "application/json", b'{"html": "<input type=password>"}', False),
        ("https://a.example/loginsight", "text/html", b"", False),
    ],
)
def test_login_walls(uri: str, kind: str, body: bytes, is_wall: bool) -> None:
    assert results.login_wall(uri, {"content-type": kind}, body) is is_wall
