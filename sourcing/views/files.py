"""A person's files: the tab, giving one, downloading, deleting."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import Right, can, needs
from foundation.problems import Problem
from sourcing import files, selectors
from sourcing.models import Candidate, FileState
from sourcing.resumes import intake
from sourcing.views.requests import viewer_of


def tab_context(found: Candidate, viewer: User) -> dict[str, Any]:
    """The Files tab."""
    rows = list(files.files_of(viewer, found))
    return {
        "person": found,
        "files": rows,
        "reading": any(row.state == FileState.WAITING for row in rows),
        "may_edit": can(viewer, Right.CANDIDATE_EDIT),
    }


def how_many(found: Candidate, viewer: User) -> int:
    """The count beside the tab."""
    return files.files_of(viewer, found).count()


@require_GET
@needs(Right.CANDIDATE_VIEW)  # type: ignore[arg-type]  # a streaming response is none of Django's HttpResponse
def download(request: HttpRequest, file_id: int) -> HttpResponseBase:
    """The file itself."""
    return files.download(files.file_for(viewer_of(request), file_id))


@require_POST
@needs(Right.CANDIDATE_EDIT)
def upload(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """Give a person files; they are read in the background."""
    viewer = viewer_of(request)
    found = selectors.candidate_for(viewer, candidate_id)
    try:
        run = intake.upload(actor=viewer, uploads=request.FILES.getlist("files"), candidate=found)
    except Problem as problem:
        messages.error(request, problem.text)
    else:
        for text in run.params["refused"]:
            messages.error(request, text)
        for again in run.params["repeated"]:
            messages.info(request, f"{again['name']} is here already.")
        if run.total:
            messages.success(request, f"{run.total} added" if run.total > 1 else "File added")
    return redirect(f"{found.url}?tab=files")


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_EDIT)
def remove(request: HttpRequest, file_id: int) -> HttpResponse:
    """Asks, then deletes the file with its text."""
    viewer = viewer_of(request)
    file = files.file_for(viewer, file_id)
    back = f"{file.candidate.url}?tab=files" if file.candidate else "sourcing:resumes"
    if request.method == "GET":
        return render(request, "sourcing/file_remove.html", {"file": file})
    files.remove(file=file, actor=viewer)
    messages.success(request, "File deleted")
    return redirect(back)
