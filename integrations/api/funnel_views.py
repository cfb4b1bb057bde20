"""/api/v1/reports/funnel/: the table of Reports → Funnel, and the people behind a number of it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import Right, viewer_of
from foundation.problems import Missing
from foundation.sparse_fields import SparseFields, narrowed
from integrations import funnel
from integrations.funnel import Scope, Stage
from sourcing.models import Candidate
from sourcing.selectors import project_for


class FunnelScopeSerializer(serializers.Serializer):
    """When people were put into their project, and whose campaigns count."""

    days = serializers.ChoiceField(choices=list(funnel.PERIODS), default=funnel.DEFAULT)
    owner = serializers.IntegerField(
        min_value=1, required=False, help_text="The user who started the campaigns."
    )


class FunnelPeopleScopeSerializer(FunnelScopeSerializer):
    """Of which number."""

    stage = serializers.ChoiceField(choices=list(Stage))
    project = serializers.IntegerField(
        min_value=1, required=False, help_text="Without: of all projects together."
    )


class FunnelLineSerializer(serializers.Serializer):
    """One project; the line of all of them has no project."""

    project = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    people = serializers.IntegerField()
    contacted = serializers.IntegerField()
    replied = serializers.IntegerField()
    in_ats = serializers.IntegerField()
    all_in_ats = serializers.IntegerField()


class FunnelSerializer(serializers.Serializer):
    """The report; ``first`` is null since ever."""

    first = serializers.DateField(allow_null=True)
    last = serializers.DateField()
    lines = FunnelLineSerializer(many=True)
    total = FunnelLineSerializer()


class FunnelPersonSerializer(serializers.ModelSerializer[Candidate]):
    """One person behind a number."""

    class Meta:
        model = Candidate
        fields = ["id", "name", "title", "company", "location"]
        read_only_fields = fields


def _scope(viewer: User, asked: dict[str, Any]) -> Scope:
    """404 for an owner or a project that is not the viewer's to see."""
    owner = None
    if "owner" in asked:
        owner = User.objects.filter(organisation_id=viewer.tenant_id, pk=asked["owner"]).first()
        if owner is None:
            raise Missing("There is no such member.")
    project = project_for(viewer, asked["project"]).pk if "project" in asked else None
    return Scope(period=asked["days"], owner=owner, project_id=project)


class Funnel(APIView):
    """Project → contacted → replied → in ATS."""

    right = Right.CAMPAIGN_VIEW

    @extend_schema(
        operation_id="reports_funnel", parameters=[FunnelScopeSerializer], responses=FunnelSerializer
    )
    def get(self, request: Request) -> Response:
        """A line per project, the largest first, and one of all."""
        viewer = viewer_of(request)
        form = FunnelScopeSerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        found = funnel.report(viewer=viewer, now=timezone.now(), scope=_scope(viewer, form.validated_data))

        def shown(line: funnel.Line) -> dict[str, Any]:
            return {
                "project": line.project_id,
                "name": line.name,
                **dict(zip(Stage, line.people, strict=True)),
            }

        lines = [shown(line) for line in found.lines]
        told = {"first": found.first, "last": found.last, "lines": lines, "total": shown(found.total)}
        return Response(narrowed(FunnelSerializer(told), request))


class FunnelPeople(SparseFields, generics.ListAPIView):
    """The people behind one number."""

    right = Right.CANDIDATE_VIEW
    serializer_class = FunnelPersonSerializer
    queryset = Candidate.unguarded.none()
    keyset_order = ("id",)

    @extend_schema(operation_id="reports_funnel_people", parameters=[FunnelPeopleScopeSerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of them, by id."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Candidate]:
        """As the report counts."""
        viewer = viewer_of(self.request)
        form = FunnelPeopleScopeSerializer(data=self.request.query_params)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        scope = _scope(viewer, asked)
        return funnel.people(viewer=viewer, now=timezone.now(), scope=scope, stage=Stage(asked["stage"]))
