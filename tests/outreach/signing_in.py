"""The sandbox in the place of Google and Microsoft."""

from __future__ import annotations

from typing import Any

from sandbox.client import Sandbox


def use_sandbox(settings: Any, world: Sandbox, *, imap_port: int = 0) -> None:
    """Both providers' sign-ins and mail servers are the sandbox; ``imap_port``: another server reads."""
    oauth = world.addresses["oauth"]
    for name in ("GOOGLE", "MICROSOFT"):
        there = oauth[name.lower()]
        setattr(settings, f"{name}_CLIENT_ID", oauth["client_id"])
        setattr(settings, f"{name}_CLIENT_SECRET", oauth["client_secret"])
        setattr(settings, f"{name}_AUTHORIZE_URL", there["authorize_url"])
        setattr(settings, f"{name}_TOKEN_URL", there["token_url"])
        setattr(settings, f"{name}_SMTP", (world.host, world.smtp_port, "none"))
        setattr(settings, f"{name}_IMAP", (world.host, imap_port or world.imap_port, "none"))
    settings.GOOGLE_REVOKE_URL = oauth["google"]["revoke_url"]
