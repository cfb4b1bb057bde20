"""Forms that edit a person in place: one field, one position, one school."""

from __future__ import annotations

from typing import Any

from django import forms

from sourcing.models import FieldKind


def field_form(shown: Any, data: Any = None) -> forms.Form:
    """The form of one field of a person (``views.profile.Shown``): one control named ``value`` that fits its kind.

    The operation cleans and refuses; the control only helps to type.
    """
    form = forms.Form(data, auto_id=f"{shown.part}_%s", initial={"value": _initial(shown)})
    form.fields["value"] = _control(shown)
    return form


def _initial(shown: Any) -> Any:
    if shown.kind == FieldKind.YES_NO:
        return {True: "yes", False: "no"}.get(shown.value, "")
    return shown.value


def _control(shown: Any) -> forms.Field:
    common: dict[str, Any] = {"label": shown.label, "required": False}
    if shown.choices:
        return forms.ChoiceField(choices=shown.choices, **common)
    choices = [(choice, choice) for choice in shown.custom.choices] if shown.custom else []
    match shown.kind:
        case FieldKind.YES_NO:
            return forms.ChoiceField(choices=[("", "Unknown"), ("yes", "Yes"), ("no", "No")], **common)
        case FieldKind.CHOICE:
            # A choice that was taken away from the field stays while the person has it.
            gone = [] if not shown.value or shown.value in dict(choices) else [(shown.value, shown.value)]
            return forms.ChoiceField(choices=[("", "None"), *choices, *gone], **common)
        case FieldKind.CHOICES:
            return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **common)
        case FieldKind.DATE:
            widget: forms.Widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            return forms.CharField(widget=widget, **common)
        case FieldKind.NUMBER:
            return forms.CharField(widget=forms.TextInput(attrs={"inputmode": "decimal"}), **common)
    if shown.long:
        return forms.CharField(max_length=40_000, widget=forms.Textarea(attrs={"rows": 6}), **common)
    return forms.CharField(max_length=2_000, **common)


class ExperienceForm(forms.Form):
    """One position."""

    title = forms.CharField(label="Title", max_length=300, required=False)
    company = forms.CharField(label="Company", max_length=300, required=False)
    location = forms.CharField(label="Place", max_length=300, required=False)
    started = forms.CharField(label="From", max_length=10, required=False, help_text="2019 or 2019-04")
    ended = forms.CharField(label="To", max_length=10, required=False, help_text="Empty: until now")
    description = forms.CharField(
        label="Description", max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class EducationForm(forms.Form):
    """One school."""

    school = forms.CharField(label="School", max_length=300, required=False)
    degree = forms.CharField(label="Degree", max_length=300, required=False)
    field = forms.CharField(label="Field", max_length=300, required=False)
    started = forms.CharField(label="From", max_length=10, required=False, help_text="2019 or 2019-04")
    ended = forms.CharField(label="To", max_length=10, required=False)
