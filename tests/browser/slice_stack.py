"""A stack of real processes for browser tests, with people who can log in; nothing here touches pytest's database."""

from __future__ import annotations

import json
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.demo import LOGINS
from config.embedded.stack import Stack

_MEMBER = """
from config import main_job
main_job.organisation_with({organisation!r}, ({email!r}, {name!r}, "admin", {password!r}))
"""
#: A small job of its own: two people, a started campaign, everything on its way has arrived.
_SMALL_JOB = """
from pathlib import Path
from django.utils import timezone
from accounts.models import User
from campaigns import lifecycle
from config import main_job
owner = User.objects.get(email={email!r})
project = main_job.new_project(owner, "Harbour lights")
imported = main_job.import_people(owner, Path({path!r}), project)
main_job.wait_for("import", lambda: main_job.ended(imported.run_id, owner.organisation_id), seconds=90)
mailbox = main_job.link_mailbox(owner, main_job.Outside.of_stack())
campaign = main_job.write_campaign(owner, project, mailbox, name="Harbour campaign")
lifecycle.start(campaign=campaign, actor=owner, now=timezone.now())
main_job.wait_for("sending", lambda: main_job.settled(campaign), seconds=90)
print("made", project.pk, campaign.pk)
"""


@dataclass(frozen=True)
class Member:
    """Whoever logs in; has a mail account at the sandbox under the same address."""

    email: str
    password: str
    mail_password: str


def add_member(stack: Stack, *, number: int, organisation: str) -> Member:
    """The first admin of a new organisation, who owns the sandbox's mail account of that number."""
    account = LOGINS[number]
    password = "correct horse battery"
    _shell(
        stack,
        _MEMBER.format(organisation=organisation, email=account.email, name=account.name, password=password),
    )
    return Member(account.email, password, account.password)


def run_small_job(stack: Stack, member: Member, path: Path) -> tuple[int, int]:
    """Import ``path`` and write to its people without a browser; project and campaign numbers."""
    told = _shell(stack, _SMALL_JOB.format(email=member.email, path=str(path)))
    made = next(line for line in told.splitlines() if line.startswith("made "))
    project, campaign = made.split()[1:]
    return int(project), int(campaign)


def ledger(stack: Stack) -> dict[str, Any]:
    """What the sandbox's mail server counted."""
    with urllib.request.urlopen(f"{stack.sandbox['control_url']}/ledger", timeout=30) as answer:  # noqa: S310
        found: dict[str, Any] = json.load(answer)
    return found


def people_at_sourcewhale(stack: Stack) -> list[dict[str, Any]]:
    """Who was exported there; the connection test's own record belongs to no campaign and is left out."""
    address = f"{stack.sandbox['control_url']}/sourcewhale/people"
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310
        return [person for person in json.load(answer) if person["campaign_id"]]


class Patience:
    """A deadline for something that comes by itself: ``while patience.left(what): …``."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(self, what: object) -> bool:
        """True until the time is over; then an AssertionError with the last thing seen."""
        assert time.monotonic() < self._until, f"still waiting: {what}"
        return True


def _shell(stack: Stack, code: str) -> str:
    done = stack.manage("shell", "-c", code, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout
