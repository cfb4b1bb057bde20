"""The API of privacy: unsubscribe, erase, lawful bases, notices, archives, the suppression list, receipts."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import Right
from foundation.models import Run
from sourcing import archiving, erasing, privacy, retention, selectors, suppression, suppression_list
from sourcing.models import (
    Basis,
    Candidate,
    ErasureReason,
    ErasureReceipt,
    LawfulBasis,
    NoticeWay,
    PersonArchive,
    RetentionProposal,
    Suppression,
)


def _caller(request: Request) -> User:
    return cast("User", request.user)


def _checked(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


class RunSerializer(serializers.ModelSerializer[Run]):
    """Work that goes on after the answer."""

    class Meta:
        model = Run
        fields = ("id", "kind", "status", "total", "done", "result")
        read_only_fields = fields


class UnsubscribeSerializer(serializers.Serializer[Any]):
    """How the person asked."""

    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class ErasureRequestSerializer(serializers.Serializer[Any]):
    """Why, and whether the person is refused from now on."""

    reason = serializers.ChoiceField(choices=ErasureReason.choices)
    block = serializers.BooleanField(help_text="Keep keyed hashes that refuse the person at the next import.")


class ReceiptSerializer(serializers.ModelSerializer[ErasureReceipt]):
    """Proof of an erasure; it names nobody."""

    class Meta:
        model = ErasureReceipt
        fields = ("id", "person", "erased_at", "erased_by_name", "reason", "blocked", "hashes", "counts")
        read_only_fields = fields


class LawfulBasisSerializer(serializers.ModelSerializer[LawfulBasis]):
    """Why a person may be held."""

    class Meta:
        model = LawfulBasis
        fields = ("id", "basis", "reason", "since", "until", "proof", "withdrawn_at", "recorded_at")
        read_only_fields = ("id", "withdrawn_at", "recorded_at")


class LawfulBasisInSerializer(serializers.Serializer[Any]):
    """A basis to record; consent needs ``proof``."""

    basis = serializers.ChoiceField(choices=Basis.choices)
    reason = serializers.CharField(max_length=500)
    since = serializers.DateField()
    until = serializers.DateField(required=False, allow_null=True, default=None)
    proof = serializers.CharField(max_length=10_000, required=False, allow_blank=True, default="")


class ArchiveSerializer(serializers.ModelSerializer[PersonArchive]):
    """Everything about one person, for its requester; ``ready`` says that it can be downloaded."""

    ready = serializers.SerializerMethodField()

    class Meta:
        model = PersonArchive
        fields = ("id", "ready", "created_at", "expires_at")
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.BOOL)
    def get_ready(self, archive: PersonArchive) -> bool:
        """The file has been made."""
        return bool(archive.file)


class SuppressionSerializer(serializers.ModelSerializer[Suppression]):
    """One entry of the list. ``value`` is empty for an address, which is kept as a keyed hash."""

    stays = serializers.SerializerMethodField()

    class Meta:
        model = Suppression
        fields = (
            "id", "kind", "value", "candidate", "includes_past", "soft", "reason", "note", "stays", "created_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.BOOL)
    def get_stays(self, entry: Suppression) -> bool:
        """A complaint or an erasure, which nobody takes back."""
        return suppression_list.stays(entry)


class SuppressionInSerializer(serializers.Serializer[Any]):
    """What to put on the list."""

    kind = serializers.ChoiceField(choices=[(kind.value, kind.label) for kind in suppression_list.ADDABLE])
    value = serializers.CharField(max_length=320)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    includes_past = serializers.BooleanField(required=False, default=False)
    soft = serializers.BooleanField(required=False, default=False)


class ToldSerializer(serializers.Serializer[Any]):
    """People who were told, and how."""

    candidate_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1), min_length=1, max_length=10_000
    )
    way = serializers.ChoiceField(choices=NoticeWay.choices)


class NotedSerializer(serializers.Serializer[Any]):
    """How many are new."""

    noted = serializers.IntegerField()


class NoticeDueSerializer(serializers.ModelSerializer[Candidate]):
    """Somebody who must be told, and by when."""

    due_at = serializers.SerializerMethodField()

    class Meta:
        model = Candidate
        fields = ("id", "first_name", "last_name", "source", "created_at", "last_contacted_at", "due_at")
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.DATETIME)
    def get_due_at(self, candidate: Candidate) -> str:
        """A month after the data came, or the first contact."""
        return privacy.due_of(candidate, self.context["rules"]).due_at.isoformat()


class ProposalSerializer(serializers.ModelSerializer[RetentionProposal]):
    """Somebody the retention rule proposes to erase."""

    class Meta:
        model = RetentionProposal
        fields = ("id", "candidate", "inactive_since", "proposed_at")
        read_only_fields = fields


class Unsubscribe(APIView):
    """``/api/v1/candidates/<id>/unsubscribe/``: the person stays and gets no more mail."""

    right = Right.CANDIDATE_EDIT

    @extend_schema(
        operation_id="candidates_unsubscribe", request=UnsubscribeSerializer, responses={204: None}
    )
    def post(self, request: Request, candidate_id: int) -> Response:
        """Once for ever, at every address; twice changes nothing."""
        found = selectors.candidate_for(_caller(request), candidate_id)
        note = _checked(UnsubscribeSerializer(data=request.data))["note"]
        suppression.opt_out(candidate=found, actor=_caller(request), note=note)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Erasure(APIView):
    """``/api/v1/candidates/<id>/erasure/``: delete, or delete and block."""

    right = Right.CANDIDATE_EDIT

    @extend_schema(
        operation_id="candidates_erase", request=ErasureRequestSerializer, responses={202: RunSerializer}
    )
    def post(self, request: Request, candidate_id: int) -> Response:
        """Start erasing; the run ends with ``receipt_id``."""
        found = selectors.candidate_for(_caller(request), candidate_id)
        asked = _checked(ErasureRequestSerializer(data=request.data))
        run = erasing.request(
            candidate=found,
            actor=_caller(request),
            reason=ErasureReason(asked["reason"]),
            block=asked["block"],
        )
        return Response(RunSerializer(run).data, status=status.HTTP_202_ACCEPTED)


class Erasures(generics.ListAPIView[ErasureReceipt]):
    """``/api/v1/erasures/``: receipts, the last first."""

    right = Right.AUDIT_VIEW
    serializer_class = ReceiptSerializer
    queryset = ErasureReceipt.unguarded.none()

    def get_queryset(self) -> QuerySet[ErasureReceipt]:
        """The organisation's."""
        return ErasureReceipt.objects.for_organisation(_caller(self.request).tenant_id)


