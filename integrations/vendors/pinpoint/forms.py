"""What an administrator types to connect Pinpoint, and how to find it (seed 004, in its own words)."""

from __future__ import annotations

from django import forms

from integrations.base.connector import CredentialsForm
from integrations.vendors.pinpoint.client import SUBDOMAIN

_HOST = ".pinpointhq.com"


class PinpointCredentialsForm(CredentialsForm):
    """Subdomain, API key and, for webhooks, the signing secret."""

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
            "To hear of changes at once: under Settings > API & Webhooks > Webhooks add the address this connection "
            "shows, choose the application events, and enter the signing secret below. Without it Beckon asks now and "
            "then."
        ),
    )

    subdomain = forms.CharField(
        label="Subdomain",
        max_length=200,
        strip=True,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )
    api_key = forms.CharField(
        label="API Key",
        min_length=8,
        max_length=500,
        strip=True,
        # autocomplete=off is ignored for passwords by browsers; new-password keeps a login out of the field.
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
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

    def clean_api_key(self) -> str:
        """A key travels in a header: one word of visible ASCII, as copied."""
        key: str = self.cleaned_data["api_key"]
        if not key.isascii() or any(sign.isspace() or not sign.isprintable() for sign in key):
            raise forms.ValidationError("An API key is one word without spaces. Please copy it again.")
        return key
