"""What each column says, and where a table puts it: one list for every table that is shown.

A reader who meets ``robust_z`` under a title has no other place to ask; what has no words here says it by its name.
A test keeps the list complete for all analyses and all notebooks.
"""

from __future__ import annotations

from typing import Final

from workbench.records import Record

BESIDE, UNDER, ONCE = "beside", "under", "once"
"""A column of its own; a line under each row; once below the table where every row says the same."""

HASH, DEGREES, METRES, NUMBER, DAYS = "hash", "degrees", "metres", "number", "days"
"""Written by its first digits, as it is whole elsewhere; to the fifth digit, about a metre; without a fraction; as it
is, but for 0, which means that there is none; to a hundredth."""


class Column(Record, frozen=True, kw_only=True):
    """One column: what it says (empty: its name does), where it stands, how its values are written."""

    words: str = ""
    place: str = BESIDE
    form: str = ""


def _beside(words: str, form: str = "") -> Column:
    return Column(words=words, form=form)


def _under(words: str = "", form: str = "") -> Column:
    return Column(words=words, place=UNDER, form=form)


def _once(words: str = "") -> Column:
    return Column(words=words, place=ONCE)


_PLAIN: Final = """
about account actor at author begun by candidate candidate_id capture case count day decision description
detail end ended entity_id entity_ids exhibit exhibits fact field files first followers found handle
height hidden host hour hour_of_day hours import importer item kind last longitude make mark match
measure minutes model name names node note number peer post posts posts_a posts_b precision question reason
reasons_against reasons_for reopened reposts requests result review_due reviewer role seal sealed sign signed
software stamped start text title towards url value version when where who whom width words
"""
PLAIN: Final = frozenset(_PLAIN.split())
"""Columns whose name says all, wherever they stand."""

