"""Videos and sounds, in the child: length, size, creation time, place, key frames. Decoded by PyAV (FFmpeg).

FFmpeg is told which demuxer to use and given a file object, so that nothing in a file leads it to another file
or to the network. A film is never decoded whole: of its video track, frames that the encoder wrote as key
frames are decoded, at most ``limits.candidates`` of them, spread over its length. A candidate becomes a key
frame where its perceptual hash differs from the last one's in more than ``_SAME`` of 64 bits: a change of scene.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from workbench import times
from workbench.media import boxes, pictures
from workbench.media.facts import LIMITS, Frame, Gathered, Limits
from workbench.media.kinds import BOXED, FILMS
from workbench.rows import Moment

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from PIL.Image import Image

_SAME: Final = 10
_STEP: Final = 0.5
"""Seconds that lie at least between two candidates."""
_READ_THROUGH: Final = 600.0
"""Seconds: longer films are sought through, shorter ones read from end to end."""
_ROUNDING: Final = 0.001
"""Seconds: the times of key frames are rounded, and are to find the frame itself again."""
_BACK: Final = (0.0, 10.0, 60.0)
_PACKETS: Final = 400_000
_COVER: Final = 0x400  # AV_DISPOSITION_ATTACHED_PIC: a cover is no film


def look(file: BinaryIO, length: int, media_type: str, limits: Limits = LIMITS) -> Gathered:
    """Read one video or sound; what cannot be read is among the problems."""
    found = Gathered(limits)
    if media_type in BOXED:
        boxes.read(found, file, length)
    file.seek(0)
    container = found.attempt("film", media_type, lambda: opened(file, media_type), None)
    if container is not None:
        with container:
            found.attempt("film", "tracks", lambda: _read(found, container, media_type), None)
    return found


def opened(file: BinaryIO, media_type: str) -> InputContainer:
    """Open a film with the one demuxer that its bytes show."""
    import av  # noqa: PLC0415 - only where there are films

    av.logging.set_level(None)
    return av.open(file, mode="r", format=FILMS[media_type], metadata_errors="replace")


def _read(found: Gathered, container: InputContainer, media_type: str) -> None:
    if container.duration is not None and container.duration > 0:
        found.duration = container.duration / 1_000_000
    if media_type not in BOXED:
        _said(found, container.metadata)
    stream = _picture_track(container)
    if stream is None:
        if media_type.startswith("video/"):
            found.notes.append("no picture track that can be decoded")
        return
    found.width, found.height = stream.width or None, stream.height or None
    if (stream.width or 0) * (stream.height or 0) > found.limits.pixels:
        expected = f"at most {found.limits.pixels} pixels"
        found.problem("refused", "film", expected=expected, found=f"{stream.width} by {stream.height}")
        return
    found.attempt("key frames", "frames that decode", lambda: _frames(found, container, stream), None)


def _said(found: Gathered, metadata: dict[str, str]) -> None:
    """Take a container's tags; Matroska's DateUTC and others' creation times come as ``creation_time``."""
    found.fields += len(metadata)
    created = found.clean(metadata.get("creation_time", ""))
    moment = times.iso(created) if created else None
    if moment is not None:
        # Muxers write a Z whatever clock they had: it is their word, not a zone that somebody stated.
        found.taken = Moment(moment.raw, moment.utc, "assumed" if moment.utc is not None else "ambiguous")
    found.say("software", metadata.get("encoder", ""))


def _picture_track(container: InputContainer) -> VideoStream | None:
    tracks = (one for one in container.streams.video if not one.disposition.value & _COVER)
    # A track of a codec that this FFmpeg does not have comes without a context.
    return next((one for one in tracks if getattr(one, "codec_context", None) is not None), None)


def _frames(found: Gathered, container: InputContainer, stream: VideoStream) -> None:
    stream.codec_context.thread_count = 1  # so that a frame comes out before the next packet goes in
    kept: list[Frame] = []
    seen = 0
    for at, picture in _pictures(found, container, stream):
        seen += 1
        if seen == 1:
            found.width, found.height = picture.size
        phash, _ = pictures.hashes(picture)
        if not kept or _differs(kept[-1].phash, phash):
            kept.append(Frame(at=at, phash=phash))
    limits = found.limits
    found.frames = _thinned(kept, limits.frames)
    found.notes.append(f"key frames: {seen} decoded, {len(found.frames)} kept")
    if len(kept) > limits.frames:
        found.notes.append(f"thinned evenly from {len(kept)} scenes")
    if not seen:
        found.problem("bad-value", "key frames", expected="a frame that decodes", found="none")


