"""What a person does to one recipient over the API: pause, go on, stop, put right, other words, another address."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right, viewer_of
from campaigns import answers, enrolment, intervening, overriding, placeholders, readiness, selectors
from campaigns.api.people import RecipientSerializer
from campaigns.api.recipients import editable, told
from campaigns.models import Recipient
from foundation.preconditions import guarded, row_of, tagged
from foundation.sparse_fields import narrowed

_ROW = row_of(Recipient, "recipient_id")


class DoubtSerializer(serializers.Serializer[Any]):
    """Whether the mail that may be a reply is one."""

    is_reply = serializers.BooleanField()


class RecipientPause(APIView):
    """``/api/v1/recipients/<id>/pause/``: *Pause Campaign* for this one person."""

    right = Right.CAMPAIGN_START

    @extend_schema(operation_id="recipients_pause", request=None, responses=RecipientSerializer)
    def post(self, request: Request, recipient_id: int) -> Response:
        """Nothing more leaves to them until they go on. Who has ended, or is held by more than that, stays so."""
        found = editable(request, recipient_id)
        intervening.pause(recipient_id=found.pk, actor=viewer_of(request), now=timezone.now())
        return told(request, recipient_id)


class RecipientGoOn(APIView):
    """``/api/v1/recipients/<id>/go-on/``: release whatever holds them."""

    right = Right.CAMPAIGN_START

    @extend_schema(operation_id="recipients_go_on", request=None, responses=RecipientSerializer)
    def post(self, request: Request, recipient_id: int) -> Response:
        """An overdue step is planned anew, never at once. 409 while it is not said whether a message arrived."""
        found = editable(request, recipient_id)
        intervening.go_on(recipient_id=found.pk, actor=viewer_of(request), now=timezone.now())
        return told(request, recipient_id)


class RecipientStop(APIView):
    """``/api/v1/recipients/<id>/stop/``: end the campaign for them."""

    right = Right.CAMPAIGN_START

    @extend_schema(operation_id="recipients_stop", request=None, responses=RecipientSerializer)
    def post(self, request: Request, recipient_id: int) -> Response:
        """What waits in the outbox is cancelled. Who has ended already stays as they ended."""
        found = editable(request, recipient_id)
        enrolment.stop(
            recipient_id=found.pk,
            organisation_id=found.organisation_id,
            actor=viewer_of(request),
            now=timezone.now(),
        )
        return told(request, recipient_id)


class RecipientStartAgain(APIView):
    """``/api/v1/recipients/<id>/start-again/``: somebody who was stopped goes on."""

    right = Right.CAMPAIGN_START

    @extend_schema(operation_id="recipients_start_again", request=None, responses=RecipientSerializer)
    def post(self, request: Request, recipient_id: int) -> Response:
        """Where they stood, never in a burst; 409 ``nothing_to_take_back`` for everybody else."""
        found = editable(request, recipient_id)
        answers.start_again(recipient_id=found.pk, actor=viewer_of(request), now=timezone.now())
        return told(request, recipient_id)


class RecipientNotAReply(APIView):
    """``/api/v1/recipients/<id>/not-a-reply/``: what was taken for an answer is none."""

    right = Right.CAMPAIGN_START

    @extend_schema(operation_id="recipients_not_a_reply", request=None, responses=RecipientSerializer)
    def post(self, request: Request, recipient_id: int) -> Response:
        """They go on where they stood, and the mark read from it goes; 409 ``nothing_to_take_back`` without a reply."""
        found = editable(request, recipient_id)
        answers.not_a_reply(recipient_id=found.pk, actor=viewer_of(request), now=timezone.now())
        return told(request, recipient_id)


class RecipientIsAReply(APIView):
    """``/api/v1/recipients/<id>/is-a-reply/``: the answer to *Is it a reply?*"""

    right = Right.CAMPAIGN_START

    @extend_schema(
        operation_id="recipients_is_a_reply", request=DoubtSerializer, responses={200: RecipientSerializer}
    )
    def post(self, request: Request, recipient_id: int) -> Response:
        """Yes ends the campaign for them as *Replied*, no lets them go on; 409 when nothing is in doubt."""
        found = editable(request, recipient_id)
        asked = DoubtSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        answers.answer_doubt(
            recipient_id=found.pk, actor=viewer_of(request), now=timezone.now(), **asked.validated_data
        )
        return told(request, recipient_id)


# ── words ───────────────────────────────────────────────────────────────────


def _word() -> serializers.CharField:
    return serializers.CharField(required=False, allow_blank=True, default="", max_length=overriding.LONGEST)


class RecipientFieldsSerializer(serializers.Serializer[Any]):
    """What the person is called in this campaign only; an empty field leaves the profile's word."""

    full_name = _word()
    first_name = _word()
    last_name = _word()
    company = _word()
    title = _word()
    location = _word()
    school = _word()
    profile = serializers.DictField(
        child=serializers.CharField(), read_only=True, help_text="The profile's words, by field."
    )


