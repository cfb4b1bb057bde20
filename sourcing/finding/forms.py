"""What administrators fill in about credits and providers."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms

from sourcing.finding import allowance, ledger
from sourcing.finding.providers.base import Provider
from sourcing.models import ContactKind, FindingProvider


class AllowanceForm(forms.Form):
    """To how many credits each kind is filled up, and when."""

    monthly_email = forms.IntegerField(
        label="E-mail credits a month", min_value=0, max_value=allowance.MOST_A_MONTH
    )
    monthly_phone = forms.IntegerField(
        label="Phone credits a month", min_value=0, max_value=allowance.MOST_A_MONTH
    )
    refresh_day = forms.IntegerField(
        label="Filled up on day",
        min_value=1,
        max_value=allowance.LAST_DAY,
        help_text="Day of the month, 1 to 28. What is left does not add up; what was added by hand stays.",
    )


class GrantForm(forms.Form):
    """Credits added by hand. ``request_key`` makes a second press the same grant."""

    kind = forms.ChoiceField(label="For", choices=ContactKind.choices)
    amount = forms.IntegerField(label="Credits", min_value=1, max_value=ledger.MOST_AT_ONCE)
    note = forms.CharField(label="Note", max_length=200, required=False)
    request_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class ProviderForm(forms.Form):
    """One provider. An empty key keeps the one there is."""

    key = forms.CharField(
        label="API key",
        max_length=500,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    cost = forms.DecimalField(
        label="Price for one person found",
        min_value=0,
        max_digits=9,
        decimal_places=4,
        initial=0,
        help_text="What the provider takes, for the report. Members pay one credit whatever it is.",
    )
    currency = forms.CharField(label="Currency", max_length=3, initial="EUR")
    base_url = forms.CharField(label="Address", max_length=300, required=False)
    enabled = forms.BooleanField(label="Ask this provider", required=False, initial=True)

    def __init__(
        self, *args: Any, provider: type[Provider], row: FindingProvider | None, **kwargs: Any
    ) -> None:
        if row is not None:
            kwargs["initial"] = {
                "cost": row.cost.normalize(),
                "currency": row.currency,
                "base_url": row.base_url,
                "enabled": row.enabled,
            }
        super().__init__(*args, **kwargs)
        if row is not None and row.secret:
            self.fields["key"].help_text = "A key is stored and is never shown. Leave this empty to keep it."
        self.fields["base_url"].help_text = f"Empty: {provider.default_base_url}"
