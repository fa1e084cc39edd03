"""The sample network as clients meet it: a real Mastodon client, plain requests, and its bad days."""

from __future__ import annotations

import io
import re
import socket
import time
import urllib.parse
from collections.abc import Iterator
from typing import Any

import av
import mastodon
import pytest
import requests
from PIL import Image

from workbench.demo.model import Post, Town
from workbench.demo.server import Faults, SampleNetwork, page_of
from workbench.demo.town import build

_KEYS = """id created_at in_reply_to_id in_reply_to_account_id sensitive spoiler_text visibility language uri url
    replies_count reblogs_count favourites_count quotes_count edited_at content reblog application account
    media_attachments mentions tags emojis quote quote_approval card poll"""
"""What an anonymous reader gets from a real server, without what only its own versions add."""
_ACCOUNT_KEYS = """id username acct display_name locked bot discoverable indexable group created_at note url uri
    avatar avatar_static avatar_description header header_static header_description followers_count
    following_count statuses_count last_status_at hide_collections show_media show_media_replies
    show_featured noindex emojis roles fields"""


@pytest.fixture(scope="module")
def town() -> Town:
    return build()


@pytest.fixture(scope="module")
def network(town: Town) -> Iterator[SampleNetwork]:
    with SampleNetwork(town) as network:
        yield network


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture
def client(network: SampleNetwork, session: requests.Session) -> Any:
    return mastodon.Mastodon(api_base_url=network.url, session=session, ratelimit_method="throw")


def _get(network: SampleNetwork, session: requests.Session, path: str) -> requests.Response:
    return session.get(network.url + path, timeout=5)


def _account(network: SampleNetwork, session: requests.Session, handle: str) -> dict[str, Any]:
    found: dict[str, Any] = _get(network, session, f"/api/v1/accounts/lookup?acct={handle}").json()
    return found


def _statuses(network: SampleNetwork, session: requests.Session, handle: str, query: str = "") -> list[Any]:
    number = _account(network, session, handle)["id"]
    found: list[Any] = _get(network, session, f"/api/v1/accounts/{number}/statuses?limit=40&{query}").json()
    return found


def test_a_real_client_pages_through_all_of_an_account(client: Any, town: Town) -> None:
    account = client.account_lookup("wren_a")
    assert "fiction" in account.note
    page, ids = client.account_statuses(account.id, limit=40), []
    while page:
        ids += [str(status.id) for status in page]
        page = client.fetch_next(page)
    assert ids == [post.id for post in reversed(town.posts_of("wren_a"))]
    assert account.statuses_count == len(ids)


def test_a_real_client_reads_a_thread(client: Any, town: Town) -> None:
    middle = town.post("v_b2")
    context = client.status_context(middle.id)
    assert [str(one.id) for one in context.ancestors] == [town.post(key).id for key in ("v_bridge", "p_b1")]
    assert len(context.descendants) == 4
    assert [str(one.in_reply_to_id) for one in context.descendants][:2] == [middle.id, town.post("p_b2").id]


def test_a_real_client_reads_the_history_of_an_edit(client: Any, town: Town) -> None:
    softened = town.post("g5")
    versions = client.status_history(softened.id)
    assert [("poetry" in one.content) for one in versions] == [False, True]
    status = client.status(softened.id)
    assert "poetry" in status.content
    assert status.edited_at == versions[1].created_at


def test_a_real_client_sees_the_instance_called_fiction(client: Any) -> None:
    assert "FICTION" in client.instance_v1().title
    assert "FICTION" in client.instance_v2().title


def test_every_key_of_a_status_is_there(network: SampleNetwork, session: requests.Session) -> None:
    for status in _statuses(network, session, "wren_a"):
        assert set(status) == set(_KEYS.split())
        assert set(status["account"]) == set(_ACCOUNT_KEYS.split())
        assert isinstance(status["id"], str)


def test_a_boost_carries_the_post(network: SampleNetwork, session: requests.Session, town: Town) -> None:
    boosts = [one for one in _statuses(network, session, "hattie_griddle") if one["reblog"]]
    assert town.post("mar_missing").id in {one["reblog"]["id"] for one in boosts}
    assert not any(
        one["reblog"] for one in _statuses(network, session, "hattie_griddle", "exclude_reblogs=1")
    )


