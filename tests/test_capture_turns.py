"""Turns: the interval per host, and what servers ask for when they want patience."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.capture_kit import StillTurns
from workbench.capture import turns
from workbench.times import read_stamp

NOW = read_stamp("2026-11-23T01:00:00.000000Z")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "Mon, 23 Nov 2026 01:00:30 GMT"}, 30),
        ({"Retry-After": "Mon, 23 Nov 2020 01:00:30 GMT"}, 0),
        ({"X-RateLimit-Reset": "2026-11-23T01:02:00.000Z"}, 120),
        ({"X-RateLimit-Reset": str(NOW // 1_000_000 + 45)}, 45),
        ({"RateLimit-Reset": "12"}, 12),
        ({"Retry-After": "soon", "X-RateLimit-Reset": "9"}, 9),
        ({"Retry-After": "-5"}, 2),
        ({"Retry-After": "1e999"}, 2),
        ({"Retry-After": "9" * 400}, 2),
        ({}, 2),
    ],
)
def test_what_an_answer_asks_for(headers: dict[str, str], seconds: float) -> None:
    assert turns.asked(headers, NOW, 2) == pytest.approx(seconds)


@given(st.text(max_size=40))
@settings(max_examples=150)
def test_no_value_breaks_it(value: str) -> None:
    assert turns.asked({"Retry-After": value}, NOW, 1) >= 0


def test_hosts_wait_apart_and_a_held_host_waits_for_all() -> None:
    still = StillTurns(per_host_s=2.0)
    still.wait("a")
    still.wait("b")
    assert still.waits == []
    still.wait("a")
    assert still.waits == pytest.approx([2.0])
    still.hold("b", 10)
    still.hold("b", 1)
    still.wait("b")
    assert still.waits[1] == pytest.approx(10)
