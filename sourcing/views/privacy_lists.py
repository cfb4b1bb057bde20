"""Privacy for the whole organisation: who is proposed for erasing, who must be told, what was erased, the rules."""

from __future__ import annotations

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right, can, needs
from foundation.paging import keyset
from foundation.problems import Problem
from sourcing import erasing, privacy, retention
from sourcing.forms.privacy import KeepForm, RulesForm, ToldForm
from sourcing.models import ErasureReason, ErasureReceipt, PersonSearch
from sourcing.views.problems import onto_form
from sourcing.views.requests import numbers, viewer_of

TABS = (
    ("privacy_retention", "To erase", Right.CANDIDATE_EDIT),
    ("privacy_notices", "To be told", Right.CANDIDATE_EDIT),
    ("privacy_erasures", "Erased", Right.AUDIT_VIEW),
    ("privacy_rules", "Rules", Right.ORGANISATION_EDIT),
)


@require_GET
@needs(Right.CANDIDATE_EDIT)
def proposals(request: HttpRequest) -> HttpResponse:
    """Whom the retention rule proposes."""
    return _proposals(request, KeepForm())


@require_POST
@needs(Right.CANDIDATE_EDIT)
def erase_proposed(request: HttpRequest) -> HttpResponse:
    """Erase the ticked people; each is a run of its own."""
    viewer = viewer_of(request)
    ticked = retention.proposals(viewer).filter(pk__in=numbers(request.POST.getlist("proposal")))
    for proposal in ticked:
        erasing.request(
            candidate=proposal.candidate, actor=viewer, reason=ErasureReason.RETENTION, block=False
        )
    messages.success(
        request, f"{len(ticked)} {'person is' if len(ticked) == 1 else 'people are'} being erased."
    )
    return redirect("sourcing:privacy_retention")


@require_POST
@needs(Right.CANDIDATE_EDIT)
def keep_proposed(request: HttpRequest) -> HttpResponse:
    """Keep the ticked people until a day."""
    form = KeepForm(request.POST)
    if form.is_valid():
        try:
            kept = retention.keep(
                actor=viewer_of(request),
                proposal_ids=numbers(request.POST.getlist("proposal")),
                today=timezone.localdate(),
                **form.cleaned_data,
            )
        except Problem as problem:
            onto_form(problem, form)
        else:
            messages.success(request, f"{kept} kept.")
            return redirect("sourcing:privacy_retention")
    return _proposals(request, form, status=422)


@require_GET
@needs(Right.CANDIDATE_EDIT)
def notices(request: HttpRequest) -> HttpResponse:
    """Who must be told within a week, or should have been."""
    viewer = viewer_of(request)
    now = timezone.now()
    rules = privacy.rules_of(viewer.tenant_id)
    waiting = privacy.notices_due(viewer, now=now)
    page = keyset(waiting, order=privacy.NOTICE_ORDER, after=request.GET.get("after"), size=50)
    context = {
        "page": page,
        "due": [(due := privacy.due_of(person, rules), due.overdue(now)) for person in page.rows],
        "rules": rules,
        "form": ToldForm(),
        "may_decide": can(viewer, Right.ORGANISATION_EDIT),
    }
    return _tabbed(request, "privacy_notices", context)


@require_POST
@needs(Right.CANDIDATE_EDIT)
def told(request: HttpRequest) -> HttpResponse:
    """The ticked people were told."""
    done = privacy.told(
        actor=viewer_of(request),
        candidate_ids=numbers(request.POST.getlist("candidate")),
        way=request.POST.get("way", ""),
        at=timezone.now(),
    )
    messages.success(request, f"{done} noted as told.")
    return redirect("sourcing:privacy_notices")


@require_GET
@needs(Right.AUDIT_VIEW)
def erasures(request: HttpRequest) -> HttpResponse:
    """Receipts, the last first."""
    rows = ErasureReceipt.objects.for_organisation(viewer_of(request).tenant_id)
    page = keyset(rows, order=("-id",), after=request.GET.get("after"), size=50)
    return _tabbed(request, "privacy_erasures", {"page": page})


@require_http_methods(["GET", "POST"])
@needs(Right.ORGANISATION_EDIT)
def rules(request: HttpRequest) -> HttpResponse:
    """What the organisation decides about notices and retention."""
    viewer = viewer_of(request)
    present = privacy.rules_of(viewer.tenant_id)
    form = RulesForm(
        request.POST or None, initial={name: getattr(present, name) for name in RulesForm.base_fields}
    )
    if request.method == "POST" and form.is_valid():
        try:
            retention.decide(actor=viewer, now=timezone.now(), **form.cleaned_data)
        except Problem as problem:
            onto_form(problem, form)
        else:
            messages.success(request, "Rules saved")
            return redirect("sourcing:privacy_rules")
    return _tabbed(request, "privacy_rules", {"form": form}, status=422 if form.errors else 200)


def _proposals(request: HttpRequest, form: Form, status: int = 200) -> HttpResponse:
    viewer = viewer_of(request)
    page = keyset(
        retention.proposals(viewer), order=("inactive_since", "id"), after=request.GET.get("after"), size=50
    )
    context = {
        "page": page,
        "form": form,
        "rules": privacy.rules_of(viewer.tenant_id),
        "may_decide": can(viewer, Right.ORGANISATION_EDIT),
        "anybody": PersonSearch.objects.for_organisation(viewer.tenant_id).exists(),
    }
    return _tabbed(request, "privacy_retention", context, status=status)


def _tabbed(request: HttpRequest, active: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    tabs = [
        {"label": label, "url": reverse(f"sourcing:{name}"), "active": name == active}
        for name, label, right in TABS
        if can(request.user, right)
    ]
    response = render(request, f"sourcing/{active}.html", {**context, "tabs": tabs}, status=status)
    response["Cache-Control"] = "no-store"
    return response
