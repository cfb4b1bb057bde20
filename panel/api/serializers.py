"""Shapes of what a page states, and of the people it may be about."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from rest_framework import serializers

from campaigns import of_person
from campaigns import selectors as campaigns
from campaigns.models import Recipient
from integrations.models import LinkState, RemoteLink
from panel.looking_up import Because, Known
from panel.profiles import MOST_POINTS, MOST_ROWS, MOST_SKILLS
from sourcing.models import ContactKind, ContactPoint, ContactStatus, ContactType, RecordType
from sourcing.normalising import clean_block, shown_phone
from sourcing.selectors import ProjectName


def address(path: str) -> str:
    """A page of ours as the browser opens it from anywhere; empty for none."""
    return f"{settings.PUBLIC_URL}{path}" if path else ""


# ── what a page states ──────────────────────────────────────────────────────


class Stated(serializers.CharField):
    """A text of a page: what nobody can read is taken out and what is too long cut, so that no page is refused."""

    def __init__(self, *, longest: int, **given: Any) -> None:
        self.longest = longest
        super().__init__(allow_blank=True, allow_null=True, default="", **given)

    def run_validation(self, data: Any = serializers.empty) -> str:
        """Null is nothing; a NUL byte is taken out with the rest."""
        if isinstance(data, str):
            data = clean_block(data[: self.longest * 2], limit=self.longest)
        return super().run_validation(data) or ""


class Some(serializers.ListField):
    """A list of a page, of which only the first few are read; null is nothing."""

    def __init__(self, *, most: int, **given: Any) -> None:
        self.most = most
        super().__init__(allow_null=True, default=list, **given)

    def run_validation(self, data: Any = serializers.empty) -> list[Any]:
        """The first of them, checked."""
        return super().run_validation(data[: self.most] if isinstance(data, list) else data) or []


class PositionSerializer(serializers.Serializer[Any]):
    """One position."""

    title = Stated(longest=300)
    company = Stated(longest=300)
    started = Stated(longest=10)
    ended = Stated(longest=10)


class SchoolSerializer(serializers.Serializer[Any]):
    """One school."""

    school = Stated(longest=300)
    degree = Stated(longest=300)
    field = Stated(longest=300)
    started = Stated(longest=10)
    ended = Stated(longest=10)


class ProfileSerializer(serializers.Serializer[Any]):
    """What a page states of the person it is about. Members that are not known are passed over."""

    url = Stated(longest=2_000, help_text="The page.")
    site = Stated(longest=300)
    adapter = Stated(longest=50)
    first_name = Stated(longest=300)
    last_name = Stated(longest=300)
    headline = Stated(longest=500)
    title = Stated(longest=300)
    company = Stated(longest=300)
    location = Stated(longest=300)
    summary = Stated(longest=5_000)
    emails = Some(most=MOST_POINTS, child=Stated(longest=320))
    phones = Some(most=MOST_POINTS, child=Stated(longest=320))
    profiles = Some(most=MOST_POINTS, child=Stated(longest=500), help_text="Their pages elsewhere.")
    skills = Some(most=MOST_SKILLS, child=Stated(longest=100))
    experience = Some(most=MOST_ROWS, child=PositionSerializer())
    education = Some(most=MOST_ROWS, child=SchoolSerializer())


# ── what is known ───────────────────────────────────────────────────────────


class PanelContactPointSerializer(serializers.Serializer[Any]):
    """One address or number. ``private`` ones were added by hand by the caller; nobody else's are ever here."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=ContactKind.choices)
    type = serializers.ChoiceField(choices=ContactType.choices)
    value = serializers.SerializerMethodField("as_read")
    status = serializers.ChoiceField(choices=ContactStatus.choices)
    private = serializers.SerializerMethodField()

    def as_read(self, point: ContactPoint) -> str:
        """As people read it; a number with its country code, as whoever looks may be anywhere."""
        return shown_phone(point.normalised) if point.kind == ContactKind.PHONE else point.value

    def get_private(self, point: ContactPoint) -> bool:
        """Added by hand by the caller."""
        return not point.shared


class InProjectSerializer(serializers.Serializer[Any]):
    """A project the person is in. One that may be known and not opened has neither id nor address."""

    id = serializers.SerializerMethodField()
    name = serializers.CharField()
    url = serializers.SerializerMethodField()

    def get_id(self, project: ProjectName) -> int | None:
        """Null where the caller may not open it."""
        return project.id if project.url else None

    def get_url(self, project: ProjectName) -> str:
        """Its page."""
        return address(project.url)


