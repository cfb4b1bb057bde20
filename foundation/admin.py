"""For the installation's administrators: news that does not arrive, and trying it again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from foundation import events
from foundation.models import Delivery


@admin.register(Delivery)
class DeliveryAdmin(admin.ModelAdmin):
    """Deliveries that failed or wait; nothing can be edited, only tried again."""

    list_display = ("id", "consumer", "subject", "attempts", "failure", "dead", "not_before")
    list_filter = ("dead", "consumer")
    actions = ("try_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:  # noqa: ARG002 - Django's signature
        """All organisations': news belongs to the installation."""
        return Delivery.objects.across_organisations("the installation's administrators")

    @admin.action(description="Try again now")
    def try_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Due at once, with all its tries."""
        count = events.revive(queryset.values_list("pk", flat=True))
        self.message_user(request, f"{count} will be tried again.", messages.SUCCESS)

    def has_add_permission(self, request: HttpRequest, *_args: Any) -> bool:  # noqa: ARG002 - Django's signature
        """Only a change makes news."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        """The list and its action, no form."""
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:  # noqa: ARG002 - Django's signature
        """Dropping news would let two rooms disagree for ever."""
        return False
