"""One mailbox over the API: what its page says, and the page's buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right, viewer_of
from foundation.preconditions import etag_of, guarded, tagged
from foundation.sparse_fields import narrowed, wanted
from outreach import deliverability, fuses, mailbox_figures, mailbox_sender, mailboxes, servers, tasks
from outreach.api.serializers import MailboxSerializer
from outreach.gap_view import gap_view
from outreach.inbound import gaps
from outreach.models import Mailbox, Security
from outreach.selectors import mailbox_view
from outreach.signatures import LONGEST


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


_FOLLOWS = "Null: the installation's own."


class MailboxDetailSerializer(serializers.Serializer):
    """Everything of the mailbox's page but the cases of a blown fuse, which are messages."""

    mailbox = MailboxSerializer()
    display_name = serializers.CharField(source="mailbox.mailbox.display_name")
    signature = serializers.CharField(source="mailbox.mailbox.signature")
    reply_to = serializers.CharField(source="mailbox.mailbox.reply_to")
    daily_limit = serializers.IntegerField(
        source="mailbox.mailbox.daily_limit", allow_null=True, help_text=_FOLLOWS
    )
    min_gap_seconds = serializers.IntegerField(
        source="mailbox.mailbox.min_gap_seconds", allow_null=True, help_text=_FOLLOWS
    )
    max_gap_seconds = serializers.IntegerField(
        source="mailbox.mailbox.max_gap_seconds", allow_null=True, help_text=_FOLLOWS
    )
    in_use_since = serializers.DateField(
        source="mailbox.mailbox.in_use_since", allow_null=True, help_text="Null: since it was linked here."
    )
    gap_meter = GapMeterSerializer()
    limits = LimitSerializer(many=True)
    week = DaySerializer(many=True)
    deliverability = CheckFindingSerializer(many=True)
    fuses = FuseSerializer(many=True)
    stopped_by = serializers.CharField(allow_null=True)


def _seconds() -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=0, max_value=mailboxes.LONGEST_GAP, required=False, allow_null=True, help_text=_FOLLOWS
    )


class MailboxChangeSerializer(serializers.Serializer[Any]):
    """What may change of a linked account without its password. What is left out stays."""

    display_name = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="The name that people see."
    )
    signature = serializers.CharField(
        max_length=LONGEST, required=False, allow_blank=True, help_text="Plain text."
    )
    reply_to = serializers.EmailField(
        max_length=320,
        required=False,
        allow_blank=True,
        help_text="An alias delivered into it; empty: itself.",
    )
    daily_limit = serializers.IntegerField(
        min_value=0,
        max_value=mailboxes.MOST_A_DAY,
        required=False,
        allow_null=True,
        help_text="Messages in 24 hours; 0: no limit, null: the installation's own.",
    )
    min_gap_seconds = _seconds()
    max_gap_seconds = _seconds()
    in_use_since = serializers.DateField(
        required=False, allow_null=True, help_text="A young account starts with few messages a day."
    )
    is_default = serializers.BooleanField(
        required=False, help_text="Only true: another one takes its place by becoming the default."
    )

    def validate_is_default(self, given: bool) -> bool:
        """There is always one."""
        if not given:
            raise serializers.ValidationError("Make another account the default instead.")
        return given


def _port() -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=65_535, required=False)


def _user(text: str) -> serializers.CharField:
    return serializers.CharField(max_length=320, required=False, allow_blank=True, help_text=text)


def _password(text: str, **more: Any) -> serializers.CharField:
    """A password as it was typed: blanks count, and it is never told."""
    return serializers.CharField(
        max_length=500, trim_whitespace=False, write_only=True, help_text=text, **more
    )


class _ServersSerializer(serializers.Serializer[Any]):
    """Where an account is reached, and who logs in there."""

    display_name = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="The name that people see."
    )
    smtp_host = serializers.CharField(max_length=255, required=False)
    smtp_port = _port()
    smtp_security = serializers.ChoiceField(choices=Security.choices, required=False)
    smtp_username = _user("Empty: the address.")
    smtp_password = _password("An app password where the provider asks for one; never told again.")
    imap_host = serializers.CharField(max_length=255, required=False)
    imap_port = _port()
    imap_security = serializers.ChoiceField(choices=Security.choices, required=False)
    imap_username = _user("Empty: the same as for sending.")
    imap_password = _password("Left out: the same as for sending.", required=False, allow_blank=True)


class LinkSerializer(_ServersSerializer):
    """An account to link. Servers that are left out are its provider's, else ``smtp.`` and ``imap.`` of its domain."""

    address = serializers.EmailField(max_length=320)


class ReconnectSerializer(_ServersSerializer):
    """New passwords of a linked account, and what else is new; what is left out stays."""


class ReleaseSerializer(serializers.Serializer):
    """Why a mailbox that stopped itself may go on."""

    reason = serializers.CharField(max_length=500)


