"""What the workbench never does: score a person, tell guilt, risk, belonging, feeling or protected traits.

The public names of what notebooks use, all parameters, all columns of results and tables, all that the package
imports, and the words of the notebooks are walked. A refusal that rests on nobody having thought of it is none.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import re
import tomllib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import networkx as nx
import pandas as pd
import pytest

from tests.test_analysis_frames import ALL, Tables, tables
from workbench import analysis
from workbench.rows import TABLES
from workbench.tables.schema import columns_of

ROOT = Path(__file__).parents[1]
PACKAGES = ("workbench.analysis", "workbench.show", "workbench.workspace")
_PERSONS = """
score scores scored scoring rating risk risks risky danger dangerous dangerousness threatlevel severity
guilt guilty culpable culpability innocent innocence suspect suspects suspicion suspicious criminal
criminals offender membership member members affiliation affiliated gangster extremist extremism radical
radicalisation radicalization ideology ideological sentiment emotion emotions mood toxicity toxic hate
personality truthful deception trustworthy credibility
"""
_TRAITS = """
race racial ethnic ethnicity nationality religion religious faith gender sex sexual orientation disability
pregnancy genetic political politics party immigrant immigration citizenship face faces facial biometric
gait
"""
_WAYS = """
predict predicts predicted prediction predictive classify classifier classification propagate propagated
propagation infer inferred inference
"""
NEVER = frozenset(f"{_PERSONS} {_TRAITS} {_WAYS}".split())
"""Words of a person's worth, danger, guilt, belonging or feeling; of what the law protects; of ways there."""

ALLOWED = {
    "suspicion_basis": "a person enters it: 28 CFR 23.20 asks for the basis of a reasonable suspicion",
}
"""Names that hold such a word and yet say nothing of their own, each with the reason."""

_MODULES = """
sklearn torch tensorflow transformers textblob vaderSentiment nltk spacy face_recognition deepface dlib mediapipe
insightface openai anthropic
"""
FORBIDDEN_MODULES = frozenset(_MODULES.split())
SPREADS_LABELS = re.compile(
    r"label_propagation|asyn_lpa|fast_label_propagation|node_classification|harmonic_function|"
    r"local_and_global_consistency|\bPLP\b|LPDegreeOrdered|LabelPropagation|LabelSpreading"
)
NEGATED = re.compile(r"\b(no|not|never|nothing|neither|nor|none|without|cannot)\b", re.IGNORECASE)
PROSE = re.compile(
    r"\b(scor(e|es|ed|ing)|risk(s|y)?|guilt(y)?|culpab\w+|membership|sentiment|ideolog\w+|extremis\w+|radicali\w+|race|"
    r"ethnic\w*|religi\w+|gender|sexual|nationalit\w+|facial|biometric\w*|predict\w*|dangerous\w*|toxic\w*)\b",
    re.IGNORECASE,
)


def words_of(name: str) -> set[str]:
    """Split a name into its words: at signs, and where a small letter meets a capital one."""
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return {part.lower() for part in re.split(r"[^A-Za-z]+", parts) if part}


def wrong(names: Any) -> list[str]:
    return sorted({name for name in names if name not in ALLOWED and words_of(name) & NEVER})


def modules() -> Iterator[ModuleType]:
    for package in PACKAGES:
        found = importlib.import_module(package)
        yield found
        for each in pkgutil.walk_packages(found.__path__, f"{package}."):
            yield importlib.import_module(each.name)


def public(thing: Any, name: str) -> Iterator[str]:
    """Name a thing, its parameters and, of a class, its attributes."""
    yield name
    if inspect.isclass(thing):
        yield from getattr(thing, "__struct_fields__", ())
        for inner in vars(thing):
            if not inner.startswith("_"):
                yield from public(getattr(thing, inner), inner)
    elif inspect.isroutine(thing):
        yield from inspect.signature(thing).parameters


def names_in(module: Any) -> Iterator[str]:
    for name, thing in vars(module).items():
        if not name.startswith("_") and getattr(thing, "__module__", module.__name__).startswith("workbench"):
            yield from public(thing, name)


def test_no_public_name_or_parameter_scores_or_labels() -> None:
    found = {module.__name__: wrong(names_in(module)) for module in modules()}
    assert len(found) > 40
    assert {name: names for name, names in found.items() if names} == {}


def test_the_walk_would_find_them() -> None:
    def rate(posts: object, risk_level: float) -> None: ...

    class Person:
        @property
        def isGuilty(self) -> bool:  # noqa: N802 - a name as others write it
            return True

    rate.__module__ = Person.__module__ = "workbench.planted"
    planted = SimpleNamespace(__name__="workbench.planted", gang_score=rate, Person=Person, fine=rate)
    assert wrong(names_in(planted)) == ["gang_score", "isGuilty", "risk_level"]
    assert wrong(["suspicion_basis", "surface", "embrace", "party_size"]) == ["party_size"]


def results() -> dict[str, Any]:
    given = tables(["2026-03-01T00:00:00Z", None, "2026-03-09T01:00:00Z", "2026-03-09T02:00:00Z"])
    return {name: run(given) for name, run in ALL.items()}


