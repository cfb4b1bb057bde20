"""Every status a room defines has its word and dot in the one table."""

from __future__ import annotations

import importlib
import re

import pytest
from django.db.models import TextChoices

from config import statuses

#: (module, class) of every TextChoices that a page shows as a status badge.
SHOWN = [
    ("campaigns.states", "CampaignStatus"),
    ("campaigns.states", "Progress"),
    ("campaigns.states", "Hold"),
    ("campaigns.states", "StepStatus"),
    ("outreach.states", "MessageStatus"),
    ("outreach.states", "MailboxStatus"),
    ("integrations.states", "ConnectionStatus"),
    ("integrations.states", "ItemStatus"),
    ("sourcing.models.contact_point", "ContactStatus"),
    ("sourcing.models.finding", "FindingStatus"),
    ("foundation.models", "RunStatus"),
]


@pytest.mark.parametrize(("module", "name"), SHOWN, ids=[name for _, name in SHOWN])
def test_every_status_of_the_rooms_has_its_dot(module: str, name: str) -> None:
    choices: type[TextChoices] = getattr(importlib.import_module(module), name)
    unknown = [label for label in choices.labels if label and label not in statuses.DOTS]
    assert unknown == []


WORDS = """Draft, Starting, Running, Completed, Paused, Not Started, Started, Replied, Bounced, Unsubscribed, Stopped,
Needs attention, Possible reply, Uncertain send, Pending, Sent, Bounced: (Ended), Failed, Skipped, Uncertain"""


@pytest.mark.parametrize("word", re.split(r",\s", WORDS))
def test_every_word_of_the_behaviour_page_has_its_dot(word: str) -> None:
    assert word in statuses.DOTS


def test_out_of_office_keeps_its_dot_with_a_date_behind_it() -> None:
    assert statuses.dot("Out of office until 12 May") == statuses.dot("Out of office") == statuses.NOTED


def test_an_unknown_word_is_shown_quietly() -> None:
    assert statuses.dot("Something new") == statuses.WAITING
