"""Real input from end to end: into an approved case, tables, tables again, a notebook, verify.

What is counted here is counted from the files as they were given, with json, regular expressions and hashlib.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from tests.desk import Desk
from tests.real import case_kit as kit
from tests.real import vcr
from tests.real.test_real_collect import is_read, objects
from workbench.casefile import CaseFile
from workbench.records import Exchange, Order, Result, Target
from workbench.runner.run import Job, run_case

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not vcr.DATA.is_dir(), reason="needs the third-party data in ../shared/data"),
]
ARCHIVE = vcr.DATA / "mastodon-archive" / "spec" / "fixtures"
TWITTER = vcr.DATA / "twitter"
HTML = (("Server", "nginx/1.18.0"), ("Content-Type", "text/html; charset=utf-8"))


@pytest.fixture
def office(tmp_path: Path) -> Desk:
    return kit.desk_today(tmp_path)


def run(desk: Desk, case: CaseFile, notebook: str, **given: object) -> str:
    """Run a notebook on a case; give the kept HTML page."""
    record = run_case(
        Job(folder=case.folder, notebook=notebook, given=given),
        desk.department,
        kit.OFFICER,
        clock=desk.clock,
    )
    assert (record.reason, record.error) == ("ok", "")
    assert all(cell.state == "ran" for cell in record.cells)
    return (case.folder / record.folder / "notebook.html").read_text("utf-8")


def column(case: CaseFile, table: str, name: str) -> Counter[Any]:
    return Counter(kit.table(case, table)[name].tolist())


# -- Mastodon


def outbox() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ARCHIVE / "outbox.json").read_bytes())
    return loaded


def check_archive(case: CaseFile) -> None:
    """Assert that the tables hold what the archive's outbox does, and say what it does not."""
    items = outbox()["orderedItems"]
    posts, issues = kit.table(case, "posts"), kit.table(case, "issues")
    shown = [one for one in items if one["type"] == "Create"]
    assert (len(items), len(shown), outbox()["totalItems"]) == (465, 197, 467)
    assert Counter(posts["kind"] == "repost") == {True: len(items) - len(shown), False: len(shown)}
    assert column(case, "posts", "published_raw") == Counter(one["published"] for one in items)
    assert set(posts["author_handle"]) == {"@vidarh@mastodon.social"}
    breaks = sum("</p><p>" in one["object"]["content"] for one in shown)
    assert posts["content"].str.contains("\n\n", regex=False).sum() == breaks > 0
    assert not posts["content"].str.contains("<p>|</a>|<br", regex=True).any()
    wanting = issues[issues["kind"] == "count-mismatch"]
    assert wanting[["expected", "found", "count"]].to_numpy().tolist() == [
        ["467 items announced", "465 present", 2]
    ]
    assert kit.issues(case) == {"count-mismatch": 2, "not-public": 2}


def test_the_mastodon_archive_as_a_missing_persons_case(office: Desk) -> None:
    case = office.approved()
    taken = kit.given(case, ARCHIVE)
    assert (taken.result, taken.rows["posts"]) == (Result(verdict="complete", items=3), 465)
    check_archive(case)
    page = run(office, case, "missing", person="@vidarh@mastodon.social")
    assert "467 items announced" in page or "count-mismatch" in page
    assert "vidarh" in page
    assert "until when they reach is not known" in page  # the archive's end is no silence
    kit.sound(office, case)


def test_the_mastodon_archive_zipped_as_servers_give_it(office: Desk, tmp_path: Path) -> None:
    path = tmp_path / "archive-20221124.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name in ("actor.json", "likes.json", "outbox.json"):
            made.write(ARCHIVE / name, name)
    case = office.draft()  # a file that is given to the department needs no approval
    taken = kit.given(case, path)
    assert (taken.exhibits, taken.result.verdict) == (4, "complete")  # the zip, and each file in it
    check_archive(case)
    kit.sound(office, case)


