"""Forms of the stages of a project and of the organisation's default ones."""

from __future__ import annotations

from django import forms


class StageForm(forms.Form):
    """The name of a stage."""

    name = forms.CharField(label="Name", max_length=60)


class DefaultStagesForm(forms.Form):
    """The stages of new projects, one per line."""

    names = forms.CharField(
        label="Stages",
        required=False,
        max_length=3_000,
        widget=forms.Textarea(attrs={"rows": 9}),
        help_text="One per line, from left to right. Empty: the stages Beckon comes with. "
        "Projects that exist keep theirs.",
    )
