"""RFC 3161 timestamps for seals (docs/casefile-format.md, 10.6): the department's own traffic, not a capture.

An authority learns the seal's SHA-256 and nothing else. It is reached over the connections of the recorder,
so that the gate is asked with the address really connected to; nothing of the exchange is an exhibit: what
is kept is the token, which proves itself.
"""

from __future__ import annotations

import contextlib
import hashlib
from functools import partial
from typing import TYPE_CHECKING, Final

import requests
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from workbench.capture import service
from workbench.capture.bounds import Gate, Limits
from workbench.capture.raw import Tape
from workbench.capture.taking import Taken, take
from workbench.capture.transport import Current, Pools
from workbench.casefile import CaseFile
from workbench.custody import seals
from workbench.custody.history import read_checked
from workbench.custody.seals import Seal
from workbench.custody.verify.der import ordered
from workbench.department import Settings
from workbench.errors import Refused, SourceError
from workbench.policy import services
from workbench.policy.services import TimestampAuthority
from workbench.records import Record
from workbench.times import Clock

if TYPE_CHECKING:
    from rfc3161_client.tsp import TimeStampRequest, TimeStampResponse, TimeStampTokenInfo

LIMITS: Final = Limits(
    requests=1,
    bytes=128 << 10,
    response_bytes=64 << 10,
    head_bytes=16 << 10,
    connect_s=5.0,
    read_s=10.0,
    total_s=15.0,
)
"""Bounds of one asking. A token is a few kilobytes; who has just sealed waits for it."""

