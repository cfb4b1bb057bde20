"""/api/v1/connections/<id>/ settings, job-statuses: the same functions as the pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Right
from foundation import preconditions
from foundation.preconditions import guarded, row_of, tagged, with_etag
from foundation.sparse_fields import narrowed
from integrations import (
    job_statuses,
    opening,
    setting_changes,
    setting_rows,
    sync_settings,
)
from integrations.api.of_connection import OfConnection
from integrations.api.sync_serializers import (
    JobStatusesSerializer,
    JobStatusSerializer,
    LockSerializer,
    RecordTypeSerializer,
    RefreshSerializer,
    ScopeSerializer,
    SettingSerializer,
    ValuesSerializer,
)
from integrations.base.records import Option
from integrations.models import Connection
from integrations.setting_changes import TEAM, Place


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
