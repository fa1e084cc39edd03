"""Links and hosts: read, never fetched; punycode and look-alikes beside what was captured."""

from __future__ import annotations

import itertools
import socket
from random import Random
from urllib.parse import urlsplit

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import at, post, posts
from workbench import analysis
from workbench.analysis.links import host_of

ONE, TWO = "2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z"


def test_addresses_attached_and_written_out_count_once_a_post() -> None:
    table = posts(
        post(
            TWO,
            "b",
            links=["https://News.example/a"],
            content="see https://News.example/a, (https://two.example/x).",
        ),
        post(ONE, "a", content="again https://News.example/a"),
        post(None, "a", links=["https://News.example/a", ""]),
    )
    found = analysis.links(table).set_index("url")
    assert found.index.tolist() == ["https://News.example/a", "https://two.example/x"]
    row = found.iloc[0]
    assert (row["host"], row["n"], row["n_authors"]) == ("news.example", 3, 2)
    assert row["authors"] == ("a@town", "b@town")
    assert (row["first"], row["last"]) == (at(ONE), at(TWO))
    assert row["exhibits"] == tuple(f"2026-0417-E000{n}#/0" for n in (1, 0, 2))
    assert row["reasons"] == row["looks_like"] == ()


def test_hosts_are_counted_with_their_addresses() -> None:
    table = posts(
        post(ONE, links=["https://a.example/1", "https://a.example/2", "http://b.example"]),
        post(TWO, "b", links=["https://a.example/1", "not an address"]),
    )
    found = analysis.domains(table)
    assert found[["host", "n", "n_urls", "n_authors"]].to_numpy().tolist() == [
        ["a.example", 2, 2, 2],
        ["b.example", 1, 1, 1],
    ]
    assert found.attrs["counts"]["no_host"] == 1


@pytest.mark.parametrize(
    ("url", "host", "punycode", "decoded"),
    [
        # RFC 3492 section 7.1 and IANA's own test domain give these pairs.
        ("https://xn--n3h.example/", "xn--n3h.example", "xn--n3h.example", "☃.example"),
        ("http://пример.испытание/", "пример.испытание", "xn--e1afmkfd.xn--80akhbyknj4f", "пример.испытание"),
        ("https://XN--E1AFMKFD.example", "xn--e1afmkfd.example", "xn--e1afmkfd.example", "пример.example"),
        (
            "https://他们为什么不说中文.example",
            "他们为什么不说中文.example",
            "xn--ihqwcrb4cv8a8dqg056pqjye.example",
            "他们为什么不说中文.example",
        ),
        ("https://a.example:8443/x?y#z", "a.example", "a.example", "a.example"),
        # RFC 5891 (IDNA 2008) keeps ß; UTS #46 takes three signs for the dot.
        ("https://faß.example", "faß.example", "xn--fa-hia.example", "faß.example"),
        ("https://a。b．c｡example/", "a.b.c.example", "a.b.c.example", "a.b.c.example"),
        # WHATWG URL: in http(s) a backslash is a slash.
        ("https://bank.example\\@evil.example/", "bank.example", "bank.example", "bank.example"),
    ],
)
def test_punycode_stands_beside_the_decoded_form(url: str, host: str, punycode: str, decoded: str) -> None:
    assert host_of(url)[:3] == (host, punycode, decoded)


@pytest.mark.parametrize(
    ("words", "urls"),
    [
        ("see https://a.example/Foo_(bar).", ["https://a.example/Foo_(bar)"]),
        ("(https://a.example/Foo_(bar))", ["https://a.example/Foo_(bar)"]),
        ("[x](https://a.example/y)!", ["https://a.example/y"]),
        ("{https://a.example/x[1]}", ["https://a.example/x[1]"]),
        ("见https://a.example，快看", ["https://a.example"]),
        ("见https://a.example/道。快看", ["https://a.example/道"]),
        ("「https://日本.example/道」", ["https://日本.example/道"]),
        ("https://a。example/x", ["https://a。example/x"]),
        ("انظر https://a.example؟", ["https://a.example"]),
        ("https://a.example/x\u200b\u2060", ["https://a.example/x"]),
        ("https://a.example,https://b.example;c", ["https://a.example", "https://b.example;c"]),
        ("https://web.example/2026/https://a.example/", ["https://web.example/2026/https://a.example/"]),
        ("**https://a.example**|https://b.example|", ["https://a.example", "https://b.example"]),
        ("https://a.example/" + ")" * 200_000, ["https://a.example/"]),
    ],
)
def test_an_address_written_out_ends_where_the_sentence_goes_on(words: str, urls: list[str]) -> None:
    found = analysis.links(posts(post(ONE, content=words)))
    assert sorted(found["url"]) == sorted(urls)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://bank.example@evil.example/", "a name stands before the host"),
        ("https://рaypal.example/", "letters of several scripts"),
        ("https://xn--aypal-uye.example/", "letters of several scripts"),
        ("https://xn--\x7f.example/", "punycode that cannot be read"),
        ("http://203.0.113.7/x", "a number"),
        ("http://3405803783/", "a number"),
        ("http://[2001:db8::1]/", "a number"),
        ("ftp://a.example/", "neither http nor https"),
        ("https://[oops/", "cannot be read"),
        ("javascript:alert(1)", "names no host"),
    ],
)
def test_what_is_unusual_is_a_reason(url: str, reason: str) -> None:
    assert any(reason in one for one in host_of(url).reasons)


