"""The API of searching: filters with counts, type-ahead, saved searches. The list itself is ``/api/v1/candidates/``."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation.paging import paged
from foundation.preconditions import guarded, row_of, tagged
from foundation.sparse_fields import narrowed
from sourcing.api.requests import caller, checked
from sourcing.models import SavedSearch
from sourcing.search import facets, query, saved, suggesting
from sourcing.search.question import FILTERS, Order, Question

#: The question of the list and of its counts; each filter may be repeated, any of its values fits.
QUESTION = [
    OpenApiParameter("q", str, description="Words and fields as in the search box (docs/search.md)."),
    OpenApiParameter("nice", str, description="Nice-to-have words: they only rank."),
    *(OpenApiParameter(name, str, many=True) for name in FILTERS),
]


class SavedSearchSerializer(serializers.Serializer[Any]):
    """One saved search; ``question`` is the query string of the list."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=100)
    question = serializers.CharField(max_length=12_000, allow_blank=True, trim_whitespace=False)
    shared = serializers.BooleanField(default=False)
    daily = serializers.BooleanField(default=False)
    mine = serializers.BooleanField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)

    def to_representation(self, instance: SavedSearch) -> dict[str, Any]:
        """The stored question as an address; ``mine`` says whether the caller may change it."""
        return {
            "id": instance.pk,
            "name": instance.name,
            "question": Question.from_json(instance.question).as_query(),
            "shared": instance.shared,
            "daily": instance.daily,
            "mine": instance.owner_id == self.context["viewer"].pk,
            "created_at": serializers.DateTimeField().to_representation(instance.created_at),
        }


class SavedSearches(APIView):
    """``/api/v1/searches/``: the caller's own and the shared ones, and new ones."""

    right = Right.CANDIDATE_VIEW
    keyset_order = ("name", "id")

    @extend_schema(operation_id="searches_list", responses=SavedSearchSerializer(many=True))
    def get(self, request: Request) -> Response:
        """A page of saved searches by name."""
        context = {"viewer": caller(request)}
        return paged(
            saved.visible(caller(request)), SavedSearchSerializer, request=request, view=self, context=context
        )

    @extend_schema(
        operation_id="searches_create", request=SavedSearchSerializer, responses={201: SavedSearchSerializer}
    )
    def post(self, request: Request) -> Response:
        """Keep a question under a name; 409 when the caller has one of it."""
        values = checked(SavedSearchSerializer(data=request.data))
        made = saved.save(
            actor=caller(request), **values | {"question": Question.from_string(values["question"])}
        )
        return Response(_shown(request, made), status=status.HTTP_201_CREATED)


class OneSavedSearch(APIView):
    """``/api/v1/searches/<id>/``: one, to read, change and delete; changing is its owner's."""

    right = Right.CANDIDATE_VIEW

    @extend_schema(operation_id="searches_read", responses=SavedSearchSerializer)
    @tagged
    def get(self, request: Request, saved_search_id: int) -> Response:
        """The saved search; its people are the list with its question."""
        return Response(_shown(request, saved.one(caller(request), saved_search_id)))

    @extend_schema(
        operation_id="searches_change", request=SavedSearchSerializer, responses=SavedSearchSerializer
    )
    @guarded(row_of(SavedSearch, "saved_search_id"))
    def patch(self, request: Request, saved_search_id: int) -> Response:
        """Change what is given."""
        found = saved.own(caller(request), saved_search_id)
        serializer = SavedSearchSerializer(data=request.data, partial=True)
        values = {
            name: value for name, value in checked(serializer).items() if name in serializer.initial_data
        }
        if "question" in values:
            values["question"] = Question.from_string(values["question"])
        return Response(_shown(request, saved.change(saved_search=found, actor=caller(request), **values)))

    @extend_schema(operation_id="searches_delete", responses={204: None})
    def delete(self, request: Request, saved_search_id: int) -> Response:
        """Forget it."""
        saved.delete(saved_search=saved.own(caller(request), saved_search_id), actor=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class OptionSerializer(serializers.Serializer[Any]):
    """One value of a filter and how many people it would leave."""

    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of our own, not the label of one
    count = serializers.IntegerField(allow_null=True)


class FilterSerializer(serializers.Serializer[Any]):
    """One filter; its ``name`` is the parameter of the list."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of our own, not the label of one
    exact = serializers.BooleanField()
    options = OptionSerializer(many=True)


class Filters(APIView):
    """``/api/v1/candidates/filters/``: the filters of a question with counts."""

    right = Right.CANDIDATE_VIEW
    answers_whole = True

    @extend_schema(
        operation_id="candidates_filters", parameters=QUESTION, responses=FilterSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """``{"results": [...]}``; counts are exact up to 2,000 people, else estimates."""
        question = Question.from_query(request.query_params)
        column = facets.column(viewer=caller(request), question=question)
        return Response({"results": narrowed(FilterSerializer(column.filters, many=True), request)})


class TotalSerializer(serializers.Serializer[Any]):
    """How many people fit."""

    total = serializers.IntegerField()


class ExactTotal(APIView):
    """``/api/v1/candidates/total/``: how many fit, counted to the last one."""

    right = Right.CANDIDATE_VIEW

    @extend_schema(operation_id="candidates_total", parameters=QUESTION, responses=TotalSerializer)
    def get(self, request: Request) -> Response:
        """May take seconds with a million people."""
        total = query.total(viewer=caller(request), question=Question.from_query(request.query_params))
        return Response(narrowed(TotalSerializer({"total": total.count}), request))


class SuggestionSerializer(serializers.Serializer[Any]):
    """One value for the filter ``kind``."""

    kind = serializers.CharField()
    value = serializers.CharField()
    because = serializers.CharField(help_text="The word it is a synonym of.")


class Suggestions(APIView):
    """``/api/v1/candidates/suggestions/``: type-ahead."""

    right = Right.CANDIDATE_VIEW
    answers_whole = True

    @extend_schema(
        operation_id="candidates_suggestions",
        parameters=[
            OpenApiParameter("text", str, required=True),
            OpenApiParameter("kind", str, many=True, enum=suggesting.KINDS),
        ],
        responses=SuggestionSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Values that somebody has and that begin with or contain the text, or a synonym of it."""
        asked = request.query_params
        kinds = [kind for kind in asked.getlist("kind") if kind in suggesting.KINDS] or suggesting.KINDS
        found = suggesting.values(viewer=caller(request), text=asked.get("text", ""), kinds=kinds)
        return Response({"results": narrowed(SuggestionSerializer(found, many=True), request)})


def _shown(request: Request, found: SavedSearch) -> Any:
    return narrowed(SavedSearchSerializer(found, context={"viewer": caller(request)}), request)


#: The orders of the list.
ORDERS = [order.value for order in Order]
