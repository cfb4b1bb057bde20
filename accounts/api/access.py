"""What acts as oneself, tokens and paired browsers, and the trail of what everybody did; as on the pages."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import audit_words, pairing, selectors, tokens
from accounts.models import ApiToken, AuditEntry, PairedBrowser
from accounts.permissions import Right, viewer_of
from foundation.paging import paged


class ApiTokenSerializer(serializers.ModelSerializer[ApiToken]):
    """One token; never its secret. Without ``scopes`` it may do all that its user may."""

    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = ApiToken
        fields = ("id", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at")
        read_only_fields = fields


class BrowserSerializer(serializers.ModelSerializer[PairedBrowser]):
    """A browser whose extension acts as the caller. ``ended_at`` and ``ending`` are empty while it is connected."""

    class Meta:
        model = PairedBrowser
        fields = ("id", "name", "paired_at", "last_used_at", "ended_at", "ending")
        read_only_fields = fields


class AuditChangeSerializer(serializers.Serializer[Any]):
    """One column: its name, the old and the new value in words; empty where there is none, ``***`` for secrets."""

    name = serializers.CharField(read_only=True)
    before = serializers.CharField(read_only=True)
    after = serializers.CharField(read_only=True)


class AuditEntrySerializer(serializers.Serializer[Any]):
    """One changed or deleted row, and who did it; nobody where Beckon itself did."""

    id = serializers.IntegerField(source="entry.pk", read_only=True)
    at = serializers.DateTimeField(source="entry.at", read_only=True)
    actor_id = serializers.IntegerField(source="entry.actor_id", read_only=True, allow_null=True)
    actor_name = serializers.CharField(source="entry.actor_name", read_only=True)
    action = serializers.CharField(source="entry.action", read_only=True, help_text="update or delete.")
    kind = serializers.CharField(read_only=True, help_text="What was changed, in words: contact point.")
    table = serializers.CharField(source="entry.table", read_only=True)
    row = serializers.IntegerField(source="entry.row", read_only=True)
    request_id = serializers.CharField(source="entry.request_id", read_only=True)
    changes = AuditChangeSerializer(many=True, read_only=True)

    def to_representation(self, instance: AuditEntry) -> dict[str, Any]:
        """In the words of the page."""
        return super().to_representation(audit_words.line(instance))


class AuditTrail(APIView):
    """``/api/v1/audit/``."""

    right = Right.AUDIT_VIEW
    keyset_order = ("-at", "-id")

    @extend_schema(operation_id="audit_list", responses=AuditEntrySerializer(many=True))
    def get(self, request: Request) -> Response:
        """Who changed what in the organisation, the newest first. A new row is its own first version and has none."""
        rows = selectors.audit_entries(viewer_of(request))
        return paged(rows, AuditEntrySerializer, request=request, view=self)


class Tokens(APIView):
    """``/api/v1/tokens/``; they are made on the page, by a person."""

    right = Right.TOKEN_CREATE
    keyset_order = ("-id",)

    @extend_schema(operation_id="tokens_list", responses=ApiTokenSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The caller's own tokens that are not revoked, the newest first. Not with a token of some scopes."""
        return paged(selectors.tokens(viewer_of(request)), ApiTokenSerializer, request=request, view=self)


class OneToken(APIView):
    """``/api/v1/tokens/<id>/``; 404 for a colleague's."""

    rights = {"DELETE": Right.TOKEN_CREATE}

    @extend_schema(operation_id="tokens_revoke", request=None, responses={204: None})
    def delete(self, request: Request, token_id: int) -> Response:
        """Revoke one of the caller's own tokens, also the one in use: it stops working at once."""
        viewer = viewer_of(request)
        tokens.revoke(actor=viewer, token=selectors.token_for(viewer, token_id), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class Browsers(APIView):
    """``/api/v1/browsers/``; they are paired on the page, by a person."""

    right = Right.TOKEN_CREATE
    keyset_order = ("-last_used_at", "-id")

    @extend_schema(operation_id="browsers_list", responses=BrowserSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The caller's own browsers that are connected, the last used first. Not with a token of some scopes."""
        rows = selectors.browsers(viewer_of(request), now=timezone.now())
        return paged(rows, BrowserSerializer, request=request, view=self)


class BrowserWarnings(APIView):
    """``/api/v1/browsers/warnings/``."""

    right = Right.TOKEN_CREATE
    keyset_order = ("-ended_at", "-id")

    @extend_schema(operation_id="browsers_list_warnings", responses=BrowserSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The caller's own browsers that ended because somebody had a copy of their code or token, and unread."""
        rows = selectors.unread_warnings(viewer_of(request))
        return paged(rows, BrowserSerializer, request=request, view=self)


class OneBrowser(APIView):
    """``/api/v1/browsers/<id>/``; 404 for a colleague's."""

    rights = {"DELETE": Right.TOKEN_CREATE}

    @extend_schema(operation_id="browsers_disconnect", request=None, responses={204: None})
    def delete(self, request: Request, browser_id: int) -> Response:
        """Disconnect one of the caller's own browsers: it is out at once."""
        viewer = viewer_of(request)
        found = selectors.browser_for(viewer, browser_id)
        pairing.disconnect(actor=viewer, browser=found, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class BrowserRead(APIView):
    """``/api/v1/browsers/<id>/read/``; 404 for a colleague's."""

    rights = {"POST": Right.TOKEN_CREATE}

    @extend_schema(operation_id="browsers_read_warning", request=None, responses={204: None})
    def post(self, request: Request, browser_id: int) -> Response:
        """The caller has read why the browser was ended: the warning goes."""
        viewer = viewer_of(request)
        found = selectors.browser_for(viewer, browser_id)
        pairing.read_warning(actor=viewer, browser=found, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
