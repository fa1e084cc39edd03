"""Officers' keys: Ed25519 in OpenSSH's own file format, encrypted with bcrypt rounds.

The OpenSSH format is used because PKCS#8's "best available" encryption is only 2,048 PBKDF2 rounds.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from workbench.custody import disk, sshsig
from workbench.errors import AuthorityError, InputError, Locked, UsageError

KDF_ROUNDS = 128
PASSPHRASE_LENGTH = 8
_RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


class KeySigner:
    """Signs with a private key held in this process's memory."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self.key = key
        self.blob = sshsig.public_blob(key.public_key().public_bytes(*_RAW))

    def sign(self, data: bytes) -> bytes:
        """Give the raw signature."""
        return self.key.sign(data)


def default_folder() -> Path:
    """Give the folder of this user's keys: ``WORKBENCH_KEYS``, or one in the home folder."""
    named = os.environ.get("WORKBENCH_KEYS")
    return Path(named) if named else Path.home() / ".config" / "workbench" / "keys"


def path_of(folder: Path, badge: str) -> Path:
    """Give the path of a badge's private key."""
    return folder / badge


def generate(folder: Path, badge: str, passphrase: str) -> KeySigner:
    """Make a key for a badge and write it encrypted; an existing key is never overwritten."""
    if len(passphrase) < PASSPHRASE_LENGTH:
        raise UsageError("the passphrase is too short", expected=f"{PASSPHRASE_LENGTH} characters or more")
    key = Ed25519PrivateKey.generate()
    path = path_of(folder, badge)
    if path.exists():
        raise UsageError(
            "a key for this badge is here already",
            where=str(path),
            todo="move it away, or use 'officer rekey'",
        )
    write(path, key, passphrase)
    return KeySigner(key)


def write(path: Path, key: Ed25519PrivateKey, passphrase: str) -> None:
    """Write a private key in OpenSSH's format, encrypted, readable by its owner only."""
    encryption = (
        serialization.PrivateFormat.OpenSSH.encryption_builder()
        .kdf_rounds(KDF_ROUNDS)
        .build(passphrase.encode())
    )
    data = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, encryption)
    disk.write_new(path, data, private=True)


def load(path: Path, passphrase: str) -> KeySigner:
    """Unlock a private key; raise Locked where the passphrase is wrong."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Locked(
            "there is no key for this badge here",
            where=str(path),
            todo="name the folder of your keys with WORKBENCH_KEYS, or ask for 'officer rekey'",
        ) from error
    try:
        key = serialization.load_ssh_private_key(data, passphrase.encode())
    except TypeError as error:
        if passphrase:
            raise InputError(
                "this key is not encrypted", where=str(path), todo="ask for 'officer rekey': it may be copied"
            ) from error
        raise Locked("a passphrase is needed", where=str(path), todo="try again") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Locked("the passphrase does not open this key", where=str(path), todo="try again") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError("this key is not Ed25519", where=str(path))
    return KeySigner(key)


def read_passphrase_file(path: Path) -> str:
    """Read a passphrase from a file that only its owner may read."""
    try:
        mode = path.stat().st_mode
        text = path.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise InputError("the passphrase file cannot be read", where=str(path)) from error
    if os.name == "posix" and mode & 0o077:
        raise AuthorityError(
            "others may read the passphrase file", where=str(path), todo=f"chmod 600 {path.name}"
        )
    return text.removesuffix("\n")
