"""The text files of a disclosure: its lists, its proofs, and the page that says what is proven and what is not."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.custody.proofs import Proof
from workbench.custody.seals import short
from workbench.production.sealed import Sealing
from workbench.records import Record
from workbench.times import from_micros


class Disclosure(Record, frozen=True, kw_only=True):
    """What was disclosed: where it lies, from which seal, and how much of the case it is.

    ``sealed_exhibits`` and ``sealed_lines`` are what the seal covers; ``given`` the exhibits whose bytes are in
    it, ``withheld`` those of which only hash and proof are (12.5). ``sha256`` is that of ``SHA256SUMS`` (12.4).
    """

    folder: str
    case: str
    seal: int
    seal_sha256: str
    root: str
    sealed_lines: int
    sealed_exhibits: int
    given: tuple[str, ...]
    withheld: tuple[str, ...]
    sha256: str


_README = """\
DISCLOSURE FROM CASE {case}, SEAL {number}

What is here
  {given_count} of the {sealed_exhibits} exhibits that seal {number} covers, as captured:
{given}
{withheld}
  {other_exhibits} exhibits of this case and {other_lines} of its {sealed_lines} log lines are not here.
  They exist; they are withheld.

  exhibits/      the bytes: a slice of the stored file, as captured. Of a capture (.warc.gz) it is the answer and
                 the request as on the wire ("zcat FILE"); of an import the file given to the department, or
                 (.zip-member) one member of a zip archive from its local header on ("funzip < FILE").
  lines/         the line of the custody log about each exhibit: when it was logged, by whom, its hash
  proofs/        the hashes that lead from that line to the root of the seal (RFC 6962)
  seals/         the seal, its signatures and timestamps
  officers/      who may sign, from the root of trust on; signatures.txt says what each signature is checked by
  certificates/  of timestamp authorities, where the department knows them; compare them with the authority's own
  exhibits.txt   what is given and what is withheld; SHA256SUMS lists every file
  verify.sh      checks all of it with openssl and ssh-keygen; it can be read in ten minutes

How to check it
  sh verify.sh --root ROOT --seal FINGERPRINT --sums SUMS

  ROOT is the department's root of trust (SHA256:...), FINGERPRINT that of the seal, SUMS the SHA-256 of SHA256SUMS
  that the department entered as having left: without it nobody can tell that something was taken out of this
  folder. They come from paper, or from whoever else holds them: given by this folder alone they would prove
  nothing. The seal's fingerprint begins {short}

  By hand, for one exhibit:
  1. openssl dgst -sha256 {example_file}
     is the "sha256" in lines/{example}.jsonl
  2. (printf '\\000'; cat lines/{example}.jsonl) | openssl dgst -sha256
     is the leaf. Each row of proofs/{example}.txt is joined to it in turn: SHA-256 of the byte 01 and the two
     hashes as bytes, left one first (RFC 9162, 2.1.3.2; the place is "line" less one). The last is the root.
  3. The root stands in {seal_file}, which is signed:
     ssh-keygen -Y verify -f {register} -I {by} -n workbench-seal -Overify-time={moment}Z \\
         -s {seal_file}.{by}.sig < {seal_file}

What it proves
  That each exhibit here, byte for byte, was in the department's log when seal {number} was made, at the place that
  its line says; that the seal is the one signed by {by}; with a timestamp, that the seal existed by then;
  that the log had {sealed_lines} lines. The number of exhibits, {sealed_exhibits}, is the department's word.

What it does not prove
  That what was captured is true, who wrote it, or that the server sent the same to anybody else. That what is
  withheld is without weight. What was done before the seal, by an insider who held keys. The time of capture
  beyond the department's own clock. Whether other seals of this case say otherwise: ask for their fingerprints.
"""

_WITHHELD = """
  Of these only hash and proof are here, since their bytes may not be copied:
{names}
"""


def listing(rows: Iterable[tuple[str, str]]) -> bytes:
    """Write exhibits.txt: each citation with its file, or ``withheld``."""
    return "".join(f"{citation} {name or 'withheld'}\n" for citation, name in rows).encode()


def proof(citation: str, found: Proof, root: str) -> bytes:
    """Write the proof of a line: what it is of, then the hashes beside the way to the root, nearest first."""
    head = ["workbench-proof/1", f"exhibit {citation}", f"line {found.seq}"]
    head += [f"lines {found.size}", f"root {root}"]
    rows = [*(f"# {each}" for each in head), *(each.hex() for each in found.siblings)]
    return ("\n".join(rows) + "\n").encode()


def signatures(found: Sealing) -> bytes:
    """Write signatures.txt: badge, namespace, verify time (UTC) and the register that each is checked by."""
    rows = (
        f"{each.badge} {each.namespace} {_moment(each.at)} officers/{each.officers:04d}\n"
        for each in found.signatures
    )
    return "".join(rows).encode()


def readme(done: Disclosure, found: Sealing) -> bytes:
    """Write README.txt."""
    shown = [*done.given, *done.withheld]
    own = next(each for each in found.signatures if each.badge == found.seal.by)
    first = done.given[0] if done.given else done.withheld[0]
    return _README.format(
        case=done.case,
        number=done.seal,
        given_count=len(done.given),
        given=_indented(done.given) if done.given else "    (none)",
        withheld=_WITHHELD.format(names=_indented(done.withheld)) if done.withheld else "",
        sealed_exhibits=done.sealed_exhibits,
        sealed_lines=done.sealed_lines,
        other_exhibits=done.sealed_exhibits - len(shown),
        other_lines=done.sealed_lines - len(shown),
        short=short(done.seal_sha256),
        example=first,
        example_file=f"exhibits/{first}.*",
        seal_file=f"seals/{done.seal:04d}.txt",
        register=f"officers/{own.officers:04d}",
        by=found.seal.by,
        moment=_moment(own.at),
    ).encode()


def _indented(names: Iterable[str]) -> str:
    return "\n".join(f"    {name}" for name in names)


def _moment(at: int) -> str:
    return from_micros(at).strftime("%Y%m%d%H%M%S")
