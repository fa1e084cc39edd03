"""X archives (zip or folder): tweets, long tweets, deleted tweets, messages, likes, follows, account, media.

Every data file is counted and compared with ``manifest.js``, also those that are not read further. Tweets are
streamed. Messages' times are ISO 8601; tweets' are the platform's own; both say their zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from workbench.importers import files, x_rows
from workbench.importers.base import Bundle, Cited, Member, guarded
from workbench.importers.drift import Drift
from workbench.importers.jsonstream import Array
from workbench.importers.status import Author, Reader, account_entity, at_sign
from workbench.importers.status_shapes import Status
from workbench.importers.typed import Typed, elements
from workbench.importers.x_manifest import Ledger
from workbench.importers.x_rows import Context
from workbench.importers.x_shapes import (
    AccountElement,
    ConversationElement,
    FollowerElement,
    FollowingElement,
    LikeElement,
    NoteElement,
    ProfileElement,
    Wrapped,
)
from workbench.rows import AnyRow, Issue

_DATA = re.compile(r"(?:\A|/)(?:data/)?([a-z0-9-]+?)(?:-part[0-9]+)?\.js\Z")
_MEDIA = re.compile(r"(?:\A|/)([a-z_]+)_media/(?:([0-9]{1,20})-)?([^/]+)\Z")
_VIEWER = re.compile(r"(?:\A|/)(?:assets/|Your archive\.html\Z|README\.txt\Z|data/README\.txt\Z)")
_WRAPPED = re.compile(rb'\s*\{\s*"tweet"\s*:')

_TWEETS = {"tweets": "present", "tweet": "present", "deleted-tweets": "deleted by author"}
_TWEETS |= {
    "deleted-tweet": "deleted by author",
    "community-tweet": "present",
    "twitter-circle-tweet": "present",
}

_WRAPPED_TWEET = Typed(Wrapped, "tweets")
_BARE_TWEET = Typed(Status, "tweets.tweet")
_ANY = Typed(msgspec.Raw, "element")

_Read = Callable[[msgspec.Struct, str, Context], Iterator[AnyRow]]
_OTHERS: dict[str, tuple[Typed[msgspec.Struct], _Read]] = {}


def _known(names: str, kind: type[msgspec.Struct], read: Callable[..., Iterator[AnyRow]]) -> None:
    for name in names.split():
        _OTHERS[name] = (Typed(kind, name), read)


_known("account", AccountElement, x_rows.account)
_known("profile", ProfileElement, x_rows.profile)
_known("like likes", LikeElement, x_rows.like)
_known("follower", FollowerElement, x_rows.follower)
_known("following", FollowingElement, x_rows.following)
_known("note-tweet", NoteElement, x_rows.note)
_known(
    "direct-messages direct-message direct-messages-group direct-message-group",
    ConversationElement,
    x_rows.conversation,
)
_FIRST = ("account",)
_LAST = ("note-tweet",)


class XArchive:
    """Reads an archive as a zip or as its unpacked folder."""

    name = "x-archive"
    version = "2"
    licence = "Apache-2.0"
    title = "X (Twitter) archive: tweets, messages, likes, follows, account, media"
    needs = "nothing"
    state = "works from tweet.js of 2018 on; advertising, devices and logins are counted, not read"

    def recognises(self, bundle: Bundle) -> bool:
        """A data file that begins as these archives' files do."""
        return any(_is_data(member) for member in bundle.contents if _kind(member))

    def parse(self, bundle: Bundle) -> Iterator[Cited]:
        """Yield accounts, posts, acts, media, places and issues, member by member."""
        members = bundle.contents
        ledger = Ledger(next((one for one in members if one.base == "manifest.js"), None))
        if ledger.member is not None:
            yield from guarded(ledger.member, ledger.read())
        context = Context(Author(account_entity(ledger.user.account_id), at_sign(ledger.user.user_name)))
        viewer: list[Member] = []
        notes = [one for one in members if _kind(one) in _LAST]
        for member in notes:
            context.notes |= _announced(member)
        for member in sorted(members, key=_order):
            if _VIEWER.search(member.name) and not _kind(member):
                viewer.append(member)
            elif member is not ledger.member:
                yield from _member(member, context, ledger)
        if ledger.member is not None:
            yield from guarded(ledger.member, ledger.missing({member.name for member in members}))
        if viewer:
            yield Cited(viewer[0].index, _of_the_viewer(viewer))