class InCampaignSerializer(serializers.Serializer[Any]):
    """Where the person stands in one campaign. ``running``: messages may still follow."""

    id = serializers.IntegerField(source="campaign_id")
    name = serializers.CharField(source="campaign.name")
    url = serializers.SerializerMethodField()
    recipient_id = serializers.IntegerField(source="pk")
    status = serializers.SerializerMethodField()
    running = serializers.SerializerMethodField()

    def get_url(self, recipient: Recipient) -> str:
        """The person in the campaign."""
        return address(reverse("campaigns:recipient", args=[recipient.pk]))

    def get_status(self, recipient: Recipient) -> str:
        """The word on the badge."""
        return campaigns.word_of(recipient)

    def get_running(self, recipient: Recipient) -> bool:
        """Whether messages may still follow."""
        return of_person.is_running(recipient)


class ContactedSerializer(serializers.Serializer[Any]):
    """Past or present contact by anybody in the organisation."""

    text = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)


class InSystemSerializer(serializers.Serializer[Any]):
    """The person's record in another system."""

    connection_id = serializers.IntegerField()
    name = serializers.CharField(source="connection.label")
    state = serializers.ChoiceField(choices=LinkState.choices)
    exported = serializers.SerializerMethodField()
    url = serializers.CharField(source="remote_url")

    def get_exported(self, link: RemoteLink) -> bool:
        """Whether somebody exported them there; a sync alone is no export."""
        return link.exported_at is not None


class MissingSerializer(serializers.Serializer[Any]):
    """What the page states and Beckon does not have: it would be added by a save."""

    emails = serializers.ListField(child=serializers.CharField())
    phones = serializers.ListField(child=serializers.CharField())
    profiles = serializers.ListField(child=serializers.CharField())
    blank = serializers.DictField(child=serializers.CharField(), source="columns")
    skills = serializers.ListField(child=serializers.CharField())
    experience = PositionSerializer(many=True)
    education = SchoolSerializer(many=True)


class LookupOfferSerializer(serializers.Serializer[Any]):
    """*Get Email* or *Get Phone*: what it costs at most, and how many credits are left."""

    offered = serializers.BooleanField()
    price = serializers.IntegerField()
    left = serializers.IntegerField()
    had = serializers.BooleanField(help_text="The organisation has one already.")


class LookupOffersSerializer(serializers.Serializer[Any]):
    """Both kinds."""

    email = LookupOfferSerializer()
    phone = LookupOfferSerializer()


class MaySerializer(serializers.Serializer[Any]):
    """What the caller may do with the person."""

    edit = serializers.BooleanField()
    add_to_project = serializers.BooleanField()
    add_to_campaign = serializers.BooleanField()
    get_email = LookupOffersSerializer()
    sync = serializers.BooleanField()


class SummarySerializer(serializers.Serializer[Any]):
    """One person as the side panel shows them."""

    id = serializers.IntegerField(source="person.pk")
    version = serializers.IntegerField(source="person.version")
    url = serializers.SerializerMethodField()
    name = serializers.CharField(source="person.name")
    first_name = serializers.CharField(source="person.first_name")
    last_name = serializers.CharField(source="person.last_name")
    headline = serializers.CharField(source="person.headline")
    title = serializers.CharField(source="person.title")
    company = serializers.CharField(source="person.company")
    location = serializers.CharField(source="person.location")
    record_type = serializers.ChoiceField(choices=RecordType.choices, source="person.record_type")
    tags = serializers.ListField(child=serializers.CharField(), source="person.tags")
    contact_points = PanelContactPointSerializer(many=True)
    projects = InProjectSerializer(many=True)
    campaigns = InCampaignSerializer(many=True)
    contact = ContactedSerializer(many=True)
    obstacles = serializers.ListField(child=serializers.CharField())
    systems = InSystemSerializer(many=True)
    missing = MissingSerializer(allow_null=True, help_text="Of a look-up only.")
    may = MaySerializer()

    def get_url(self, summary: Any) -> str:
        """The person's page."""
        return address(summary.person.url)


#: What is told of everybody who was found.
SHORT = ("id", "url", "name", "title", "company")


class FoundPersonSerializer(SummarySerializer):
    """The first one as a whole, the others in short: id, url, name, title and company."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """Only what is told of everybody is always there."""
        fields = super().get_fields()
        for name in fields.keys() - set(SHORT):
            fields[name].required = False
        return fields

    def to_representation(self, instance: Known) -> dict[str, Any]:
        """As much as was asked."""
        if instance.summary is not None:
            return dict(super().to_representation(instance.summary))
        person = instance.person
        told = {name: getattr(person, name) for name in ("name", "title", "company")}
        return {"id": person.pk, "url": address(person.url), **told}


class KnownSerializer(serializers.Serializer[Any]):
    """Somebody the page may be about; ``sure``: by the organisation's own rule it is them."""

    because = serializers.ChoiceField(choices=[why.value for why in Because])
    sure = serializers.BooleanField()
    person = FoundPersonSerializer(source="*")


class LookedUpSerializer(serializers.Serializer[Any]):
    """At most five people, the surest first, and what speaks against writing to whoever the page is about."""

    people = KnownSerializer(many=True)
    notices = serializers.ListField(child=serializers.CharField())
