"""/api/v1/connections/<id>/ settings, fields, entries, job-statuses, sync-tasks: the same functions as the pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import Right, require, viewer_of
from campaigns.models import Campaign
from campaigns.selectors import campaign_for
from foundation import preconditions
from foundation.preconditions import guarded, row_of, tagged, with_etag
from foundation.sparse_fields import narrowed
from integrations import (
    field_decisions,
    field_entries,
    field_table,
    job_statuses,
    opening,
    selectors,
    setting_changes,
    setting_rows,
    sync_settings,
    syncing,
    trying,
)
from integrations.api.sync_serializers import (
    EntryScopeSerializer,
    FieldDecisionSerializer,
    FieldScopeSerializer,
    JobStatusesSerializer,
    JobStatusSerializer,
    LockSerializer,
    RecordTypeSerializer,
    RefreshSerializer,
    RemoteFieldSerializer,
    RetriedSerializer,
    ScopeSerializer,
    SettingSerializer,
    SyncStandingSerializer,
    SyncTaskSerializer,
    TriedSerializer,
    TryScopeSerializer,
    ValuesSerializer,
    VariableSerializer,
)
from integrations.api.views import WithFeature
from integrations.base.records import Option
from integrations.base.variables import kind_of
from integrations.models import Connection, FieldRow, SyncTask
from integrations.setting_changes import TEAM, Place
from integrations.states import SyncStatus
from sourcing.models import Candidate, ProjectRole
from sourcing.selectors import candidate_for


class OfConnection(WithFeature):
    """Something of one connection, named by ``pk``; 404 for another organisation's."""

    queryset = Connection.unguarded.none()

    @property
    def viewer(self) -> User:
        """Who asks."""
        return viewer_of(self.request)

    def connection(self) -> Connection:
        """The one named."""
        return selectors.connection_for(self.viewer, self.kwargs["pk"])

    def asked(self, shape: type[serializers.Serializer], values: Any) -> dict[str, Any]:
        """What was sent, checked."""
        form = shape(data=values)
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    def objects(self, scope: dict[str, Any], *, writing: bool) -> tuple[Campaign | None, Candidate | None]:
        """Campaign and person named in a scope; 404 for others', 403 without the right to edit them."""
        campaign = candidate = None
        if "campaign" in scope:
            if writing:
                require(self.viewer, Right.CAMPAIGN_EDIT)
            role = ProjectRole.EDITOR if writing else ProjectRole.COMMENTER
            campaign = campaign_for(self.viewer, scope["campaign"], role=role)
        if "candidate" in scope:
            if writing:
                require(self.viewer, Right.CANDIDATE_EDIT)
            candidate = candidate_for(self.viewer, scope["candidate"])
        return campaign, candidate


