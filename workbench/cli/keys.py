"""``workbench unlock`` and ``lock``: a key is unlocked once, for a while, in an agent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli import common
from workbench.cli.common import HERE, Badge, Casefiles, PassphraseFile, say
from workbench.errors import AuthorityError

unlock = typer.Typer(rich_markup_mode=None, add_completion=False, help="Unlock your key for a while.")
lock = typer.Typer(rich_markup_mode=None, add_completion=False, help="Forget your unlocked key.")


@unlock.command()
def unlock_key(
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
    minutes: Annotated[int, typer.Option(min=1, max=720, help="For how many minutes.")] = 15,
) -> None:
    """Hand your key to the ssh-agent, or to a small agent of our own, for so many minutes."""
    from workbench.custody import agent, keys
    from workbench.policy.officers import check_badge

    department = common.department_of(casefiles)
    path = keys.path_of(keys.default_folder(), check_badge(common.acting(badge)))
    signer = keys.load(path, common.passphrase(badge, passphrase_file))
    line = department.officers.current(badge, department.clock())
    if line is None or line.key != signer.blob:
        raise AuthorityError("the register does not hold this key for this badge", found=badge)
    named = os.environ.get("SSH_AUTH_SOCK")
    socket = Path(named) if named and Path(named).exists() else agent.start(minutes * 60)
    agent.add(socket, signer, f"workbench {badge}", minutes * 60)
    say(f"unlocked for {minutes} minutes: {badge}")


@lock.command()
def lock_key(casefiles: Casefiles = HERE, badge: Badge = "") -> None:
    """Have every agent at hand forget your key."""
    from workbench.custody import agent

    department = common.department_of(casefiles)
    common.acting(badge)
    held = [line for line in department.officers.keys if line.badge == badge]
    count = sum(agent.remove(line.key) for line in held)
    say(f"locked: {badge}" if count else f"no agent held a key of {badge}")
