"""The API of an administrator's credits: the monthly allowance, credits added by hand, and the ledger."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation.paging import paged
from foundation.preconditions import guarded, tagged
from foundation.sparse_fields import narrowed
from sourcing.api.requests import caller, checked, organisation_of, settings_in_turn
from sourcing.finding import allowance, ledger
from sourcing.finding import selectors as credit_selectors
from sourcing.models import ContactKind, CreditEntry, CreditEvent


class AllowanceSerializer(serializers.Serializer[Any]):
    """To how many credits each kind is filled up, on which day of the month (1 to 28). Unused ones do not add up."""

    monthly_email = serializers.IntegerField(min_value=0, max_value=allowance.MOST_A_MONTH)
    monthly_phone = serializers.IntegerField(min_value=0, max_value=allowance.MOST_A_MONTH)
    refresh_day = serializers.IntegerField(min_value=1, max_value=allowance.LAST_DAY)


class GrantSerializer(serializers.Serializer[Any]):
    """Credits to add. ``request_key`` (a UUID of the caller's) makes a repeated call the same grant, for ever."""

    kind = serializers.ChoiceField(choices=ContactKind.choices)
    amount = serializers.IntegerField(min_value=1, max_value=ledger.MOST_AT_ONCE)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    request_key = serializers.UUIDField(required=False)


class CreditEntrySerializer(serializers.ModelSerializer[CreditEntry]):
    """One line of the ledger; never changed. ``member`` is who granted, asked or spent: null for the monthly allowance
    and for refunds."""

    event = serializers.ChoiceField(choices=CreditEvent.choices, read_only=True)
    member_name = serializers.SerializerMethodField()

    class Meta:
        model = CreditEntry
        fields = ("id", "kind", "event", "amount", "member", "member_name", "note", "created_at")
        read_only_fields = fields

    def get_member_name(self, entry: CreditEntry) -> str:
        """Empty where there is no member."""
        return entry.member.name if entry.member else ""


class CreditAllowances(APIView):
    """``/api/v1/credits/allowance/``: what the organisation gets every month."""

    right = Right.ORGANISATION_EDIT

    @extend_schema(operation_id="credits_allowance", responses=AllowanceSerializer)
    @tagged
    def get(self, request: Request) -> Response:
        """What an administrator set, else what the plan includes."""
        terms = allowance.whole(organisation_of(request))
        return Response(narrowed(AllowanceSerializer(terms), request))

    @extend_schema(
        operation_id="credits_change_allowance", request=AllowanceSerializer, responses=AllowanceSerializer
    )
    @guarded(settings_in_turn)
    def patch(self, request: Request) -> Response:
        """Change what is sent. It holds from the next refresh on, whatever the plan includes."""
        values = checked(AllowanceSerializer(data=request.data, partial=True))
        allowance.change(actor=caller(request), **values)
        return Response(AllowanceSerializer(allowance.whole(organisation_of(request))).data)


class CreditGrants(APIView):
    """``/api/v1/credits/grants/``: credits added by hand."""

    right = Right.ORGANISATION_EDIT

    @extend_schema(
        operation_id="credits_grant", request=GrantSerializer, responses={201: CreditEntrySerializer}
    )
    def post(self, request: Request) -> Response:
        """Add credits; they stay when the month ends. Answers the line of the ledger."""
        actor = caller(request)
        values = {"request_key": uuid.uuid4(), **checked(GrantSerializer(data=request.data))}
        entry = ledger.grant_by_hand(organisation=organisation_of(request), actor=actor, **values)
        return Response(CreditEntrySerializer(entry).data, status=status.HTTP_201_CREATED)


class CreditEntries(APIView):
    """``/api/v1/credits/entries/``: the ledger."""

    right = Right.ORGANISATION_EDIT
    keyset_order: ClassVar[tuple[str, ...]] = ("-created_at", "-id")

    @extend_schema(operation_id="credits_entries", responses=CreditEntrySerializer(many=True))
    def get(self, request: Request) -> Response:
        """Every credit that was granted, held, spent, released or refunded, the last first."""
        rows = credit_selectors.entries(caller(request))
        return paged(rows, CreditEntrySerializer, request=request, view=self)