class ConnectionSettings(OfConnection):
    """What counts for a scope, and writing values there."""

    rights = {"GET": Right.CONNECTION_VIEW, "PATCH": Right.CANDIDATE_EXPORT}
    serializer_class = SettingSerializer
    pagination_class = None

    @extend_schema(parameters=[ScopeSerializer], responses=SettingSerializer(many=True))
    @tagged
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """Every setting the vendor has, as it counts for the scope."""
        connection = self.connection()
        return self._answer(connection, self.asked(ScopeSerializer, request.query_params))

    @extend_schema(
        parameters=[ScopeSerializer], request=ValuesSerializer, responses=SettingSerializer(many=True)
    )
    @guarded(row_of(Connection, "pk"))
    def patch(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """Set values; 403 for a locked setting and for what only administrators set."""
        connection = self.connection()
        scope = self.asked(ScopeSerializer, request.query_params)
        campaign, candidate = self.objects(scope, writing=True)
        place = Place(campaign=campaign, candidate=candidate)
        if place == TEAM and not scope["team"]:
            place = Place(user=self.viewer)
        setting_changes.write(
            actor=self.viewer,
            connection=connection,
            record_type=scope["record_type"],
            place=place,
            values=self.asked(ValuesSerializer, request.data)["values"],
        )
        return self._answer(connection, scope)

    def _answer(self, connection: Connection, scope: dict[str, Any]) -> Response:
        campaign, candidate = self.objects(scope, writing=False)
        setting_changes.check_record_type(connection, scope["record_type"])
        counting = setting_rows.every(
            connection,
            scope["record_type"],
            user=None if scope["team"] else self.viewer,
            campaign=campaign,
            candidate=candidate,
        )
        known = {
            setting.name
            for level in sync_settings.Level
            for setting in sync_settings.offered(level, opening.vendor_of(connection).capabilities)
        }
        rows = [
            {
                "name": name,
                "value": found.value,
                "level": found.level,
                "locked": found.locked,
                "locked_by": found.lock.by if found.lock else None,
                "locked_at": found.lock.at if found.lock else None,
                "ignored": found.ignored,
            }
            for name, found in counting.items()
            if name in known
        ]
        return Response(narrowed(SettingSerializer(rows, many=True), self.request))


class ConnectionSettingLock(OfConnection):
    """The lock of one of the team's settings."""

    rights = {"GET": Right.CONNECTION_VIEW, "PUT": Right.CONNECTION_EDIT}
    serializer_class = LockSerializer

    @extend_schema(parameters=[RecordTypeSerializer], responses=LockSerializer)
    @tagged
    def get(self, request: Request, pk: int, name: str) -> Response:  # noqa: ARG002 - the address
        """Whether it is locked; of which record type a change says in its body."""
        given = request.data if request.method == "PUT" else request.query_params
        kind = self.asked(RecordTypeSerializer, given)["record_type"]
        locked = setting_changes.is_locked(self.connection(), kind, name)
        return Response(narrowed(LockSerializer({"record_type": kind, "locked": locked}), request))

    @extend_schema(request=LockSerializer, responses=LockSerializer)
    @guarded(row_of(Connection, "pk"))
    def put(self, request: Request, pk: int, name: str) -> Response:  # noqa: ARG002 - the address
        """Lock it for everybody but administrators, or unlock it."""
        connection = self.connection()
        asked = self.asked(LockSerializer, request.data)
        setting_changes.lock(actor=self.viewer, connection=connection, name=name, **asked)
        return Response(asked)


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


class ConnectionJobStatuses(OfConnection):
    """Job status whitelist."""

    rights = {"GET": Right.CONNECTION_VIEW, "PUT": Right.CONNECTION_EDIT}
    serializer_class = JobStatusSerializer
    pagination_class = None

    @extend_schema(parameters=[RefreshSerializer], responses=JobStatusSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """The vendor's statuses; with none chosen the jobs of all are offered."""
        connection = self.connection()
        fresh = self.asked(RefreshSerializer, request.query_params)["refresh"]
        return self._answer(connection, job_statuses.offered(connection, fresh=fresh))

    @extend_schema(request=JobStatusesSerializer, responses=JobStatusSerializer(many=True))
    def put(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """Offer only jobs in these."""
        connection = self.connection()
        asked = self.asked(JobStatusesSerializer, request.data)
        offered = job_statuses.offered(connection)

        def check(row: Connection) -> None:
            shown = self._answer(row, offered)
            preconditions.require(request, shown["ETag"], lambda: shown.data)

        job_statuses.choose(actor=self.viewer, connection=connection, statuses=asked["statuses"], check=check)
        return self._answer(connection, offered)

    def _answer(self, connection: Connection, offered: Sequence[Option]) -> Response:
        rows = [
            {"id": option.id, "label": option.label, "chosen": option.id in connection.job_statuses}
            for option in offered
        ]
        return with_etag(Response(narrowed(JobStatusSerializer(rows, many=True), self.request)), self.request)


class ConnectionSyncTasks(OfConnection, generics.ListAPIView):
    """The sync log: what waits and until when, what needs somebody, what was done; the newest first."""

    right = Right.CONNECTION_VIEW
    serializer_class = SyncTaskSerializer

    @extend_schema(parameters=[OpenApiParameter("status", str, enum=SyncStatus.values)])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of it."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[SyncTask]:
        """Of one status when asked so."""
        rows = selectors.sync_tasks(self.viewer, self.connection())
        status = self.request.query_params.get("status")
        return rows.filter(status=status) if status else rows


class ConnectionSyncStanding(OfConnection):
    """How the sync with the system goes."""

    right = Right.CONNECTION_VIEW
    serializer_class = SyncStandingSerializer

    @extend_schema(operation_id="connections_sync_standing", responses=SyncStandingSerializer)
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """When something was last done, how much waits, and how much needs somebody."""
        connection = self.connection()
        standing = selectors.sync_standings(self.viewer, [connection.pk])[connection.pk]
        told = {**asdict(standing), "not_before": connection.not_before}
        return Response(narrowed(SyncStandingSerializer(told), request))


class ConnectionSyncRetry(OfConnection):
    """Everything that needs attention, to be tried again."""

    right = Right.CANDIDATE_EXPORT
    serializer_class = RetriedSerializer

    @extend_schema(operation_id="connections_sync_tasks_retry_all", request=None, responses=RetriedSerializer)
    def post(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """How many; a write that was never confirmed is left to somebody who looks there first."""
        return Response({"count": syncing.retry_all(actor=self.viewer, connection=self.connection())})


class ConnectionSyncTask(OfConnection):
    """One line of the sync log."""

    right = Right.CONNECTION_VIEW
    serializer_class = SyncTaskSerializer

    @extend_schema(operation_id="connections_sync_task", responses=SyncTaskSerializer)
    def get(self, request: Request, pk: int, task_id: int) -> Response:  # noqa: ARG002 - the address
        """One line of the sync log: where it stands and why."""
        return Response(narrowed(SyncTaskSerializer(self.task(task_id)), request))

    def task(self, task_id: int) -> SyncTask:
        """As it is now; 404 for another connection's."""
        return selectors.sync_task(self.viewer, self.connection(), task_id)


class ConnectionSyncTaskRetry(ConnectionSyncTask):
    """One task that needs attention, to be tried again."""

    right = Right.CANDIDATE_EXPORT
    http_method_names = ["post", "options"]

    @extend_schema(operation_id="connections_sync_tasks_retry", request=None, responses=SyncTaskSerializer)
    def post(self, request: Request, pk: int, task_id: int) -> Response:  # noqa: ARG002 - the address
        """Try it again; who retries a write that was not confirmed has looked there. 409 for any other task."""
        syncing.retry(actor=self.viewer, task=self.task(task_id))
        return Response(SyncTaskSerializer(self.task(task_id)).data)


class ConnectionSyncTaskCancel(ConnectionSyncTask):
    """One task that is not over, to be given up."""

    right = Right.CANDIDATE_EXPORT
    http_method_names = ["post", "options"]

    @extend_schema(operation_id="connections_sync_tasks_cancel", request=None, responses=SyncTaskSerializer)
    def post(self, request: Request, pk: int, task_id: int) -> Response:  # noqa: ARG002 - the address
        """Give it up, with its note; what is under way may still arrive. 409 when it has ended."""
        syncing.cancel(actor=self.viewer, task=self.task(task_id))
        return Response(SyncTaskSerializer(self.task(task_id)).data)
