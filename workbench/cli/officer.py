"""``workbench officer``: who may act, in which role, with which key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from workbench.cli import common
from workbench.cli.common import HERE, Badge, Casefiles, Json, PassphraseFile, say
from workbench.cli.department import new_passphrase
from workbench.department import Department, Session, check_chief
from workbench.errors import UsageError
from workbench.policy import officers as register
from workbench.policy.officers import OfficerKey
from workbench.times import now

app = typer.Typer(
    cls=common.Group,
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Officers, their roles and keys.",
)
_Who = Annotated[str, typer.Argument(metavar="BADGE", help="The officer's badge.")]
_With = Annotated[
    str, typer.Option("--with", help="Badge of the chief who signs too, when you are not the chief.")
]
_WithFile = Annotated[Path | None, typer.Option(help="File with that chief's passphrase.")]
_NewFile = Annotated[Path | None, typer.Option(help="File with the passphrase of the new key.")]
_Public = Annotated[
    Path | None,
    typer.Option(help="The officer's own ssh-ed25519 public key; without it a new key is made here."),
]


@app.command("list")
def listing(casefiles: Casefiles = HERE, *, as_json: Json = False) -> None:
    """List the register: badges, names, roles, keys and their validity."""
    from workbench.custody.sshsig import fingerprint
    from workbench.times import stamp

    department = common.department_of(casefiles)
    rows = [
        {
            "badge": key.badge,
            "name": department.settings.people.get(key.badge, ""),
            "role": key.role,
            "key": fingerprint(key.key),
            "from": stamp(key.after)[:19] + "Z",
            "until": stamp(key.before)[:19] + "Z" if key.before is not None else "",
            "compromised": key.compromised,
        }
        for key in department.officers.keys
    ]
    if as_json:
        common.as_json(rows)
        return
    when = common.clock(casefiles)
    for row, key in zip(rows, department.officers.keys, strict=True):
        until = when(stamp(key.before)) if key.before is not None else "now"
        mark = "  COMPROMISED" if row["compromised"] else ""
        say(f"{row['badge']:10} {row['role']:14} {row['name']:24} {when(stamp(key.after))} to {until}{mark}")
        say(f"{'':10} {row['key']}")


@app.command()
def add(
    who: _Who,
    name: Annotated[str, typer.Argument(help="Name.")],
    role: Annotated[str, typer.Argument(help="Role: " + ", ".join(register.ROLES))],
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    second: _With = "",
    with_passphrase_file: _WithFile = None,
    public_key: _Public = None,
    new_passphrase_file: _NewFile = None,
) -> None:
    """Enter an officer (administrator with a chief, or a chief)."""
    from workbench.department import check_role

    department = common.department_of(casefiles)
    register.check_badge(who)
    check_role(role)
    if department.role(who):
        raise UsageError("this badge is in the register already", found=who, todo="use 'officer rekey'")
    sessions = _sign(department, badge, passphrase_file, second, with_passphrase_file)
    # A former officer's old key file may still lie in its place.
    key = _new_key(department, who, public_key, new_passphrase_file)
    line = OfficerKey(badge=who, role=role, key=key, after=register.whole_second(now()))
    people = {**department.settings.people, who: name}
    number = department.officers.number
    department.change(sessions, lines=[*department.officers.keys, line], settings={"people": people})
    if public_key is None:
        _put_in_place(who, number)
    _done(sessions, f"{who} entered as {role}")


@app.command()
def rekey(
    who: _Who,
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    second: _With = "",
    with_passphrase_file: _WithFile = None,
    public_key: _Public = None,
    new_passphrase_file: _NewFile = None,
) -> None:
    """Give an officer a new key; the old one ends now."""
    department = common.department_of(casefiles)
    old = _current(department, who)
    sessions = _sign(department, badge, passphrase_file, second, with_passphrase_file)
    # The old key stays in its place until the register holds the new one.
    key = _new_key(department, who, public_key, new_passphrase_file)
    at = register.whole_second(now())
    fresh = OfficerKey(badge=who, role=old.role, key=key, after=at)
    number = department.officers.number
    department.change(sessions, lines=[*_ended(department, old, at), fresh])
    if public_key is None:
        _put_in_place(who, number)
    _done(sessions, f"{who} has a new key")


@app.command()
def retire(
    who: _Who,
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    second: _With = "",
    with_passphrase_file: _WithFile = None,
) -> None:
    """End an officer's key now; what was signed before stays valid."""
    department = common.department_of(casefiles)
    old = _current(department, who)
    sessions = _sign(department, badge, passphrase_file, second, with_passphrase_file)
    department.change(sessions, lines=_ended(department, old, register.whole_second(now())))
    _done(sessions, f"{who} is retired")


