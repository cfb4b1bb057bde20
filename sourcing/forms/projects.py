"""Forms of a project: naming it and who sees it, copying it."""

from __future__ import annotations

from typing import Any

from django import forms

from sourcing.models import Visibility

#: What each visibility means, one line below its radio button.
VISIBLE_TO = {
    Visibility.ORGANISATION.value: "Your colleagues find it and work in it as their role allows.",
    Visibility.MEMBERS.value: "Only its members and admins open it; a person’s page names it to others.",
    Visibility.CONFIDENTIAL.value: "Only its members and admins know that it exists.",
}


class ProjectForm(forms.Form):
    """The name of a project, and who sees it."""

    name = forms.CharField(label="Name", max_length=200, widget=forms.TextInput(attrs={"autofocus": True}))
    visibility = forms.ChoiceField(
        label="Who sees it",
        choices=Visibility.choices,
        initial=Visibility.ORGANISATION,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, naming_only: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if naming_only:
            del self.fields["visibility"]
        else:
            self.fields["visibility"].explanations = VISIBLE_TO  # type: ignore[attr-defined]  # read by config.form_fields


class DuplicateForm(forms.Form):
    """What a copy is called and whether the people come along."""

    name = forms.CharField(label="Name", max_length=200, widget=forms.TextInput(attrs={"autofocus": True}))
    with_people = forms.BooleanField(
        label="With its people", required=False, help_text="Each in the stage they are in now."
    )
