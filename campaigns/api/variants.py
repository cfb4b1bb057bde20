"""Texts of one step over the API: how they fare, their shares, writing one."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right, require, viewer_of
from campaigns import selectors, texts, variant_figures, variants
from campaigns.models import Campaign, Step
from foundation.preconditions import guarded, row_of, tagged
from foundation.sparse_fields import narrowed
from outreach import contents
from outreach.api.content import attachments_field
from sourcing.models import ProjectRole


class TextSerializer(serializers.Serializer[Any]):
    """One text of a step. ``share`` in per cent; 0: nobody gets it any more."""

    letter = serializers.CharField(read_only=True)
    share = serializers.IntegerField(read_only=True)
    subject = serializers.CharField(required=False, allow_blank=True, max_length=500)
    body = serializers.CharField(required=False, allow_blank=True)
    body_html = serializers.CharField(required=False, allow_blank=True)
    attachments = attachments_field()


class FiguresSerializer(serializers.Serializer[variant_figures.VariantFigures]):
    """How one text fared. ``tried`` and ``answered`` count only people it was drawn for; the interval is Wilson's."""

    letter = serializers.CharField(source="text.letter")
    share = serializers.IntegerField(source="text.share")
    subject = serializers.CharField(source="text.subject")
    sent = serializers.IntegerField()
    bounced = serializers.IntegerField()
    opened = serializers.IntegerField(allow_null=True)
    replied = serializers.IntegerField()
    interested = serializers.IntegerField()
    tried = serializers.IntegerField(source="tried.people")
    answered = serializers.IntegerField(source="tried.replied")
    rate = serializers.FloatField(source="tried.rate")
    interval = serializers.ListField(source="tried.interval", child=serializers.FloatField())


class ComparisonSerializer(serializers.Serializer[Any]):
    """All texts of a step. ``best`` is empty while nothing can be said; ``needs``: about so many more people each."""

    best = serializers.CharField(source="answer.best")
    text = serializers.CharField(source="answer.text")
    needs = serializers.IntegerField(source="answer.needs", allow_null=True)
    variants = FiguresSerializer(source="lines", many=True)


class SharesSerializer(serializers.Serializer[Any]):
    """Letter → per cent, every letter of the step, together 100."""

    shares = serializers.DictField(child=serializers.IntegerField(min_value=0, max_value=100))


class VariantList(APIView):
    """The texts of a step that has several; a step with one has no variants."""

    right = Right.CAMPAIGN_VIEW

    @extend_schema(operation_id="campaigns_variants", responses=ComparisonSerializer)
    @tagged
    def get(self, request: Request, campaign_id: int, step_id: int) -> Response:
        """How they fare beside each other."""
        return Response(_compared(request, campaign_id, step_id))

    @extend_schema(operation_id="campaigns_variants_add", request=None, responses={201: TextSerializer})
    def post(self, request: Request, campaign_id: int, step_id: int) -> Response:
        """Another text, begun as a copy; without a share while the campaign is under way."""
        step = _editable(request, campaign_id, step_id)
        row = variants.add(step=step, actor=viewer_of(request))
        return Response(_text(step, row.letter).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="campaigns_variants_share", request=SharesSerializer, responses=ComparisonSerializer
    )
    @guarded(row_of(Campaign, "campaign_id"))
    def patch(self, request: Request, campaign_id: int, step_id: int) -> Response:
        """Who gets which; *use this one from now on* is 100 for it."""
        step = _editable(request, campaign_id, step_id)
        asked = SharesSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        variants.share(
            step=step, shares=asked.validated_data["shares"], actor=viewer_of(request), now=timezone.now()
        )
        return Response(_compared(request, campaign_id, step_id))


class VariantDetail(APIView):
    """One of the texts beside the step's own."""

    rights = {"GET": Right.CAMPAIGN_VIEW, "PATCH": Right.CAMPAIGN_EDIT, "DELETE": Right.CAMPAIGN_EDIT}

    @extend_schema(operation_id="campaigns_variant", responses=TextSerializer)
    @tagged
    def get(self, request: Request, campaign_id: int, step_id: int, letter: str) -> Response:
        """Its text and share."""
        step = selectors.step_for(viewer_of(request), campaign_id, step_id)
        variants.variant_of(step, letter)
        return Response(narrowed(_text(step, letter), request))

    @extend_schema(operation_id="campaigns_variant_edit", request=TextSerializer, responses=TextSerializer)
    @guarded(row_of(Campaign, "campaign_id"))
    def patch(self, request: Request, campaign_id: int, step_id: int, letter: str) -> Response:
        """Write it; what is left out stays, its attachments too."""
        step = _editable(request, campaign_id, step_id)
        variants.variant_of(step, letter)
        asked = TextSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        content = contents.changed(
            texts.content_of(step, letter), asked.validated_data, actor=viewer_of(request)
        )
        variants.edit(
            step=step,
            letter=letter,
            subject=content.subject,
            body=content.body,
            body_html=content.body_html,
            files=content.files,
            actor=viewer_of(request),
            now=timezone.now(),
        )
        return Response(_text(step, letter).data)

    @extend_schema(operation_id="campaigns_variant_remove", responses={204: None})
    def delete(self, request: Request, campaign_id: int, step_id: int, letter: str) -> Response:
        """Take it away; 409 once somebody has had it."""
        step = _editable(request, campaign_id, step_id)
        variants.remove(step=step, letter=letter, actor=viewer_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _editable(request: Request, campaign_id: int, step_id: int) -> Step:
    caller = viewer_of(request)
    require(caller, Right.CAMPAIGN_EDIT)
    return selectors.step_for(caller, campaign_id, step_id, role=ProjectRole.EDITOR)


def _compared(request: Request, campaign_id: int, step_id: int) -> object:
    viewer = viewer_of(request)
    step = selectors.step_for(viewer, campaign_id, step_id)
    campaign = selectors.campaign_for(viewer, campaign_id)
    found = variant_figures.of_campaign(campaign).get(step.pk) or variant_figures.alone(step)
    return narrowed(ComparisonSerializer(found), request)


def _text(step: Step, letter: str) -> TextSerializer:
    step.refresh_from_db()
    text = next(each for each in texts.all_of(step) if each.letter == letter)
    content = texts.content_of(step, letter)
    return TextSerializer(
        {
            "letter": letter,
            "share": text.share,
            "subject": content.subject,
            "body": content.body,
            "body_html": content.body_html,
            "attachments": list(content.attachments),
        }
    )
