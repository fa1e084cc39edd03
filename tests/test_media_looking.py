"""The child that decodes: confined, asked, lost and started again; no file brings down who asks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.media_kit import film, gps, photo
from workbench.errors import StorageError
from workbench.media import child, looking
from workbench.media.facts import Answer, Job, Limits

PHOTO = photo(gps=gps())
JOB = Job(media_type="image/jpeg", data=PHOTO)


@pytest.fixture
def worker() -> looking.Worker:
    return looking.Worker()


def _why(answer: Answer) -> list[tuple[str, str]]:
    return [(said.kind, said.found) for said in answer.look.problems]


def test_the_child_answers_what_it_would_answer_here(worker: looking.Worker, tmp_path: Path) -> None:
    assert worker.ask(JOB) == child.answer(JOB)
    film_job = Job(media_type="video/mp4", data=film(2))
    assert worker.ask(film_job) == child.answer(film_job)
    stretch = tmp_path / "a"
    stretch.write_bytes(b"before" + PHOTO + b"behind")
    within = Job(media_type="image/jpeg", path=str(stretch), offset=6, length=len(PHOTO))
    assert worker.ask(within) == worker.ask(JOB)
    worker.close()


def test_a_film_within_a_file_is_read_as_one_alone(tmp_path: Path) -> None:
    data = film(2)
    path = tmp_path / "a"
    path.write_bytes(b"before" + data + b"behind")
    within = Job(media_type="video/mp4", path=str(path), offset=6, length=len(data))
    assert child.answer(within) == child.answer(Job(media_type="video/mp4", data=data))


def test_thumbnails_and_what_becomes_none(worker: looking.Worker) -> None:
    asked = Job(media_type="image/jpeg", data=PHOTO, edge=32)
    assert worker.ask(asked).picture.startswith(b"\xff\xd8\xff")
    broken = worker.ask(Job(media_type="image/jpeg", data=PHOTO[:200], edge=32))
    assert (broken.picture, len(broken.look.problems)) == (b"", 1)
    worker.close()


def test_a_child_that_was_ended_between_two_files_costs_neither(worker: looking.Worker) -> None:
    assert worker.ask(JOB).look.phash
    process = worker._process
    assert process is not None
    process.kill()
    process.wait()
    assert worker.ask(JOB).look.phash
    worker.close()


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("head -c 4 >/dev/null; kill -SEGV $$", "the decoder was ended by signal 11"),
        ("head -c 4 >/dev/null; exit 3", "the decoder ended with 3"),
        (
            "head -c 4 >/dev/null; printf '\\000\\000\\000\\002xx'; cat >/dev/null",
            "an answer that cannot be read",
        ),
    ],
)
def test_a_codec_that_crashes_becomes_a_problem(
    worker: looking.Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, why: str
) -> None:
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\nprintf '\\000\\000\\000\\000'\n{program}\n", encoding="ascii")
    fake.chmod(0o700)
    with monkeypatch.context() as crashing:
        crashing.setattr(sys, "executable", str(fake))
        assert _why(worker.ask(JOB)) == [("refused", why)]
    assert worker.ask(JOB).look.phash
    worker.close()


@pytest.mark.parametrize(
    ("program", "why"), [("exit 7", "the decoder ended with 7"), ("", "Permission denied")]
)
def test_a_decoder_that_does_not_start_is_no_fault_of_the_file(
    worker: looking.Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, why: str
) -> None:
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\n{program}\n", encoding="ascii")
    fake.chmod(0o700 if program else 0o600)
    monkeypatch.setattr(sys, "executable", str(fake))
    with pytest.raises(StorageError, match="does not start") as raised:
        worker.ask(JOB)
    assert raised.value.found == why


def test_a_codec_that_hangs_is_ended_and_the_next_file_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "never")  # opening it waits for a writer that does not come
    worker = looking.Worker(Limits(picture_seconds=0.2))
    hanging = Job(media_type="image/jpeg", path=str(tmp_path / "never"), length=9)
    assert _why(worker.ask(hanging)) == [("refused", "no answer within 0.2 s")]
    assert worker._process is None
    patient = looking.Worker()
    assert patient.ask(JOB).look.phash
    patient.close()


def test_an_answer_longer_than_it_may_be_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "python"
    fake.write_text(
        "#!/bin/sh\nprintf '\\000\\000\\000\\000\\377\\377\\377\\377'; cat /dev/zero\n", encoding="ascii"
    )
    fake.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(fake))
    worker = looking.Worker(Limits(answer=1000))
    assert _why(worker.ask(JOB)) == [("refused", "an answer longer than it may be")]


def test_a_confined_process_has_no_room_and_writes_nothing(tmp_path: Path) -> None:
    program = f"""
