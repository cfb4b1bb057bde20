"""/api/v1/connections/<id>/ fields, entries: the same functions as the pages."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Right
from foundation.preconditions import guarded, row_of, tagged
from foundation.sparse_fields import narrowed
from integrations import (
    field_decisions,
    field_entries,
    field_table,
    setting_changes,
    setting_rows,
    trying,
)
from integrations.api.of_connection import OfConnection
from integrations.api.sync_serializers import (
    EntryScopeSerializer,
    FieldDecisionSerializer,
    FieldScopeSerializer,
    RecordTypeSerializer,
    RemoteFieldSerializer,
    TriedSerializer,
    TryScopeSerializer,
    ValuesSerializer,
    VariableSerializer,
)
from integrations.base.variables import kind_of
from integrations.models import Connection, FieldRow
from sourcing.selectors import candidate_for


class ConnectionFields(OfConnection, generics.ListAPIView):
    """The vendor's fields of a record type, in its order."""

    right = Right.CONNECTION_VIEW
    serializer_class = RemoteFieldSerializer
    keyset_order = ("position", "id")

    @extend_schema(parameters=[FieldScopeSerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of them."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[FieldRow]:
        """Those the vendor has now."""
        connection = self.connection()
        scope = self.asked(FieldScopeSerializer, self.request.query_params)
        return field_decisions.fields_of(connection, scope["record_type"], search=scope["q"])


class ConnectionField(OfConnection):
    """One field."""

    rights = {"GET": Right.CONNECTION_VIEW, "PATCH": Right.CONNECTION_EDIT}
    serializer_class = RemoteFieldSerializer

    @tagged
    def get(self, request: Request, pk: int, remote_field_id: int) -> Response:  # noqa: ARG002 - the address
        """As it is and as it was decided."""
        return Response(narrowed(RemoteFieldSerializer(self._field(remote_field_id)), request))

    @extend_schema(request=FieldDecisionSerializer, responses=RemoteFieldSerializer)
    @guarded(row_of(Connection, "pk"))
    def patch(self, request: Request, pk: int, remote_field_id: int) -> Response:  # noqa: ARG002 - the address
        """Decide; 422 names the field that has the variable."""
        field = self._field(remote_field_id)
        changes = self.asked(FieldDecisionSerializer, request.data)
        row = field_decisions.decide(actor=self.viewer, field=field, changes=changes)
        return Response(RemoteFieldSerializer(row).data)

    def _field(self, remote_field_id: int) -> FieldRow:
        return field_decisions.field_for(self.connection(), remote_field_id)


class ConnectionFieldReset(OfConnection):
    """*Reset to default* of one field."""

    right = Right.CONNECTION_EDIT
    serializer_class = RemoteFieldSerializer

    @extend_schema(request=None, responses=RemoteFieldSerializer)
    def post(self, request: Request, pk: int, remote_field_id: int) -> Response:  # noqa: ARG002 - the address
        """Variable and rule as before anybody decided."""
        field = field_decisions.field_for(self.connection(), remote_field_id)
        row = field_decisions.reset(actor=self.viewer, field=field)
        return Response(RemoteFieldSerializer(row).data)


class CountSerializer(serializers.Serializer):
    """How many fields."""

    count = serializers.IntegerField()


class ConnectionFieldsReset(OfConnection):
    """*Reset to default* of all fields of a record type."""

    right = Right.CONNECTION_EDIT
    serializer_class = CountSerializer

    @extend_schema(
        operation_id="connections_fields_reset_all", request=RecordTypeSerializer, responses=CountSerializer
    )
    def post(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """How many changed."""
        connection = self.connection()
        asked = self.asked(RecordTypeSerializer, request.data)
        count = field_decisions.reset_all(actor=self.viewer, connection=connection, **asked)
        return Response({"count": count})


class ConnectionFieldsDiscovery(OfConnection):
    """Ask the vendor for its fields again."""

    right = Right.CONNECTION_EDIT
    serializer_class = CountSerializer
    calls_others = True

    @extend_schema(request=None, responses=CountSerializer)
    def post(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """How many there are now."""
        return Response({"count": field_table.discover(self.connection())})


class ConnectionFieldVariables(OfConnection):
    """What the vendor's fields may be filled with."""

    right = Right.CONNECTION_VIEW
    serializer_class = VariableSerializer
    pagination_class = None

    @extend_schema(operation_id="connections_fields_variables", responses=VariableSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """The variables of every person, then the organisation's own fields."""
        known = field_decisions.variables_of(self.connection().organisation_id)
        rows = [{"name": name, "label": label, "kind": kind_of(name)} for name, label in known.items()]
        return Response(narrowed(VariableSerializer(rows, many=True), request))


class ConnectionFieldsTry(OfConnection):
    """*Try on a person*."""

    right = Right.CANDIDATE_EXPORT
    serializer_class = TriedSerializer

    @extend_schema(
        operation_id="connections_fields_try", parameters=[TryScopeSerializer], responses=TriedSerializer
    )
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """What would be sent of them now, and what would become of each field; the vendor is asked, nothing written."""
        connection = self.connection()
        asked = self.asked(TryScopeSerializer, request.query_params)
        person = candidate_for(self.viewer, asked["candidate"])
        setting_changes.check_record_type(connection, person.record_type)
        tried = trying.on(viewer=self.viewer, connection=connection, candidate=person)
        told = {
            "found": tried.found,
            "trouble": tried.trouble,
            "missing": tried.missing,
            "lines": [{**line.as_json(), "value": tried.shown.get(line.field, "")} for line in tried.lines],
        }
        return Response(narrowed(TriedSerializer(told), request))


class ConnectionEntries(OfConnection):
    """What was typed into displayed fields for one campaign or one person, by the field's key."""

    rights = {"GET": Right.CONNECTION_VIEW, "PATCH": Right.CANDIDATE_EXPORT}
    serializer_class = ValuesSerializer

    @extend_schema(parameters=[EntryScopeSerializer], responses=ValuesSerializer)
    @tagged
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """That scope's own."""
        connection = self.connection()
        return self._answer(connection, self.asked(EntryScopeSerializer, request.query_params))

    @extend_schema(parameters=[EntryScopeSerializer], request=ValuesSerializer, responses=ValuesSerializer)
    @guarded(row_of(Connection, "pk"))
    def patch(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """Fill fields; null takes a value away, 422 says by key what does not fit."""
        connection = self.connection()
        scope = self.asked(EntryScopeSerializer, request.query_params)
        campaign, candidate = self.objects(scope, writing=True)
        field_entries.enter(
            actor=self.viewer,
            connection=connection,
            record_type=scope["record_type"],
            values=self.asked(ValuesSerializer, request.data)["values"],
            campaign=campaign,
            candidate=candidate,
        )
        return self._answer(connection, scope)

    def _answer(self, connection: Connection, scope: dict[str, Any]) -> Response:
        campaign, candidate = self.objects(scope, writing=False)
        typed = setting_rows.entered(connection, scope["record_type"], campaign=campaign, candidate=candidate)
        return Response(narrowed(ValuesSerializer({"values": typed}), self.request))
