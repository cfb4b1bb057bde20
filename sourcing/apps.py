from __future__ import annotations

from django.apps import AppConfig

from foundation import secrets


class SourcingConfig(AppConfig):
    """People: candidates, import, search, projects."""

    name = "sourcing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register our kinds of run and consumers of news, our tables about people, and our own slots."""
        from sourcing import duplicate_scan, files, merging_certain, notes, page_slots, places, timeline  # noqa: F401, PLC0415 - models first
        from sourcing.finding import running  # noqa: F401, PLC0415 - registers the run kind "sourcing.finding"
        from sourcing.importing import resume  # noqa: F401, PLC0415 - registers the run kind "import"
        from sourcing.resumes import intake  # noqa: F401, PLC0415 - registers the run kind "resumes"
        from sourcing.search import areas, texts  # noqa: PLC0415 - as above

        areas.use(within=places.within, locate=places.id_of)
        texts.register(notes.texts, scopes=notes.scopes)
        texts.register(files.texts)
        timeline.register()
        page_slots.register()
        secrets.register(self.get_model("FindingProvider"), "secret")
