"""Lending a mailbox over the API: to whom it is lent, one more, and taking it back."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right, viewer_of
from foundation.paging import paged
from outreach import lending, mailboxes
from outreach.models import MailboxLoan


class LoanSerializer(serializers.ModelSerializer[MailboxLoan]):
    """A colleague who may send from the mailbox."""

    name = serializers.CharField(source="user.name", read_only=True)

    class Meta:
        model = MailboxLoan
        fields = ("id", "mailbox", "user", "name", "lent_at")
        read_only_fields = fields


class LendSerializer(serializers.Serializer[Any]):
    """Whom to lend to: a member who may start campaigns."""

    user = serializers.IntegerField(min_value=1)


class LoanList(APIView):
    """``/api/v1/mailboxes/<id>/loans/``: who may send from it, told its owner and administrators."""

    right = Right.MAILBOX_LINK
    keyset_order = ("lent_at", "id")

    @extend_schema(operation_id="loans_list", responses=LoanSerializer(many=True))
    def get(self, request: Request, mailbox_id: int) -> Response:
        """The open loans, oldest first."""
        mailbox = mailboxes.editable(viewer_of(request), mailbox_id)
        rows = lending.loans_of([mailbox], organisation_id=mailbox.organisation_id)
        return paged(rows, LoanSerializer, request=request, view=self)

    @extend_schema(operation_id="loans_create", request=LendSerializer, responses={201: LoanSerializer})
    def post(self, request: Request, mailbox_id: int) -> Response:
        """Only the owner lends; to whom it is lent already, nothing changes."""
        caller = viewer_of(request)
        mailboxes.editable(caller, mailbox_id)
        asked = LendSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        loan = lending.lend(
            actor=caller, mailbox_id=mailbox_id, user_id=asked.validated_data["user"], now=timezone.now()
        )
        return Response(LoanSerializer(loan).data, status=status.HTTP_201_CREATED)


class LoanDetail(APIView):
    """``/api/v1/loans/<id>/``: one of them."""

    rights = {"DELETE": Right.MAILBOX_VIEW}

    @extend_schema(operation_id="loans_delete", responses={204: None})
    def delete(self, request: Request, loan_id: int) -> Response:
        """Withdraw it: the owner, an administrator or the borrower. What waits to be sent by it is held at once."""
        lending.withdraw(actor=viewer_of(request), loan_id=loan_id, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
