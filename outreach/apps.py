from __future__ import annotations

from django.apps import AppConfig


class OutreachConfig(AppConfig):
    """One message: mailboxes, outbox, sending, inbound mail."""

    name = "outreach"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the consumer of mailbox health, what is kept about people, and where secrets lie."""
        from foundation import secrets  # noqa: PLC0415 - models are loaded only now
        from outreach import fuses, mailbox_health, opens, personal, tabs  # noqa: F401, PLC0415
        from outreach.models import Mailbox, OAuthGrant  # noqa: PLC0415

        secrets.register(Mailbox, "secret")
        secrets.register(OAuthGrant, "secret")
