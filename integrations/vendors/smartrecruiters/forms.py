"""How SmartRecruiters is connected: by signing in (seed 001, in its own words), or by a key for those who have one."""

from __future__ import annotations

from integrations.base.connector import ApiKeyForm


class SmartRecruitersCredentialsForm(ApiKeyForm):
    """One API key; signing in needs no form."""

    before = "Make sure you are logged in to SmartRecruiters before enabling the integration."
    steps = (
        "Go to your profile in the bottom left corner, then Integrations. Search for SmartRecruiters, click Activate.",
        "Click allow access on the SmartRecruiters Pop-up window.",
        "With a key instead: an administrator makes one there under Settings, Apps & Integrations, API keys.",
    )
