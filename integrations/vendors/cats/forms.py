"""What an administrator types to connect CATS, and how to find it (seed 003, in its own words)."""

from __future__ import annotations

from django import forms

from integrations.base.connector import CredentialsForm


class CatsCredentialsForm(CredentialsForm):
    """One API key."""

    before = (
        "An API key acts with the rights of the account that makes it; an administrator of CATS makes it."
    )
    steps = (
        "In CATS, click on settings in the top-right.",
        "Follow Administration → Site Management → API Keys and obtain an API key.",
        "Copy the key, enter it below and click Activate.",
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
