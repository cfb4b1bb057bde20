"""The form of the rule of duplicates."""

from __future__ import annotations

from django import forms

from sourcing.matching import Key


class DuplicateRuleForm(forms.Form):
    """What decides that two records are one person."""

    keys = forms.MultipleChoiceField(
        label="What decides",
        choices=(
            (Key.EMAIL.value, "The same e-mail address"),
            (Key.PROFILE.value, "The same social profile"),
            (Key.PHONE.value, "The same phone number"),
            (Key.NAME_COMPANY.value, "A similar name at the same company"),
        ),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None: every likely pair is for you to decide.",
    )
    every = forms.ChoiceField(
        label="How many of them",
        choices=(("any", "Any one is enough"), ("all", "All of them must agree")),
        widget=forms.RadioSelect,
    )
    refuse = forms.ChoiceField(
        label="When somebody makes a person who is there already",
        choices=(("warn", "Warn, and let them create it anyway"), ("refuse", "Refuse")),
        widget=forms.RadioSelect,
    )
