"""The room of other systems."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Other systems: connections, export, sync."""

    name = "integrations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the kinds of run, the places on other rooms' pages and the person data of this room."""
        for module in (
            "export_run",
            "pulling",
            "undoing",
            "verifying",
            "places",
            "sync_places",
            "person_data",
            "reactions",
        ):
            import_module(f"integrations.{module}")
        import_module("foundation.secrets").register(self.get_model("Connection"), "secret")
        import_module("foundation.secrets").register(self.get_model("Hook"), "sealed")
