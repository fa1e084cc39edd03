"""The gate: pure and total. Who asks, what stands signed, which address: a permission or a reasoned refusal.

Nothing here raises for any input: what cannot be understood is refused.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from workbench.policy.standing import Standing
from workbench.policy.versions import Scope, Window
from workbench.records import Order, Record
from workbench.times import read_stamp

_UNICAST = ipaddress.ip_network("2000::/3")
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


class Grant(Record, frozen=True, kw_only=True):
    """The chief's signed permission to reach a loopback or private address under one host name."""

    host: str
    address: str
    reason: str


class Decision(Record, frozen=True, kw_only=True):
    """The gate's answer; ``reason`` is a code for the log, ``words`` are for people and name no target."""

    allowed: bool
    reason: str = "ok"
    words: str = ""


ALLOWED = Decision(allowed=True)


def _no(reason: str, words: str) -> Decision:
    return Decision(allowed=False, reason=reason, words=words)


def may_collect(standing: Standing, actor: str, order: Order, now: int, *, signed_in: bool) -> Decision:
    """Decide whether an officer may begin a capture of one target."""
    return _authorised(standing, actor, now, signed_in=signed_in) or _covered(standing, order) or ALLOWED


def may_reach(
    standing: Standing, actor: str, url: str, address: str | None, now: int, grants: Sequence[Grant]
) -> Decision:
    """Decide whether one request may go to one address; ``address`` is None before the name is resolved."""
    refused = _authorised(standing, actor, now, signed_in=True)
    if refused or standing.authority is None:
        return refused or _no("no-authority", "nothing stands approved")
    return _reachable(standing.authority.scope, url, address, grants)


def may_serve(
    services: Sequence[str],
    url: str,
    address: str | None,
    grants: Sequence[Grant],
    *,
    encrypted: bool = False,
) -> Decision:
    """Decide whether the department's own traffic, such as for timestamps, may go to one address.

    ``services`` are the addresses in the chief's signed settings; ``address`` is as in ``may_reach``. Plain
    http is no hindrance where the answer proves itself by its signature; ``encrypted`` asks for https, but to
    a host that is granted: where the address itself tells something, as a map tile's does.
    """
    if url not in services:
        return _no("service-not-listed", "the address is not one of the department's services")
    place = _place(url)
    if isinstance(place, Decision):
        return place
    held = _held(place[1], grants)
    if encrypted and place[0] == "http" and not held:
        return _no("not-encrypted", "plain http needs the chief's signed grant")
    return ALLOWED if address is None else _address_fits(address, held)


def _authorised(standing: Standing, actor: str, now: int, *, signed_in: bool) -> Decision | None:
    if standing.problem:
        return _no("unsound", f"the case's authority does not hold: {standing.problem}")
    if not signed_in:
        return _no("not-signed-in", "the officer's key has not been proved")
    if standing.state == "closed":
        return _no("closed", "the case is closed")
    if actor not in standing.workers:
        return _no("not-assigned", "this officer does not work the case")
    if standing.authority is not None and actor == standing.authority.by:
        return _no("own-authority", "nobody collects on the authority that they gave themselves")
    return _in_force(standing, now)


def _in_force(standing: Standing, now: int) -> Decision | None:
    if standing.authority is None:
        return _no("no-authority", "no signed approval covers this case")
    if now >= standing.authority.expires:
        return _no("expired", "the authority has expired")
    return None


def _covered(standing: Standing, order: Order) -> Decision | None:
    scope = standing.authority.scope if standing.authority else None
    if scope is None or order.target not in scope.targets:
        return _no("target-out-of-scope", "the target is not in the approved scope")
    try:
        inside = _in_window(scope.window, order.since, order.until)
    except ValueError:
        inside = False
    if not inside:
        return _no("window-out-of-scope", "the period is not in the approved scope")
    if (order.media and not scope.media) or (order.context and not scope.context):
        return _no("kind-out-of-scope", "media or context are not in the approved scope")
    return None


def _in_window(window: Window, since: int | None, until: int | None) -> bool:
    if window.since is not None and (since is None or since < read_stamp(window.since)):
        return False
    return window.until is None or (until is not None and until <= read_stamp(window.until))


def _reachable(scope: Scope, url: str, address: str | None, grants: Sequence[Grant]) -> Decision:
    place = _place(url)
    if isinstance(place, Decision):
        return place
    scheme, name = place
    if not any(_host_fits(pattern.lower(), name) for pattern in scope.hosts):
        return _no("host-out-of-scope", "the host is not in the approved scope")
    held = _held(name, grants)
    if scheme == "http" and not held:
        return _no("not-encrypted", "plain http needs the chief's signed grant")
    return _address_fits(address, held) if address is not None else ALLOWED


def _place(url: str) -> tuple[str, str] | Decision:
    """Give an address's scheme and its host, with the port where it is not the usual one; or refuse it."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip(".").lower(), parts.port
    except ValueError:
        return _no("bad-address", "the address cannot be read")
    if not host or parts.scheme not in {"http", "https"} or parts.username is not None:
        return _no("bad-address", "only plain https addresses are reached")
    usual = {"http": 80, "https": 443}[parts.scheme]
    shown = f"[{host}]" if ":" in host else host
    return parts.scheme, shown if port in {None, usual} else f"{shown}:{port}"


def _held(name: str, grants: Sequence[Grant]) -> list[Grant]:
    return [grant for grant in grants if grant.host.lower() == name]


def _host_fits(pattern: str, name: str) -> bool:
    return name == pattern or (pattern.startswith("*.") and name.endswith(pattern[1:]))


def _address_fits(address: str, grants: Sequence[Grant]) -> Decision:
    try:
        ip = ipaddress.ip_address(address)
        ip = getattr(ip, "ipv4_mapped", None) or ip
        if any(ip in ipaddress.ip_network(grant.address, strict=False) for grant in grants):
            return ALLOWED
    except ValueError:
        return _no("bad-address", "the connected address cannot be read")
    if not _public(ip):
        return _no("private-address", "a loopback or private address needs the chief's signed grant")
    return ALLOWED


def _public(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether it is a public host; an IPv6 address that stands for an IPv4 one is as public as that."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _TRANSLATED:
            return _public(ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF))
        if ip not in _UNICAST or (ip.sixtofour is not None and not _public(ip.sixtofour)):
            return False
    return ip.is_global and not ip.is_multicast
