from __future__ import annotations

from django.apps import AppConfig


class FoundationConfig(AppConfig):
    """What every room stands on."""

    name = "foundation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.backends.signals import connection_created  # noqa: PLC0415 - apps are loaded only now

        from foundation import secrets, transactions  # noqa: PLC0415
        from foundation.models import IdempotentAnswer  # noqa: PLC0415

        connection_created.connect(transactions.install, dispatch_uid="foundation.transactions")
        secrets.register(IdempotentAnswer, "sealed")
