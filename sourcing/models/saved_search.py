"""Questions people keep."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.audit import AUDIT
from foundation.tenancy import SameOrganisation, TenantModel


class SavedSearch(TenantModel):
    """A question with a name, evaluated anew each time. ``shared`` shows it to the organisation; its owner edits it."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,  # SameOrganisation("owner") checks it
    )
    name = models.CharField(max_length=100)
    #: ``Question.as_json()``.
    question = models.JSONField(default=dict)
    shared = models.BooleanField(default=False)
    #: Whether the owner gets one e-mail a day about new matches.
    daily = models.BooleanField(default=False)
    #: People who came in up to here were told, or were there when the daily e-mail was switched on.
    told_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("owner"),
            models.UniqueConstraint(fields=["owner", "name"], name="sourcing_savedsearch_name_once"),
        ]
        indexes = [
            # The daily round: who wants e-mail.
            models.Index(fields=["told_until"], condition=Q(daily=True), name="sourcing_savedsearch_daily"),
        ]

    @property
    def url(self) -> str:
        """The list it opens."""
        return reverse("sourcing:saved_search", args=[self.pk])

    def __str__(self) -> str:
        return self.name


class SavedSearchMail(TenantModel):
    """That one saved search told its owner on one day: made before the e-mail leaves, so that it leaves once."""

    saved_search = models.ForeignKey(
        SavedSearch,
        on_delete=models.CASCADE,
        related_name="mails",
        db_constraint=False,  # SameOrganisation("saved_search") checks it
    )
    day = models.DateField()
    count = models.PositiveIntegerField()
    #: Whom it tells about: people who came in after ``since`` up to ``until``.
    since = models.DateTimeField()
    until = models.DateTimeField()
    made_at = models.DateTimeField(auto_now_add=True)
    #: None: a worker ended between the marker and the mail server. It is not sent again.
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("saved_search"),
            models.UniqueConstraint(fields=["saved_search", "day"], name="sourcing_savedsearchmail_once"),
        ]

    def __str__(self) -> str:
        return f"{self.saved_search_id} on {self.day}"
