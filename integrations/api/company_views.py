"""/api/v1/connections/<id>/companies/ and company-fields/: the same functions as the pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Right
from foundation.preconditions import require, with_etag
from foundation.problems import Invalid
from foundation.sparse_fields import narrowed
from integrations import companies, company_choice, company_fields, opening
from integrations.api.of_connection import OfConnection
from integrations.api.sync_serializers import RecordTypeSerializer, RefreshSerializer
from integrations.base.records import Option
from integrations.models import CompanyMatch, Connection, LinkState
from sourcing.models import Candidate
from sourcing.selectors import candidate_for


class CompanyFieldsSerializer(serializers.Serializer):
    """Ids of what is shown of companies; empty: all there is, and no warning."""

    info = serializers.CharField(max_length=200, allow_blank=True)
    warning = serializers.CharField(max_length=200, allow_blank=True)


class CompanyFieldSerializer(serializers.Serializer):
    """What a company there may say of itself, and whether it is shown."""

    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the field's own label is of another kind
    shown_as = serializers.ChoiceField(choices=["info", "warning", "both"], allow_null=True)


class DecidedAboutSerializer(serializers.Serializer):
    """Whose company is meant."""

    candidate = serializers.IntegerField(min_value=1)


class CompanySearchSerializer(serializers.Serializer):
    """Whose company is looked for, and under which other name."""

    candidate = serializers.IntegerField(min_value=1)
    search = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class CompanyLookSerializer(CompanySearchSerializer):
    """How it is looked for."""

    refresh = serializers.BooleanField(
        default=False, help_text="Ask the vendor now; otherwise at most once a minute for one name."
    )


class OwnerSerializer(serializers.Serializer):
    """Somebody there who may own a new company."""

    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # as above


class CompanyChoiceSerializer(CompanySearchSerializer):
    """The company that counts; null: none is chosen any more."""

    company = serializers.CharField(max_length=200, allow_null=True)
    everybody = serializers.BooleanField(
        default=False, help_text="For everybody whose company has this name."
    )


class NewCompanySerializer(serializers.Serializer):
    """A new company for a person, although others may be like it."""

    candidate = serializers.IntegerField(min_value=1)
    owner = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    everybody = serializers.BooleanField(default=False)


class SaidSerializer(serializers.Serializer):
    """One thing a company says of itself."""

    label = serializers.CharField()  # type: ignore[assignment]  # as above
    text = serializers.CharField()


class CompanySerializer(serializers.Serializer):
    """A company there."""

    id = serializers.CharField()
    name = serializers.CharField()
    same_name = serializers.BooleanField()
    info = SaidSerializer(many=True)
    warning = serializers.CharField()


class DecidedSerializer(serializers.Serializer):
    """What counts for the person; ``company`` is null while nothing is chosen or made."""

    company = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    everybody = serializers.BooleanField()


class ConnectionCompanyFields(OfConnection):
    """*Displayed Company info* and *Displayed Company Warning*."""

    rights = {"GET": Right.CONNECTION_VIEW, "PUT": Right.CONNECTION_EDIT}
    serializer_class = CompanyFieldSerializer
    pagination_class = None

    @extend_schema(parameters=[RefreshSerializer], responses=CompanyFieldSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """What companies there may say."""
        connection = self.connection()
        fresh = self.asked(RefreshSerializer, request.query_params)["refresh"]
        return self._answer(connection, company_fields.offered(connection, fresh=fresh))

    @extend_schema(request=CompanyFieldsSerializer, responses=CompanyFieldSerializer(many=True))
    def put(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """Show these."""
        connection = self.connection()
        asked = self.asked(CompanyFieldsSerializer, request.data)
        offered = company_fields.offered(connection)

        def check(row: Connection) -> None:
            present = self._answer(row, offered)
            require(request, present["ETag"], lambda: present.data)

        company_fields.choose(actor=self.viewer, connection=connection, **asked, check=check)
        return self._answer(connection, offered)

    def _answer(self, connection: Connection, offered: Sequence[Option]) -> Response:
        def shown(key: str) -> str | None:
            info, warning = key == connection.company_info, key == connection.company_warning
            return "both" if info and warning else "info" if info else "warning" if warning else None

        rows = [{"id": option.id, "label": option.label, "shown_as": shown(option.id)} for option in offered]
        return with_etag(
            Response(narrowed(CompanyFieldSerializer(rows, many=True), self.request)), self.request
        )


class ConnectionCompanies(OfConnection):
    """Companies there like a person's, and which of them it is."""

    rights = {"GET": Right.CANDIDATE_EDIT, "PUT": Right.CANDIDATE_EDIT, "POST": Right.CANDIDATE_EXPORT}
    serializer_class = CompanySerializer
    calls_others = True

    @extend_schema(parameters=[CompanyLookSerializer], responses=CompanySerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """Those of the person's company name, or of ``search``; of exactly the name first."""
        connection = self.connection()
        asked = self.asked(CompanyLookSerializer, request.query_params)
        person = self._person(connection, asked["candidate"])
        rows = [
            {
                "id": one.external_id,
                "name": one.name,
                "same_name": one.same,
                "info": [{"label": label, "text": text} for label, text in one.info],
                "warning": one.warning,
            }
            for one in company_choice.look(connection, person, search=asked["search"], fresh=asked["refresh"])
        ]
        return Response(narrowed(CompanySerializer(rows, many=True), request))

    @extend_schema(request=CompanyChoiceSerializer, responses=DecidedSerializer)
    def put(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """Choose one of them; 422 for one that was not offered. ``If-Match``: the ETag of ``…/companies/decided/``."""
        connection = self.connection()
        asked = self.asked(CompanyChoiceSerializer, request.data)
        person = self._person(connection, asked["candidate"])

        def check() -> None:
            present = self._decided(companies.chosen(connection, person, person.company))
            require(request, present["ETag"], lambda: present.data)

        if asked["company"] is None:
            company_choice.forget(actor=self.viewer, connection=connection, candidate=person, check=check)
        else:
            company_choice.choose(
                actor=self.viewer,
                connection=connection,
                candidate=person,
                company_id=asked["company"],
                search=asked["search"],
                everybody=asked["everybody"],
                check=check,
            )
        return self._decided(companies.chosen(connection, person, person.company))

    @extend_schema(request=NewCompanySerializer, responses={201: DecidedSerializer})
    def post(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """Make the person's company there; 409 while an earlier try is not confirmed."""
        connection = self.connection()
        asked = self.asked(NewCompanySerializer, request.data)
        person = self._person(connection, asked["candidate"])
        made = company_choice.make(
            actor=self.viewer,
            connection=connection,
            candidate=person,
            owner_id=asked["owner"],
            everybody=asked["everybody"],
        )
        return self._decided(made, status=201)

    def _person(self, connection: Connection, candidate_id: int) -> Candidate:
        person = candidate_for(self.viewer, candidate_id)
        if not company_choice.has_companies(connection, person.record_type):
            system = opening.vendor_of(connection).display_name
            raise Invalid(f"A {person.record_type} has no company of its own in {system}.")
        return person

    def _decided(self, match: CompanyMatch | None, *, status: int = 200) -> Response:
        linked = match is not None and match.state == LinkState.LINKED
        row: dict[str, Any] = {
            "company": match.remote_id if match and linked else None,
            "name": match.remote_name if match and linked else "",
            "everybody": bool(match and match.candidate_id is None),
        }
        shown = narrowed(DecidedSerializer(row), self.request)
        return with_etag(Response(shown, status=status), self.request)


class ConnectionCompanyDecided(ConnectionCompanies):
    """Which company a person belongs to there, as it was chosen or made."""

    rights = {"GET": Right.CANDIDATE_EDIT}
    serializer_class = DecidedSerializer  # type: ignore[assignment]  # nor does it answer companies
    http_method_names = ["get", "head", "options"]

    @extend_schema(parameters=[DecidedAboutSerializer], responses=DecidedSerializer)
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """What counts for one person."""
        connection = self.connection()
        person = self._person(
            connection, self.asked(DecidedAboutSerializer, request.query_params)["candidate"]
        )
        return self._decided(companies.chosen(connection, person, person.company))


class ConnectionCompanyOwners(OfConnection):
    """Who may own a new company."""

    right = Right.CANDIDATE_EDIT
    serializer_class = OwnerSerializer
    pagination_class = None

    @extend_schema(
        operation_id="connections_companies_owners",
        parameters=[RecordTypeSerializer],
        responses=OwnerSerializer(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """In the vendor's order; nobody where records there have no owner."""
        asked = self.asked(RecordTypeSerializer, request.query_params)
        found = company_choice.owners(self.connection(), asked["record_type"])
        return Response(narrowed(OwnerSerializer(found, many=True), request))
