"""Campaigns over the API: read."""

from __future__ import annotations

from django.db.models import QuerySet
from rest_framework import generics, mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import Right
from campaigns import selectors
from campaigns.models import Campaign


class CampaignSerializer(serializers.ModelSerializer[Campaign]):
    """One campaign with its counts of people."""

    people = serializers.IntegerField(read_only=True, help_text="Recipients, whatever their standing.")
    replies = serializers.IntegerField(read_only=True, help_text="Recipients that replied.")
    sender = serializers.EmailField(source="mailbox.address", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Campaign
        fields = (
            "id",
            "name",
            "project",
            "status",
            "preference",
            "zone",
            "sender",
            "people",
            "replies",
            "started_at",
            "created_at",
        )
        read_only_fields = fields


class _Campaigns(generics.GenericAPIView[Campaign]):
    serializer_class = CampaignSerializer
    right = Right.CAMPAIGN_VIEW
    queryset = Campaign.unguarded.none()

    def get_queryset(self) -> QuerySet[Campaign]:
        """The viewer's organisation's."""
        viewer = self.request.user
        return selectors.campaigns(viewer) if isinstance(viewer, User) else Campaign.unguarded.none()


class CampaignList(mixins.ListModelMixin, _Campaigns):
    """Campaigns, newest first."""

    def get(self, request: Request) -> Response:
        """One page of them."""
        return self.list(request)


class CampaignDetail(mixins.RetrieveModelMixin, _Campaigns):
    """One campaign."""

    lookup_url_kwarg = "campaign_id"

    def get(self, request: Request, campaign_id: int) -> Response:
        """Everything the list shows, of one."""
        return self.retrieve(request, campaign_id=campaign_id)
