"""The API of résumés on their way in: many files at once, what was read in each, and whose they are."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation.models import Run
from foundation.paging import paged
from foundation.problems import Invalid
from foundation.sparse_fields import narrowed
from sourcing import files, selectors
from sourcing.api.files import FileSerializer
from sourcing.api.project_serializers import ids_field
from sourcing.api.requests import MAX_ID, caller, checked
from sourcing.api.runs import OwnRunSerializer
from sourcing.api.serializers import CandidateSerializer
from sourcing.models import Decision, PersonFile
from sourcing.resumes import intake
from sourcing.resumes.intake import Confirmed
from sourcing.resumes.proposing import from_json

#: What a confirmation has beside its columns.
_BESIDE = ("emails", "phones", "linkedin_url", "skills", "experience", "education")


class ResumePositionSerializer(serializers.Serializer[Any]):
    """A position; dates as 2019 or 2019-04."""

    title = serializers.CharField(max_length=300, required=False, allow_blank=True)
    company = serializers.CharField(max_length=300, required=False, allow_blank=True)
    location = serializers.CharField(max_length=300, required=False, allow_blank=True)
    started = serializers.CharField(max_length=10, required=False, allow_blank=True)
    ended = serializers.CharField(max_length=10, required=False, allow_blank=True)
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)


class ResumeSchoolSerializer(serializers.Serializer[Any]):
    """A school; dates as 2019 or 2019-04."""

    school = serializers.CharField(max_length=300, required=False, allow_blank=True)
    degree = serializers.CharField(max_length=300, required=False, allow_blank=True)
    field = serializers.CharField(max_length=300, required=False, allow_blank=True)
    started = serializers.CharField(max_length=10, required=False, allow_blank=True)
    ended = serializers.CharField(max_length=10, required=False, allow_blank=True)


class ResumeValuesSerializer(serializers.Serializer[Any]):
    """What a résumé says of its person."""

    first_name = serializers.CharField(max_length=300, required=False, allow_blank=True)
    last_name = serializers.CharField(max_length=300, required=False, allow_blank=True)
    title = serializers.CharField(max_length=300, required=False, allow_blank=True)
    company = serializers.CharField(max_length=300, required=False, allow_blank=True)
    location = serializers.CharField(max_length=300, required=False, allow_blank=True)
    emails = serializers.ListField(child=serializers.CharField(max_length=320), required=False, max_length=60)
    phones = serializers.ListField(child=serializers.CharField(max_length=320), required=False, max_length=60)
    linkedin_url = serializers.CharField(max_length=500, required=False, allow_blank=True)
    skills = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, max_length=200
    )
    experience = ResumePositionSerializer(many=True, required=False, max_length=60)  # type: ignore[call-arg]  # of the list
    education = ResumeSchoolSerializer(many=True, required=False, max_length=60)  # type: ignore[call-arg]  # of the list


class ResumeConfirmSerializer(ResumeValuesSerializer):
    """What is right. What is left out is taken as it was read; an empty value is none."""

    candidate_id = serializers.IntegerField(
        min_value=1,
        max_value=MAX_ID,
        required=False,
        help_text="Whose it is; without it a new person is made.",
    )


class ResumeSerializer(FileSerializer):
    """A file with what was read in it. ``sure``: may be confirmed among many at once."""

    sure = serializers.SerializerMethodField()
    proposal = serializers.SerializerMethodField()

    class Meta(FileSerializer.Meta):
        fields = [*FileSerializer.Meta.fields, "decision", "sure", "proposal"]
        read_only_fields = fields

    def get_sure(self, file: PersonFile) -> bool:
        """A name, an address and a position or school were found, and nobody has decided."""
        return file.decision == Decision.OPEN and from_json(file.proposal).sure

    @extend_schema_field(ResumeValuesSerializer)
    def get_proposal(self, file: PersonFile) -> dict[str, Any]:
        """As it would be confirmed unchanged."""
        said = asdict(intake.proposed(file))
        return {**said.pop("columns"), **said}


class ResumeMatchSerializer(serializers.Serializer[Any]):
    """Somebody whom the résumé may be of."""

    candidate_id = serializers.IntegerField(source="candidate.pk", read_only=True)
    url = serializers.CharField(source="candidate.url", read_only=True)
    reason = serializers.CharField(read_only=True)


class OneResumeSerializer(ResumeSerializer):
    """One résumé with its text and whom it may be of, the surest first."""

    matches = serializers.SerializerMethodField()

    class Meta(ResumeSerializer.Meta):
        fields = [*ResumeSerializer.Meta.fields, "text", "matches"]
        read_only_fields = fields

    @extend_schema_field(ResumeMatchSerializer(many=True))
    def get_matches(self, file: PersonFile) -> Any:
        """By the rules of every other door; nobody else's private address gives itself away."""
        found = intake.matches_of(viewer=self.context["viewer"], file=file)
        return ResumeMatchSerializer(found, many=True).data


