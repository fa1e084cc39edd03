"""Pictures, in the child: size as shown, perceptual hashes, EXIF, XMP, thumbnails. Decoded by Pillow.

``phash`` is ImageHash's: the grey picture as 32 by 32, a discrete cosine transform, and which of the 64 lowest
frequencies exceed their median (Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash
Functions"). ``dhash`` is which of 8 by 9 neighbours is brighter. JPEG is decoded at a half to an eighth of its
size where that still leaves 256 pixels, as fast as it can be; a hash of the full size may differ in one or two bits.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final

from workbench.media import exif, xmp
from workbench.media.facts import LIMITS, Gathered, Limits
from workbench.media.kinds import PICTURES

if TYPE_CHECKING:
    from PIL.Image import Image

CELLS: Final = 4
"""Cells a side, at most, of a blurred picture."""
_DRAFT: Final = 256
_FLAT: Final = 3
_TURNED: Final = range(5, 9)
_ORIENTATION: Final = 0x0112
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825


def look(file: BinaryIO, media_type: str, limits: Limits = LIMITS) -> Gathered:
    """Read one picture; what cannot be read is among the problems."""
    found = Gathered(limits)
    with _quiet():
        picture = found.attempt("picture", media_type, lambda: opened(file, media_type), None)
        if picture is not None:
            with picture:
                _read(found, picture)
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """Let the limit on pixels be ours, and Pillow silent of what the problems say."""
    from PIL import Image  # noqa: PLC0415 - only where there are pictures

    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def opened(file: BinaryIO, media_type: str) -> Image:
    """Open a picture as the one format that its bytes show."""
    from PIL import Image  # noqa: PLC0415 - only where there are pictures

    if media_type in {"image/heic", "image/heif"}:
        import pillow_heif  # noqa: PLC0415 - only where there are such

        pillow_heif.register_heif_opener(thumbnails=False)
    return Image.open(file, formats=PICTURES[media_type])


def _read(found: Gathered, picture: Image) -> None:
    fits = picture.width * picture.height <= found.limits.pixels
    # What a PNG says may stand behind its pixels, so Pillow decodes it before it tells.
    late = picture.format == "PNG"
    if late and fits:
        fits = found.attempt(
            "picture", "a whole picture", lambda: picture.load() is not None, otherwise=False
        )
    elif not fits:
        expected, shown = f"at most {found.limits.pixels} pixels", f"{picture.width} by {picture.height}"
        found.problem("refused", "picture", expected=expected, found=shown)
    asks = fits or not late or "exif" in picture.info
    turned = found.attempt("exif", "EXIF", lambda: _metadata(found, picture, asks=asks), otherwise=False)
    width, height = picture.size
    found.width, found.height = (height, width) if turned else (width, height)
    if getattr(picture, "n_frames", 1) > 1 and picture.format in {"GIF", "WEBP", "PNG", "AVIF"}:
        found.notes.append("a moving picture, of which the first frame is read")
    if fits:
        found.attempt("picture", "a whole picture", lambda: _hashes(found, picture), None)


def _metadata(found: Gathered, picture: Image, *, asks: bool) -> bool:
    """Take EXIF (``asks``: it can be had without decoding) and XMP; say whether the sides are shown exchanged."""
    packet = picture.info.get("xmp")
    turned = False
    if asks:
        base = picture.getexif()
        # The size of a TIFF is given as it is shown already.
        turned = base.get(_ORIENTATION) in _TURNED and picture.format != "TIFF"
        exif.read(found, base, base.get_ifd(_EXIF_IFD), base.get_ifd(_GPS_IFD))
    if packet:
        xmp.read(found, packet.encode() if isinstance(packet, str) else bytes(packet))
    return turned


def _hashes(found: Gathered, picture: Image) -> None:
    from PIL import ImageOps  # noqa: PLC0415 - only where there are pictures

    picture.draft("L", (_DRAFT, _DRAFT))
    grey = ImageOps.exif_transpose(_shallow(picture).convert("L"))
    found.phash, found.dhash = hashes(grey)
    if not found.phash:
        found.notes.append("of one colour: no perceptual hash")


def _shallow(picture: Image) -> Image:
    """Give a grey picture of 16 or 32 bits with 8, which Pillow would do by cutting off all that is above 255.

    Of 16 bits the upper 8 are taken; numbers of 32 bits have no white of their own: they are stretched from the darkest
    to the brightest.
    """
    if not picture.mode.startswith(("I", "F")):
        return picture
    import numpy as np  # noqa: PLC0415 - only for such pictures
    from PIL import Image  # noqa: PLC0415 - only where there are pictures

    held = np.asarray(picture)
    if held.dtype.itemsize == 2:
        grey = (held >> 8).astype(np.uint8)
    else:
        plain = np.nan_to_num(held.astype(np.float32), posinf=0, neginf=0)
        ends = (plain.min(), max(plain.max(), plain.min() + 1e-6))
        grey = np.interp(plain, ends, (0, 255)).astype(np.uint8)
    shallow = Image.fromarray(grey)
    shallow.info = picture.info
    return shallow


def hashes(grey: Image) -> tuple[str, str]:
    """Give phash and dhash of a picture; empty where it is of one colour, since only noise would decide."""
    import imagehash  # noqa: PLC0415 - it brings numpy and scipy

    low, high = grey.convert("L").resize((32, 32)).getextrema()
    if not isinstance(low, int | float) or not isinstance(high, int | float) or high - low < _FLAT:
        return "", ""
    return str(imagehash.phash(grey)), str(imagehash.dhash(grey))


def small(picture: Image, edge: int) -> bytes:
    """Write a picture anew, at most ``edge`` pixels a side: PNG where it is transparent, else JPEG."""
    clear = picture.has_transparency_data
    shrunk = picture.convert("RGBA" if clear else "RGB")
    shrunk.thumbnail((edge, edge))
    return _written(shrunk, clear=clear)


def blurred(picture: Image, edge: int) -> bytes:
    """Write a picture anew as a JPEG of at most ``edge`` pixels a side, on which nothing can be made out.

    All that is left of it is the mean colour of at most ``CELLS`` by ``CELLS`` cells, with soft passages between them:
    nothing finer can be won back from these bytes. Faces that are known are still recognised in 7 by 10 cells
    (Sinha, Balas, Ostrovsky and Russell 2006, "Face Recognition by Humans: Nineteen Results", result 1), so there
    are far fewer. What is transparent is taken for grey, so that no outline is left either.
    """
    from PIL import Image  # noqa: PLC0415 - only where there are pictures

    clear = picture.convert("RGBA")
    clear.thumbnail((edge, edge))
    flat = Image.new("RGBA", clear.size, (128, 128, 128, 255))
    flat.alpha_composite(clear)
    longer = max(clear.size)
    few = tuple(max(1, round(CELLS * side / longer)) for side in clear.size)
    cells = flat.convert("RGB").resize((few[0], few[1]), Image.Resampling.BOX)
    return _written(cells.resize(clear.size, Image.Resampling.BILINEAR), clear=False)


Write = Callable[["Image", int], bytes]
"""Writes a picture anew, at most so many pixels a side."""


def thumbnail(
    file: BinaryIO, media_type: str, edge: int, limits: Limits = LIMITS, write: Write = small
) -> bytes:
    """Give a picture of at most ``edge`` pixels a side, turned as it is shown, without any metadata.

    Raises whatever Pillow does over bytes that it cannot read; the child says it.
    """
    from PIL import ImageOps  # noqa: PLC0415 - only where there are pictures

    with _quiet(), opened(file, media_type) as picture:
        if picture.width * picture.height > limits.pixels:
            raise ValueError(f"{picture.width} by {picture.height} is more than {limits.pixels} pixels")
        picture.draft("RGB", (2 * edge, 2 * edge))
        return write(ImageOps.exif_transpose(_shallow(picture)), edge)


def _written(picture: Image, *, clear: bool) -> bytes:
    from PIL import Image  # noqa: PLC0415 - only where there are pictures

    # A new picture: what Pillow remembers of the old one (comments, profiles, EXIF) stays behind.
    fresh = Image.new(picture.mode, picture.size)
    fresh.paste(picture)
    written = io.BytesIO()
    fresh.save(written, "PNG" if clear else "JPEG", **({} if clear else {"quality": 80}))
    return written.getvalue()
