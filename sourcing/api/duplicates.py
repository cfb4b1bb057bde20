"""The API of duplicates: likely pairs, decisions, merges and their undoing; the same operations as the pages."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation.paging import paged
from foundation.preconditions import guarded, row_of, tagged
from foundation.problems import Missing
from foundation.sparse_fields import narrowed
from sourcing import duplicate_scan, duplicates, matching, merging, merging_certain, selectors
from sourcing.api.requests import caller, checked, organisation_of, settings_in_turn
from sourcing.api.runs import OwnRunSerializer
from sourcing.api.serializers import CandidateSerializer
from sourcing.models import DuplicatePair, DuplicateScan, PairState, PersonMerge


class PairSerializer(serializers.ModelSerializer[DuplicatePair]):
    """Two people who may be one; ``certain`` when the organisation's rule decides it."""

    reasons = serializers.SerializerMethodField()

    class Meta:
        model = DuplicatePair
        fields = ["id", "first", "second", "score", "reasons", "certain", "state", "found_at", "decided_at"]
        read_only_fields = fields

    def get_reasons(self, pair: DuplicatePair) -> list[dict[str, str]]:
        """Why, without a value of either person."""
        return [{"code": code, "text": matching.REASONS.get(code, code)} for code in pair.reasons]


class ScanSerializer(serializers.ModelSerializer[DuplicateScan]):
    """One look at everybody. ``skipped_kinds``: keys too common to be compared, by the letter of their kind."""

    run = OwnRunSerializer(read_only=True, allow_null=True)
    skipped_kinds = serializers.DictField(child=serializers.IntegerField(), read_only=True)

    class Meta:
        model = DuplicateScan
        fields = ["id", "run", "people", "compared", "pairs", "skipped", "skipped_kinds", "created_at"]
        read_only_fields = fields


class DecisionSerializer(serializers.Serializer[Any]):
    """``not_duplicate`` is remembered for ever; ``open`` asks again."""

    state = serializers.ChoiceField(choices=PairState.choices)


class DuplicateRuleSerializer(serializers.Serializer[Any]):
    """What decides that two records are one person.

    Any of ``keys`` that agrees, or all of them with ``every``; with no key every likely pair is for people to decide.
    ``refuse``: making somebody who certainly is there is refused, ``create_anyway`` or not.
    """

    keys = serializers.ListField(
        child=serializers.ChoiceField(choices=[key.value for key in matching.Key]),
        max_length=len(matching.Key),
    )
    every = serializers.BooleanField()
    refuse = serializers.BooleanField()

    def to_representation(self, rule: matching.Rule) -> dict[str, Any]:
        """The keys in a fixed order."""
        return {"keys": sorted(rule.keys), "every": rule.every, "refuse": rule.refuse}


class MergeInSerializer(serializers.Serializer[Any]):
    """Who becomes part of the person, whose value stands where not the survivor's, and the versions that were read."""

    other = serializers.IntegerField(min_value=1)
    choices = serializers.DictField(
        child=serializers.ChoiceField(choices=["survivor", "other"]), required=False
    )
    version = serializers.IntegerField(min_value=1, required=False)
    other_version = serializers.IntegerField(min_value=1, required=False)


class MergeSerializer(serializers.ModelSerializer[PersonMerge]):
    """One merge. ``undoable`` until 90 days have passed or it was undone."""

    undoable = serializers.BooleanField(read_only=True)

    class Meta:
        model = PersonMerge
        fields = ["id", "survivor", "other_id", "at", "undoable", "undone_at"]
        read_only_fields = fields


class MergedSerializer(MergeSerializer):
    """A merge that was just made, with the survivor."""

    candidate = CandidateSerializer(read_only=True)

    class Meta(MergeSerializer.Meta):
        fields = [*MergeSerializer.Meta.fields, "candidate"]
        read_only_fields = fields


class UndoneSerializer(serializers.Serializer[Any]):
    """Both people's ids again, and sentences about what could not be restored."""

    survivor = serializers.IntegerField()
    other = serializers.IntegerField()
    not_restored = serializers.ListField(child=serializers.CharField())


class Pairs(APIView):
    """``/api/v1/duplicates/``: pairs nobody decided yet, the surest first; POST looks at everybody again."""

    rights = {"GET": Right.CANDIDATE_EDIT, "POST": Right.CANDIDATE_EDIT}
    keyset_order = ("-score", "-id")

    @extend_schema(operation_id="duplicates_list", responses=PairSerializer(many=True))
    def get(self, request: Request) -> Response:
        """A page of pairs."""
        return paged(duplicates.open_pairs(caller(request)), PairSerializer, request=request, view=self)

    @extend_schema(operation_id="duplicates_scan", request=None, responses={202: dict})
    def post(self, request: Request) -> Response:
        """Start a scan; answers with its run. 409 while one is under way."""
        run = duplicate_scan.start(actor=caller(request)).run
        assert run is not None
        return Response(run.as_dict(), status=status.HTTP_202_ACCEPTED)


class LastScan(APIView):
    """``/api/v1/duplicates/scan/``: the latest look at everybody."""

    rights = {"GET": Right.CANDIDATE_EDIT}

    @extend_schema(operation_id="duplicates_last_scan", responses=ScanSerializer)
    def get(self, request: Request) -> Response:
        """Where it stands and what it had to leave out; 404 before the first."""
        scan = duplicates.last_scan(caller(request))
        if scan is None:
            raise Missing("Nobody has looked for duplicates yet.")
        return Response(narrowed(ScanSerializer(scan), request))


