"""Replay: the recorder's interface over recorded exchanges, by method, address, body and ordinal."""

from __future__ import annotations

import pytest
import requests

from workbench.capture.replay import NotRecorded, Replay
from workbench.errors import SourceError
from workbench.records import Citation, Exchange

PAGE = "https://town.example/page"


def _kept(body: bytes = b"", status: int = 200, uri: str = PAGE, **rest: object) -> Exchange:
    fields: dict[str, object] = {"method": "GET", "headers": (), "at": 0} | rest
    return Exchange(uri=uri, status=status, body=body, **fields)  # type: ignore[arg-type]


def test_answers_in_their_order_then_says_that_there_is_no_more() -> None:
    replay = Replay([_kept(b"one"), _kept(b"two"), _kept(b"other", uri=PAGE + "?n=2")])
    session = replay.session()
    assert [session.get(PAGE).content for _ in range(2)] == [b"one", b"two"]
    assert session.get(PAGE, params={"n": "2"}).text == "other"
    assert replay.left() == 0
    with pytest.raises(NotRecorded) as caught:
        session.get(PAGE)
    assert caught.value.where == f"GET {PAGE}"


def test_method_and_body_tell_requests_apart() -> None:
    posts = [_kept(b"a", method="POST", sent=b"q=1"), _kept(b"b", method="POST", sent=b"q=2")]
    session = Replay([_kept(b"get"), *posts]).session()
    assert session.post(PAGE, data={"q": "2"}).content == b"b"
    assert session.post(PAGE, data="q=1").content == b"a"
    assert session.get(PAGE).content == b"get"


def test_headers_show_as_recorded_and_the_body_is_not_decoded_twice() -> None:
    headers = (
        ("Content-Encoding", "gzip"),
        ("Content-Type", "application/json; charset=utf-8"),
        ("Link", "<x>"),
    )
    session = Replay([_kept(b'{"a": 1}', headers=headers)] * 3).session()
    response = session.get(PAGE)
    assert response.json() == {"a": 1}
    assert response.headers["content-encoding"] == "gzip"
    assert response.encoding == "utf-8"
    assert b"".join(session.get(PAGE, stream=True).iter_content(3)) == b'{"a": 1}'
    assert session.get(PAGE, stream=True).raw.read(decode_content=True) == b'{"a": 1}'


def test_redirects_are_followed_within_the_recording() -> None:
    there = _kept(status=302, headers=(("Location", "/there"),))
    response = Replay([there, _kept(b"there", uri="https://town.example/there")]).session().get(PAGE)
    assert (response.url, response.content) == ("https://town.example/there", b"there")


@pytest.mark.parametrize(
    ("exchange", "reason"),
    [
        (_kept(status=0, outcome="timeout"), "timeout"),
        (_kept(status=0, outcome="unreachable"), "unreachable"),
        (_kept(b"half", truncated="disconnect"), "truncated"),
    ],
)
def test_errors_are_replayed(exchange: Exchange, reason: str) -> None:
    with pytest.raises(SourceError) as caught:
        Replay([exchange]).session().get(PAGE)
    assert caught.value.reason == reason


def test_attempts_that_the_recorder_made_by_itself_are_passed_over() -> None:
    session = Replay([_kept(status=429), _kept(status=503), _kept(b"at last")]).session()
    assert session.get(PAGE).content == b"at last"
    session = Replay([_kept(status=429)] * 3).session()
    assert session.get(PAGE).status_code == 429


def test_addresses_match_with_their_secrets_removed() -> None:
    known = _kept(b"x", uri=PAGE + "?access_token=[removed:secrets-1]")
    assert Replay([known]).session().get(PAGE, params={"access_token": "any"}).content == b"x"


def test_answers_cite_their_exhibits_where_these_are_named() -> None:
    cited = Citation(case="2026-0417", number=7)
    session = Replay([_kept(b"1"), _kept(b"2")], citations=[cited]).session()
    assert session.get(PAGE).exhibit == cited  # type: ignore[attr-defined]
    assert session.get(PAGE).exhibit is None  # type: ignore[attr-defined]


def test_resuming_passes_over_what_failed() -> None:
    replay = Replay([_kept(status=503), _kept(b"half", truncated="time"), _kept(b"ok"), _kept(status=500)])
    adapter = replay.session().get_adapter(PAGE)
    request = requests.Request("GET", PAGE).prepare()
    first = replay.resume(request, adapter)
    assert first is not None
    assert first.content == b"ok"
    assert replay.resume(request, adapter) is None


def test_nothing_but_the_recording_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("a connection was opened"))
    session = Replay([]).session()
    assert not session.trust_env
    with pytest.raises(NotRecorded):
        session.get("http://127.0.0.1:9/")
    with pytest.raises(requests.exceptions.InvalidSchema):
        session.get("file:///etc/passwd")
