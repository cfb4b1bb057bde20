"""One mailbox over the API: what its page says, and the page's buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right, viewer_of
from foundation.sparse_fields import narrowed, wanted
from outreach import deliverability, fuses, mailbox_figures, mailboxes, tasks
from outreach.api.serializers import MailboxSerializer
from outreach.gap_view import gap_view
from outreach.inbound import gaps
from outreach.selectors import mailbox_view


class GapMeterSerializer(serializers.Serializer):
    """What lies in the account against what was recorded. Names of folders are the owner's alone and not told."""

    state = serializers.CharField(source="word")
    compared_at = serializers.DateTimeField(source="meter.ended_at", allow_null=True, default=None)
    since = serializers.DateTimeField(source="meter.since", allow_null=True, default=None)
    trouble = serializers.CharField(source="meter.trouble", default="")
    present = serializers.IntegerField(source="totals.present")
    recorded = serializers.IntegerField(source="totals.recorded")
    fetched = serializers.IntegerField(source="totals.fetched")
    missing = serializers.IntegerField(source="totals.left")
    waiting = serializers.IntegerField(source="totals.waiting")
    folders_not_compared = serializers.IntegerField(source="not_compared")


class LimitSerializer(serializers.Serializer):
    """One of the rules that limit 24 hours; ``limit`` null means none."""

    name = serializers.CharField()
    limit = serializers.IntegerField(source="count", allow_null=True)
    note = serializers.CharField()
    decides = serializers.BooleanField(source="rules")


class DaySerializer(serializers.Serializer):
    """A day ahead, in the caller's time zone."""

    date = serializers.DateField()
    planned = serializers.IntegerField()
    carried = serializers.IntegerField()
    room = serializers.IntegerField(allow_null=True)
    over = serializers.IntegerField()
    rule = serializers.CharField()


class CheckFindingSerializer(serializers.Serializer):
    """One line of the deliverability check."""

    about = serializers.CharField()
    state = serializers.ChoiceField(choices=["good", "warn", "bad", "unknown"])
    text = serializers.CharField()
    advice = serializers.CharField()
    record = serializers.CharField()


class FuseSerializer(serializers.Serializer):
    """How near a fuse is to stopping the mailbox."""

    kind = serializers.CharField()
    sent = serializers.IntegerField()
    cases = serializers.IntegerField()
    since = serializers.DateTimeField()
    blows_at_per_mille = serializers.IntegerField(source="rule.per_mille")
    blows_not_below = serializers.IntegerField(source="rule.at_least")


class MailboxDetailSerializer(serializers.Serializer):
    """Everything of the mailbox's page but the cases of a blown fuse, which are messages."""

    mailbox = MailboxSerializer()
    signature = serializers.CharField(source="mailbox.mailbox.signature")
    reply_to = serializers.CharField(source="mailbox.mailbox.reply_to")
    gap_meter = GapMeterSerializer()
    limits = LimitSerializer(many=True)
    week = DaySerializer(many=True)
    deliverability = CheckFindingSerializer(many=True)
    fuses = FuseSerializer(many=True)
    stopped_by = serializers.CharField(allow_null=True)


class ReleaseSerializer(serializers.Serializer):
    """Why a mailbox that stopped itself may go on."""

    reason = serializers.CharField(max_length=500)


def _told(request: Request, mailbox_id: int) -> Response:
    viewer, now = viewer_of(request), timezone.now()
    mailbox = mailbox_figures.visible(viewer, mailbox_id)

    def findings() -> Sequence[object]:
        check = deliverability.checked(mailbox, now=now)
        return check.findings if check else []

    parts: dict[str, Callable[[], object]] = {
        "gap_meter": lambda: gap_view(viewer, mailbox),
        "limits": lambda: mailbox_figures.limits_view(mailbox, now=now).rules,
        "week": lambda: mailbox_figures.week_of(mailbox, now=now, zone=ZoneInfo(viewer.time_zone)),
        "deliverability": findings,
        "fuses": lambda: fuses.standings(mailbox, now=now),
        "stopped_by": lambda: trip.kind if (trip := fuses.blown(mailbox)) else None,
    }
    told = {name: part() for name, part in parts.items() if wanted(request, name)}
    told["mailbox"] = mailbox_view(viewer, mailbox, now=now)
    return Response(narrowed(MailboxDetailSerializer(told), request))


class MailboxDetail(APIView):
    """``/api/v1/mailboxes/<id>/``: one account."""

    right = Right.MAILBOX_VIEW

    @extend_schema(operation_id="mailboxes_read", responses=MailboxDetailSerializer)
    def get(self, request: Request, mailbox_id: int) -> Response:
        """Gap meter, limits, the next seven days, deliverability, fuses; 404 for one the caller may not see."""
        return _told(request, mailbox_id)


class MailboxComparisons(APIView):
    """``/api/v1/mailboxes/<id>/comparisons/``: *Compare now*."""

    right = Right.MAILBOX_LINK

    @extend_schema(operation_id="mailboxes_compare", request=None, responses=MailboxDetailSerializer)
    def post(self, request: Request, mailbox_id: int) -> Response:
        """Begin a comparison; one that is under way goes on."""
        with transaction.atomic():
            gaps.ask(actor=viewer_of(request), mailbox_id=mailbox_id, now=timezone.now())
            transaction.on_commit(lambda: tasks.compare_mailbox.delay(mailbox_id), robust=True)
        return _told(request, mailbox_id)


class MailboxChecks(APIView):
    """``/api/v1/mailboxes/<id>/checks/``: the deliverability check."""

    right = Right.MAILBOX_LINK

    @extend_schema(operation_id="mailboxes_check", request=None, responses=MailboxDetailSerializer)
    def post(self, request: Request, mailbox_id: int) -> Response:
        """Look the domain up and send the test mail."""
        with transaction.atomic():
            deliverability.ask(actor=viewer_of(request), mailbox_id=mailbox_id, now=timezone.now())
            transaction.on_commit(lambda: tasks.check_mailbox.delay(mailbox_id), robust=True)
        return _told(request, mailbox_id)


class MailboxReleases(APIView):
    """``/api/v1/mailboxes/<id>/releases/``: let a mailbox that stopped itself go on."""

    right = Right.MAILBOX_LINK

    @extend_schema(
        operation_id="mailboxes_release", request=ReleaseSerializer, responses=MailboxDetailSerializer
    )
    def post(self, request: Request, mailbox_id: int) -> Response:
        """With a reason, which is kept."""
        mailboxes.editable(viewer_of(request), mailbox_id)
        typed = ReleaseSerializer(data=request.data)
        typed.is_valid(raise_exception=True)
        fuses.go_on(
            actor=viewer_of(request),
            mailbox_id=mailbox_id,
            reason=typed.validated_data["reason"],
            now=timezone.now(),
        )
        return _told(request, mailbox_id)
