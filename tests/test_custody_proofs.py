from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.custody.proofs import Proof, prove
from workbench.errors import IntegrityError


def tree(raws: Sequence[bytes]) -> bytes:
    """RFC 6962, 2.1, as it is written there."""
    if len(raws) == 1:
        return hashlib.sha256(b"\x00" + raws[0]).digest()
    split = 1 << (len(raws) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + tree(raws[:split]) + tree(raws[split:])).digest()


def path(index: int, raws: Sequence[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1, as it is written there."""
    if len(raws) == 1:
        return []
    split = 1 << (len(raws) - 1).bit_length() - 1
    if index < split:
        return [*path(index, raws[:split]), tree(raws[split:])]
    return [*path(index - split, raws[split:]), tree(raws[:split])]


def subtrees(raws: Sequence[bytes]) -> list[str]:
    """The roots of the complete subtrees, as clause 10.1 says."""
    found, rest = [], list(raws)
    while rest:
        size = 1 << len(rest).bit_length() - 1
        found.append(tree(rest[:size]).hex())
        rest = rest[size:]
    return found


def log_of(folder: Path, count: int, *, every: int = 1000) -> list[bytes]:
    """Write a log of so many lines in segments of ``every`` lines."""
    raws = [b'{"action":"x","at":"now","seq":%d}\n' % seq for seq in range(1, count + 1)]
    (folder / "log").mkdir(parents=True)
    for number, first in enumerate(range(0, count, every), 1):
        (folder / f"log/{number:06d}.jsonl").write_bytes(b"".join(raws[first : first + every]))
    return raws


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 1023, 1024, 1025, 2048, 3073, 5000])
def test_every_proof_is_the_path_of_the_rfc_and_leads_to_its_root(tmp_path: Path, count: int) -> None:
    raws = log_of(tmp_path, count)
    seqs = sorted(
        {1, 2, count // 2, count - 1, count, min(count, 1024), min(count, 1025)} & {*range(1, count + 1)}
    )
    found = prove(tmp_path, seqs, count)
    assert [each.line for each in found] == [raws[seq - 1] for seq in seqs]
    assert [list(each.siblings) for each in found] == [path(seq - 1, raws) for seq in seqs]
    assert {each.root() for each in found} == {tree(raws)}


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_lines_of_a_longer_log_are_proved_to_an_earlier_count(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    count = data.draw(st.integers(1, 3000))
    sealed = data.draw(st.integers(1, count))
    seqs = data.draw(st.lists(st.integers(1, sealed), min_size=1, max_size=4))
    folder = tmp_path_factory.mktemp("log")
    raws = log_of(folder, count, every=data.draw(st.integers(1, 4000)))
    found = prove(folder, seqs, sealed)
    assert [each.seq for each in found] == seqs
    assert {each.root() for each in found} == {tree(raws[:sealed])}


def test_what_the_seals_say_is_not_read_again(tmp_path: Path) -> None:
    raws = log_of(tmp_path, 5000)
    known = [(count, subtrees(raws[:count])) for count in (4096, 4608, 5000)]
    whole = prove(tmp_path, [4700], 5000)
    # The first stripes' bytes are overwritten: whoever read them would come to another root.
    for name in ("000001", "000002"):
        segment = tmp_path / f"log/{name}.jsonl"
        segment.write_bytes(segment.read_bytes().replace(b'"now"', b'"new"'))
    assert prove(tmp_path, [4700], 5000, known) == whole
    assert whole[0].root() == tree(raws) != prove(tmp_path, [4700], 5000)[0].root()


def test_a_second_process_reads_the_same(tmp_path: Path) -> None:
    log_of(tmp_path, 9000)
    assert prove(tmp_path, [3, 8999], 9000, processes=2) == prove(tmp_path, [3, 8999], 9000, processes=1)


def test_a_second_process_that_cannot_start_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_of(tmp_path, 9000)
    expected = prove(tmp_path, [3, 8999], 9000, processes=1)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    assert prove(tmp_path, [3, 8999], 9000, processes=2) == expected


def test_a_log_that_is_shorter_than_sealed_is_told(tmp_path: Path) -> None:
    log_of(tmp_path, 2000)
    with pytest.raises(IntegrityError) as told:
        prove(tmp_path, [3], 2500)
    assert told.value.expected == "2500 lines"
    with pytest.raises(IntegrityError):
        prove(tmp_path, [2001], 2000)


def test_a_proof_that_was_tampered_with_does_not_lead_to_the_root(tmp_path: Path) -> None:
    raws = log_of(tmp_path, 100)
    good = prove(tmp_path, [41], 100)[0]
    swapped = (good.siblings[1], good.siblings[0], *good.siblings[2:])
    forged = [
        Proof(seq=41, size=100, line=raws[41], siblings=good.siblings),
        Proof(seq=41, size=100, line=good.line, siblings=swapped),
        Proof(seq=42, size=100, line=good.line, siblings=good.siblings),
        Proof(seq=40, size=100, line=good.line, siblings=good.siblings),
    ]
    assert tree(raws) not in {each.root() for each in forged}
    for siblings in (good.siblings[:-1], (*good.siblings, good.siblings[0])):
        with pytest.raises(IntegrityError):
            Proof(seq=41, size=100, line=good.line, siblings=siblings).root()
    with pytest.raises(IntegrityError):
        Proof(seq=41, size=41, line=good.line, siblings=good.siblings).root()
