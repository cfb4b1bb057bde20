"""The API of one person's positions and schools."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation.preconditions import guarded, row_of, tagged, tags
from foundation.problems import Invalid
from foundation.sparse_fields import narrowed
from sourcing import history, selectors, values
from sourcing.api.requests import caller, checked
from sourcing.models import Candidate


class HistorySerializer(serializers.Serializer[Any]):
    """A position (title, company, location, description) or a school (school, degree, field), with its dates.

    ``seen`` is the word a read gave for the row; a change sends it back.
    """

    id = serializers.IntegerField(read_only=True)
    title = serializers.CharField(max_length=300, required=False, allow_blank=True)
    company = serializers.CharField(max_length=300, required=False, allow_blank=True)
    location = serializers.CharField(max_length=300, required=False, allow_blank=True)
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    school = serializers.CharField(max_length=300, required=False, allow_blank=True)
    degree = serializers.CharField(max_length=300, required=False, allow_blank=True)
    field = serializers.CharField(max_length=300, required=False, allow_blank=True)
    started = serializers.CharField(max_length=10, required=False, allow_blank=True)
    ended = serializers.CharField(max_length=10, required=False, allow_blank=True)
    seen = serializers.CharField(max_length=16, required=False)


class HistoryMoveSerializer(serializers.Serializer[Any]):
    """How far to move a row."""

    by = serializers.IntegerField(
        min_value=-200, max_value=200, help_text="Places lower; negative: higher. It stops at the ends."
    )


def _row(row: history.Row) -> dict[str, Any]:
    content = history.content(row)
    return {"id": row.pk, **content, "seen": values.mark(content)}


class History(APIView):
    """``/api/v1/candidates/<id>/history/<experience|education>/``: the rows in order, and new ones on top."""

    rights = {"GET": Right.CANDIDATE_VIEW, "POST": Right.CANDIDATE_EDIT}
    answers_whole = True

    @extend_schema(operation_id="history_list", responses=HistorySerializer(many=True))
    def get(self, request: Request, candidate_id: int, kind: str) -> Response:
        """All of them; a person has 200 at most."""
        found = selectors.candidate_for(caller(request), candidate_id)
        rows = [_row(row) for row in history.rows_of(found, kind)]
        return Response({"results": narrowed(HistorySerializer(rows, many=True), request)})

    @extend_schema(
        operation_id="history_create", request=HistorySerializer, responses={201: HistorySerializer}
    )
    def post(self, request: Request, candidate_id: int, kind: str) -> Response:
        """Add one."""
        found = selectors.candidate_for(caller(request), candidate_id)
        entry = checked(HistorySerializer(data=request.data))
        row = history.add(candidate=found, actor=caller(request), kind=kind, entry=entry)
        return Response(_row(row), status=status.HTTP_201_CREATED)


class HistoryRow(APIView):
    """``/api/v1/candidates/<id>/history/<experience|education>/<row>/``: read, change or remove one."""

    rights = {"GET": Right.CANDIDATE_VIEW, "PUT": Right.CANDIDATE_EDIT, "DELETE": Right.CANDIDATE_EDIT}

    @extend_schema(operation_id="history_read", responses=HistorySerializer)
    @tagged
    def get(self, request: Request, candidate_id: int, kind: str, row_id: int) -> Response:
        """As in the list."""
        found = selectors.candidate_for(caller(request), candidate_id)
        return Response(narrowed(HistorySerializer(_row(history.row_for(found, kind, row_id))), request))

    @extend_schema(operation_id="history_change", request=HistorySerializer, responses=HistorySerializer)
    @guarded(row_of(Candidate, "candidate_id"))
    def put(self, request: Request, candidate_id: int, kind: str, row_id: int) -> Response:
        """Other words; 409 with both when it changed since ``seen``, which ``If-Match`` takes the place of."""
        found = selectors.candidate_for(caller(request), candidate_id)
        present = history.row_for(found, kind, row_id)
        entry = checked(HistorySerializer(data=request.data))
        if tags(request) is not None:
            entry["seen"] = values.mark(history.content(present))
        if "seen" not in entry:
            raise Invalid(fields={"seen": "Send back the word a read gave, or its ETag in If-Match."})
        changed = history.change(
            candidate=found, actor=caller(request), kind=kind, row_id=row_id, entry=entry, seen=entry["seen"]
        )
        return Response(narrowed(HistorySerializer(_row(changed)), request))

    @extend_schema(operation_id="history_remove", responses={204: OpenApiResponse()})
    def delete(self, request: Request, candidate_id: int, kind: str, row_id: int) -> Response:
        """Take it away."""
        found = selectors.candidate_for(caller(request), candidate_id)
        history.remove(candidate=found, actor=caller(request), kind=kind, row_id=row_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class HistoryMove(APIView):
    """``/api/v1/candidates/<id>/history/<experience|education>/<row>/move/``: its place among the others."""

    right = Right.CANDIDATE_EDIT
    answers_whole = True

    @extend_schema(
        operation_id="history_move",
        request=HistoryMoveSerializer,
        responses={200: HistorySerializer(many=True)},
    )
    def post(self, request: Request, candidate_id: int, kind: str, row_id: int) -> Response:
        """Put it higher or lower; answers the rows in their order."""
        found = selectors.candidate_for(caller(request), candidate_id)
        by = checked(HistoryMoveSerializer(data=request.data))["by"]
        history.move(candidate=found, actor=caller(request), kind=kind, row_id=row_id, by=by)
        rows = [_row(row) for row in history.rows_of(found, kind)]
        return Response({"results": HistorySerializer(rows, many=True).data})
