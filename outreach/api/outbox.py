"""The Outbox over the API: the page's list, and what its menus do to a written message."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from accounts.permissions import Right, viewer_of
from foundation.paging import MAX_SIZE, page_size
from foundation.preconditions import guarded, row_of, tagged
from foundation.problems import Conflict
from foundation.sparse_fields import narrowed
from outreach import lane_access, selectors
from outreach.api.serializers import MessageSerializer
from outreach.models import Message
from outreach.outbox import by_hand, proofs, scheduled


class LineSerializer(serializers.Serializer[Any]):
    """One thing that is going to leave: a written message, or a campaign's step that is planned.

    ``url`` is where what ``may`` names is asked for: ``POST now/``, ``POST not-before/``, ``POST cancel/``,
    ``PUT text/`` below it.
    """

    url = serializers.SerializerMethodField()
    to = serializers.CharField(source="who", help_text="The name; the address where there is none.")
    note = serializers.CharField(help_text="The address if it is decided, else the campaign and its step.")
    subject = serializers.CharField()
    sender = serializers.CharField()
    status = serializers.CharField(source="word")
    planned_at = serializers.DateTimeField()
    reason = serializers.CharField(source="why.reason", allow_null=True)
    why_not_yet = serializers.CharField(source="why.text")
    until = serializers.DateTimeField(source="why.until", allow_null=True)
    edited = serializers.SerializerMethodField(help_text="Its text is for this one person.")
    may = serializers.SerializerMethodField(help_text="Of send_now, not_before, cancel, edit.")

    def get_url(self, line: scheduled.Line) -> str:
        """Absolute."""
        return str(self.context["request"].build_absolute_uri(line.api_url))

    def get_edited(self, line: scheduled.Line) -> bool:
        """Whether somebody edited it."""
        return bool(line.by_hand)

    def get_may(self, line: scheduled.Line) -> list[str]:
        """What the caller may do to it."""
        return line.acts.names


class OutboxList(APIView):
    """``/api/v1/outbox/``: everything that is going to leave, soonest first."""

    right = Right.CAMPAIGN_VIEW
    answers_pages = True

    @extend_schema(
        operation_id="outbox_list",
        parameters=[
            OpenApiParameter("after", description="The cursor of a page."),
            OpenApiParameter("size", OpenApiTypes.INT, description=f"1 to {MAX_SIZE}, 50 by default."),
        ],
        responses=LineSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """One page: planned steps beside written messages, each with why not yet and until when."""
        lines, page = scheduled.page(
            viewer_of(request),
            after=request.query_params.get("after"),
            size=page_size(request),
            now=timezone.now(),
        )

        def link(cursor: str | None) -> str | None:
            return cursor and replace_query_param(request.build_absolute_uri(), "after", cursor)

        shown = narrowed(LineSerializer(lines, many=True, context={"request": request}), request)
        return Response({"results": shown, "next": link(page.next), "previous": link(page.previous)})


class MomentInSerializer(serializers.Serializer[Any]):
    """Nothing leaves before ``moment``, which carries its offset."""

    moment = serializers.DateTimeField()


class MessageTextSerializer(serializers.Serializer[Any]):
    """The finished text of one message."""

    subject = serializers.CharField(max_length=255)
    body = serializers.CharField(max_length=by_hand.LONGEST_TEXT, trim_whitespace=False)


class AnswerSerializer(serializers.Serializer[Any]):
    """What became of an uncertain message: ``true`` it was sent, ``false`` send it again."""

    was_sent = serializers.BooleanField()


class AnswersSerializer(AnswerSerializer):
    """The same of many."""

    messages = serializers.ListField(child=serializers.IntegerField(min_value=1), max_length=1000)


class AnsweredSerializer(serializers.Serializer[Any]):
    """What was uncertain until now; of the others nothing is changed."""

    answered = serializers.ListField(child=serializers.IntegerField())


def _told(request: Request, message_id: int) -> Response:
    viewer = viewer_of(request)
    row = selectors.message(viewer, message_id)
    shown = selectors.message_view(viewer, row, now=timezone.now())
    return Response(narrowed(MessageSerializer(shown), request))


def _asked(request: Request, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    asked = kind(data=request.data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


class _MessageAct(APIView):
    """An act on one message: 404 for what the caller cannot see, 403 for what is not theirs to change."""

    right = Right.CAMPAIGN_START

    def changeable(self, request: Request, message_id: int) -> Message:
        """The message, looked up before what was sent is read."""
        row = selectors.message(viewer_of(request), message_id)
        lane_access.require_change(viewer_of(request), row.lane_id)
        return row


class MessageNow(_MessageAct):
    """``/api/v1/messages/<id>/now/``: *Send now*."""

    @extend_schema(operation_id="messages_send_now", request=None, responses=MessageSerializer)
    def post(self, request: Request, message_id: int) -> Response:
        """First in its mailbox; 409 once it is being handed over."""
        by_hand.send_now(message_id=message_id, actor=viewer_of(request), now=timezone.now())
        return _told(request, message_id)


class MessageNotBefore(_MessageAct):
    """``/api/v1/messages/<id>/not-before/``: *Don't send before*."""

    @extend_schema(
        operation_id="messages_not_before", request=MomentInSerializer, responses=MessageSerializer
    )
    def post(self, request: Request, message_id: int) -> Response:
        """Hold it back until a moment that lies ahead, by a year at most."""
        self.changeable(request, message_id)
        by_hand.not_before(
            message_id=message_id,
            moment=_asked(request, MomentInSerializer)["moment"],
            actor=viewer_of(request),
            now=timezone.now(),
        )
        return _told(request, message_id)