@app.command()
def compromised(
    who: _Who,
    since: Annotated[
        str, typer.Option(help="From when the key may have been in other hands, with its zone.")
    ] = "",
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    second: _With = "",
    with_passphrase_file: _WithFile = None,
) -> None:
    """Report an officer's key as compromised; signatures from then on do not count."""
    department = common.department_of(casefiles)
    old = _current(department, who)
    sessions = _sign(department, badge, passphrase_file, second, with_passphrase_file)
    at = register.whole_second(common.past(since))
    lines = [
        msgspec.structs.replace(key, compromised=True) if key.badge == who and key.key == old.key else key
        for key in _ended(department, old, max(at, old.after))
    ]
    department.change(sessions, lines=lines)
    _done(sessions, f"the key of {who} counts no more; 'officer add' enters a new one")


def _sign(
    department: Department, badge: str, file: Path | None, second: str, second_file: Path | None
) -> list[Session]:
    sessions = [common.sign_in(department, badge, file)]
    if second:
        sessions.append(common.sign_in(department, second, second_file))
    # Before any key is made: what is refused must leave nothing behind.
    check_chief(sessions)
    return sessions


def _current(department: Department, who: str) -> OfficerKey:
    line = department.officers.current(who, now())
    if line is None:
        raise UsageError("this badge has no valid key", found=who, todo="see 'workbench officer list'")
    return line


def _ended(department: Department, old: OfficerKey, at: int) -> list[OfficerKey]:
    chiefs = [k for k in department.officers.keys if k.role == "chief" and k.before is None and k is not old]
    if old.role == "chief" and not chiefs:
        raise UsageError("the last chief cannot be taken out", todo="enter another chief first")
    return [
        msgspec.structs.replace(key, before=at) if key is old else key for key in department.officers.keys
    ]


def _new_key(department: Department, who: str, public: Path | None, passphrase_file: Path | None) -> bytes:
    """Read the officer's public key, or make a key beside the place where it will lie; give the public key."""
    from workbench.custody import keys

    folder = keys.default_folder()
    if public is not None:
        blob = _public_blob(public)
        held = next((line for line in department.officers.keys if line.key == blob), None)
        if held is not None:
            raise UsageError(
                "this key is in the register already",
                found=f"{held.badge}" + ", compromised" * held.compromised,
                todo="a key is one person's, and is not taken up again: make another one",
            )
        return blob
    if all(line.badge != who for line in department.officers.keys) and keys.path_of(folder, who).exists():
        raise UsageError(
            "a key for this badge is here already",
            where=str(keys.path_of(folder, who)),
            todo="move it away, or set WORKBENCH_KEYS",
        )
    return keys.generate(folder, f"{who}.new", new_passphrase(who, passphrase_file)).blob


def _put_in_place(who: str, number: int) -> None:
    """Give the new key its name, once the register holds it; an old one is kept beside it."""
    from workbench.custody import keys

    path = keys.path_of(keys.default_folder(), who)
    if path.exists():
        path.rename(path.with_name(f"{who}.until-{number}"))
    path.with_name(f"{who}.new").rename(path)
    say(f"key written: {path}")


def _public_blob(path: Path) -> bytes:
    import base64
    import binascii

    from workbench.errors import InputError

    try:
        kind, body, *_ = path.read_text("ascii").split()
        blob = base64.b64decode(body, validate=True)
    except (OSError, ValueError, binascii.Error) as error:
        raise InputError(
            "this is not a public key", where=str(path), expected="one line: ssh-ed25519 AAAA…"
        ) from error
    if kind != "ssh-ed25519":
        raise InputError("this key is not Ed25519", where=str(path), found=kind[:40])
    return blob


def _done(sessions: list[Session], what: str) -> None:
    say(f"{what}; signed by {', '.join(session.badge for session in sessions)}")
