"""The API of privacy: unsubscribe, erase, lawful bases, notices, archives, receipts."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation import file_answers
from foundation.models import Run
from foundation.sparse_fields import SparseFields, narrowed
from sourcing import archiving, erasing, privacy, retention, selectors, suppressing
from sourcing.api.requests import MAX_ID, caller, checked
from sourcing.models import (
    Basis,
    Candidate,
    ErasureReason,
    ErasureReceipt,
    LawfulBasis,
    Notice,
    NoticeWay,
    PersonArchive,
    RetentionProposal,
    Suppression,
)


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


class SuppressedSerializer(serializers.ModelSerializer[Suppression]):
    """Why nothing is sent to the person, and since when."""

    class Meta:
        model = Suppression
        fields = ("reason", "created_at")
        read_only_fields = fields


class NoticeSerializer(serializers.ModelSerializer[Notice]):
    """How the person learnt that their data is held, and when."""

    class Meta:
        model = Notice
        fields = ("way", "given_at")
        read_only_fields = fields


class StandingSerializer(serializers.Serializer[Any]):
    """How a person stands: nothing is sent to whom is ``suppressed``, ``warnings`` stop nothing.

    ``basis`` is the one that holds today. ``must_be_told_by`` is null when they were ``told``, or nobody keeps the
    list. ``archives`` are the caller's own, which can still be downloaded or are being made.
    """

    suppressed = SuppressedSerializer(allow_null=True)
    warnings = serializers.ListField(child=serializers.CharField())
    basis = LawfulBasisSerializer(allow_null=True)
    told = NoticeSerializer(source="given", allow_null=True)
    must_be_told_by = serializers.DateTimeField(allow_null=True)
    archives = ArchiveSerializer(many=True)


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


class KeepProposedSerializer(serializers.Serializer[Any]):
    """Proposals to put off, until when, and why."""

    proposal_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_ID), min_length=1, max_length=10_000
    )
    until = serializers.DateField()
    why = serializers.CharField(max_length=300)


class KeptSerializer(serializers.Serializer[Any]):
    """How many people are kept."""

    kept = serializers.IntegerField()


class Standing(APIView):
    """``/api/v1/candidates/<id>/privacy/``: how the person stands."""

    right = Right.CANDIDATE_VIEW

    @extend_schema(operation_id="candidates_privacy", responses=StandingSerializer)
    def get(self, request: Request, candidate_id: int) -> Response:
        """Whether they may be written to and held, whether they were told."""
        viewer = caller(request)
        found = selectors.candidate_for(viewer, candidate_id)
        standing = privacy.standing(found, viewer)
        due = standing["notice"]
        told = standing | {
            "must_be_told_by": due and due.due_at,
            "archives": archiving.archives(viewer, found, now=timezone.now()),
        }
        return Response(narrowed(StandingSerializer(told), request))


class Unsubscribe(APIView):
    """``/api/v1/candidates/<id>/unsubscribe/``: the person stays and gets no more mail."""

    right = Right.CANDIDATE_EDIT

    @extend_schema(
        operation_id="candidates_unsubscribe", request=UnsubscribeSerializer, responses={204: None}
    )
    def post(self, request: Request, candidate_id: int) -> Response:
        """Once for ever, at every address; twice changes nothing."""
        found = selectors.candidate_for(caller(request), candidate_id)
        note = checked(UnsubscribeSerializer(data=request.data))["note"]
        suppressing.opt_out(candidate=found, actor=caller(request), note=note)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Erasure(APIView):
    """``/api/v1/candidates/<id>/erasure/``: delete, or delete and block."""

    right = Right.CANDIDATE_EDIT

    @extend_schema(
        operation_id="candidates_erase", request=ErasureRequestSerializer, responses={202: RunSerializer}
    )
    def post(self, request: Request, candidate_id: int) -> Response:
        """Start erasing; the run ends with ``receipt_id``."""
        found = selectors.candidate_for(caller(request), candidate_id)
        asked = checked(ErasureRequestSerializer(data=request.data))
        run = erasing.request(
            candidate=found,
            actor=caller(request),
            reason=ErasureReason(asked["reason"]),
            block=asked["block"],
        )
        return Response(RunSerializer(run).data, status=status.HTTP_202_ACCEPTED)


class Erasures(SparseFields, generics.ListAPIView[ErasureReceipt]):
    """``/api/v1/erasures/``: receipts, the last first."""

    right = Right.AUDIT_VIEW
    serializer_class = ReceiptSerializer
    queryset = ErasureReceipt.unguarded.none()

    def get_queryset(self) -> QuerySet[ErasureReceipt]:
        """The organisation's."""
        return ErasureReceipt.objects.for_organisation(caller(self.request).tenant_id)


