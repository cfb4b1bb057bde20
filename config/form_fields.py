"""A Django form field as Beckon shows it: label, control, help, error, joined for assistive technology.

One place knows which class goes on which widget, so forms declare fields and nothing about looks.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from django import forms
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString

#: Widget class → (kind of layout, CSS classes); the first that fits, so the special ones come first.
KINDS: tuple[tuple[type[forms.Widget], str, str], ...] = (
    (forms.CheckboxSelectMultiple, "choices", "checkbox"),
    (forms.RadioSelect, "choices", "radio"),
    (forms.CheckboxInput, "box", "checkbox"),
    (forms.FileInput, "file", "sr"),
    (forms.Textarea, "control", "textarea"),
    (forms.SelectMultiple, "control", "select h-auto"),
    (forms.Select, "control", "select"),
    (forms.Widget, "control", "input"),
)


@dataclasses.dataclass(frozen=True)
class Choice:
    """One radio button or box of a set."""

    control: SafeString
    id: str
    label: str
    help: str


@dataclasses.dataclass(frozen=True)
class FieldView:
    """What ``ui/field.html`` draws. ``control`` already carries classes and ARIA attributes."""

    name: str
    id: str
    kind: str
    label: str
    help: str
    help_id: str
    errors: list[str]
    error_id: str
    described: str
    optional: bool
    control: SafeString
    choices: list[Choice]


def view(bound: BoundField, *, css: str = "", help_text: str | None = None) -> FieldView:
    """Ready to draw.

    ``aria-describedby`` names the help and the error, ``aria-invalid`` is set only when there is one; a
    required field gets ``required``, an optional one the word "optional" when the form has required ones.
    """
    widget = bound.field.widget
    kind, classes = next((kind, classes) for base, kind, classes in KINDS if isinstance(widget, base))
    name = bound.auto_id or bound.html_name
    errors = [str(error) for error in bound.errors]
    help_words = str(bound.help_text) if help_text is None else help_text
    attributes: dict[str, str | bool] = {
        "class": " ".join(
            part for part in (classes, "border-error" if errors and kind == "control" else "", css) if part
        )
    }
    described = [f"{name}_help"] * bool(help_words) + [f"{name}_error"] * bool(errors)
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if errors:
        attributes["aria-invalid"] = "true"
    if widget.attrs.get("placeholder") == bound.label:
        attributes["placeholder"] = False  # says nothing that the label does not
    choices = list(_choices(bound, classes)) if kind == "choices" else []
    return FieldView(
        name=bound.html_name,
        id=bound.id_for_label or name,
        kind=kind,
        label=str(bound.label or ""),
        help=help_words,
        help_id=f"{name}_help",
        errors=errors,
        error_id=f"{name}_error",
        described=" ".join(described),
        optional=not bound.field.required and any(field.required for field in bound.form.fields.values()),
        control=SafeString("") if choices else bound.as_widget(attrs=attributes),
        choices=choices,
    )


def _choices(bound: BoundField, classes: str) -> Iterator[Choice]:
    """Each option with its explanation: ``field.explanations`` maps a value to one line."""
    explanations: Mapping[object, str] = getattr(bound.field, "explanations", {})
    for option in bound.subwidgets:
        option.data["attrs"] = {**option.data["attrs"], "class": classes}
        value = option.data["value"]
        yield Choice(
            control=option.tag(),
            id=option.id_for_label,
            label=str(option.choice_label),
            help=str(explanations.get(getattr(value, "value", value), "")),
        )
