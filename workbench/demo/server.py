"""A small read-only server on loopback that shows the town as Mastodon would.

Only GET and HEAD are answered; there is nothing to write to. Faults can be switched on, so that tests
see what real servers do on bad days. Requests and connections are counted: a test that says "zero
packets were sent" asks here.
"""

from __future__ import annotations

import gzip
import json
import re
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlencode, urlsplit

from workbench.demo import footage, pictures
from workbench.demo.model import DOMAIN, MARK, NAME, File, Person, Post, Town
from workbench.demo.shapes import Shapes
from workbench.records import Record

_ACCOUNT = re.compile(r"/api/v1/accounts/(\w+)(/statuses)?/?")
_STATUS = re.compile(r"/api/v1/statuses/(\w+)(/context|/history|/source)?/?")
_MEDIA = re.compile(r"/media/([\w-]+)\.(png|jpg|mp4)")
_PAGE = re.compile(r"/@(\w+)(?:/(\d+))?")
_MOST, _USUAL = 40, 20


class Faults(Record, frozen=True, kw_only=True):
    """What goes wrong, and for whom. Paths are matched by their beginning.

    ``limited`` answers 429 with ``Retry-After: retry_after`` and ``busy`` 503, each to the first request
    for each path given. ``login`` names handles whose posts only members may read (401), ``suspended``
    those that are gone (410), ``forbidden`` those refused (403). ``delay_s`` goes before every answer.
    ``truncated`` paths break off in the middle, once. ``gzip`` packs what the client can unpack.
    """

    limited: tuple[str, ...] = ()
    retry_after: int = 1
    busy: tuple[str, ...] = ()
    truncated: tuple[str, ...] = ()
    login: tuple[str, ...] = ()
    suspended: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    delay_s: float = 0.0
    gzip: bool = False


class Answer(Record, frozen=True, kw_only=True):
    """A status, a body and what the headers need to say."""

    body: bytes
    status: int = 200
    kind: str = "application/json; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


