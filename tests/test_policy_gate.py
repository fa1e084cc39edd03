from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.desk import SCOPE, START, TARGET, Desk
from workbench.policy import gate
from workbench.policy.gate import Grant
from workbench.policy.standing import Authority, Standing
from workbench.policy.versions import DAY, CaseVersion, Scope, Window
from workbench.records import Order, Target
from workbench.times import stamp

GRANT = Grant(host="127.0.0.1:8000", address="127.0.0.1/32", reason="test")


def _standing(scope: Scope = SCOPE, **changes: object) -> Standing:
    latest = CaseVersion(
        format="workbench-case/1", case="2026-0417", version=3, act="approve", at=stamp(START), by="2001",
        previous="0" * 64, purpose="missing", facts={}, subjects=(), owner="1001", assigned=("1002",),
        scope=scope, reason="",
    )  # fmt: skip
    authority = Authority(version=3, kind="approved", by="2001", scope=scope, expires=START + DAY)
    fields = {"state": "approved", "latest": latest, "authority": authority, **changes}
    return Standing(**fields)  # type: ignore[arg-type] # the tests vary any field


def _reach(url: str, address: str | None, scope: Scope = SCOPE, grants: tuple[Grant, ...] = ()) -> str:
    return gate.may_reach(_standing(scope), "1001", url, address, START, grants).reason


def test_a_covered_order_is_allowed() -> None:
    order = Order(target=TARGET)
    assert gate.may_collect(_standing(), "1001", order, START, signed_in=True).allowed
    assert gate.may_collect(_standing(), "1002", order, START, signed_in=True).allowed


@pytest.mark.parametrize(
    ("standing", "actor", "signed_in", "now", "reason"),
    [
        (_standing(problem="forged"), "1001", True, START, "unsound"),
        (_standing(), "1001", False, START, "not-signed-in"),
        (_standing(state="closed", authority=None), "1001", True, START, "closed"),
        (_standing(authority=None), "1001", True, START, "no-authority"),
        (_standing(), "1001", True, START + DAY, "expired"),
        (_standing(), "1003", True, START, "not-assigned"),
        (_standing(), "2001", True, START, "not-assigned"),
        (Standing(state="unsound", latest=None, authority=None), "1001", True, START, "not-assigned"),
    ],
)
def test_refusals_name_their_reason(
    standing: Standing,
    actor: str,
    signed_in: bool,
    now: int,
    reason: str,
) -> None:
    decision = gate.may_collect(standing, actor, Order(target=TARGET), now, signed_in=signed_in)
    assert (decision.allowed, decision.reason) == (False, reason)


@pytest.mark.parametrize(
    ("order", "scope", "reason"),
    [
        (Order(target=Target(source="mastodon", target="x")), SCOPE, "target-out-of-scope"),
        (Order(target=Target(source="telegram", target=TARGET.target)), SCOPE, "target-out-of-scope"),
        (
            Order(target=TARGET, until=START),
            Scope(targets=(TARGET,), hosts=(), window=Window(since=stamp(START))),
            "window-out-of-scope",
        ),
        (
            Order(target=TARGET, since=START),
            Scope(targets=(TARGET,), hosts=(), window=Window(until=stamp(START))),
            "window-out-of-scope",
        ),
        (
            Order(target=TARGET, context=False),
            Scope(targets=(TARGET,), hosts=(), media=False),
            "kind-out-of-scope",
        ),
        (
            Order(target=TARGET, media=False),
            Scope(targets=(TARGET,), hosts=(), context=False),
            "kind-out-of-scope",
        ),
    ],
)
def test_what_the_scope_does_not_cover_is_refused(order: Order, scope: Scope, reason: str) -> None:
    decision = gate.may_collect(_standing(scope), "1001", order, START, signed_in=True)
    assert decision.reason == reason


@pytest.mark.parametrize(
    ("url", "address", "reason"),
    [
        ("https://social.example/api", None, "ok"),
        ("https://social.example:443/api", "93.184.216.34", "ok"),
        ("https://SOCIAL.example./", "93.184.216.34", "ok"),
        ("https://social.example:8443/", None, "host-out-of-scope"),
        ("https://other.example/", None, "host-out-of-scope"),
        ("https://social.example.evil.example/", None, "host-out-of-scope"),
        ("https://evilsocial.example/", None, "host-out-of-scope"),
        ("http://social.example/", None, "not-encrypted"),
        ("ftp://social.example/", None, "bad-address"),
        ("https://user@social.example/", None, "bad-address"),
        ("https://social.example@evil.example/", None, "bad-address"),
        ("https:///x", None, "bad-address"),
        ("https://[::1", None, "bad-address"),
        ("https://social.example:x/", None, "bad-address"),
        ("https://social.example/", "127.0.0.1", "private-address"),
        ("https://social.example/", "10.0.0.1", "private-address"),
        ("https://social.example/", "169.254.169.254", "private-address"),
        ("https://social.example/", "::1", "private-address"),
        ("https://social.example/", "::ffff:127.0.0.1", "private-address"),
        ("https://social.example/", "fe80::1", "private-address"),
        ("https://social.example/", "224.0.0.1", "private-address"),
        ("https://social.example/", "0.0.0.0", "private-address"),  # noqa: S104 - an address to refuse
        ("https://social.example/", "not an address", "bad-address"),
    ],
)
def test_addresses(url: str, address: str | None, reason: str) -> None:
    assert _reach(url, address) == reason


