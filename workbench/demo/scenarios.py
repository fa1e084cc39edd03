"""The scenarios of the demonstration: one case each, with what it states, whom it looks at and what to look for."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from workbench.records import Record


class DemoCase(Record, frozen=True, kw_only=True):
    """One case of the demonstration.

    ``title`` is its section in docs/demo-town.md, ``accounts`` are the approved targets, ``beside`` further ones
    when the scenario runs alone (they have little to do with the matter, and must not be taken for it),
    ``parameters`` what the notebook is given, ``look_for`` what a reader should try to see in it.
    """

    number: str
    title: str
    purpose: str
    subject: str
    facts: Mapping[str, str]
    accounts: tuple[str, ...]
    beside: tuple[str, ...] = ()
    parameters: Mapping[str, str]
    look_for: tuple[str, ...] = ()

    @property
    def alone(self) -> DemoCase:
        """The case with all its accounts, as it runs alone."""
        return msgspec.structs.replace(self, accounts=(*self.accounts, *self.beside), beside=())


SHOWN = ("missing", "wanted", "cyberstalking")
"""The scenarios that the whole demonstration runs."""
SCENARIOS: dict[str, DemoCase] = {
    "missing": DemoCase(
        number="2026-0001",
        title="The missing teenager",
        purpose="missing",
        subject="Wren Addleby (invented)",
        facts={
            "predicate": "FICTION: a teenager did not come home; her mother reported it the next morning",
            "report_number": "QH-26-0311",
            "last_contact": "FICTION: Thu 7 May, about 21:00, Mill Race Lane, seen by the letter carrier",
            "category": "EMJ",
        },
        accounts=(
            "wren_a",
            "minna_op",
            "jory_teck",
            "odell_k",
            "marit_addleby",
            "hal_birdnote",
            "dez_northbound",
        ),
        parameters={"person": "wren_a", "looked_until": "2026-05-10"},
        look_for=(
            "whose silence is long against the account's own habit, and whose was announced",
            "who is new among the contacts of the last two weeks",
            "what the photos say about places and times, and how exactly",
        ),
    ),
    "wanted": DemoCase(
        number="2026-0002",
        title="The wanted man",
        purpose="wanted",
        subject="Brannoch Teale (invented)",
        facts={
            "predicate": "FICTION: failed to appear after outboards were stolen from the Mill Race Lane lock-ups",
            "warrant": "QH-W-118",
            "warrant_verified": "2026-05-10 09:30 by the records desk",
        },
        accounts=(
            "brannoch_teale",
            "branoch_teal",
            "brannock_teague",
            "pru_dockside",
            "mott_lowgear",
        ),
        beside=("brann0ch_teale",),
        parameters={"handles": "brannoch_teale"},
        look_for=(
            "three handles resemble his: what speaks for and against each",
            "one camera's serial number stands in photos of two accounts",
            "the places are of very different precision",
        ),
    ),
    "cyberstalking": DemoCase(
        number="2026-0003",
        title="The campaign against the potter",
        purpose="cyberstalking",
        subject="Ione Castellane (invented complainant)",
        facts={
            "predicate": "FICTION: repeated unwanted posts after a request to stop",
            "statute": "M.G.L. c.265 \u00a743A (candidate)",
            "complainant": "QH-C-77",
        },
        accounts=(
            "ione_clay",
            "greywether_77",
            "lampwatch_3",
            "kiln_gossip",
            "ninth_door",
            "tobin_farrow",
            "marguerite_oak",
        ),
        beside=(
            "three_gulls",
            "gull_fan_ada",
            "gull_fan_moss",
            "gull_fan_bryn",
            "quill_relay",
            "harbour_relay",
        ),
        parameters={"target": "ione_clay"},
        look_for=(
            "occasions, not posts: before and after the request of 10 April",
            "three accounts that write the same words within seconds, and whom they write to",
            "who comes up beside them and has nothing to do with it: friends and, run alone, fans and two bots",
        ),
    ),
    "bullying": DemoCase(
        number="2026-0004",
        title="The ninth grade",
        purpose="cyberstalking",
        subject="Tilda Fennimore (invented pupil)",
        facts={
            "predicate": "FICTION: a mother reports that pupils write to her daughter again and again; a minor",
            "statute": "M.G.L. c.71 \u00a737O (candidate; a school's duty)",
            "complainant": "QH-C-81",
        },
        accounts=(
            "tilda_fenn",
            "bram_kettle",
            "cass_oru",
            "penn_rilo",
            "joss_pell",
            "ansel_dray",
            "mabry_quince",
            "orla_benn",
            "ms_ardley",
            "nell_rower",
            "pip_harrier",
        ),
        parameters={"target": "tilda_fenn", "offence": "cyberbullying"},
        look_for=(
            "who comes back on several occasions, and who stood up for her just as often",
            "what was written after she asked for it to stop, on 28 April",
            "an apology, a teacher, an assignment: reading tells them apart, counting does not",
        ),
    ),
    "gang": DemoCase(
        number="2026-0005",
        title="The boat sheds",
        purpose="gang",
        subject="Corvin T., Dray, Ilse Q. (all invented)",
        facts={
            "predicate": "FICTION: converters cut from cars on the ferry lot, outboards taken from boat sheds 3 and 5",
            "crime": "FICTION: larceny of motor vehicle parts, M.G.L. c.266 \u00a728 (candidate)",
            "suspicion_basis": "FICTION: a post of 22 April lists what was cut from cars in the night to the 24th",
        },
        accounts=("saw_teeth_6", "dray_van_9", "tarp_runner"),
        parameters={},
        look_for=(
            "with whom the three named accounts have ties, of what kind, and in which exhibits",
            "how many of these ties are football, choir and noodles: a tie is not membership",
            "who withdrew before anything happened",
        ),
    ),
    "crime-media": DemoCase(
        number="2026-0006",
        title="The night at the bandstand",
        purpose="crime-media",
        subject="filmed assault at the bandstand (invented)",
        facts={
            "predicate": "FICTION: a video shows one person pushing another to the ground; a wrist is sprained",
            "incident": "QH-26-0298, Sat 25 April 2026, 23:41, the bandstand",
            "poster": "unknown",
        },
        accounts=(
            "jax_orlo",
            "window_nine",
            "dock_reposts",
            "clip_harbor",
            "hesper_ask",
            "hat_troupe",
            "festival_ivy",
            "max_me_too",
            "early_walker",
            "lot_lamp",
            "harbor_gossip",
            "toller_wynn",
        ),
        parameters={},
        look_for=(
            "which files are copies of one video, which was first, and who passed it on",
            "who took part, who watched, and of whom nothing is known",
            "which photos agree with the place and the minute, and which contradict what is claimed",
        ),
    ),
}
"""What ``workbench demo --purpose`` runs, by name."""
