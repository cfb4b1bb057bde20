"""Texts over the API before they go anywhere: what they may use, checked, and sent to oneself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import Right, viewer_of
from foundation.sparse_fields import narrowed
from outreach import checking, contents, filling, linting, previews, selectors, single
from outreach.api.content import TextInSerializer, sender_of
from outreach.api.serializers import MessageSerializer
from outreach.contents import Content
from outreach.models import Mailbox, TemplateKind
from sourcing import selectors as people
from sourcing.models import Candidate


class TextFindingSerializer(serializers.Serializer[linting.Finding]):
    """One thing found. An ``error`` keeps the text from being sent, a ``warning`` is for the author to judge."""

    level = serializers.ChoiceField(choices=[(level.value, level.value) for level in linting.Level])
    code = serializers.CharField()
    where = serializers.CharField(help_text="Subject or Text.")
    text = serializers.CharField()
    place = serializers.CharField(help_text="The part of the text it is about; may be empty.")


class MailPreviewSerializer(serializers.Serializer[previews.Preview]):
    """The mail as one person would get it, signature and way out included; else ``problem`` says why there is none."""

    candidate = serializers.IntegerField(source="candidate_id")
    person = serializers.CharField()
    problem = serializers.CharField()
    subject = serializers.CharField(
        source="sent.subject", default="", help_text="Empty: that of the message before, with Re: before it."
    )
    text = serializers.CharField(source="sent.text", default="")
    html = serializers.CharField(source="sent.html", default="")


class CheckedTextSerializer(serializers.Serializer[checking.Checked]):
    """What is wrong with a text, the worst first."""

    sendable = serializers.BooleanField(help_text="There is no error among the findings.")
    findings = TextFindingSerializer(many=True)
    preview = MailPreviewSerializer(allow_null=True)


class _OfSomebodySerializer(TextInSerializer):
    candidate = serializers.IntegerField(
        min_value=1, required=False, allow_null=True, default=None, help_text="For whom it is made."
    )
    mailbox = serializers.IntegerField(
        min_value=1, required=False, allow_null=True, default=None, help_text="From which it would leave."
    )


class TextCheckInSerializer(_OfSomebodySerializer):
    """A text as it stands."""

    kind = serializers.ChoiceField(
        choices=TemplateKind.choices, default=TemplateKind.MESSAGE, help_text="A snippet needs no subject."
    )
    to_candidate = serializers.BooleanField(
        default=False, help_text="``candidate`` is who gets it: what they lack is a warning, not a note."
    )


class TextTestInSerializer(_OfSomebodySerializer):
    """A text as it stands; without ``candidate`` its variables stand as their labels."""


class TextVariableSerializer(serializers.Serializer[Any]):
    """Something a text may use. Without a ``fallback`` it is never missing."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the field's own label is of another kind
    about = serializers.CharField(help_text="The heading it stands under in the editor.")
    fallback = serializers.CharField(help_text="What is offered for whoever has no value.")
    written = serializers.CharField(help_text="As the editor inserts it.")


class TextVariables(APIView):
    """``/api/v1/texts/variables/``: what a text may use."""

    right = Right.CAMPAIGN_VIEW

    @extend_schema(operation_id="texts_variables", responses=TextVariableSerializer(many=True))
    def get(self, request: Request) -> Response:
        """All at once: what is built in, then the organisation's own fields in their order."""
        known = filling.variables_of(viewer_of(request).tenant_id)
        return Response(narrowed(TextVariableSerializer(list(known.values()), many=True), request))


class TextChecks(APIView):
    """``/api/v1/texts/checks/``: a text that belongs to no campaign."""

    right = Right.CAMPAIGN_EDIT

    @extend_schema(
        operation_id="texts_check", request=TextCheckInSerializer, responses={200: CheckedTextSerializer}
    )
    def post(self, request: Request) -> Response:
        """What is wrong with it, and how ``candidate`` would get it. Nothing is stored, nothing is sent."""
        asked = TextCheckInSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        data, viewer = asked.validated_data, viewer_of(request)
        found = checking.of_text(
            contents.changed(Content(), data, actor=viewer),
            viewer=viewer,
            candidate=_candidate(viewer, data),
            to_candidate=data["to_candidate"],
            mailbox=_sender(viewer, data),
            subject_optional=data["kind"] == TemplateKind.SNIPPET,
        )
        return Response(CheckedTextSerializer(found).data)


class TextTests(APIView):
    """``/api/v1/texts/tests/``: *Send me a test*."""

    right = Right.CAMPAIGN_EDIT

    @extend_schema(
        operation_id="texts_test", request=TextTestInSerializer, responses={201: MessageSerializer}
    )
    def post(self, request: Request) -> Response:
        """Send it to the caller's own address, through the outbox; 409 ``no_sender`` without a connected mailbox."""
        asked = TextTestInSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        data, viewer = asked.validated_data, viewer_of(request)
        message = single.send_test(
            content=contents.changed(Content(), data, actor=viewer),
            candidate=_candidate(viewer, data),
            actor=viewer,
            mailbox=_sender(viewer, data),
        )
        return written(viewer, message.pk)


def written(viewer: User, message_id: int) -> Response:
    """The answer to whoever has just made a message."""
    view = selectors.message_view(viewer, selectors.message(viewer, message_id), now=timezone.now())
    return Response(MessageSerializer(view).data, status=status.HTTP_201_CREATED)


def _candidate(viewer: User, data: Mapping[str, Any]) -> Candidate | None:
    return people.candidate_for(viewer, data["candidate"]) if data["candidate"] is not None else None


def _sender(viewer: User, data: Mapping[str, Any]) -> Mailbox | None:
    return sender_of(viewer, data["mailbox"]) if data["mailbox"] is not None else None