def test_filters_leave_out_what_they_say(network: SampleNetwork, session: requests.Session) -> None:
    own = _account(network, session, "ione_clay")["id"]
    plain = _statuses(network, session, "ione_clay", "exclude_replies=true")
    assert all(one["in_reply_to_account_id"] in {None, own} for one in plain)
    assert all(one["media_attachments"] for one in _statuses(network, session, "wren_a", "only_media=true"))
    tagged = _statuses(network, session, "quillhaven_hall", "tagged=Fiction")
    assert [one["tags"][0]["name"] for one in tagged] == ["fiction"]
    assert _statuses(network, session, "wren_a", "pinned=true") == []


def test_links_lead_to_older_and_newer(network: SampleNetwork, session: requests.Session) -> None:
    number = _account(network, session, "wren_a")["id"]
    first = _get(network, session, f"/api/v1/accounts/{number}/statuses?limit=5&exclude_reblogs=true")
    assert set(first.links) == {"next", "prev"}
    assert "exclude_reblogs=true" in first.links["next"]["url"]
    second = session.get(first.links["next"]["url"], timeout=5)
    back = session.get(second.links["prev"]["url"], timeout=5).json()
    assert [one["id"] for one in back] == [one["id"] for one in first.json()]
    newest = session.get(first.links["prev"]["url"], timeout=5)
    assert (newest.json(), "link" in newest.headers) == ([], False)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [9, 8, 7, 6, 5, 4, 3, 2, 1]),
        ({"limit": "3"}, [9, 8, 7]),
        ({"limit": "0"}, [9]),
        ({"limit": "3", "max_id": "7"}, [6, 5, 4]),
        ({"limit": "3", "since_id": "5"}, [9, 8, 7]),
        ({"limit": "3", "min_id": "5"}, [8, 7, 6]),
        ({"max_id": "8", "since_id": "5"}, [7, 6]),
        ({"max_id": "1"}, []),
    ],
)
def test_pages_are_cut_as_mastodon_cuts_them(query: dict[str, str], expected: list[int]) -> None:
    posts = [Post(key=str(number), id=str(number), at=number, author="a") for number in range(9, 0, -1)]
    assert [int(post.id) for post in page_of(posts, query)[0]] == expected


def test_a_limit_above_the_most_is_lowered(network: SampleNetwork, session: requests.Session) -> None:
    assert len(_statuses(network, session, "wren_a", "limit=5000")) == 40


def test_bad_ids_are_an_error_not_an_empty_page(network: SampleNetwork, session: requests.Session) -> None:
    number = _account(network, session, "wren_a")["id"]
    assert _get(network, session, f"/api/v1/accounts/{number}/statuses?max_id=x").status_code == 400


def test_a_deleted_post_is_not_found_and_its_answer_remembers_the_author(
    network: SampleNetwork, session: requests.Session, town: Town
) -> None:
    assert _get(network, session, f"/api/v1/statuses/{town.post('d12').id}").status_code == 404
    answer = _get(network, session, f"/api/v1/statuses/{town.post('w_d12').id}").json()
    assert answer["in_reply_to_id"] is None
    assert answer["in_reply_to_account_id"] == _account(network, session, "dez_northbound")["id"]
    assert [one["acct"] for one in answer["mentions"]] == ["dez_northbound"]


def test_private_posts_are_counted_but_not_shown(
    network: SampleNetwork, session: requests.Session, town: Town
) -> None:
    private = next(post for post in town.posts if post.visibility == "private")
    assert _get(network, session, f"/api/v1/statuses/{private.id}").status_code == 404
    shown = _statuses(network, session, private.author) + _statuses(
        network, session, private.author, f"max_id={_statuses(network, session, private.author)[-1]['id']}"
    )
    assert private.id not in {one["id"] for one in shown}
    assert _account(network, session, private.author)["statuses_count"] == len(shown) + 1


def test_pictures_can_be_fetched_and_are_described(network: SampleNetwork, session: requests.Session) -> None:
    account = _account(network, session, "wren_a")
    shown = _statuses(network, session, "wren_a", "only_media=1")
    item = next(one for status in shown for one in status["media_attachments"] if one["url"].endswith(".png"))
    assert "fiction" in item["description"]
    for address in (item["url"], item["preview_url"], account["avatar"], account["header"]):
        answer = session.get(address, timeout=5)
        assert answer.headers["content-type"] == "image/png"
        assert b"FICTION" in answer.content
    width = int.from_bytes(session.get(item["url"], timeout=5).content[16:20], "big")
    assert width == item["meta"]["original"]["width"]


