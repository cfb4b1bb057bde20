"""Contact credits: the append-only ledger, one balance per organisation and kind, and the monthly allowance.

One credit of a kind pays for finding the e-mail addresses (or the phone numbers) of one person (docs/behaviour.md §6).
Only ``sourcing.finding.ledger`` writes these tables.
"""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.audit import AUDIT
from foundation.tenancy import SameOrganisation, TenantModel
from sourcing.models.contact_point import ContactKind


class CreditEvent(models.TextChoices):
    """What a line of the ledger did."""

    GRANT = "grant", "Granted"
    HOLD = "hold", "Held"
    SPEND = "spend", "Spent"
    RELEASE = "release", "Released"
    REFUND = "refund", "Refunded"


class CreditEntry(TenantModel):
    """One line of the ledger; never changed and never deleted, which the database itself refuses.

    It names no person, so that erasing somebody leaves the books as they are: which person a spend was for stands in
    :class:`~sourcing.models.finding.FindingItem`.
    """

    kind = models.CharField(max_length=8, choices=ContactKind)
    event = models.CharField(max_length=8, choices=CreditEvent)
    amount = models.PositiveIntegerField()
    #: What this line was written for, unique in the organisation: the same cause is booked once.
    cause = models.CharField(max_length=120)
    #: Who granted, asked or spent; None for the monthly allowance and for refunds.
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,  # SameOrganisation("member") checks it; members are deactivated, not deleted
        db_index=False,
    )
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        verbose_name_plural = "credit entries"
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("member"),
            models.UniqueConstraint(fields=["organisation", "cause"], name="sourcing_credit_cause_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="sourcing_credit_amount_positive"),
        ]
        indexes = [
            # The report: an organisation's spends and refunds of some months. The ledger page: newest first.
            models.Index(fields=["organisation", "-created_at", "-id"], name="sourcing_credit_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.get_event_display()} {self.amount} {self.kind}"


class CreditBalance(TenantModel):
    """What an organisation may still spend on one kind, and what running requests hold back.

    Changed only under its row lock, together with the ledger line that explains the change.
    """

    kind = models.CharField(max_length=8, choices=ContactKind)
    available = models.IntegerField(default=0)
    held = models.IntegerField(default=0)
    #: Begin of the month for which the allowance was last filled up; None: never.
    refreshed_on = models.DateField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["organisation", "kind"], name="sourcing_credit_balance_once"),
            models.CheckConstraint(
                condition=Q(available__gte=0) & Q(held__gte=0), name="sourcing_credit_balance_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.available} {self.kind}"


class CreditAllowance(TenantModel):
    """To how many credits of one kind an organisation is filled up every month; without a row its plan says."""

    kind = models.CharField(max_length=8, choices=ContactKind)
    monthly = models.PositiveIntegerField(validators=[MaxValueValidator(1_000_000)])
    #: Day of the month; 28 at most, so that every month has it.
    refresh_day = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(28)]
    )

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["organisation", "kind"], name="sourcing_allowance_once"),
            models.CheckConstraint(
                condition=Q(refresh_day__gte=1) & Q(refresh_day__lte=28), name="sourcing_allowance_day_1_28"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.monthly} {self.kind} a month"
