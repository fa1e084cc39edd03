"""The kernel opens no network connection and carries no key."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.errors import Refused
from workbench.runner import kernel
from workbench.workspace.asking import BROKER

TRY = """
import sys, socket
from workbench.errors import Refused
from workbench.runner.kernel import refuse_network
sys.addaudithook(refuse_network)
def tried(act):
    try:
        act()
    except Refused as refusal:
        return refusal.reason
    except OSError as error:
        return type(error).__name__
    return "done"
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
print([
    tried(lambda: socket.create_connection(("127.0.0.1", 9))),
    tried(lambda: socket.socket().connect(("127.0.0.1", 9))),
    tried(lambda: socket.socket(socket.AF_INET6).connect_ex(("::1", 9))),
    tried(lambda: udp.sendto(b"x", ("127.0.0.1", 9))),
    tried(lambda: udp.sendmsg([b"x"], [], 0, ("127.0.0.1", 9))),
    tried(lambda: socket.getaddrinfo("localhost", 80)),
    tried(lambda: socket.gethostbyname("localhost")),
    tried(lambda: socket.socket().bind(("127.0.0.1", 0))),
    tried(lambda: socket.socket(socket.AF_UNIX).connect("/nowhere/agent")),
    tried(lambda: socket.socket(socket.AF_UNIX).connect(sys.argv[1])),
    tried(socket.socketpair),
])
"""


@pytest.mark.skipif(os.name != "posix", reason="local sockets are POSIX")
def test_every_way_out_is_refused_but_the_brokers_socket(tmp_path: Path) -> None:
    broker = str(tmp_path / "ask")
    done = subprocess.run(
        [sys.executable, "-c", TRY, broker],
        env=os.environ | {BROKER: broker},
        capture_output=True,
        text=True,
        check=True,
    )
    refused = ["plain-socket"] * 9
    assert done.stdout.strip() == str([*refused, "FileNotFoundError", "done"])


def test_the_refusal_says_what_to_do_instead() -> None:
    with pytest.raises(Refused, match=r"case\.collect\(\)"):
        kernel.refuse_network("socket.getaddrinfo", ("example.org", 443, 0, 0, 0))


def test_no_secret_comes_along() -> None:
    base = {
        "PATH": "/bin",
        "LC_ALL": "C.UTF-8",
        "SSH_AUTH_SOCK": "/run/agent",
        "WORKBENCH_PASSPHRASE_FILE": "/secret/pass",
        "WORKBENCH_AGENT": "/run/ours",
        "WORKBENCH_KEYS": "/secret/keys",
        "SOME_API_TOKEN": "secret",
        "WORKBENCH_OFFICER": "d.ada",
        "OMP_NUM_THREADS": "8",
    }
    found = kernel.environment(base, {BROKER: "/run/ask"})
    assert set(found) == {
        "PATH",
        "LC_ALL",
        "WORKBENCH_OFFICER",
        BROKER,
        "JUPYTER_PATH",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
    }
    assert found["OMP_NUM_THREADS"] == "1"
    assert (Path(found["JUPYTER_PATH"]) / "kernels" / "workbench" / "kernel.json").is_file()