from workbench.media.child import confine
from workbench.media.facts import Limits
confine(Limits(memory=64 * 2**20))
try:
    bytearray(256 * 2**20)
except MemoryError:
    print("no room")
try:
    with open({str(tmp_path / "a")!r}, "wb") as file:
        file.write(b"x")
except OSError:
    print("no writing")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    expected = ["no room", "no writing"] if Path("/proc/self/statm").exists() else ["no writing"]
    assert [line for line in done.stdout.splitlines() if line in expected] == expected


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_the_child_sees_no_secret_of_the_environment(
    worker: looking.Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", "agent.sock")
    monkeypatch.setenv("WORKBENCH_TOKEN", "secret")
    worker.ask(JOB)
    assert worker._process is not None
    seen = Path(f"/proc/{worker._process.pid}/environ").read_bytes()
    assert b"SSH_AUTH_SOCK" not in seen
    assert b"secret" not in seen
    worker.close()


def test_a_pool_that_is_closed_lets_nobody_wait_for_a_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "never")
    pool = looking.Pool(workers=1)
    assert pool.submit(JOB).result().look.phash
    hanging = pool.submit(Job(media_type="image/jpeg", path=str(tmp_path / "never"), length=9))
    behind = pool.submit(JOB)
    pool.close()
    assert hanging.cancelled() or _why(hanging.result()) == [("refused", "the decoder was ended by signal 9")]
    assert behind.cancelled()


def test_a_pool_answers_in_the_order_asked_and_starts_nothing_unasked() -> None:
    pool = looking.Pool(workers=2)
    assert pool._all == []
    seeds = [photo(gps=gps()), photo(), PHOTO[:100]]
    waiting = [pool.submit(Job(media_type="image/jpeg", data=data)) for data in seeds * 3]
    found = [len(future.result().look.spots) for future in waiting]
    assert found == [1, 0, 0] * 3
    pool.close()
    assert pool._all == []


def test_slow_files_of_one_source_share_their_time() -> None:
    limits = Limits(slow_seconds=10.0)
    budget = looking.Budget(limits)
    budget.spend(JOB, 1.9)  # what is fair costs nothing
    budget.spend(Job(media_type="video/mp4"), 59.0)
    budget.spend(JOB, limits.picture_fair + 9.0)
    assert budget.left()
    budget.spend(Job(media_type="video/mp4"), limits.film_fair + 2.0)
    assert not budget.left()


def test_what_comes_after_that_time_is_named_and_not_looked_at() -> None:
    budget = looking.Budget(Limits(slow_seconds=0.0))
    with looking.Pool(workers=1) as pool:
        late, other = pool.submit(JOB, budget).result(), pool.submit(JOB).result()
    assert _why(late) == [("refused", "not looked at: that time is used up")]
    assert late.look.notes == ("not looked at: the time for its source is used up",)
    assert (late.look.phash, bool(other.look.phash)) == ("", True)


@pytest.mark.parametrize(
    ("media_type", "data"),
    [
        ("image/jpeg", b"\xff\xd8\xff"),
        ("image/gif", b"GIF89a/*" + bytes(20)),
        ("image/heic", b"\0\0\0\x10ftypheic" + bytes(4) + b"no box" * 50),
        ("image/png", PHOTO),
        ("video/mp4", b"\0\0\0\x10ftypisom" + bytes(4) + b"no box" * 50),
        ("video/x-flv", b"FLV\x01"),
        ("audio/ogg", b"OggS" + bytes(100)),
    ],
)
def test_what_is_said_of_a_broken_file_does_not_depend_on_where_it_lies(
    tmp_path: Path, media_type: str, data: bytes
) -> None:
    here = child.answer(Job(media_type=media_type, data=data))
    assert here.look.problems
    for name in ("one", "an <other>"):
        path = tmp_path / name
        path.write_bytes(data)
        there = child.answer(Job(media_type=media_type, path=str(path), length=len(data)))
        assert there == here
    assert not [why for _, why in _why(here) if "/" in why or "0x" in why or "MPO" in why]
