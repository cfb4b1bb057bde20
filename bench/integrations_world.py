"""What the benches of integrations begin with: an organisation, its people, a connection to a stand-in, orders to it.

Models are imported inside the functions: they are there once Django is loaded over the stack.
"""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests

from config.embedded.stack import Stack


def alice() -> Any:
    """The administrator of an organisation of her own."""
    from config import main_job  # noqa: PLC0415

    [made] = main_job.organisation_with("Bench", ("alice@example.com", "Alice", "admin", uuid.uuid4().hex))
    return made


def people(owner: Any, count: int) -> list[int]:
    """So many people with an address each; their ids."""
    from sourcing.people import create_candidate  # noqa: PLC0415

    return [
        create_candidate(
            organisation=owner.organisation,
            actor=owner,
            first_name=f"Ada{number}",
            last_name="Byron",
            emails=[(f"ada{number}@people.example", "work")],
        ).pk
        for number in range(count)
    ]


def connected(owner: Any, vendor: str, *, capabilities: Sequence[str], api_key: str, identity: str) -> Any:
    """A connection through the wizard's own operations; ``identity`` is who the owner is there."""
    from integrations import connections  # noqa: PLC0415

    row = connections.begin(actor=owner, vendor=vendor, capabilities=list(capabilities))
    connections.set_identity(actor=owner, connection=row, email=identity)
    until_ended(connections.submit(actor=owner, connection=row, values={"api_key": api_key}))
    row.refresh_from_db()
    if row.status != "connected":
        raise SystemExit(f"The stand-in was not connected: {row.verification}")
    return row


def until_ended(run: Any, *, look: float = 0.05) -> None:
    """Wait until a run has ended."""
    while not run.ended:
        time.sleep(look)
        run.refresh_from_db()


def order(stack: Stack, vendor: str, what: str, values: dict[str, Any] | None = None) -> None:
    """An order to the stand-in's control door."""
    url = f"{stack.sandbox['control_url']}/{vendor}/{what}"
    requests.post(url, json=values or {}, timeout=120).raise_for_status()


def told(stack: Stack, vendor: str, what: str = "") -> Any:
    """What the stand-in's control door says."""
    url = f"{stack.sandbox['control_url']}/{vendor}/{what}".rstrip("/")
    return requests.get(url, timeout=120).json()


def change(stack: Stack, switches: dict[str, Any]) -> None:
    """Change switches of the sandbox."""
    requests.post(stack.sandbox["control_url"], json=switches, timeout=30).raise_for_status()


def sync_with_notes(owner: Any, connection: Any, candidate_ids: Sequence[int]) -> None:
    """Recipients of a started campaign, synced when added, each with one note: that they are interested.

    No mail leaves: the stack has no worker for it.
    """
    from django.utils import timezone  # noqa: PLC0415

    from bench import campaign_world  # noqa: PLC0415
    from campaigns import enrolment, lifecycle, marking  # noqa: PLC0415
    from campaigns.models import Recipient  # noqa: PLC0415
    from foundation import runs  # noqa: PLC0415
    from foundation.models import Run  # noqa: PLC0415
    from integrations import setting_changes  # noqa: PLC0415
    from outreach.states import Interest  # noqa: PLC0415
    from sourcing.models import Project  # noqa: PLC0415

    setting_changes.write(
        actor=owner,
        connection=connection,
        record_type="candidate",
        place=setting_changes.TEAM,
        values={"add": "added", "notes": ["interest_changed"]},
    )
    project = Project.objects.create(organisation=owner.organisation, owner=owner, name="Bench")
    [campaign] = campaign_world.campaigns(owner, project, count=1)
    now = timezone.now()
    enrolment.add_people(campaign=campaign, candidate_ids=list(candidate_ids), actor=owner, now=now)
    lifecycle.start(campaign=campaign, actor=owner, now=now)
    planning = Run.objects.for_organisation(owner.organisation_id).filter(kind="planning")
    for run_id in planning.values_list("pk", flat=True):
        while runs.work(run_id):
            pass
    for recipient in Recipient.objects.for_organisation(owner.organisation_id).filter(campaign=campaign):
        marking.mark(recipient=recipient, interest=Interest.INTERESTED, actor=owner, now=timezone.now())


def mails_of(row: dict[str, Any]) -> list[str]:
    """The addresses of a record of the stand-in CATS."""
    return [each["email"].lower() for each in row.get("emails", [])]


def mark_of(activity: dict[str, Any]) -> str:
    """Our mark in an activity of the stand-in CATS."""
    found = re.search(r"\[Beckon n\d+\]", str(activity.get("notes")))
    return found[0] if found else str(activity)


def memory(pid: int) -> float:
    """MB a process has in the machine's memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS:"))


def processor(pid: int) -> float:
    """Seconds of the processor a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
