"""The ssh-agent protocol: a client, and a small agent of our own where the officer runs none.

Only what is needed of draft-ietf-sshm-ssh-agent: list, add (Ed25519, with a lifetime), remove, sign.
Our agent keeps keys in memory, forgets each when its time is over, and ends with its last key.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from workbench.custody.keys import KeySigner
from workbench.custody.sshsig import ALGORITHM, Reader, string
from workbench.errors import Locked

USUAL_SECONDS = 15 * 60
_FIRST_KEY_SECONDS = 60
_HOSTED_SECONDS = 12 * 3600
_MESSAGE_BYTES = 256 * 1024
_FAILURE, _SUCCESS = 5, 6
_LIST, _LISTED, _SIGN, _SIGNED = 11, 12, 13, 14
_ADD, _REMOVE, _REMOVE_ALL, _ADD_CONSTRAINED = 17, 18, 19, 25
_LIFETIME = 1
_ELSEWHERE = "tell your administrator; name a place of your own with WORKBENCH_AGENT"


_started: list[subprocess.Popen[bytes]] = []
"""Kept, since Python takes a handle dropped before its process ends for an oversight."""


class AgentSigner:
    """Signs through an agent; the key never enters this process."""

    def __init__(self, agent: Path, blob: bytes) -> None:
        self.agent = agent
        self.blob = blob

    def sign(self, data: bytes) -> bytes:
        """Give the raw signature; raise Locked where the agent no longer holds the key."""
        question = bytes([_SIGN]) + string(self.blob) + string(data) + struct.pack(">I", 0)
        try:
            answer = _ask(self.agent, question)
            if answer[:1] == bytes([_SIGNED]):
                signature = Reader(Reader(answer[1:]).string())
                signature.string()
                return signature.string()
        except (OSError, ValueError) as error:
            raise Locked("the agent does not answer", todo="run 'workbench unlock'") from error
        raise Locked("the agent no longer holds this key", todo="run 'workbench unlock'")


def sockets() -> list[Path]:
    """List the agents that this user may have: our own, then the one of ``SSH_AUTH_SOCK``."""
    found = [own_socket()]
    named = os.environ.get("SSH_AUTH_SOCK")
    return found + ([Path(named)] if named else [])


def own_socket() -> Path:
    """Give the socket of our own agent: ``WORKBENCH_AGENT``, or a place only this user can reach."""
    named = os.environ.get("WORKBENCH_AGENT")
    if named:
        return Path(named)
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    base = Path(runtime) if runtime else Path(tempfile.gettempdir()) / f"workbench-{os.getuid()}"
    return base / "workbench-agent.sock"


def _check_place(path: Path) -> None:
    """Raise Locked where others could have put, or could replace, what listens there.

    Who listens is handed a private key: in a shared temporary folder that may be anybody who came first.
    """
    for one in (path.parent, path):
        with contextlib.suppress(FileNotFoundError):
            found = one.lstat()
            if stat.S_ISLNK(found.st_mode) or found.st_uid != os.getuid():
                raise Locked("the agent's place belongs to somebody else", where=str(one), todo=_ELSEWHERE)
            if stat.S_ISDIR(found.st_mode) and found.st_mode & 0o022:
                raise Locked("others may write where the agent listens", where=str(one), todo=_ELSEWHERE)


def find(blobs: set[bytes]) -> AgentSigner | None:
    """Find one of the keys in any agent at hand."""
    for path in sockets():
        with contextlib.suppress(OSError, ValueError, Locked):
            held = next((blob for blob in _held(path) if blob in blobs), None)
            if held is not None:
                return AgentSigner(path, held)
    return None


def _held(path: Path) -> list[bytes]:
    answer = _ask(path, bytes([_LIST]))
    if answer[:1] != bytes([_LISTED]):
        return []
    reader = Reader(answer[1:])
    held = []
    for _ in range(reader.number()):
        held.append(reader.string())
        reader.string()
    return held


def add(path: Path, signer: KeySigner, comment: str, seconds: int) -> None:
    """Hand a key to an agent for so many seconds."""
    raw = signer.key.private_bytes_raw()
    public = signer.key.public_key().public_bytes_raw()
    body = string(ALGORITHM) + string(public) + string(raw + public) + string(comment.encode())
    answer = _ask(path, bytes([_ADD_CONSTRAINED]) + body + bytes([_LIFETIME]) + struct.pack(">I", seconds))
    if answer[:1] != bytes([_SUCCESS]):
        raise Locked("the agent did not take the key", where=str(path))


def remove(blob: bytes) -> int:
    """Have every agent at hand forget a key; give how many held it."""
    count = 0
    for path in sockets():
        with contextlib.suppress(OSError, ValueError, Locked):
            count += _ask(path, bytes([_REMOVE]) + string(blob))[:1] == bytes([_SUCCESS])
    return count


def start(seconds: int = USUAL_SECONDS) -> Path:
    """Start our own agent in the background unless it runs; give its socket."""
    path = own_socket()
    _check_place(path)
    with contextlib.suppress(OSError, ValueError, Locked):
        _ask(path, bytes([_LIST]))
        return path
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_place(path)
    if path.is_socket():
        path.unlink()
    child = subprocess.Popen(  # noqa: S603 - our own module, no shell
        [sys.executable, "-m", "workbench.custody.agent", str(path), str(seconds)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _started.append(child)
    for _ in range(200):
        with contextlib.suppress(OSError, ValueError, Locked):
            _ask(path, bytes([_LIST]))
            return path
        time.sleep(0.05)
    raise Locked("the key agent did not start", where=str(path))


def _ask(path: Path, message: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(10)
        link.connect(str(path))
        link.sendall(string(message))
        return _receive(link)


def _receive(link: socket.socket) -> bytes:
    length = struct.unpack(">I", _exactly(link, 4))[0]
    if length > _MESSAGE_BYTES:
        raise ValueError("an agent's message is too long")
    return _exactly(link, length)


def _exactly(link: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = link.recv(count - len(parts))
        if not part:
            raise ValueError("the agent hung up")
        parts += part
    return bytes(parts)


class Keyring:
    """What our agent holds: keys, each with an end of its own, and how it answers a message.

    ``seconds`` is how long a key is held that comes without a lifetime. No clock is common to the keys: who unlocks
    theirs for longer than whoever started the agent has it for as long as they asked.
    """

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self._keys: dict[bytes, tuple[KeySigner, bytes, float]] = {}

    def expire(self) -> None:
        """Forget keys whose lifetime is over."""
        now = time.monotonic()
        self._keys = {blob: held for blob, held in self._keys.items() if held[2] > now}

    @property
    def empty(self) -> bool:
        """Whether no key is left."""
        return not self._keys

    def answer(self, message: bytes) -> bytes:
        """Answer one message of the protocol."""
        self.expire()
        kind, reader = message[0], Reader(message[1:])
        if kind == _LIST:
            listed = b"".join(string(blob) + string(held[1]) for blob, held in self._keys.items())
            return bytes([_LISTED]) + struct.pack(">I", len(self._keys)) + listed
        if kind == _SIGN:
            return self._sign(reader)
        if kind in (_ADD, _ADD_CONSTRAINED):
            return self._add(reader)
        if kind == _REMOVE:
            return bytes([_SUCCESS if self._keys.pop(reader.string(), None) else _FAILURE])
        if kind == _REMOVE_ALL:
            self._keys.clear()
            return bytes([_SUCCESS])
        return bytes([_FAILURE])

    def _sign(self, reader: Reader) -> bytes:
        held = self._keys.get(reader.string())
        if held is None:
            return bytes([_FAILURE])
        raw = held[0].sign(reader.string())
        return bytes([_SIGNED]) + string(string(ALGORITHM) + string(raw))

    def _add(self, reader: Reader) -> bytes:
        if reader.string() != ALGORITHM:
            return bytes([_FAILURE])
        reader.string()
        private, comment = reader.string(), reader.string()
        seconds = self.seconds
        while reader.rest:
            # What is not understood (to ask before each use, for example) must not be left out in silence.
            if reader.take(1) != bytes([_LIFETIME]):
                return bytes([_FAILURE])
            seconds = reader.number()
        self.hold(KeySigner(Ed25519PrivateKey.from_private_bytes(private[:32])), comment, seconds)
        return bytes([_SUCCESS])

    def hold(self, signer: KeySigner, comment: bytes, seconds: int) -> None:
        """Keep a key for so many seconds."""
        self._keys[signer.blob] = (signer, comment, time.monotonic() + seconds)


@contextlib.contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    before = os.umask(0o177)
    try:
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        server.bind(str(path))
    finally:
        os.umask(before)
    try:
        server.listen()
        server.settimeout(5)
        yield server
    finally:
        server.close()
        path.unlink(missing_ok=True)


def _answer_one(server: socket.socket, keyring: Keyring) -> None:
    """Answer one caller, if one comes before the time-out; a caller's nonsense harms nobody but them."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        link, _ = server.accept()
        with link:
            link.settimeout(5)
            # Stock clients ask several things on one connection, and hang up when done.
            while True:
                link.sendall(string(keyring.answer(_receive(link))))
    keyring.expire()


def serve(path: Path, seconds: int) -> None:
    """Answer until the last key is forgotten; a first key must come within a minute."""
    keyring = Keyring(seconds)
    began = time.monotonic()
    with _listening(path) as server:
        while not keyring.empty or time.monotonic() - began < _FIRST_KEY_SECONDS:
            _answer_one(server, keyring)


@contextlib.contextmanager
def hosting(signer: KeySigner, comment: str) -> Iterator[Path]:
    """Hold a key for this process's own commands while the block lasts: give the agent's private socket."""
    with tempfile.TemporaryDirectory(prefix="wb-key-") as folder:
        path = Path(folder) / "agent.sock"
        keyring = Keyring(_HOSTED_SECONDS)
        keyring.hold(signer, comment.encode(), _HOSTED_SECONDS)
        done = threading.Event()
        with _listening(path) as server:
            server.settimeout(0.2)
            thread = threading.Thread(target=_host, args=(server, keyring, done), daemon=True)
            thread.start()
            try:
                yield path
            finally:
                done.set()
                thread.join()


def _host(server: socket.socket, keyring: Keyring, done: threading.Event) -> None:
    while not done.is_set():
        _answer_one(server, keyring)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
