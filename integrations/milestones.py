"""How far a person has come in campaigns, as the sync settings count it (docs/behaviour.md §8).

Added is being a recipient, draft campaigns included; replied is the recipient's *Replied*; interested a mark by a
person or the reader, which implies an answer.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from campaigns.models import Campaign, Recipient
from campaigns.states import Progress
from integrations import sync_settings
from outreach.states import KEEN
from sourcing.models import Candidate


@dataclass(frozen=True, slots=True)
class Milestones:
    """What one person has reached."""

    added: bool = False
    replied: bool = False
    interested: bool = False

    def push(self, add: str) -> bool:
        """Whether this is far enough to be in the other system."""
        return sync_settings.pushes(add, added=self.added, replied=self.replied, interested=self.interested)


def of(
    candidate: Candidate, campaign: Campaign | None, *, before: datetime.datetime | None = None
) -> Milestones:
    """In this campaign, or without one in any; ``before`` leaves out what was reached at that moment or later."""
    rows = Recipient.objects.for_organisation(candidate.organisation_id).filter(candidate=candidate)
    return _among(rows.filter(campaign=campaign) if campaign is not None else rows, before)


def _among(recipients: Iterable[Recipient], before: datetime.datetime | None) -> Milestones:
    added = replied = interested = False
    for recipient in recipients:
        added = added or _earlier(recipient.added_at, before)
        replied = replied or (recipient.progress == Progress.REPLIED and _earlier(recipient.ended_at, before))
        interested = interested or (recipient.interest in KEEN and _earlier(recipient.interest_at, before))
    return Milestones(added, replied, interested)


def _earlier(moment: datetime.datetime | None, before: datetime.datetime | None) -> bool:
    return before is None or (moment is not None and moment < before)
