"""``/help/``: how to begin, how to search, what is private; short, and the same for every installation."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.permissions import Right, can, needs, viewer_of
from sourcing.views.search import SYNTAX


@require_GET
@needs(Right.PROFILE_EDIT)
def page(request: HttpRequest) -> HttpResponse:
    """Only what the viewer may do is explained."""
    viewer = viewer_of(request)
    context = {
        "syntax": SYNTAX,
        "may_search": can(viewer, Right.CANDIDATE_VIEW),
        "may_import": can(viewer, Right.CANDIDATE_IMPORT),
        "may_link": can(viewer, Right.MAILBOX_LINK),
        "may_use_api": can(viewer, Right.API_USE),
    }
    return render(request, "help.html", context)
