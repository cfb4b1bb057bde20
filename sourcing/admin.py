"""The plain admin, for the installation's own staff: to look, not to work.

Contact points are not here: private addresses are their adders' alone.
"""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from foundation.admin import LookOnly
from sourcing.finding import ledger
from sourcing.models import (
    Candidate,
    CreditAllowance,
    CreditBalance,
    CreditEntry,
    CreditEvent,
    FindingProvider,
    ImportRun,
    Project,
    Suppression,
)


@admin.register(Candidate)
class CandidateAdmin(LookOnly):
    """People."""

    list_display = ["id", "organisation", "first_name", "last_name", "source", "created_at"]


@admin.register(Project)
class ProjectAdmin(LookOnly):
    """Projects."""

    list_display = ["id", "organisation", "name", "owner", "created_at", "archived_at"]
    list_select_related = ["organisation", "owner"]


@admin.register(ImportRun)
class ImportRunAdmin(LookOnly):
    """Imports."""

    list_display = [
        "id",
        "organisation",
        "file_name",
        "phase",
        "rows",
        "imported",
        "updated",
        "rejected",
        "created_at",
    ]


@admin.register(Suppression)
class SuppressionAdmin(LookOnly):
    """Suppressions; values are fingerprints."""

    list_display = ["id", "organisation", "kind", "reason", "candidate", "created_at"]
    list_select_related = ["organisation", "candidate"]


class AcrossOrganisations(forms.ModelForm):
    """A form whose unique constraints the database checks: Django would ask the manager without an organisation."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # ModelForm asks the instance, not itself; fields and types are checked all the same.
        self.instance.validate_constraints = lambda exclude=None: None  # noqa: ARG005 - Django's signature
        self.instance.validate_unique = lambda exclude=None: None  # noqa: ARG005 - as above


class AllowanceOfOrganisation(AcrossOrganisations):
    """One allowance per organisation and kind."""

    def clean(self) -> dict[str, Any]:
        """Refuse a second one."""
        values = super().clean() or self.cleaned_data
        organisation, kind = values.get("organisation"), values.get("kind")
        if organisation is not None and kind:
            others = CreditAllowance.objects.for_organisation(organisation).filter(kind=kind)
            if others.exclude(pk=self.instance.pk).exists():
                raise forms.ValidationError(
                    "This organisation has an allowance of this kind; change that one."
                )
        return values


@admin.register(CreditEntry)
class CreditEntryAdmin(LookOnly):
    """The ledger of contact credits: to read, and to add credits to an organisation."""

    list_display = ["id", "organisation", "kind", "event", "amount", "note", "created_at"]
    list_select_related = ["organisation"]
    list_filter = ["event", "kind"]
    form = AcrossOrganisations
    fields = ["organisation", "kind", "amount", "note"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever may add in the admin may grant."""
        return admin.ModelAdmin.has_add_permission(self, request)

    def save_model(self, request: HttpRequest, obj: CreditEntry, form: Any, change: bool) -> None:  # noqa: ARG002 - the admin gives it
        """A grant through the ledger, so that the balance follows; the line it wrote is the one shown."""
        line = ledger.grant_by_hand(
            organisation=obj.organisation,
            kind=obj.kind,
            amount=obj.amount,
            actor=None,
            request_key=uuid.uuid4(),
            note=obj.note or "By the administrators of this installation",
        )
        obj.pk, obj.event, obj.cause = line.pk, CreditEvent.GRANT, line.cause


@admin.register(CreditBalance)
class CreditBalanceAdmin(LookOnly):
    """What organisations have left."""

    list_display = ["id", "organisation", "kind", "available", "held", "refreshed_on"]
    list_select_related = ["organisation"]


@admin.register(CreditAllowance)
class CreditAllowanceAdmin(LookOnly):
    """Monthly allowances; may be set here for any organisation."""

    form = AllowanceOfOrganisation

    list_display = ["id", "organisation", "kind", "monthly", "refresh_day"]
    list_select_related = ["organisation"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """As the model's permission says."""
        return admin.ModelAdmin.has_add_permission(self, request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the model's permission says."""
        return admin.ModelAdmin.has_change_permission(self, request, obj)


@admin.register(FindingProvider)
class FindingProviderAdmin(LookOnly):
    """Providers of contact data, without their keys; switched on and off, ordered and priced here too."""

    list_display = ["id", "organisation", "slug", "enabled", "position", "cost", "currency", "trouble"]
    list_select_related = ["organisation"]
    fields = ["organisation", "slug", "enabled", "position", "cost", "currency", "trouble"]
    readonly_fields = ["organisation", "slug"]
    form = AcrossOrganisations

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the model's permission says."""
        return admin.ModelAdmin.has_change_permission(self, request, obj)
