from __future__ import annotations

from django.apps import AppConfig

from foundation import secrets


class SourcingConfig(AppConfig):
    """People: candidates, import, search, projects."""

    name = "sourcing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the import as a run kind, our tables about people, and our own slots."""
        from sourcing import page_slots, timeline  # noqa: PLC0415 - models are loaded only now
        from sourcing.finding import asking  # noqa: F401, PLC0415 - registers the run kind "sourcing.finding"
        from sourcing.importing import resume  # noqa: F401, PLC0415 - registers the run kind "import"

        timeline.register()
        page_slots.register()
        secrets.register(self.get_model("FindingProvider"), "secret")