def _order(member: Member) -> int:
    """The owner comes first; then what is found by the tweets: long tweets, and the files that tweets carry."""
    kind = _kind(member)
    if kind:
        return 0 if kind in _FIRST else 2 if kind in _LAST else 1
    return 3 if _MEDIA.search(member.name) else 1


def _kind(member: Member) -> str:
    """Give the kind of data that a file's name stands for; empty where it is no data file."""
    if "assets/" in member.name:
        return ""
    match = _DATA.search(member.name)
    return match[1] if match else ""


def _is_data(member: Member) -> bool:
    head = member.head(256).removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith((b"window.YTD.", b"window.__THAR_CONFIG"))


def _member(member: Member, context: Context, ledger: Ledger) -> Iterator[Cited]:
    kind = _kind(member)
    drift = Drift(member.name)
    if kind in _TWEETS:
        read = _tweets(member, context, ledger, drift, _TWEETS[kind])
    elif kind in _OTHERS:
        read = _known_file(member, context, ledger, drift, kind)
    elif kind and _is_data(member):
        read = _counted(member, ledger, drift)
    elif match := _MEDIA.search(member.name):
        post = x_rows.media_of(match[1], match[2] or "")
        read = files.one(member, platform="x", post=post, named=context.media.of(x_rows.stem(match[3])))
    else:
        read = iter([_unknown(member)])
    yield from guarded(member, read, drift)


def _tweets(member: Member, context: Context, ledger: Ledger, drift: Drift, state: str) -> Iterator[AnyRow]:
    reader = Reader(context.owner, state=state, accounts=True)
    notes = context.notes
    with member.open() as stream:
        array = Array(stream, member.name)
        tweets: Iterator[tuple[int, Status]]
        if array.starts(_WRAPPED):
            tweets = (
                (index, one.tweet) for index, one in elements(array, _WRAPPED_TWEET, drift, member.name)
            )
        else:
            tweets = elements(array, _BARE_TWEET, drift, member.name)
        for index, tweet in tweets:
            if notes:
                context.meet(tweet)
            yield from context.noted(reader.rows(tweet, f"/{index}"))
    yield from ledger.found(member.name, array.count)
    yield from _rest(member, array)


def _known_file(
    member: Member, context: Context, ledger: Ledger, drift: Drift, kind: str
) -> Iterator[AnyRow]:
    typed, read = _OTHERS[kind]
    context.drift = drift
    with member.open() as stream:
        array = Array(stream, member.name)
        for index, one in elements(array, typed, drift, member.name):
            yield from context.noted(read(one, f"/{index}", context))
    yield from ledger.found(member.name, array.count)
    yield from _rest(member, array)


def _counted(member: Member, ledger: Ledger, drift: Drift) -> Iterator[AnyRow]:
    """Count the elements of a file that is not read further, and say so."""
    with member.open() as stream:
        array = Array(stream, member.name)
        for _ in elements(array, _ANY, drift, member.name):
            pass
    yield from ledger.found(member.name, array.count)
    if array.count:
        yield Issue(
            kind="not-recognised",
            where=member.name,
            expected="a file that is read",
            found=f"{array.count} elements, counted only",
            count=array.count,
        )


def _rest(member: Member, array: Array) -> Iterator[Issue]:
    if array.tail.strip(b" \t\r\n;"):
        yield Issue(
            kind="bad-value",
            where=f"{member.name}, byte {array.after()}",
            expected="nothing after the array",
            found=repr(array.tail[:40]),
        )


def _announced(member: Member) -> dict[str, str]:
    """Read when each long tweet was made and how it begins, so that its tweet can be found."""
    found: dict[str, str] = {}
    rows = guarded(member, _beginnings(member, found))
    for _ in rows:  # damage is said when the member's turn comes
        pass
    return found


def _beginnings(member: Member, found: dict[str, str]) -> Iterator[AnyRow]:
    typed, _ = _OTHERS["note-tweet"]
    with member.open() as stream:
        for _, one in elements(Array(stream, member.name), typed, Drift(member.name), member.name):
            if isinstance(one, NoteElement) and one.note_tweet.core is not None:
                note = one.note_tweet
                found[x_rows.note_key(note.created_at, note.core.text if note.core else "")] = ""
    yield from ()  # an iterator of rows that has none


def _unknown(member: Member) -> Issue:
    return Issue(
        kind="not-recognised",
        where=member.name,
        expected="a file of an X archive",
        found=f"{member.size} bytes",
    )


def _of_the_viewer(viewer: list[Member]) -> Issue:
    return Issue(
        kind="not-recognised",
        where=viewer[0].name,
        expected="data",
        found="files of the archive's own viewer, not read",
        count=len(viewer),
    )
