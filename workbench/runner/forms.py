"""Forms for people who do not type commands, made from the descriptions that the commands use.

A new case asks for the facts of ``workbench.policy.purposes``; a run asks for the parameters that the
notebook declares. Each button asks the parent process for the same command that a person would type.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from workbench.custody import history
from workbench.errors import UsageError, WorkbenchError
from workbench.policy.purposes import PURPOSES, Fact
from workbench.records import CASE_NUMBER, Record
from workbench.runner import notebooks, parameters
from workbench.runner.parameters import Parameter
from workbench.workspace import asking
from workbench.workspace.asking import Option
from workbench.workspace.fields import NARROW, Field, Panel

_RECEIPT = (
    ("giver", "Who gave it", "name or reference of the person or office"),
    ("device", "From which device", "telephone, computer, platform"),
    ("received", "When received", "2026-11-23T09:30-05:00; empty: now"),
    ("manner", "How handed over", "in person, by e-mail, on a stick"),
    ("basis", "On what basis", "consent or warrant"),
    ("reference", "Reference", "of the consent form or warrant"),
    ("stated-url", "Stated address", "the address that the giver says it shows"),
)


class Command(Record, frozen=True, kw_only=True):
    """What a form asks for: a verb of the broker's list, its words and options."""

    verb: str
    words: tuple[str, ...]
    options: dict[str, Option]


class Form(Panel):
    """Fields, a button and the place where the command's lines appear."""

    def __init__(
        self,
        fields: Mapping[str, Field],
        button: str,
        commands: Callable[[Mapping[str, str]], Iterator[Command]],
    ) -> None:
        super().__init__(fields, {button: self._ask})
        self.commands = commands
        self.button = self.buttons[button]
        self.extra: widgets.Widget = widgets.VBox()

    @property
    def view(self) -> widgets.Widget:
        """Give the whole form as one widget."""
        shown = [field.widget for field in self.fields.values()]
        return widgets.VBox([*shown, self.extra, self.button, self.output])

    def submit(self) -> None:
        """Ask for each command in turn; stop at the first that does not succeed."""
        self.press(self._ask)

    def _ask(self) -> None:
        for command in self.commands({name: field.value for name, field in self.fields.items()}):
            answer = asking.ask(command.verb, command.words, command.options, report=self.say)
            if answer.code and asking.said_why(answer):
                # That stands above already, where the command's progress is told line by line.
                self.say("Not done.")
                return
            if answer.code:
                raise asking.error_of(answer, command.verb)
        self.say("Done.")


def start() -> widgets.Widget:
    """Give the four forms, one behind the other: new case, add a file, capture, run."""
    tabs = widgets.Tab([new_case().view, add_file().view, capture().view, run().view])
    tabs.titles = ("New case", "Add a file", "Capture", "Run a notebook")
    return tabs


def new_case() -> Form:
    """Give the form that opens a case, and asks for authority where targets, or given files only, are named."""
    purpose = widgets.Dropdown(options=[(each.title, each.name) for each in PURPOSES.values()])
    head = {
        "case": Field("case", "Case number", "2026-0417", widgets.Text()),
        "purpose": Field("purpose", "Purpose", "one of the five sanctioned purposes", purpose),
        "subject": Field("subject", "About whom", "the person, as the papers name them", widgets.Text()),
        "target": Field(
            "target", "Targets", "mastodon=@name@server, one a line; may be empty", widgets.Textarea()
        ),
        "given": Field(
            "given",
            "Nothing is to be collected: it rests on files given to us",
            "ask for approval of that",
            widgets.Checkbox(indent=False),
        ),
    }
    form = Form(head, "Open the case", lambda values: _opening(values, facts))
    facts: dict[str, Field] = {}

    def choose(_: object = None) -> None:
        facts.clear()
        facts.update(purpose_fields(purpose.value))
        form.extra.children = [field.widget for field in facts.values()]

    purpose.observe(choose, names="value")
    choose()
    return form


def add_file() -> Form:
    """Give the form that takes a file given to us into a case, with its receipt."""
    fields = {
        "case": _case_field(),
        "path": Field(
            "path", "File or folder", "path on this machine; it is copied, never changed", widgets.Text()
        ),
    }
    fields |= {name: Field(name, title, words, widgets.Text()) for name, title, words in _RECEIPT}
    return Form(fields, "Take it in", _taking_in)


def capture() -> Form:
    """Give the form that captures a case's approved targets."""
    fields = {
        "case": _case_field(),
        "since": Field("since", "Posts since", "2026-11-01; empty: as approved", widgets.Text()),
        "until": Field("until", "Posts until", "2026-11-23; empty: as approved", widgets.Text()),
    }
    return Form(fields, "Capture", _capturing)


