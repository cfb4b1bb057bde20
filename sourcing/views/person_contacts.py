"""Addresses and numbers of a person: the "+", pins, what is known about them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Right, needs
from foundation.problems import Problem
from sourcing import contact_points, selectors
from sourcing.forms.person_contacts import AddressForm, PhoneForm
from sourcing.models import Candidate
from sourcing.views.person import contacts_context
from sourcing.views.problems import onto_form
from sourcing.views.requests import private, viewer_of, wants_part


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_EDIT)
def add_email(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """The "+" beside the e-mails: type Personal, Business or Other, address, Save. Only the adder sees it."""
    return _add(request, candidate_id, "email")


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_EDIT)
def add_phone(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """The "+" beside the phones: type, number, Save. Only the adder sees it."""
    return _add(request, candidate_id, "phone")


@require_POST
@needs(Right.CANDIDATE_EDIT)
def pin(request: HttpRequest, contact_point_id: int) -> HttpResponse:
    """*Use this address first in messaging campaign*."""
    point = selectors.contact_point_for(viewer_of(request), contact_point_id)
    contact_points.pin(contact_point=point, actor=viewer_of(request))
    return _contacts(request, point.candidate)


@require_POST
@needs(Right.CANDIDATE_EDIT)
def unpin(request: HttpRequest, contact_point_id: int) -> HttpResponse:
    """Take the pin back."""
    point = selectors.contact_point_for(viewer_of(request), contact_point_id)
    contact_points.unpin(contact_point=point, actor=viewer_of(request))
    return _contacts(request, point.candidate)


@require_POST
@needs(Right.CANDIDATE_EDIT)
def mark_valid(request: HttpRequest, contact_point_id: int) -> HttpResponse:
    """A bounced address works after all."""
    point = selectors.contact_point_for(viewer_of(request), contact_point_id)
    contact_points.mark_valid(contact_point=point, actor=viewer_of(request))
    return _contacts(request, point.candidate)


@require_POST
@needs(Right.CANDIDATE_EDIT)
def set_status(request: HttpRequest, contact_point_id: int) -> HttpResponse:
    """Verified, invalid or unknown, said by hand."""
    point = selectors.contact_point_for(viewer_of(request), contact_point_id)
    contact_points.set_status(
        contact_point=point, actor=viewer_of(request), status=request.POST.get("status", "")
    )
    return _contacts(request, point.candidate)


@require_POST
@needs(Right.CANDIDATE_EDIT)
def remove_contact(request: HttpRequest, contact_point_id: int) -> HttpResponse:
    """Delete what the viewer added by hand."""
    point = selectors.contact_point_for(viewer_of(request), contact_point_id)
    contact_points.remove(contact_point=point, actor=viewer_of(request))
    return _contacts(request, point.candidate)


def _add(request: HttpRequest, candidate_id: int, kind: str) -> HttpResponse:
    viewer = viewer_of(request)
    found = selectors.candidate_for(viewer, candidate_id)
    form, add = (
        (AddressForm(request.POST or None), contact_points.add_email)
        if kind == "email"
        else (PhoneForm(request.POST or None), contact_points.add_phone)
    )
    if request.method == "POST" and form.is_valid():
        try:
            add(candidate=found, actor=viewer, **form.cleaned_data)
        except Problem as problem:
            onto_form(problem, form, "value")
        else:
            return _contacts(request, found)
    context = {"form": form, "person": found, "adding": kind} | contacts_context(viewer, found)
    part = wants_part(request, "contacts")
    template = "sourcing/_contacts.html" if part else "sourcing/add_contact.html"
    return private(render(request, template, context, status=422 if form.errors else 200))


def _contacts(request: HttpRequest, found: Candidate) -> HttpResponse:
    """After a change of addresses: the block again for htmx, else the person's page."""
    if wants_part(request, "contacts"):
        context = contacts_context(viewer_of(request), found)
        return private(render(request, "sourcing/_contacts.html", context))
    return redirect("sourcing:candidate", found.pk)
