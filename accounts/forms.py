"""What people type about accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import available_timezones

from django import forms

from accounts.models import Role
from accounts.tokens import LIFETIMES

ZONES = [(zone, zone) for zone in sorted(available_timezones())]


class ProfileForm(forms.Form):
    """Name and time zone."""

    name = forms.CharField(max_length=200, label="Name")
    time_zone = forms.ChoiceField(
        choices=ZONES, label="Time zone", help_text="Planned times are shown in it."
    )


class OrganisationForm(forms.Form):
    """Settings of the organisation."""

    name = forms.CharField(max_length=200, label="Name")
    start_grace_minutes = forms.IntegerField(
        min_value=0,
        max_value=120,
        required=False,
        label="Minutes between Start and the first message",
        help_text="0 to 120; empty takes the installation's setting.",
    )


class InviteForm(forms.Form):
    """Whom to invite, as what."""

    email = forms.EmailField(max_length=254, label="E-mail")
    role = forms.ChoiceField(choices=Role.choices, initial=Role.RECRUITER, label="Role")


class JoinForm(forms.Form):
    """What a new member says."""

    name = forms.CharField(
        max_length=200, label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label="Password", widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    time_zone = forms.ChoiceField(choices=ZONES, label="Time zone", initial="Europe/Berlin")


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(max_length=100, label="What it is for")
    days = forms.TypedChoiceField(
        choices=[(days, f"{days} days") for days in LIFETIMES], coerce=int, initial=90, label="Valid for"
    )
    scopes = forms.MultipleChoiceField(
        required=False,
        label="What it may do",
        help_text="None ticked means everything you may do yourself.",
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, offered: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scopes = self.fields["scopes"]
        assert isinstance(scopes, forms.MultipleChoiceField)
        scopes.choices = offered
