"""The department's own services: whom it asks for timestamps, as the chief signed it. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from workbench.errors import UsageError
from workbench.policy import gate
from workbench.records import Record

# Reading certificates costs a command 70 ms to import, and few commands do.
if TYPE_CHECKING:
    from cryptography import x509

NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")
"""An authority's name; it stands in the names of its tokens, ``seals/NNNN.<name>.tsr``."""

MOST_URL: Final = 2000
MOST_CA_BYTES: Final = 64 << 10


class TimestampAuthority(Record, frozen=True, kw_only=True):
    """An RFC 3161 authority: its name here, its address, and the CA certificates (PEM) that it must chain to."""

    name: str
    url: str
    ca: str


def check_name(name: str) -> str:
    """Give an authority's name back, or raise UsageError."""
    if not NAME.fullmatch(name):
        raise UsageError(
            "this is not a name for an authority",
            expected="a small letter, then up to 31 small letters, digits or '-'",
            found=name[:60],
        )
    return name


def authority(name: str, url: str, ca: bytes) -> TimestampAuthority:
    """Make an authority of what the chief names; raise UsageError where a part of it does not do.

    Of ``ca`` only the certificates are kept: a key or a remark in that file goes nowhere.
    """
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    shown = url[:80]
    if len(url) > MOST_URL or not url.isascii() or not url.isprintable() or set(url) & set(' #"<>\\'):
        raise UsageError(
            "this is not an authority's address", expected="such as https://tsa.example/tsr", found=shown
        )
    decision = gate.may_serve((url,), url, None, ())
    if not decision.allowed:
        raise UsageError(
            "this is not an authority's address",
            expected="http or https, a host, no name or password",
            found=shown,
        )
    pem = "".join(one.public_bytes(Encoding.PEM).decode() for one in _certificates(ca))
    return TimestampAuthority(name=check_name(name), url=url, ca=pem)


def certificates(found: TimestampAuthority) -> list[x509.Certificate]:
    """Give the CA certificates of an authority; raise UsageError where they are none."""
    return _certificates(found.ca.encode())


def fingerprints(found: TimestampAuthority) -> list[str]:
    """Give the SHA-256 of each CA certificate, as ``openssl x509 -fingerprint -sha256`` does."""
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    return [one.fingerprint(SHA256()).hex(":").upper() for one in certificates(found)]


def _certificates(pem: bytes) -> list[x509.Certificate]:
    from cryptography import x509  # noqa: PLC0415

    if len(pem) > MOST_CA_BYTES:
        raise UsageError(
            "this file is too large for CA certificates", expected=f"at most {MOST_CA_BYTES} bytes"
        )
    try:
        found = x509.load_pem_x509_certificates(pem)
        ours = [one for one in found if _is_ca(one)]
    except (
        ValueError,
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ) as error:
        raise _no_ca("no certificate that can be read") from error
    if len(ours) < len(found):
        raise _no_ca("a certificate that may not certify others")
    return found


def _is_ca(certificate: x509.Certificate) -> bool:
    from cryptography import x509  # noqa: PLC0415

    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _no_ca(found: str) -> UsageError:
    return UsageError(
        "these are not CA certificates",
        expected="the authority's CA certificates in PEM",
        found=found,
        todo="take them from the authority's own publication, and compare their fingerprint there",
    )
