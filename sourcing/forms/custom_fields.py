"""The form of a field that an organisation keeps about people."""

from __future__ import annotations

from django import forms

from sourcing.models import FieldKind


class CustomFieldForm(forms.Form):
    """A field of the organisation; ``kind`` is asked only for a new one."""

    label = forms.CharField(label="Name", max_length=80)
    kind = forms.ChoiceField(label="Kind", choices=FieldKind.choices)
    choices = forms.CharField(
        label="Choices",
        required=False,
        help_text="One per line; only for choices.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean_choices(self) -> list[str]:
        """The choices as a list."""
        return [line for line in self.cleaned_data["choices"].splitlines() if line.strip()]
