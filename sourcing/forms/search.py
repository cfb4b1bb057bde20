"""Forms of saved searches and of synonyms."""

from __future__ import annotations

from django import forms


class SavedSearchForm(forms.Form):
    """Keep a question: its name, who sees it, whether it writes."""

    name = forms.CharField(label="Name", max_length=100)
    shared = forms.BooleanField(
        label="Shared",
        required=False,
        help_text="Everybody of your organisation can open it; only you change it.",
    )
    daily = forms.BooleanField(
        label="Daily e-mail", required=False, help_text="One e-mail a day about people who came in and fit."
    )


class SynonymForm(forms.Form):
    """Two words for the same."""

    word = forms.CharField(label="Word", max_length=100, widget=forms.TextInput(attrs={"placeholder": "SWE"}))
    same_as = forms.CharField(
        label="Means the same as",
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "software engineer"}),
    )
