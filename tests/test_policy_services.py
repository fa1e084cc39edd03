from __future__ import annotations

from pathlib import Path

import pytest

from tests.tsa import Tsa, openssl
from workbench.errors import UsageError
from workbench.mercator import Tile
from workbench.policy.gate import Grant
from workbench.policy.services import (
    MOST_CA_BYTES,
    authority,
    check_name,
    fingerprints,
    tile_server,
)

URL = "http://tsa.example/tsr"


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Tsa:
    return Tsa(tmp_path_factory.mktemp("authority"), between=True)


def test_an_authority_keeps_its_certificates_and_nothing_else(tsa: Tsa) -> None:
    key = (tsa.folder / "tsa.key").read_bytes()
    made = authority("town-2", "https://tsa.example:8443/tsr?x=1", b"a remark\n" + tsa.ca + key)
    assert (made.name, made.url) == ("town-2", "https://tsa.example:8443/tsr?x=1")
    assert made.ca.encode() == tsa.ca


def test_the_fingerprints_are_those_that_openssl_shows(tsa: Tsa) -> None:
    made = authority("tsa", URL, tsa.ca + (tsa.folder / "between.pem").read_bytes())
    shown = openssl("x509", "-in", str(tsa.ca_file), "-noout", "-fingerprint", "-sha256", check=True).stdout
    assert len(fingerprints(made)) == 2
    assert fingerprints(made)[0] == shown.decode().strip().rpartition("=")[2]


@pytest.mark.parametrize("name", ["", "A", "1a", "a_b", "a.b", "a/b", "../a", "a" * 33, "a\n", "é"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(UsageError, match="not a name"):
        check_name(name)


@pytest.mark.parametrize(
    "url",
    [
        "", "tsa.example", "ftp://tsa.example/", "file:///etc/passwd", "http://", "http://me@tsa.example/",
        "http://me:secret@tsa.example/", "http://tsa.example/#part", "http://tsa.example/a b",
        "http://tsa.example/\n", "http://[::1/", "http://tsa.example:x/", "http://tsé.example/",
        "http://tsa.example/" + "a" * 2000,
    ],
)  # fmt: skip
def test_what_is_no_address(tsa: Tsa, url: str) -> None:
    with pytest.raises(UsageError, match="not an authority's address"):
        authority("tsa", url, tsa.ca)


def test_what_is_no_ca(tsa: Tsa) -> None:
    own = (tsa.folder / "tsa.pem").read_bytes()
    head, foot = tsa.ca.splitlines()[0], tsa.ca.splitlines()[-1]
    empty, torn = b"\n".join([head, foot]), tsa.ca.replace(b"MII", b"MIJ", 1)
    for pem in (
        b"",
        b"no certificate",
        (tsa.folder / "tsa.key").read_bytes(),
        own,
        tsa.ca + own,
        empty,
        torn,
    ):
        with pytest.raises(UsageError, match="not CA certificates"):
            authority("tsa", URL, pem)
    with pytest.raises(UsageError, match="too large"):
        authority("tsa", URL, tsa.ca + b"\n" * MOST_CA_BYTES)


def test_a_file_of_a_certificate_in_der_is_told_so(tsa: Tsa, tmp_path: Path) -> None:
    openssl("x509", "-in", str(tsa.ca_file), "-outform", "DER", "-out", str(tmp_path / "ca.der"), check=True)
    with pytest.raises(UsageError) as caught:
        authority("tsa", URL, (tmp_path / "ca.der").read_bytes())
    assert "in PEM" in caught.value.expected


# --- map tiles ----------------------------------------------------------------------------------

TILES = "https://tiles.example/{z}/{x}/{y}.png"


def test_a_tile_has_its_address() -> None:
    made = tile_server("https://tiles.example:8443/osm/{z}/{y}/{x}", " © Town ", 18, ())
    assert made.url(Tile(zoom=15, x=9, y=7)) == "https://tiles.example:8443/osm/15/7/9"
    assert (made.host, made.attribution) == ("tiles.example:8443", "© Town")


@pytest.mark.parametrize(
    "address",
    [
        "", "tiles.example/{z}/{x}/{y}", "ftp://tiles.example/{z}/{x}/{y}", "https:///{z}/{x}/{y}",
        "https://tiles.example/{z}/{x}.png", "https://tiles.example/{z}/{x}/{y}/{y}.png",
        "https://tiles.example/{z}/{x}/{y}/{s}.png", "https://tiles.example/{z}/{x}/{y}.png?key=1",
        "https://tiles.example/{z}/{x}/{y}#a", "https://me:secret@tiles.example/{z}/{x}/{y}",
        "https://tiles.example/{z}/{x}/{y}\n", "https://tiles.example/{z}/{x}/ {y}", "https://[::1/{z}/{x}/{y}",
        "https://{x}.tiles.example/{z}/{y}", "https://tiles.example/{{z}}/{x}/{y}",
        "https://tiles.example/{z}/{x}/{y}" + "a" * 2000,
    ],
)  # fmt: skip
def test_what_is_no_tile_servers_address(address: str) -> None:
    with pytest.raises(UsageError):
        tile_server(address, "x", 18, ())


def test_plain_http_needs_a_grant() -> None:
    plain = "http://127.0.0.1:8000/{z}/{x}/{y}.png"
    with pytest.raises(UsageError, match="https"):
        tile_server(plain, "x", 18, ())
    grants = (Grant(host="127.0.0.1:8000", address="127.0.0.1/32", reason="test"),)
    assert tile_server(plain, "x", 18, grants).address == plain


@pytest.mark.parametrize(
    ("words", "highest"), [("", 18), (" ", 18), ("a\nb", 18), ("a" * 201, 18), ("a", 0), ("a", 23)]
)
def test_a_tile_server_names_its_owner_and_its_zoom(words: str, highest: int) -> None:
    with pytest.raises(UsageError):
        tile_server(TILES, words, highest, ())
