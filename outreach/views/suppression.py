"""The suppression list in Outreach Settings: read, search, add, take off with a reason, CSV in and out."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Role, User
from accounts.permissions import Right, can, needs, viewer_of
from foundation.paging import keyset
from foundation.problems import Problem
from sourcing import suppression_list
from sourcing.forms.privacy import ListFileForm, RemovalForm, SuppressionForm
from sourcing.models import SuppressionKind
from sourcing.views.problems import onto_form
from sourcing.views.suppression_file import download_for

_KINDS = (
    ("", "All"),
    (SuppressionKind.PERSON, "People"),
    (SuppressionKind.ADDRESS, "Addresses"),
    (SuppressionKind.DOMAIN, "Domains"),
    (SuppressionKind.COMPANY, "Companies"),
)


@require_GET
@needs(Right.CAMPAIGN_VIEW)
def entries(request: HttpRequest) -> HttpResponse:
    """The list, newest first."""
    return _list(request)


@require_http_methods(["GET", "POST"])
@needs(Right.CAMPAIGN_EDIT)
def add(request: HttpRequest) -> HttpResponse:
    """Put an address, a domain or a company on it."""
    form = SuppressionForm(request.POST or None, initial={"kind": SuppressionKind.DOMAIN.value})
    if request.method == "POST" and form.is_valid():
        try:
            suppression_list.add(actor=viewer_of(request), **form.cleaned_data)
        except Problem as problem:
            onto_form(problem, form, "value")
        else:
            messages.success(request, "On the list")
            return redirect("outreach:suppression")
    context = {"form": form, "tabs": settings_tabs("suppression", viewer_of(request))}
    return render(request, "outreach/suppression_add.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs(Right.ORGANISATION_EDIT)
def remove(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Take an entry off, with the reason."""
    entry = suppression_list.entry_for(viewer_of(request), entry_id)
    form = RemovalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        suppression_list.remove(actor=viewer_of(request), entry=entry, why=form.cleaned_data["why"])
        messages.success(request, "Taken off the list")
        return redirect("outreach:suppression")
    context = {"form": form, "entry": entry, "stays": suppression_list.stays(entry)}
    return render(request, "outreach/suppression_remove.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Right.CAMPAIGN_EDIT)
def load(request: HttpRequest) -> HttpResponse:
    """Put a CSV on it; what was refused is told with its line."""
    form = ListFileForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            loaded = suppression_list.load(actor=viewer_of(request), data=form.cleaned_data["file"].read())
        except Problem as problem:
            form.add_error("file", str(problem))
        else:
            return _list(request, loaded=loaded)
    return _list(request, file_form=form, status=422)


@require_GET
@needs(Right.ORGANISATION_EDIT)  # type: ignore[arg-type]  # a streaming response is none of Django's HttpResponse
def as_csv(request: HttpRequest) -> StreamingHttpResponse:
    """All of it as CSV."""
    return download_for(viewer_of(request))


def settings_tabs(active: str, viewer: User) -> list[dict[str, object]]:
    """The tabs of Outreach Settings."""
    pages = (
        ("settings", "Email accounts", Right.MAILBOX_VIEW),
        ("sending", "Sending", Right.CAMPAIGN_VIEW),
        ("suppression", "Suppression list", Right.CAMPAIGN_VIEW),
    )
    return [
        {"label": label, "url": reverse(f"outreach:{name}"), "active": name == active}
        for name, label, right in pages
        if can(viewer, right)
    ]


def _list(
    request: HttpRequest,
    *,
    file_form: ListFileForm | None = None,
    loaded: suppression_list.Loaded | None = None,
    status: int = 200,
) -> HttpResponse:
    viewer = viewer_of(request)
    text, kind = request.GET.get("q", "")[:320], request.GET.get("kind", "")
    rows = suppression_list.entries(viewer, text=text, kind=kind)
    page = keyset(rows, order=("-created_at", "-id"), after=request.GET.get("after"), size=50)
    here = reverse("outreach:suppression")
    context = {
        "page": page,
        "q": text,
        "kind": kind,
        "kinds": [
            {"label": label, "url": f"{here}?kind={name}" if name else here, "active": kind == name}
            for name, label in _KINDS
        ],
        "removals": list(suppression_list.removals(viewer)[:10]),
        "tabs": settings_tabs("suppression", viewer),
        "file_form": file_form or ListFileForm(),
        "loaded": loaded,
        "may_add": can(viewer, Right.CAMPAIGN_EDIT),
        "may_remove": viewer.role == Role.ADMIN,
    }
    response = render(request, "outreach/suppression.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response
