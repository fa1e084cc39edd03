from __future__ import annotations

import contextlib
import os
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.desk import Desk, signer
from workbench.custody import agent, sshsig
from workbench.custody.agent import AgentSigner, Keyring
from workbench.custody.sshsig import string
from workbench.errors import AuthorityError, Locked
from workbench.policy.officers import REQUEST, SESSION

KEY = signer("1001")


def _adding(*constraints: bytes) -> bytes:
    raw, public = KEY.key.private_bytes_raw(), KEY.key.public_key().public_bytes_raw()
    body = string(b"ssh-ed25519") + string(public) + string(raw + public) + string(b"comment")
    return bytes([25 if constraints else 17]) + body + b"".join(constraints)


def _lifetime(seconds: int) -> bytes:
    return b"\x01" + struct.pack(">I", seconds)


def _signing(blob: bytes = KEY.blob) -> bytes:
    return b"\x0d" + string(blob) + string(b"data") + struct.pack(">I", 0)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Our own agent, as a process of its own."""
    path = tmp_path / "a" / "agent.sock"
    monkeypatch.setenv("WORKBENCH_AGENT", str(path))
    assert agent.start(60) == path
    yield path
    child = agent._started.pop()
    child.terminate()
    child.wait(5)


@pytest.fixture
def stock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """OpenSSH's agent."""
    path = tmp_path / "stock.sock"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.DEVNULL)
    monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
    for _ in range(200):
        if path.exists():
            break
        time.sleep(0.01)
    yield path
    process.terminate()
    process.wait(5)


def test_our_agent_holds_a_key_signs_and_forgets(own: Path) -> None:
    assert agent.find({KEY.blob}) is None
    agent.add(own, KEY, "workbench 1001", 60)
    held = agent.find({KEY.blob})
    assert held is not None
    armored = sshsig.sign(held, b"words", REQUEST)
    assert sshsig.verify(armored, b"words", REQUEST, "here") == KEY.blob
    assert agent.start(60) == own, "a second start finds the one that runs"
    assert agent.remove(KEY.blob) == 1
    assert agent.find({KEY.blob}) is None
    with pytest.raises(Locked):
        held.sign(b"words")


def test_our_agent_is_for_its_owner_only(own: Path) -> None:
    assert own.stat().st_mode & 0o077 == 0
    assert own.parent.stat().st_mode & 0o077 == 0


def test_our_agent_ends_with_its_last_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "_FIRST_KEY_SECONDS", 0.3)
    path = tmp_path / "agent.sock"
    serving = threading.Thread(target=agent.serve, args=(path, 60))
    serving.start()
    while not path.exists():
        time.sleep(0.01)
    agent.add(path, KEY, "x", 60)
    time.sleep(0.3)
    assert agent._held(path) == [KEY.blob], "it stays while it holds a key"
    monkeypatch.setenv("WORKBENCH_AGENT", str(path))
    assert agent.remove(KEY.blob) == 1
    serving.join(8)
    assert not serving.is_alive()
    assert not path.exists()


def test_stock_tools_talk_to_our_agent(own: Path) -> None:
    agent.add(own, KEY, "workbench 1001", 60)
    environment = {**os.environ, "SSH_AUTH_SOCK": str(own)}
    listed = subprocess.run(["ssh-add", "-l"], env=environment, capture_output=True, text=True, check=True)
    assert sshsig.fingerprint(KEY.blob) in listed.stdout


def test_a_caller_who_talks_nonsense_harms_nobody(own: Path) -> None:
    for nonsense in (b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x00\x00\x00\x01\xff"):
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(str(own))
            link.sendall(nonsense)
    agent.add(own, KEY, "x", 60)
    assert agent.find({KEY.blob}) is not None


def test_the_officers_own_ssh_agent_serves_as_well(stock: Path, desk: Desk) -> None:
    agent.add(stock, KEY, "workbench 1001", 60)
    session = desk.department.sign_in("1001", None)
    assert session.key == sshsig.fingerprint(KEY.blob)
    assert sshsig.verify(session.sign(b"x", SESSION), b"x", SESSION, "here") == KEY.blob
    with pytest.raises(Locked):
        desk.department.sign_in("1002", None)
    assert agent.remove(KEY.blob) == 1
    with pytest.raises(Locked, match="locked"):
        desk.department.sign_in("1001", None)


def test_an_agent_that_has_gone_means_locked(tmp_path: Path) -> None:
    with pytest.raises(Locked, match="does not answer"):
        AgentSigner(tmp_path / "gone.sock", KEY.blob).sign(b"x")
    with pytest.raises(Locked):
        Desk(tmp_path).department.sign_in("1001", None)


def test_a_key_of_somebody_else_in_the_agent_is_not_taken(stock: Path, desk: Desk) -> None:
    agent.add(stock, signer("1001", "elsewhere"), "not theirs", 60)
    with pytest.raises(AuthorityError):
        desk.department.sign_in("1001", None)


def test_a_key_is_forgotten_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    keyring = Keyring(10_000)
    assert keyring.answer(_adding(_lifetime(30))) == b"\x06"
    assert keyring.answer(_signing())[:1] == b"\x0e"
    now += 31
    assert keyring.answer(_signing()) == b"\x05"
    assert keyring.empty


def test_each_key_is_held_as_long_as_its_officer_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    keyring = Keyring(100)
    keyring.answer(_adding(_lifetime(14_400)))
    now += 14_000
    assert keyring.answer(_signing())[:1] == b"\x0e", "whoever started the agent may have asked for less"
    now += 401
    assert keyring.answer(_signing()) == b"\x05", "use does not put its end off"
    keyring.answer(_adding(b""))
    now += 101
    assert keyring.answer(b"\x0b")[1:5] == b"\x00\x00\x00\x00", "a key that came without a lifetime"


def test_what_the_agent_does_not_understand_it_refuses() -> None:
    keyring = Keyring(100)
    assert keyring.answer(_adding(b"\x02")) == b"\x05", "to ask before each use cannot be promised"
    assert keyring.answer(_adding(_lifetime(5), b"\x02")) == b"\x05"
    assert keyring.answer(b"\x11" + string(b"ssh-rsa") + string(b"x")) == b"\x05"
    assert keyring.answer(b"\xfe") == b"\x05"
    assert keyring.empty
    assert keyring.answer(_adding()) == b"\x06"
    assert keyring.answer(b"\x13") == b"\x06"
    assert keyring.empty


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=80))
def test_no_message_breaks_the_agent(message: bytes) -> None:
    keyring = Keyring(100)
    # For what ends early the connection is closed.
    with contextlib.suppress(ValueError, IndexError):
        assert keyring.answer(message)
    assert keyring.answer(b"\x0b")[:1] == b"\x0c"


def test_a_file_in_the_place_of_the_socket_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "precious"
    path.write_text("words", "utf-8")
    monkeypatch.setenv("WORKBENCH_AGENT", str(path))
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with pytest.raises(Locked, match="did not start"):
        agent.start(1)
    assert path.read_text("utf-8") == "words"
    agent._started.pop().wait(10)
