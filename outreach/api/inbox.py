"""The Inbox over the API: conversations with the page's filters, one of them, what it means, the answer."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right, can, viewer_of
from foundation.paging import KeysetPagination
from foundation.preconditions import guarded, row_of, tagged
from foundation.problems import Invalid
from foundation.sparse_fields import narrowed, wanted
from outreach import lane_access, referring, replying
from outreach import selectors as outbox
from outreach.api.serializers import MessageSerializer
from outreach.inbound import answering, reading, selectors, unread
from outreach.models import InboundMessage
from outreach.states import Interest, Verdict


class MailSerializer(serializers.Serializer[Any]):
    """One mail that came in; ``from`` is "private address" for all but the user who added it.

    ``interest`` is what counts: what a person said, else what was read from ``interest_phrase``.
    """

    id = serializers.IntegerField(source="mail.pk")
    mailbox = serializers.IntegerField(source="mail.mailbox_id")
    candidate = serializers.IntegerField(source="mail.candidate_id", allow_null=True)
    message = serializers.IntegerField(
        source="mail.message_id", allow_null=True, help_text="The message of ours that it answers."
    )
    kind = serializers.ChoiceField(source="mail.verdict", choices=Verdict.choices)
    word = serializers.CharField(help_text="The word on its badge.")
    who = serializers.CharField()
    subject = serializers.CharField()
    text = serializers.CharField(help_text="What was written now.")
    quoted = serializers.CharField(help_text="What it quotes.")
    received_at = serializers.DateTimeField(source="mail.received_at")
    returns_at = serializers.DateTimeField(source="mail.returns_at", allow_null=True)
    needs_answer = serializers.BooleanField()
    unread = serializers.SerializerMethodField(
        help_text="Something in its conversation is unread, for the caller alone."
    )
    interest = serializers.CharField(source="mail.meaning", help_text="Empty: it says nothing.")
    read_as = serializers.CharField(source="mail.interest", help_text="Read from its words; empty in doubt.")
    interest_phrase = serializers.CharField(source="mail.interest_phrase")
    interest_percent = serializers.IntegerField(source="mail.interest_percent")
    corrected_at = serializers.DateTimeField(source="mail.corrected_at", allow_null=True)
    explanation = serializers.CharField(
        source="mail.explanation", help_text="Why this verdict and this match."
    )

    def get_unread(self, shown: selectors.MailView) -> bool:
        """Asked for all of a page at once."""
        return shown.mail.pk in self.context["unread"]

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """With ``from``, which is a word of the language."""
        return super().get_fields() | {"from": serializers.CharField(source="address")}


class EntrySerializer(serializers.Serializer[Any]):
    """One mail of a conversation: either ``sent`` (the id of a message of ours) or ``came``."""

    at = serializers.DateTimeField()
    address = serializers.CharField(help_text="Whom it went to, or came from.")
    sent = serializers.IntegerField(source="sent.pk", allow_null=True, default=None)
    came = MailSerializer(allow_null=True)
    subject = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField()

    def get_subject(self, entry: selectors.Entry) -> str:
        """Of either."""
        return entry.came.subject if entry.came else entry.sent.subject if entry.sent else ""

    def get_text(self, entry: selectors.Entry) -> str:
        """What was written in it."""
        return entry.came.text if entry.came else entry.text


class ReferralSerializer(serializers.Serializer[Any]):
    """Somebody whom the answer names. Nobody is made a person before the caller asks for it."""

    address = serializers.CharField(source="named.address")
    name = serializers.CharField(source="named.name")
    phrase = serializers.CharField(source="named.phrase", help_text="The sentence that names them.")
    candidate = serializers.IntegerField(
        source="there.pk", allow_null=True, default=None, help_text="Who they certainly are already."
    )


class ReferralInSerializer(serializers.Serializer[Any]):
    """Whom of those it names."""

    address = serializers.CharField(max_length=320)


class ReferredSerializer(serializers.Serializer[Any]):
    """The person, new or known, now in the project of the answered campaign."""

    candidate = serializers.IntegerField()


class ConversationSerializer(serializers.Serializer[Any]):
    """One mail in its conversation, oldest first; at most the newest 50."""

    mail = MailSerializer()
    entries = EntrySerializer(many=True)
    referrals = ReferralSerializer(many=True)
    may_answer = serializers.BooleanField()
    why_not = serializers.CharField(help_text="Why the caller cannot answer it; empty if they can.")


class ChangeSerializer(serializers.Serializer[Any]):
    """What a person says of a mail. What is left out stays."""

    interest = serializers.ChoiceField(
        choices=Interest.choices, allow_blank=True, required=False, help_text="Empty: it says nothing."
    )
    needs_answer = serializers.BooleanField(required=False)
    unread = serializers.BooleanField(required=False, help_text="For the caller alone.")


class ReplySerializer(serializers.Serializer[Any]):
    """An answer in plain text; the mail is quoted below it."""

    body = serializers.CharField(max_length=replying.LONGEST_TEXT, trim_whitespace=False)


class ConversationList(APIView):
    """``/api/v1/inbox/``: the newest mail of every conversation the caller may see."""

    right = Right.CAMPAIGN_VIEW
    keyset_order = ("-received_at", "-id")

    @extend_schema(
        operation_id="inbox_list",
        parameters=[OpenApiParameter("show", enum=list(unread.LISTS))],
        responses=MailSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Newest first; ``show`` is one of the lists of the page (``answer``: those that need one)."""
        caller, now, show = viewer_of(request), timezone.now(), request.query_params.get("show", "all")
        if show not in unread.LISTS:
            raise Invalid(fields={"show": f"One of {', '.join(unread.LISTS)}."})
        paging = KeysetPagination()
        rows = paging.paginate_queryset(unread.listed(caller, show=show, now=now), request, view=self)
        views = selectors.mail_views(caller, rows, with_marks=False)
        context = {"unread": unread.among(caller, rows, now=now) if wanted(request, "unread") else {}}
        shown = MailSerializer(views, many=True, context=context)
        return paging.get_paginated_response(narrowed(shown, request))


