"""Exhibits and how they came to be, as a CASE graph (JSON-LD; ontologies CASE and UCO 1.4 or later).

At the level of exhibits only: what was captured or given, by whom, with what, when, and the SHA-256 of the
stored bytes. What an exhibit says is not in it. Every name is a UUID made from the case, the thing and its
hash (RFC 9562, version 5): the same facts give the same bytes.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import msgspec

from workbench.production.views import Bundle, CaptureFact, ExhibitFact, Facts, SealFact

_NAMES = uuid.UUID("c7b7a3b0-53d8-5c0d-a9c5-6a1d4f3c0e52")
_UCO = "https://ontology.unifiedcyberontology.org/uco"
_CONTEXT = {
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    **{
        f"uco-{part}": f"{_UCO}/{part}/"
        for part in ("action", "core", "identity", "observable", "tool", "types")
    },
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_MOST_LETTERS = 8_000

Node = dict[str, Any]


def graph(bundle: Bundle) -> bytes:
    """Give the graph as JSON-LD in UTF-8, one node after the other in the order of the facts.

    ``case_validate`` takes some hundred milliseconds a node, and grows faster than they do.
    """
    made = {"@context": _CONTEXT, "@graph": list(_nodes(bundle))}
    return msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n"


def _nodes(bundle: Bundle) -> Iterator[Node]:
    facts = bundle.facts
    subjects = [_subject(facts.case, place, name) for place, name in enumerate(bundle.subjects)]
    exhibits = [node for one in facts.exhibits for node in _exhibit(facts.case, one)]
    records = [node for node in exhibits if node["@type"] == "case-investigation:ProvenanceRecord"]
    seal = _seal(facts.case, facts.seal)
    yield _investigation(facts, [*subjects, *records, seal])
    yield from subjects
    yield from _performers(facts)
    yield from _tools(facts)
    results: dict[str, list[str]] = {}
    for one in facts.exhibits:
        results.setdefault(one.source, []).append(_record(facts.case, one))
    for capture in facts.captures:
        yield _action(facts.case, capture, results.get(capture.name, []))
    yield from exhibits
    yield seal


def _investigation(facts: Facts, holds: list[Node]) -> Node:
    return {
        "@id": _name(facts.case, "investigation"),
        "@type": "case-investigation:Investigation",
        "uco-core:name": facts.case,
        "uco-core:description": (
            f"Case {facts.case} of {_text(facts.department)} as of seal {facts.seal.number}, "
            f"SHA-256 {facts.seal.sha256}"
        ),
        "case-investigation:focus": _text(facts.purpose),
        "uco-core:object": [_reference(node) for node in holds],
    }


def _subject(case: str, place: int, name: str) -> Node:
    return {
        "@id": _name(case, "subject", str(place), name),
        "@type": "case-investigation:Subject",
        "uco-core:name": _text(name),
    }


def _performers(facts: Facts) -> Iterator[Node]:
    for badge in sorted({one.actor for one in facts.captures}):
        yield {
            "@id": _performer(facts.case, badge),
            "@type": "uco-identity:Identity",
            "uco-core:name": f"officer with badge {_text(badge)}",
        }


def _tools(facts: Facts) -> Iterator[Node]:
    for tool in sorted({one.tool for one in facts.captures}):
        name, _, version = tool.rpartition(" ")
        yield {
            "@id": _tool(facts.case, tool),
            "@type": "uco-tool:Tool",
            "uco-core:name": _text(name or version),
            "uco-tool:version": _text(version if name else "not stated"),
        }


def _action(case: str, capture: CaptureFact, results: list[str]) -> Node:
    return {
        "@id": _name(case, "action", capture.name),
        "@type": "case-investigation:InvestigativeAction",
        "uco-core:name": capture.name,
        "uco-core:description": _text(
            f"{capture.what}; ended {capture.verdict or 'not'}: {capture.reason or 'no end is in the log'}; "
            f"custody log lines {capture.first_seq} to {capture.last_seq}"
        ),
        "uco-action:startTime": _time(capture.begun),
        **({"uco-action:endTime": _time(capture.ended)} if capture.ended else {}),
        "uco-action:performer": {"@id": _performer(case, capture.actor)},
        "uco-action:instrument": {"@id": _tool(case, capture.tool)},
        **({"uco-action:result": [{"@id": name} for name in results]} if results else {}),
    }


def _exhibit(case: str, fact: ExhibitFact) -> Iterator[Node]:
    observable = _name(case, fact.citation, fact.sha256)
    yield {
        "@id": _record(case, fact),
        "@type": "case-investigation:ProvenanceRecord",
        "uco-core:description": f"{fact.source}, custody log line {fact.seq}" + _withheld(fact),
        "uco-core:objectCreatedTime": _time(fact.logged),
        "case-investigation:exhibitNumber": fact.citation,
        "uco-core:object": [{"@id": observable}],
    }
    yield {
        "@id": observable,
        "@type": "uco-observable:ObservableObject",
        "uco-core:name": fact.citation,
        "uco-core:hasFacet": [*_facets(case, fact)],
    }


def _facets(case: str, fact: ExhibitFact) -> Iterator[Node]:
    content = _content(case, fact.citation, fact.sha256)
    yield {
        **content,
        "uco-observable:sizeInBytes": {"@type": "xsd:integer", "@value": str(fact.length)},
        **({"uco-observable:mimeType": _text(fact.mime)} if fact.mime else {}),
    }
    if fact.url:
        yield {
            "@id": _name(case, fact.citation, fact.sha256, "url"),
            "@type": "uco-observable:URLFacet",
            "uco-observable:fullValue": _text(fact.url),
        }
    if fact.given_name or fact.copy:
        yield {
            "@id": _name(case, fact.citation, fact.sha256, "file"),
            "@type": "uco-observable:FileFacet",
            **({"uco-observable:fileName": _text(fact.given_name)} if fact.given_name else {}),
            **({"uco-observable:filePath": fact.copy} if fact.copy else {}),
        }


def _seal(case: str, seal: SealFact) -> Node:
    return {
        "@id": _name(case, f"seal {seal.number}", seal.sha256),
        "@type": "uco-observable:ObservableObject",
        "uco-core:name": f"seal {seal.number}",
        "uco-core:description": f"seals custody log lines 1 to {seal.lines}, RFC 6962 root {seal.root}",
        "uco-core:objectCreatedTime": _time(seal.at),
        "uco-core:hasFacet": [_content(case, f"seal {seal.number}", seal.sha256)],
    }


def _content(case: str, thing: str, sha256: str) -> Node:
    digest = {
        "@id": _name(case, thing, sha256, "hash"),
        "@type": "uco-types:Hash",
        "uco-types:hashMethod": "SHA256",
        "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": sha256},
    }
    return {
        "@id": _name(case, thing, sha256, "content"),
        "@type": "uco-observable:ContentDataFacet",
        "uco-observable:hash": [digest],
    }


def _withheld(fact: ExhibitFact) -> str:
    return "" if fact.copy else "; its bytes are withheld"


def _record(case: str, fact: ExhibitFact) -> str:
    return _name(case, fact.citation, fact.sha256, "record")


def _performer(case: str, badge: str) -> str:
    return _name(case, "badge", badge)


def _tool(case: str, tool: str) -> str:
    return _name(case, "tool", tool)


def _reference(node: Node) -> Node:
    return {"@id": node["@id"]}


def _time(text: str) -> Node:
    return {"@type": "xsd:dateTime", "@value": text}


def _name(*parts: str) -> str:
    # U+001F parts the parts: no two lists of parts make one name.
    return f"urn:uuid:{uuid.uuid5(_NAMES, chr(31).join(_text(part) for part in parts))}"


def _text(text: str) -> str:
    """Keep words as they are, but for what JSON or RDF cannot hold or a reader cannot see; cut at a bound."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[:_MOST_LETTERS])
