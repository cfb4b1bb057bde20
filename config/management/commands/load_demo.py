"""Loads the demo organisation, once: logins, linked mailboxes, people, a project, a campaign ready to start."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand

from accounts.models import Organisation
from config import demo, main_job
from foundation import runs


class Command(BaseCommand):
    """Does nothing when the organisation is already there."""

    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Imports run right here: no worker is up yet while the demo is being prepared."""
        if Organisation.objects.filter(name=demo.ORGANISATION).exists():
            self.stdout.write("The demo organisation is already there.")
            return
        alice, bob, _vera = main_job.organisation_with(
            demo.ORGANISATION, *((each.email, each.name, each.role, each.password) for each in demo.LOGINS)
        )
        project = main_job.new_project(alice, "Backend engineers, Munich")
        main_job.new_project(bob, "Data platform, Vienna")
        imported = main_job.import_people(alice, main_job.EXAMPLE, project)
        while imported.run_id is not None and runs.work(imported.run_id):
            pass
        if "BECKON_STACK" in os.environ:
            outside = main_job.Outside.of_stack()
            mailbox = main_job.link_mailbox(alice, outside)
            main_job.link_mailbox(bob, outside)
            main_job.write_campaign(alice, project, mailbox, name="Backend Munich, first wave")
            main_job.set_up_finding(alice, outside)
            connection = main_job.connect_sourcewhale(alice, outside)
            connection.refresh_from_db()
            while connection.verification_run_id is not None and runs.work(connection.verification_run_id):
                pass
        self.stdout.write("The demo organisation is loaded.")
