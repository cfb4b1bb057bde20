"""The API of people: the same operations and selectors as the pages."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, cast

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import Right
from foundation.paging import MAX_SIZE
from foundation.problems import Invalid
from sourcing import people, selectors
from sourcing.api.serializers import (
    CandidateChangeSerializer,
    CandidateCreateSerializer,
    CandidateSerializer,
)
from sourcing.models import Candidate, ContactPoint
from sourcing.search import query


def _caller(request: Request) -> User:
    return cast("User", request.user)


def _checked(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _size(request: Request) -> int:
    raw = request.query_params.get("size", "50")
    if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw[:6]) <= MAX_SIZE:
        raise Invalid(fields={"size": f"A whole number from 1 to {MAX_SIZE}."})
    return int(raw)


class Candidates(APIView):
    """``/api/v1/candidates/``: everybody, or who fits ``q``; and new people."""

    rights = {"GET": Right.CANDIDATE_VIEW, "POST": Right.CANDIDATE_EDIT}

    @extend_schema(
        operation_id="candidates_list",
        parameters=[
            OpenApiParameter("q", str, description="Words, or one whole e-mail address or telephone number."),
            OpenApiParameter("order", str, enum=[order.value for order in query.Order]),
            OpenApiParameter("after", str, description="Cursor of the page before."),
            OpenApiParameter("size", int, description=f"1 to {MAX_SIZE}, 50 by default."),
        ],
        responses=CandidateSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """A page of people: ``{"results", "next", "total", "total_is_exact"}``."""
        asked = request.query_params
        order = query.Order.NAME if asked.get("order") == query.Order.NAME else query.Order.RECENT
        page = query.people(
            viewer=_caller(request),
            text=asked.get("q", ""),
            order=order,
            after=asked.get("after"),
            size=_size(request),
        )
        here = request.build_absolute_uri()
        return Response(
            {
                "results": _shown(request, page.people),
                "next": replace_query_param(here, "after", page.next) if page.next else None,
                "total": page.total.count,
                "total_is_exact": page.total.exact,
            }
        )

    @extend_schema(
        operation_id="candidates_create",
        request=CandidateCreateSerializer,
        responses={201: CandidateSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make one person. Addresses are the organisation's; private ones exist on the page only."""
        caller = _caller(request)
        values = _checked(CandidateCreateSerializer(data=request.data))
        for name in ("emails", "phones"):
            values[name] = [(entry["value"], entry["type"]) for entry in values.get(name, [])]
        assert caller.organisation is not None
        made = people.create_candidate(organisation=caller.organisation, actor=caller, **values)
        body = CandidateSerializer(made, context={"request": request}).data
        return Response(body, status=status.HTTP_201_CREATED)


class OneCandidate(APIView):
    """``/api/v1/candidates/<id>/``: one person, to read and to change."""

    rights = {"GET": Right.CANDIDATE_VIEW, "PATCH": Right.CANDIDATE_EDIT}

    @extend_schema(operation_id="candidates_read", responses=CandidateSerializer)
    def get(self, request: Request, candidate_id: int) -> Response:
        """The person with the contact points the caller may see."""
        found = selectors.candidate_for(_caller(request), candidate_id)
        return Response(CandidateSerializer(found, context={"request": request}).data)

    @extend_schema(
        operation_id="candidates_change", request=CandidateChangeSerializer, responses=CandidateSerializer
    )
    def patch(self, request: Request, candidate_id: int) -> Response:
        """Change columns; 409 when ``version`` is no longer current."""
        found = selectors.candidate_for(_caller(request), candidate_id)
        values = _checked(CandidateChangeSerializer(data=request.data))
        version = values.pop("version")
        changed = people.edit_candidate(
            candidate=found, actor=_caller(request), version=version, changes=values
        )
        return Response(CandidateSerializer(changed, context={"request": request}).data)


def _shown(request: Request, found: list[Candidate]) -> Any:
    """A page of people with one query for all their contact points."""
    points: defaultdict[int, list[ContactPoint]] = defaultdict(list)
    for point in selectors.contact_points_of(
        viewer=_caller(request), candidate_ids=[person.pk for person in found]
    ):
        points[point.candidate_id].append(point)
    context = {"request": request, "contact_points": points}
    return CandidateSerializer(found, many=True, context=context).data
