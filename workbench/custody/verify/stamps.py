"""Timestamps: what an RFC 3161 response says of a seal (docs/casefile-format.md, 10.6).

Pure: bytes in, an answer out, whatever the bytes are. The same question to stock tools:
``openssl ts -verify -data seals/NNNN.txt -in seals/NNNN.<name>.tsr -CAfile CA.pem``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC
from typing import Final

import msgspec
from cryptography import x509
from rfc3161_client import TimeStampResponse, VerificationError, VerifierBuilder, decode_timestamp_response

from workbench.custody.verify.report import brief

MOST_BYTES: Final = 1 << 20
"""A response is a few kilobytes; what is larger than this is none."""

_SHA256: Final = "2.16.840.1.101.3.4.2.1"
_GRANTED: Final = 0
_SENTENCE: Final = re.compile(r'(?:reason|data): "([^"]{1,160})"')
# What reading a certificate raises besides ValueError; those that a token encloses are not covered by its signature.
_UNREADABLE: Final = (
    ValueError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a response says. ``problem`` is empty where nothing is wrong with it; ``found`` adds to it.

    ``at`` is the time that the authority asserts (as clause 2.3), ``policy`` the identifier of the practice
    it names; both are only claims until ``trusted`` says that the signature and its chain to one of the given
    CA certificates hold. Both are empty where the response could not be read.
    """

    problem: str = ""
    found: str = ""
    at: str = ""
    policy: str = ""
    trusted: bool = False

    @property
    def words(self) -> str:
        """Say in one line what was checked, and what was not."""
        if self.problem:
            return self.problem
        if self.trusted:
            return f"timestamped {self.at}, signed by an authority of a given CA"
        return f"timestamped {self.at} as it claims; no CA was given, so its signature was not checked"


def read_ca(pem: bytes) -> list[x509.Certificate]:
    """Read the CA certificates of one PEM file; raise ValueError where it holds none."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except x509.InvalidVersion as error:
        raise ValueError(str(error)) from error


def check(tsr: bytes, seal_sha256: str, ca_pems: Sequence[bytes] = ()) -> Checked:
    """Check a response against the SHA-256 of a seal's bytes (lower-case hex), and its chain where a CA is given.

    Raises ValueError where ``ca_pems`` are no certificates; whatever ``tsr`` holds is an answer. The chain is
    judged as of the asserted time, so that a token outlives its authority's certificate.
    """
    files = [read_ca(pem) for pem in ca_pems]
    if len(tsr) > MOST_BYTES:
        return Checked(problem="a timestamp is larger than one can be", found=f"{len(tsr)} bytes")
    try:
        return _checked(decode_timestamp_response(tsr), bytes.fromhex(seal_sha256), files)
    except _UNREADABLE as error:
        return Checked(problem="a timestamp that cannot be read", found=brief(str(error)))


def _checked(response: TimeStampResponse, digest: bytes, files: list[list[x509.Certificate]]) -> Checked:
    # 1. The authority granted it.
    if response.status != _GRANTED:
        said = f"status {response.status}: {'; '.join(response.status_string)}"
        return Checked(problem="the authority did not grant this timestamp", found=brief(said))
    info = response.tst_info
    at = info.gen_time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    policy = info.policy.dotted_string
    # 2. It is about this seal.
    imprint = info.message_imprint
    if imprint.hash_algorithm.dotted_string != _SHA256 or imprint.message != digest:
        said = f"{imprint.hash_algorithm.dotted_string} {imprint.message.hex()}"
        return Checked(problem="the timestamp is of other bytes", found=brief(said), at=at, policy=policy)
    # 3. It is signed by whom the checker's CA certified for timestamps.
    # Each file by itself: OpenSSL takes the first of two CAs of one name, and looks no further.
    problems = [_untrusted(response, digest, roots) for roots in files]
    if problems and all(problems):
        what = "the timestamp is not signed by an authority of a given CA"
        return Checked(problem=what, found=problems[0], at=at, policy=policy)
    return Checked(at=at, policy=policy, trusted=bool(files))


def _untrusted(response: TimeStampResponse, digest: bytes, roots: list[x509.Certificate]) -> str:
    try:
        VerifierBuilder(roots=roots).build().verify(response, digest)
    except (VerificationError, *_UNREADABLE) as error:
        return brief(_reason(str(error)))
    return ""


def _reason(text: str) -> str:
    """Take the sentence out of OpenSSL's list of errors, where it is one."""
    sentences = _SENTENCE.findall(text)
    return sentences[-1] if sentences else text