def test_plain_hosts_in_one_script_have_no_reason_but_their_letters() -> None:
    assert host_of("https://日本ひらカナ.example/").reasons == ("other letters than ASCII's",)


def test_hosts_that_look_the_same_name_each_other_and_the_known_one() -> None:
    table = posts(
        post(ONE, links=["https://раураӏ.example/", "https://paypa1.example", "https://other.example"])
    )
    found = analysis.domains(table, known=["paypal.example"]).set_index("host")
    assert found.loc["paypa1.example", "looks_like"] == ("paypal.example", "раураӏ.example")
    assert found.loc["раураӏ.example", "looks_like"] == ("paypa1.example", "paypal.example")
    assert found.loc["other.example", "looks_like"] == ()


def test_nothing_is_ever_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was made")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    assert len(analysis.links(posts(post(ONE, links=["http://localhost/x"])))) == 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, ONE, TWO]),
            st.sampled_from(["a", "ب", "ไทย", "日本"]),
            st.lists(
                st.sampled_from(["https://a.example", "https://日本.example/x", "x:y", "http://["]),
                max_size=3,
            ),
        ),
        max_size=8,
    ),
    st.randoms(use_true_random=False),
)
@settings(max_examples=40, deadline=None)
def test_any_order_of_rows_gives_the_same(rows: list[tuple[str | None, str, list[str]]], rng: Random) -> None:
    table = posts(*(post(when, author, links=links) for when, author, links in rows))
    mixed = table.iloc[rng.sample(range(len(table)), len(table))]
    for analyse in (analysis.links, analysis.domains):
        pd.testing.assert_frame_equal(analyse(table), analyse(mixed))
    found = analysis.links(table)
    for url, n in zip(found["url"], found["n"], strict=True):
        assert n == sum(url in links for _, _, links in rows)


@given(st.text(max_size=30), st.sampled_from(["", "http://", "https://xn--", "//", "http://["]))
@settings(max_examples=200, deadline=None)
def test_no_address_breaks_the_reading(text: str, scheme: str) -> None:
    found = host_of(scheme + text)
    assert found.punycode.isascii()
    try:
        named = urlsplit((scheme + text).strip()).hostname
    except ValueError:
        named = None
    assert bool(found.host) <= bool(named)


def test_of_many_hosts_that_look_the_same_a_few_are_named() -> None:
    hosts = ["".join(letters) + ".example" for letters in itertools.product("0o", repeat=6)]
    rows = [post("2026-03-01T00:00:00Z", links=[f"https://{host}/"]) for host in hosts]
    found = analysis.domains(posts(*rows))
    assert found["looks_like"].map(len).tolist() == [25] * len(hosts)
    assert not any(host in alike for host, alike in zip(found["host"], found["looks_like"], strict=True))
    assert found["looks_like"].iloc[0] == tuple(sorted(set(hosts) - {found["host"].iloc[0]})[:25])


def test_who_posted_is_named_once_in_order_of_time_and_the_unknown_not() -> None:
    link = {"links": ["https://a.example/"]}
    table = posts(
        post("2026-03-03T00:00:00Z", "a", **link),
        post("2026-03-02T00:00:00Z", "b", **link),
        post("2026-03-04T00:00:00Z", "b", **link),
        post("2026-03-01T00:00:00Z", "", **link | {"author_handle": ""}),
    )
    (row,) = analysis.links(table).to_dict("records")
    assert (row["authors"], row["n_authors"], row["n"]) == (("b@town", "a@town"), 2, 4)
