"""/api/v1/invitations/: who was invited and has not come yet; the same functions as the page."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import invitations, selectors
from accounts.models import Invitation, Role
from accounts.permissions import Right, viewer_of
from foundation.paging import paged


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    """One open invitation; its link is only in the answer that makes it."""

    class Meta:
        model = Invitation
        fields = ("id", "email", "role", "invited_by", "created_at", "expires_at")
        read_only_fields = fields


class InviteSerializer(serializers.Serializer[Any]):
    """Whom to invite, as what."""

    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=Role.choices, required=False, default=Role.RECRUITER.value)


class MadeInvitationSerializer(InvitationSerializer):
    """A new invitation with its link, which is told once."""

    link = serializers.URLField(
        read_only=True, help_text="Whoever opens it may join. Beckon sends no e-mail: pass it on."
    )

    class Meta(InvitationSerializer.Meta):
        fields: tuple[str, ...] = (*InvitationSerializer.Meta.fields, "link")  # type: ignore[assignment]  # longer
        read_only_fields = fields  # type: ignore[assignment]  # longer


class Invitations(APIView):
    """``/api/v1/invitations/``."""

    right = Right.MEMBER_INVITE
    keyset_order = ("-id",)

    @extend_schema(operation_id="invitations_list", responses=InvitationSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Invitations that can still be accepted or have expired unanswered, the newest first."""
        rows = selectors.open_invitations(viewer_of(request))
        return paged(rows, InvitationSerializer, request=request, view=self)

    @extend_schema(
        operation_id="invitations_create", request=InviteSerializer, responses={201: MadeInvitationSerializer}
    )
    def post(self, request: Request) -> Response:
        """Invite somebody; the link is in this answer and nowhere else, and good for 7 days.

        An earlier open invitation of the same address ends. 409 for who is a member here or elsewhere.
        """
        given = InviteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        made, secret = invitations.invite(
            actor=viewer_of(request), now=timezone.now(), **given.validated_data
        )
        body = InvitationSerializer(made).data | {"link": invitations.link(secret)}
        # An answer that tells a secret is kept nowhere in the clear (``foundation.idempotency``).
        return Response(body, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})


class OneInvitation(APIView):
    """``/api/v1/invitations/<id>/``; 404 for another organisation's and for one that is open no longer."""

    rights = {"DELETE": Right.MEMBER_INVITE}

    @extend_schema(operation_id="invitations_revoke", request=None, responses={204: None})
    def delete(self, request: Request, invitation_id: int) -> Response:
        """Revoke it: the link stops working at once."""
        viewer = viewer_of(request)
        found = selectors.invitation_for(viewer, invitation_id)
        invitations.revoke(actor=viewer, invitation=found, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
