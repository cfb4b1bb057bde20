"""What an administrator types to connect Pinpoint, and how to find it (seed 004, in its own words)."""

from __future__ import annotations

from django import forms

from integrations.base.connector import ApiKeyForm
from integrations.vendors.pinpoint.client import SUBDOMAIN

_HOST = ".pinpointhq.com"


class PinpointCredentialsForm(ApiKeyForm):
    """Subdomain and API key."""

    before = "Only an administrator of Pinpoint sees its Settings."
    steps = (
        "Head to Settings > Integrations in your Pinpoint account.",
        "Click 'Activate'.",
        (
            "Under Settings > API & Webhooks > API keys make a key that may read and write applications, comments and "
            "custom attributes, and read jobs and custom fields."
        ),
        (
            "Copy the key and enter it below, with the subdomain your Pinpoint has in the browser: acme of "
            "acme.pinpointhq.com."
        ),
        (
            "To hear of changes at once, once it is connected: under Settings > API & Webhooks > Webhooks add the "
            "address that the page of this connection shows, choose the application events, and enter the signing "
            "secret there. Without it Beckon asks now and then."
        ),
    )

    field_order = ("subdomain", "api_key")

    subdomain = forms.CharField(
        label="Subdomain",
        max_length=200,
        strip=True,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )

    def clean_subdomain(self) -> str:
        """The first part of the host. A pasted address of Pinpoint is understood; nothing else gets into a URL."""
        given: str = self.cleaned_data["subdomain"].casefold()
        host = given.removeprefix("https://").partition("/")[0]
        word = host.removesuffix(_HOST)
        if not SUBDOMAIN.fullmatch(word):
            raise forms.ValidationError(
                f"A subdomain is letters, digits and hyphens: acme of https://acme{_HOST}."
            )
        return word
