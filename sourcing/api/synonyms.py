"""The API of words that mean the same."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation.paging import paged
from sourcing.api.requests import caller, checked
from sourcing.models import Synonym
from sourcing.search import synonyms


class SynonymSerializer(serializers.ModelSerializer[Synonym]):
    """Two ways to say the same; each is offered to whoever searches for the other."""

    class Meta:
        model = Synonym
        fields = ("id", "word", "same_as")


class Synonyms(APIView):
    """``/api/v1/synonyms/``: the organisation's pairs."""

    right = Right.ORGANISATION_EDIT
    keyset_order: ClassVar[tuple[str, ...]] = ("word", "id")

    @extend_schema(operation_id="synonyms_list", responses=SynonymSerializer(many=True))
    def get(self, request: Request) -> Response:
        """By their first word."""
        return paged(synonyms.of(caller(request)), SynonymSerializer, request=request, view=self)

    @extend_schema(
        operation_id="synonyms_create", request=SynonymSerializer, responses={201: SynonymSerializer}
    )
    def post(self, request: Request) -> Response:
        """Add a pair; it works in both directions. 409 ``synonym_there`` when it is in the list, turned round or not;
        there are 2,000 at most."""
        values = checked(SynonymSerializer(data=request.data))
        made = synonyms.add(actor=caller(request), **values)
        return Response(SynonymSerializer(made).data, status=status.HTTP_201_CREATED)


class OneSynonym(APIView):
    """``/api/v1/synonyms/<id>/``: one pair."""

    right = Right.ORGANISATION_EDIT

    @extend_schema(operation_id="synonyms_remove", responses={204: None})
    def delete(self, request: Request, synonym_id: int) -> Response:
        """Take it away."""
        synonyms.remove(actor=caller(request), synonym_id=synonym_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
