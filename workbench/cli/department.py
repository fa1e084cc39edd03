"""``workbench department``: the register and the chief's settings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from workbench.cli import common
from workbench.cli.common import HERE, Badge, Casefiles, Json, PassphraseFile, Reason, say
from workbench.errors import Locked, UsageError

if TYPE_CHECKING:
    from workbench.policy.services import TileServer, TimestampAuthority

app = typer.Typer(
    cls=common.Group,
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Make the department's register and settings.",
)
_PRIVATE = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "100.64.0.0/10",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)
_NewFile = Annotated[Path | None, typer.Option(help="File with the passphrase of the new key.")]


@app.command()
def init(
    casefiles: Casefiles = HERE,
    name: Annotated[str, typer.Option(help="The department's name.")] = "",
    timezone: Annotated[str, typer.Option(help="Its time zone, such as America/New_York.")] = "",
    chief: Annotated[str, typer.Option(help="The chief's badge.")] = "",
    chief_name: Annotated[str, typer.Option(help="The chief's name.")] = "",
    administrator: Annotated[str, typer.Option(help="The administrator's badge.")] = "",
    administrator_name: Annotated[str, typer.Option(help="The administrator's name.")] = "",
    chief_passphrase_file: _NewFile = None,
    administrator_passphrase_file: _NewFile = None,
) -> None:
    """Make a department: an administrator and a chief with new keys; prints the root fingerprint."""
    from workbench.custody import keys
    from workbench.department import FOLDER, Department, NewOfficer, check_timezone
    from workbench.policy.officers import check_badge

    _check_new(casefiles / FOLDER)
    name = name or _ask("Name of the department", "--name")
    timezone = check_timezone(timezone or _ask("Time zone, such as America/New_York", "--timezone"))
    people = []
    for role, badge, person, file in (
        ("chief", chief, chief_name, chief_passphrase_file),
        ("administrator", administrator, administrator_name, administrator_passphrase_file),
    ):
        checked = check_badge(badge or _ask(f"Badge of the {role}", f"--{role}"))
        spoken = person or _ask(f"Name of the {role}", f"--{role}-name")
        people.append((checked, spoken, role, new_passphrase(checked, file)))
    if len({badge for badge, *_ in people}) < len(people):
        raise UsageError("chief and administrator are two people", found=people[0][0])
    folder = keys.default_folder()
    held = [keys.path_of(folder, badge) for badge, *_ in people if keys.path_of(folder, badge).exists()]
    if held:  # before any key is made: what is refused must leave nothing behind
        raise UsageError(
            "a key for this badge is here already",
            where=str(held[0]),
            todo="move it away, or set WORKBENCH_KEYS",
        )
    officers = [
        NewOfficer(badge, spoken, role, keys.generate(folder, badge, words))
        for badge, spoken, role, words in people
    ]
    made = Department.init(casefiles / FOLDER, name=name, timezone=timezone, officers=officers)
    say(f"department made: {casefiles / FOLDER}")
    say(f"keys written:    {folder}")
    say("\nRoot of trust. Print this, sign it, put it in the safe; 'workbench verify --root' takes it:\n")
    say(f"    {made.root}\n")


def _check_new(folder: Path) -> None:
    """Refuse before anybody is asked for names and passphrases."""
    if (folder / "log").exists():
        raise UsageError(
            "there is a department here already",
            where=str(folder),
            todo="see 'workbench department show', or name another folder with --casefiles",
        )


@app.command()
def show(casefiles: Casefiles = HERE, *, as_json: Json = False) -> None:
    """Show the settings in force and the root fingerprint."""
    department = common.department_of(casefiles)
    found = {**msgspec.to_builtins(department.settings), "root": department.root}
    if as_json:
        common.as_json(found)
        return
    parts = {
        "people": [f"{badge}  {name}" for badge, name in found.pop("people").items()],
        "grants": [f"{one['host']} at {one['address']}: {one['reason']}" for one in found.pop("grants")],
        "tokens": [f"{host} from ${variable}" for host, variable in found.pop("tokens").items()],
        "timestamps": [_told(one) for one in department.settings.timestamps],
        "tiles": [_told_tiles(one) for one in (department.settings.tiles,) if one is not None],
    }
    del found["timestamps"], found["tiles"]
    for key, value in found.items():
        say(f"{key:12} {value}")
    for key, lines in parts.items():
        for name, line in zip([key, *[""] * len(lines)], lines or ["none"], strict=False):
            say(f"{name:12} {common.visible(line)}")


@app.command()
def grant(
    host: Annotated[str, typer.Argument(help="Host as it stands in addresses, with :PORT where needed.")],
    address: Annotated[
        str, typer.Argument(help="Loopback or private address or network, such as 127.0.0.1/32.")
    ],
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    reason: Reason = "",
) -> None:
    """Grant one host at a loopback or private address (chief)."""
    from workbench.policy.gate import Grant

    host = common.host(host)
    _check_private(address)
    if not reason.strip():
        raise UsageError("a grant needs a reason", todo="add --reason TEXT")
    department = common.department_of(casefiles)
    session = common.sign_in(department, badge, passphrase_file)
    grants = (*department.settings.grants, Grant(host=host, address=address, reason=reason))
    department.change([session], settings={"grants": grants})
    say(f"granted: {host} at {address}; signed by {session.badge}")


@app.command()
def pace(
    milliseconds: Annotated[
        int, typer.Argument(min=0, max=3_600_000, help="Least time between requests to a host.")
    ],
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
) -> None:
    """Set how gently sources are asked (chief)."""
    department = common.department_of(casefiles)
    session = common.sign_in(department, badge, passphrase_file)
    department.change([session], settings={"per_host_ms": milliseconds})
    say(f"at least {milliseconds} ms between two requests to one host; signed by {session.badge}")


@app.command()
def token(
    host: Annotated[str, typer.Argument(help="The server that the read-only application token is for.")],
    variable: Annotated[str, typer.Argument(help="Environment variable that will hold it; never the token.")],
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
) -> None:
    """Name the variable that holds the department's read-only token for a server (chief)."""
    host = common.host(host)
    if not variable.isidentifier() or not variable.isupper():
        raise UsageError(
            "this is not a variable's name", expected="capitals, digits and '_'", found="(not shown)"
        )
    department = common.department_of(casefiles)
    session = common.sign_in(department, badge, passphrase_file)
    tokens = {**department.settings.tokens, host: variable}
    department.change([session], settings={"tokens": tokens})
    say(f"the token for {host} is read from ${variable}; its use is recorded, its value never written")