def test_no_column_of_a_result_does() -> None:
    for name, found in results().items():
        columns = found.columns if isinstance(found, pd.DataFrame) else _attributes(found)
        assert wrong(columns) == [], name


def said_in(found: Any) -> Iterator[str]:
    """Give every text that a result holds, those within lists too."""
    if not isinstance(found, pd.DataFrame):
        holders = [found.graph, *(about for _, about in found.nodes(data=True))]
        holders += [about for *_, about in found.edges(data=True)]
        found = pd.DataFrame({"value": [value for about in holders for value in about.values()]})
    for value in found.astype(object).to_numpy().ravel():
        yield from (str(each) for each in (value if isinstance(value, (tuple, list)) else (value,)))


def claims(texts: Iterable[str]) -> list[str]:
    """Name the texts that speak of such things and do not deny them."""
    # A z-score is of a word or a pause, as statistics calls it.
    said = {each: each.replace("z-score", "") for each in texts}
    return sorted(each for each, text in said.items() if PROSE.search(text) and not NEGATED.search(text))


def test_no_value_of_a_result_says_so_either() -> None:
    for name, found in results().items():
        assert claims(said_in(found)) == [], name


def test_a_value_that_said_so_would_be_found() -> None:
    table = pd.DataFrame({"note": ["a high risk"], "reasons": [("gang membership likely",)], "n": [1]})
    graph: nx.DiGraph[str] = nx.DiGraph(method="counting")
    graph.add_edge("a", "b", said="a dangerous tie")
    assert claims(said_in(table)) == ["a high risk", "gang membership likely"]
    assert claims(said_in(graph)) == ["a dangerous tie"]
    assert claims(["no membership is told"]) == []


def _attributes(graph: Any) -> set[str]:
    holders = [graph.graph, *(about for _, about in graph.nodes(data=True))]
    holders += [about for *_, about in graph.edges(data=True)]
    return {name for about in holders for name in about}


def test_what_a_person_alone_may_say_is_given_empty() -> None:
    ties = results()["ties"]
    for name in ALLOWED:
        assert (ties[name] == "").all()


def test_no_column_of_a_table_does() -> None:
    columns = {column.name for table in TABLES for column in columns_of(table)}
    assert len(columns) > 50
    assert wrong(columns) == []


def test_no_result_depends_on_a_label() -> None:
    """Columns that label accounts change no result: no function reads one, so none hands one on."""
    given = tables([f"2026-03-{1 + n % 9:02d}T{n % 24:02d}:00:00Z" for n in range(30)])
    labels: dict[str, Any] = {"label": "gang", "suspect": True, "group": "north", "risk": 0.9}
    marked = Tables(*(table.assign(**labels) for table in given))
    for name, run in ALL.items():
        plain, told = run(given), run(marked)
        if isinstance(plain, pd.DataFrame):
            pd.testing.assert_frame_equal(plain, told)
        else:
            assert nx.utils.graphs_equal(plain, told), name


@pytest.mark.parametrize(
    "measure", ["communities", "core_numbers", "components", "walk_shares", "betweenness"]
)
def test_no_measure_reads_a_label_from_a_neighbour(measure: str) -> None:
    plain, marked = nx.karate_club_graph(), nx.karate_club_graph()
    nx.set_node_attributes(plain, {node: {} for node in plain})
    nx.set_node_attributes(marked, dict.fromkeys(range(10), "named"), "label")
    run = getattr(analysis.measures, measure)
    assert run(plain) == run(marked)


def sources() -> list[Path]:
    return sorted((ROOT / "workbench").rglob("*.py"))


def test_nothing_that_spreads_labels_is_called_and_no_such_library_imported() -> None:
    for path in sources():
        text = path.read_text("utf-8")
        assert not SPREADS_LABELS.search(text), path
        assert not _imported(text) & FORBIDDEN_MODULES, path


def _imported(text: str) -> set[str]:
    tree = ast.walk(ast.parse(text))
    names = set()
    for node in tree:
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def test_no_such_library_is_a_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *chain(*project.get("optional-dependencies", {}).values())]
    names = {re.split(r"[^A-Za-z0-9_-]", each)[0].lower() for each in asked}
    assert "networkx" in names
    banned = {name.lower().replace("_", "-") for name in FORBIDDEN_MODULES} | {"scikit-learn"}
    assert not names & banned


def sentences(notebook: Path) -> Iterator[str]:
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        text = "".join(cell["source"])
        yield from (
            re.split(r"(?<=[.:!?])\s+|\n\n|\|", text) if cell["cell_type"] == "markdown" else text.split("\n")
        )


@pytest.mark.parametrize("notebook", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_speaks_of_such_things_only_to_deny_them(notebook: Path) -> None:
    claimed = [each for each in sentences(notebook) if PROSE.search(each) and not NEGATED.search(each)]
    assert claimed == []


def test_a_claim_in_prose_would_be_found() -> None:
    assert PROSE.search("Each account has a risk score.")
    assert not NEGATED.search("Each account has a risk score.")
    assert NEGATED.search("No score, and no claim of membership.")
    assert not PROSE.search("The interface traces posts.")
