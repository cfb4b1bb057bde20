from __future__ import annotations

from django.apps import AppConfig


class BeckonConfig(AppConfig):
    """The project itself: checks, template tags, commands."""

    name = "config"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        from config import checks  # noqa: F401, PLC0415 - settings are complete only now
