"""JSON of people. Reading shows what the caller may see, writing goes through the operations."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import User
from sourcing import selectors
from sourcing.api.requests import MAX_ID
from sourcing.models import Candidate, ContactPoint, ContactType, RecordType


class ContactPointSerializer(serializers.ModelSerializer[ContactPoint]):
    """One address or number. ``private`` ones were added by hand by the caller; nobody else's are ever here."""

    private = serializers.SerializerMethodField()

    class Meta:
        model = ContactPoint
        fields = [
            "id", "kind", "type", "value", "normalised", "status", "status_note", "origin", "source", "private",
            "pinned_at", "first_seen_at", "last_seen_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_private(self, point: ContactPoint) -> bool:
        """Added by hand by the caller."""
        return not point.shared


class CandidateSerializer(serializers.ModelSerializer[Candidate]):
    """One person with the contact points the caller may see, in order of relevance."""

    contact_points = serializers.SerializerMethodField()

    class Meta:
        model = Candidate
        fields = [
            "id", "first_name", "last_name", "headline", "title", "company", "location", "summary", "skills", "tags",
            "linkedin_key", "record_type", "source", "owner_id", "custom", "provenance", "place_id", "latitude",
            "longitude", "time_zone", "place_confidence", "created_at", "updated_at", "version", "contact_points",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(ContactPointSerializer(many=True))
    def get_contact_points(self, candidate: Candidate) -> Any:
        """Through the one rule of private addresses."""
        viewer = self.context["request"].user
        assert isinstance(viewer, User)
        known: dict[int, list[ContactPoint]] | None = self.context.get("contact_points")
        points = (
            known.get(candidate.pk, [])
            if known is not None
            else list(selectors.contact_points(viewer=viewer, candidate=candidate))
        )
        return ContactPointSerializer(points, many=True).data


class PossibleDuplicateSerializer(serializers.Serializer[Any]):
    """Somebody who may be the same person, without a value of theirs."""

    candidate_id = serializers.IntegerField()
    url = serializers.CharField()
    score = serializers.IntegerField()
    reasons = serializers.ListField(child=serializers.CharField())
    certain = serializers.BooleanField()


class CreatedCandidateSerializer(CandidateSerializer):
    """A new person, and who may be the same."""

    possible_duplicates = PossibleDuplicateSerializer(many=True, read_only=True)

    class Meta(CandidateSerializer.Meta):
        fields = [*CandidateSerializer.Meta.fields, "possible_duplicates"]
        read_only_fields = fields


class AddressSerializer(serializers.Serializer[Any]):
    """An address or number to store with its type."""

    value = serializers.CharField(max_length=320)
    type = serializers.ChoiceField(choices=ContactType.choices, default=ContactType.OTHER)


class CandidateInSerializer(serializers.Serializer[Any]):
    """A person to create or change. Addresses given here are the organisation's, as imported ones are."""

    first_name = serializers.CharField(max_length=300, required=False, allow_blank=True)
    last_name = serializers.CharField(max_length=300, required=False, allow_blank=True)
    headline = serializers.CharField(max_length=500, required=False, allow_blank=True)
    title = serializers.CharField(max_length=300, required=False, allow_blank=True)
    company = serializers.CharField(max_length=300, required=False, allow_blank=True)
    location = serializers.CharField(max_length=300, required=False, allow_blank=True)
    summary = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    skills = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, max_length=200
    )
    tags = serializers.ListField(child=serializers.CharField(max_length=100), required=False, max_length=200)
    custom = serializers.DictField(
        required=False, help_text="Custom values by key; null or empty takes one away."
    )
    linkedin_url = serializers.CharField(max_length=500, required=False, allow_blank=True)
    record_type = serializers.ChoiceField(
        choices=RecordType.choices,
        required=False,
        help_text="*Sync as*: what they are in other systems. A change makes a second record where they are already.",
    )
    owner_id = serializers.IntegerField(
        min_value=1,
        max_value=MAX_ID,
        required=False,
        allow_null=True,
        help_text="The colleague who looks after the person, or null. Who makes a person is their owner by default.",
    )


class CandidateCreateSerializer(CandidateInSerializer):
    """A new person."""

    create_anyway = serializers.BooleanField(
        default=False,
        help_text="Make the person although they are there already: otherwise 409, possible_duplicate.",
    )
    emails = AddressSerializer(many=True, required=False)
    phones = AddressSerializer(many=True, required=False)
    source = serializers.CharField(max_length=200, required=False, allow_blank=True, default="API")  # type: ignore[assignment]  # a field of that name, not DRF's own attribute


class CandidateChangeSerializer(CandidateInSerializer):
    """Changes to a person; ``version`` is the one that was read, and may stand in ``If-Match`` instead."""

    version = serializers.IntegerField(min_value=1, required=False)


class MisreadSerializer(serializers.Serializer[Any]):
    """What of the question was not understood: characters ``start`` to ``end``, and a sentence."""

    start = serializers.IntegerField(read_only=True)
    end = serializers.IntegerField(read_only=True)
    message = serializers.CharField(read_only=True)


class CandidatePageSerializer(serializers.Serializer[Any]):
    """A page of the people who fit; there is no way back but the client's own."""

    results = CandidateSerializer(many=True, read_only=True)
    next = serializers.URLField(read_only=True, allow_null=True)
    total = serializers.IntegerField(read_only=True)
    total_is_exact = serializers.BooleanField(read_only=True, help_text="False: an estimate.")
    misread = MisreadSerializer(many=True, read_only=True)
