"""What speaks for and against an account being somebody's: the facts that officers noted, side by side."""

from __future__ import annotations

from collections.abc import Collection

from workbench.policy.annotations import Annotation
from workbench.production import cited, markup
from workbench.production.state import State

_NOTE = (
    "Facts that officers noted for and against an account being somebody's, each with the exhibits it rests on. "
    "An account that bears a name is not enough; nothing here concludes who wrote anything."
)


def page(state: State, wanted: Collection[int] | None) -> bytes:
    """Give ``authorship.html``: for each account, confirming and contrary facts side by side, each citing exhibits.

    Exhibits among ``wanted`` (None: all) have a page in the package to link to.
    """
    facts = [one for one in state.annotations if one.kind == "authorship"]
    accounts = list(dict.fromkeys(one.account for one in facts))
    notes = [_NOTE]
    notes += ["Nobody has noted any such fact: this is not a finding either way."] * (not facts)
    body = "".join(_account(state, account, facts, wanted) for account in accounts)
    title = f"Authorship: case {state.case}"
    return (markup.head(title, notes) + body + markup.END).encode()


def _account(
    state: State, account: str, facts: Collection[Annotation], wanted: Collection[int] | None
) -> str:
    own = [one for one in facts if one.account == account]
    sides = [
        "".join(_fact(state, one, wanted) for one in own if one.side == side) or "none noted"
        for side in ("confirming", "contrary")
    ]
    heads = markup.row(["Confirming", "Contrary"], "th")
    return f"<h2>{markup.safe(account)}</h2><table>{heads}{markup.row(sides)}</table>\n"


def _fact(state: State, one: Annotation, wanted: Collection[int] | None) -> str:
    cites = ", ".join(cited.link(state, number, wanted) for number in one.exhibits)
    words = markup.safe(one.text).replace("\n", "<br>")
    told = f"{cites}<br><code>{markup.safe(f'{one.by}, {one.at}')}</code>"
    gone = next(
        (each for each in state.annotations if each.kind == "withdrawal" and each.of == one.annotation), None
    )
    if gone is None:
        return f"<p>{words}<br>{told}</p>"
    why = markup.safe(f"Withdrawn by {gone.by}, {gone.at}: {gone.text}").replace("\n", "<br>")
    return f"<p><s>{words}</s><br>{told}<br>{why}</p>"
