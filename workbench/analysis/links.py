"""Which addresses and hosts were posted, by whom and when. Nothing here is ever fetched."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.analysis import frames
from workbench.analysis.lookalikes import look
from workbench.analysis.parameters import checked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LINKS: Final = "addresses as captured, counted once for each post"
DOMAINS: Final = "hosts of addresses as captured, counted once for each post"
PEOPLE: Final = 25
"""The most accounts and look-alikes that one result row names."""
# Signs of East Asia, Arabic and Hebrew end an address as blanks do, for none stands after them; so do letters unseen.
# The ideographic full stop does not between letters of ASCII: browsers take it for a dot (UTS #46). A second address
# after a comma is one of its own.
_WRITTEN: Final = re.compile(
    r"https?://(?:[^\s<>\"'“”‘’«»|`。、，！？；：（）【】「」『』《》〈〉、｡،؛؟۔׃\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff,;]"
    r"|[。｡](?=[a-z0-9])|[,;](?!https?://))+",
    re.IGNORECASE,
)
_ENDS: Final = ".,;:!?*…"
_BRACKETS: Final = ("()", "[]", "{}")
_LONGEST: Final = 8192
_PUNYCODE: Final = "xn--"
_Groups = NDArray[np.int64]


@checked
def links(posts: pd.DataFrame, *, known: Sequence[str] = ()) -> pd.DataFrame:
    """List the addresses that posts carry or write out.

    In: ``entity_id, exhibit, author, author_handle, content, links, published``. Out: url (as captured), host (as in
    the address, in lower case), punycode (the host in ASCII), decoded (the host with punycode decoded), n (posts),
    n_authors, authors (handles, at most 25), first, last (UTC), looks_like (hosts that look the same, at most
    25), reasons (what is unusual about the host), and what every result carries. Most posted first.

    ``known`` are hosts to compare with, such as a bank's, beside those in the table. Addresses are those in
    ``links``, and those written out in ``content`` from ``http://`` or ``https://`` on. An address that cannot be
    read has no host and a reason. Raises UsageError for missing columns or a time without a zone.

    Look-alikes: hosts whose letters fold to the same shapes (Unicode Technical Standard #39; ``lookalikes.FOLDS``).
    Limits: a host is not cut to its registrable domain, since no list of public suffixes is used: ``www.`` and the
    bare name are two. Shortened addresses hide where they lead. Never fetched, never scored.
    """
    rows, counts = _addresses(posts)
    return _result(rows, "url", counts, known, LINKS)


@checked
def domains(posts: pd.DataFrame, *, known: Sequence[str] = ()) -> pd.DataFrame:
    """List the hosts of the addresses that posts carry or write out.

    In and parameters: as ``links``. Out: host, punycode, decoded, n (posts), n_urls (different addresses), n_authors,
    authors, first, last, looks_like, reasons, and what every result carries. Most posted first.
    Raises as ``links``. Limits: as ``links``.
    """
    rows, counts = _addresses(posts)
    kept, counts = frames.dropped(rows, rows["host"] == "", counts, "no_host")
    return _result(kept, "host", counts, known, DOMAINS)


class Host(NamedTuple):
    """The host of an address, in ASCII and decoded, and what is unusual about the address."""

    host: str
    punycode: str
    decoded: str
    reasons: tuple[str, ...]


def host_of(url: str) -> Host:
    """Read the host of an address; of one that cannot be read only the reason is given."""
    try:
        parts = urlsplit(_as_browsers_do(url.strip()[:_LONGEST]))
        name = parts.hostname or ""
    except ValueError:
        return Host("", "", "", ("the address cannot be read",))
    # Not casefold: straße.example and strasse.example are two hosts (IDNA 2008).
    host = unicodedata.normalize("NFKC", name).lower().replace("。", ".").rstrip(".")
    if not host:
        return Host("", "", "", ("the address names no host",))
    labels = host.split(".")
    decoded = [_decoded(label) for label in labels]
    reasons = [
        ("@" in parts.netloc, "a name stands before the host, which may look like a host"),
        (
            not host.isascii() or any(label.startswith(_PUNYCODE) for label in labels),
            "other letters than ASCII's",
        ),
        (None in decoded, "punycode that cannot be read"),
        (any(_mixed(label or "") for label in decoded), "letters of several scripts in one part of the host"),
        (_is_number(host), "a number, not a name"),
        (parts.scheme not in {"http", "https"}, "neither http nor https"),
    ]
    shown = ".".join(one if one is not None else label for one, label in zip(decoded, labels, strict=True))
    ascii_form = ".".join(_encoded(label) for label in labels)
    return Host(host, ascii_form, shown, frames.holding(reasons))


def _as_browsers_do(url: str) -> str:
    """Take a backslash for a slash: browsers do in http(s) (WHATWG URL), and go to what stands before it."""
    return url.replace("\\", "/") if url[:5].lower().startswith(("http:", "https")) else url


def _decoded(label: str) -> str | None:
    if not label.startswith(_PUNYCODE):
        return label
    try:
        return label[len(_PUNYCODE) :].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return None


def _encoded(label: str) -> str:
    return label if label.isascii() else _PUNYCODE + label.encode("punycode").decode("ascii")


def _mixed(label: str) -> bool:
    """Tell whether letters of several scripts stand together; those of Japanese and Korean belong together."""
    scripts = {unicodedata.name(letter, "").split(" ")[0] for letter in label if letter.isalpha()}
    return len(scripts - {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"}) > 1


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host.replace(".", "").isdigit()
    return True


def _addresses(posts: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Give one row for each post and different address."""
    rows = frames.prepared(posts, "links", needs=("author", "author_handle", "content", "links"))
    kept, counts = frames.once(rows.assign(row=rows.index))
    kept = kept.assign(author=frames.filled(kept["author"], kept["author_handle"]))
    attached = posts["links"].to_numpy(dtype=object)[kept["row"].to_numpy()] if len(posts) else []
    each = [_all(words, held) for words, held in zip(kept["content"], attached, strict=True)]
    spread = kept.iloc[np.repeat(np.arange(len(kept)), [len(one) for one in each])].reset_index(drop=True)
    spread = spread.assign(url=pd.Series([one for several in each for one in several], dtype="str"))
    code, different = pd.factorize(spread["url"])
    read = [host_of(str(url)) for url in different]
    told = {name: pd.Series([getattr(one, name) for one in read], dtype="str") for name in Host._fields[:3]}
    spread = spread.assign(**{name: column.iloc[code].to_numpy() for name, column in told.items()})
    return spread.assign(reasons=pd.Series([read[number].reasons for number in code], dtype=object)), counts


def _all(words: str, attached: object) -> list[str]:
    listed = attached if isinstance(attached, (tuple, list, np.ndarray)) else ()
    written = (_ended(found) for found in _WRITTEN.findall(words))
    return list(dict.fromkeys(url for url in (*map(str, listed), *written) if url.strip()))


def _ended(url: str) -> str:
    """Take off the signs of the sentence around an address; a bracket that it opened itself stays."""
    spare = {last: url.count(last) - url.count(first) for first, last in _BRACKETS}
    end = len(url)
    while end and (url[end - 1] in _ENDS or spare.get(url[end - 1], 0) > 0):
        end -= 1
        if url[end] in spare:
            spare[url[end]] -= 1
    return url[:end]


def _result(
    rows: pd.DataFrame, key: str, counts: dict[str, int], known: Sequence[str], method: str
) -> pd.DataFrame:
    code, keys = frames.groups_of(rows, [key])
    # A post that carries two addresses of one host counts once for the host.
    once = ~pd.DataFrame({"group": code, "row": rows["row"]}).duplicated().to_numpy()
    part, group = rows[once].reset_index(drop=True), code[once]
    grouped = part.groupby(group, sort=True)
    first = np.unique(code, return_index=True)[1]
    found = keys.assign(
        **{name: rows[name].iloc[first].to_numpy() for name in Host._fields[:3] if name != key},
        n=np.bincount(group, minlength=len(keys)),
        n_authors=_authors(part, group, len(keys)),
        authors=_people(part, group, len(keys)),
        first=grouped["published"].min().astype(frames.TIME).to_numpy(),
        last=grouped["published"].max().astype(frames.TIME).to_numpy(),
        looks_like=pd.Series(_alike(rows["decoded"].iloc[first], rows["decoded"], known), dtype=object),
        reasons=pd.Series(_reasons(rows, code, len(keys)), dtype=object),
    )
    if key == "host":
        found.insert(4, "n_urls", pd.Series(rows.groupby(code)["url"].nunique().to_numpy(dtype=np.int64)))
    for name in ("first", "last"):
        found[name] = pd.to_datetime(found[name], utc=True).astype(frames.TIME)
    found = found.join(frames.cited(part["exhibit"], group, len(keys)))
    found = found.sort_values(["n", key], ascending=[False, True], kind="stable")
    return frames.result(found, method=method, parameters={"known": list(known)}, counts=counts)


def _people(part: pd.DataFrame, group: _Groups, groups: int) -> pd.Series[Any]:
    """Name who posted, by handle where there is one, in order of time."""
    name = frames.filled(part["author_handle"], part["author"])
    return frames.cited(name, group, groups)["exhibits"].map(lambda names: names[:PEOPLE])


def _authors(part: pd.DataFrame, group: _Groups, groups: int) -> _Groups:
    """Count the different accounts of each group, the unknown left out."""
    known = (part["author"] != "").to_numpy()
    return frames.different(part["author"][known], group[known], groups)


def _alike(hosts: Iterable[str], every: pd.Series[str], known: Sequence[str]) -> list[tuple[str, ...]]:
    """Name for each host the others that look the same."""
    by_look: dict[str, list[str]] = {}
    for host in sorted({*every.unique(), *(_shown(name) for name in known)} - {""}):
        by_look.setdefault(look(host), []).append(host)
    # As many may look the same as there are, and each would be beside all others: no more are taken than are told.
    return [
        tuple(islice((other for other in by_look.get(look(host), ()) if other != host), PEOPLE))
        for host in hosts
    ]


def _shown(name: str) -> str:
    return host_of(name if "://" in name else f"https://{name}").decoded


def _reasons(rows: pd.DataFrame, code: _Groups, groups: int) -> list[tuple[str, ...]]:
    """Gather what is unusual about any address of a group."""
    gathered: list[set[str]] = [set() for _ in range(groups)]
    for number, reasons in zip(code.tolist(), rows["reasons"], strict=True):
        gathered[number].update(reasons)
    return [tuple(sorted(one)) for one in gathered]
