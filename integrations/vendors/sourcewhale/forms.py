"""What an administrator types to connect SourceWhale, and how to find it (seed 000, in its own words)."""

from __future__ import annotations

from django import forms

from integrations.base.connector import CredentialsForm


class SourceWhaleCredentialsForm(CredentialsForm):
    """One API key."""

    before = (
        "The person who creates this API key must have Admin permissions in your instance of SourceWhale."
    )
    steps = (
        "Log in to SourceWhale as an administrator.",
        "From the SourceWhale dashboard, click on your profile icon in the bottom left corner and select Admin.",
        "Go to Settings, then click Generate API Key.",
        "Copy your API key and save it somewhere safe: you enter it below.",
    )

    api_key = forms.CharField(
        label="API Key",
        min_length=8,
        max_length=500,
        strip=True,
        # autocomplete=off is ignored for passwords by browsers; new-password keeps a login out of the field.
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
    )

    def clean_api_key(self) -> str:
        """A key travels in a header: one word of visible ASCII, as copied."""
        key: str = self.cleaned_data["api_key"]
        if not key.isascii() or any(sign.isspace() or not sign.isprintable() for sign in key):
            raise forms.ValidationError("An API key is one word without spaces. Please copy it again.")
        return key