def _carried(network: SampleNetwork, session: requests.Session, post: Post) -> dict[str, Any]:
    (item,) = _get(network, session, f"/api/v1/statuses/{post.id}").json()["media_attachments"]
    assert isinstance(item, dict)
    return item


def test_photos_are_jpegs_with_what_the_camera_wrote(
    network: SampleNetwork, session: requests.Session, town: Town
) -> None:
    item = _carried(network, session, town.post("w_ramp"))
    answer = session.get(item["url"], timeout=5)
    assert (item["type"], answer.headers["content-type"]) == ("image", "image/jpeg")
    with Image.open(io.BytesIO(answer.content)) as photo:
        assert photo.size == (item["meta"]["original"]["width"], item["meta"]["original"]["height"])
        exif = photo.getexif()
    assert "FICTION" in exif[0x010E]
    assert exif.get_ifd(0x8769)[0x9003] == "2026:05:07 21:29:40"
    latitude, longitude = exif.get_ifd(0x8825)[2], exif.get_ifd(0x8825)[4]
    found = [degrees + minutes / 60 + seconds / 3600 for degrees, minutes, seconds in (latitude, longitude)]
    assert found == pytest.approx([41.2950, 66.6900], abs=1e-5)


def test_videos_are_served_as_mastodon_describes_them(
    network: SampleNetwork, session: requests.Session, town: Town
) -> None:
    item = _carried(network, session, town.post("jx1"))
    answer, small = session.get(item["url"], timeout=5), session.get(item["preview_url"], timeout=5)
    assert (item["type"], answer.headers["content-type"]) == ("video", "video/mp4")
    assert small.headers["content-type"] == "image/jpeg"
    with av.open(io.BytesIO(answer.content), "r") as video:
        stream = video.streams.video[0]
        assert (stream.width, stream.height) == tuple(
            item["meta"]["original"][name] for name in ("width", "height")
        )
        assert len(list(video.decode(stream))) == item["meta"]["fps"] * item["meta"]["duration"]
        assert "FICTION" in video.metadata["title"]


def test_a_file_is_served_under_its_own_name_only(
    network: SampleNetwork, session: requests.Session, town: Town
) -> None:
    number = int(town.post("jx1").id) + 1
    paths = [f"/media/{number}.jpg", f"/media/{number}.png", f"/media/{number}-small.mp4"]
    assert [_get(network, session, path).status_code for path in paths] == [404, 404, 404]


def test_words_become_paragraphs_links_and_nothing_else(
    network: SampleNetwork, session: requests.Session, town: Town
) -> None:
    witness = _get(network, session, f"/api/v1/statuses/{town.post('i_saw').id}").json()
    assert f'<a href="{town.link(town.post("g7"))}"' in witness["content"]
    plain = _get(network, session, f"/api/v1/statuses/{town.post('x_plain').id}").json()
    assert "&lt;script&gt;" in plain["content"]
    assert "<script" not in plain["content"]


def test_the_hostile_posts_arrive_as_hostile_as_they_are(
    network: SampleNetwork, session: requests.Session
) -> None:
    found = _statuses(network, session, "edge_case")
    content = " ".join(one["content"] for one in found)
    for needle in (
        "<script>",
        "onerror=",
        "javascript:",
        "</iframe>",
        "\u202e",
        "=HYPERLINK(",
        "{{ 7 * 7 }}",
    ):
        assert needle in content
    assert "<script>" in " ".join(one["spoiler_text"] for one in found)
    assert "</script>" in found[0]["account"]["display_name"]


def test_a_poll_is_shown_and_closed(network: SampleNetwork, session: requests.Session, town: Town) -> None:
    poll = _get(network, session, f"/api/v1/statuses/{town.post('poll1').id}").json()["poll"]
    assert [one["title"] for one in poll["options"]] == [
        "Sea stories",
        "Knots",
        "Dragons",
        "The fern decides",
    ]
    assert poll["votes_count"] == sum(one["votes_count"] for one in poll["options"])
    assert poll["expired"]


def test_an_account_of_another_server_keeps_its_domain(
    network: SampleNetwork, session: requests.Session
) -> None:
    account = _account(network, session, "rook_saltmarsh@saltmarsh.example")
    assert account["url"] == "https://saltmarsh.example/@rook_saltmarsh"
    answer = _get(network, session, "/api/v1/accounts/lookup?acct=rook_saltmarsh")
    assert answer.status_code == 404


