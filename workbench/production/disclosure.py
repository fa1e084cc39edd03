"""A disclosure: chosen exhibits, their lines of the log, and the proof that those lines are under a seal.

Nothing else of the case is in it, and yet whoever holds it can tell with ``openssl`` and ``ssh-keygen`` alone that
each exhibit is as it was logged and sealed, and how much is withheld (docs/casefile-format.md, 2.4, 10 and 12).

What is disclosed is checked before it is written: the slices' hashes, the walk from each line to the sealed root, the
seal's hash and signatures. The rest of the case is not: that is what ``workbench verify`` does.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from workbench.casefile import CaseFile
from workbench.custody import disk, slices
from workbench.custody.lines import Lines, exhibit_lines
from workbench.custody.proofs import Proof, prove
from workbench.custody.seals import Seal
from workbench.department import Session
from workbench.errors import IntegrityError, UsageError
from workbench.production import disclosure_text as text
from workbench.production import sums
from workbench.production.disclosure_text import Disclosure
from workbench.production.sealed import Sealing, sealing_of
from workbench.records import Citation, Record
from workbench.release import check_outside, leaving

__all__ = ["Disclosure", "check_place", "disclose", "write"]

_BLOCK: Final = 1 << 20
_SCRIPT: Final = "disclosure.sh"
_STORED: Final = re.compile(r"(?:warc|imports/[0-9]{4,9})/[0-9a-z][0-9a-z.-]*")
"""Where exhibits lie (clause 1.2)."""


class _Said(msgspec.Struct):
    """What an ``exhibit`` line says of its slice (2.8)."""

    action: str
    exhibit: int
    file: str
    offset: int
    length: int
    sha256: str
    member: int | None = None


class _Chosen(Record, frozen=True, kw_only=True):
    """An exhibit to be disclosed: its line with its proof, and the name its bytes take; none where withheld."""

    citation: str
    said: _Said
    proof: Proof
    name: str


def disclose(
    case: CaseFile,
    session: Session,
    exhibits: Sequence[int],
    out: Path,
    *,
    release: int | None = None,
    seal: int | None = None,
) -> Disclosure:
    """Disclose exhibits of a case into a new folder, under a release of that kind, and log that they left.

    ``seal`` must be the one released where it is named. Raises AuthorityError where no release covers this,
    IntegrityError where what is concerned does not check out; then nothing is written and nothing logged.
    """
    check_place(out)
    chosen = sorted(set(exhibits))
    if not chosen:
        raise UsageError("which exhibits?", expected="one citation or more")
    with leaving(case, "disclosure", chosen, release, session=session, seal=seal) as permit:
        certificates = {one.name: one.ca for one in case.department.settings.timestamps}
        with _making(out) as folder:
            done = write(
                case.folder,
                permit.release.seal,
                chosen,
                folder,
                withheld=permit.withheld,
                certificates=certificates,
            )
            permit.left(done.sha256)
    return msgspec.structs.replace(done, folder=str(out))


def write(
    case: Path,
    seal: int,
    exhibits: Sequence[int],
    folder: Path,
    *,
    withheld: Collection[int] = (),
    certificates: Mapping[str, str] | None = None,
) -> Disclosure:
    """Write a disclosure into an empty folder, whatever has been released; ``disclose`` asks that first.

    ``withheld`` are the exhibits whose bytes stay; ``certificates`` are the CA certificates (PEM) of timestamp
    authorities by name. Raises IntegrityError where what is concerned does not check out.
    """
    found = sealing_of(case, seal)
    chosen = _chosen(case, found, exhibits, withheld)
    sealed_exhibits = Lines(case).last_exhibit(found.seal.lines)
    writer = _Writer(folder)
    for each in chosen:
        writer.exhibit(case, each, found.seal)
    writer.seal(found, certificates or {})
    done = Disclosure(
        folder=str(folder),
        case=found.seal.case,
        seal=seal,
        seal_sha256=found.seal.sha256,
        root=found.seal.root,
        sealed_lines=found.seal.lines,
        sealed_exhibits=sealed_exhibits,
        given=tuple(each.citation for each in chosen if each.name),
        withheld=tuple(each.citation for each in chosen if not each.name),
        sha256="",
    )
    writer.put("exhibits.txt", text.listing((each.citation, each.name) for each in chosen))
    writer.put("README.txt", text.readme(done, found))
    script = resources.files("workbench.production").joinpath(_SCRIPT).read_bytes()
    writer.put("verify.sh", script)
    return msgspec.structs.replace(done, sha256=writer.finish())


def _chosen(
    case: Path, sealing: Sealing, exhibits: Sequence[int], withheld: Collection[int]
) -> list[_Chosen]:
    """Find the exhibits' lines and prove them to the root that the seal names."""
    seal = sealing.seal
    lines = exhibit_lines(case, exhibits)
    # What earlier seals say of the tree need not be read again; one that was altered leads to another root.
    known = [(each.lines, each.subtrees) for each in (*sealing.earlier, seal)]
    proofs = prove(case, [line.seq for line in lines], seal.lines, known)
    found = []
    for number, line, proof in zip(exhibits, lines, proofs, strict=True):
        if proof.line != line.raw or proof.root().hex() != seal.root:
            raise IntegrityError(
                "a line of the custody log does not lead to the sealed root",
                where=f"line {line.seq}, exhibit {number}, seal {seal.number}",
                expected=seal.root,
                found=proof.root().hex(),
                todo="run 'workbench verify' and tell your supervisor",
            )
        citation = str(Citation(case=seal.case, number=number))
        said = _read(line.raw, line.seq)
        name = "" if number in withheld else f"exhibits/{citation}{_ending(said)}"
        found.append(_Chosen(citation=citation, said=said, proof=proof, name=name))
    return found


