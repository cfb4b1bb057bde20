"""How SmartRecruiters is connected: by signing in (seed 001, in its own words), or by a key for those who have one."""

from __future__ import annotations

from django import forms

from integrations.base.connector import CredentialsForm


class SmartRecruitersCredentialsForm(CredentialsForm):
    """One API key; signing in needs no form."""

    before = "Make sure you are logged in to SmartRecruiters before enabling the integration."
    steps = (
        "Go to your profile in the bottom left corner, then Integrations. Search for SmartRecruiters, click Activate.",
        "Click allow access on the SmartRecruiters Pop-up window.",
        "With a key instead: an administrator makes one there under Settings, Apps & Integrations, API keys.",
    )

    api_key = forms.CharField(
        label="API Key",
        min_length=8,
        max_length=500,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
    )

    def clean_api_key(self) -> str:
        """A key travels in a header: one word of visible ASCII, as copied; keys of both ages are taken."""
        key: str = self.cleaned_data["api_key"]
        if not key.isascii() or any(sign.isspace() or not sign.isprintable() for sign in key):
            raise forms.ValidationError("An API key is one word without spaces. Please copy it again.")
        return key