@pytest.mark.parametrize("name", ["wren_a", "@wren_a", "wren_a@quillhaven.example", "wren_a@{host}"])
def test_an_account_is_found_under_each_of_its_names(
    network: SampleNetwork, session: requests.Session, name: str
) -> None:
    asked = urllib.parse.quote(name.format(host=network.host))
    assert _account(network, session, asked)["username"] == "wren_a"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/accounts/lookup?acct=nobody",
        "/api/v1/accounts/12",
        "/api/v1/statuses/12",
        "/api/v1/statuses/12/context",
        "/media/12.png",
        "/@nobody",
        "/",
        "/api/v1/timelines/home",
    ],
)
def test_what_is_not_there_is_not_found(network: SampleNetwork, session: requests.Session, path: str) -> None:
    assert _get(network, session, path).status_code == 404


def test_a_profile_page_without_javascript_says_little(
    network: SampleNetwork, session: requests.Session
) -> None:
    answer = _get(network, session, "/@wren_a")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "noscript" in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_written(network: SampleNetwork, method: str) -> None:
    with requests.Session() as session:
        answer = session.request(method, f"{network.url}/api/v1/statuses", data={"status": "x"}, timeout=5)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_head_gives_the_length_and_no_body(network: SampleNetwork, session: requests.Session) -> None:
    answer = session.head(f"{network.url}/api/v2/instance", timeout=5)
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 500


def test_requests_and_connections_are_counted(town: Town) -> None:
    with SampleNetwork(town) as network:
        assert (network.requests, network.connections) == (0, 0)
        with requests.Session() as session:
            for _ in range(3):
                _get(network, session, "/api/v2/instance")
        assert (network.requests, network.connections) == (3, 1)
        assert network.paths[0] == "GET /api/v2/instance"


def test_it_ends_while_clients_still_hold_connections(town: Town) -> None:
    started = time.perf_counter()
    with requests.Session() as session, SampleNetwork(town) as network:
        _get(network, session, "/api/v2/instance")
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(network.host.split(":")[1]))) != 0
    assert time.perf_counter() - started < 2


def test_it_listens_on_loopback_only(network: SampleNetwork) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", network.url)


# --- bad days


def test_too_many_requests_and_a_busy_server_pass(town: Town) -> None:
    faults = Faults(limited=("/api/v1/accounts",), busy=("/api/v2",), retry_after=7)
    with SampleNetwork(town, faults=faults) as network, requests.Session() as session:
        limited = _get(network, session, "/api/v1/accounts/lookup?acct=wren_a")
        assert (limited.status_code, limited.headers["retry-after"]) == (429, "7")
        assert _get(network, session, "/api/v1/accounts/lookup?acct=wren_a").status_code == 200
        assert [_get(network, session, "/api/v2/instance").status_code for _ in range(2)] == [503, 200]


def test_login_forbidden_and_suspended_are_different_answers(town: Town) -> None:
    faults = Faults(login=("wren_a",), forbidden=("ione_clay",), suspended=("greywether_77",))
    with SampleNetwork(town, faults=faults) as network, requests.Session() as session:
        number = _account(network, session, "wren_a")["id"]
        assert _get(network, session, f"/api/v1/accounts/{number}/statuses").status_code == 401
        assert _get(network, session, f"/api/v1/statuses/{town.post('w_last').id}").status_code == 401
        asked = {name: f"/api/v1/accounts/lookup?acct={name}" for name in ("ione_clay", "greywether_77")}
        assert [_get(network, session, path).status_code for path in asked.values()] == [403, 410]


def test_a_body_can_break_off_once(town: Town) -> None:
    with SampleNetwork(town, faults=Faults(truncated=("/api/v2",))) as network, requests.Session() as session:
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            _get(network, session, "/api/v2/instance")
        assert _get(network, session, "/api/v2/instance").json()["domain"] == "quillhaven.example"


def test_answers_can_be_slow_and_packed(town: Town) -> None:
    with SampleNetwork(town, faults=Faults(delay_s=0.2, gzip=True)) as network, requests.Session() as session:
        answer = _get(network, session, "/api/v2/instance")
        assert answer.elapsed.total_seconds() >= 0.2
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.json()["domain"] == "quillhaven.example"
