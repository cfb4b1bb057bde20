"""Who am I, and who else is here."""

from __future__ import annotations

from django.db.models import QuerySet
from rest_framework import generics, mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors
from accounts.models import User
from accounts.permissions import Right, rights_of
from foundation.sparse_fields import SparseFields, narrowed


class MemberSerializer(serializers.ModelSerializer[User]):
    """One member."""

    class Meta:
        model = User
        fields = ("id", "name", "email", "role", "time_zone", "is_active")
        read_only_fields = fields


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


class Me(generics.GenericAPIView[User]):
    """The user behind the request."""

    serializer_class = MeSerializer
    right = Right.API_USE

    def get(self, request: Request) -> Response:
        """Name, role, organisation, rights."""
        return Response(narrowed(self.get_serializer(request.user), request))


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