class MergeCertain(APIView):
    """``/api/v1/duplicates/merge-certain/``: every certain pair at once."""

    right = Right.CANDIDATE_EDIT

    @extend_schema(operation_id="duplicates_merge_certain", request=None, responses={202: OwnRunSerializer})
    def post(self, request: Request) -> Response:
        """Begin a run that merges each pair which the organisation's rule still calls certain; each can be undone for
        90 days. 409 without any."""
        run = merging_certain.start(actor=caller(request))
        return Response(OwnRunSerializer(run).data, status=status.HTTP_202_ACCEPTED)


class DuplicateRules(APIView):
    """``/api/v1/duplicates/rule/``: what the organisation lets decide."""

    right = Right.ORGANISATION_EDIT

    @extend_schema(operation_id="duplicates_rule", responses=DuplicateRuleSerializer)
    @tagged
    def get(self, request: Request) -> Response:
        """The rule that holds; the same e-mail address or social profile until somebody changed it."""
        rule = duplicates.rule_of(caller(request).tenant_id)
        return Response(narrowed(DuplicateRuleSerializer(rule), request))

    @extend_schema(
        operation_id="duplicates_change_rule",
        request=DuplicateRuleSerializer,
        responses=DuplicateRuleSerializer,
    )
    @guarded(settings_in_turn)
    def patch(self, request: Request) -> Response:
        """Change what is sent. New people are judged by it at once, pairs by the next scan."""
        organisation, actor = organisation_of(request), caller(request)
        values = checked(DuplicateRuleSerializer(data=request.data, partial=True))
        rule = duplicates.set_rule(organisation=organisation, actor=actor, **values)
        return Response(DuplicateRuleSerializer(rule).data)


class OnePair(APIView):
    """``/api/v1/duplicates/<id>/``: one pair, to read and to decide."""

    rights = {"GET": Right.CANDIDATE_EDIT, "PATCH": Right.CANDIDATE_EDIT}

    @extend_schema(operation_id="duplicates_read", responses=PairSerializer)
    @tagged
    def get(self, request: Request, pair_id: int) -> Response:
        """The pair."""
        return Response(narrowed(PairSerializer(duplicates.pair_for(caller(request), pair_id)), request))

    @extend_schema(operation_id="duplicates_decide", request=DecisionSerializer, responses=PairSerializer)
    @guarded(row_of(DuplicatePair, "pair_id"))
    def patch(self, request: Request, pair_id: int) -> Response:
        """Say that they are two people, or ask again."""
        pair = duplicates.pair_for(caller(request), pair_id)
        state = checked(DecisionSerializer(data=request.data))["state"]
        decided = duplicates.decide(pair=pair, actor=caller(request), duplicate=state == PairState.OPEN)
        return Response(PairSerializer(decided).data)


class Merge(APIView):
    """``/api/v1/candidates/<id>/merge/``: another person becomes part of this one."""

    right = Right.CANDIDATE_EDIT

    @extend_schema(
        operation_id="candidates_merge", request=MergeInSerializer, responses={201: MergedSerializer}
    )
    def post(self, request: Request, candidate_id: int) -> Response:
        """Merge; the survivor keeps its values except where ``choices`` says ``other``, blanks are filled."""
        viewer = caller(request)
        survivor = selectors.candidate_for(viewer, candidate_id)
        values = checked(MergeInSerializer(data=request.data))
        other = selectors.candidate_for(viewer, values["other"])
        seen = {survivor.pk: values.get("version"), other.pk: values.get("other_version")}
        made = merging.merge(
            survivor=survivor,
            other=other,
            actor=viewer,
            choices=values.get("choices"),
            versions={pk: version for pk, version in seen.items() if version is not None},
        )
        survivor.refresh_from_db()
        candidate = CandidateSerializer(survivor, context={"request": request}).data
        return Response(
            {**MergeSerializer(made).data, "candidate": candidate}, status=status.HTTP_201_CREATED
        )


class Merges(APIView):
    """``/api/v1/merges/``: merges that can be undone, the latest first."""

    rights = {"GET": Right.CANDIDATE_EDIT}
    keyset_order = ("-id",)

    @extend_schema(operation_id="merges_list", responses=MergeSerializer(many=True))
    def get(self, request: Request) -> Response:
        """A page of merges."""
        return paged(duplicates.merges(caller(request)), MergeSerializer, request=request, view=self)


class UndoMerge(APIView):
    """``/api/v1/merges/<id>/undo/``: two people again."""

    right = Right.CANDIDATE_EDIT

    @extend_schema(operation_id="merges_undo", request=None, responses=UndoneSerializer)
    def post(self, request: Request, merge_id: int) -> Response:
        """Undo; 409 when it was undone before or is older than 90 days."""
        undone = merging.undo_merge(
            merge=duplicates.merge_for(caller(request), merge_id), actor=caller(request)
        )
        body = {"survivor": undone.survivor.pk, "other": undone.other.pk, "not_restored": undone.left}
        return Response(UndoneSerializer(body).data)
