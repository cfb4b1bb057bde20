"""The API of what an organisation decides about notices, retention and résumés."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation.preconditions import guarded, tagged
from foundation.sparse_fields import narrowed
from sourcing import privacy, retention
from sourcing.api.requests import caller, checked, settings_in_turn
from sourcing.models import PrivacyRules


class PrivacyRulesSerializer(serializers.ModelSerializer[PrivacyRules]):
    """The organisation's decisions; all off until somebody decides.

    ``notices`` keeps the list of people who must be told within ``notice_days`` that their data is held (Art. 14
    GDPR); with ``first_message_tells`` whoever was written to counts as told. After ``retention_days`` without activity
    a person is proposed for erasing, for which ``retention_reason`` is needed. A résumé nobody confirmed is deleted
    after ``resume_days``. null: never.
    """

    class Meta:
        model = PrivacyRules
        fields = (
            "notices", "notice_days", "first_message_tells", "retention_days", "retention_reason", "resume_days",
        )  # fmt: skip


class PrivacyRulesOfOrganisation(APIView):
    """``/api/v1/privacy-rules/``."""

    right = Right.ORGANISATION_EDIT

    @extend_schema(operation_id="privacy_rules_read", responses=PrivacyRulesSerializer)
    @tagged
    def get(self, request: Request) -> Response:
        """What is decided."""
        rules = privacy.rules_of(caller(request).tenant_id)
        return Response(narrowed(PrivacyRulesSerializer(rules), request))

    @extend_schema(
        operation_id="privacy_rules_change", request=PrivacyRulesSerializer, responses=PrivacyRulesSerializer
    )
    @guarded(settings_in_turn)
    def patch(self, request: Request) -> Response:
        """Change what is sent; who is proposed for erasing follows at once. Nobody is erased by it."""
        values = checked(PrivacyRulesSerializer(data=request.data, partial=True))
        rules = retention.decide(actor=caller(request), now=timezone.now(), **values)
        return Response(PrivacyRulesSerializer(rules).data)