@app.command()
def timestamp(
    name: Annotated[str, typer.Argument(help="Short name; it stands in the names of the tokens.")],
    url: Annotated[str, typer.Argument(help="Its address, http or https; not with --remove.")] = "",
    ca: Annotated[Path | None, typer.Option(help="File (PEM) with the CA certificate it chains to.")] = None,
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    *,
    remove: Annotated[bool, typer.Option("--remove", help="Ask this authority no more.")] = False,
) -> None:
    """Name an RFC 3161 authority that is asked for a timestamp of each seal (chief).

    A name that is there already is given the new address and certificate. An authority at a loopback or
    private address needs a grant as well.
    """
    from workbench.policy import services

    if remove and (url or ca):
        raise UsageError("--remove takes a name alone")
    if not remove and (not url or ca is None):
        raise UsageError("an authority has an address and a CA certificate", todo="add URL and --ca FILE")
    made = [services.authority(name, url, _read(ca))] if ca is not None else []
    department = common.department_of(casefiles)
    kept = [one for one in department.settings.timestamps if one.name != name]
    if remove and len(kept) == len(department.settings.timestamps):
        raise UsageError("there is no authority of this name", found=name[:60], todo="see 'department show'")
    session = common.sign_in(department, badge, passphrase_file)
    department.change([session], settings={"timestamps": (*kept, *made)})
    told = common.visible("; ".join(_told(one) for one in made))
    say(f"{told or f'removed: {name}'}; signed by {session.badge}")


