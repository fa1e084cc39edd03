from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from tests.desk import PASSPHRASE, signer
from workbench.custody import keys, sshsig
from workbench.errors import AuthorityError, InputError, Locked, UsageError


def test_a_key_comes_back_with_its_passphrase_only(tmp_path: Path) -> None:
    made = keys.generate(tmp_path, "1001", PASSPHRASE)
    assert keys.load(tmp_path / "1001", PASSPHRASE).blob == made.blob
    with pytest.raises(Locked, match="passphrase"):
        keys.load(tmp_path / "1001", PASSPHRASE + "!")


def test_a_key_file_is_private_encrypted_and_openssh(tmp_path: Path) -> None:
    made = keys.generate(tmp_path, "1001", PASSPHRASE)
    path = tmp_path / "1001"
    assert path.stat().st_mode & 0o777 == 0o600
    words = ["ssh-keygen", "-y", "-f", str(path), "-P"]
    wrong = subprocess.run([*words, "wrong"], capture_output=True, check=False)
    assert wrong.returncode != 0
    right = subprocess.run([*words, PASSPHRASE], capture_output=True, check=True)
    assert right.stdout.split()[1] == _public(made)


def _public(made: keys.KeySigner) -> bytes:
    return (
        made.key.public_key()
        .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        .split()[1]
    )


def test_the_rounds_outside_of_tests_are_a_hundred_at_least() -> None:
    text = Path(keys.__file__).read_text("utf-8")
    rounds = next(line for line in text.splitlines() if line.startswith("KDF_ROUNDS = "))
    assert int(rounds.partition("= ")[2]) >= 100


def test_a_short_passphrase_makes_no_key(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="too short"):
        keys.generate(tmp_path, "1001", "1234567")
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    keys.generate(tmp_path, "1001", PASSPHRASE)
    before = (tmp_path / "1001").read_bytes()
    with pytest.raises(UsageError, match="already"):
        keys.generate(tmp_path, "1001", PASSPHRASE)
    assert (tmp_path / "1001").read_bytes() == before


def test_no_key_is_locked_not_a_traceback(tmp_path: Path) -> None:
    with pytest.raises(Locked, match="no key"):
        keys.load(tmp_path / "1001", PASSPHRASE)


@pytest.mark.parametrize("data", [b"", b"not a key", b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"])
def test_junk_is_no_key(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "1001").write_bytes(data)
    with pytest.raises(Locked):
        keys.load(tmp_path / "1001", PASSPHRASE)


def test_another_kind_of_key_is_refused(tmp_path: Path) -> None:
    other = generate_private_key(65537, 1024)  # noqa: S505 - as small as it can be: it signs nothing
    data = other.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.BestAvailableEncryption(PASSPHRASE.encode()),
    )
    (tmp_path / "1001").write_bytes(data)
    with pytest.raises(InputError, match="Ed25519"):
        keys.load(tmp_path / "1001", PASSPHRASE)


def test_an_unencrypted_key_is_not_taken_for_an_unlocked_one(tmp_path: Path) -> None:
    data = signer("1001").key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    (tmp_path / "1001").write_bytes(data)
    with pytest.raises(InputError, match="not encrypted"):
        keys.load(tmp_path / "1001", PASSPHRASE)


def test_an_empty_passphrase_is_said_to_be_missing(tmp_path: Path) -> None:
    keys.generate(tmp_path, "1001", PASSPHRASE)
    with pytest.raises(Locked, match="needed"):
        keys.load(tmp_path / "1001", "")


def test_a_passphrase_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "words"
    path.write_text("horse\n", "utf-8")
    path.chmod(0o644)
    with pytest.raises(AuthorityError, match="others may read"):
        keys.read_passphrase_file(path)
    path.chmod(0o600)
    assert keys.read_passphrase_file(path) == "horse"


@pytest.mark.parametrize("data", [None, b"\xff\xfe"])
def test_an_unreadable_passphrase_file_says_so(tmp_path: Path, data: bytes | None) -> None:
    path = tmp_path / "words"
    if data is not None:
        path.write_bytes(data)
        path.chmod(0o600)
    with pytest.raises(InputError, match="passphrase file"):
        keys.read_passphrase_file(path)


def test_the_folder_of_keys_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WORKBENCH_KEYS", str(tmp_path))
    assert keys.default_folder() == tmp_path
    monkeypatch.delenv("WORKBENCH_KEYS")
    assert keys.default_folder().is_relative_to(Path.home())


def test_a_signer_signs_what_its_public_key_checks() -> None:
    armored = sshsig.sign(signer("1001"), b"x", "workbench-session")
    assert sshsig.verify(armored, b"x", "workbench-session", "here") == signer("1001").blob