def answer(value: object, status: int = 200, *headers: tuple[str, str]) -> Answer:
    """Wrap a value as JSON, written as compactly as Mastodon does."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(body=body, status=status, headers=headers)


def error(status: int, words: str, *headers: tuple[str, str]) -> Answer:
    """Wrap an error as Mastodon does."""
    return answer({"error": words}, status, *headers)


class Pages:
    """Path and query in, answer out: no sockets here. ``base`` is the address it is served under."""

    def __init__(self, town: Town, base: str, faults: Faults) -> None:
        self.shapes = Shapes(town, base)
        self.faults = faults
        self._pending = {("limited", one) for one in faults.limited} | {("busy", one) for one in faults.busy}
        self._pending |= {("truncated", one) for one in faults.truncated}
        self._lock = threading.Lock()
        self._media = {str(int(post.id) + 1): post for post in town.posts if post.picture}
        self._accounts = {self.shapes.account_id(person): person for person in town.people}

    def get(self, path: str, query: dict[str, str]) -> Answer:
        """Answer one request."""
        if self.strikes("limited", path):
            return error(429, "Too many requests", ("Retry-After", str(self.faults.retry_after)))
        if self.strikes("busy", path):
            return error(503, "Service Unavailable")
        if path == "/api/v1/accounts/lookup":
            return self._lookup(query.get("acct", ""))
        if path.rstrip("/") in {"/api/v1/instance", "/api/v2/instance"}:
            shapes = self.shapes
            return answer(shapes.instance() if "v2" in path else shapes.instance_v1())
        for pattern, page in self._routes():
            match = pattern.fullmatch(path)
            if match:
                return page(match, query)
        return error(404, "Not Found")

    def strikes(self, kind: str, path: str) -> bool:
        """Tell whether a fault that happens once happens now."""
        with self._lock:
            hits = [one for one in self._pending if one[0] == kind and path.startswith(one[1])]
            self._pending.difference_update(hits[:1])
            return bool(hits)

    def _routes(self) -> list[tuple[re.Pattern[str], Callable[[re.Match[str], dict[str, str]], Answer]]]:
        return [
            (_ACCOUNT, self._account),
            (_STATUS, self._status),
            (_MEDIA, self._picture),
            (_PAGE, self._page),
        ]

    def _lookup(self, acct: str) -> Answer:
        name = acct.removeprefix("@").removesuffix(f"@{DOMAIN}")
        # A reader who addresses the server by its loopback name means the same account.
        local = name.split("@")[0] if name.endswith(urlsplit(self.shapes.base).netloc) else name
        person = self.shapes.people.get(local)
        if person is None:
            return error(404, "Record not found")
        return self._barred(person, posts=False) or answer(self.shapes.account(person))

    def _account(self, match: re.Match[str], query: dict[str, str]) -> Answer:
        person = self._accounts.get(match[1])
        if person is None:
            return error(404, "Record not found")
        barred = self._barred(person, posts=bool(match[2]))
        if barred is not None:
            return barred
        return self._statuses(person, query) if match[2] else answer(self.shapes.account(person))

    def _barred(self, person: Person, *, posts: bool) -> Answer | None:
        if person.handle in self.faults.suspended:
            return error(410, "Gone")
        if person.handle in self.faults.forbidden:
            return error(403, "This action is not allowed")
        if posts and person.handle in self.faults.login:
            return error(401, "This API requires an authenticated user")
        return None

    def _statuses(self, person: Person, query: dict[str, str]) -> Answer:
        try:
            found, more = page_of(self._wanted(person, query), query)
        except ValueError:
            return error(400, "The parameters do not fit")
        links = self._links(person, query, found, more=more)
        return answer([self.shapes.status(post) for post in found], 200, *links)

    def _wanted(self, person: Person, query: dict[str, str]) -> list[Post]:
        posts, by_key = self.shapes.visible[person.handle], self.shapes.by_key
        if _on(query, "pinned"):
            return []
        if _on(query, "exclude_reblogs"):
            posts = [post for post in posts if not post.boosts]
        if _on(query, "exclude_replies"):
            # As Mastodon does: answers to oneself are not counted as replies.
            posts = [
                post for post in posts if not post.replies_to or by_key[post.replies_to].author == post.author
            ]
        if _on(query, "only_media"):
            posts = [post for post in posts if post.picture]
        tag = query.get("tagged", "").lower()
        return [post for post in posts if f"#{tag}" in post.text.lower()] if tag else posts

    def _links(
        self, person: Person, query: dict[str, str], found: list[Post], *, more: bool
    ) -> list[tuple[str, str]]:
        if not found:
            return []
        kept = {key: value for key, value in query.items() if key not in {"max_id", "since_id", "min_id"}}
        base = f"{self.shapes.base}/api/v1/accounts/{self.shapes.account_id(person)}/statuses?"
        older = f'<{base}{urlencode(kept | {"max_id": found[-1].id})}>; rel="next"'
        newer = f'<{base}{urlencode(kept | {"min_id": found[0].id})}>; rel="prev"'
        return [("Link", f"{older}, {newer}" if more else newer)]

    def _status(self, match: re.Match[str], query: dict[str, str]) -> Answer:
        del query
        post = self.shapes.by_id.get(match[1])
        if post is None or not self.shapes.readable(post):
            return error(404, "Record not found")
        barred = self._barred(self.shapes.by_handle[post.author], posts=True)
        if barred is not None:
            return barred
        if match[2] == "/source":
            return error(401, "The access token is invalid")
        shapes = {"/context": self.shapes.context, "/history": self.shapes.history, None: self.shapes.status}
        return answer(shapes[match[2]](post))

    def _picture(self, match: re.Match[str], query: dict[str, str]) -> Answer:
        del query
        kind, _, rest = match[1].partition("-")
        if kind == "portrait" and rest in self.shapes.by_handle:
            return Answer(body=pictures.portrait(rest), kind="image/png")
        if kind == "header":
            return Answer(body=pictures.scene(rest), kind="image/png")
        post = self._media.get(kind)
        if post is None or not self.shapes.readable(post):
            return error(404, "Not Found")
        file = self.shapes.files.get(post.file)
        if file is not None:
            return _file(file, match[2], small=bool(rest))
        size = (pictures.WIDTH // 2, pictures.HEIGHT // 2) if rest else (pictures.WIDTH, pictures.HEIGHT)
        return Answer(body=pictures.scene(post.key, *size), kind="image/png")

    def _page(self, match: re.Match[str], query: dict[str, str]) -> Answer:
        del query
        person = self.shapes.people.get(match[1])
        if person is None:
            return error(404, "Not Found")
        body = (
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
            f"<title>@{person.handle} - {NAME}</title></head><body>"
            f'<div id="mastodon"></div><noscript>{MARK} To read it, use the API or a browser '
            "with JavaScript.</noscript></body></html>"
        )
        return Answer(body=body.encode(), kind="text/html; charset=utf-8")


def _file(file: File, suffix: str, *, small: bool) -> Answer:
    """Give a photo or a video, or the small picture of it; nothing under a name that is not its own."""
    if suffix != ("jpg" if small else footage.SUFFIXES[file.kind]):
        return error(404, "Not Found")
    if small:
        return Answer(body=footage.preview(file), kind="image/jpeg")
    return Answer(body=footage.data(file), kind=footage.KINDS[file.kind])


def page_of(posts: list[Post], query: dict[str, str]) -> tuple[list[Post], bool]:
    """Cut one page out of posts that are newest first; raise ValueError for ids that are none.

    ``max_id`` gives older than it, ``since_id`` the newest that are newer, ``min_id`` the ones just
    newer. The second value tells whether older ones may follow.
    """
    limit = min(max(int(query.get("limit") or _USUAL), 1), _MOST)
    top, since, low = (int(query.get(name) or 0) for name in ("max_id", "since_id", "min_id"))
    found = [post for post in posts if (not top or int(post.id) < top) and int(post.id) > max(since, low)]
    cut = found[-limit:] if low else found[:limit]
    return cut, len(cut) == limit


def _on(query: dict[str, str], name: str) -> bool:
    return query.get(name, "").lower() in {"1", "true", "t", "on"}


class _Handler(BaseHTTPRequestHandler):
    """Reads a request, writes the answer in one piece; keeps the connection."""

    protocol_version = "HTTP/1.1"
    server_version = "Mastodon (sample network, fiction)"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = 65_536  # head and body in one write: two would wait for each other
    timeout = 60
    server: _Server

    def setup(self) -> None:
        """Count the connection."""
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        """Forget the connection."""
        self.server.closed(self.connection)
        super().finish()

    def do_GET(self) -> None:
        """Answer a request; HEAD comes here too and gets no body."""
        parts = urlsplit(self.path)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        self.server.asked(self.command, self.path)
        pages = self.server.pages
        time.sleep(pages.faults.delay_s)
        self._send(pages.get(parts.path, query), broken=pages.strikes("truncated", parts.path))

    def do_HEAD(self) -> None:
        self.do_GET()

    def _refuse(self) -> None:
        self.server.asked(self.command, self.path)
        self.close_connection = True  # a body may follow that nobody reads
        self._send(error(405, "Method Not Allowed", ("Allow", "GET, HEAD"), ("Connection", "close")))

    def do_POST(self) -> None:
        self._refuse()

    def do_PUT(self) -> None:
        self._refuse()

    def do_PATCH(self) -> None:
        self._refuse()

    def do_DELETE(self) -> None:
        self._refuse()

    def _send(self, given: Answer, *, broken: bool = False) -> None:
        body, headers = given.body, [("Content-Type", given.kind), *given.headers]
        if self.server.pages.faults.gzip and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, mtime=0)
            headers.append(("Content-Encoding", "gzip"))
        self.send_response(given.status)
        for name, value in [*headers, *_COMMON, ("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = self.close_connection or broken
        sent = b"" if self.command == "HEAD" else body[: len(body) // 2] if broken else body
        self.wfile.write(sent)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: what is asked here stays in memory."""


