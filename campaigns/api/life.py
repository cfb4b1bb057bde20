"""The life of a campaign over the API: made, read, set, started, paused, resumed, given another sender."""

from __future__ import annotations

from datetime import time
from typing import Any
from zoneinfo import available_timezones

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import Right, viewer_of
from campaigns import editing, lifecycle, readiness, selectors, sender_changes, senders
from campaigns.addressing import Prefer
from campaigns.models import Campaign
from campaigns.states import CampaignStatus
from campaigns.timing import CLOCK_CHOICES, Preference
from foundation.preconditions import guarded, row_of, tagged
from foundation.sparse_fields import SparseFields, narrowed
from sourcing import selectors as people
from sourcing.models import ProjectRole


class CampaignSerializer(serializers.ModelSerializer[Campaign]):
    """One campaign with its counts of people."""

    people = serializers.IntegerField(read_only=True, help_text="Recipients, whatever their standing.")
    replies = serializers.IntegerField(read_only=True, help_text="Recipients that replied.")
    sender = serializers.EmailField(source="mailbox.address", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Campaign
        fields = (
            *("id", "project", "status", "sender", "people", "replies"),
            *("started_at", "created_at", "resume_at"),
            *editing.SETTINGS,
        )
        read_only_fields = fields


class NewCampaignSerializer(serializers.Serializer[Any]):
    """A new draft. Without ``mailbox`` it is sent from the caller's default account."""

    name = serializers.CharField(max_length=200)
    project = serializers.IntegerField(min_value=1)
    mailbox = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)


class CampaignSettingsSerializer(serializers.Serializer[Any]):
    """Settings of a campaign; what is left out stays."""

    name = serializers.CharField(max_length=200, required=False)
    mailbox = serializers.IntegerField(
        min_value=1,
        allow_null=True,
        required=False,
        help_text="Whose account sends; 409 while it is sending.",
    )
    preference = serializers.ChoiceField(choices=Preference.choices, required=False)
    specific_time = serializers.TimeField(
        required=False, allow_null=True, help_text="A quarter of an hour; of `specific_time` alone."
    )
    zone = serializers.CharField(required=False, max_length=64, help_text="As Europe/Berlin.")
    allowed_days = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6),
        max_length=7,
        required=False,
        help_text="0 is Monday; none means every day.",
    )
    daily_limit = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, allow_null=True, help_text="Messages a day."
    )
    prefer = serializers.ChoiceField(choices=Prefer.choices, required=False)
    strict_type = serializers.BooleanField(
        required=False, help_text="Nothing goes to addresses of another type than the preferred one."
    )
    obeys_holidays = serializers.BooleanField(required=False)
    unsubscribe_text = serializers.CharField(max_length=200, required=False, allow_blank=True)
    hold_company = serializers.BooleanField(
        required=False, help_text="A reply holds the others at the same company."
    )
    recent_days = serializers.IntegerField(
        min_value=0, max_value=365, required=False, help_text="Who was written to within them is left out."
    )
    track_opens = serializers.BooleanField(required=False)

    def validate_specific_time(self, value: time | None) -> time | None:
        """One of the quarters of an hour that the page offers."""
        if value is not None and value not in CLOCK_CHOICES:
            raise serializers.ValidationError("A quarter of an hour, as 09:15.")
        return value

    def validate_zone(self, value: str) -> str:
        """A zone there is."""
        if value not in available_timezones():
            raise serializers.ValidationError("No time zone has this name.")
        return value


class _Campaigns(SparseFields, generics.GenericAPIView[Campaign]):
    serializer_class = CampaignSerializer
    right = Right.CAMPAIGN_VIEW
    queryset = Campaign.unguarded.none()

    def get_queryset(self) -> QuerySet[Campaign]:
        """The viewer's organisation's."""
        viewer = self.request.user
        return selectors.campaigns(viewer) if isinstance(viewer, User) else Campaign.unguarded.none()


class CampaignList(mixins.ListModelMixin, _Campaigns):
    """Campaigns, newest first, and making one."""

    rights = {"GET": Right.CAMPAIGN_VIEW, "POST": Right.CAMPAIGN_EDIT}

    def get(self, request: Request) -> Response:
        """One page of them."""
        return self.list(request)

    @extend_schema(
        operation_id="campaigns_create", request=NewCampaignSerializer, responses={201: CampaignSerializer}
    )
    def post(self, request: Request) -> Response:
        """A draft with one empty step, in the caller's time zone; nothing is sent before it is started."""
        caller = viewer_of(request)
        asked = NewCampaignSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        made = editing.create_campaign(
            project=people.project_for(caller, said["project"], role=ProjectRole.EDITOR),
            name=said["name"],
            mailbox=senders.chosen_for_new(caller, said["mailbox"]),
            actor=caller,
        )
        shown = CampaignSerializer(self.get_queryset().get(pk=made.pk))
        return Response(shown.data, status=status.HTTP_201_CREATED)


class CampaignDetail(mixins.RetrieveModelMixin, _Campaigns):
    """One campaign and its settings."""

    rights = {"GET": Right.CAMPAIGN_VIEW, "PATCH": Right.CAMPAIGN_EDIT}
    lookup_url_kwarg = "campaign_id"

    @tagged
    def get(self, request: Request, campaign_id: int) -> Response:
        """Everything the list shows, of one."""
        return self.retrieve(request, campaign_id=campaign_id)

    @extend_schema(
        operation_id="campaigns_change", request=CampaignSettingsSerializer, responses=CampaignSerializer
    )
    @guarded(row_of(Campaign, "campaign_id"))
    def patch(self, request: Request, campaign_id: int) -> Response:
        """At any time; another preference, time, zone or day plans a campaign under way anew."""
        caller = viewer_of(request)
        campaign = selectors.campaign_for(caller, campaign_id, role=ProjectRole.EDITOR)
        asked = CampaignSettingsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        if values.get("mailbox") == campaign.mailbox_id:
            values.pop("mailbox", None)
        elif "mailbox" in values:
            values["mailbox"] = senders.chosen(campaign, values["mailbox"])
        editing.change_some_settings(campaign=campaign, actor=caller, values=values, now=timezone.now())
        return self.retrieve(request, campaign_id=campaign_id)


