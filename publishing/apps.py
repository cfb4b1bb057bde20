"""The room of what is told to others."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class PublishingConfig(AppConfig):
    """News for other programs: the feed of events and webhooks."""

    name = "publishing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Take the news, keep the secrets, stand in Settings."""
        from accounts import settings_pages  # noqa: PLC0415 - models are there once apps are ready
        from accounts.permissions import Right  # noqa: PLC0415

        import_module("publishing.feed")
        import_module("foundation.secrets").register(self.get_model("Endpoint"), "sealed")
        settings_pages.register(
            label="Webhooks", url_name="publishing:endpoints", right=Right.ORGANISATION_EDIT, order=35
        )
