"""What an administrator types to connect SourceWhale, and how to find it (seed 000, in its own words)."""

from __future__ import annotations

from integrations.base.connector import ApiKeyForm


class SourceWhaleCredentialsForm(ApiKeyForm):
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
