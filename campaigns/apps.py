from __future__ import annotations

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """Who gets which step when."""

    name = "campaigns"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the rooms below what this one brings: a feed, event consumers, a tab, rows about people."""
        from campaigns import (  # noqa: F401, PLC0415 - models first
            advancing,
            doubles,
            facts,
            personal,
            reactions,
            scheduled,
            step_files,
            tabs,
        )
        from outreach import lane_access  # noqa: PLC0415 - models first
        from outreach.outbox import feed  # noqa: PLC0415 - models first
        from outreach.outbox import scheduled as outbox  # noqa: PLC0415 - models first
        from sourcing.search import facets  # noqa: PLC0415 - models first

        facets.label_fact("campaigns", "status", "Outreach")
        facets.label_fact("campaigns", "interest", "Interest")
        feed.register(advancing.CampaignFeed())
        outbox.register(scheduled.PlannedSteps())
        lane_access.register("campaigns", scheduled.LANES)
