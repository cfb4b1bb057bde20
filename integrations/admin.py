"""For the installation's administrators: state is read-only, secrets are not shown at all; sync settings and decisions
about fields are changed through the operations the pages use.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from foundation.admin import LookOnly
from integrations import (
    field_decisions,
    job_statuses,
    opening,
    registry,
    setting_changes,
    syncing,
)
from integrations.admin_forms import DecisionForm, PolicyForm, WhitelistForm
from integrations.base.records import Capability
from integrations.models import (
    CompanyMatch,
    Connection,
    Export,
    ExportItem,
    FieldRow,
    RemoteNote,
    SyncSetting,
    SyncTask,
)


class System(admin.SimpleListFilter):
    """By the vendor of the connection; Django's own filter would ask a manager that wants an organisation."""

    title = "system"
    parameter_name = "system"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 - Django's signature
        """Every vendor there is."""
        return [(found.slug, found.display_name) for found in registry.connector_classes()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 - Django's signature
        """Rows of the one chosen."""
        return queryset.filter(connection__vendor=self.value()) if self.value() else queryset


@admin.register(Connection)
class ConnectionAdmin(LookOnly):
    """Where each connection stands. The job status whitelist is changed here; where it leads to is a setting."""

    list_display = ["label", "organisation", "status", "verified_at", "trouble"]
    list_filter = ["vendor", "status"]
    exclude: ClassVar[list[str]] = ["secret", "account", "account_there"]
    form = WhitelistForm

    @admin.display(description="Base URL")
    def base_url(self, obj: Connection) -> str:
        """As the environment says."""
        return str(getattr(settings, f"{obj.vendor.upper()}_BASE_URL", ""))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the model's permission says, where the vendor has job statuses."""
        if obj is not None and not _has_statuses(obj):
            return False
        return admin.ModelAdmin.has_change_permission(self, request, obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All but the sealed ones, and where it leads to."""
        return [*super().get_fields(request, obj), "base_url"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Everything but the whitelist: a status has one writer."""
        return [name for name in self.get_fields(request, obj) if name != "job_statuses"]

    def save_model(self, request: HttpRequest, obj: Connection, form: Any, change: bool) -> None:  # noqa: ARG002 - the admin gives it
        """Through the operation."""
        row = self.get_queryset(request).get(pk=obj.pk)
        job_statuses.choose(actor=None, connection=row, statuses=form.cleaned_data["job_statuses"])


def _has_statuses(connection: Connection) -> bool:
    known = connection.vendor in registry.CONNECTORS
    return known and opening.vendor_of(connection).supports(Capability.LIST_JOB_STATUSES)


@admin.register(Export)
class ExportAdmin(LookOnly):
    """What was asked for."""

    list_display = ["id", "organisation", "connection", "mode", "target_name", "created_by", "created_at"]
    list_filter = ["mode"]
    list_select_related = ["organisation", "connection", "created_by"]


@admin.register(ExportItem)
class ExportItemAdmin(LookOnly):
    """What became of each person, by id."""

    list_display = [
        "id",
        "export_id",
        "candidate_id",
        "status",
        "reason_code",
        "attempts",
        "not_before",
        "settled_at",
    ]
    list_filter = ["status", "reason_code"]


@admin.register(CompanyMatch)
class CompanyMatchAdmin(LookOnly):
    """Which company there a company's name means."""

    list_display = [
        "spelling",
        "organisation",
        "connection",
        "candidate_id",
        "state",
        "remote_id",
        "remote_name",
        "chosen_at",
    ]
    list_filter = ["state"]
    list_select_related = ["organisation", "connection"]


@admin.register(SyncSetting)
class SyncSettingAdmin(LookOnly):
    """What was set about syncing, by level; a value changed here counts as an administrator's."""

    list_display = [
        "name",
        "organisation",
        "connection",
        "record_type",
        "user_id",
        "campaign_id",
        "candidate_id",
        "value",
        "locked",
        "locked_by",
        "locked_at",
    ]
    list_filter = ["name", "locked"]
    list_select_related = ["organisation", "connection"]
    form = PolicyForm
    fields = ("value", "locked", "locked_by", "locked_at", "by_admin", "written_by_name", "written_at")
    readonly_fields = ("locked_by", "locked_at", "by_admin", "written_by_name", "written_at")

    @admin.display(description="Written by")
    def written_by_name(self, obj: SyncSetting) -> str:
        """Without asking the manager of users, which wants an organisation."""
        return str(obj.written_by or "")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the model's permission says."""
        return admin.ModelAdmin.has_change_permission(self, request, obj)

    def save_model(self, request: HttpRequest, obj: SyncSetting, form: Any, change: bool) -> None:  # noqa: ARG002 - the admin gives it
        """Through the operations."""
        place = setting_changes.Place(user=obj.user, campaign=obj.campaign, candidate=obj.candidate)
        about: dict[str, Any] = {"actor": None, "connection": obj.connection, "record_type": obj.record_type}
        values = {obj.name: form.cleaned_data["value"]}
        setting_changes.write(**about, place=place, values=values)
        if place == setting_changes.TEAM and "locked" in form.changed_data:
            setting_changes.lock(
                **about, name=obj.name, locked=form.cleaned_data["locked"], by=str(request.user)
            )


@admin.register(FieldRow)
class FieldRowAdmin(LookOnly):
    """Remote fields with their rule and variable."""

    list_display = [
        "label",
        "organisation",
        "connection",
        "record_type",
        "variable",
        "rule",
        "displayed",
        "mandatory",
        "filterable",
        "gone_since",
    ]
    list_filter = ["record_type", "rule", "displayed", "mandatory", "filterable"]
    list_select_related = ["organisation", "connection"]
    search_fields = ["label", "key"]
    form = DecisionForm
    fields = field_decisions.DECISIONS

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the model's permission says."""
        return admin.ModelAdmin.has_change_permission(self, request, obj)

    def save_model(self, request: HttpRequest, obj: FieldRow, form: Any, change: bool) -> None:  # noqa: ARG002 - the admin gives it
        """Through the operation."""
        field_decisions.decide(actor=None, field=obj, changes=form.cleaned_data)


@admin.register(SyncTask)
class SyncTaskAdmin(LookOnly):
    """The sync log of all organisations, by id; what needs attention is tried again from the list."""

    actions = ("try_again",)

    list_display = [
        "id",
        "organisation",
        "connection",
        "candidate_id",
        "kind",
        "status",
        "reason_code",
        "attempts",
        "not_before",
        "settled_at",
    ]
    list_filter = ["status", "kind", "reason_code", System, "created_at"]
    list_select_related = ["organisation", "connection"]
    search_fields = ["=id", "=candidate__id"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The list and its action, no form."""
        return obj is None and admin.ModelAdmin.has_change_permission(self, request, obj)

    @admin.action(description="Retry", permissions=["change"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[SyncTask]) -> None:
        """What needs attention; what may have arrived there is left to somebody who has looked."""
        chosen = queryset.count()
        count = syncing.retry_these(actor=None, tasks=queryset)
        self.message_user(request, f"{count} will be tried again.", messages.SUCCESS)
        if count < chosen:
            text = (
                f"{chosen - count} were left: they do not need attention, or may have arrived. For those, look there "
                "first and retry from the connection's sync log."
            )
            self.message_user(request, text, messages.WARNING)


@admin.register(RemoteNote)
class RemoteNoteAdmin(LookOnly):
    """Which notes went where; their text is for the organisation."""

    list_display = ["id", "organisation", "connection", "candidate_id", "kind", "at", "state"]
    list_filter = ["state", "kind"]
    list_select_related = ["organisation", "connection"]
    exclude: ClassVar[list[str]] = ["text"]
