"""SSHSIG signatures with Ed25519, as OpenSSH's PROTOCOL.sshsig describes them.

What is made here, stock ``ssh-keygen -Y verify`` accepts, and the other way round.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from workbench.errors import IntegrityError

_MAGIC = b"SSHSIG"
_BEGIN = "-----BEGIN SSH SIGNATURE-----"
_END = "-----END SSH SIGNATURE-----"
_HASH = b"sha512"
ALGORITHM = b"ssh-ed25519"


class Signer(Protocol):
    """Something that holds an officer's private key: in memory, or behind an agent."""

    blob: bytes
    """The SSH public key blob."""

    def sign(self, data: bytes) -> bytes:
        """Give the raw 64-byte Ed25519 signature."""


def string(data: bytes) -> bytes:
    """Write an SSH string: four bytes of length, then the bytes."""
    return struct.pack(">I", len(data)) + data


class Reader:
    """Reads SSH wire format; raises ValueError where the bytes run out."""

    def __init__(self, data: bytes) -> None:
        self.rest = data

    def take(self, count: int) -> bytes:
        """Take so many bytes."""
        if len(self.rest) < count:
            raise ValueError("the bytes end early")
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def number(self) -> int:
        """Take a 32-bit number."""
        return int(struct.unpack(">I", self.take(4))[0])

    def string(self) -> bytes:
        """Take a string."""
        return self.take(self.number())


def public_blob(raw: bytes) -> bytes:
    """Make the SSH key blob of a raw 32-byte Ed25519 public key."""
    return string(ALGORITHM) + string(raw)


def fingerprint(blob: bytes) -> str:
    """Give the fingerprint that ``ssh-keygen -l`` prints: ``SHA256:`` and unpadded base64."""
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode("ascii")
    return "SHA256:" + digest.rstrip("=")


def _signed_bytes(data: bytes, namespace: str) -> bytes:
    digest = hashlib.sha512(data).digest()
    return _MAGIC + string(namespace.encode()) + string(b"") + string(_HASH) + string(digest)


def sign(signer: Signer, data: bytes, namespace: str) -> bytes:
    """Sign bytes in a namespace; give the armored signature file."""
    raw = signer.sign(_signed_bytes(data, namespace))
    blob = (
        _MAGIC
        + struct.pack(">I", 1)
        + string(signer.blob)
        + string(namespace.encode())
        + string(b"")
        + string(_HASH)
        + string(string(ALGORITHM) + string(raw))
    )
    body = base64.b64encode(blob).decode("ascii")
    lines = [body[start : start + 70] for start in range(0, len(body), 70)]
    return "\n".join([_BEGIN, *lines, _END, ""]).encode("ascii")


def verify(armored: bytes, data: bytes, namespace: str, where: str) -> bytes:
    """Check a signature over bytes in a namespace; give the public key blob that made it.

    Whether that key may sign is the caller's question. Raises IntegrityError naming what is off.
    """
    try:
        blob, raw = _unpack(armored, namespace)
        _public_key(blob).verify(raw, _signed_bytes(data, namespace))
    except (ValueError, binascii.Error, UnicodeError) as error:
        raise IntegrityError(f"the signature cannot be read: {error}", where=where) from error
    except InvalidSignature as error:
        raise IntegrityError("the signature does not fit the bytes", where=where) from error
    return blob


def _public_key(blob: bytes) -> Ed25519PublicKey:
    reader = Reader(blob)
    if reader.string() != ALGORITHM:
        raise ValueError("the key is not Ed25519")
    return Ed25519PublicKey.from_public_bytes(reader.string())


def _unpack(armored: bytes, namespace: str) -> tuple[bytes, bytes]:
    lines = armored.decode("ascii").strip().split("\n")
    if len(lines) < 3 or lines[0] != _BEGIN or lines[-1] != _END:
        raise ValueError("not an armored SSH signature")
    reader = Reader(base64.b64decode("".join(lines[1:-1]), validate=True))
    if reader.take(len(_MAGIC)) != _MAGIC or reader.number() != 1:
        raise ValueError("not an SSHSIG of version 1")
    blob, signed_for, _reserved, algorithm = (reader.string() for _ in range(4))
    if signed_for != namespace.encode():
        raise ValueError(f"signed in the namespace {signed_for[:40]!r}, not {namespace!r}")
    if algorithm != _HASH:
        raise ValueError("the hash algorithm is not sha512")
    signature = Reader(reader.string())
    if signature.string() != ALGORITHM:
        raise ValueError("the signature is not Ed25519")
    raw = signature.string()
    if reader.rest or signature.rest:
        raise ValueError("there are bytes after the signature")
    return blob, raw
