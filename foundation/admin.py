"""For the installation's administrators: how every room shows them its rows, and news that does not arrive."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from foundation import events
from foundation.models import Delivery


class LookOnly(admin.ModelAdmin):
    """Rows of all organisations to read; the product makes, changes and erases them."""

    list_per_page = 50
    show_full_result_count = False
    list_select_related: ClassVar[bool | list[str] | tuple[str, ...]] = ("organisation",)
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:  # noqa: ARG002 - Django's signature
        """Staff look across organisations."""
        rows: QuerySet[Any] = self.model.objects.across_organisations(
            "staff of the installation look for a fault"
        )
        return rows

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:  # noqa: ARG002 - Django's signature
        """Named here: else Django builds a form to find out, whose references ask managers without organisation."""
        hidden = self.exclude or ()
        columns = (field for field in self.model._meta.fields if field.editable and not field.auto_created)
        return self.fields or [field.name for field in columns if field.name not in hidden]

    def has_add_permission(self, request: HttpRequest, *_args: Any) -> bool:  # noqa: ARG002 - Django's signature
        """Never here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002 - Django's signature
        """Never here: a status has one writer."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002 - Django's signature
        """Never here."""
        return False


@admin.register(Delivery)
class DeliveryAdmin(LookOnly):
    """Deliveries that failed or wait; nothing can be edited, only tried again."""

    list_display = ("id", "consumer", "subject", "attempts", "failure", "dead", "not_before")
    list_filter = ("dead", "consumer")
    actions = ("try_again",)

    @admin.action(description="Try again now")
    def try_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Due at once, with all its tries."""
        count = events.revive(queryset.values_list("pk", flat=True))
        self.message_user(request, f"{count} will be tried again.", messages.SUCCESS)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """The list and its action, no form."""
        return obj is None and admin.ModelAdmin.has_change_permission(self, request, obj)
