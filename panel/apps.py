"""The room of the browser's side panel."""

from __future__ import annotations

from django.apps import AppConfig


class PanelConfig(AppConfig):
    """What the browser extension asks and says: who is on this page, and one save for everything. No table of its
    own."""

    name = "panel"
    default_auto_field = "django.db.models.BigAutoField"
