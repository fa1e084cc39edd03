"""The tree against RFC 6962 §2.1 as it is written: split at the largest power of two, recursively."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.custody.merkle import EMPTY, Compact

LINES = st.lists(st.binary(max_size=8), max_size=70)


def by_the_rfc(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + by_the_rfc(leaves[:split]) + by_the_rfc(leaves[split:])).digest()


@given(LINES)
def test_the_root_is_that_of_the_rfc(lines: list[bytes]) -> None:
    tree = Compact()
    tree.extend(lines)
    assert tree.root() == by_the_rfc(lines)
    assert len(tree.hashes) == len(lines).bit_count()


@given(LINES, LINES)
def test_going_on_from_the_subtrees_is_the_same_as_beginning_anew(
    first: list[bytes], more: list[bytes]
) -> None:
    tree = Compact()
    tree.extend(first)
    onward = Compact(tree.size, tree.hashes)
    onward.extend(more)
    assert onward.root() == by_the_rfc(first + more)


def test_the_published_vectors_of_certificate_transparency() -> None:
    # The inputs and roots of the reference implementation's tests (certificate-transparency, merkletree).
    inputs = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    tree = Compact()
    assert tree.root() == EMPTY
    tree.extend([bytes.fromhex(inputs[0])])
    assert tree.root().hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    tree.extend(map(bytes.fromhex, inputs[1:]))
    assert tree.root().hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_subtrees_that_do_not_fit_the_count_are_refused() -> None:
    with pytest.raises(ValueError, match="3 lines have 2 complete subtrees, not 1"):
        Compact(3, [EMPTY])