@app.command()
def tiles(
    address: Annotated[
        str, typer.Argument(help="Such as https://tiles.example/{z}/{x}/{y}.png; not with --none.")
    ] = "",
    attribution: Annotated[str, typer.Option(help="Whose tiles they are; it stands under each map.")] = "",
    highest: Annotated[int, typer.Option(help="The highest zoom that the server has.")] = 18,
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    *,
    none: Annotated[bool, typer.Option("--none", help="Ask nobody for tiles.")] = False,
) -> None:
    """Name the server of the map tiles that show streets under places (chief).

    A tile's address tells the server's owner which area is looked at, and when: run a server of your own. It is
    asked over https, or at a granted host; one at a loopback or private address needs a grant in any case.
    """
    from workbench.policy import services

    if none == bool(address) or (none and attribution):
        raise UsageError("name a server's address, or --none alone")
    department = common.department_of(casefiles)
    grants = department.settings.grants
    made = None if none else services.tile_server(address, attribution, highest, grants)
    session = common.sign_in(department, badge, passphrase_file)
    department.change([session], settings={"tiles": made})
    told = _told_tiles(made) if made else "no tile server: maps show no streets"
    say(f"{common.visible(told)}; signed by {session.badge}")


@app.command()
def report(casefiles: Casefiles = HERE, *, as_json: Json = False) -> None:
    """Report on authority: cases by purpose and state, refusals, renewals, every oral authority."""
    from workbench.custody import history, log
    from workbench.times import now

    rows = []
    for folder in cases_in(casefiles):
        found = history.read(folder)
        standing = found.standing(now())
        acts = [signed.version.act for signed in found.versions]
        rows.append(
            {
                "case": folder.name,
                "purpose": found.versions[0].version.purpose if found.versions else "",
                "state": standing.state,
                "approvals": acts.count("approve"),
                "refusals": acts.count("refuse"),
                "renewals": acts.count("renew"),
                "oral": acts.count("oral"),
                "unratified": standing.oral == "unratified",
                "oral_authority": standing.oral,
                "gate_refusals": sum(entry.action == "refused" for entry in log.rare(folder)),
                "captures": len(found.captures),
            }
        )
    if as_json:
        common.as_json(rows)
        return
    if not rows:
        say("no cases")
    common.say_rows([{name: row[name] for name in row if name not in {"oral", "unratified"}} for row in rows])


def _ask(what: str, option: str) -> str:
    if not sys.stdin.isatty():
        raise UsageError(f"{what}: nobody is here to ask", todo=f"add {option}")
    return common.ask(what)


def _told(authority: TimestampAuthority) -> str:
    from workbench.policy.services import fingerprints

    return f"{authority.name} at {authority.url}, CA SHA-256 {', '.join(fingerprints(authority))}"


def _told_tiles(server: TileServer) -> str:
    return f"{server.address} up to zoom {server.highest}, {server.attribution}"


def _read(file: Path) -> bytes:
    from workbench.policy.services import MOST_CA_BYTES

    try:
        with file.open("rb") as reader:
            return reader.read(MOST_CA_BYTES + 1)
    except OSError as error:
        raise UsageError("this file cannot be read", where=str(file), found=str(error.strerror)) from error


def _check_private(address: str) -> None:
    """Refuse what a grant is not for: public addresses need none, and a network of both would open more."""
    import ipaddress

    try:
        asked = ipaddress.ip_network(address, strict=False)
    except ValueError as error:
        raise UsageError(
            "this is not an address or network", expected="such as 10.1.0.0/16", found=address
        ) from error
    inside = [ipaddress.ip_network(one) for one in _PRIVATE]
    if not any(asked.network_address in one and asked.broadcast_address in one for one in inside):
        raise UsageError(
            "this is not a loopback or private address or network",
            expected="one inside " + ", ".join(_PRIVATE),
            found=address,
            todo="a public address needs no grant",
        )


def cases_in(casefiles: Path) -> list[Path]:
    """List the case folders."""
    from workbench.records import CASE_NUMBER

    if not casefiles.is_dir():
        return []
    return sorted(p for p in casefiles.iterdir() if CASE_NUMBER.fullmatch(p.name) and (p / "log").is_dir())


def new_passphrase(badge: str, file: Path | None) -> str:
    """Get a new key's passphrase from a file, or twice from a prompt."""
    if file is not None:
        return common.passphrase(badge, file)
    if not sys.stdin.isatty():
        raise Locked(
            f"the key of {badge} needs a new passphrase and nobody is here to ask",
            todo="use the option that names the file of the new passphrase",
        )
    return common.ask(
        f"New passphrase for the key of {badge}", hide_input=True, confirmation_prompt=True, err=True
    )
