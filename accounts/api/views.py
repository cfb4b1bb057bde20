"""Who am I, my organisation, and who else is here."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import members, selectors
from accounts.models import Organisation, Role, User
from accounts.permissions import Right, rights_of, viewer_of
from foundation.preconditions import guarded, tagged
from foundation.sparse_fields import SparseFields, narrowed


class MemberSerializer(serializers.ModelSerializer[User]):
    """One member."""

    class Meta:
        model = User
        fields = ("id", "name", "email", "role", "time_zone", "is_active")
        read_only_fields = fields


class MemberChangeSerializer(serializers.Serializer[Any]):
    """What an administrator decides of a member. What is left out stays."""

    role = serializers.ChoiceField(choices=Role.choices, required=False)
    is_active = serializers.BooleanField(
        required=False, help_text="False keeps the member out: sessions and tokens end at once."
    )


class MeSerializer(serializers.ModelSerializer[User]):
    """The token's user, with organisation and rights."""

    organisation = serializers.CharField(source="organisation.name", read_only=True)
    rights = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = (*MemberSerializer.Meta.fields, "organisation", "rights")
        read_only_fields = fields

    def get_rights(self, user: User) -> list[str]:
        """Rights of the role that the token in use leaves, in order."""
        return rights_of(user)


class ProfileChangeSerializer(serializers.Serializer[Any]):
    """One's own profile. What is left out stays."""

    name = serializers.CharField(max_length=200, required=False)
    time_zone = serializers.CharField(
        max_length=64, required=False, help_text="As the IANA database names it: Europe/Berlin."
    )


class OrganisationSerializer(serializers.ModelSerializer[Organisation]):
    """The organisation; plan and switch of integrations are the installation's administrators'."""

    name = serializers.CharField(max_length=200)
    start_grace_minutes = serializers.IntegerField(
        min_value=0,
        max_value=120,
        allow_null=True,
        help_text="Minutes between Start and the first message; null takes the installation's setting.",
    )

    class Meta:
        model = Organisation
        fields = ("id", "name", "start_grace_minutes", "plan", "integrations_enabled", "created_at")
        read_only_fields = ("plan", "integrations_enabled")


def _own_row(request: Request) -> QuerySet[Any]:
    return User.objects.filter(pk=viewer_of(request).pk)


def _own_organisation(request: Request) -> QuerySet[Any]:
    return Organisation.objects.filter(pk=viewer_of(request).tenant_id)


def _all_members(request: Request, user_id: int) -> QuerySet[Any]:
    """All of them, as the operations lock them: the last administrator is seen by looking at all."""
    selectors.member_for(viewer_of(request), user_id)
    return User.objects.filter(organisation_id=viewer_of(request).tenant_id).order_by("pk")


class Me(generics.GenericAPIView[User]):
    """The user behind the request."""

    serializer_class = MeSerializer
    rights = {"GET": Right.API_USE, "PATCH": Right.PROFILE_EDIT}

    @tagged
    def get(self, request: Request) -> Response:
        """Name, role, organisation, rights."""
        if request.method != "GET":
            # Read again to be compared: the row is locked only now.
            viewer_of(request).refresh_from_db()
        return Response(narrowed(self.get_serializer(request.user), request))

    @extend_schema(operation_id="me_change", request=ProfileChangeSerializer, responses=MeSerializer)
    @guarded(_own_row)
    def patch(self, request: Request) -> Response:
        """Change one's own name and time zone, in which planned times are shown. Not with a token of some scopes."""
        user = viewer_of(request)
        given = ProfileChangeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        as_it_is = {"name": user.name, "time_zone": user.time_zone}
        return Response(
            MeSerializer(members.change_profile(actor=user, **as_it_is | given.validated_data)).data
        )


class OneOrganisation(APIView):
    """``/api/v1/organisation/``: the caller's own."""

    right = Right.ORGANISATION_EDIT

    @extend_schema(operation_id="organisation_read", responses=OrganisationSerializer)
    @tagged
    def get(self, request: Request) -> Response:
        """Its name, its grace, and what it has bought."""
        return Response(narrowed(OrganisationSerializer(_own_organisation(request).get()), request))

    @extend_schema(
        operation_id="organisation_change", request=OrganisationSerializer, responses=OrganisationSerializer
    )
    @guarded(_own_organisation)
    def patch(self, request: Request) -> Response:
        """Change the name, or the minutes between Start and the first message. What is left out stays."""
        given = OrganisationSerializer(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        row = _own_organisation(request).get()
        as_it_is = {"name": row.name, "start_grace_minutes": row.start_grace_minutes}
        members.change_organisation(actor=viewer_of(request), **as_it_is | given.validated_data)
        return Response(OrganisationSerializer(_own_organisation(request).get()).data)


class MemberList(SparseFields, mixins.ListModelMixin, generics.GenericAPIView[User]):
    """Members of the organisation."""

    serializer_class = MemberSerializer
    right = Right.MEMBER_VIEW
    queryset = User.objects.none()

    def get_queryset(self) -> QuerySet[User]:
        """The viewer's organisation's."""
        viewer = self.request.user
        return selectors.members(viewer) if isinstance(viewer, User) else User.objects.none()

    def get(self, request: Request) -> Response:
        """One page of them."""
        return self.list(request)


class OneMember(APIView):
    """``/api/v1/members/<id>/``; 404 for another organisation's."""

    rights = {"GET": Right.MEMBER_VIEW, "PATCH": Right.MEMBER_INVITE}

    @extend_schema(operation_id="members_read", responses=MemberSerializer)
    @tagged
    def get(self, request: Request, user_id: int) -> Response:
        """One member."""
        found = selectors.member_for(viewer_of(request), user_id)
        return Response(narrowed(MemberSerializer(found), request))

    @extend_schema(operation_id="members_change", request=MemberChangeSerializer, responses=MemberSerializer)
    @guarded(_all_members)
    def patch(self, request: Request, user_id: int) -> Response:
        """Give a member another role, keep them out, or let them in again.

        409 with the code ``last_admin`` for what would leave the organisation without an administrator.
        """
        viewer = viewer_of(request)
        given = MemberChangeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        with transaction.atomic():
            found = selectors.member_for(viewer, user_id)
            if "role" in values:
                found = members.change_role(actor=viewer, member=found, role=values["role"])
            if "is_active" in values:
                found = members.set_active(actor=viewer, member=found, active=values["is_active"])
        return Response(MemberSerializer(found).data)