#: What receivers see besides the address.
_SEEN = ("display_name", "signature", "reply_to")
_CHANGEABLE = (*_SEEN, "daily_limit", "min_gap_seconds", "max_gap_seconds", "in_use_since", "is_default")


def _owners(request: Request, mailbox_id: int) -> QuerySet[Mailbox]:
    """All accounts of its owner, in order: another default is written on two of them."""
    rows = Mailbox.objects.for_organisation(viewer_of(request).tenant_id)
    return rows.filter(owner__in=rows.filter(pk=mailbox_id).values("owner")).order_by("pk")


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
    etag = etag_of([getattr(mailbox, name) for name in _CHANGEABLE])
    return Response(narrowed(MailboxDetailSerializer(told), request), headers={"ETag": etag})


class MailboxDetail(APIView):
    """``/api/v1/mailboxes/<id>/``: one account."""

    rights = {"GET": Right.MAILBOX_VIEW, "PATCH": Right.MAILBOX_LINK, "DELETE": Right.MAILBOX_LINK}

    @extend_schema(operation_id="mailboxes_read", responses=MailboxDetailSerializer)
    @tagged
    def get(self, request: Request, mailbox_id: int) -> Response:
        """Gap meter, limits, the next seven days, deliverability, fuses; 404 for one the caller may not see.

        The ETag is that of what can be changed: mail that leaves meanwhile makes no other.
        """
        return _told(request, mailbox_id)

    @extend_schema(
        operation_id="mailboxes_change", request=MailboxChangeSerializer, responses=MailboxDetailSerializer
    )
    @guarded(_owners, answers_itself=False)
    def patch(self, request: Request, mailbox_id: int) -> Response:
        """Name, signature, alias, limits, and whether new campaigns of its owner start with it; all or nothing."""
        caller = viewer_of(request)
        mailbox_figures.visible(caller, mailbox_id)
        mailboxes.editable(caller, mailbox_id)
        asked = MailboxChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        becomes_default = values.pop("is_default", False)
        seen = {name: values.pop(name) for name in _SEEN if name in values}
        with transaction.atomic():
            if becomes_default:
                mailboxes.set_default(actor=caller, mailbox_id=mailbox_id)
            if values:
                mailboxes.set_limits(actor=caller, mailbox_id=mailbox_id, now=timezone.now(), **values)
            if seen:
                mailbox_sender.change(actor=caller, mailbox_id=mailbox_id, **seen)
        return _told(request, mailbox_id)

    @extend_schema(operation_id="mailboxes_remove", responses={204: None})
    def delete(self, request: Request, mailbox_id: int) -> Response:
        """*Remove Account*: it sends and reads nothing more, and its passwords are gone; twice changes nothing.

        Its owner or an administrator may; linking it again brings it back.
        """
        mailboxes.remove(actor=viewer_of(request), mailbox_id=mailbox_id, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class MailboxReconnect(APIView):
    """``/api/v1/mailboxes/<id>/reconnect/``: new passwords or servers."""

    right = Right.MAILBOX_LINK
    calls_others = True

    @extend_schema(
        operation_id="mailboxes_reconnect", request=ReconnectSerializer, responses=MailboxDetailSerializer
    )
    def post(self, request: Request, mailbox_id: int) -> Response:
        """Log in at both servers, then keep it; 422 says by field what a server has against it."""
        mailbox = mailboxes.editable(viewer_of(request), mailbox_id)
        asked = ReconnectSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        typed = asked.validated_data
        mailboxes.reconnect(
            actor=viewer_of(request),
            mailbox_id=mailbox_id,
            display_name=typed.get("display_name", mailbox.display_name),
            now=timezone.now(),
            **servers.typed({**servers.of_mailbox(mailbox), **typed}, address=mailbox.address),
        )
        return _told(request, mailbox_id)


class MailboxTryAgain(APIView):
    """``/api/v1/mailboxes/<id>/try-again/``: *Check again*."""

    right = Right.MAILBOX_LINK
    calls_others = True

    @extend_schema(operation_id="mailboxes_try_again", request=None, responses=MailboxDetailSerializer)
    def post(self, request: Request, mailbox_id: int) -> Response:
        """Log in with what is stored, where that was refused; 409 with the server's words when it still is."""
        mailboxes.check_again(actor=viewer_of(request), mailbox_id=mailbox_id, now=timezone.now())
        return _told(request, mailbox_id)


class MailboxResume(APIView):
    """``/api/v1/mailboxes/<id>/resume/``: end a pause."""

    right = Right.MAILBOX_LINK

    @extend_schema(operation_id="mailboxes_resume", request=None, responses=MailboxDetailSerializer)
    def post(self, request: Request, mailbox_id: int) -> Response:
        """One that a provider or refusing receivers brought about; one that stopped itself asks for ``releases/``."""
        mailboxes.resume(actor=viewer_of(request), mailbox_id=mailbox_id, now=timezone.now())
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
