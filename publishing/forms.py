"""What administrators type about webhooks."""

from __future__ import annotations

from django import forms

from publishing import catalogue

_TYPES = [
    (
        group.capitalize(),
        [(each.name, f"{each.name}: {each.words[0].lower()}{each.words[1:]}") for each in types],
    )
    for group, types in catalogue.GROUPS.items()
]


class EndpointForm(forms.Form):
    """Where to, and what."""

    url = forms.CharField(
        max_length=2_000,
        label="Address",
        help_text="It gets a POST for every event and answers with any status from 200 to 299.",
        widget=forms.URLInput(
            attrs={"placeholder": "https://hooks.example.com/beckon", "autocomplete": "off"}
        ),
    )
    description = forms.CharField(max_length=200, required=False, label="What it is for")
    types = forms.MultipleChoiceField(
        choices=_TYPES,
        required=False,
        label="Events",
        help_text="None ticked means all, also those that are added later.",
        widget=forms.CheckboxSelectMultiple,
    )


class ChangedEndpointForm(EndpointForm):
    """The same with its switch."""

    active = forms.BooleanField(required=False, label="Switched on")
