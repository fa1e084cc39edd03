"""The forms ask for what the commands describe, and send what a person would type."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import ipywidgets as widgets
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from workbench.runner import forms

from tests.runner_kit import Office
from workbench.policy.purposes import PURPOSES
from workbench.runner import notebooks, parameters
from workbench.runner.broker import Allowance, arguments
from workbench.workspace import asking
from workbench.workspace.asking import Answer, Question


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Take what the forms ask for as the broker would, without running it."""
    taken: list[list[str]] = []

    def ask(
        verb: str,
        words: Sequence[str],
        options: Mapping[str, asking.Option],
        *,
        report: Callable[[str], None],
    ) -> Answer:
        question = Question(verb=verb, words=tuple(words), options=dict(options))
        taken.append(arguments(question, Allowance(lab=True)))
        report(f"ran {verb}")
        return Answer(code=0, lines=())

    monkeypatch.setattr(asking, "ask", ask)
    return taken


def _fill(form: forms.Form, **values: object) -> None:
    for name, value in values.items():
        form.fields[name].widget.value = value


def _said(form: forms.Form) -> str:
    return "".join(output["text"] for output in form.output.outputs)


def test_a_new_case_asks_for_its_purposes_facts_and_then_for_authority(asked: list[list[str]]) -> None:
    form = forms.new_case()
    for purpose in PURPOSES.values():
        form.fields["purpose"].widget.value = purpose.name
        assert len(form.extra.children) == len(purpose.facts)
    _fill(form, purpose="wanted", case="2026-0009", subject="R. Roe", target="mastodon=@roe@social.test\n")
    for field in form.extra.children:
        field.value = f"the {field.description}"
    form.submit()
    assert asked[0][:3] == ["case", "open", "--purpose=wanted"]
    assert "--fact=warrant=the Warrant *" in asked[0]
    assert asked[0][-3:] == ["--subject=R. Roe", "--", "2026-0009"]
    assert asked[1] == ["case", "request", "--target=mastodon=@roe@social.test", "--", "2026-0009"]
    assert _said(form).endswith("Done.\n")


def test_what_is_missing_is_said_and_nothing_is_asked(asked: list[list[str]]) -> None:
    for form in (forms.new_case(), forms.add_file(), forms.capture(), forms.run()):
        form.submit()
        assert "something is missing" in _said(form)
        assert form.button.disabled is False
    assert asked == []


def test_a_file_is_taken_in_with_its_receipt(asked: list[list[str]]) -> None:
    form = forms.add_file()
    _fill(
        form,
        case="2026-0001",
        path="/given/shot.png",
        giver="a friend",
        **{"stated-url": "https://x.test"},
    )
    form.submit()
    assert asked == [
        ["import", "--giver=a friend", "--stated-url=https://x.test", "--", "2026-0001", "/given/shot.png"]
    ]


def test_a_capture_asks_for_the_approved_targets(asked: list[list[str]]) -> None:
    form = forms.capture()
    _fill(form, case="2026-0001", since="2026-03-01")
    form.submit()
    assert asked == [["collect", "--since=2026-03-01", "--", "2026-0001"]]


def test_a_case_of_given_files_asks_for_that_alone(asked: list[list[str]]) -> None:
    form = forms.new_case()
    _fill(form, purpose="gang", case="2026-0010")
    form.fields["given"].widget.value = True
    form.submit()
    assert [words[:2] for words in asked] == [["case", "open"], ["case", "request"]]
    assert "--given-files" in asked[1]
    assert not [word for word in asked[1] if word.startswith("--target")]


def test_a_run_asks_for_the_notebooks_own_parameters(asked: list[list[str]]) -> None:
    form = forms.run()
    for name in notebooks.names():
        form.fields["notebook"].widget.value = name
        declared = [each.name for each in parameters.read(notebooks.find(name)) if each.name != "case_number"]
        asked_for = [child for child in form.extra.children if not isinstance(child, widgets.Label)]
        assert [child.description for child in asked_for] == declared
        # What a field means stands within it while it is empty, else below it.
        held = [child for child in asked_for if not isinstance(child.value, str) or child.value]
        assert len(form.extra.children) - len(declared) == len(held)
    _fill(form, notebook="missing", case="2026-0001")
    fields = {child.description: child for child in form.extra.children}
    fields["since"].value, fields["collect"].value = "2026-03-01", True
    form.submit()
    assert asked[0][:3] == ["run", "--notebook=missing", "--collect"]
    assert asked[0][asked[0].index("since") + 1] == "2026-03-01"
    assert asked[0][asked[0].index("until") + 1] == "none"
    fields["since"].value = "last week"
    form.submit()
    assert "'since' does not take this value" in _said(form)


def test_all_four_stand_side_by_side_and_know_the_cases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path / "cases")
    case = office.case()
    monkeypatch.setenv("WORKBENCH_CASEFILES", str(office.casefiles))
    monkeypatch.setenv("WORKBENCH_CASE", str(case.folder))
    assert forms.start().titles == ("New case", "Add a file", "Capture", "Run a notebook")
    assert forms.capture().fields["case"].value == case.number


def test_a_run_proposes_the_notebook_of_the_case_s_purpose(
    asked: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path / "cases")
    for number, purpose in enumerate(PURPOSES, start=1):
        office.case(f"2026-000{number}", purpose)
    monkeypatch.setenv("WORKBENCH_CASEFILES", str(office.casefiles))
    form = forms.run()
    for number, purpose in enumerate(PURPOSES, start=1):
        _fill(form, case=f"2026-000{number}")
        assert form.fields["notebook"].value == purpose
        declared = parameters.read(notebooks.find(purpose))
        named = {child.description for child in form.extra.children if not isinstance(child, widgets.Label)}
        assert named == {each.name for each in declared} - {"case_number"}
    _fill(form, case="2026-0999")
    assert form.fields["notebook"].value == list(PURPOSES)[-1]
    assert asked == []