_COMMON = (
    ("Vary", "Authorization, Origin, Accept-Encoding"),
    ("Cache-Control", "private, no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-RateLimit-Limit", "300"),
    ("X-RateLimit-Remaining", "299"),
)


class _Server(ThreadingHTTPServer):
    """Counts, and can close the connections that clients keep open."""

    daemon_threads = False
    pages: Pages

    def __init__(self, port: int) -> None:
        self.paths: list[str] = []
        self.connections = 0
        self._live: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def asked(self, method: str, path: str) -> None:
        with self._lock:
            self.paths.append(f"{method} {path}")

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self.connections += 1
            self._live.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._live.discard(connection)

    def hang_up(self) -> None:
        with self._lock:
            for connection in self._live:
                connection.shutdown(socket.SHUT_RDWR)


class SampleNetwork:
    """The town on loopback, for as long as the ``with`` block lasts.

    ``port`` 0 takes a free one. ``url`` is the address, ``host`` the ``127.0.0.1:port`` in it.
    """

    def __init__(self, town: Town, *, port: int = 0, faults: Faults | None = None) -> None:
        self.town = town
        self._server = _Server(port)
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.host}"
        self._server.pages = Pages(town, self.url, faults or Faults())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def requests(self) -> int:
        """How many requests came, of any method."""
        return len(self._server.paths)

    @property
    def connections(self) -> int:
        """How many connections were made."""
        return self._server.connections

    @property
    def paths(self) -> tuple[str, ...]:
        """What was asked, as ``GET /path?query``, in order."""
        return tuple(self._server.paths)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()
        self._thread.join()