def _differs(before: str, phash: str) -> bool:
    if not before or not phash:
        return before != phash
    return (int(before, 16) ^ int(phash, 16)).bit_count() > _SAME


def _thinned(kept: list[Frame], most: int) -> list[Frame]:
    if len(kept) <= most:
        return kept
    return [kept[number * len(kept) // most] for number in range(most)]


def _pictures(
    found: Gathered, container: InputContainer, stream: VideoStream
) -> Iterator[tuple[float, Image]]:
    """Yield seconds and grey picture of each candidate; a frame that does not decode is named and passed over."""
    first = _start(stream)
    for packet in itertools.islice(_candidates(found, container, stream), found.limits.candidates):
        frame = found.attempt("key frames", "a frame that decodes", lambda: _decoded(stream, packet), None)  # noqa: B023 - called at once
        if frame is not None:
            # A decoder that is drained may forget a frame's time; the packet has it.
            yield round(max(0.0, _seconds(packet, first) or 0.0), 3), _shown(frame).convert("L")


def _candidates(found: Gathered, container: InputContainer, stream: VideoStream) -> Iterator[Packet[Any]]:
    duration = found.duration or 0.0
    step = max(_STEP, duration / found.limits.candidates)
    if duration > _READ_THROUGH:
        yield from _sought(container, stream, step, found.limits.candidates)
        return
    following, first = 0.0, _start(stream)
    for packet in itertools.islice(container.demux(stream), _PACKETS):
        at = _seconds(packet, first)
        if packet.is_keyframe and packet.size and (at is None or at >= following):
            yield packet
            following = (at if at is not None else following) + step


def _sought(
    container: InputContainer, stream: VideoStream, step: float, candidates: int
) -> Iterator[Packet[Any]]:
    last = None
    for number in range(candidates):
        if number:  # a seek to the beginning may go past it, where a container has no index
            _seek(container, stream, number * step)
        packets = itertools.islice(container.demux(stream), _PACKETS // candidates)
        packet = next((one for one in packets if one.is_keyframe and one.size), None)
        if packet is not None and packet.pts != last:
            last = packet.pts
            yield packet


def _seek(container: InputContainer, stream: VideoStream, at: float) -> None:
    """Go to the key frame at or before ``at`` seconds from the beginning."""
    container.seek(int((at + _start(stream)) * 1_000_000), backward=True)


def _start(stream: VideoStream) -> float:
    """Give the seconds at which a track's own clock begins: of broadcast streams, any."""
    return float(stream.start_time * stream.time_base) if stream.start_time and stream.time_base else 0.0


def _seconds(packet: Packet[Any], first: float) -> float | None:
    time = packet.pts if packet.pts is not None else packet.dts
    return float(time * packet.time_base) - first if time is not None and packet.time_base else None


def _decoded(stream: VideoStream, packet: Packet[Any]) -> VideoFrame | None:
    """Decode one key frame alone: the decoder is drained and emptied each time."""
    context: Any = stream.codec_context
    frames = context.decode(packet) or context.decode(None)
    context.flush_buffers()
    return frames[0] if frames else None


def _shown(frame: VideoFrame) -> Image:
    """Give a frame as it is shown: its display matrix applied."""
    picture: Image = frame.to_image()  # type: ignore[no-untyped-call]
    return picture.rotate(frame.rotation, expand=True) if frame.rotation else picture


def thumbnail(
    file: BinaryIO, media_type: str, edge: int, at: float, write: pictures.Write = pictures.small
) -> bytes:
    """Give the key frame at or before ``at`` seconds, at most ``edge`` pixels a side, without metadata.

    Raises ValueError where no frame decodes, or whatever PyAV does.
    """
    with opened(file, media_type) as container:
        stream = _picture_track(container)
        if stream is None:
            raise ValueError("no picture track that can be decoded")
        stream.codec_context.thread_count = 1
        packet = _key_packet(container, stream, at + _ROUNDING)
        frame = _decoded(stream, packet) if packet is not None else None
        if frame is not None:
            return write(_shown(frame), edge)
    raise ValueError("no frame that decodes")


def _key_packet(container: InputContainer, stream: VideoStream, until: float) -> Packet[Any] | None:
    """Find the last key frame up to so many seconds.

    Where a container has no index a seek may go too far: then from further back.
    """
    first = _start(stream)
    for place in (*(max(0.0, until - back) for back in _BACK), -first):
        if until > _ROUNDING or place <= 0:  # the beginning is where it stands already
            _seek(container, stream, place)
        found = None
        for packet in itertools.islice(container.demux(stream), _PACKETS):
            if packet.is_keyframe and packet.size:
                at = _seconds(packet, first)
                if at is not None and at > until:
                    break
                found = packet
        if found is not None:
            return found
    return None
