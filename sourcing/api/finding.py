"""The API of credits and of finding contact data: the same operations and selectors as the pages."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Collection
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import Right
from foundation.paging import paged
from foundation.sparse_fields import narrowed
from sourcing import selectors
from sourcing.api.requests import caller, checked
from sourcing.finding import finding, running, usage
from sourcing.finding import selectors as credit_selectors
from sourcing.models import ContactKind, Finding, FindingItem, FindingStatus, Project
from sourcing.search.question import MAX_VALUE, MAX_VALUES, Question
from sourcing.search.syntax import MAX_LENGTH


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


class FindingQuestionSerializer(serializers.Serializer[Any]):
    """Words as in the search box, and filters by name, each with values any of which fits. Empty: everybody.

    What is no part of a question is refused: credits are spent on whom it finds.
    """

    text = serializers.CharField(required=False, allow_blank=True, max_length=MAX_LENGTH)
    filters = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(max_length=MAX_VALUE), max_length=MAX_VALUES),
        required=False,
    )

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Nothing that would be passed over."""
        values: dict[str, Any] = super().to_internal_value(data)
        taken = Question.from_json(values).filters.keys()
        wrong = (data.keys() - self.fields.keys()) | (values.get("filters", {}).keys() - taken)
        if wrong:
            raise serializers.ValidationError(
                {str(name)[:60]: "There is no such filter, or no value for it." for name in wrong}
            )
        return values


class WhomSerializer(serializers.Serializer[Any]):
    """Whom to find contact data of: people by id, everybody in a project, or whom a ``question`` finds (the first
    10,000 of them)."""

    kind = serializers.ChoiceField(choices=ContactKind.choices)
    candidate_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        min_length=1,
        max_length=finding.MOST_PEOPLE,
    )
    project_id = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    question = FindingQuestionSerializer(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one way to say who is meant."""
        if len({"candidate_ids", "project_id", "question"} & set(attrs)) != 1:
            raise serializers.ValidationError("Give candidate_ids, project_id or a question.")
        return attrs


class FindingInSerializer(WhomSerializer):
    """A request. ``request_key`` (a UUID of the caller's) makes a repeated call the same request."""

    request_key = serializers.UUIDField(required=False)


class SkippedSerializer(serializers.Serializer[Any]):
    """Why so many people would not be looked for."""

    reason = serializers.CharField()
    people = serializers.IntegerField()


class FindingPlanSerializer(serializers.Serializer[Any]):
    """What a request would do. It takes ``most`` credits at most, one for each person it finds; of ``had`` the
    organisation has contact data already, which costs nothing."""

    people = serializers.IntegerField()
    most = serializers.IntegerField()
    had = serializers.SerializerMethodField()
    skipped = serializers.SerializerMethodField()
    available = serializers.IntegerField()
    affordable = serializers.BooleanField()

    def get_had(self, plan: finding.Plan) -> int:
        """Of whom there is contact data."""
        return len(plan.had)

    @extend_schema_field(SkippedSerializer(many=True))
    def get_skipped(self, plan: finding.Plan) -> list[dict[str, Any]]:
        """Everybody else, by reason."""
        return [{"reason": reason, "people": len(ids)} for reason, ids in plan.skipped.items()]


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
        return running.counts(found)


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


class CreditMonthSerializer(serializers.Serializer[Any]):
    """Credits everybody spent in one month (its first day), and how many came back because an address bounced."""

    month = serializers.DateField()
    email = serializers.IntegerField()
    phone = serializers.IntegerField()
    refunded = serializers.IntegerField()


class CreditMonths(APIView):
    """``/api/v1/credits/months/``: how much was spent and refunded in which month."""

    right = Right.MEMBER_VIEW

    @extend_schema(operation_id="credits_months", responses=CreditMonthSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The last twelve months, the newest first, also those without any."""
        months = usage.report(viewer=caller(request), now=timezone.now()).months
        return Response(narrowed(CreditMonthSerializer(months, many=True), request))


class CreditCostSerializer(serializers.Serializer[Any]):
    """What one provider took in one month (its first day), in money. ``per_person`` is null when it found nobody."""

    month = serializers.DateField()
    provider = serializers.CharField()
    calls = serializers.IntegerField()
    found = serializers.IntegerField()
    failed = serializers.IntegerField()
    cost = serializers.DecimalField(max_digits=None, decimal_places=4)
    currency = serializers.CharField()
    per_person = serializers.DecimalField(max_digits=None, decimal_places=4, allow_null=True)


class CreditCosts(APIView):
    """``/api/v1/credits/costs/``: what the providers took."""

    right = Right.ORGANISATION_EDIT

    @extend_schema(operation_id="credits_costs", responses=CreditCostSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The last twelve months, the newest first."""
        prices = usage.report(viewer=caller(request), now=timezone.now()).prices
        return Response(narrowed(CreditCostSerializer(prices, many=True), request))


class Findings(APIView):
    """``/api/v1/finding/``: *Get Email* and *Get Phone*."""

    right = Right.CANDIDATE_EDIT

    @extend_schema(
        operation_id="finding_start", request=FindingInSerializer, responses={202: FindingSerializer}
    )
    def post(self, request: Request) -> Response:
        """Begin a request; 409 ``not_enough_credits`` (with ``needed`` and ``available``) or ``no_provider``."""
        viewer = caller(request)
        values = checked(FindingInSerializer(data=request.data))
        ids, project = _whom(viewer, values)
        made = finding.start(
            actor=viewer,
            kind=values["kind"],
            candidate_ids=ids,
            request_key=values.get("request_key") or uuid.uuid4(),
            project=project,
        )
        return Response(FindingSerializer(made).data, status=status.HTTP_202_ACCEPTED)


class FindingPreview(APIView):
    """``/api/v1/finding/preview/``: what a request would cost at most."""

    right = Right.CANDIDATE_EDIT

    @extend_schema(operation_id="finding_preview", request=WhomSerializer, responses=FindingPlanSerializer)
    def post(self, request: Request) -> Response:
        """Nobody is asked and nothing is held; a POST because of the ids."""
        viewer = caller(request)
        values = checked(WhomSerializer(data=request.data))
        ids, _project = _whom(viewer, values)
        plan = finding.preview(viewer=viewer, kind=values["kind"], candidate_ids=ids)
        return Response(FindingPlanSerializer(plan).data)


def _whom(viewer: User, values: dict[str, Any]) -> tuple[Collection[int], Project | None]:
    if "question" in values:
        return credit_selectors.found_by(viewer, Question.from_json(values["question"])), None
    if "project_id" in values:
        project = selectors.project_for(viewer, values["project_id"])
        return selectors.project_candidate_ids(viewer, project), project
    return values["candidate_ids"], None


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