class LawfulBases(generics.GenericAPIView[LawfulBasis]):
    """``/api/v1/candidates/<id>/lawful-bases/``: why a person may be held."""

    rights = {"GET": Right.CANDIDATE_VIEW, "POST": Right.CANDIDATE_EDIT}
    serializer_class = LawfulBasisSerializer
    queryset = LawfulBasis.unguarded.none()

    @extend_schema(operation_id="lawful_bases_list", responses=LawfulBasisSerializer(many=True))
    def get(self, request: Request, candidate_id: int) -> Response:
        """All that were recorded, the last first."""
        found = selectors.candidate_for(caller(request), candidate_id)
        rows = self.paginate_queryset(privacy.bases(found))
        return self.get_paginated_response(narrowed(LawfulBasisSerializer(rows, many=True), request))

    @extend_schema(
        operation_id="lawful_bases_create",
        request=LawfulBasisInSerializer,
        responses={201: LawfulBasisSerializer},
    )
    def post(self, request: Request, candidate_id: int) -> Response:
        """Record one."""
        found = selectors.candidate_for(caller(request), candidate_id)
        values = checked(LawfulBasisInSerializer(data=request.data))
        made = privacy.record_basis(
            candidate=found, actor=caller(request), today=timezone.localdate(), **values
        )
        return Response(LawfulBasisSerializer(made).data, status=status.HTTP_201_CREATED)


class WithdrawBasis(APIView):
    """``/api/v1/candidates/<id>/lawful-bases/<id>/withdraw/``."""

    right = Right.CANDIDATE_EDIT

    @extend_schema(operation_id="lawful_bases_withdraw", request=None, responses={204: None})
    def post(self, request: Request, candidate_id: int, basis_id: int) -> Response:
        """It no longer holds; it stays on record."""
        found = selectors.candidate_for(caller(request), candidate_id)
        privacy.withdraw_basis(candidate=found, basis_id=basis_id, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class MakeArchive(APIView):
    """``/api/v1/candidates/<id>/archive/``: everything about a person as one ZIP."""

    right = Right.CANDIDATE_EXPORT

    @extend_schema(operation_id="archives_create", request=None, responses={202: ArchiveSerializer})
    def post(self, request: Request, candidate_id: int) -> Response:
        """Start making it."""
        found = selectors.candidate_for(caller(request), candidate_id)
        made = archiving.request(candidate=found, actor=caller(request))
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
        made = archiving.archive_for(caller(request), archive_id, now=timezone.now())
        return file_answers.answered(made.file, name=archiving.file_name(made), kind="application/zip")


class Notices(generics.GenericAPIView[Candidate]):
    """``/api/v1/notices/``: who must be told that their data is held (Art. 14 GDPR)."""

    right = Right.CANDIDATE_EDIT
    serializer_class = NoticeDueSerializer
    queryset = Candidate.unguarded.none()
    keyset_order = privacy.NOTICE_ORDER

    @extend_schema(operation_id="notices_due", responses=NoticeDueSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Who must be told within a week, or should have been."""
        viewer = caller(request)
        rows = self.paginate_queryset(privacy.notices_due(viewer, now=timezone.now()))
        context = {"rules": privacy.rules_of(viewer.tenant_id)}
        shown = NoticeDueSerializer(rows, many=True, context=context)
        return self.get_paginated_response(narrowed(shown, request))

    @extend_schema(operation_id="notices_create", request=ToldSerializer, responses=NotedSerializer)
    def post(self, request: Request) -> Response:
        """These people were told."""
        values = checked(ToldSerializer(data=request.data))
        noted = privacy.told(actor=caller(request), at=timezone.now(), **values)
        return Response(NotedSerializer({"noted": noted}).data)


class Proposals(SparseFields, generics.ListAPIView[RetentionProposal]):
    """``/api/v1/retention-proposals/``: whom the retention rule proposes to erase."""

    right = Right.CANDIDATE_EDIT
    serializer_class = ProposalSerializer
    queryset = RetentionProposal.unguarded.none()
    keyset_order = ("inactive_since", "id")

    def get_queryset(self) -> QuerySet[RetentionProposal]:
        """The longest silent first."""
        return retention.proposals(caller(self.request))


class KeepProposed(APIView):
    """``/api/v1/retention-proposals/keep/``: keep proposed people for now."""

    right = Right.CANDIDATE_EDIT

    @extend_schema(
        operation_id="retention_proposals_keep", request=KeepProposedSerializer, responses=KeptSerializer
    )
    def post(self, request: Request) -> Response:
        """Not proposed before that day. Erasing one of them is ``candidates/<id>/erasure/`` with ``retention``."""
        values = checked(KeepProposedSerializer(data=request.data))
        kept = retention.keep(actor=caller(request), today=timezone.localdate(), **values)
        return Response(KeptSerializer({"kept": kept}).data)