class MessageCancel(_MessageAct):
    """``/api/v1/messages/<id>/cancel/``: *Cancel*."""

    right = Right.CAMPAIGN_EDIT

    @extend_schema(operation_id="messages_cancel", request=None, responses=MessageSerializer)
    def post(self, request: Request, message_id: int) -> Response:
        """Take it back; 409 once it is being handed over."""
        row = self.changeable(request, message_id)
        if not by_hand.cancel(message_ids=[row.pk], actor=viewer_of(request), now=timezone.now()):
            raise by_hand.TooLate
        return _told(request, message_id)


class MessageText(_MessageAct):
    """``/api/v1/messages/<id>/text/``: its finished text, and *Edit this one message*."""

    rights = {"GET": Right.CAMPAIGN_VIEW, "PUT": Right.CAMPAIGN_EDIT}

    @extend_schema(operation_id="messages_read_text", responses=MessageTextSerializer)
    @tagged
    def get(self, request: Request, message_id: int) -> Response:
        """Subject and plain text as they leave, or left; without an address that is a colleague's alone."""
        viewer = viewer_of(request)
        shown = selectors.message_view(viewer, selectors.message(viewer, message_id), now=timezone.now())
        told = {"subject": shown.subject, "body": shown.text}
        return Response(narrowed(MessageTextSerializer(told), request))

    @extend_schema(
        operation_id="messages_write_text", request=MessageTextSerializer, responses=MessageTextSerializer
    )
    @guarded(row_of(Message, "message_id"))
    def put(self, request: Request, message_id: int) -> Response:
        """Replace it; the line to unsubscribe stays, and the step's later edits leave it alone."""
        self.changeable(request, message_id)
        row = by_hand.edit(
            message_id=message_id,
            actor=viewer_of(request),
            now=timezone.now(),
            **_asked(request, MessageTextSerializer),
        )
        return Response({"subject": row.subject, "body": row.body_text})


class MessageAnswer(_MessageAct):
    """``/api/v1/messages/<id>/answer/``: *It was sent* or *Send again* of an uncertain message."""

    @extend_schema(operation_id="messages_answer", request=AnswerSerializer, responses=MessageSerializer)
    def post(self, request: Request, message_id: int) -> Response:
        """Say what became of it; 409 if it is not uncertain any more."""
        row = self.changeable(request, message_id)
        was_sent = bool(_asked(request, AnswerSerializer)["was_sent"])
        answered = proofs.answer_uncertain(
            actor=viewer_of(request), message_ids=[row.pk], was_sent=was_sent, now=timezone.now()
        )
        if not answered:
            raise Conflict("Nothing of that is uncertain any more.")
        return _told(request, message_id)


class MessageAnswers(APIView):
    """``/api/v1/messages/answer/``: *They were sent* or *Send again*, of many."""

    right = Right.CAMPAIGN_START

    @extend_schema(
        operation_id="messages_answer_many", request=AnswersSerializer, responses=AnsweredSerializer
    )
    def post(self, request: Request) -> Response:
        """Say what became of uncertain messages; those the caller cannot see or change are left out."""
        asked = _asked(request, AnswersSerializer)
        answered = proofs.answer_uncertain(
            actor=viewer_of(request),
            message_ids=selectors.changeable(viewer_of(request), asked["messages"]),
            was_sent=asked["was_sent"],
            now=timezone.now(),
        )
        return Response(AnsweredSerializer({"answered": sorted(answered)}).data)
