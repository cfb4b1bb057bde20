"""``manage.py api_schema``: write docs/openapi.yaml anew, unless that would break somebody's program."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import api_changes, api_schema


class Command(BaseCommand):
    """``--breaking`` writes it all the same: for a new version of the API."""

    help = "Write docs/openapi.yaml; refuses changes that break programs written against it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One switch."""
        parser.add_argument("--breaking", action="store_true", help="write also what breaks programs")

    def handle(self, *_args: Any, breaking: bool, **_options: Any) -> None:
        """Compare, then write."""
        if api_schema.FILE.exists() and not breaking:
            found = api_changes.breaking(api_schema.committed(), api_schema.schema())
            if found:
                raise CommandError("Programs would break:\n  " + "\n  ".join(found))
        api_schema.FILE.write_text(api_schema.as_text(), encoding="utf-8")
        self.stdout.write(f"{api_schema.FILE.name} written")
