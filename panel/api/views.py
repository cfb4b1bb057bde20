"""/api/v1/panel/: what the browser's side panel asks and says."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right, require
from foundation import idempotency
from foundation.problems import Invalid
from foundation.sparse_fields import narrowed
from panel import choices, looking_up, profiles, saving, summary, sync_options
from panel.api.choice_serializers import (
    ChoicesQuerySerializer,
    PanelChoiceSerializer,
    PanelChoicesSerializer,
    SyncOptionsSerializer,
    SyncQuerySerializer,
)
from panel.api.save_serializers import SavedSerializer, SaveSerializer
from panel.api.serializers import LookedUpSerializer, ProfileSerializer, SummarySerializer
from sourcing.api.requests import caller, checked
from sourcing.models import RecordType
from sourcing.selectors import candidate_for

#: A page as the documentation shows it.
PAGE: dict[str, Any] = {
    "url": "https://github.com/ida",
    "site": "github.com",
    "adapter": "github",
    "first_name": "Ida",
    "last_name": "Hansen",
    "title": "Welding engineer",
    "company": "Voltra",
    "emails": ["ida@voltra.example"],
    "profiles": ["https://github.com/ida"],
    "experience": [{"title": "Welder", "company": "Northgate", "started": "2021-03", "ended": "2023"}],
}
#: And what is chosen for the person.
SAVE: dict[str, Any] = {
    "candidate": None,
    "profile": PAGE,
    "record_type": "candidate",
    "tags": ["welding"],
    "note": {"text": "Met at the fair.", "visibility": "organisation"},
    "projects": [1],
    "campaigns": [3],
    "sync": [{"connection": 1, "settings": {"add": "replied"}, "fields": {"12": "Full time"}}],
    "get_email": True,
}


class Lookups(APIView):
    """``/api/v1/panel/lookups/``: who the page in front is about.

    It is a POST because what a page says of a person belongs neither in an address nor in a log.
    """

    right = Right.CANDIDATE_VIEW

    @extend_schema(
        operation_id="panel_lookup",
        request=ProfileSerializer,
        responses=LookedUpSerializer,
        examples=[OpenApiExample("A profile", value=PAGE, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Whom of the organisation's people it is: by profile, e-mail, phone, or name and company."""
        profile = profiles.read(checked(ProfileSerializer(data=request.data)))
        found = looking_up.look_up(viewer=caller(request), profile=profile)
        return Response(LookedUpSerializer(found).data)


class Choices(APIView):
    """``/api/v1/panel/choices/``: what a save can name."""

    right = Right.CANDIDATE_VIEW

    @extend_schema(
        operation_id="panel_choices", parameters=[ChoicesQuerySerializer], responses=PanelChoicesSerializer
    )
    def get(self, request: Request) -> Response:
        """By a part of the name: only what the caller may add people to."""
        asked = checked(ChoicesQuerySerializer(data=request.query_params))
        viewer, kind, text = caller(request), choices.Kind(asked["kind"]), asked["q"]
        if kind is choices.Kind.JOB:
            found = choices.jobs(viewer=viewer, connection_id=asked["connection"], text=text)
        else:
            found = choices.offered(viewer=viewer, kind=kind, text=text)
        return Response({"results": narrowed(PanelChoiceSerializer(found, many=True), request)})


class Sync(APIView):
    """``/api/v1/panel/sync/``: *Sync as*, and the options behind its arrow."""

    right = Right.CONNECTION_VIEW

    @extend_schema(
        operation_id="panel_sync", parameters=[SyncQuerySerializer], responses=SyncOptionsSerializer
    )
    def get(self, request: Request) -> Response:
        """Settings and displayed fields of every connected system, for a person or for somebody new."""
        viewer = caller(request)
        asked = checked(SyncQuerySerializer(data=request.query_params))
        person = None
        if "candidate" in asked:
            require(viewer, Right.CANDIDATE_VIEW)
            person = candidate_for(viewer, asked["candidate"])
        own = person.record_type if person is not None else RecordType.CANDIDATE.value
        found = sync_options.options(
            viewer=viewer, record_type=asked.get("record_type", own), candidate=person
        )
        return Response(narrowed(SyncOptionsSerializer(found), request))


class KeyRequired(Invalid):
    """A save may be sent again after a lost answer; only its key tells that it was done."""

    code: ClassVar[str] = "idempotency_key_required"


class Saves(APIView):
    """``/api/v1/panel/saves/``: everything one press of *Save* does."""

    right = Right.CANDIDATE_EDIT

    @extend_schema(
        operation_id="panel_save",
        request=SaveSerializer,
        responses={201: SavedSerializer},
        examples=[OpenApiExample("A new person", value=SAVE, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """The person with all that was chosen, in one transaction; what is refused is told, the rest is done.

        Needs an ``Idempotency-Key``. 409 ``possible_duplicate`` for a new person who certainly exists, unless
        ``create_anyway``. Somebody known gets only what they lack.
        """
        form = SaveSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        if idempotency.HEADER not in request.headers:
            raise KeyRequired(f"Send an {idempotency.HEADER}: a save whose answer was lost is sent again.")
        saved = saving.save(actor=caller(request), wanted=form.wanted(), now=timezone.now())
        return Response(SavedSerializer(saved).data, status=status.HTTP_201_CREATED)


class OnePerson(APIView):
    """``/api/v1/panel/people/<id>/``: one person in short."""

    right = Right.CANDIDATE_VIEW

    @extend_schema(operation_id="panel_person", responses=SummarySerializer)
    def get(self, request: Request, candidate_id: int) -> Response:
        """Projects, campaigns, past contact by anybody, obstacles, records in other systems."""
        viewer = caller(request)
        found = summary.of(viewer, candidate_for(viewer, candidate_id))
        return Response(narrowed(SummarySerializer(found), request))
