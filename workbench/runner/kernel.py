"""The kernel that notebooks run in: no plain network sockets, no key, one thread per library.

``python -m workbench.runner.kernel -f CONNECTION_FILE`` starts ipykernel after an audit hook (PEP 578)
has been set that refuses internet sockets, and any local socket but the broker's. This stops accidents,
not intent: code in the kernel runs with the officer's own account. The way out is ``case.collect()``.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from workbench.errors import Refused
from workbench.runner.lean import without_slow_imports
from workbench.workspace.asking import BROKER

KERNEL_NAME = "workbench"
JUPYTER_DIR = Path(__file__).with_name("jupyter")
"""Holds ``kernels/workbench/kernel.json``; put in front of JUPYTER_PATH."""

_LOCAL = socket.AF_UNIX if hasattr(socket, "AF_UNIX") else None
_NAMES = frozenset(
    f"socket.{name}" for name in ("getaddrinfo", "gethostbyname", "gethostbyaddr", "getnameinfo")
)
_SOCKETS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"})
_CONNECTING = tuple(f"pyarrow._{name}" for name in ("s3fs", "gcsfs", "azurefs", "hdfs", "flight"))
_SYSTEM = "HOME LANG LANGUAGE LOGNAME PATH PYTHONPATH SHELL TEMP TERM TMP TMPDIR TZ USER VIRTUAL_ENV"
_FOLDERS = "XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME"
_OURS = f"WORKBENCH_CASE WORKBENCH_CASEFILES WORKBENCH_DEPARTMENT WORKBENCH_OFFICER {BROKER}"
_KEPT = frozenset(f"{_SYSTEM} {_FOLDERS} {_OURS}".split())
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def environment(base: Mapping[str, str], extra: Mapping[str, str]) -> dict[str, str]:
    """Give the environment of a kernel: only what is on a short list, so that no secret comes along.

    No agent socket, no passphrase file, no token. ``extra`` is added as it is.
    """
    kept = {name: value for name, value in base.items() if name in _KEPT or name.startswith("LC_")}
    return kept | dict.fromkeys(_THREADS, "1") | {"JUPYTER_PATH": str(JUPYTER_DIR)} | dict(extra)


def refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    """Audit hook: raise Refused (reason ``plain-socket``) for anything that would leave this process."""
    if event in _NAMES:
        raise _refusal(event)
    if event in _SOCKETS and not _allowed(event, arguments):
        raise _refusal(event)


def _allowed(event: str, arguments: tuple[object, ...]) -> bool:
    opened, address = arguments[0], arguments[1] if len(arguments) > 1 else None
    if not isinstance(opened, socket.SocketType) or opened.family != _LOCAL:
        return False
    # A socket that is already connected names no address; who connected it was asked before.
    return address is None or event == "socket.bind" or address == os.environ.get(BROKER)


def _refusal(event: str) -> Refused:
    return Refused(
        "a notebook does not open network connections",
        reason="plain-socket",
        where=event,
        todo="fetch through case.collect(): it asks the gate, records the bytes and logs them",
    )


def without_other_ways() -> None:
    """Leave out the parts of pyarrow that open connections in C++, where no audit hook sees them.

    With them ``pandas.read_parquet("s3://…")`` would leave; without them pyarrow says that it cannot.
    """
    sys.modules.update(dict.fromkeys(_CONNECTING))  # type: ignore[arg-type] # None: not to be imported


def main() -> None:
    """Set the hook, then hand over to ipykernel."""
    sys.addaudithook(refuse_network)
    without_other_ways()
    without_slow_imports()
    from ipykernel.kernelapp import IPKernelApp  # noqa: PLC0415 - the hook comes first

    IPKernelApp.launch_instance()


if __name__ == "__main__":
    main()
