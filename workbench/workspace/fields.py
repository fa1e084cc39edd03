"""The small pieces of a form in a notebook: questions, a button, and the place where answers appear as text.

What was captured is only ever a widget's plain value (a text area, an option of a list): never a description, a label
or HTML, so that it becomes no markup and no formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets

from workbench.errors import WorkbenchError

NARROW, WIDE = "13em", "34em"
"""Widths of what a field is called."""


class Field:
    """One question of a form: a widget with its description and a line of help."""

    def __init__(
        self, name: str, title: str, explanation: str, widget: widgets.Widget, width: str = NARROW
    ) -> None:
        self.name = name
        self.explanation = explanation
        self.widget = widget
        widget.description = title
        widget.style = {"description_width": width}
        widget.layout = widgets.Layout(width="95%")
        widget.tooltip = explanation
        if hasattr(widget, "placeholder"):
            widget.placeholder = explanation

    @property
    def value(self) -> str:
        """Give what was entered, as the command takes it."""
        value = self.widget.value
        if isinstance(value, bool):
            return "true" if value else "false"
        return "" if value is None else str(value).strip()

    @value.setter
    def value(self, text: str) -> None:
        self.widget.value = text


class Panel:
    """Fields, buttons, and lines of text below them."""

    def __init__(self, fields: Mapping[str, Field], buttons: Mapping[str, Callable[[], None]]) -> None:
        self.fields = dict(fields)
        self.output = widgets.Output()
        self.buttons = {
            title: widgets.Button(
                description=title,
                button_style="" if place else "primary",
                layout=widgets.Layout(width="auto"),
            )
            for place, title in enumerate(buttons)
        }
        for title, act in buttons.items():
            self.buttons[title].on_click(lambda _, act=act: self.press(act))

    @property
    def view(self) -> widgets.Widget:
        """Give the whole panel as one widget."""
        shown = [field.widget for field in self.fields.values()]
        return widgets.VBox([*shown, widgets.HBox(list(self.buttons.values())), self.output])

    def press(self, act: Callable[[], None]) -> None:
        """Do what a button is for; say what went wrong as text, and lose nothing that was typed."""
        self.output.outputs = ()
        self._able(able=False)
        try:
            act()
        except WorkbenchError as error:
            self.say(str(error))
        finally:
            self._able(able=True)

    def say(self, text: str) -> None:
        """Show a line, as text."""
        self.output.append_stdout(text + "\n")

    def value(self, name: str) -> str:
        """Give what was entered in a field."""
        return self.fields[name].value

    def _able(self, *, able: bool) -> None:
        for button in self.buttons.values():
            button.disabled = not able


def text(name: str, title: str, explanation: str) -> Field:
    """Make a field of one line."""
    return Field(name, title, explanation, widgets.Text())


def lines(name: str, title: str, explanation: str, rows: int = 2) -> Field:
    """Make a field of several lines."""
    return Field(name, title, explanation, widgets.Textarea(rows=rows))


def choice(name: str, title: str, explanation: str, options: Sequence[Any]) -> Field:
    """Make a field that takes one of several answers."""
    return Field(name, title, explanation, widgets.Dropdown(options=list(options)))


def suggested(name: str, title: str, explanation: str, options: Sequence[str]) -> Field:
    """Make a field of one line that offers usual answers."""
    return Field(name, title, explanation, widgets.Combobox(options=list(options), ensure_option=False))