_HEADERS: Final = {
    "Content-Type": "application/timestamp-query",
    "Accept": "application/timestamp-reply",
    "Accept-Encoding": "identity",
    "User-Agent": "casefile-workbench",
}
_REPLY: Final = "application/timestamp-reply"
_SHA256: Final = "2.16.840.1.101.3.4.2.1"
_GRANTED: Final = 0
# What reading a certificate raises besides ValueError.
_UNREADABLE: Final = (
    ValueError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
_TODO: Final = "the seal stands without it; ask again with 'workbench seal --timestamp-pending'"
_GRANT: Final = (
    "the chief names authorities with 'department timestamp', private addresses with 'department grant'"
)
_ASK: Final = "ask the authority, and compare what it publishes with 'workbench department show'"


class Stamped(Record, frozen=True, kw_only=True):
    """What became of asking one authority about one seal.

    Where ``problem`` is empty the token is kept and logged; otherwise it says why not (``reason`` is its
    code), and the seal stands, to be timestamped later.
    """

    seal: int
    authority: str
    reason: str = ""
    problem: str = ""


def stamp_pending(case: CaseFile, *, only_newest: bool = False) -> list[Stamped]:
    """Ask for every token that is missing, of every authority that the department names; the newest seal first.

    An authority that fails is not asked again in this call: its other seals are told with the same reason.
    Never raises for what an authority or the gate says; a failing disk, or a seal that is gone, does.
    """
    gate = gate_of(case.department.settings)
    failures: dict[str, SourceError | Refused] = {}
    told = []
    for seal, authority in pending(case, only_newest=only_newest):
        if authority.name not in failures:
            try:
                _stamp(case, seal, authority, gate)
            except (SourceError, Refused) as error:
                failures[authority.name] = error
        told.append(_told(seal.number, authority.name, failures.get(authority.name)))
    return told


def pending(case: CaseFile, *, only_newest: bool = False) -> list[tuple[Seal, TimestampAuthority]]:
    """List the seals, the newest first, that have no token of an authority that the department names.

    ``only_newest`` looks at the last seal alone, at the same cost however many there are.
    """
    authorities = case.department.settings.timestamps
    newest = seals.newest(case.folder) if authorities else None
    if newest is None:
        return []
    found = [newest] if only_newest else list(seals.every(case.folder))
    return [
        (seal, authority)
        for seal in reversed(found)
        for authority in authorities
        if not (case.folder / f"seals/{seal.number:04d}.{authority.name}.tsr").exists()
    ]


def gate_of(settings: Settings) -> Gate:
    """Give the gate for service traffic: only to the authorities that the chief signed."""
    named = tuple(authority.url for authority in settings.timestamps)
    return service.gate_to(named, settings, todo=_GRANT)


def _stamp(case: CaseFile, seal: Seal, authority: TimestampAuthority, gate: Gate) -> None:
    data = read_checked(case.folder, seal.name, seal.sha256)
    token = request(authority, data, gate=gate, clock=case.clock)
    case.stamped(seal.number, authority.name, token)


def _told(number: int, name: str, failure: SourceError | Refused | None) -> Stamped:
    if failure is None:
        return Stamped(seal=number, authority=name)
    return Stamped(seal=number, authority=name, reason=failure.reason, problem=failure.what)


def request(
    authority: TimestampAuthority, data: bytes, *, gate: Gate, clock: Clock, limits: Limits = LIMITS
) -> bytes:
    """Have an authority timestamp the SHA-256 of some bytes; give its whole response (``.tsr``) as received.

    The response is granted, answers this very question (imprint and nonce), and is signed by a certificate
    for timestamps that chains to the authority's CA. Raises SourceError where the authority was not reached
    or answered anything else, Refused where the gate says no (nothing was sent).
    """
    # The library takes the bytes and hashes them itself.
    query = TimestampRequestBuilder(data, HashAlgorithm.SHA256).build()
    answer = _post(authority, query.as_bytes(), gate, clock, limits)
    _check(authority, answer, query, hashlib.sha256(data).digest())
    return answer


def _post(authority: TimestampAuthority, query: bytes, gate: Gate, clock: Clock, limits: Limits) -> bytes:
    gate(authority.url, None)
    try:
        # Prepared outside a session: nothing of the environment (proxies, .netrc) is looked at.
        asked = requests.Request("POST", authority.url, headers=_HEADERS, data=query).prepare()
    except requests.RequestException as error:
        raise _failed(authority, "bad-address", service.UNANSWERED["bad-address"], todo=_GRANT) from error
    tape = Tape(authority.url, gate=gate, limits=limits, spend=lambda _: True)
    with contextlib.closing(Pools(Current())) as pools:
        return _answer(authority, take(pools, asked, tape, verify=True, at=clock()))


def _answer(authority: TimestampAuthority, taken: Taken) -> bytes:
    """Give the body of an answer that is a timestamp response by its header; raise SourceError for any other."""
    failed = partial(_failed, authority)
    live, body = service.answered(taken, failed)
    kind = live.headers.get("Content-Type", "")
    if kind.partition(";")[0].strip().lower() != _REPLY:
        raise failed("malformed-answer", f"answers with no timestamp but {kind[:60] or 'nothing named'}")
    return body.read()


def _check(authority: TimestampAuthority, answer: bytes, query: TimeStampRequest, digest: bytes) -> None:
    try:
        # Only the order of what it encloses: judging it is done here and in verify, each by itself.
        response = decode_timestamp_response(ordered(answer))
        _check_granted(authority, response)
        _check_asked(authority, response.tst_info, query, digest)
        roots = services.certificates(authority)
        VerifierBuilder(roots=roots, nonce=query.nonce).build().verify(response, digest)
    except VerificationError as error:
        raise _failed(
            authority, "untrusted", "answers with a timestamp that does not chain to its CA", todo=_ASK
        ) from error
    except _UNREADABLE as error:
        raise _failed(authority, "malformed-answer", "answers with no timestamp that can be read") from error


def _check_granted(authority: TimestampAuthority, response: TimeStampResponse) -> None:
    if response.status != _GRANTED:
        said = "; ".join(response.status_string)[:200]
        words = f"refuses a timestamp (status {response.status}{': ' * bool(said)}{said})"
        raise _failed(authority, "not-granted", words, "blocked", todo=_ASK)


def _check_asked(
    authority: TimestampAuthority, info: TimeStampTokenInfo, query: TimeStampRequest, digest: bytes
) -> None:
    imprint = info.message_imprint
    if imprint.hash_algorithm.dotted_string != _SHA256 or imprint.message != digest:
        raise _failed(authority, "other-imprint", "answers with a timestamp of other bytes", todo=_ASK)
    if info.nonce != query.nonce:
        raise _failed(authority, "other-nonce", "answers with the timestamp of another question", todo=_ASK)


def _failed(
    authority: TimestampAuthority, reason: str, words: str, verdict: str = "failed", todo: str = _TODO
) -> SourceError:
    return SourceError(
        f"the timestamp authority {words}",
        verdict=verdict,
        reason=reason,
        where=f"{authority.name} at {authority.url}",
        todo=todo,
    )