def test_a_wildcard_covers_subdomains_only() -> None:
    scope = Scope(targets=(TARGET,), hosts=("*.files.example",))
    assert _reach("https://a.files.example/x", None, scope) == "ok"
    assert _reach("https://a.b.files.example/x", None, scope) == "ok"
    assert _reach("https://files.example/x", None, scope) == "host-out-of-scope"
    assert _reach("https://afiles.example/x", None, scope) == "host-out-of-scope"


def test_a_grant_opens_one_host_at_one_address_only() -> None:
    scope = Scope(targets=(TARGET,), hosts=("127.0.0.1:8000", "127.0.0.1:9000"))
    assert _reach("http://127.0.0.1:8000/", "127.0.0.1", scope, (GRANT,)) == "ok"
    assert _reach("http://127.0.0.1:8000/", "127.0.0.2", scope, (GRANT,)) == "private-address"
    assert _reach("http://127.0.0.1:9000/", "127.0.0.1", scope, (GRANT,)) == "not-encrypted"
    assert _reach("https://127.0.0.1:9000/", "127.0.0.1", scope, (GRANT,)) == "private-address"


@pytest.mark.parametrize(
    ("url", "address", "reason"),
    [
        ("http://tsa.example/tsr", None, "ok"),
        ("http://tsa.example/tsr", "93.184.216.34", "ok"),
        ("http://tsa.example/tsr", "10.0.0.1", "private-address"),
        ("http://tsa.example/tsr", "169.254.169.254", "private-address"),
        ("http://tsa.example/tsr", "not an address", "bad-address"),
        ("http://tsa.example/", None, "service-not-listed"),
        ("https://tsa.example/tsr", None, "service-not-listed"),
        ("http://tsa.example/tsr?", None, "service-not-listed"),
        ("http://127.0.0.1:8000/tsr", "127.0.0.1", "ok"),
        ("http://127.0.0.1:8000/tsr", "127.0.0.2", "private-address"),
        ("http://127.0.0.1:9000/tsr", "127.0.0.1", "private-address"),
        ("ftp://tsa.example/", None, "bad-address"),
        ("http://me@tsa.example/", None, "bad-address"),
        ("http://[::1", None, "bad-address"),
    ],
)
def test_service_traffic_goes_to_the_listed_addresses_only(
    url: str, address: str | None, reason: str
) -> None:
    listed = (
        *("http://tsa.example/tsr", "http://127.0.0.1:8000/tsr", "http://127.0.0.1:9000/tsr"),
        *("ftp://tsa.example/", "http://me@tsa.example/", "http://[::1"),
    )
    decision = gate.may_serve(listed, url, address, (GRANT,))
    assert (decision.allowed, decision.reason) == (reason == "ok", reason)
    assert gate.may_serve((), url, address, (GRANT,)).reason == "service-not-listed"


def test_service_traffic_that_tells_something_is_encrypted_or_granted() -> None:
    plain, granted = "http://tiles.example/1", "http://127.0.0.1:8000/1"
    listed = (plain, granted, "https://tiles.example/1")
    found = [gate.may_serve(listed, url, None, (GRANT,), encrypted=True).reason for url in listed]
    assert found == ["not-encrypted", "ok", "ok"]


@given(st.text(max_size=60), st.none() | st.text(max_size=40))
def test_the_gate_is_total(url: str, address: str | None) -> None:
    decision = gate.may_reach(_standing(), "1001", url, address, START, (GRANT,))
    assert decision.allowed == (decision.reason == "ok")


def test_words_of_a_refusal_name_no_target(desk: Desk) -> None:
    case = desk.approved()
    standing = case.standing()
    decision = gate.may_collect(
        standing,
        "1001",
        desk.order(Target(source="mastodon", target="secret-name")),
        desk.now,
        signed_in=True,
    )
    assert "secret-name" not in decision.words