def _read(raw: bytes, seq: int) -> _Said:
    try:
        return msgspec.json.decode(raw, type=_Said)
    except msgspec.DecodeError as error:
        raise IntegrityError("a line of the custody log cannot be read", where=f"line {seq}") from error


def _ending(said: _Said) -> str:
    """Choose how the file of an exhibit ends: it is a slice, and of what."""
    if said.file.startswith("warc/"):
        return ".warc.gz"
    if said.member is not None:
        return ".zip-member"
    # Clause 1.2 keeps endings of imports short and plain; another one is not carried out of the case.
    ending = said.file.rpartition("/")[2].partition(".")[2]
    return f".{ending}" if ending.isascii() and ending.isalnum() and len(ending) <= 8 else ".bin"


class _Writer:
    """Writes the files of a disclosure, each hashed as it is written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hashes: dict[str, str] = {}

    def exhibit(self, case: Path, each: _Chosen, seal: Seal) -> None:
        """Write an exhibit's line and proof and, unless withheld, its slice as it was captured."""
        self.put(f"lines/{each.citation}.jsonl", each.proof.line)
        self.put(f"proofs/{each.citation}.txt", text.proof(each.citation, each.proof, seal.root))
        if not each.name:
            return
        said = each.said
        with _opened(case, said.file) as source, self._new(each.name) as target:
            source.seek(said.offset)
            found = _copy(source, target, said.length)
        slices.check(found, said.sha256, said.file, said.offset, said.length)
        self._hashes[each.name] = found

    def seal(self, found: Sealing, certificates: Mapping[str, str]) -> None:
        """Write the seal with everything that its signatures and timestamps are checked with."""
        for name, data in found.files.items():
            self.put(name, data)
        self.put("signatures.txt", text.signatures(found))
        for name in found.stamps:
            if name in certificates:
                self.put(f"certificates/{name}.pem", certificates[name].encode())

    def put(self, name: str, data: bytes) -> None:
        """Write a file of our own making."""
        with self._new(name) as target:
            target.write(data)
        self._hashes[name] = hashlib.sha256(data).hexdigest()

    def finish(self) -> str:
        """Write SHA256SUMS; give its own hash."""
        data = sums.lines(self._hashes)
        with self._new(sums.NAME) as target:
            target.write(data)
        return hashlib.sha256(data).hexdigest()

    @contextlib.contextmanager
    def _new(self, name: str) -> Iterator[BinaryIO]:
        path = self._folder / name
        with disk.mapped(path):
            path.parent.mkdir(exist_ok=True)
            with path.open("xb") as target:
                yield target
                target.flush()
                os.fsync(target.fileno())


@contextlib.contextmanager
def _opened(case: Path, file: str) -> Iterator[BinaryIO]:
    """Open a stored file of the case, and no other: the log may have been made up."""
    path = case / file
    if not _STORED.fullmatch(file) or path.is_symlink() or path.parent.is_symlink() or path.is_fifo():
        raise IntegrityError("the log names a file that holds no exhibits", where=file[:200])
    try:
        source = path.open("rb")
    except OSError as error:
        raise IntegrityError(f"a stored file cannot be read: {error.strerror}", where=file) from error
    with source:
        yield source


def _copy(source: BinaryIO, target: BinaryIO, length: int) -> str:
    """Copy so many bytes; give their SHA-256. Fewer than that have another hash."""
    digest = hashlib.sha256()
    while length and (block := source.read(min(_BLOCK, length))):
        digest.update(block)
        target.write(block)
        length -= len(block)
    return digest.hexdigest()


def check_place(out: Path) -> None:
    """Raise UsageError where a disclosure cannot be made there."""
    if out.exists() or out.is_symlink():
        raise UsageError(
            "there is something here already", where=str(out), todo="name a new folder with --out"
        )
    if not out.absolute().parent.is_dir():
        raise UsageError("there is no folder to put this into", where=str(out.absolute().parent))
    check_outside(out)


@contextlib.contextmanager
def _making(out: Path) -> Iterator[Path]:
    """Give a folder beside ``out`` that takes its name when all is done, and goes where that fails."""
    with disk.mapped(out):
        folder = Path(tempfile.mkdtemp(prefix=f"{out.name}.", suffix=".partial", dir=out.absolute().parent))
    try:
        yield folder
        with disk.mapped(out):
            for each in (folder, *(path for path in folder.iterdir() if path.is_dir())):
                disk.sync_folder(each)
            folder.chmod(0o770)
            folder.rename(out)
            disk.sync_folder(out.absolute().parent)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
