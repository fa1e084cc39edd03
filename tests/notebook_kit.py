"""Cases of every kind for the notebooks, and a quick way to run a notebook's cells in this process."""

from __future__ import annotations

import ast
import html
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from PIL import Image

from tests.archive_kit import created, give
from tests.importer_kit import VECTORS
from tests.runner_kit import DETECTIVE, Office
from workbench.casefile import CaseFile, Receipt
from workbench.intake import take_in
from workbench.runner import notebooks, parameters

HOSTILE = "<img src=x onerror=alert(1)>"
WORDS = {
    "Arabic": "سأعود غدا إلى البيت \u202eevil",
    "Chinese": "明天我会回家 🏠",
    "Hebrew": "אני חוזר מחר",
    "Cyrillic": "Завтра вернусь домой",
    "Hindi": "मैं कल वापस आऊँगा",
}
NAMES = ("лина", "小明", "משה", "ليلى")


def post(number: int, words: str, *, towards: str = "", picture: str = "") -> dict[str, Any]:
    """Make one post of an archive's outbox; every eighth hour, so that there are days, hours and gaps."""
    day, hour = divmod(number * 8, 24)
    tag = [{"type": "Mention", "href": f"https://far.test/users/{towards}", "name": f"@{towards}@far.test"}]
    attached = [{"type": "Document", "mediaType": "image/png", "url": picture, "name": HOSTILE}]
    return created(
        1000 + number,
        f"2026-03-{1 + day:02d}T{hour:02d}:10:00Z",
        f"<p>{html.escape(words)}</p>",
        sensitive=number % 2 == 1,
        attachment=attached if picture else [],
        tag=tag if towards else [],
    )


def give_posts(case: CaseFile, folder: Path, posts: Sequence[dict[str, Any]]) -> None:
    """Import a Mastodon archive of these posts, with the two pictures that they may carry."""
    give(case, folder, posts, {f"media_attachments/{number}.png": picture(number) for number in (1, 2)})


def picture(number: int) -> bytes:
    """Draw a small picture: a slope of grey, the other way round for even numbers."""
    drawn = Image.linear_gradient("L").resize((64, 48))
    made = io.BytesIO()
    (drawn.rotate(180) if number % 2 == 0 else drawn).save(made, "PNG")
    return made.getvalue()


def fill(case: CaseFile, folder: Path, kind: str) -> CaseFile:
    """Put into a case what its kind says: none, one, platform, many (two platforms), scripts (not Latin)."""
    if kind == "one":
        give_posts(case, folder, [post(0, f"only this {HOSTILE}", towards="ann")])
    if kind in {"platform", "many"}:
        give_posts(case, folder, [_varied(number) for number in range(40)])
    if kind == "many":
        tweets = VECTORS / "twarc" / "valid" / "v2-page"
        take_in(
            case,
            [(path, path.name) for path in sorted(tweets.glob("*.json*"))[:1]],
            Receipt(giver="a friend"),
        )
    if kind == "scripts":
        said = list(WORDS.values())
        posts = [post(n, said[n % len(said)], towards=NAMES[n % len(NAMES)]) for n in range(40)]
        give_posts(case, folder, posts)
    return case


def _varied(number: int) -> dict[str, Any]:
    towards = ("ann", "bob", "", "")[number % 4] if number < 36 else "zed"
    picture_of = f"/media_attachments/{1 + number % 2}.png" if number % 5 == 0 else ""
    return post(
        number + (30 if number > 38 else 0), f"post {number} {HOSTILE}", towards=towards, picture=picture_of
    )


def made(root: Path, purpose: str, kind: str) -> tuple[Office, CaseFile]:
    """Make an approved case of a purpose, filled as the kind says."""
    office = Office(root / "cases")
    case = office.case(purpose=purpose)
    office.approve(case)
    return office, fill(case, root / "given", kind)


@contextmanager
def officer(case: CaseFile, badge: str = DETECTIVE) -> Iterator[None]:
    """Be an officer at a case while the block runs, as the runner makes it known to a kernel."""
    said = {"WORKBENCH_CASEFILES": str(case.folder.parent), "WORKBENCH_CASE": str(case.folder)}
    said["WORKBENCH_OFFICER"] = badge
    before = {name: os.environ.get(name) for name in said}
    os.environ.update(said)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def executed(
    case: CaseFile, name: str, given: Mapping[str, object] | None = None, badge: str = DETECTIVE
) -> str:
    """Run a notebook's cells here, in order; give all that they showed, as markup. What a cell raises is raised."""
    source = notebooks.find(name)
    values = parameters.check(parameters.read(source), given or {}, name)
    shown: list[str] = []
    space: dict[str, Any] = {"display": lambda value: shown.append(rendered(value)), "__name__": "__main__"}
    with officer(case, badge), redirect_stdout(io.StringIO()):
        for cell in notebooks.load(source).cells:
            if cell.cell_type == "code":
                shown.append(rendered(_run(cell.source, space, cell.id)))
                space |= values if parameters.TAG in cell.metadata.get("tags", ()) else {}
    return "\n".join(shown)


def _run(source: str, space: dict[str, Any], where: str) -> object:
    """Run a cell; give the value of its last line, where that is an expression."""
    tree = ast.parse(source, where)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, where, "exec"), space)  # noqa: S102 - a notebook of ours
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), where, "eval"), space)  # noqa: S307 - the same


def rendered(value: object) -> str:
    """Give the markup that Jupyter would show for a value."""
    if value is None:
        return ""
    bundle = getattr(value, "_repr_mimebundle_", None)
    if bundle is not None:
        return str(bundle(None, None)["text/html"])
    page = getattr(value, "_repr_html_", None)
    return str(page()) if page is not None else repr(value)
