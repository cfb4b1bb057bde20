"""How SmartRecruiters is connected: by signing in (seed 001, in its own words), by a key, by a client of one's own."""

from __future__ import annotations

from typing import Any

from django import forms

from integrations.base.connector import ApiKeyForm, one_word


class SmartRecruitersCredentialsForm(ApiKeyForm):
    """A key, or client ID and secret; signing in needs no form."""

    before = "Make sure you are logged in to SmartRecruiters before enabling the integration."
    steps = (
        "Go to your profile in the bottom left corner, then Integrations. Search for SmartRecruiters, click Activate.",
        "Click allow access on the SmartRecruiters Pop-up window.",
        "With a key instead: an administrator makes one there under Settings, Apps & Integrations, API keys.",
        "With client credentials instead: the client ID and secret that SmartRecruiters gave your company.",
    )

    client_id = forms.CharField(
        label="Client ID",
        required=False,
        max_length=200,
        help_text="Instead of a key.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    client_secret = forms.CharField(
        label="Client secret",
        required=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["api_key"].required = False

    def clean_client_id(self) -> str:
        """As copied."""
        return one_word(self.cleaned_data["client_id"], "A client ID")

    def clean_client_secret(self) -> str:
        """As copied."""
        return one_word(self.cleaned_data["client_secret"], "A client secret")

    def clean(self) -> dict[str, Any]:
        """One of the two ways, whole; only its values are the credential."""
        values = super().clean() or self.cleaned_data
        if self.errors:
            return values
        given = {name: value for name, value in values.items() if value}
        client = given.keys() & {"client_id", "client_secret"}
        if ("api_key" in given) == bool(client):
            raise forms.ValidationError("Enter either an API key, or a client ID with its secret.")
        for name in {"client_id", "client_secret"} - client if client else ():
            self.add_error(name, "Enter both, the client ID and its secret.")
        return given
