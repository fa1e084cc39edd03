from __future__ import annotations

import base64
import struct
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.desk import signer
from workbench.custody import sshsig
from workbench.errors import IntegrityError

NAMESPACE = "workbench-approve"
DATA = b'{"act": "approve"}\n'
SIGNATURE = sshsig.sign(signer("2001"), DATA, NAMESPACE)


def _blob(armored: bytes) -> bytes:
    return base64.b64decode(b"".join(armored.split(b"\n")[1:-2]))


def _armor(blob: bytes) -> bytes:
    body = base64.b64encode(blob)
    return b"-----BEGIN SSH SIGNATURE-----\n" + body + b"\n-----END SSH SIGNATURE-----\n"


def _allowed(folder: Path, badge: str = "2001", namespace: str = NAMESPACE) -> Path:
    key = base64.b64encode(signer("2001").blob).decode()
    path = folder / "allowed"
    path.write_text(f'{badge} namespaces="{namespace}" ssh-ed25519 {key}\n', "ascii")
    return path


def _stock_verify(folder: Path, namespace: str, data: bytes) -> int:
    sig = folder / "file.sig"
    sig.write_bytes(SIGNATURE)
    words = ["ssh-keygen", "-Y", "verify", "-f", str(_allowed(folder)), "-I", "2001", "-n", namespace]
    return subprocess.run([*words, "-s", str(sig)], input=data, capture_output=True, check=False).returncode


def test_a_signature_gives_back_the_key_that_made_it() -> None:
    assert sshsig.verify(SIGNATURE, DATA, NAMESPACE, "here") == signer("2001").blob


def test_stock_ssh_keygen_accepts_ours(tmp_path: Path) -> None:
    assert _stock_verify(tmp_path, NAMESPACE, DATA) == 0


@pytest.mark.parametrize(("namespace", "data"), [("workbench-request", DATA), (NAMESPACE, DATA + b" ")])
def test_stock_ssh_keygen_refuses_what_we_refuse(tmp_path: Path, namespace: str, data: bytes) -> None:
    assert _stock_verify(tmp_path, namespace, data) != 0
    with pytest.raises(IntegrityError):
        sshsig.verify(SIGNATURE, data, namespace, "here")


def test_we_accept_what_stock_ssh_keygen_signs(tmp_path: Path) -> None:
    private = tmp_path / "key"
    private.write_bytes(
        signer("2001").key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        )
    )
    private.chmod(0o600)
    done = subprocess.run(
        ["ssh-keygen", "-Y", "sign", "-f", str(private), "-n", NAMESPACE],
        input=DATA,
        capture_output=True,
        check=True,
    )
    assert sshsig.verify(done.stdout, DATA, NAMESPACE, "here") == signer("2001").blob


def test_the_fingerprint_is_the_one_that_ssh_keygen_prints(tmp_path: Path) -> None:
    blob = signer("2001").blob
    public = tmp_path / "key.pub"
    public.write_text(f"ssh-ed25519 {base64.b64encode(blob).decode()}\n", "ascii")
    done = subprocess.run(["ssh-keygen", "-lf", str(public)], capture_output=True, text=True, check=True)
    assert sshsig.fingerprint(blob) in done.stdout.split()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(SIGNATURE) - 1), st.integers(1, 255))
def test_a_damaged_armor_is_never_believed(place: int, change: int) -> None:
    damaged = bytearray(SIGNATURE)
    damaged[place] ^= change
    try:
        found = sshsig.verify(bytes(damaged), DATA, NAMESPACE, "here")
    except IntegrityError:
        pass
    else:
        # White space around the armor and the unused bits of the last base64 digit mean nothing.
        assert found == signer("2001").blob
        assert _blob(bytes(damaged).strip() + b"\n") == _blob(SIGNATURE)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(_blob(SIGNATURE)) - 1), st.integers(1, 255))
def test_a_damaged_signature_is_never_believed(place: int, change: int) -> None:
    damaged = bytearray(_blob(SIGNATURE))
    damaged[place] ^= change
    with pytest.raises(IntegrityError):
        sshsig.verify(_armor(bytes(damaged)), DATA, NAMESPACE, "here")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_at_all_break_the_reader(data: bytes) -> None:
    for armored in (data, _armor(data), _armor(b"SSHSIG\x00\x00\x00\x01" + data)):
        with pytest.raises(IntegrityError):
            sshsig.verify(armored, DATA, NAMESPACE, "here")


@pytest.mark.parametrize("cut", [0, 5, 6, 10, 14, 60, 100, 180])
def test_a_signature_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(IntegrityError, match="cannot be read"):
        sshsig.verify(_armor(_blob(SIGNATURE)[:cut]), DATA, NAMESPACE, "here")


def _made(key: bytes, hashing: bytes, kind: bytes) -> bytes:
    parts = [key, NAMESPACE.encode(), b"", hashing, sshsig.string(kind) + sshsig.string(b"x" * 64)]
    return _armor(b"SSHSIG" + struct.pack(">I", 1) + b"".join(map(sshsig.string, parts)))


@pytest.mark.parametrize(
    ("armored", "words"),
    [
        (_made(signer("2001").blob, b"sha256", b"ssh-ed25519"), "sha512"),
        (_made(signer("2001").blob, b"sha512", b"ssh-rsa"), "not Ed25519"),
        (_made(sshsig.string(b"ssh-rsa"), b"sha512", b"ssh-ed25519"), "not Ed25519"),
        (_made(sshsig.public_blob(b"short"), b"sha512", b"ssh-ed25519"), "cannot be read"),
        (_made(signer("2001").blob, b"sha512", b"ssh-ed25519"), "does not fit"),
    ],
)
def test_other_algorithms_are_refused(armored: bytes, words: str) -> None:
    with pytest.raises(IntegrityError, match=words):
        sshsig.verify(armored, DATA, NAMESPACE, "here")
