"""The API of people: the same operations and selectors as the pages."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from typing import Any, ClassVar

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import Right
from foundation import preconditions
from foundation.paging import MAX_SIZE, page_size
from foundation.problems import Invalid
from foundation.sparse_fields import narrowed, wanted
from sourcing import duplicates, editing, matching, people, selectors
from sourcing.api.requests import caller, checked
from sourcing.api.search import ORDERS, QUESTION
from sourcing.api.serializers import (
    CandidateChangeSerializer,
    CandidateCreateSerializer,
    CandidatePageSerializer,
    CandidateSerializer,
    CreatedCandidateSerializer,
)
from sourcing.models import Candidate, ContactPoint
from sourcing.normalising import normalise_email, normalise_phone
from sourcing.search import query
from sourcing.search.question import Question


class Outdated(people.Changed):
    """``If-Match`` names a version that is no longer current (RFC 9110 §13.1.1)."""

    status: ClassVar[int] = 412


def _version_of(named: frozenset[str], candidate: Candidate) -> int:
    """The version that ``If-Match`` names: the present one where it is among them, 0 where it names none of ours."""
    if preconditions.ANY in named or str(candidate.version) in named:
        return candidate.version
    versions = [int(tag) for tag in named if tag.isascii() and tag.isdigit() and len(tag) < 10]
    return max(versions, default=0)


def _one(request: Request, candidate: Candidate) -> Response:
    body = narrowed(CandidateSerializer(candidate, context={"request": request}), request)
    return Response(body, headers={"ETag": f'"{candidate.version}"'})


class Candidates(APIView):
    """``/api/v1/candidates/``: everybody, or who fits ``q``; and new people."""

    rights = {"GET": Right.CANDIDATE_VIEW, "POST": Right.CANDIDATE_EDIT}

    @extend_schema(
        operation_id="candidates_list",
        parameters=[
            *QUESTION,
            OpenApiParameter("order", str, enum=ORDERS),
            OpenApiParameter("after", str, description="Cursor of the page before."),
            OpenApiParameter("size", int, description=f"1 to {MAX_SIZE}, 50 by default."),
        ],
        responses=CandidatePageSerializer,
    )
    def get(self, request: Request) -> Response:
        """A page of people: ``{"results", "next", "total", "total_is_exact", "misread"}``."""
        asked = request.query_params
        page = query.people(
            viewer=caller(request),
            question=Question.from_query(asked),
            after=asked.get("after"),
            size=page_size(request),
        )
        here = request.build_absolute_uri()
        return Response(
            {
                "results": _shown(request, page.people),
                "next": replace_query_param(here, "after", page.next) if page.next else None,
                "total": page.total.count,
                "total_is_exact": page.total.exact,
                "misread": [asdict(each) for each in page.misread],
            }
        )

    @extend_schema(
        operation_id="candidates_create",
        request=CandidateCreateSerializer,
        responses={201: CreatedCandidateSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make one person. Addresses are the organisation's; private ones exist on the page only.

        409 ``possible_duplicate`` when somebody certainly is the same person (docs/duplicates.md), unless
        ``create_anyway``; people who only may be come back as ``possible_duplicates``.
        """
        actor = caller(request)
        values = checked(CandidateCreateSerializer(data=request.data))
        possible = _possible(actor, values, create_anyway=values.pop("create_anyway"))
        for name in ("emails", "phones"):
            values[name] = [(entry["value"], entry["type"]) for entry in values.get(name, [])]
        assert actor.organisation is not None
        made = people.create_candidate(organisation=actor.organisation, actor=actor, **values)
        body = CandidateSerializer(made, context={"request": request}).data
        shown = [one.as_dict() for one in possible]
        return Response({**body, "possible_duplicates": shown}, status=status.HTTP_201_CREATED)


class OneCandidate(APIView):
    """``/api/v1/candidates/<id>/``: one person, to read and to change."""

    rights = {"GET": Right.CANDIDATE_VIEW, "PATCH": Right.CANDIDATE_EDIT}

    @extend_schema(operation_id="candidates_read", responses=CandidateSerializer)
    def get(self, request: Request, candidate_id: int) -> Response:
        """The person with the contact points the caller may see."""
        found = selectors.candidate_for(caller(request), candidate_id)
        return _one(request, found)

    @extend_schema(
        operation_id="candidates_change",
        request=CandidateChangeSerializer,
        responses=CandidateSerializer,
    )
    def patch(self, request: Request, candidate_id: int) -> Response:
        """Change columns. When the version read is no longer current: 409, or 412 if it stood in ``If-Match``, with
        both values of each field in ``fields``."""
        found = selectors.candidate_for(caller(request), candidate_id)
        values = checked(CandidateChangeSerializer(data=request.data))
        version = values.pop("version", None)
        named = preconditions.tags(request)
        if version is None and named is None:
            raise Invalid(fields={"version": "Send the version that was read, here or in If-Match."})
        with transaction.atomic():
            if named is not None:
                version = _version_of(named, editing.lock(found))
            try:
                changed = people.edit_candidate(
                    candidate=found, actor=caller(request), version=version, changes=values
                )
            except people.Changed as conflict:
                if named is None:
                    raise
                raise Outdated(str(conflict), **conflict.extra) from conflict
        return _one(request, changed)


def _possible(viewer: User, values: dict[str, Any], *, create_anyway: bool) -> list[duplicates.Found]:
    person = matching.Person(
        first_name=values.get("first_name", ""),
        last_name=values.get("last_name", ""),
        emails=[normalise_email(entry["value"]) for entry in values.get("emails", [])],
        phones=[normalise_phone(entry["value"]) for entry in values.get("phones", [])],
        profiles=[values.get("linkedin_url", "")],
        title=values.get("title", ""),
        company=values.get("company", ""),
        place=values.get("location", ""),
    )
    return duplicates.check_new(
        organisation_id=viewer.tenant_id, person=person, viewer=viewer, create_anyway=create_anyway
    )


def _shown(request: Request, found: list[Candidate]) -> Any:
    """A page of people with one query for all their contact points."""
    points: defaultdict[int, list[ContactPoint]] = defaultdict(list)
    if wanted(request, "contact_points"):
        for point in selectors.contact_points_of(
            viewer=caller(request), candidate_ids=[person.pk for person in found]
        ):
            points[point.candidate_id].append(point)
    context = {"request": request, "contact_points": points}
    return narrowed(CandidateSerializer(found, many=True, context=context), request)
