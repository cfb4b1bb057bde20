from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Organisations, people who log in, and what each may do."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