class LawfulBases(generics.GenericAPIView[LawfulBasis]):
    """``/api/v1/candidates/<id>/lawful-bases/``: why a person may be held."""

    rights = {"GET": Right.CANDIDATE_VIEW, "POST": Right.CANDIDATE_EDIT}
    serializer_class = LawfulBasisSerializer
    queryset = LawfulBasis.unguarded.none()

    @extend_schema(operation_id="lawful_bases_list")
    def get(self, request: Request, candidate_id: int) -> Response:
        """All that were recorded, the last first."""
        found = selectors.candidate_for(_caller(request), candidate_id)
        rows = self.paginate_queryset(privacy.bases(found))
        return self.get_paginated_response(LawfulBasisSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="lawful_bases_create",
        request=LawfulBasisInSerializer,
        responses={201: LawfulBasisSerializer},
    )
    def post(self, request: Request, candidate_id: int) -> Response:
        """Record one."""
        found = selectors.candidate_for(_caller(request), candidate_id)
        values = _checked(LawfulBasisInSerializer(data=request.data))
        made = privacy.record_basis(
            candidate=found, actor=_caller(request), today=timezone.localdate(), **values
        )
        return Response(LawfulBasisSerializer(made).data, status=status.HTTP_201_CREATED)


class WithdrawBasis(APIView):
    """``/api/v1/candidates/<id>/lawful-bases/<id>/withdraw/``."""

    right = Right.CANDIDATE_EDIT

    @extend_schema(operation_id="lawful_bases_withdraw", request=None, responses={204: None})
    def post(self, request: Request, candidate_id: int, basis_id: int) -> Response:
        """It no longer holds; it stays on record."""
        found = selectors.candidate_for(_caller(request), candidate_id)
        privacy.withdraw_basis(candidate=found, basis_id=basis_id, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class MakeArchive(APIView):
    """``/api/v1/candidates/<id>/archive/``: everything about a person as one ZIP."""

    right = Right.CANDIDATE_EXPORT

    @extend_schema(operation_id="archives_create", request=None, responses={202: ArchiveSerializer})
    def post(self, request: Request, candidate_id: int) -> Response:
        """Start making it."""
        found = selectors.candidate_for(_caller(request), candidate_id)
        made = archiving.request(candidate=found, actor=_caller(request))
        return Response(ArchiveSerializer(made).data, status=status.HTTP_202_ACCEPTED)


class OneArchive(APIView):
    """``/api/v1/archives/<id>/``: the ZIP, for its requester, for a week."""

    right = Right.CANDIDATE_EXPORT

    @extend_schema(
        operation_id="archives_read",
        responses={(200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    def get(self, request: Request, archive_id: int) -> FileResponse:
        """404 until it is ready, and for everybody else."""
        made = archiving.archive_for(_caller(request), archive_id, now=timezone.now())
        return FileResponse(
            made.file.open("rb"), as_attachment=True, filename=f"person-{made.candidate_id}.zip"
        )


class Suppressions(generics.GenericAPIView[Suppression]):
    """``/api/v1/suppressions/``: whom nothing is sent to."""

    rights = {"GET": Right.CAMPAIGN_VIEW, "POST": Right.CAMPAIGN_EDIT}
    serializer_class = SuppressionSerializer
    queryset = Suppression.unguarded.none()
    keyset_order = ("-created_at", "-id")

    @extend_schema(
        operation_id="suppressions_list",
        parameters=[
            OpenApiParameter("q", str, description="Part of a domain, company or name, or a whole address."),
            OpenApiParameter("kind", str, enum=["person", "address", "domain", "company"]),
        ],
    )
    def get(self, request: Request) -> Response:
        """The newest first."""
        asked = request.query_params
        found = suppression_list.entries(
            _caller(request), text=asked.get("q", ""), kind=asked.get("kind", "")
        )
        rows = self.paginate_queryset(found)
        return self.get_paginated_response(SuppressionSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="suppressions_create",
        request=SuppressionInSerializer,
        responses={201: SuppressionSerializer},
    )
    def post(self, request: Request) -> Response:
        """An address, a domain or a company; people through ``unsubscribe``."""
        values = _checked(SuppressionInSerializer(data=request.data))
        made = suppression_list.add(actor=_caller(request), **values)
        return Response(SuppressionSerializer(made).data, status=status.HTTP_201_CREATED)


class OneSuppression(APIView):
    """``/api/v1/suppressions/<id>/``: take an entry off."""

    right = Right.ORGANISATION_EDIT

    @extend_schema(
        operation_id="suppressions_remove",
        parameters=[OpenApiParameter("why", str, required=True, description="Kept with your name.")],
        responses={204: None},
    )
    def delete(self, request: Request, entry_id: int) -> Response:
        """422 without ``why``, 409 for a complaint or an erasure."""
        entry = suppression_list.entry_for(_caller(request), entry_id)
        suppression_list.remove(actor=_caller(request), entry=entry, why=request.query_params.get("why", ""))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Notices(generics.GenericAPIView[Candidate]):
    """``/api/v1/notices/``: who must be told that their data is held (Art. 14 GDPR)."""

    right = Right.CANDIDATE_EDIT
    serializer_class = NoticeDueSerializer
    queryset = Candidate.unguarded.none()
    keyset_order = ("id",)

    @extend_schema(operation_id="notices_due")
    def get(self, request: Request) -> Response:
        """Who must be told within a week, or should have been."""
        caller = _caller(request)
        rows = self.paginate_queryset(privacy.notices_due(caller, now=timezone.now()))
        context = {"rules": privacy.rules_of(caller.tenant_id)}
        return self.get_paginated_response(NoticeDueSerializer(rows, many=True, context=context).data)

    @extend_schema(operation_id="notices_create", request=ToldSerializer, responses=NotedSerializer)
    def post(self, request: Request) -> Response:
        """These people were told."""
        values = _checked(ToldSerializer(data=request.data))
        noted = privacy.told(actor=_caller(request), at=timezone.now(), **values)
        return Response(NotedSerializer({"noted": noted}).data)


class Proposals(generics.ListAPIView[RetentionProposal]):
    """``/api/v1/retention-proposals/``: whom the retention rule proposes to erase."""

    right = Right.CANDIDATE_EDIT
    serializer_class = ProposalSerializer
    queryset = RetentionProposal.unguarded.none()
    keyset_order = ("inactive_since", "id")

    def get_queryset(self) -> QuerySet[RetentionProposal]:
        """The longest silent first."""
        return retention.proposals(_caller(self.request))
