"""Mailboxes and messages over the API: the same selectors as the pages."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right, viewer_of
from foundation.paging import KeysetPagination
from foundation.problems import Invalid
from foundation.sparse_fields import narrowed
from outreach import mailboxes, selectors, servers
from outreach.api.content import SingleInSerializer, send_single
from outreach.api.mailbox import LinkSerializer
from outreach.api.serializers import MailboxSerializer, MessageSerializer

#: What stands in the Outbox beside what is scheduled (``/api/v1/outbox/``).
_LISTS = {"uncertain": selectors.uncertain_messages, "sent": selectors.settled_messages}


class MailboxList(APIView):
    """``/api/v1/mailboxes/``: the accounts the caller may see."""

    rights = {"GET": Right.MAILBOX_VIEW, "POST": Right.MAILBOX_LINK}
    calls_others = True
    keyset_order = ("-is_default", "address", "id")

    @extend_schema(operation_id="mailboxes_list", responses=MailboxSerializer(many=True))
    def get(self, request: Request) -> Response:
        """One page: health, and the last 24 hours against the limit."""
        caller, now = viewer_of(request), timezone.now()
        paginator = KeysetPagination()
        rows = paginator.paginate_queryset(selectors.visible_mailboxes(caller), request, view=self) or []
        views = [selectors.mailbox_view(caller, row, now=now) for row in rows]
        return paginator.get_paginated_response(narrowed(MailboxSerializer(views, many=True), request))

    @extend_schema(operation_id="mailboxes_link", request=LinkSerializer, responses={201: MailboxSerializer})
    def post(self, request: Request) -> Response:
        """Link an account by servers and password, as the caller's own; the first one is their default.

        Both servers are logged in at before anything is stored: 422 ``mailbox_refused`` says by field what they have
        against it. 409 for an account that the caller has linked already; one that was removed comes back with its
        history and limits. Google and Microsoft 365 are linked on the page, where their owner signs in.
        """
        caller, now = viewer_of(request), timezone.now()
        asked = LinkSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        address = values["address"]
        mailbox = mailboxes.link(
            actor=caller,
            address=address,
            display_name=values.get("display_name", ""),
            now=now,
            **servers.typed({**servers.of_address(address), **values}, address=address),
        )
        view = selectors.mailbox_view(caller, mailbox, now=now)
        return Response(MailboxSerializer(view).data, status=status.HTTP_201_CREATED)


class MessageList(APIView):
    """``/api/v1/messages/``: what was written, newest first; and a single e-mail to one person."""

    rights = {"GET": Right.CAMPAIGN_VIEW, "POST": Right.CAMPAIGN_EDIT}
    keyset_order: tuple[str, ...] = ("-id",)

    @extend_schema(
        operation_id="messages_list",
        parameters=[
            OpenApiParameter(
                "show",
                enum=list(_LISTS),
                description="One of the Outbox's lists, the last settled first; else everything, newest first.",
            )
        ],
        responses=MessageSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """One page, each message with its status and why it waits."""
        show = request.query_params.get("show", "")
        if show and show not in _LISTS:
            raise Invalid(fields={"show": f"One of {', '.join(_LISTS)}."})
        if show:
            self.keyset_order = ("-settled_at", "-id")
        paginator = KeysetPagination()
        asked = _LISTS.get(show, selectors.visible_messages)(viewer_of(request))
        rows = paginator.paginate_queryset(asked, request, view=self)
        views = selectors.message_views(viewer_of(request), rows or [], now=timezone.now())
        return paginator.get_paginated_response(narrowed(MessageSerializer(views, many=True), request))

    @extend_schema(
        operation_id="messages_create", request=SingleInSerializer, responses={201: MessageSerializer}
    )
    def post(self, request: Request) -> Response:
        """Write one e-mail to one person; a variable without a value refuses it, naming the variable."""
        row = selectors.message(viewer_of(request), send_single(request).pk)
        view = selectors.message_view(viewer_of(request), row, now=timezone.now())
        return Response(MessageSerializer(view).data, status=status.HTTP_201_CREATED)


class MessageDetail(APIView):
    """``/api/v1/messages/<id>/``: one of them."""

    right = Right.CAMPAIGN_VIEW

    @extend_schema(operation_id="messages_read", responses=MessageSerializer)
    def get(self, request: Request, message_id: int) -> Response:
        """Its status and why it waits; 404 for another organisation's."""
        row = selectors.message(viewer_of(request), message_id)
        view = selectors.message_view(viewer_of(request), row, now=timezone.now())
        return Response(narrowed(MessageSerializer(view), request))
