"""What an X archive says it holds, file by file, and whether that is what was found."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from workbench.importers.base import LIMITS, Member, at
from workbench.importers.drift import shown
from workbench.importers.status_shapes import count
from workbench.importers.x_shapes import Manifest, ManifestUser
from workbench.rows import Issue

_PREFIX = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:window\.)?[A-Za-z_][\w.]{0,80}\s*=\s*")


class Ledger:
    """The counts of a manifest, and what was found instead. Paths are those of the bundle."""

    def __init__(self, member: Member | None) -> None:
        self.member = member
        self.user = ManifestUser()
        self._root = member.name.removesuffix("manifest.js").removesuffix("data/") if member else ""
        self._stated: dict[str, int | None] = {}
        self._found: dict[str, int] = {}

    def stated(self, name: str) -> int | None:
        """Give how many elements a file is said to hold; None where nothing is said."""
        return self._stated.get(name)

    def read(self) -> Iterator[Issue]:
        """Read the manifest; what it does not tell, or tells wrongly, is said."""
        member = self.member
        if member is None:
            return
        with member.open() as stream:
            raw = stream.read(LIMITS.document)
        try:
            manifest = msgspec.json.decode(_PREFIX.sub(b"", raw).rstrip(b" ;\r\n\t"), type=Manifest)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            yield Issue(
                kind="bad-value", where=at(member.name, 0), expected="a manifest", found=shown(str(error))
            )
            return
        self.user = manifest.user_info or self.user
        if manifest.archive_info and manifest.archive_info.is_partial_archive:
            yield Issue(
                kind="truncated",
                where=member.name,
                field="archiveInfo.isPartialArchive",
                expected="the whole archive",
                found="it says itself that it is a part",
            )
        for kind in manifest.data_types.values():
            for file in kind.files:
                self._stated[self._root + file.file_name] = count(file.count)

    def found(self, name: str, elements: int) -> Iterator[Issue]:
        """Compare a file's elements with what was stated."""
        self._found[name] = elements
        stated = self._stated.get(name)
        if stated is not None and stated != elements:
            yield Issue(
                kind="count-mismatch",
                where=name,
                field="count",
                expected=f"{stated} by manifest.js",
                found=f"{elements} present",
                count=abs(stated - elements),
            )

    def missing(self, names: set[str]) -> Iterator[Issue]:
        """Yield the files that are stated to hold something and were not given."""
        for name, stated in self._stated.items():
            if name not in names and stated != 0:
                elements = 1 if stated is None else stated
                yield Issue(
                    kind="count-mismatch",
                    where=name,
                    field="fileName",
                    expected=f"{elements} by manifest.js",
                    found="no such file",
                    count=elements,
                )