class InboxRead(APIView):
    """``/api/v1/inbox/read/``: *Mark all as read*."""

    right = Right.CAMPAIGN_VIEW

    @extend_schema(operation_id="inbox_read_all", request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        """Everything that came until now, for the caller alone."""
        reading.read_all(actor=viewer_of(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ConversationDetail(APIView):
    """``/api/v1/inbox/<id>/``: one mail in its conversation."""

    right = Right.CAMPAIGN_VIEW

    @extend_schema(operation_id="inbox_read", responses=ConversationSerializer)
    @tagged
    def get(self, request: Request, inbound_id: int) -> Response:
        """What was sent to the person from this mailbox and what came back, as far as the caller may see it.

        It stays unread.
        """
        return _told(request, selectors.mail(viewer_of(request), inbound_id))

    @extend_schema(operation_id="inbox_write", request=ChangeSerializer, responses=ConversationSerializer)
    @guarded(row_of(InboundMessage, "inbound_id"))
    def patch(self, request: Request, inbound_id: int) -> Response:
        """Correct what the answer means, say whether somebody has to answer, or whether the caller has read it."""
        caller, now = viewer_of(request), timezone.now()
        row = selectors.mail(caller, inbound_id)
        asked = ChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        with transaction.atomic():
            if "interest" in said:
                answering.correct(row=row, interest=said["interest"], actor=caller, now=now)
            if "needs_answer" in said:
                answering.set_done(row=row, done=not said["needs_answer"], actor=caller, now=now)
            if said.get("unread"):
                reading.set_back(actor=caller, row=row, now=now)
            elif "unread" in said:
                new = unread.among(caller, [row], now=now).get(row.pk, [])
                reading.opened(actor=caller, inbound_ids=[row.pk, *new], now=now)
        return _told(request, selectors.mail(caller, inbound_id))


class ConversationReplies(APIView):
    """``/api/v1/inbox/<id>/replies/``: the answer, from the mailbox the mail came to."""

    right = Right.CAMPAIGN_START

    @extend_schema(operation_id="inbox_reply", request=ReplySerializer, responses={201: MessageSerializer})
    def post(self, request: Request, inbound_id: int) -> Response:
        """Queue it in the thread of the mail, and set the conversation aside as answered."""
        caller, now = viewer_of(request), timezone.now()
        row = selectors.mail(caller, inbound_id)
        asked = ReplySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        message = replying.reply(row=row, body=asked.validated_data["body"], actor=caller, now=now)
        view = outbox.message_view(caller, outbox.message(caller, message.pk), now=now)
        return Response(MessageSerializer(view).data, status=status.HTTP_201_CREATED)


class ConversationReferrals(APIView):
    """``/api/v1/inbox/<id>/referrals/``: add whom the answer names."""

    right = Right.CANDIDATE_EDIT

    @extend_schema(
        operation_id="inbox_add_referral", request=ReferralInSerializer, responses={201: ReferredSerializer}
    )
    def post(self, request: Request, inbound_id: int) -> Response:
        """As a person with the source *Referral*, into the project; who is there already is not made again."""
        caller = viewer_of(request)
        row = selectors.mail(caller, inbound_id)
        asked = ReferralInSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        address = asked.validated_data["address"]
        added = referring.add(row=row, address=address, actor=caller)
        return Response(ReferredSerializer({"candidate": added.pk}).data, status=status.HTTP_201_CREATED)


def _told(request: Request, row: InboundMessage) -> Response:
    caller = viewer_of(request)
    (shown,) = selectors.mail_views(caller, [row], with_marks=False)
    may = can(caller, Right.CAMPAIGN_START) and lane_access.may_change(
        caller, row.message.lane_id if row.message else None
    )
    why_not = replying.problem_with(row, actor=caller) if may else "Your role does not answer mail here."
    entries = selectors.thread(caller, row) if wanted(request, "entries") else []
    told = {
        "mail": shown,
        "entries": entries,
        "referrals": referring.suggestions(caller, row) if wanted(request, "referrals") else [],
        "may_answer": not why_not,
        "why_not": why_not,
    }
    mails = [row, *(entry.came.mail for entry in entries if entry.came)]
    context = {"unread": unread.among(caller, mails, now=timezone.now())}
    return Response(narrowed(ConversationSerializer(told, context=context), request))
