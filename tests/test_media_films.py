"""Films: key frames where the picture changes, length, place; bounded, whatever the film's length."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Iterator

import imagehash
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.media_kit import drawing, film
from workbench.media import films, kinds, looking
from workbench.media.facts import Gathered, Job, Limits

FILM = film(3)


def look(data: bytes, limits: Limits | None = None) -> Gathered:
    media_type = kinds.media_type(data[: kinds.HEAD])
    return films.look(io.BytesIO(data), len(data), media_type, limits or Limits())


def test_each_scene_has_a_key_frame_with_the_hash_of_its_picture() -> None:
    found = look(FILM)
    assert (found.width, found.height, found.duration, found.problems) == (96, 64, 3.0, [])
    assert [frame.at for frame in found.frames] == [0.0, 1.0, 2.0]
    for number, frame in enumerate(found.frames):
        drawn = int(str(imagehash.phash(drawing(seed=number))), 16)
        assert (int(frame.phash, 16) ^ drawn).bit_count() <= 6
    assert found.notes == ["key frames: 3 decoded, 3 kept"]


@pytest.mark.parametrize(
    ("form", "codec", "media_type"),
    [
        ("mp4", "mpeg4", "video/mp4"),
        ("mov", "mpeg4", "video/quicktime"),
        ("matroska", "mpeg4", "video/webm"),
        ("avi", "mpeg4", "video/x-msvideo"),
        ("asf", "mpeg4", "video/x-ms-asf"),
        ("flv", "flv", "video/x-flv"),
        ("mpegts", "mpeg2video", "video/mp2t"),
    ],
)
def test_each_container(form: str, codec: str, media_type: str) -> None:
    data = film(2, form=form, codec=codec)
    assert kinds.media_type(data[: kinds.HEAD]) == media_type
    found = look(data)
    assert (found.width, len(found.frames), found.problems) == (96, 2, [])


def test_one_scene_is_one_key_frame_however_long() -> None:
    found = look(film(1, seconds=8))
    assert [frame.at for frame in found.frames] == [0.0]
    assert found.notes == ["key frames: 8 decoded, 1 kept"]


def test_a_long_film_is_sought_through(monkeypatch: pytest.MonkeyPatch) -> None:
    data = film(6, seconds=2)
    whole = look(data)
    monkeypatch.setattr(films, "_READ_THROUGH", 5.0)
    assert look(data).frames == whole.frames
    few = look(data, Limits(candidates=3))
    assert [frame.at for frame in few.frames] == [0.0, 4.0, 8.0]


def test_more_scenes_than_the_limit_are_thinned_evenly() -> None:
    found = look(film(6), Limits(frames=3))
    assert [frame.at for frame in found.frames] == [0.0, 2.0, 4.0]
    assert found.notes[-1] == "thinned evenly from 6 scenes"


def test_more_pixels_than_the_limit_are_not_decoded() -> None:
    found = look(FILM, Limits(pixels=1000))
    assert (found.width, found.frames) == (96, [])
    assert [(issue.kind, issue.found) for issue in found.problems] == [("refused", "96 by 64")]


def test_the_words_of_a_container_are_assumed_to_be_utc() -> None:
    found = look(film(1, form="matroska", metadata={"creation_time": "2024-05-06T07:08:09Z"}))
    assert found.taken is not None
    assert (found.taken.basis, found.taken.utc) == ("assumed", 1_714_979_289_000_000)


def test_a_sound_has_a_length_and_no_frames() -> None:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16_000))
    found = look(stream.getvalue())
    assert (found.duration, found.frames, found.width, found.problems) == (1.0, [], None, [])


def test_a_film_is_shown_as_its_matrix_turns_it() -> None:
    # 14496-12, 8.3.2: the last 9 words before width and height are the matrix; here a quarter turn.
    place = FILM.index(b"tkhd") + 4 + 40
    quarter = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 64 * 0x10000, 0, 0x40000000)
    turned = look(FILM[:place] + quarter + FILM[place + 36 :])
    assert (turned.width, turned.height) == (64, 96)
    clockwise = drawing(seed=0).rotate(-90, expand=True)
    drawn = int(str(imagehash.phash(clockwise)), 16)
    assert (int(turned.frames[0].phash, 16) ^ drawn).bit_count() <= 6


def test_a_cut_film_says_that_it_is_cut() -> None:
    found = look(FILM[: len(FILM) // 2])
    assert "truncated" in {issue.kind for issue in found.problems}


def test_nothing_in_a_film_leads_elsewhere() -> None:
    playlist = b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/secret.ts\n"
    assert kinds.media_type(playlist) == ""
    found = films.look(io.BytesIO(playlist), len(playlist), "video/mp4")
    assert found.frames == []
    assert found.problems


def test_no_other_demuxer_than_the_one_its_bytes_show_opens_a_film() -> None:
    """Some demuxers follow addresses that a file names; so none is guessed."""
    other = film(2, form="matroska")
    assert films.look(io.BytesIO(other), len(other), "video/webm").frames
    found = films.look(io.BytesIO(other), len(other), "video/mp4")
    assert found.frames == []
    assert found.problems


@pytest.mark.parametrize("form", ["mp4", "matroska", "mpegts"])
def test_a_thumbnail_at_a_key_frame_shows_that_scene(form: str) -> None:
    data = film(4, rate=30, form=form, codec="mpeg2video" if form == "mpegts" else "mpeg4")
    media_type = kinds.media_type(data[: kinds.HEAD])
    found = look(data)
    assert [round(frame.at) for frame in found.frames] == [0, 1, 2, 3]
    for frame in found.frames:
        small = Image.open(io.BytesIO(films.thumbnail(io.BytesIO(data), media_type, 96, frame.at)))
        shown = int(str(imagehash.phash(small)), 16)
        assert (int(frame.phash, 16) ^ shown).bit_count() <= 6


def test_a_stream_whose_clock_began_long_ago_is_read_from_its_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = film(4, form="mpegts", codec="mpeg2video")
    whole = look(data)
    assert [frame.at for frame in whole.frames] == [0.0, 1.0, 2.0, 3.0]
    monkeypatch.setattr(films, "_READ_THROUGH", 1.0)
    assert look(data).frames == whole.frames


@pytest.fixture(scope="module")
def worker() -> Iterator[looking.Worker]:
    made = looking.Worker()  # so that what a codec does over such bytes, it does to a child
    yield made
    made.close()


@pytest.mark.parametrize("media_type", sorted(kinds.FILMS))
@settings(max_examples=15, deadline=None)
@given(data=st.binary(max_size=600))
def test_any_bytes_are_a_film_or_a_problem(worker: looking.Worker, media_type: str, data: bytes) -> None:
    found = worker.ask(Job(media_type=media_type, data=data)).look
    assert all(frame.at >= 0 for frame in found.frames)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**20), st.binary(min_size=1, max_size=8))
def test_damage_anywhere_is_borne(worker: looking.Worker, place: int, damage: bytes) -> None:
    place %= len(FILM)
    data = FILM[:place] + damage + FILM[place + len(damage) :]
    found = worker.ask(Job(media_type="video/mp4", data=data)).look
    assert len(found.frames) <= 32