def run() -> Form:
    """Give the form that runs a notebook for a case and keeps the run; it proposes the one of the case's purpose."""
    notebook = widgets.Dropdown(options=notebooks.names())
    head = {"case": _case_field(), "notebook": Field("notebook", "Notebook", "which answer", notebook)}
    form = Form(head, "Run and keep", lambda values: _running(values, fields))
    fields: dict[str, Field] = {}

    def choose(_: object = None) -> None:
        fields.clear()
        fields.update(parameter_fields(notebooks.find(notebook.value)))
        form.extra.children = [part for field in fields.values() for part in _explained(field)]

    def propose(_: object = None) -> None:
        proposed = _purpose_of(head["case"].value)
        notebook.value = proposed if proposed in notebooks.names() else notebook.value

    notebook.observe(choose, names="value")
    head["case"].widget.observe(propose, names="value")
    propose()
    choose()
    return form


def _explained(field: Field) -> Iterator[widgets.Widget]:
    """Give a field, and below it what it means where it holds a value, which hides the words within it."""
    yield field.widget
    if field.value:
        words = widgets.Label(value=field.explanation, layout=widgets.Layout(margin=f"0 0 0 {NARROW}"))
        words.style = {"text_color": "var(--jp-ui-font-color2)", "font_size": "0.85em"}
        yield words


def _purpose_of(number: str) -> str:
    """Give a case's purpose, which names its notebook; empty where there is no such case or it cannot be read."""
    if not CASE_NUMBER.fullmatch(number):
        return ""
    folder = Path(os.environ.get("WORKBENCH_CASEFILES", "casefiles")) / number
    try:
        versions = history.read(folder).versions
    except (WorkbenchError, OSError):
        return ""
    return versions[-1].version.purpose if versions else ""


def purpose_fields(purpose: str) -> dict[str, Field]:
    """Make a field for each fact of a purpose; what is required is marked with an asterisk."""
    return {
        fact.name: Field(
            fact.name, fact.title + (" *" if fact.required else ""), fact.help, _fact_widget(fact)
        )
        for fact in PURPOSES[purpose].facts
    }


def _fact_widget(fact: Fact) -> Any:  # noqa: ANN401 - ipywidgets has no types
    return widgets.Dropdown(options=("", *fact.choices), value="") if fact.choices else widgets.Text()


def parameter_fields(path: Path) -> dict[str, Field]:
    """Make a field for each parameter of a notebook, with its default; the case has a field of its own."""
    return {
        each.name: Field(each.name, each.name, each.description, _widget(each))
        for each in parameters.read(path)
        if each.name != "case_number"
    }


def _widget(parameter: Parameter) -> Any:  # noqa: ANN401 - ipywidgets has no types
    if parameter.kind == "bool" and not parameter.optional:
        return widgets.Checkbox(value=bool(parameter.default), indent=False)
    shown = parameters.plain({parameter.name: parameter.default})[parameter.name]
    return widgets.Text(value="" if shown is None else str(shown))


def _case_field() -> Field:
    home = Path(os.environ.get("WORKBENCH_CASEFILES", "casefiles"))
    numbers = sorted(path.name for path in home.glob("*") if CASE_NUMBER.fullmatch(path.name))
    here = Path(os.environ.get("WORKBENCH_CASE", "")).name
    widget = widgets.Combobox(options=numbers, value=here if here in numbers else "")
    return Field("case", "Case", "the case number", widget)


def _opening(values: Mapping[str, str], facts: Mapping[str, Field]) -> Iterator[Command]:
    said = tuple(f"{name}={field.value}" for name, field in facts.items() if field.value)
    subjects = (values["subject"],) if values["subject"] else ()
    case = _needed(values, "case", "a case number")
    yield Command(
        verb="case open",
        words=(case,),
        options={"purpose": values["purpose"], "fact": said, "subject": subjects},
    )
    targets = tuple(line.strip() for line in values["target"].splitlines() if line.strip())
    if targets:
        yield Command(verb="case request", words=(case,), options={"target": targets})
    elif values["given"] == "true":
        yield Command(verb="case request", words=(case,), options={"given-files": True})


def _taking_in(values: Mapping[str, str]) -> Iterator[Command]:
    words = (_needed(values, "case", "a case number"), _needed(values, "path", "a file or folder"))
    told: dict[str, Option] = {name: values[name] for name, *_ in _RECEIPT if values[name]}
    yield Command(verb="import", words=words, options=told)


def _capturing(values: Mapping[str, str]) -> Iterator[Command]:
    period: dict[str, Option] = {name: values[name] for name in ("since", "until") if values[name]}
    yield Command(verb="collect", words=(_needed(values, "case", "a case number"),), options=period)


def _running(values: Mapping[str, str], fields: Mapping[str, Field]) -> Iterator[Command]:
    declared = parameters.read(notebooks.find(values["notebook"]))
    given = {each.name: fields[each.name].value for each in declared if each.name in fields}
    checked = parameters.plain(parameters.check(declared, given, values["notebook"]))
    collect = bool(checked.pop("collect", False))
    chosen = tuple(f"{name}={'none' if value is None else value}" for name, value in checked.items())
    yield Command(
        verb="run",
        words=(_needed(values, "case", "a case number"),),
        options={"notebook": values["notebook"], "collect": collect, "parameter": chosen},
    )


def _needed(values: Mapping[str, str], name: str, expected: str) -> str:
    if not values[name]:
        raise UsageError("something is missing in the form", where=name, expected=expected)
    return values[name]
