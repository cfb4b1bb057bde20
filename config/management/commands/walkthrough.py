"""Runs the main job end to end and proves that the numbers add up: `make walkthrough` (CSV=path)."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from campaigns import lifecycle
from config import demo, main_job
from config.main_job import Counts, Outside, TookTooLong, wait_for
from sourcing.models import ImportRun

#: Longest silence accepted from any one step; the whole job takes well under a minute.
PATIENCE = 60


@dataclass(frozen=True)
class Received:
    """What the sandbox counted itself."""

    accepted: int
    duplicates: int
    bounces: int
    replies: int
    auto_replies: int
    pending: int
    exported: int

    @property
    def answers(self) -> int:
        """Mails that came back."""
        return self.bounces + self.replies + self.auto_replies


def _received(outside: Outside) -> Received:
    """Ask the receiver's books."""
    told = requests.get(f"{outside.control}/ledger", timeout=10).json()
    answers = told["answers"]
    remote = requests.get(f"{outside.control}/sourcewhale/people", timeout=10).json()
    return Received(
        accepted=told["accepted"],
        duplicates=told["duplicates"],
        bounces=answers.get("bounce", 0),
        replies=answers.get("reply", 0) + answers.get("replyother", 0),
        auto_replies=answers.get("ooo", 0),
        pending=told["pending_answers"],
        # The verification leaves its test record there; it belongs to no campaign.
        exported=sum(1 for person in remote if person["campaign_id"]),
    )


class Command(BaseCommand):
    """Exit code 0 only when nothing was lost, nothing sent twice, and both sides counted the same."""

    help = __doc__

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """``--csv``: people of your own; addresses behave by their local part (sandbox/README.md)."""
        parser.add_argument("--csv", type=Path, default=main_job.EXAMPLE)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do the job, print the table and the JSON line, judge."""
        path: Path = options["csv"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        began = time.monotonic()
        try:
            ours, outside = self._job(path)
        except TookTooLong as problem:
            raise CommandError(str(problem)) from None
        theirs = _received(outside)
        seconds = round(time.monotonic() - began, 1)
        differences = self._differences(ours, theirs)
        self._table(ours, theirs, seconds)
        for line in differences:
            self.stderr.write(f"✗ {line}")
        self.stdout.write(json.dumps(_summary(ours, theirs, seconds)))
        if differences:
            raise CommandError("The numbers do not add up.")

    def _job(self, path: Path) -> tuple[Counts, Outside]:
        outside = Outside.of_stack()
        (alice,) = main_job.organisation_with(
            "Walkthrough Search",
            *((each.email, each.name, each.role, each.password) for each in demo.LOGINS[:1]),
        )
        mailbox = main_job.link_mailbox(alice, outside)
        self.stdout.write(f"✓ mailbox {mailbox.address} linked: SMTP and IMAP answered")
        project = main_job.new_project(alice, "Walkthrough")
        imported = main_job.import_people(alice, path, project)
        wait_for(
            "import", lambda: main_job.ended(imported.run_id, alice.organisation_id or 0), seconds=PATIENCE
        )
        imported.refresh_from_db()
        self._told_import(imported)
        campaign = main_job.write_campaign(alice, project, mailbox, name="Walkthrough")
        lifecycle.start(campaign=campaign, actor=alice, now=timezone.now())
        wait_for("sending", lambda: main_job.settled(campaign), seconds=PATIENCE)
        self.stdout.write("✓ everybody was written to or has a reason; waiting for bounces and replies")
        wait_for("bounces and replies", lambda: self._quiet(outside, campaign), seconds=PATIENCE)
        connection = main_job.connect_sourcewhale(alice, outside)
        wait_for("SourceWhale", lambda: main_job.verified(connection), seconds=PATIENCE)
        self.stdout.write("✓ SourceWhale connected: key checked, test record sent")
        export = main_job.export_prospects(alice, connection, project)
        wait_for(
            "export", lambda: main_job.ended(export.run_id, alice.organisation_id or 0), seconds=PATIENCE
        )
        self.stdout.write("✓ export complete")
        return main_job.counts(campaign, imported, export), outside

    def _told_import(self, imported: ImportRun) -> None:
        self.stdout.write(
            f"✓ {imported.rows} rows: {imported.imported} people, {imported.rejected} not taken"
        )
        for line, reason in main_job.refusals(imported):
            self.stdout.write(f"    line {line}: {reason}")

    def _quiet(self, outside: Outside, campaign: Any) -> bool:
        """Every automatic answer the sandbox has sent was read, and what followed from it has settled too."""
        theirs = _received(outside)
        if theirs.pending:
            return False
        return main_job.answers_read(campaign) >= theirs.answers and main_job.settled(campaign)

    def _differences(self, ours: Counts, theirs: Received) -> list[str]:
        """Sentences about what does not add up; empty when all does."""
        pairs = (
            ("messages accepted by the server", ours.sent + ours.uncertain, theirs.accepted),
            ("bounces", ours.reports, theirs.bounces),
            ("automatic answers (out of office)", ours.auto_replies, theirs.auto_replies),
            ("replies", ours.replied, theirs.replies),
            ("people at SourceWhale", ours.exported, theirs.exported),
        )
        found = [f"{what}: we say {a}, the receiver {b}" for what, a, b in pairs if a != b]
        if theirs.duplicates:
            found.append(f"{theirs.duplicates} messages arrived more than once")
        if ours.lost:
            found.append(f"{ours.lost} people have neither a message nor a reason")
        if ours.recipients != ours.imported:
            found.append(f"{ours.imported} people were imported, {ours.recipients} are in the campaign")
        return found

    def _table(self, ours: Counts, theirs: Received, seconds: float) -> None:
        rows = (
            ("imported", ours.imported),
            ("rejected rows", ours.rejected),
            ("recipients", ours.recipients),
            ("messages sent", ours.sent),
            ("ended Bounced", ours.bounced),
            ("bounced, then another address", ours.bounced_then_next_address),
            ("replied", ours.replied),
            ("automatic answers", ours.auto_replies),
            ("uncertain (line lost), told", ours.uncertain),
            ("exported", ours.exported),
            ("sent twice (at the receiver)", theirs.duplicates),
            ("lost", ours.lost),
            ("seconds", seconds),
        )
        for name, value in rows:
            self.stdout.write(f"  {name:<34}{value:>8}")


def _summary(ours: Counts, theirs: Received, seconds: float) -> dict[str, Any]:
    return {
        "imported": ours.imported,
        "rejected": ours.rejected,
        "recipients": ours.recipients,
        "sent": ours.sent,
        "bounced": ours.bounced,
        "bounced_then_next_address": ours.bounced_then_next_address,
        "replied": ours.replied,
        "auto_replies": ours.auto_replies,
        "exported": ours.exported,
        "duplicates_sent": theirs.duplicates,
        "lost": ours.lost,
        "seconds": seconds,
    }
