from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from tests.tsa import Tsa, accepts
from workbench.custody.verify.stamps import MOST_BYTES, check, read_ca

SEAL = b"# workbench-seal/1\n# case 2026-0417\n"
DIGEST = hashlib.sha256(SEAL).hexdigest()


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Tsa:
    return Tsa(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def tsr(tsa: Tsa) -> bytes:
    return tsa.stamp(_query())


def _query(data: bytes = SEAL, algorithm: HashAlgorithm = HashAlgorithm.SHA256) -> bytes:
    return TimestampRequestBuilder(data, algorithm).build().as_bytes()


def test_a_timestamp_of_a_seal_is_checked_up_to_the_given_ca(tsa: Tsa, tsr: bytes) -> None:
    found = check(tsr, DIGEST, [tsa.ca])
    assert (found.problem, found.trusted, found.policy) == ("", True, "1.2.3.4.1")
    assert found.at[:2] == "20"
    assert (len(found.at), found.at[-8:]) == (27, ".000000Z")
    assert found.at in found.words


def test_without_a_ca_only_imprint_and_status_are_checked_and_it_says_so(tsr: bytes) -> None:
    found = check(tsr, DIGEST)
    assert (found.problem, found.trusted) == ("", False)
    assert "no CA was given, so its signature was not checked" in found.words


def test_one_of_several_cas_is_enough_even_where_they_have_one_name(
    tsa: Tsa, tsr: bytes, tmp_path: Path
) -> None:
    assert check(tsr, DIGEST, [Tsa(tmp_path).ca, tsa.ca]).trusted


def test_a_chain_over_a_second_ca_in_the_token_holds(tmp_path: Path) -> None:
    tsa = Tsa(tmp_path, between=True)
    assert check(tsa.stamp(_query()), DIGEST, [tsa.ca]).trusted


def test_another_ca_another_seal_and_a_refusal_are_problems(tsa: Tsa, tsr: bytes, tmp_path: Path) -> None:
    other = check(tsr, DIGEST, [Tsa(tmp_path, "another").ca])
    assert (other.problem, other.trusted) == (
        "the timestamp is not signed by an authority of a given CA",
        False,
    )
    assert other.found == "Verify error: unable to get local issuer certificate"
    moved = check(tsr, hashlib.sha256(b"another seal").hexdigest(), [tsa.ca])
    assert (moved.problem, moved.trusted) == ("the timestamp is of other bytes", False)
    refused = check(tsa.stamp(_query(algorithm=HashAlgorithm.SHA512)), DIGEST, [tsa.ca])
    assert refused.problem == refused.words == "the authority did not grant this timestamp"
    assert refused.found == "status 2: Message digest algorithm is not supported."


def test_an_imprint_by_another_hash_is_of_other_bytes(tmp_path: Path) -> None:
    tsa = Tsa(tmp_path, digests="sha512")
    found = check(tsa.stamp(_query(algorithm=HashAlgorithm.SHA512)), hashlib.sha512(SEAL).hexdigest())
    assert found.problem == "the timestamp is of other bytes"


def test_the_asserted_time_is_covered_by_the_signature(tsa: Tsa, tsr: bytes) -> None:
    at = check(tsr, DIGEST).at
    written = at[:19].translate({ord(c): None for c in "-T:"}).encode() + b"Z"
    assert tsr.count(written) >= 1
    forged = tsr.replace(written, b"20100101000000Z")
    assert check(forged, DIGEST).at == "2010-01-01T00:00:00.000000Z"
    assert (
        check(forged, DIGEST, [tsa.ca]).problem == "the timestamp is not signed by an authority of a given CA"
    )


def test_a_certificate_beside_the_signers_that_cannot_be_read_is_a_problem_and_no_crash(
    tmp_path: Path,
) -> None:
    tsa = Tsa(tmp_path, between=True)
    made = tsa.stamp(_query())
    (beside,) = read_ca((tsa.folder / "between.pem").read_bytes())
    version, unknown = bytes.fromhex("a003020102"), bytes.fromhex("a003020107")
    at = made.index(version, made.index(beside.public_bytes(Encoding.DER)))
    broken = made[:at] + unknown + made[at + len(unknown) :]
    assert check(broken, DIGEST).problem == ""
    found = check(broken, DIGEST, [tsa.ca])
    assert found.problem == "the timestamp is not signed by an authority of a given CA"


def test_it_agrees_with_openssl(tsa: Tsa, tsr: bytes, tmp_path: Path) -> None:
    seal, file, other = tmp_path / "seal.txt", tmp_path / "a.tsr", Tsa(tmp_path)
    seal.write_bytes(SEAL)
    turned = bytes([*tsr[:-1], tsr[-1] ^ 1])
    for made, ca in [(tsr, tsa), (tsr, other), (turned, tsa), (other.stamp(_query(b"else")), other)]:
        file.write_bytes(made)
        assert check(made, DIGEST, [ca.ca]).trusted == accepts(file, seal, ca.ca_file)


@pytest.mark.parametrize("size", [0, 1, MOST_BYTES, MOST_BYTES + 1])
def test_what_is_no_timestamp_is_a_problem(size: int) -> None:
    assert check(b"0" * size, DIGEST).problem in {
        "a timestamp that cannot be read",
        "a timestamp is larger than one can be",
    }


def test_a_ca_file_that_holds_none_is_the_checkers_own_mistake(tsr: bytes) -> None:
    with pytest.raises(ValueError, match="PEM"):
        check(tsr, DIGEST, [b"no certificate"])


@given(st.binary(max_size=2000))
def test_no_bytes_crash_it(data: bytes) -> None:
    assert check(data, DIGEST).problem


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_change_of_a_timestamp_crashes_it_or_moves_what_it_says(
    tsa: Tsa, tsr: bytes, data: st.DataObject
) -> None:
    changed = bytearray(tsr)
    places = st.lists(st.tuples(st.integers(0, len(tsr) - 1), st.integers(0, 255)), min_size=1, max_size=6)
    for place, value in data.draw(places):
        changed[place] = value
    sound, found = check(tsr, DIGEST, [tsa.ca]), check(bytes(changed), DIGEST, [tsa.ca])
    # Some bytes around the signed part may change; what is asserted may not.
    assert found == sound if found.trusted else found.problem
    assert check(bytes(changed[: data.draw(st.integers(0, len(tsr)))]), DIGEST) is not None
