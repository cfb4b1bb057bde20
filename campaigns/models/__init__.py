"""The tables of campaigns, by subject: who gets which step when; import from here."""

from __future__ import annotations

from campaigns.models.attempt import Attempt
from campaigns.models.campaign import Campaign, ProjectOutreach
from campaigns.models.manual_task import ManualTask
from campaigns.models.recipient import PlaceholderText, Recipient, StepChange
from campaigns.models.step import Step, StepFile, StepVariant, StepVersion

__all__ = [
    "Attempt",
    "Campaign",
    "ManualTask",
    "PlaceholderText",
    "ProjectOutreach",
    "Recipient",
    "Step",
    "StepChange",
    "StepFile",
    "StepVariant",
    "StepVersion",
]
