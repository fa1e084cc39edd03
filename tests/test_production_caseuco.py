from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.production_kit import BIN, HOSTILE, facts
from workbench.production import caseuco
from workbench.production.views import Bundle

SUBJECTS = ("Ada Lind", HOSTILE, "")


def _graph(**changes: Any) -> bytes:
    return caseuco.graph(
        Bundle(facts=msgspec.structs.replace(facts(4, HOSTILE), **changes), subjects=SUBJECTS)
    )


def _nodes(data: bytes) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = json.loads(data)["@graph"]
    return nodes


def _validated(data: bytes, folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "graph.jsonld"
    path.write_bytes(data)
    # Without a way out: names and proxies lead nowhere.
    nowhere = {"PATH": str(BIN), "HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    return subprocess.run(
        [BIN / "case_validate", path], capture_output=True, text=True, check=False, env=nowhere
    )


@pytest.mark.slow
def test_the_reference_validator_finds_it_conforms(tmp_path: Path) -> None:
    done = _validated(_graph(), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Conforms: True" in done.stdout
    assert "Results" not in done.stdout


@pytest.mark.slow
def test_the_reference_validator_would_object(tmp_path: Path) -> None:
    done = _validated(_graph().replace(b'"xsd:hexBinary"', b'"xsd:boolean"', 1), tmp_path)
    assert "Conforms: False" in done.stdout


def test_each_exhibit_has_a_record_a_hash_and_the_act_that_brought_it() -> None:
    told, nodes = facts(4), _nodes(_graph())
    records = {
        node["case-investigation:exhibitNumber"]: node for node in nodes if "exhibitNumber" in str(node)
    }
    assert sorted(records) == [one.citation for one in told.exhibits]
    by_name = {node["@id"]: node for node in nodes}
    for one in told.exhibits:
        (thing,) = records[one.citation]["uco-core:object"]
        facets = by_name[thing["@id"]]["uco-core:hasFacet"]
        assert facets[0]["uco-observable:hash"][0]["uco-types:hashValue"]["@value"] == one.sha256
        assert facets[0]["uco-observable:sizeInBytes"]["@value"] == str(one.length)
    first = next(node for node in nodes if node.get("uco-core:name") == "capture-0001")
    assert [one["@id"] for one in first["uco-action:result"]] == [
        records[one.citation]["@id"] for one in told.exhibits if one.source == "capture-0001"
    ]


def test_a_withheld_exhibit_is_there_by_its_hash_only() -> None:
    nodes = _nodes(_graph())
    record = next(node for node in nodes if node.get("case-investigation:exhibitNumber") == "2026-0417-E0002")
    assert record["uco-core:description"].endswith("its bytes are withheld")
    thing = next(node for node in nodes if node.get("uco-core:name") == "2026-0417-E0002")
    assert not any("uco-observable:filePath" in facet for facet in thing["uco-core:hasFacet"])


def test_no_two_things_share_a_name_and_each_name_is_a_uuid() -> None:
    names: list[str] = []

    def gather(value: Any) -> None:
        if isinstance(value, dict):
            if "@type" in value and "@id" in value:
                names.append(value["@id"])
            for inner in value.values():
                gather(inner)
        elif isinstance(value, list):
            for inner in value:
                gather(inner)

    gather(_nodes(_graph()))
    assert len(names) == len(set(names)) > 20
    for name in names:
        assert re.fullmatch(
            r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", name
        )


def test_a_changed_exhibit_is_another_thing() -> None:
    told = facts(4)
    other = msgspec.structs.replace(told.exhibits[0], sha256="0" * 64)
    before, after = (
        next(node["@id"] for node in _nodes(_graph(exhibits=exhibits)) if "hasFacet" in str(node))
        for exhibits in (told.exhibits, (other, *told.exhibits[1:]))
    )
    assert before != after


def test_equal_facts_give_equal_bytes() -> None:
    assert _graph() == _graph()


def test_words_that_json_cannot_hold_become_visible() -> None:
    data = caseuco.graph(Bundle(facts=facts(1), subjects=("half \ud83d\x00\u202e",)))
    assert "half \\ud83d\\u0000\\u202e" in [node.get("uco-core:name") for node in _nodes(data)]
