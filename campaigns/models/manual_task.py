"""What people made of manual tasks."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from campaigns.models.recipient import Recipient
from campaigns.models.step import Step
from campaigns.states import TaskOutcome
from foundation.tenancy import SameOrganisation, TenantModel


class ManualTask(TenantModel):
    """What a person made of a manual task of one recipient. No row: nobody has touched it yet.

    When it is due is the recipient's plan (``planned_at`` while ``next_step`` is the task); see
    ``campaigns.manual_tasks``.
    """

    recipient = models.ForeignKey(Recipient, on_delete=models.CASCADE, related_name="tasks")
    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=8, choices=TaskOutcome, default=TaskOutcome.OPEN)
    note = models.TextField(blank=True)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("recipient"),
            SameOrganisation("step"),
            SameOrganisation("done_by"),
            models.UniqueConstraint(fields=["recipient", "step"], name="campaigns_manualtask_once"),
        ]

    def __str__(self) -> str:
        return f"task {self.pk}: {self.outcome}"
