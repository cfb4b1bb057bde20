"""/api/v1/connections/ for setting one up: systems, credentials, verification, who one is there. As the pages do it."""

from __future__ import annotations

from typing import Any

from django import forms
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import Right, can, viewer_of
from foundation.preconditions import guarded, row_of, tagged
from foundation.sparse_fields import narrowed
from integrations import connections, opening, registry, selectors, webhooks
from integrations.api.connecting_serializers import (
    ConnectionCredentialsSerializer,
    ConnectionSystemSerializer,
    ConnectionVerificationSerializer,
    VendorIdentitySerializer,
    VendorIdentityToldSerializer,
    WebhookAddressSerializer,
    WebhookSecretSerializer,
)
from integrations.api.of_connection import OfConnection
from integrations.api.views import WithFeature
from integrations.base.connector import Connector
from integrations.models import Connection


class Systems(WithFeature, generics.GenericAPIView):
    """Every system that can be connected."""

    right = Right.CONNECTION_VIEW
    serializer_class = ConnectionSystemSerializer
    pagination_class = None
    queryset = Connection.unguarded.none()

    @extend_schema(operation_id="connections_systems", responses=ConnectionSystemSerializer(many=True))
    def get(self, request: Request) -> Response:
        """What each is called, asks for and can do, by name."""
        viewer = viewer_of(request)
        live = list(selectors.connections(viewer))
        rows = [_system(viewer, found, live) for found in registry.connector_classes()]
        return Response(narrowed(ConnectionSystemSerializer(rows, many=True), request))


def _system(viewer: User, found: type[Connector], live: list[Connection]) -> dict[str, Any]:
    form = found.credentials_form
    may_connect = can(viewer, Right.CONNECTION_EDIT)
    return {
        "vendor": found.slug,
        "name": found.display_name,
        "summary": found.summary,
        "remarks": found.remarks,
        "capabilities": connections.offered(found),
        "record_types": sorted(found.record_types),
        "before": form.before,
        "steps": form.steps,
        "credentials": [
            {
                "name": name,
                "label": str(field.label or name),
                "help": str(field.help_text),
                "required": field.required,
                "secret": isinstance(field.widget, forms.PasswordInput),
            }
            for name, field in form().fields.items()
        ],
        "sign_in": found.oauth() is not None,
        "connections": [row.pk for row in live if row.vendor == found.slug],
        "removed": selectors.removed_connections(viewer, found.slug) if may_connect else [],
    }


class ConnectionCredentials(OfConnection):
    """The credentials of a connection: entered, and never answered."""

    right = Right.CONNECTION_EDIT
    serializer_class = ConnectionCredentialsSerializer

    @extend_schema(
        operation_id="connections_enter_credentials",
        request=ConnectionCredentialsSerializer,
        responses={202: ConnectionVerificationSerializer},
    )
    def post(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """Seal new credentials and verify them; 422 says by name what is wrong, or whose account it is already."""
        connection = self.connection()
        given = self.asked(ConnectionCredentialsSerializer, request.data)["values"]
        values = connections.credential(connection.vendor, given)
        connections.submit(actor=self.viewer, connection=connection, values=values)
        told = _verification(self.connection())
        return Response(ConnectionVerificationSerializer(told).data, status=status.HTTP_202_ACCEPTED)


class ConnectionVerification(OfConnection):
    """Proving that a connection works, check by check."""

    right = Right.CONNECTION_EDIT
    serializer_class = ConnectionVerificationSerializer

    @extend_schema(operation_id="connections_verification", responses=ConnectionVerificationSerializer)
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """What each check came to; those that are still to be made are waiting."""
        told = ConnectionVerificationSerializer(_verification(self.connection()))
        return Response(narrowed(told, request))

    @extend_schema(
        operation_id="connections_verify", request=None, responses={202: ConnectionVerificationSerializer}
    )
    def post(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """Check once more, with the credentials there are; 409 without any."""
        connections.verify(actor=self.viewer, connection=self.connection())
        told = _verification(self.connection())
        return Response(ConnectionVerificationSerializer(told).data, status=status.HTTP_202_ACCEPTED)


def _verification(connection: Connection) -> dict[str, Any]:
    return {
        "status": connection.status,
        "working": connections.verifying(connection),
        "checks": connection.verification,
        "run": connection.verification_run,
    }


class ConnectionIdentity(OfConnection):
    """Who the caller is at the vendor."""

    right = Right.CANDIDATE_EXPORT
    serializer_class = VendorIdentityToldSerializer

    @extend_schema(operation_id="connections_identity", responses=VendorIdentityToldSerializer)
    @tagged
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """The address that was set, and the one that counts."""
        return self._answer(self.connection())

    @extend_schema(
        operation_id="connections_set_identity",
        request=VendorIdentitySerializer,
        responses=VendorIdentityToldSerializer,
    )
    @guarded(row_of(Connection, "pk"))
    def put(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """Set it; an empty one goes back to the login e-mail."""
        connection = self.connection()
        asked = self.asked(VendorIdentitySerializer, request.data)
        connections.set_identity(actor=self.viewer, connection=connection, email=asked["email"])
        return self._answer(connection)

    def _answer(self, connection: Connection) -> Response:
        told = {
            "email": selectors.identity(self.viewer, connection),
            "acting_as": opening.acting_as(connection, self.viewer),
        }
        return Response(narrowed(VendorIdentityToldSerializer(told), self.request))


class ConnectionWebhook(OfConnection):
    """The address for webhooks that are made in the vendor's own pages."""

    right = Right.CONNECTION_EDIT
    serializer_class = WebhookAddressSerializer

    @extend_schema(operation_id="connections_webhook", responses=WebhookAddressSerializer)
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """The address to enter in the vendor's pages, where somebody makes the webhook there."""
        connection = self.connection()
        by_hand = webhooks.made_by_hand(opening.vendor_of(connection))
        hook = webhooks.hook_of(connection) if by_hand else None
        told = {"made_by_hand": by_hand, "address": webhooks.address(hook) if hook is not None else None}
        return Response(narrowed(WebhookAddressSerializer(told), request))


class ConnectionWebhookSecret(OfConnection):
    """The secret with which the vendor signs."""

    right = Right.CONNECTION_EDIT
    serializer_class = WebhookSecretSerializer

    @extend_schema(
        operation_id="connections_webhook_secret", request=WebhookSecretSerializer, responses={204: None}
    )
    def post(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """Keep it; the one before counts beside it, so that the vendor may change over in its own time."""
        connection = self.connection()
        secret = self.asked(WebhookSecretSerializer, request.data)["secret"]
        webhooks.set_secret(actor=self.viewer, connection=connection, secret=secret)
        return Response(status=status.HTTP_204_NO_CONTENT)