class MissingForStartSerializer(serializers.Serializer[Any]):
    """What Start would say."""

    missing = serializers.ListField(child=serializers.CharField(), help_text="What keeps it from starting.")
    warnings = serializers.ListField(
        child=serializers.CharField(), help_text="Whom a step cannot be made for, and why."
    )


class PausingSerializer(serializers.Serializer[Any]):
    """A pause. With ``resume_at`` the campaign goes on by itself then."""

    resume_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class PausedSerializer(CampaignSerializer):
    """The campaign, and the ids of messages that were already being handed to the mail server."""

    in_flight = serializers.SerializerMethodField()

    class Meta(CampaignSerializer.Meta):
        fields = (*CampaignSerializer.Meta.fields, "in_flight")  # type: ignore[assignment]  # one more
        read_only_fields = fields  # type: ignore[assignment]  # the same

    def get_in_flight(self, campaign: Campaign) -> list[int]:  # noqa: ARG002 - of this pause
        """They leave all the same."""
        found: tuple[int, ...] = self.context["in_flight"]
        return list(found)


class _Life(_Campaigns):
    rights = {"GET": Right.CAMPAIGN_VIEW, "POST": Right.CAMPAIGN_START}

    def campaign(self) -> Campaign:
        """The one of the address, which the caller may start and stop."""
        return selectors.campaign_for(
            viewer_of(self.request), self.kwargs["campaign_id"], role=ProjectRole.EDITOR
        )

    def answer(self) -> Response:
        """The campaign as it is now."""
        return Response(CampaignSerializer(self.get_queryset().get(pk=self.kwargs["campaign_id"])).data)


class CampaignStart(_Life):
    """Starting a campaign."""

    @extend_schema(operation_id="campaigns_missing", responses=MissingForStartSerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        """What a draft still lacks; nothing of a campaign that was started."""
        campaign = selectors.campaign_for(viewer_of(request), campaign_id)
        draft = campaign.status == CampaignStatus.DRAFT
        answer = {
            "missing": lifecycle.missing_for_start(campaign) if draft else [],
            "warnings": readiness.warnings(campaign) if draft else [],
        }
        return Response(narrowed(MissingForStartSerializer(answer), request))

    @extend_schema(operation_id="campaigns_start", request=None, responses=CampaignSerializer)
    def post(self, request: Request, campaign_id: int) -> Response:  # noqa: ARG002 - the address
        """Start it; 422 says all that is missing. One that was started is answered as it is."""
        lifecycle.start(campaign=self.campaign(), actor=viewer_of(request), now=timezone.now())
        return self.answer()


class CampaignPause(_Life):
    """Pausing a campaign."""

    @extend_schema(operation_id="campaigns_pause", request=PausingSerializer, responses=PausedSerializer)
    def post(self, request: Request, campaign_id: int) -> Response:
        """Nothing leaves afterwards, except the messages in ``in_flight``. Once more only sets ``resume_at``."""
        asked = PausingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        paused = lifecycle.pause(
            campaign=self.campaign(),
            actor=viewer_of(request),
            now=timezone.now(),
            resume_at=asked.validated_data["resume_at"],
        )
        context = {"in_flight": paused.in_flight}
        return Response(PausedSerializer(self.get_queryset().get(pk=campaign_id), context=context).data)


class CampaignResume(_Life):
    """Going on after a pause."""

    @extend_schema(operation_id="campaigns_resume", request=None, responses=CampaignSerializer)
    def post(self, request: Request, campaign_id: int) -> Response:  # noqa: ARG002 - the address
        """What was overdue is planned anew, never in a burst; 422 while nothing can be sent from its account."""
        lifecycle.resume(campaign=self.campaign(), actor=viewer_of(request), now=timezone.now())
        return self.answer()


class ChoosingSenderSerializer(serializers.Serializer[Any]):
    """The account it is sent from; ``steps`` are ids of steps, each with its own account or null."""

    mailbox = serializers.IntegerField(min_value=1)
    steps = serializers.DictField(
        child=serializers.IntegerField(min_value=1, allow_null=True), required=False, default=dict
    )

    def validate_steps(self, value: dict[str, int | None]) -> dict[int, int | None]:
        """By numbers."""
        if not all(key.isascii() and key.isdigit() and len(key) < 19 for key in value):
            raise serializers.ValidationError("Ids of steps.")
        return {int(key): mailbox for key, mailbox in value.items()}


class CampaignSender(_Life):
    """Choosing who sends."""

    rights = {"POST": Right.CAMPAIGN_EDIT}

    @extend_schema(
        operation_id="campaigns_choose_sender",
        request=ChoosingSenderSerializer,
        responses={200: CampaignSerializer},
    )
    def post(self, request: Request, campaign_id: int) -> Response:  # noqa: ARG002 - the address
        """A campaign that waited for a sender goes on, unlike by a PATCH; 409 while it is sending."""
        asked = ChoosingSenderSerializer(data=request.data)
        campaign = self.campaign()
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        sender_changes.change(
            campaign=campaign,
            mailbox=senders.chosen(campaign, said["mailbox"]),
            steps={pk: senders.chosen(campaign, mailbox) for pk, mailbox in said["steps"].items()},
            actor=viewer_of(request),
            now=timezone.now(),
        )
        return self.answer()
