from __future__ import annotations

from django.apps import AppConfig


class BeckonConfig(AppConfig):
    """The project itself: checks, template tags, commands."""

    name = "config"
    default_auto_field = "django.db.models.BigAutoField"
