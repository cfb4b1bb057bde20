"""Templates and snippets over the API, and a single e-mail to one person."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import Right, viewer_of
from foundation.paging import paged
from foundation.preconditions import guarded, row_of, tagged
from foundation.problems import Invalid
from foundation.sparse_fields import narrowed
from outreach import contents, single, templates
from outreach.contents import Content
from outreach.models import Mailbox, Message, Template, TemplateKind
from outreach.outbox import queue
from sourcing import selectors as people
from sourcing.api.requests import MAX_ID


class TemplateSerializer(serializers.ModelSerializer[Template]):
    """A template or snippet. ``body_html`` is the rich form; where there is one, ``body`` is its words."""

    owner = serializers.CharField(source="owner.name", read_only=True)
    files = serializers.SerializerMethodField(help_text="Ids of its pictures and attachments.")
    attachments = serializers.SerializerMethodField(
        help_text="Of those the ones that its text does not show."
    )

    class Meta:
        model = Template
        fields = (
            "id", "kind", "name", "shared", "owner", "subject", "body", "body_html", "files", "updated_at",
            "attachments",
        )  # fmt: skip
        read_only_fields = fields

    def get_files(self, template: Template) -> list[int]:
        """In the order they were added."""
        return list(templates.content_of(template).files)

    def get_attachments(self, template: Template) -> list[int]:
        """As ``attachments`` of a write takes them."""
        return list(templates.content_of(template).attachments)


def attachments_field() -> serializers.ListField:
    """Which files are attached to a text; without it they stay what they are."""
    return serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_ID),
        max_length=contents.MOST_ATTACHMENTS,
        required=False,
        help_text="Ids of files of texts; pictures that the text shows go along by themselves.",
    )


class TextInSerializer(serializers.Serializer[Any]):
    """A text. With ``body_html`` the words of ``body`` are made from it."""

    subject = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    body = serializers.CharField(required=False, allow_blank=True, default="", trim_whitespace=False)
    body_html = serializers.CharField(required=False, allow_blank=True, default="", trim_whitespace=False)
    attachments = attachments_field()


class TemplateInSerializer(TextInSerializer):
    """What a template is from now on; without ``attachments`` they stay what they are."""

    name = serializers.CharField(max_length=120)
    shared = serializers.BooleanField(default=False)
    kind = serializers.ChoiceField(choices=TemplateKind.choices, default=TemplateKind.MESSAGE)


class SingleInSerializer(TextInSerializer):
    """An e-mail to one person. ``at`` carries its offset; without it the mail leaves as soon as the mailbox may."""

    candidate = serializers.IntegerField()
    contact_point = serializers.IntegerField(help_text="One of the person's e-mail addresses.")
    mailbox = serializers.IntegerField(help_text="A connected mailbox the caller may send from.")
    at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class TemplateList(APIView):
    """``/api/v1/templates/``: the caller's own and the team's; and new ones."""

    rights = {"GET": Right.CAMPAIGN_VIEW, "POST": Right.CAMPAIGN_EDIT}
    keyset_order = ("name", "id")

    @extend_schema(
        operation_id="templates_list",
        parameters=[OpenApiParameter("kind", enum=TemplateKind.values)],
        responses=TemplateSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """A page of templates, or with ``kind=snippet`` of snippets, by name."""
        asked = request.query_params.get("kind", TemplateKind.MESSAGE)
        if asked not in TemplateKind.values:
            raise Invalid(fields={"kind": f"One of {', '.join(TemplateKind.values)}."})
        rows = templates.visible(viewer_of(request), asked).prefetch_related("files")
        return paged(rows, TemplateSerializer, request=request, view=self)

    @extend_schema(
        operation_id="templates_create", request=TemplateInSerializer, responses={201: TemplateSerializer}
    )
    def post(self, request: Request) -> Response:
        """Store a new one; what a mail cannot hold is taken out of its markup."""
        saved = _save(request, None)
        return Response(TemplateSerializer(saved).data, status=status.HTTP_201_CREATED)


class TemplateDetail(APIView):
    """``/api/v1/templates/<id>/``: one of them."""

    rights = {"GET": Right.CAMPAIGN_VIEW, "PUT": Right.CAMPAIGN_EDIT, "DELETE": Right.CAMPAIGN_EDIT}

    @extend_schema(operation_id="templates_read", responses=TemplateSerializer)
    @tagged
    def get(self, request: Request, template_id: int) -> Response:
        """Its text; 404 for a colleague's own."""
        found = templates.template_for(viewer_of(request), template_id)
        return Response(narrowed(TemplateSerializer(found), request))

    @extend_schema(operation_id="templates_write", request=TemplateInSerializer, responses=TemplateSerializer)
    @guarded(row_of(Template, "template_id"))
    def put(self, request: Request, template_id: int) -> Response:
        """What it is from now on; its kind stays."""
        saved = _save(request, templates.template_for(viewer_of(request), template_id))
        return Response(TemplateSerializer(saved).data)

    @extend_schema(operation_id="templates_delete", responses={204: None})
    def delete(self, request: Request, template_id: int) -> Response:
        """Take it away."""
        viewer = viewer_of(request)
        templates.remove(template=templates.template_for(viewer, template_id), actor=viewer)
        return Response(status=status.HTTP_204_NO_CONTENT)


class TemplateCopySerializer(serializers.Serializer[Any]):
    """For whom the copy is."""

    shared = serializers.BooleanField(default=False, help_text="For the team; else for the caller alone.")


class TemplateCopies(APIView):
    """``/api/v1/templates/<id>/copies/``: duplicate one."""

    right = Right.CAMPAIGN_EDIT

    @extend_schema(
        operation_id="templates_duplicate",
        request=TemplateCopySerializer,
        responses={201: TemplateSerializer},
    )
    def post(self, request: Request, template_id: int) -> Response:
        """A copy of its text and files that is the caller's; also of a colleague's that the team has."""
        viewer = viewer_of(request)
        found = templates.template_for(viewer, template_id)
        asked = TemplateCopySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        copy = templates.duplicate(template=found, actor=viewer, shared=asked.validated_data["shared"])
        return Response(TemplateSerializer(copy).data, status=status.HTTP_201_CREATED)


def _save(request: Request, template: Template | None) -> Template:
    asked = TemplateInSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    data, viewer = asked.validated_data, viewer_of(request)
    before = templates.content_of(template) if template else Content()
    content = contents.changed(before, data, actor=viewer)
    return templates.save(
        actor=viewer,
        name=data["name"],
        shared=data["shared"],
        kind=data["kind"],
        content=content,
        template=template,
    )


def sender_of(viewer: User, mailbox_id: int) -> Mailbox:
    """A mailbox by its id; raises Invalid for one the caller cannot send from now."""
    found = single.senders(viewer).filter(pk=mailbox_id).first()
    if found is None:
        raise Invalid(fields={"mailbox": "Not a connected mailbox you may send from."})
    return found


def send_single(request: Request) -> Message:
    """The message that a POST to ``/api/v1/messages/`` asks for."""
    asked = SingleInSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    data, viewer = asked.validated_data, viewer_of(request)
    return single.send(
        candidate=people.candidate_for(viewer, data["candidate"]),
        actor=viewer,
        mailbox=sender_of(viewer, data["mailbox"]),
        address=people.contact_point_for(viewer, data["contact_point"]),
        content=contents.changed(Content(), data, actor=viewer),
        token=queue.mint_token(),
        at=data["at"],
    )
