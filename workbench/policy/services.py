"""The department's own services: whom it asks for timestamps and map tiles, as the chief signed it. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from workbench.errors import UsageError
from workbench.mercator import HIGHEST, Tile
from workbench.policy import gate
from workbench.records import Record

# Reading certificates costs a command 70 ms to import, and few commands do.
if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography import x509

    from workbench.policy.gate import Grant

NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")
"""An authority's name; it stands in the names of its tokens, ``seals/NNNN.<name>.tsr``."""

MOST_URL: Final = 2000
MOST_CA_BYTES: Final = 64 << 10
MOST_ATTRIBUTION: Final = 200
_PLACES: Final = ("{z}", "{x}", "{y}")


class TimestampAuthority(Record, frozen=True, kw_only=True):
    """An RFC 3161 authority: its name here, its address, and the CA certificates (PEM) that it must chain to."""

    name: str
    url: str
    ca: str


class TileServer(Record, frozen=True, kw_only=True):
    """A server of map tiles: its address with ``{z}``, ``{x}`` and ``{y}``, whom to name under the map, its last zoom.

    A tile's address tells the server's owner which area is looked at.
    """

    address: str
    attribution: str
    highest: int

    @property
    def host(self) -> str:
        """Give the host, with its port where one is named."""
        return urlsplit(self.address).netloc

    def url(self, tile: Tile) -> str:
        """Give the address of one tile."""
        found = self.address
        for place, number in zip(_PLACES, (tile.zoom, tile.x, tile.y), strict=True):
            found = found.replace(place, str(number))
        return found


def tile_server(address: str, attribution: str, highest: int, grants: Sequence[Grant]) -> TileServer:
    """Make a tile server of what the chief names; raise UsageError where a part of it does not do."""
    words = attribution.strip()
    if not words.isprintable() or not 0 < len(words) <= MOST_ATTRIBUTION:
        raise UsageError(
            "a map names whose tiles it shows",
            expected=f"1 to {MOST_ATTRIBUTION} characters on one line",
            todo="add --attribution, such as '© OpenStreetMap contributors'",
        )
    if not 1 <= highest <= HIGHEST:
        raise UsageError("this is no zoom", expected=f"1 to {HIGHEST}", found=str(highest))
    _check_template(address, grants)
    return TileServer(address=address, attribution=words, highest=highest)


def _check_template(address: str, grants: Sequence[Grant]) -> None:
    """Refuse an address without its three places, with others, or with a place in the host; and plain http."""
    shown = address[:80]
    bare = address
    for place in _PLACES:
        bare = bare.replace(place, "0", 1)
    # A question mark brings a key, which would stand in the signed settings for good.
    odd = set(bare) & set(' ?#"<>\\{}') or not bare.isascii() or not bare.isprintable()
    whole = all(address.count(place) == 1 for place in _PLACES) and not odd and len(address) <= MOST_URL
    decision = gate.may_serve((bare,), bare, None, grants, encrypted=True)
    if not whole or (not decision.allowed and decision.reason != "not-encrypted"):
        raise UsageError(
            "this is not a tile server's address",
            expected="such as https://tiles.example/{z}/{x}/{y}.png, without name, password or key",
            found=shown,
        )
    if not decision.allowed:
        raise UsageError("a tile server is asked over https", found=shown, todo=decision.words)
    if "{" in urlsplit(address).netloc:
        raise UsageError("one host serves all tiles", expected="{z}, {x} and {y} in the path", found=shown)


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