class ResumesInSerializer(serializers.Serializer[Any]):
    """Files to read, as ``multipart/form-data``: the field ``files`` once for each."""

    files = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True), allow_empty=False, max_length=intake.MAX_FILES
    )


class RepeatedSerializer(serializers.Serializer[Any]):
    """A file whose bytes are here already."""

    name = serializers.CharField()
    file_id = serializers.IntegerField()


class ResumeUploadSerializer(OwnRunSerializer):
    """Reading the files of one upload. ``resumes/?upload=<id>`` lists them."""

    repeated = RepeatedSerializer(many=True, read_only=True)
    refused = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="A sentence for each file that was not kept."
    )

    def to_representation(self, run: Run) -> dict[str, Any]:
        """The run, with what became of files that are not read by it."""
        told = super().to_representation(run)
        return told | {name: run.params.get(name, []) for name in ("repeated", "refused")}


class ResumeIdsSerializer(serializers.Serializer[Any]):
    """Résumés."""

    file_ids = ids_field()


class ResumesConfirmedSerializer(serializers.Serializer[Any]):
    """How many people were added, and the files that are left to be looked at one by one."""

    added = serializers.IntegerField()
    left = serializers.ListField(child=serializers.IntegerField())


class Resumes(APIView):
    """``/api/v1/resumes/``: résumés that wait for somebody, and new ones."""

    rights = {"GET": Right.CANDIDATE_IMPORT, "POST": Right.CANDIDATE_IMPORT}
    parser_classes = [MultiPartParser]
    keyset_order = ("-id",)

    @extend_schema(
        operation_id="resumes_list",
        parameters=[OpenApiParameter("upload", int, description="All files of this upload instead.")],
        responses=ResumeSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """A page of résumés nobody has decided on, the newest first."""
        viewer = caller(request)
        rows = intake.waiting_for(viewer)
        if asked := request.query_params.get("upload"):
            if not asked.isascii() or not asked.isdigit() or len(asked) > 18:
                raise Invalid(fields={"upload": "An id of an upload."})
            rows = intake.files_of(intake.batch_for(viewer, int(asked)))
        return paged(rows.select_related("uploaded_by"), ResumeSerializer, request=request, view=self)

    @extend_schema(
        operation_id="resumes_upload", request=ResumesInSerializer, responses={202: ResumeUploadSerializer}
    )
    def post(self, request: Request) -> Response:
        """Keep files, which are read in the background; nothing is made of them before they are confirmed."""
        uploads = checked(ResumesInSerializer(data=request.data))["files"]
        run = intake.upload(actor=caller(request), uploads=uploads)
        return Response(ResumeUploadSerializer(run).data, status=status.HTTP_202_ACCEPTED)


class ResumeUpload(APIView):
    """``/api/v1/resumes/uploads/<id>/``: one upload."""

    rights = {"GET": Right.CANDIDATE_IMPORT}

    @extend_schema(operation_id="resumes_upload_read", responses=ResumeUploadSerializer)
    def get(self, request: Request, batch_id: int) -> Response:
        """How far the reading is."""
        run = intake.batch_for(caller(request), batch_id)
        return Response(narrowed(ResumeUploadSerializer(run), request))


class ResumesConfirm(APIView):
    """``/api/v1/resumes/confirm/``: many at once."""

    right = Right.CANDIDATE_IMPORT

    @extend_schema(
        operation_id="resumes_confirm", request=ResumeIdsSerializer, responses=ResumesConfirmedSerializer
    )
    def post(self, request: Request) -> Response:
        """Add a person from each that is sure and of nobody known; the others are ``left``."""
        viewer = caller(request)
        ids = checked(ResumeIdsSerializer(data=request.data))["file_ids"]
        chosen = intake.waiting_for(viewer).filter(pk__in=ids)
        added, left = intake.confirm_sure(actor=viewer, chosen=chosen)
        return Response({"added": added, "left": [file.pk for file in left]})


class OneResume(APIView):
    """``/api/v1/resumes/<file id>/``: what was read in a file."""

    rights = {"GET": Right.CANDIDATE_IMPORT}

    @extend_schema(operation_id="resumes_read", responses=OneResumeSerializer)
    def get(self, request: Request, file_id: int) -> Response:
        """The text, the proposal and whom it may be of; also of a file that is somebody's already."""
        viewer = caller(request)
        shown = OneResumeSerializer(files.file_for(viewer, file_id), context={"viewer": viewer})
        return Response(narrowed(shown, request))


class AddResume(APIView):
    """``/api/v1/resumes/<file id>/add/``: confirm what it says."""

    right = Right.CANDIDATE_IMPORT

    @extend_schema(
        operation_id="resumes_add",
        request=ResumeConfirmSerializer,
        responses={200: CandidateSerializer, 201: CandidateSerializer},
    )
    def post(self, request: Request, file_id: int) -> Response:
        """Make a person of it (201), or add to somebody what they lack (200). 409 ``resume_decided`` when somebody was
        faster, ``possible_duplicate`` when the person is there already."""
        viewer = caller(request)
        file = files.file_for(viewer, file_id)
        values = checked(ResumeConfirmSerializer(data=request.data))
        candidate_id = values.pop("candidate_id", None)
        confirmed = _confirmed(file, values)
        if candidate_id is None:
            person = intake.add_person(file=file, actor=viewer, confirmed=confirmed)
        else:
            known = selectors.candidate_for(viewer, candidate_id)
            person = intake.add_to(file=file, actor=viewer, candidate=known, confirmed=confirmed)
        code = status.HTTP_201_CREATED if candidate_id is None else status.HTTP_200_OK
        return Response(CandidateSerializer(person, context={"request": request}).data, status=code)


class KeepResume(APIView):
    """``/api/v1/resumes/<file id>/keep/``: *Keep file only*."""

    right = Right.CANDIDATE_IMPORT

    @extend_schema(operation_id="resumes_keep", request=None, responses={200: ResumeSerializer})
    def post(self, request: Request, file_id: int) -> Response:
        """Nobody is made of it; the file stays. 409 ``resume_decided`` when somebody was faster."""
        viewer = caller(request)
        intake.keep_only(file=files.file_for(viewer, file_id), actor=viewer)
        return Response(ResumeSerializer(files.file_for(viewer, file_id)).data)


def _confirmed(file: PersonFile, values: dict[str, Any]) -> Confirmed:
    """The proposal with what was sent instead; positions and schools without a word fall away."""
    said = intake.proposed(file)
    sent = {name: values[name] for name in _BESIDE if name in values}
    for name in ("experience", "education"):
        if name in sent:
            sent[name] = [row for row in sent[name] if any(row.values())]
    columns = {name: values.get(name, value) for name, value in said.columns.items()}
    return replace(said, columns=columns, **sent)
