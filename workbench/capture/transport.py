"""Connections that ask the gate: urllib3's own, told where to connect and what to keep.

The address that is asked about is the address that is connected to: a name is resolved once, each result
is put to the gate, and the socket is opened to exactly that literal. A connection kept alive is put to the
gate again for every request, with the peer that it really has.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
from functools import partial
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any, cast

import urllib3
from requests.adapters import HTTPAdapter
from urllib3 import connection, connectionpool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from workbench.capture.raw import RawResponse, Tape
from workbench.errors import Refused

if TYPE_CHECKING:
    from requests import PreparedRequest
    from urllib3.connectionpool import HTTPConnectionPool

POOL_SIZE = 32
MOST_ADDRESSES = 4  # each may take the whole time for connecting
_Address = tuple[int, int, int, tuple[Any, ...]]  # family, kind, protocol, what connect() takes


class Current(threading.local):
    """The exchange that this thread is having: a request runs in one thread from start to end."""

    tape: Tape | None = None

    def now(self) -> Tape:
        """Give the tape; a connection without one is a way around the recorder, and refused."""
        if self.tape is None:
            raise Refused("a connection was used outside a recorded exchange", reason="unrecorded")
        return self.tape


class _Gated(connection.HTTPConnection):
    """What both connection classes add: gate, tape, and the response class that fills it."""

    current: Current
    peer = ""  # the IP literal that this connection really has; it cannot change while it is open

    def _new_conn(self) -> socket.socket:
        # The extension point that urllib3's own SOCKS support uses; TLS is wrapped around its result.
        tape = self.current.now()
        try:
            sock = _connect(self._dns_host, self.port, tape)
            self.peer = tape.peer = _literal(sock.getpeername()[0])
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"no connection to {self.host} in time") from error
        except OSError as error:
            raise NewConnectionError(self, f"no connection to {self.host}: {error}") from error
        if self.peer not in tape.approved:
            sock.close()
            raise Refused("connected to another address than was asked about", reason="peer")
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - urllib3's own arguments, passed on
        tape = self.current.now()
        if self.sock is not None and not tape.peer:
            tape.peer = self.peer
            tape.reused = True
            tape.gate(tape.url, tape.peer)
        super().request(*args, **kwargs)

    def send(self, data: Any) -> None:  # noqa: ANN401 - http.client's own argument
        self.current.now().sent += data
        super().send(data)

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override] # urllib3's, not http.client's
        # http.client calls it as it would the class.
        self.response_class = cast("type[HTTPResponse]", partial(RawResponse, tape=self.current.now()))
        return super().getresponse()


class _Secure(_Gated, connection.HTTPSConnection):
    """The same over TLS: urllib3 wraps what ``_new_conn`` gives, and checks the certificate for the name."""


def _pool(
    kind: type[HTTPConnectionPool],
    link: type[_Gated],
    current: Current,
    *args: Any,  # noqa: ANN401 - urllib3's own arguments, passed on
    **kwargs: Any,  # noqa: ANN401
) -> HTTPConnectionPool:
    def connect(*given: Any, **named: Any) -> _Gated:  # noqa: ANN401
        made = link(*given, **named)
        made.current = current
        return made

    pool = kind(*args, **kwargs)
    pool.ConnectionCls = cast("Any", connect)  # urllib3 calls it as it would the class
    return pool


class Pools(HTTPAdapter):
    """The pools of one recorder, and how requests picks one of them; it sends nothing by itself."""

    def __init__(self, current: Current) -> None:
        self._current = current
        super().__init__(pool_connections=POOL_SIZE, pool_maxsize=POOL_SIZE)

    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = False,  # noqa: FBT001, FBT002 - requests' signature
        **pool_kwargs: Any,  # noqa: ANN401
    ) -> None:
        """Make the pool manager whose connections are ours."""
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = cast(
            "Any",
            {
                "http": partial(_pool, connectionpool.HTTPConnectionPool, _Gated, self._current),
                "https": partial(_pool, connectionpool.HTTPSConnectionPool, _Secure, self._current),
            },
        )

    def open(self, request: PreparedRequest, tape: Tape, *, verify: bool | str) -> urllib3.HTTPResponse:
        """Send one request and read the answer's header; the body is still to be read.

        Raises what urllib3 raises (ERRORS), and Refused.
        """
        pool = cast("HTTPConnectionPool", self.get_connection_with_tls_context(request, verify))
        self.cert_verify(pool, request.url, verify, None)  # type: ignore[no-untyped-call]
        self._current.tape = tape
        try:
            answer = pool.urlopen(
                method=cast("str", request.method),
                url=self.request_url(request, None),
                body=request.body,
                headers=request.headers,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
                decode_content=False,
                retries=self.max_retries,
                timeout=urllib3.Timeout(connect=tape.limits.connect_s, read=tape.limits.read_s),
            )
            return cast("urllib3.HTTPResponse", answer)
        finally:
            self._current.tape = None


def _connect(host: str, port: int, tape: Tape) -> socket.socket:
    most = tape.limits.connect_s
    failure: OSError = OSError("the name has no address")
    for family, kind, protocol, address in _resolve(host, port, tape.patience(most))[:MOST_ADDRESSES]:
        literal = _literal(address[0])
        tape.gate(tape.url, literal)
        tape.approved.add(literal)
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(tape.patience(most))
            sock.connect(address)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure


def _resolve(host: str, port: int, most: float) -> list[_Address]:
    name = host.strip("[]")
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return _looked_up(name, port, most)
    return _addresses(name, port, socket.AI_NUMERICHOST)


def _looked_up(name: str, port: int, most: float) -> list[_Address]:
    # The system's resolver knows no time limit, so it runs beside us; a late answer is left to the garbage.
    answers: queue.SimpleQueue[list[_Address] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(_addresses(name, port, 0))
        except OSError as error:
            answers.put(error)
        except UnicodeError as error:
            answers.put(socket.gaierror(socket.EAI_NONAME, str(error)))

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=most)
    except queue.Empty:
        raise TimeoutError("the name was not resolved in time") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def _addresses(name: str, port: int, flags: int) -> list[_Address]:
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=flags)
    return [(family, kind, protocol, address) for family, kind, protocol, _, address in found]


def _literal(address: str) -> str:
    plain = ipaddress.ip_address(address.partition("%")[0])
    mapped = plain.ipv4_mapped if isinstance(plain, ipaddress.IPv6Address) else None
    return str(mapped or plain)


ERRORS = (urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError)
"""What ``open`` and reading its answer can raise besides Refused."""
