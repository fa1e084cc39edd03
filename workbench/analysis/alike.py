"""Which pictures and videos look alike, by the hashes of their looks: leads to be looked at side by side."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.analysis import frames, hamming
from workbench.analysis.edges import by_size, numbered
from workbench.analysis.engines import engine
from workbench.analysis.parameters import checked
from workbench.errors import UsageError

NEAR: Final = (
    "pairs whose 64-bit perceptual hashes (pHash by discrete cosine transform) differ in few bits, videos by their key "
    "frames; a lead: look at both"
)
GROUPS: Final = "near duplicates chained into groups (connected components)"
PICTURES: Final = "pictures"
VIDEOS: Final = "videos"
MIXED: Final = "picture and video"
CHAINED: Final = "chained: not all of these are alike, each only like some other"
MOST: Final = 1_000_000
_FLAT: Final = 8
_PAIR: Final = ("a", "b")
_MIRROR: Final = np.uint64(0x5555_5555_5555_5555)
"""The bits of odd columns: a cosine of odd frequency changes its sign when the picture is turned left to right."""


@checked
def near_duplicates(
    media_files: pd.DataFrame,
    key_frames: pd.DataFrame | None = None,
    *,
    within: int = 8,
    share: float = 0.5,
    most: int = MOST,
    mirrored: bool = False,
) -> pd.DataFrame:
    """List pairs of media files that look alike.

    In: ``entity_id, exhibit, sha256, kind, phash`` and, if there, ``dhash, uri``; key frames, if given, with
    ``entity_id, exhibit, media, phash``. Out: a, b (entity_ids of media files), what (pictures, videos, picture
    and video), hamming (bits in which the nearest hashes differ), dhash_hamming (the same of the difference
    hash, a second opinion; missing where there is none), mirrored (nearest as mirror images), frames_a,
    frames_b (hashes compared: 1 for a picture), matched_a, matched_b (of them like one of the other's), share
    (the greater of the two shares), uris_a, uris_b (addresses), and what every result carries. Nearest first.

    ``within``: the most bits that may differ, 0 to 32. ``share``: two videos are listed from this share on. At
    most ``most`` pairs of hashes count, the nearest; further ones are counted. ``mirrored``: also compare each
    with the others turned left to right, at about three times the work. A file is one thing however often it
    was found. Hashes of flat pictures (fewer than 8 bits set or not set) are left out and counted, as are files
    without a hash. Raises UsageError for missing columns, a parameter out of range, or so many different hashes that
    lie close together that comparing them would take many minutes.

    Method: exact, by bands (``hamming``). The hash is Zauner, *Implementation and Benchmarking of Perceptual
    Image Hash Functions*, 2010, as ImageHash computes it. Limits: re-encoded and scaled copies differ in few
    bits; crops and captions do in many and are missed, and so are mirror images unless asked for. Unlike
    pictures of similar layout (text on white, horizons) may be close.
    """
    _check(within, share, most)
    files, items, counts = _items(media_files, key_frames)
    hashes = items["hash"].to_numpy(dtype=np.uint64)
    pairs, beyond = (_both_ways if mirrored else _straight)(hashes, within, most)
    found = _by_file(pairs, items, files)
    found = found[(found["what"] != VIDEOS) | (found["share"] >= share)]
    ordered = found.sort_values(["hamming", "a", "b"], kind="stable", ignore_index=True)
    parameters = {"within": within, "share": share, "most": most, "mirrored": mirrored}
    return frames.result(
        _told(ordered, files, media_files),
        method=NEAR,
        parameters=parameters,
        counts=counts | {"beyond": beyond},
    )


def _check(within: int, share: float, most: int) -> None:
    for name, value, low, high in (
        ("within", within, 0, hamming.BITS // 2),
        ("share", share, 0, 1),
        ("most", most, 1, np.inf),
    ):
        if not low <= value <= high:
            raise UsageError(
                "this is out of range", where=name, expected=f"{low} to {high}", found=str(value)[:40]
            )


def _items(
    media_files: pd.DataFrame, key_frames: pd.DataFrame | None
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, int]]:
    """Give the files, what of them is compared (columns file, hash, still), and the counts."""
    rows = frames.prepared(
        media_files, "near_duplicates", needs=("sha256", "kind", "phash"), optional=("dhash", "uri"), times=()
    )
    files, counts = frames.once(rows, time="captured_at")
    files, counts = frames.dropped(files, files["entity_id"] == "", counts, "nameless")
    files = files.sort_values("entity_id", kind="stable", ignore_index=True)
    shots = pd.DataFrame() if key_frames is None else key_frames
    shots = frames.prepared(shots, "near_duplicates", needs=("media", "phash"), times=())
    shots, _ = frames.once(shots, time="captured_at")
    stills = files.loc[files["kind"] == "image", "phash"]
    owner = shots["media"].map(pd.Series(files.index, index=files["entity_id"]))
    items = pd.concat(
        [
            pd.DataFrame({"file": stills.index, "text": stills.to_numpy(), "still": True}),
            pd.DataFrame({"file": owner, "text": shots["phash"], "still": False})[owner.notna()],
        ],
        ignore_index=True,
    )
    kept, left_out = _usable(items)
    silent = ~files.index.isin(items.loc[items["text"] != "", "file"])
    return files, kept, counts | left_out | {"hashless": int(silent.sum())}


def _usable(items: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Leave out what is no hash, and the hashes of flat pictures: noise decides them."""
    hashes, valid = hamming.read(items["text"].tolist())
    ones = hamming.ones(hashes)
    flat = valid & ((ones < _FLAT) | (ones > hamming.BITS - _FLAT))
    kept = items.assign(hash=hashes, file=items["file"].astype(np.int64))[valid & ~flat]
    # In an order that no row order changes: by file, then by hash.
    kept = kept.sort_values(["file", "hash"], kind="stable", ignore_index=True)
    return kept[["file", "hash", "still"]], {"flat": int(flat.sum())}


def _straight(hashes: hamming.Hashes, within: int, most: int) -> tuple[pd.DataFrame, int]:
    (low, high, differ), beyond = hamming.pairs_within(hashes, within, most)
    return pd.DataFrame({"low": low, "high": high, "hamming": differ, "mirrored": False}), beyond


def _both_ways(hashes: hamming.Hashes, within: int, most: int) -> tuple[pd.DataFrame, int]:
    """Pair hashes with each other, and with those of the others' mirror images; of both together the nearest.

    The hash of a mirror image is the picture's own with the bits of odd columns changed, but for few: the median that
    each coefficient is compared with moves a little.
    """
    count = len(hashes)
    # Each pair comes up twice here, and each picture, turned, beside itself: half of all bits apart.
    itself = count if within >= hamming.BITS // 2 else 0
    both = np.concatenate([hashes, hashes ^ _MIRROR])
    (low, high, differ), beyond = hamming.pairs_within(both, within, 2 * most + itself)
    total = (len(low) + beyond - itself) // 2
    turned = high >= count
    once = (low < count) & (~turned | (low < high - count))
    found = {"low": low, "high": np.where(turned, high - count, high), "hamming": differ, "mirrored": turned}
    pairs = pd.DataFrame(found)[once].sort_values(["hamming", "low", "high", "mirrored"], kind="stable")
    kept = pairs.head(most).reset_index(drop=True)
    return kept, total - len(kept)


def _by_file(pairs: pd.DataFrame, items: pd.DataFrame, files: pd.DataFrame) -> pd.DataFrame:
    """From pairs of hashes to pairs of files: the nearest, and how many of each are like one of the other."""
    file, still = items["file"].to_numpy(), items["still"].to_numpy(dtype=bool)
    low, high = pairs["low"].to_numpy(), pairs["high"].to_numpy()
    apart = file[low] != file[high]
    low, high, differ = low[apart], high[apart], pairs["hamming"].to_numpy()[apart]
    key, code = np.unique(file[low] * max(len(files), 1) + file[high], return_inverse=True)
    a, b = np.divmod(key, max(len(files), 1))
    hashes = np.bincount(file, minlength=len(files))
    matched_a, matched_b = (_different(code, each, len(key), len(items)) for each in (low, high))
    nearest, straight = np.full((2, len(key)), hamming.BITS)
    np.minimum.at(nearest, code, differ)
    as_it_is = ~pairs["mirrored"].to_numpy(dtype=bool)[apart]
    np.minimum.at(straight, code[as_it_is], differ[as_it_is])
    stills = np.zeros((2, len(key)), dtype=bool)
    stills[0, code], stills[1, code] = still[low], still[high]
    return pd.DataFrame(
        {
            "file_a": a,
            "file_b": b,
            "a": files["entity_id"].iloc[a].to_numpy(dtype=object),
            "b": files["entity_id"].iloc[b].to_numpy(dtype=object),
            "what": np.where(stills.all(axis=0), PICTURES, np.where(stills.any(axis=0), MIXED, VIDEOS)),
            "hamming": nearest.astype(np.int64),
            "mirrored": nearest < straight,
            "frames_a": hashes[a],
            "frames_b": hashes[b],
            "matched_a": matched_a,
            "matched_b": matched_b,
            "share": np.maximum(matched_a / hashes[a], matched_b / hashes[b]),
        }
    )


def _different(code: NDArray[np.int64], item: NDArray[np.int64], groups: int, items: int) -> Any:  # noqa: ANN401
    """Count the different items in each group."""
    return np.bincount(np.unique(code * max(items, 1) + item) // max(items, 1), minlength=groups)


def _told(found: pd.DataFrame, files: pd.DataFrame, media_files: pd.DataFrame) -> pd.DataFrame:
    """Add the second opinion, the addresses and the citations of both."""
    sides = [found[f"file_{side}"].to_numpy(dtype=np.int64) for side in _PAIR]
    hashes, valid = hamming.read(files["dhash"].tolist())
    bits = hamming.ones(hashes[sides[0]] ^ hashes[sides[1]])
    second = pd.Series(bits, dtype="Int64").mask(~(valid[sides[0]] & valid[sides[1]]))
    # The difference hash of a mirror image is another one: no second opinion there.
    second = second.mask(found["mirrored"].to_numpy(dtype=bool))
    addresses = _addresses(media_files, files)
    rows = np.tile(np.arange(len(found)), 2)
    cites = frames.cited(files["exhibit"].iloc[np.concatenate(sides)], rows, len(found))
    told = found.assign(
        **{name: found[name].astype("str") for name in ("a", "b", "what")},
        dhash_hamming=second,
        **{
            f"uris_{side}": pd.Series([addresses[each] for each in place], dtype=object)
            for side, place in zip(_PAIR, sides, strict=True)
        },
    ).join(cites)
    columns = ["a", "b", "what", "hamming", "dhash_hamming", "mirrored", "frames_a", "frames_b"]
    return told[
        [*columns, "matched_a", "matched_b", "share", "uris_a", "uris_b", "exhibits", "exhibit_count"]
    ]


def _addresses(media_files: pd.DataFrame, files: pd.DataFrame) -> list[tuple[str, ...]]:
    """Give for each file the addresses it was found at, at most as many as citations."""
    if "uri" not in media_files.columns:
        return [()] * len(files)
    rows = frames.prepared(media_files, "near_duplicates", needs=("uri",), times=())
    rows = rows[(rows["uri"] != "") & (rows["entity_id"] != "")].sort_values("uri", kind="stable")
    code = pd.Index(files["entity_id"]).get_indexer(pd.Index(rows["entity_id"]))
    held: list[tuple[str, ...]] = frames.cited(rows["uri"], code.astype(np.int64), len(files))[
        "exhibits"
    ].tolist()
    return held


@checked
def duplicate_groups(near: pd.DataFrame) -> pd.DataFrame:
    """Chain near duplicates into groups, and say where the chain joins what is not alike.

    In: what ``near_duplicates`` gives. Out: group (0 is the largest), media (entity_id of a media file), size
    (files in the group), near (of them near duplicates of this one), all_alike (each pair of the group is near:
    complete linkage), farthest (the greatest hamming of a listed pair of the group), note, and what every
    result carries; exhibits are those of the pairs this file is in. Raises UsageError for missing columns.

    Method: connected components (single linkage). Limits: **chaining joins unlike ones**: a is like b, b like
    c, and c no longer like a. Where ``all_alike`` is false, look at each.
    """
    rows = _pairs(near)
    code, names = pd.factorize(pd.concat([rows["a"], rows["b"]], ignore_index=True), sort=True)
    a, b = np.split(code.astype(np.int64), 2)
    edges = numbered(names.tolist(), a, b, np.ones(len(a)), directed=False)
    group = by_size(engine(edges).components(edges))
    size = np.bincount(group, minlength=1)
    listed = np.bincount(group[edges.source], minlength=len(size))
    farthest = np.zeros(len(size), dtype=np.int64)
    np.maximum.at(farthest, group[a], rows["hamming"].to_numpy(dtype=np.int64))
    alike = (listed == size * (size - 1) // 2)[group]
    found = pd.DataFrame(
        {
            "group": group,
            "media": pd.Series(names.tolist(), dtype="str"),
            "size": size[group],
            "near": np.bincount(np.append(edges.source, edges.target), minlength=len(names)),
            "all_alike": alike,
            "farthest": farthest[group],
            "note": pd.Series(np.where(alike, "", CHAINED), dtype="str"),
        }
    ).join(_cites_of(rows, code.astype(np.int64), len(names)))
    ordered = found.sort_values(["group", "media"], kind="stable")
    counts = near.attrs.get("counts", {"rows": len(rows)})
    return frames.result(ordered, method=GROUPS, parameters=_parameters(near), counts=counts)


def _pairs(near: pd.DataFrame) -> pd.DataFrame:
    needs = ("a", "b", "hamming", "exhibits")
    return frames.having(near, "duplicate_groups", needs).sort_values(
        ["hamming", "a", "b"], kind="stable", ignore_index=True
    )


def _cites_of(rows: pd.DataFrame, code: NDArray[np.int64], groups: int) -> pd.DataFrame:
    cites = rows["exhibits"].tolist() * 2
    counts = np.array([len(each) for each in cites], dtype=np.int64)
    exhibits = pd.Series([name for each in cites for name in each], dtype="str")
    return frames.cited(exhibits, np.repeat(code, counts), groups)


def _parameters(near: pd.DataFrame) -> dict[str, str]:
    """Keep with the groups what the pairs were made with."""
    return {"near_duplicates": str(near["parameters"].iloc[0])} if len(near) and "parameters" in near else {}