class RecipientFields(APIView):
    """``/api/v1/recipients/<id>/fields/``: name, company, title … for this campaign only."""

    rights = {"GET": Right.CAMPAIGN_VIEW, "PUT": Right.CAMPAIGN_EDIT}

    @extend_schema(operation_id="recipients_read_fields", responses=RecipientFieldsSerializer)
    @tagged
    def get(self, request: Request, recipient_id: int) -> Response:
        """What was said for this campaign, and the words of the profile beside it."""
        found = selectors.recipient_for(viewer_of(request), recipient_id)
        words = {name: found.overrides.get(name, "") for name in overriding.FIELDS}
        shown = RecipientFieldsSerializer({**words, "profile": selectors.profile_words(found)})
        return Response(narrowed(shown, request))

    @extend_schema(
        operation_id="recipients_write_fields",
        request=RecipientFieldsSerializer,
        responses=RecipientFieldsSerializer,
    )
    @guarded(_ROW)
    def put(self, request: Request, recipient_id: int) -> Response:
        """All of them at once: what is left out is the profile's again. A message that waits is written anew."""
        found = editable(request, recipient_id)
        asked = RecipientFieldsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        intervening.override_fields(
            recipient_id=found.pk, values=asked.validated_data, actor=viewer_of(request)
        )
        return self.get(request, recipient_id)


class PlaceholderSerializer(serializers.Serializer[placeholders.Placeholder]):
    """One ``[[label]]`` of the texts this person gets, and what stands in its place; empty: nothing yet."""

    label = serializers.CharField()  # type: ignore[assignment]  # a member of the answer
    text = serializers.CharField()
    steps = serializers.ListField(
        child=serializers.IntegerField(), help_text="Where it stands: positions, from 1."
    )


class PlaceholdersSerializer(serializers.Serializer[Any]):
    """All of them, in the order in which they appear."""

    placeholders = PlaceholderSerializer(many=True)


class FillingInSerializer(serializers.Serializer[Any]):
    """Label → what stands in its place; an empty text takes it back."""

    texts = serializers.DictField(
        child=serializers.CharField(
            allow_blank=True, trim_whitespace=False, max_length=readiness.LONGEST_TEXT
        )
    )


class RecipientPlaceholders(APIView):
    """``/api/v1/recipients/<id>/placeholders/``: what stands in place of ``[[…]]`` for this person."""

    rights = {"GET": Right.CAMPAIGN_VIEW, "PATCH": Right.CAMPAIGN_EDIT}

    @extend_schema(operation_id="recipients_read_placeholders", responses=PlaceholdersSerializer)
    @tagged
    def get(self, request: Request, recipient_id: int) -> Response:
        """Nobody is written to while one of them is empty."""
        found = selectors.recipient_for(viewer_of(request), recipient_id)
        shown = PlaceholdersSerializer({"placeholders": placeholders.of_recipient(found)})
        return Response(narrowed(shown, request))

    @extend_schema(
        operation_id="recipients_fill_in", request=FillingInSerializer, responses=PlaceholdersSerializer
    )
    @guarded(_ROW)
    def patch(self, request: Request, recipient_id: int) -> Response:
        """Labels left out stay, those no step asks for are ignored; who was held for want of one goes on."""
        found = editable(request, recipient_id)
        asked = FillingInSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        readiness.fill_in(
            recipient_id=found.pk,
            texts=asked.validated_data["texts"],
            actor=viewer_of(request),
            now=timezone.now(),
        )
        return self.get(request, recipient_id)


# ── address ─────────────────────────────────────────────────────────────────


class KnownAddressSerializer(serializers.Serializer[selectors.AddressLine]):
    """An address of the person: whether it is in use here, and why it cannot be used (empty: it can)."""

    contact_point = serializers.IntegerField(source="point.pk")
    value = serializers.CharField(source="point.value")
    in_use = serializers.BooleanField(source="current")
    problem = serializers.CharField()


class RecipientAddressSerializer(serializers.Serializer[Any]):
    """The address set for this campaign (empty: its rules choose), and the profile's in the order of the rules."""

    address = serializers.CharField(max_length=320)
    known = KnownAddressSerializer(many=True, read_only=True)


class RecipientAddress(APIView):
    """``/api/v1/recipients/<id>/address/``: where this campaign writes to."""

    rights = {"GET": Right.CAMPAIGN_VIEW, "PUT": Right.CAMPAIGN_EDIT, "DELETE": Right.CAMPAIGN_EDIT}

    @extend_schema(operation_id="recipients_read_address", responses=RecipientAddressSerializer)
    @tagged
    def get(self, request: Request, recipient_id: int) -> Response:
        """Another user's private address is told as ``private address``."""
        viewer = viewer_of(request)
        found = selectors.recipient_for(viewer, recipient_id)
        shown = {
            "address": selectors.address_set(found, viewer=viewer),
            "known": selectors.addresses(found, viewer=viewer),
        }
        return Response(narrowed(RecipientAddressSerializer(shown), request))

    @extend_schema(
        operation_id="recipients_set_address",
        request=RecipientAddressSerializer,
        responses=RecipientAddressSerializer,
    )
    @guarded(_ROW)
    def put(self, request: Request, recipient_id: int) -> Response:
        """For this campaign only. After a bounce the step is tried again with it, which needs ``campaign:start``."""
        found = editable(request, recipient_id)
        asked = RecipientAddressSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        intervening.write_to(
            recipient_id=found.pk, actor=viewer_of(request), now=timezone.now(), **asked.validated_data
        )
        return self.get(request, recipient_id)

    @extend_schema(operation_id="recipients_forget_address", responses={204: None})
    def delete(self, request: Request, recipient_id: int) -> Response:
        """The campaign's own rules choose again."""
        found = editable(request, recipient_id)
        intervening.use_the_rules(recipient_id=found.pk, actor=viewer_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
