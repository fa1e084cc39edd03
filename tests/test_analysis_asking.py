"""Questions: fixed sentences, each citing the row it is made of, none an answer."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.analysis_kit import act, interactions, made, post, posts
from workbench import analysis
from workbench.errors import UsageError

ZONE = "America/New_York"
MOMENT = "2026-05-08T00:00:00-04:00"


def test_a_new_contact_is_asked_about_in_local_time_with_its_exhibit() -> None:
    acts = interactions(
        act("2026-05-08T01:40:00Z", "x", "a", "reply"), act("2026-01-08T01:40:00Z", "a", "old")
    )
    new = analysis.new_contacts(acts, person="a", before=MOMENT)
    found = analysis.what_to_ask(zone=ZONE, new_contacts=new)
    assert found["question"].tolist() == ["Who is x@town? First contact 7 May 2026, 21:40 EDT."]
    assert "0 acts towards it, 1 from it" in found["rests_on"].iloc[0]
    assert found["exhibits"].iloc[0] == ("2026-0417-E0000#/0",)


def test_every_result_that_it_knows_can_be_asked_about() -> None:
    told = posts(
        *(post(f"2026-03-{day:02d}T10:00:00Z") for day in range(1, 12)), post("2026-04-30T10:00:00Z")
    )
    acts = interactions(act("2026-05-07T10:00:00Z", "a", "b"))
    media = made("media", [{"entity_id": "m", "post": "thing-0", "kind": "image"}])
    stated = made(
        "places",
        [
            {"about": "thing-0", "source": "stated", "name": "the mill"},
            {
                "about": "thing-1",
                "source": "geotag",
                "latitude": 42.48,
                "longitude": -71.43,
                "precision_m": 9.0,
            },
        ],
    )
    accounts = made("accounts", [{"entity_id": "a", "handle": "anna"}, {"entity_id": "k", "handle": "annaa"}])
    found = analysis.what_to_ask(
        zone=ZONE,
        activity=analysis.last_activity(told, accounts=accounts, people=("a", "k")),
        silence=analysis.silence(told, until="2026-09-08T00:00:00Z"),
        last_contacts=analysis.last_contacts(acts, person="a"),
        places=analysis.places(stated, told, zone=ZONE),
        media=analysis.posted_media(media, told),
        after=analysis.timeline(told.tail(1), zone=ZONE),
        candidates=analysis.handle_candidates(accounts, handles="anna"),
    )
    assert found["question"].tolist() == [
        "What does b@town know of the contact of 7 May 2026, 06:00 EDT (mention)?",
        "Is a reason known why a@town posted nothing from 11 March 2026, 06:00 EDT until 30 April 2026, 06:00 EDT?",
        "Is a reason known why a@town posted nothing from 30 April 2026, 06:00 EDT until when it was last looked at?",
        "What is known of the place the mill?",
        "What is known of the place 42.48000, -71.43000?",
        "When, where and by whom was what a@town posted on 1 March 2026, 05:00 EST made?",
        "Who used a@town at 30 April 2026, 06:00 EDT?",
        "Is annaa known to be used by the same person as anna?",
        "Is annaa in use?",
    ]
    assert all(question.endswith(("?", ".")) for question in found["question"])
    assert "to 9 m" in found["rests_on"].iloc[4]
    assert set(found["ask"]) >= {"family and friends", "that person"}


def test_a_peer_is_asked_once_for_both_directions_and_cites_both() -> None:
    acts = interactions(
        act("2026-05-07T10:00:00Z", "a", "b", "reply"),
        act("2026-05-06T10:00:00Z", "b", "a"),
        act("2026-05-05T10:00:00Z", "b", "a"),
        act("2026-05-04T10:00:00Z", "c", "a"),
    )
    found = analysis.what_to_ask(zone=ZONE, last_contacts=analysis.last_contacts(acts, person="a"))
    assert found["question"].tolist() == [
        "What does b@town know of the contact of 7 May 2026, 06:00 EDT (reply)?",
        "What does c@town know of the contact of 4 May 2026, 06:00 EDT (mention)?",
    ]
    assert found["rests_on"].tolist() == [
        "last contacts: 1 act towards b@town, 2 from it, first 5 May 2026, 06:00 EDT",
        "last contacts: 0 acts towards c@town, 1 from it, first 4 May 2026, 06:00 EDT",
    ]
    assert found["exhibit_count"].tolist() == [3, 1]
    assert set(found["exhibits"].iloc[0]) == {f"2026-0417-E{number:04d}#/0" for number in range(3)}


def test_a_silence_without_an_end_asks_how_far_the_file_reaches() -> None:
    told = posts(post("2026-03-01T10:00:00Z"))
    exhibits = made("exhibits", [{"exhibit": "2026-0417-E0000", "source": "import-0001"}])
    found = analysis.what_to_ask(zone=ZONE, silence=analysis.silence(told, exhibits=exhibits))
    assert found["question"].tolist() == ["Until when does what was given to us of a@town reach?"]


@pytest.mark.parametrize(("chance", "asked"), [(0.01, 1), (0.5, 0), (float("nan"), 0)])
def test_a_shift_that_chance_explains_is_not_asked_about(chance: float, asked: int) -> None:
    shift = pd.DataFrame(
        {
            "author": ["a", "a"],
            "author_handle": ["a@town", "a@town"],
            "divergence": [0.5, 0.5],
            "by_chance": [0.1, 0.1],
            "chance": [chance, chance],
            "exhibits": [("E1",), ("E2",)],
            "exhibit_count": [1, 1],
        }
    )
    assert len(analysis.what_to_ask(zone=ZONE, routine_shift=shift)) == asked


def test_nothing_found_asks_nothing_and_an_unknown_zone_is_refused() -> None:
    found = analysis.what_to_ask(zone=ZONE, silence=analysis.silence(posts()))
    assert found.empty
    assert list(found.columns)[:3] == ["question", "rests_on", "ask"]
    with pytest.raises(UsageError):
        analysis.what_to_ask(zone="Mars")