COLUMNS: Final[dict[str, Column]] = {
    "expected": _beside(
        "what was expected; where it says a column, the tables have no place for what was found"
    ),
    # Who and when
    "a": _beside("the first of the two; of a tie, who acted", HASH),
    "b": _beside("the second of the two; of a tie, towards whom", HASH),
    "accounts": _under(),
    "acts_towards": _beside("posts and acts that address the complainant, or whom the table is about"),
    "alike": _beside("first is the earliest captured; a near duplicate looks nearly the same, and is later"),
    "basis": _once("on what ground it is told; a time is explicit where its zone was stated"),
    "given_names": _beside("names of the files as they were given to us; in the case they have neutral ones"),
    "named_as": _beside("in what way the case names the account"),
    "captured": _under("when the custody log took it in"),
    "captured_acts": _beside("posts and acts of the account that address or pass on somebody"),
    "captured_posts": _beside("posts of the account that were captured"),
    "captured_at": _beside("when this was captured"),
    "observed": _under("when its bytes were received"),
    "platform": _once(),
    "published": _beside(
        "when it was posted or made, as the platform says; a day alone is told as midnight UTC, which then stands first"
    ),
    "posted": _beside("when, as the platform says"),
    "server": _once(),
    "source": _once("where it comes from; of a place, exif and container mean the file itself"),
    "zone": _once(),
    "local": _beside("local time"),
    # Identifiers
    "act": _under("the post or act, by its stable identifier; of media, repost or later upload"),
    "annotation": _under("the number of the newest annotation", NUMBER),
    "as_captured": _under("the kinds as captured"),
    "earlier": _under("the earlier post"),
    "entity_id": _under(),
    "group": _beside("files that look alike share one", HASH),
    "media": _under("the file, by its hash"),
    "new_hash": _under(),
    "old_hash": _under(),
    "words_before": _beside("as observed before"),
    "parent": _under("the post that it answers"),
    "post": _under(),
    "root": _under("the post that the conversation begins with"),
    "sha256": _beside("the hash of the file's bytes", HASH),
    "what": _beside("", HASH),
    # How many
    "n": _beside("how many: acts, posts, or pairs of places"),
    "n_acts": _beside("acts filed under it"),
    "n_accounts": _beside("accounts that the manner of writing is measured against"),
    "n_after": _once("posts after the moment"),
    "n_authors": _beside("accounts that posted it"),
    "n_before": _once("posts before the moment"),
    "n_common": _beside("accounts that both were in touch with"),
    "n_in": _beside("acts of the peer towards the person"),
    "n_incidents": _beside("occasions, parted by a pause longer than the merge gap"),
    "three_or_more_at": _beside("merge gaps at which there are three occasions or more"),
    "n_incidents_10min": _beside("occasions if ten minutes part them"),
    "n_incidents_1h": _beside("occasions if an hour parts them"),
    "n_incidents_24h": _beside("occasions if a day parts them"),
    "n_matches": _beside("how often it was found"),
    "n_objects": _beside("posts, words or links that both shared"),
    "n_occasions": _beside("occasions of those acts"),
    "n_out": _beside("acts of the person towards the peer"),
    "n_posts": _beside("posts that carry it"),
    "n_seen": _beside("observations that say so"),
    "n_tokens": _beside("words compared"),
    "n_undated": _once("of them without a usable time"),
    "n_urls": _beside("different addresses"),
    # Last signs, contacts and silence
    "baseline_gaps": _beside("how many other gaps of the account it is held against"),
    "baseline_p95": _beside("95 of 100 of those gaps were shorter than so many hours"),
    "days_before": _beside("days from the first contact to the moment"),
    "direction": _beside("out if the person acted, in if the peer did"),
    "first_direction": _beside("who began: out is the person, in the peer"),
    "first_kind": _beside("how the contact began"),
    "gap_end": _beside("the next post, or until when the account was looked at"),
    "gap_start": _beside("the last post before it"),
    "kinds": _beside("the kinds of acts"),
    "last_kind": _beside("the kind of the latest act"),
    "mutual": _beside("whether both acted"),
    "open": _beside("yes if no post followed as far as the account was looked at"),
    "own": _beside("where it says no, it is somebody else's act"),
    "ratio": _beside("the gap's hours by baseline_p95; above 1 is long for this account"),
    "record_days": _beside(
        "days of the person's record before the first contact; with few, everybody is new"
    ),
    "robust_z": _beside("how far from the account's usual gap; above 3.5 is commonly called unusual"),
    # Hours
    "after": _beside("after the moment, or after what was found"),
    "after_share": _beside("share of the posts after the moment"),
    "before": _beside("before the moment, or before what was found"),
    "before_share": _beside("share of the posts before the moment"),
    "by_chance": _once("the divergence to be expected if nothing had changed"),
    "chance": _once("share of random divisions that diverge as much"),
    "divergence": _once("0 the same hours as before, 1 none in common"),
    "hour_of_week": _beside("0 is Monday from midnight, local time"),
    "part": _beside("this hour's part of the divergence"),
    "share": _beside("as a share of all, 0 to 1"),
    "zone_candidates": _beside("time zones in which the account's quiet hours would be night"),
    # Likeness, leads
    "adamic_adar": _beside("contacts in common, rare ones counting more"),
    "contacts": _beside("the contacts in common"),
    "contacts_a": _beside("contacts of a"),
    "contacts_b": _beside("contacts of b"),
    "delta": _beside("distance in manner of writing, 0 the same"),
    "in_touch": _beside("whether the two acted towards each other"),
    "looks_like": _beside("hosts whose letters look the same"),
    "ngram_cosine": _beside("likeness of letter sequences, 0 to 1"),
    "reasons_for": _under(),
    "reasons_against": _under(),
    "reasons": _beside("what is unusual about the address"),
    "similarity": _beside("0 nothing alike, 1 the same: a reason to look"),
    "authors": _beside("who posted it"),
    "decoded": _beside("the host's name, its letters written out"),
    "punycode": _beside("the host's name in plain letters"),
    # Occasions and acts
    "after_notice": _beside("notices, such as a request to stop, that were given before it"),
    "attributed_person": _beside("the person, as an officer entered it"),
    "attribution_basis": _under(),
    "cited": _beside("whether any act was filed for it"),
    "cited_against": _beside("whether any act was filed against it"),
    "contrary_facts": _under(),
    "counted_for": _under("for whom the occasion is counted"),
    "depends_on_gap": _beside("yes if three_or_more depends on the merge gap"),
    "directed_at_target": _beside("as an officer entered it"),
    "directed_because": _under(),
    "element": _beside("the element's short name, for filing"),
    "evidence_cited": _under("elements for which acts were filed"),
    "incident": _beside("the occasion's number, for each who acted"),
    "level": _beside("how much faster than usual; each level is twice as fast"),
    "mechanism": _beside("how it reached the person"),
    "merge_gap": _once("a longer pause begins a new occasion"),
    "none_cited": _under("elements for which no act was filed"),
    "occasion": _beside("numbered for each who acted; 0 is not counted, see occasion_basis"),
    "occasion_basis": _once("on what ground the occasion is numbered, or not counted"),
    "prior_notice": _under(),
    "protected_reading": _under("innocent or protected reading"),
    "remarks": _under(),
    "rows_that_serve": _beside("what may serve to show it"),
    "span_days": _beside("days from the first to the last", DAYS),
    "state": _beside("as last observed"),
    "state_before": _beside("as observed before"),
    "statute": _once(),
    "supporting": _under("exhibits of the acts filed for it"),
    "supporting_count": _beside("exhibits of the acts filed for it"),
    "supports": _under("elements that it was filed for"),
    "target": _once("towards whom; of a capture, the account asked for"),
    "target_handle": _once(),
    "threat_reviewed_by": _under(),
    "three_or_more": _beside("three occasions or more: where to read, no conclusion"),
    "undercut": _under("elements that acts were filed against"),
    "undercuts": _under("elements that it was filed against"),
    "undercutting": _under("exhibits of the acts filed against it"),
    "undercutting_count": _beside("exhibits of the acts filed against it"),
    "written_by": _under("the badge of who wrote the annotation"),
    # Acting together, conversations, changes
    "change": _beside("whether, or how, it differs from the observation before"),
    "depth": _beside("how many answers deep"),
    "median_s": _under("seconds between the two, usually"),
    "objects": _under("what both shared, posts by their identifiers"),
    "order": _beside("place in the conversation"),
    "place": _beside("in a conversation, whether before, at or after the act"),
    "seen_at": _beside("when the later state was captured"),
    "shares_a": _under("how often a shared anything that was compared"),
    "shares_b": _under("how often b did"),
    "value_before": _beside("as observed before"),
    "first_seen": _beside("first captured with this value"),
    "last_seen": _beside("last captured with this value"),
    "weight": _beside("how often both did so within window_s"),
    "window_s": _under("seconds within which two count as together"),
    # Groups
    "community": _beside("number of the densely connected part; the numbers mean nothing"),
    "community_size": _beside("accounts in that part"),
    "how": _beside("named together, or posted the same"),
    "k_core": _beside(
        "it belongs to accounts of which each is in touch with at least so many others of them"
    ),
    "neighbours": _beside("accounts it was in touch with"),
    "overdue": _beside("whether its day of review is past"),
    "relevance": _beside("as an officer noted it"),
    "suspicion_basis": _beside("as an officer noted it"),
    "noted_at": _beside("when an officer noted it"),
    "noted_by": _beside("the badge of who noted it"),
    # Pictures, films and places
    "accounts_there": _beside("accounts that state this place at that time"),
    "all_alike": _beside("whether each file is alike to each other"),
    "dhash_hamming": _beside("the same by a second hash"),
    "distance_m": _beside("metres between the two places", METRES),
    "duration": _beside("seconds"),
    "farthest": _beside("bits in which the two least alike differ"),
    "fields": _beside("metadata fields in the file"),
    "file": _beside("the exhibit that holds the file"),
    "frames_a": _beside("key frames of a"),
    "frames_b": _beside("key frames of b"),
    "hamming": _beside("bits of 64 in which the looks differ: 0 none, up to 8 much alike"),
    "hours_after": _beside("hours after the earlier post"),
    "latitude": _beside("", DEGREES),
    "longitude": _beside("", DEGREES),
    "matched_a": _beside("key frames of a that have a like one in b"),
    "matched_b": _beside("key frames of b that have a like one in a"),
    "media_type": _beside("what the bytes are"),
    "mirrored": _beside("whether it is alike as a mirror image"),
    "near": _beside("pairs found alike"),
    "no": _beside("the number on the map"),
    "precision_m": _beside("metres; the place is no more exact than this", METRES),
    "rank": _beside("1 is the earliest captured, then in order of time"),
    "sensitive": _beside("marked so by its author or the platform"),
    "serial": _beside("serial number of the device, as the file says"),
    "size": _beside("how many files"),
    "taken": _beside("when it was taken, as the file says; it can be set by hand"),
    "taken_basis": _beside(
        "explicit where the file states the zone of its time, assumed where its clock is taken as UTC, as the format "
        "has it, ambiguous where it names no zone"
    ),
    "taken_raw": _beside("the time in the file's own words; a film counts the seconds from 1904 on"),
    "uris_a": _under("addresses of a"),
    "uris_b": _under("addresses of b"),
    # Captures, questions, review
    "ask": _beside("whom to ask"),
    "authority": _once(),
    "barred": _once("why you may not decide it"),
    "cited_by": _beside("runs and annotations that cite it"),
    "fingerprint": _beside("the first digits of the seal's hash"),
    "issues": _beside("what was not read, or not as expected"),
    "items": _beside("what the source showed"),
    "line": _beside("of the custody log", NUMBER),
    "lines": _beside("lines of the custody log that it seals"),
    "moved_to": _beside("the account that it says it moved to"),
    "rests_on": _beside("what raised the question"),
    "todo": _beside("what would settle it"),
    "verdict": _beside("how it ended"),
    "waits": _beside(
        "waiting: nobody decided yet; reopened: something changed since; unfinished: it has no end yet"
    ),
}
"""Column -> what it says and where it stands. A column of ``PLAIN`` needs no entry."""

_UNKNOWN: Final = Column()


def column(name: str) -> Column:
    """Give a column's entry; one that is not listed stands beside the others, without words."""
    return COLUMNS.get(name, _UNKNOWN)


def said(names: list[str]) -> list[tuple[str, str]]:
    """Give, of these columns, those whose names do not say all, each with its words."""
    return [(name, column(name).words) for name in dict.fromkeys(names) if column(name).words]