def test_every_recorded_mastodon_answer_through_the_recorder(
    office: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = [one for path in sorted(vcr.MASTODON.glob("*/*.yaml")) for one in vcr.exchanges(path)]
    target = Target(source="mastodon", target="@halcy@mastodon.social")
    served = kit.Served(recorded, tmp_path)
    case = kit.reachable(office, served, target, "2026-0101")
    addresses = [one.uri for one in recorded]
    taken = kit.collected(office, case, served, Order(target=target), monkeypatch, addresses=addresses)
    assert (taken.exhibits, served.unknown) == (len(recorded), [])
    check_bytes(case, taken.source, recorded)
    readable = [one for one in recorded if is_read(one)]
    found = [thing for one in readable for thing in objects(json.loads(one.body))]
    statuses = [one for one in found if "reblogs_count" in one]
    posts = kit.table(case, "posts")
    assert Counter(posts.loc[posts["state"] != "not found", "uri"]) == Counter(one["uri"] for one in statuses)
    accounts = {one["id"] for one in found if "acct" in one and "followers_count" in one}
    assert set(kit.table(case, "accounts")["native_id"]) == accounts
    assert len(kit.table(case, "post_versions")) == sum(
        "media_attachments" in one and "id" not in one for one in found
    )
    unread = {number for number, one in enumerate(recorded, 1) if not is_read(one)}
    said = kit.table(case, "issues")["exhibit"].str.extract(r"-E(\d+)")[0].astype(int)
    assert unread <= set(said)  # what was not read is said of each answer
    kit.sound(office, case)


def test_an_account_collected_page_by_page_from_real_pages(
    office: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = vcr.MASTODON / "localhost"
    account = vcr.account_of(local / "test_account_lookup.yaml")
    pages = [one for one in vcr.exchanges(local / "test_fetch_remaining.yaml") if "/timelines/" in one.uri]
    known = json.loads(account.body)
    recorded = vcr.as_posts_of(account, pages, known["id"])
    target = Target(source="mastodon", target=f"http://localhost:3000/@{known['username']}")
    served = kit.Served(recorded, tmp_path)
    case = kit.reachable(office, served, target, "2026-0102")
    taken = kit.collected(office, case, served, Order(target=target), monkeypatch)
    ids = [one["id"] for page in recorded[1:] for one in json.loads(page.body)]
    assert taken.result == Result(verdict="complete", items=len(ids))
    assert (len(ids), served.unknown, taken.exhibits) == (30, [], len(recorded))
    assert column(case, "posts", "native_id") == Counter(ids)
    check_bytes(case, taken.source, recorded)
    kit.sound(office, case)


def check_bytes(case: CaseFile, source: str, recorded: Iterable[Exchange]) -> None:
    """Assert that a capture holds the recorded answers: by our reader, and by warcio."""
    kept, given = kit.exchanges(case, source), list(recorded)
    assert [(one.status, one.body) for one in kept] == [(one.status, one.body) for one in given]
    framing = {"content-length", "transfer-encoding", "connection", "content-encoding"}
    for ours, theirs in zip(kept, given, strict=True):
        for name, value in theirs.headers:
            assert name.lower() in framing or (name, value) in ours.headers
    (path,) = case.folder.glob(f"warc/{source[-4:]}-*.warc.gz")
    with path.open("rb") as file:
        bodies = [
            record.content_stream().read()
            for record in ArchiveIterator(file, check_digests="raise")
            if record.rec_type == "response"
        ]
    assert bodies == [one.body for one in given]


# -- Telegram


def t_me(path: str, body: bytes) -> Exchange:
    headers = (*HTML, ("Transfer-Encoding", "chunked"))
    return Exchange(method="GET", uri=f"https://t.me/{path}", status=200, headers=headers, body=body, at=0)


def test_the_real_channel_page_as_a_cyberstalking_case(
    office: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = (vcr.TELEGRAM / "full.html").read_bytes()
    served = kit.Served([t_me("s/topwar_official", body)], tmp_path)
    target = Target(source="telegram", target="@topwar_official")
    case = kit.reachable(office, served, target, "2026-0103")
    markup = body.decode()
    shown = re.findall(r'data-post="([^"]+)"', markup)
    order = Order(target=target, limit=len(shown), media=False)
    taken = kit.collected(office, case, served, order, monkeypatch)
    assert taken.result == Result(verdict="partial", reason="limit-reached", items=len(shown))
    check_bytes(case, taken.source, [t_me("s/topwar_official", body)])
    posts = kit.table(case, "posts")
    assert posts["native_id"].tolist() == shown
    assert posts["published_raw"].tolist() == re.findall(r'<time\s+datetime="([^"]+)"', markup)
    forwards = markup.count('message_forwarded_from accent_color"')
    assert (posts["kind"] == "repost").sum() == forwards == 5
    acts = kit.table(case, "interactions")
    assert set(acts.loc[acts["kind"] == "repost", "target_handle"]) == {
        f"@{name}" for name in re.findall(r'forwarded_from_name"[^>]*href="https://t\.me/(\w+)', markup)
    }
    assert kit.issues(case) == {"disagreement": 5, "not-captured": 2}
    page = run(office, case, "cyberstalking", target="@topwar_official")
    assert "limit-reached" in page
    kit.sound(office, case)


def test_real_messages_through_the_recorder(
    office: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = {}
    for path in sorted(vcr.TELEGRAM.glob("message_*.html")):
        (native_id,) = re.findall(r'data-post="([^"]+)"', path.read_text("utf-8"))
        pages[native_id] = t_me(f"{native_id}?embed=1", path.read_bytes())
    served = kit.Served(pages.values(), tmp_path)
    target = Target(source="telegram", target="@oper_goblin")
    case = kit.reachable(office, served, target, "2026-0104")
    addresses = [one.uri for one in pages.values()]
    taken = kit.collected(office, case, served, Order(target=target), monkeypatch, addresses=addresses)
    assert (len(pages), taken.exhibits, served.unknown) == (12, 12, [])
    check_bytes(case, taken.source, pages.values())
    posts = kit.table(case, "posts")
    assert set(posts["native_id"]) == set(pages)
    assert (posts["author_handle"] == "@" + posts["native_id"].str.partition("/")[0]).all()
    assert posts["published"].notna().all()
    assert posts.loc[posts["signature"] != "", "native_id"].tolist() == ["channel/5", "channel/4"]
    kit.sound(office, case)


def test_real_pages_given_as_files(office: Desk) -> None:
    case = office.draft()
    taken = kit.given(case, vcr.TELEGRAM)
    hashes = Counter(hashlib.sha256(path.read_bytes()).hexdigest() for path in vcr.TELEGRAM.iterdir())
    assert taken.rows == {"media": sum(hashes.values())}
    assert column(case, "media", "sha256") == column(case, "exhibits", "sha256") == hashes
    kit.sound(office, case)


# -- X


def is_tweet(one: dict[str, Any]) -> bool:
    return "text" in one and "author_id" in one and "id" in one


def is_status(one: dict[str, Any]) -> bool:
    return ("text" in one or "full_text" in one) and "created_at" in one and "id_str" in one


def things(raw: bytes, kind: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """Find the objects of a kind in JSON lines; a line that is cut off is left out."""
    found = []
    for line in raw.splitlines():
        try:
            found += [one for one in objects(json.loads(line)) if kind(one)]
        except ValueError:
            continue
    return found


def elements(raw: bytes) -> list[Any]:
    """List what v1.1 answers and lines hold."""
    if raw.lstrip()[:1] == b"[":
        return list(json.loads(raw))
    try:
        return list(json.loads(raw)["statuses"])
    except ValueError:
        return [json.loads(line) for line in raw.splitlines()]


def status_ids(element: Any) -> set[str]:
    """Give the tweets in one element; a retweet repeats the quote of what it retweets."""
    return {one["id_str"] for one in objects(element) if is_status(one)}


def test_all_real_twarc_output_of_the_api_v2(office: Desk) -> None:
    case = office.draft()
    files = sorted((TWITTER / "twarc2").glob("*.jsonl"))
    taken = kit.given(case, TWITTER / "twarc2")  # with the licence that lies beside them
    assert taken.exhibits == len(files) + 1
    tweets = [one for path in files for one in things(path.read_bytes(), is_tweet)]
    assert column(case, "posts", "native_id") == Counter(one["id"] for one in tweets)
    assert len(tweets) > 1000
    users = {
        one["id"]
        for path in files
        for one in things(path.read_bytes(), lambda one: "username" in one and "public_metrics" in one)
    }
    assert users <= set(kit.table(case, "accounts")["native_id"])
    pages = [line for path in files for line in path.read_bytes().splitlines() if b'"errors"' in line]
    errors = sum(len(json.loads(line).get("errors", ())) for line in pages)
    said = kit.issues(case)
    assert said.get("not-captured", 0) + said.get("stream-error", 0) == errors > 0
    assert (said["truncated"], said["count-mismatch"]) == (1, 1)
    assert not set(said) & {"unknown-key", "bad-value", "not-recognised"}
    kit.sound(office, case)


def v1_files() -> list[Path]:
    return [
        TWITTER / "twut" / "500-sample.jsonl.gz",
        *sorted((TWITTER / "api-v1").glob("*.json")),
        TWITTER / "twitter-to-sqlite" / "tests" / "tweets.json",
    ]


def test_all_real_tweets_of_the_api_v1(office: Desk) -> None:
    case = office.approved()
    expected: Counter[str] = Counter()
    for path in v1_files():
        raw = path.read_bytes()
        raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
        taken = kit.given(case, path)
        statuses = [native_id for element in elements(raw) for native_id in status_ids(element)]
        assert taken.rows["posts"] == len(statuses), path.name
        expected.update(statuses)
    assert column(case, "posts", "native_id") == expected
    assert kit.issues(case) == {}
    posts = kit.table(case, "posts")
    assert posts["published"].notna().all()
    unnamed = posts[posts["author_handle"] == ""]  # a quote within a retweet may come without its author
    assert (len(unnamed), set(unnamed["author"])) == (3, {""})
    page = run(office, case, "wanted", handles="@jack")
    zones = page.partition("Time zones that the hours would allow")[2].partition(
        "Places that posts, profiles"
    )[0]
    assert "@jack" in zones
    assert "@simonw" not in zones  # nobody's hours are profiled who is neither known nor a candidate
    kit.sound(office, case)


def test_the_x_archive_of_twitter_to_sqlite(office: Desk) -> None:
    folder = TWITTER / "twitter-to-sqlite" / "tests" / "zip_contents"
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for path in sorted(folder.iterdir()):
            made.write(path, f"data/{path.name}")
    given = office.casefiles.parent / "twitter-2019-06-22.zip"
    given.write_bytes(packed.getvalue())
    case = office.draft()
    taken = kit.given(case, given)
    assert taken.exhibits == 1 + len(list(folder.iterdir()))
    raw = {path.name: json.loads(path.read_text("utf-8").partition(" = ")[2]) for path in folder.iterdir()}
    follows = kit.table(case, "interactions")
    assert set(follows["kind"]) == {"follow"}
    (account,) = kit.table(case, "accounts")["native_id"]
    assert account == raw["account.js"][0]["account"]["accountId"]
    following = follows[follows["actor"].str.endswith(f"/{account}")]
    assert {one.rpartition("/")[2] for one in following["target"]} == {
        one["following"]["accountId"] for one in raw["following.js"]
    }
    assert len(follows) - len(following) == len(raw["follower.js"])
    said = kit.table(case, "issues")["where"].str.rpartition("/")[2]
    assert {"app.js", "saved-search.js"} <= set(said)
    kit.sound(office, case)


def test_a_crowd_of_real_accounts_is_listed_by_who_is_named_and_by_counts(office: Desk) -> None:
    case = office.approved()
    for path in (TWITTER / "twarc2", TWITTER / "twut" / "500-sample.jsonl.gz"):
        kit.given(case, path)
    page = run(office, case, "cyberstalking", target="@borghi_claudio", actor="@FredricMassara")
    accounts = page.partition("Accounts, each as last captured")[2].partition("</table>")[0]
    handles = re.findall(r"<bdi>(@\w+)</bdi>", re.sub("</?wbr>", "", accounts))
    assert handles[:2] == ["@borghi_claudio", "@FredricMassara"]
    assert len(handles) == 50
    assert "rows of accounts that the case names" in page or "28 rows" in page
    told = re.search(
        r"The first 50 of ([\d,]+) rows are shown, in this order: accounts that the case names \(2\)", page
    )
    assert told is not None
    assert int(told[1].replace(",", "")) == len(set(kit.table(case, "accounts")["entity_id"]))
    # Thousands of accounts, and yet no table with a row for each.
    assert page.count("<tbody>") < 1000
