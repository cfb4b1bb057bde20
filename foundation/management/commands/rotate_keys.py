"""Re-encrypt every stored secret with the newest of SECRET_BOX_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation import secrets


class Command(BaseCommand):
    """Put the new key first in SECRET_BOX_KEYS, restart everything, run this, then drop the old key.

    It can be stopped and begun again at any moment, and runs beside a working installation.
    """

    help = __doc__ or ""

    def handle(self, *_args: Any, **_options: Any) -> None:
        """One line per column; fails when a secret stays unreadable, so that no key is dropped too early."""
        unreadable = 0
        for column in secrets.sealed_columns():
            outcome = secrets.rotate(column)
            unreadable += outcome.unreadable
            self.stdout.write(
                f"{column.model._meta.db_table}.{column.column}: {outcome.rotated} rotated, "
                f"{outcome.current} current already, {outcome.changed_meanwhile} changed meanwhile, "
                f"{outcome.unreadable} unreadable"
            )
        if unreadable:
            raise CommandError(f"{unreadable} secret(s) open with none of the keys: keep the old keys.")
