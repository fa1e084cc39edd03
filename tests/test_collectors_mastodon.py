"""The Mastodon collector against a server on loopback, and its parser on answers of all sorts."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import times
from workbench.collectors import COLLECTORS, collector
from workbench.collectors import mastodon_known as known
from workbench.collectors.base import Collector
from workbench.collectors.mastodon import MastodonCollector
from workbench.errors import Refused, SourceError, UsageError
from workbench.records import Exchange, Order, Result, Target
from workbench.rows import Account, AnyRow, Interaction, Issue, Media, Post, PostVersion

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PNG = b"\x89PNG invented"

Answer = tuple[int, Any]


def micros(moment: datetime) -> int:
    return times.to_micros(moment)


def snowflake(moment: datetime) -> str:
    return str(micros(moment) // 1000 << 16)


class Town:
    """A Mastodon server of one account, ``lena``, with as many posts as a test wants."""

    def __init__(self) -> None:
        self.base = ""
        self.asked: list[tuple[str, dict[str, str], str]] = []
        self.posts: list[dict[str, Any]] = []
        self.special: dict[str, Callable[[], Answer]] = {}
        self.links = True

    def account(self) -> dict[str, Any]:
        return {
            "id": "7",
            "username": "lena",
            "acct": "lena",
            "uri": f"{self.base}/users/lena",
            "url": f"{self.base}/@lena",
            "display_name": "Lena",
            "note": "<p>hello</p>",
            "created_at": "2024-01-01T00:00:00.000Z",
            "followers_count": 3,
            "following_count": 4,
            "statuses_count": len(self.posts),
            "bot": False,
            "locked": False,
            "avatar": f"{self.base}/avatar.png",
        }

    def add(self, minutes: int, **more: Any) -> dict[str, Any]:
        """Add a post so many minutes before noon."""
        at = NOON - timedelta(minutes=minutes)
        native_id = snowflake(at)
        post: dict[str, Any] = {
            "id": native_id,
            "uri": f"{self.base}/users/lena/statuses/{native_id}",
            "url": f"{self.base}/@lena/{native_id}",
            "created_at": at.isoformat(),
            "edited_at": None,
            "in_reply_to_id": None,
            "in_reply_to_account_id": None,
            "content": f"<p>minute {minutes}</p>",
            "account": self.account(),
            "reblog": None,
            "replies_count": 0,
            "media_attachments": [],
            "mentions": [],
            "tags": [],
        }
        self.posts.append(post | more)
        return self.posts[-1]

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        if path in self.special:
            return *self.special[path](), {}
        if path == "/api/v1/accounts/lookup" and query["acct"] == "lena":
            return 200, self.account(), {}
        if path == "/api/v1/accounts/7/statuses":
            return self._page(query)
        kinds = {"context": {"ancestors": [], "descendants": []}, "history": [], "1.png": PNG}
        found = kinds.get(path.rpartition("/")[2])
        return (404, {"error": "Record not found"}, {}) if found is None else (200, found, {})

    def _page(self, query: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        newest = sorted(self.posts, key=lambda post: int(post["id"]), reverse=True)
        below = [one for one in newest if "max_id" not in query or int(one["id"]) < int(query["max_id"])]
        size = int(query.get("limit", "20"))
        page = below[:size]
        headers = {}
        if self.links and len(page) == size:
            headers["Link"] = f'<{self.base}/api?max_id={page[-1]["id"]}>; rel="next"'
        return 200, page, headers


def handler(town: Town) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            town.asked.append((parts.path, query, self.headers.get("Authorization", "")))
            status, body, headers = town.answer(parts.path, query)
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            page = "text/html" if raw.startswith(b"<") else "application/json"
            kind = "image/png" if raw is PNG else page
            for key, value in {"Content-Type": kind, "Content-Length": str(len(raw)), **headers}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@pytest.fixture
def town() -> Iterator[Town]:
    made = Town()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(made))
    made.base = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


class Kept(requests.Session):
    """A session that keeps what came, as the recorder does, and refuses what a test tells it to."""

    def __init__(self, refuse: Callable[[str], bool] = lambda _: False) -> None:
        super().__init__()
        self.exchanges: list[Exchange] = []
        self.refuse = refuse

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        uri = request.url or ""
        if self.refuse(uri):
            raise Refused("the gate says no", reason="out-of-scope")
        answer = super().send(request, **kwargs)
        self.exchanges.append(
            Exchange(
                method=request.method or "",
                uri=uri,
                status=answer.status_code,
                headers=tuple(answer.headers.items()),
                body=answer.content,
                at=0,
            )
        )
        return answer


def collect(town: Town, session: requests.Session | None = None, token: str = "", **order: Any) -> Result:
    source = MastodonCollector()
    target = Target(source="mastodon", target=source.target(f"{town.base}/@lena"))
    with session or Kept() as used:
        return source.collect(
            Order(target=target, **order), used, report=lambda _what, _count: None, token=token
        )


def collected(town: Town, **order: Any) -> tuple[Result, list[AnyRow]]:
    session = Kept()
    result = collect(town, session, **order)
    return result, [row for one in session.exchanges for row in MastodonCollector().parse(one)]


def of(kind: type[AnyRow], rows: list[AnyRow]) -> list[Any]:
    return [row for row in rows if isinstance(row, kind)]


# -- targets


@pytest.mark.parametrize(
    ("given", "canonical", "host"),
    [
        ("@lena@Town.example", "@lena@town.example", "town.example"),
        ("lena@town.example", "@lena@town.example", "town.example"),
        ("https://town.example/@lena", "@lena@town.example", "town.example"),
        ("https://town.example/users/lena/", "@lena@town.example", "town.example"),
        ("https://town.example:8443/@lena", "@lena@town.example:8443", "town.example:8443"),
        ("http://127.0.0.1:3000/@lena", "http://127.0.0.1:3000/@lena", "127.0.0.1:3000"),
        ("https://a.example/@lena@b.example", "https://a.example/@lena@b.example", "a.example"),
    ],
)
def test_a_target_has_one_canonical_form(given: str, canonical: str, host: str) -> None:
    source = MastodonCollector()
    assert source.target(given) == canonical
    assert source.target(canonical) == canonical
    assert source.hosts(canonical) == (host,)


@pytest.mark.parametrize(
    "given", ["", "lena", "@lena", "http://town.example/@lena", "https://town.example/@lena/1?x=2", "@a@b@c"]
)
def test_what_is_no_account_is_a_usage_error(given: str) -> None:
    with pytest.raises(UsageError):
        MastodonCollector().target(given)


def test_the_registry_names_it_and_it_fulfils_the_protocol() -> None:
    assert isinstance(COLLECTORS["mastodon"], Collector)
    assert collector("mastodon") is COLLECTORS["mastodon"]
    with pytest.raises(UsageError, match="no collector"):
        collector("myspace")


# -- collecting


def test_all_pages_are_read_to_the_end(town: Town) -> None:
    for minutes in range(95):
        town.add(minutes)
    result, rows = collected(town)
    assert result == Result(verdict="complete", items=95)
    posts = of(Post, rows)
    assert len(posts) == 95
    assert {post.content.plain for post in posts} == {f"minute {minutes}" for minutes in range(95)}


def test_paging_goes_on_without_link_headers(town: Town) -> None:
    town.links = False
    for minutes in range(81):
        town.add(minutes)
    assert collect(town) == Result(verdict="complete", items=81)


def test_no_request_but_what_the_order_needs(town: Town) -> None:
    town.add(1)
    collect(town)
    assert [path for path, _, _ in town.asked] == ["/api/v1/accounts/lookup", "/api/v1/accounts/7/statuses"]


def test_the_limit_is_kept_to_the_post_and_said(town: Town) -> None:
    for minutes in range(60):
        town.add(minutes)
    result, rows = collected(town, limit=45)
    assert result == Result(verdict="partial", reason="limit-reached", items=45)
    assert len(of(Post, rows)) == 45


def test_a_limit_that_just_suffices_is_complete(town: Town) -> None:
    for minutes in range(39):
        town.add(minutes)
    assert collect(town, limit=40) == Result(verdict="complete", items=39)


def test_the_window_is_asked_for_and_kept(town: Town) -> None:
    for minutes in range(0, 600, 2):
        town.add(minutes)
    since, until = NOON - timedelta(minutes=200), NOON - timedelta(minutes=100)
    result = collect(town, since=micros(since), until=micros(until))
    assert result == Result(verdict="complete", items=51)
    assert len(town.asked) < 6


def test_ids_that_do_not_tell_the_time_never_look_like_an_empty_window(town: Town) -> None:
    for minutes in range(10):
        town.add(minutes, id=str(1000 - minutes))
    result = collect(town, until=micros(NOON - timedelta(minutes=5)))
    assert result == Result(verdict="complete", items=5)


def test_nothing_visible_and_nothing_in_the_window_are_two_things(town: Town) -> None:
    assert collect(town) == Result(verdict="empty", reason="nothing-visible")
    town.add(1)
    since = micros(NOON + timedelta(days=1))
    assert collect(town, since=since) == Result(verdict="empty", reason="none-in-window")


@pytest.mark.parametrize(
    ("status", "verdict", "reason"),
    [
        (401, "blocked", "login-required"),
        (403, "blocked", "forbidden"),
        (404, "gone", "not-found"),
        (410, "gone", "gone"),
        (429, "blocked", "rate-limited"),
        (451, "blocked", "legal-reasons"),
        (500, "failed", "server-error"),
        (503, "failed", "server-error"),
        (418, "failed", "http-418"),
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/accounts/lookup", "/api/v1/accounts/7/statuses"])
def test_a_failure_at_once_is_raised_with_its_verdict(
    town: Town, path: str, status: int, verdict: str, reason: str
) -> None:
    town.add(1)
    town.special[path] = lambda: (status, {"error": "no"})
    with pytest.raises(SourceError) as caught:
        collect(town)
    assert (caught.value.verdict, caught.value.reason) == (verdict, reason)
    assert "lena" not in str(caught.value)


def test_an_unreachable_server_is_said() -> None:
    gone = Town()
    gone.base = "http://127.0.0.1:9"
    with pytest.raises(SourceError) as caught:
        collect(gone)
    assert (caught.value.verdict, caught.value.reason) == ("failed", "unreachable")


def test_a_page_that_is_no_json_is_malformed(town: Town) -> None:
    town.special["/api/v1/accounts/lookup"] = lambda: (200, b"<html>sign in</html>")
    with pytest.raises(SourceError) as caught:
        collect(town)
    assert (caught.value.verdict, caught.value.reason) == ("failed", "malformed-answer")


def test_a_suspended_account_is_gone(town: Town) -> None:
    town.special["/api/v1/accounts/lookup"] = lambda: (200, town.account() | {"suspended": True})
    with pytest.raises(SourceError) as caught:
        collect(town)
    assert (caught.value.verdict, caught.value.reason) == ("gone", "suspended")


def test_a_failure_after_some_pages_is_partial(town: Town) -> None:
    for minutes in range(90):
        town.add(minutes)
    calls = iter((None, 503))
    page = town._page

    def failing(query: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        status = next(calls)
        return page(query) if status is None else (status, {"error": "down"}, {})

    town._page = failing  # type: ignore[method-assign]
    assert collect(town) == Result(
        verdict="partial", reason="server-error", detail="pages: 1 server-error", items=40
    )


def test_the_gates_refusal_is_raised_as_it_was(town: Town) -> None:
    with pytest.raises(Refused) as caught:
        collect(town, Kept(refuse=lambda _: True))
    assert caught.value.reason == "out-of-scope"
    assert town.asked == []


def test_a_refusal_later_is_partial(town: Town) -> None:
    for minutes in range(50):
        town.add(minutes)
    result = collect(town, Kept(refuse=lambda url: "max_id" in url))
    assert (result.verdict, result.reason, result.items) == ("partial", "out-of-scope", 40)


def test_the_token_goes_to_the_server_and_not_to_media(town: Town) -> None:
    town.add(1, media_attachments=[{"id": "1", "type": "image", "url": f"{town.base}/media/1.png"}])
    collect(town, token="s3cret")
    sent = {path: token for path, _, token in town.asked}
    assert sent["/api/v1/accounts/lookup"] == "Bearer s3cret"
    assert sent["/media/1.png"] == ""


def test_threads_are_fetched_once_each_and_only_when_asked_for(town: Town) -> None:
    first = town.add(10, replies_count=2)
    second = town.add(5, in_reply_to_id=first["id"], in_reply_to_account_id="7")
    path = f"/api/v1/statuses/{first['id']}/context"
    town.special[path] = lambda: (200, {"ancestors": [], "descendants": [second]})
    collect(town)
    assert [one for one, _, _ in town.asked if one.endswith("/context")] == [path]
    town.asked.clear()
    collect(town, context=False)
    assert not [one for one, _, _ in town.asked if one.endswith("/context")]


def test_a_thread_that_is_gone_leaves_the_rest(town: Town) -> None:
    first, second = town.add(10, replies_count=2), town.add(5, replies_count=1)
    town.special[f"/api/v1/statuses/{first['id']}/context"] = lambda: (404, {"error": "gone"})
    result = collect(town)
    assert result == Result(verdict="partial", reason="not-found", detail="threads: 1 not-found", items=2)
    assert any(second["id"] in path for path, _, _ in town.asked)


def test_media_are_fetched_and_join_their_posts_by_uri(town: Town) -> None:
    url = f"{town.base}/media/1.png"
    post = town.add(1, media_attachments=[{"id": "1", "type": "image", "url": url, "description": "a cat"}])
    result, rows = collected(town)
    assert result.verdict == "complete"
    told, held = of(Media, rows)
    assert (told.uri, told.post, told.description) == (url, post["uri"], "a cat")
    assert (held.uri, held.bytes, held.media_type) == (url, len(PNG), "image/png")
    assert held.entity_id == told.entity_id
    _, rows = collected(town, media=False)
    assert len(of(Media, rows)) == 1


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (b"<form><input type=password name=p></form>", "login-required"),
        (b"<h1>Are you human?</h1>", "malformed-answer"),
    ],
)
def test_a_page_in_a_files_place_is_no_file_though_its_status_is_200(
    town: Town, page: bytes, reason: str
) -> None:
    town.add(1, media_attachments=[{"id": "1", "type": "image", "url": f"{town.base}/media/1.png"}])
    town.special["/media/1.png"] = lambda: (200, page)
    result, _ = collected(town)
    assert (result.verdict, result.reason) == ("partial", reason)


def test_media_hosts_that_are_refused_are_asked_once_and_said(town: Town) -> None:
    for number in range(3):
        url = f"http://media.example/{number}.png"
        town.add(number, media_attachments=[{"id": str(number), "type": "image", "url": url}])
    asked: list[str] = []

    def refuse(url: str) -> bool:
        asked.append(url)
        return "media.example" in url

    result = collect(town, Kept(refuse))
    assert result == Result(
        verdict="partial", reason="out-of-scope", detail="media files: 3 out-of-scope", items=3
    )
    assert sum("media.example" in url for url in asked) == 1


def test_edits_are_fetched_and_become_versions(town: Town) -> None:
    post = town.add(9, edited_at="2026-11-20T11:55:00Z", content="<p>new</p>")
    history = [
        {"content": f"<p>{words}</p>", "created_at": post["created_at"], "account": town.account()}
        for words in ("old", "new")
    ]
    town.special[f"/api/v1/statuses/{post['id']}/history"] = lambda: (200, history)
    _, rows = collected(town)
    versions = of(PostVersion, rows)
    assert [(one.version, one.content.plain) for one in versions] == [(0, "old"), (1, "new")]
    (parsed,) = of(Post, rows)
    assert parsed.state == "edited"
    assert {one.entity_id for one in versions} == {parsed.entity_id}


# -- parsing


def exchange(path: str, body: object, status: int = 200, kind: str = "application/json") -> Exchange:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = (("Content-Type", kind),)
    return Exchange(
        method="GET", uri=f"https://town.example{path}", status=status, headers=headers, body=raw, at=0
    )


def parsed(path: str, body: object, status: int = 200, kind: str = "application/json") -> list[AnyRow]:
    return list(MastodonCollector().parse(exchange(path, body, status, kind)))


def person(native_id: str, acct: str) -> dict[str, Any]:
    host = acct.partition("@")[2] or "town.example"
    user = acct.partition("@")[0]
    return {
        "id": native_id,
        "username": user,
        "acct": acct,
        "uri": f"https://{host}/users/{user}",
        "url": f"https://{host}/@{user}",
    }


def status(native_id: str, account: dict[str, Any], **more: Any) -> dict[str, Any]:
    base = {"id": native_id, "uri": f"{account['uri']}/statuses/{native_id}", "account": account}
    return base | {"created_at": "2026-11-20T12:00:00.000Z", "content": "<p>hi</p>"} | more


PAGE_PATH = "/api/v1/accounts/1/statuses?limit=40"


def test_an_account_is_told_once_a_page_with_its_full_handle() -> None:
    lena, remote = person("1", "lena"), person("2", "Tom@far.example")
    rows = parsed(PAGE_PATH, [status("10", lena), status("11", lena), status("12", remote)])
    accounts = of(Account, rows)
    assert [(one.handle, one.entity_id, one.server, one.pointer) for one in accounts] == [
        ("@lena@town.example", "https://town.example/users/lena", "town.example", "/0/account"),
        ("@Tom@far.example", "https://far.example/users/Tom", "town.example", "/2/account"),
    ]


def test_a_boost_has_no_words_of_its_own_and_points_to_whose_they_are() -> None:
    lena, tom = person("1", "lena"), person("2", "tom@far.example")
    boosted = status("9", tom, content="<p>tom's words</p>")
    rows = parsed(PAGE_PATH, [status("10", lena, content="<p>tom's words</p>", reblog=boosted)])
    boost, original = of(Post, rows)
    assert (boost.kind, boost.content, boost.author_handle) == ("repost", None, "@lena@town.example")
    assert (original.kind, original.author_handle, original.pointer) == (
        "post",
        "@tom@far.example",
        "/0/reblog",
    )
    (act,) = of(Interaction, rows)
    assert (act.kind, act.actor, act.target) == ("repost", lena["uri"], tom["uri"])
    assert (act.object, act.post) == (original.entity_id, boost.entity_id)


def test_replies_and_mentions_name_whom_they_are_for() -> None:
    lena, tom = person("1", "lena"), person("2", "tom@far.example")
    mention = {"id": "2", "username": "tom", "acct": "tom@far.example", "url": "https://far.example/@tom"}
    reply = status("11", lena, in_reply_to_id="9", in_reply_to_account_id="2", mentions=[mention])
    rows = parsed(PAGE_PATH, [reply])
    (post,) = of(Post, rows)
    assert (post.kind, post.in_reply_to, post.in_reply_to_author) == ("reply", "9", "@tom@far.example")
    acts = of(Interaction, rows)
    assert [(act.kind, act.target, act.target_handle, act.object) for act in acts] == [
        ("reply", "", "@tom@far.example", "9"),
        ("mention", "", "@tom@far.example", ""),
    ]
    context = {"ancestors": [status("9", tom)], "descendants": [reply]}
    acts = of(Interaction, parsed("/api/v1/statuses/11/context", context))
    assert acts[0].target == tom["uri"]
    assert acts[0].object == f"{tom['uri']}/statuses/9"


def test_a_quote_is_apart_from_a_reply_and_a_boost() -> None:
    lena, tom = person("1", "lena"), person("2", "tom@far.example")
    quote = {"state": "accepted", "quoted_status": status("9", tom)}
    rows = parsed(PAGE_PATH, [status("10", lena, quote=quote)])
    post, quoted = of(Post, rows)
    assert (post.kind, post.quotes, quoted.pointer) == ("quote", "9", "/0/quote/quoted_status")
    assert of(Interaction, rows)[0].kind == "quote"


def test_unknown_keys_are_told_once_a_field_with_their_count() -> None:
    lena = person("1", "lena")
    rows = parsed(PAGE_PATH, [status(str(number), lena, mood="sunny") for number in range(5)])
    assert of(Issue, rows) == [Issue(kind="unknown-key", field="status.mood", found="sunny", count=5)]


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        (PAGE_PATH, b"<html>Sign in</html>", "not-recognised"),
        (PAGE_PATH, b"[" * 100_000, "not-recognised"),
        (PAGE_PATH, {"error": "x"}, "bad-value"),
        (PAGE_PATH, [1, "two", None], "bad-value"),
        ("/api/v1/accounts/lookup", [], "bad-value"),
        ("/api/v2/instance", {}, "not-recognised"),
        ("/about", b"<html>", "not-recognised"),
        ("/api/v1/statuses/1/history", {"a": 1}, "bad-value"),
    ],
)
def test_what_is_not_read_is_an_issue_and_never_an_exception(path: str, body: object, kind: str) -> None:
    rows = parsed(path, body, kind="text/html")
    assert {type(row) for row in rows} == {Issue}
    assert kind in {issue.kind for issue in of(Issue, rows)}


def test_half_a_surrogate_and_bad_utf8_do_not_reach_the_rows() -> None:
    lena = person("1", "lena") | {"display_name": "\ud83d lena"}
    rows = parsed(PAGE_PATH, [status("10", lena)])
    assert of(Account, rows)[0].name == "\ufffd lena"
    assert [issue.kind for issue in of(Issue, rows)] == ["bad-encoding"]
    raw = json.dumps([status("10", person("1", "lena"))]).encode().replace(b"hi", b"h\xff")
    rows = parsed(PAGE_PATH, raw)
    assert of(Post, rows)[0].content.plain == "h\ufffd"
    assert [issue.kind for issue in of(Issue, rows)] == ["bad-encoding"]


def test_a_404_of_a_post_is_an_observation_and_no_deletion() -> None:
    rows = parsed("/api/v1/statuses/10", {"error": "Record not found"}, status=404)
    (post,) = of(Post, rows)
    assert (post.native_id, post.state) == ("10", "not found")
    assert of(Issue, rows)[0].kind == "not-captured"


def test_a_thread_cut_off_by_the_server_is_said() -> None:
    lena = person("1", "lena")
    context = {"ancestors": [], "descendants": [status(str(number), lena) for number in range(60)]}
    issues = of(Issue, parsed("/api/v1/statuses/1/context", context))
    assert [(issue.kind, issue.field) for issue in issues] == [("not-captured", "context.descendants")]


def test_numbers_as_ids_become_strings() -> None:
    account = person("1", "lena") | {"id": 12345678901234567890}
    (row,) = of(Account, parsed("/api/v1/accounts/lookup?acct=lena", account))
    assert row.native_id == "12345678901234567890"


def test_a_boost_in_a_boost_without_end_ends() -> None:
    lena = person("1", "lena")
    nested = status("1", lena)
    for number in range(2, 60):
        nested = status(str(number), lena, reblog=nested)
    assert 1 < len(of(Post, parsed(PAGE_PATH, [nested]))) < 12


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(key=st.sampled_from(sorted(known.STATUS)), value=JSON, inner=st.booleans())
def test_whatever_stands_in_a_field_the_parser_does_not_raise(key: str, value: object, inner: bool) -> None:
    lena = person("1", "lena")
    one = status("10", lena, media_attachments=[{"id": "1", "url": "x"}], mentions=[{"id": "2", "acct": "b"}])
    boosted = status("11", lena, reblog=one | {key: value}) if inner else one | {key: value}
    rows = parsed(PAGE_PATH, [boosted])
    assert of(Post, rows)


@settings(max_examples=100, deadline=None)
@given(words=st.text(alphabet=st.sampled_from("<>/&#;ab \x00\x01!-[]?xml\"'="), max_size=60))
def test_whatever_markup_is_posted_becomes_words(words: str) -> None:
    rows = parsed(PAGE_PATH, [status("10", person("1", "lena"), content=words)])
    (post,) = of(Post, rows)
    assert post.content is None or post.content.raw == words


@settings(max_examples=40, deadline=None)
@given(body=st.binary(max_size=200))
def test_no_bytes_make_the_parser_raise(body: bytes) -> None:
    assert of(Issue, parsed(PAGE_PATH, body))
