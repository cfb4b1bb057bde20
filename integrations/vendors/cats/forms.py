"""What an administrator types to connect CATS, and how to find it (seed 003, in its own words)."""

from __future__ import annotations

from integrations.base.connector import ApiKeyForm


class CatsCredentialsForm(ApiKeyForm):
    """One API key."""

    before = (
        "An API key acts with the rights of the account that makes it; an administrator of CATS makes it."
    )
    steps = (
        "In CATS, click on settings in the top-right.",
        "Follow Administration → Site Management → API Keys and obtain an API key.",
        "Copy the key, enter it below and click Activate.",
    )
