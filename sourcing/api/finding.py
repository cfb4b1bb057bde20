"""The API of credits and of finding contact data: the same operations and selectors as the pages."""

from __future__ import annotations

import dataclasses
import uuid
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation.paging import paged
from foundation.sparse_fields import narrowed
from sourcing import selectors
from sourcing.api.requests import caller
from sourcing.finding import asking, finding, usage
from sourcing.finding import selectors as credit_selectors
from sourcing.models import ContactKind, Finding, FindingItem, FindingStatus


class CreditsSerializer(serializers.Serializer[Any]):
    """Credits of one kind: to spend, held by running requests, and the month's allowance."""

    kind = serializers.ChoiceField(choices=ContactKind.choices)
    available = serializers.IntegerField()
    held = serializers.IntegerField()
    monthly = serializers.IntegerField()
    refresh_on = serializers.DateField()


class UsageLineSerializer(serializers.Serializer[Any]):
    """Credits one member spent in one month (its first day)."""

    month = serializers.DateField()
    member = serializers.CharField()
    email = serializers.IntegerField()
    phone = serializers.IntegerField()


class FindingInSerializer(serializers.Serializer[Any]):
    """Whom to find contact data of: people by id, or everybody in a project.

    ``request_key`` (a UUID of the caller's) makes a repeated call the same request.
    """

    kind = serializers.ChoiceField(choices=ContactKind.choices)
    candidate_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        min_length=1,
        max_length=finding.MOST_PEOPLE,
    )
    project_id = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    request_key = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one of the two."""
        if ("candidate_ids" in attrs) == ("project_id" in attrs):
            raise serializers.ValidationError("Give candidate_ids or project_id.")
        return attrs


class FindingSerializer(serializers.ModelSerializer[Finding]):
    """One request: where it stands, how many people ended how, and the run that works on it."""

    status = serializers.SerializerMethodField()
    problem = serializers.SerializerMethodField()
    counts = serializers.SerializerMethodField()

    class Meta:
        model = Finding
        fields = ["id", "kind", "project_id", "created_at", "status", "problem", "counts"]
        read_only_fields = fields

    def get_status(self, found: Finding) -> str:
        """The run's: queued, running, done, failed, cancelled."""
        return found.run.status if found.run else "done"

    def get_problem(self, found: Finding) -> str:
        """Why it failed, or empty."""
        return found.run.problem_text if found.run else ""

    def get_counts(self, found: Finding) -> dict[str, int]:
        """People by status; ``found`` is also the number of credits spent, ``waiting`` of those still held."""
        return asking.counts(found)


class FindingItemSerializer(serializers.ModelSerializer[FindingItem]):
    """One person of a request. What was found is among the person's contact points."""

    status = serializers.ChoiceField(choices=FindingStatus.choices)

    class Meta:
        model = FindingItem
        fields = ["id", "candidate_id", "status", "reason", "provider", "settled_at"]
        read_only_fields = fields


class Credits(APIView):
    """``/api/v1/credits/``: what is left."""

    right = Right.CANDIDATE_VIEW

    @extend_schema(operation_id="credits_read", responses=CreditsSerializer(many=True))
    def get(self, request: Request) -> Response:
        """One object per kind, e-mail first."""
        found = credit_selectors.credits_of(caller(request))
        return Response(narrowed(CreditsSerializer(found, many=True), request))


class CreditUsage(APIView):
    """``/api/v1/credits/usage/``: who spent how much in which month."""

    right = Right.MEMBER_VIEW

    @extend_schema(operation_id="credits_usage", responses=UsageLineSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The last twelve months, the newest first."""
        report = usage.report(viewer=caller(request), now=timezone.now())
        lines = [dataclasses.asdict(line) for line in report.lines]
        return Response(narrowed(UsageLineSerializer(lines, many=True), request))


class Findings(APIView):
    """``/api/v1/finding/``: *Get Email* and *Get Phone*."""

    right = Right.CANDIDATE_EDIT

    @extend_schema(
        operation_id="finding_start", request=FindingInSerializer, responses={202: FindingSerializer}
    )
    def post(self, request: Request) -> Response:
        """Begin a request; 409 ``not_enough_credits`` (with ``needed`` and ``available``) or ``no_provider``."""
        viewer = caller(request)
        given = FindingInSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        project = selectors.project_for(viewer, values["project_id"]) if "project_id" in values else None
        made = finding.start(
            actor=viewer,
            kind=values["kind"],
            candidate_ids=selectors.project_candidate_ids(viewer, project)
            if project
            else values["candidate_ids"],
            request_key=values.get("request_key") or uuid.uuid4(),
            project=project,
        )
        return Response(FindingSerializer(made).data, status=status.HTTP_202_ACCEPTED)


class OneFinding(APIView):
    """``/api/v1/finding/<id>/``: where a request stands."""

    right = Right.CANDIDATE_VIEW

    @extend_schema(operation_id="finding_read", responses=FindingSerializer)
    def get(self, request: Request, finding_id: int) -> Response:
        """The request with its counts."""
        found = credit_selectors.finding_for(caller(request), finding_id)
        return Response(narrowed(FindingSerializer(found), request))


class FindingPeople(APIView):
    """``/api/v1/finding/<id>/people/``: how each person ended."""

    right = Right.CANDIDATE_VIEW
    keyset_order: ClassVar[tuple[str, ...]] = ("id",)

    @extend_schema(operation_id="finding_people", responses=FindingItemSerializer(many=True))
    def get(self, request: Request, finding_id: int) -> Response:
        """A page of people."""
        viewer = caller(request)
        items = credit_selectors.items(viewer, credit_selectors.finding_for(viewer, finding_id))
        return paged(items, FindingItemSerializer, request=request, view=self)


class CancelFinding(APIView):
    """``/api/v1/finding/<id>/cancel/``: stop a request."""

    right = Right.CANDIDATE_EDIT

    @extend_schema(operation_id="finding_cancel", request=None, responses=FindingSerializer)
    def post(self, request: Request, finding_id: int) -> Response:
        """Credits that are not spent come back; 409 when it has ended."""
        viewer = caller(request)
        finding.cancel(actor=viewer, finding=credit_selectors.finding_for(viewer, finding_id))
        return Response(FindingSerializer(credit_selectors.finding_for(viewer, finding_id)).data)
