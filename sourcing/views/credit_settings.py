"""Settings → Credits and providers: what is left, the allowance, credits by hand, providers in their order."""

from __future__ import annotations

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import settings_pages
from accounts.permissions import Right, needs
from foundation.paging import keyset
from foundation.problems import Problem
from sourcing.finding import allowance as allowances
from sourcing.finding import ledger, selectors, setup
from sourcing.finding.forms import AllowanceForm, GrantForm, ProviderForm
from sourcing.finding.providers import provider_class
from sourcing.views.problems import onto_form
from sourcing.views.requests import viewer_of

LINES = 25


@require_GET
@needs(Right.ORGANISATION_EDIT)
def overview(request: HttpRequest) -> HttpResponse:
    """Everything on one page."""
    return _overview(request)


@require_POST
@needs(Right.ORGANISATION_EDIT)
def allowance(request: HttpRequest) -> HttpResponse:
    """Set the monthly allowance; it holds from the next refresh on."""
    form = AllowanceForm(request.POST)
    if form.is_valid():
        try:
            allowances.change(actor=viewer_of(request), **form.cleaned_data)
        except Problem as problem:
            onto_form(problem, form)
        else:
            messages.success(request, "Allowance saved")
            return redirect("sourcing:credit_settings")
    return _overview(request, allowance_form=form)


@require_POST
@needs(Right.ORGANISATION_EDIT)
def grant(request: HttpRequest) -> HttpResponse:
    """Add credits by hand; a second press of the same button adds none."""
    viewer = viewer_of(request)
    form = GrantForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data
        assert viewer.organisation is not None
        try:
            ledger.grant_by_hand(organisation=viewer.organisation, actor=viewer, **values)
        except Problem as problem:
            onto_form(problem, form)
        else:
            messages.success(request, f"{values['amount']:,} credits added")
            return redirect("sourcing:credit_settings")
    return _overview(request, grant_form=form)


@require_http_methods(["GET", "POST"])
@needs(Right.ORGANISATION_EDIT)
def provider(request: HttpRequest, provider: str) -> HttpResponse:
    """Key, address, price and switch of one provider. The key is never shown again."""
    viewer = viewer_of(request)
    found = selectors.offer_for(viewer, provider)
    form = ProviderForm(request.POST or None, provider=found.provider, row=found.row)
    if request.method == "POST" and form.is_valid():
        try:
            setup.save(actor=viewer, slug=provider, **form.cleaned_data)
        except Problem as problem:
            onto_form(problem, form)
        else:
            messages.success(request, f"{found.name} saved")
            return redirect("sourcing:credit_settings")
    context = {
        "form": form,
        "name": found.name,
        "slug": found.slug,
        "row": found.row,
        "tabs": settings_pages.tabs(viewer, active="sourcing:credit_settings"),
    }
    return render(request, "sourcing/credit_provider.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Right.ORGANISATION_EDIT)
def move(request: HttpRequest, provider: str) -> HttpResponse:
    """Ask a provider earlier or later."""
    setup.move(actor=viewer_of(request), slug=provider, earlier=request.POST.get("to") != "later")
    return redirect("sourcing:credit_settings")


@require_POST
@needs(Right.ORGANISATION_EDIT)
def remove(request: HttpRequest, provider: str) -> HttpResponse:
    """Forget a provider and its key."""
    found = provider_class(provider)
    if setup.remove(actor=viewer_of(request), slug=provider):
        messages.success(request, f"{found.display_name} removed; its key is wiped")
    return redirect("sourcing:credit_settings")


def _overview(
    request: HttpRequest, *, allowance_form: Form | None = None, grant_form: Form | None = None
) -> HttpResponse:
    viewer = viewer_of(request)
    assert viewer.organisation is not None
    refused = bool(allowance_form or grant_form)
    context = {
        "credits": selectors.credits_of(viewer),
        "offers": selectors.offers(viewer),
        "page": keyset(
            selectors.entries(viewer),
            order=("-created_at", "-id"),
            after=request.GET.get("after"),
            size=LINES,
        ),
        "allowance_form": allowance_form or AllowanceForm(initial=allowances.whole(viewer.organisation)),
        "grant_form": grant_form or GrantForm(),
        "tabs": settings_pages.tabs(viewer, active="sourcing:credit_settings"),
    }
    return render(request, "sourcing/credit_settings.html", context, status=422 if refused else 200)
