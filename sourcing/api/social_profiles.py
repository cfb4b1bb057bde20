"""The API of one person's pages elsewhere. Their LinkedIn profile is a field of the person, who is matched on it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation.sparse_fields import narrowed
from sourcing import selectors
from sourcing import social_profiles as operations
from sourcing.api.requests import caller, checked
from sourcing.models import SocialProfile


class SocialProfileSerializer(serializers.ModelSerializer[SocialProfile]):
    """A page of the person elsewhere; ``network`` is ``web`` for a host we do not know."""

    class Meta:
        model = SocialProfile
        fields = ["id", "network", "url"]
        read_only_fields = fields


class SocialProfileInSerializer(serializers.Serializer[Any]):
    """A page to add."""

    url = serializers.CharField(max_length=500)


class SocialProfiles(APIView):
    """``/api/v1/candidates/<id>/social-profiles/``: the pages, and new ones."""

    rights = {"GET": Right.CANDIDATE_VIEW, "POST": Right.CANDIDATE_EDIT}
    answers_whole = True

    @extend_schema(operation_id="social_profiles_list", responses=SocialProfileSerializer(many=True))
    def get(self, request: Request, candidate_id: int) -> Response:
        """All of them; a person has 50 at most."""
        found = selectors.candidate_for(caller(request), candidate_id)
        rows = SocialProfileSerializer(found.social_profiles.all(), many=True)
        return Response({"results": narrowed(rows, request)})

    @extend_schema(
        operation_id="social_profiles_create",
        request=SocialProfileInSerializer,
        responses={201: SocialProfileSerializer},
    )
    def post(self, request: Request, candidate_id: int) -> Response:
        """Add one. 409 ``social_profile_known`` when the person has it; 422 for LinkedIn's: change ``linkedin_url``."""
        found = selectors.candidate_for(caller(request), candidate_id)
        url = checked(SocialProfileInSerializer(data=request.data))["url"]
        made = operations.add(candidate=found, actor=caller(request), url=url)
        return Response(SocialProfileSerializer(made).data, status=status.HTTP_201_CREATED)


class OneSocialProfile(APIView):
    """``/api/v1/candidates/<id>/social-profiles/<id>/``: one page, to be taken away."""

    rights = {"DELETE": Right.CANDIDATE_EDIT}

    @extend_schema(operation_id="social_profiles_remove", responses={204: OpenApiResponse()})
    def delete(self, request: Request, candidate_id: int, profile_id: int) -> Response:
        """Take it away. 422 for LinkedIn's, which goes by ``linkedin_url`` of the person."""
        found = selectors.candidate_for(caller(request), candidate_id)
        operations.remove(candidate=found, actor=caller(request), profile_id=profile_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
