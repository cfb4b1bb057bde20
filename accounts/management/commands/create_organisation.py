"""Makes an organisation and the link by which its first administrator joins."""

from __future__ import annotations

import argparse
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone

from accounts import invitations
from accounts.models import Plan
from foundation.problems import Problem


class Command(BaseCommand):
    """``manage.py create_organisation "Northgate Search" ada@northgate.example``."""

    help = __doc__

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Name, the administrator's e-mail, the plan."""
        parser.add_argument("name")
        parser.add_argument("email")
        parser.add_argument("--plan", choices=Plan.values, default=Plan.PROFESSIONAL)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Prints the invitation link, once."""
        try:
            organisation, secret = invitations.found_organisation(
                name=options["name"], email=options["email"], plan=options["plan"], now=timezone.now()
            )
        except Problem as problem:
            raise CommandError(str(problem)) from None
        link = f"{settings.PUBLIC_URL}{reverse('accounts:invitation', args=[secret])}"
        self.stdout.write(f"{organisation.name} is there. Its first administrator joins at:\n{link}")
