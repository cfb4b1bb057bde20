"""Pages about people: the list with its drawer, one person, adding and editing, addresses."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import Right, can, needs
from foundation.problems import Problem
from sourcing import people as operations
from sourcing import person_data, selectors, slots, suppression
from sourcing.forms import AddressForm, NewPersonForm, PersonForm
from sourcing.models import Candidate, ContactKind, ContactPoint, Origin
from sourcing.search import query
from sourcing.views.problems import onto_form
from sourcing.views.requests import number, viewer_of, wants_part
from sourcing.views.rows import bulk_actions, rows


@require_GET
def home(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view
    """The start of the product is the list of people; the page there asks for login and right."""
    return redirect("sourcing:people")


@require_GET
@needs(Right.CANDIDATE_VIEW)
def people(request: HttpRequest) -> HttpResponse:
    """Everybody, or who fits ``q``; ``person=<id>`` opens the drawer beside the list."""
    viewer = viewer_of(request)
    chosen = number(request.GET.get("person"))
    person = selectors.candidate_for(viewer, chosen) if chosen is not None else None
    context: dict[str, Any] = person_context(viewer, person) if person else {}
    if person and wants_part(request, "drawer"):
        context["close_url"] = _without_person(request)
        return _private(render(request, "sourcing/_drawer.html", context))
    text = request.GET.get("q", "")
    order = query.Order.NAME if request.GET.get("order") == query.Order.NAME else query.Order.RECENT
    page = query.people(viewer=viewer, text=text, order=order, after=request.GET.get("after"))
    context |= {
        "q": text,
        "order": order.value,
        "page": page,
        "rows": rows(viewer, page.people),
        "marks": slots.candidate_mark.visible(viewer),
        "bulk_actions": bulk_actions(viewer),
        "anybody": bool(page.people) or bool(text) or selectors.visible_candidates(viewer).exists(),
        "may_import": can(viewer, Right.CANDIDATE_IMPORT),
        "may_edit": can(viewer, Right.CANDIDATE_EDIT),
        "close_url": _without_person(request),
        "row_query": _row_query(request),
    }
    return _private(render(request, "sourcing/people.html", context))


@require_GET
@needs(Right.CANDIDATE_VIEW)
def person(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """One person on a page of their own; the same content as the drawer."""
    viewer = viewer_of(request)
    context = person_context(viewer, selectors.candidate_for(viewer, candidate_id))
    return _private(render(request, "sourcing/person.html", context))


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_EDIT)
def new_person(request: HttpRequest) -> HttpResponse:
    """Make a person by hand."""
    viewer = viewer_of(request)
    form = NewPersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        address = (values.pop("email"), values.pop("email_type"))
        values.pop("version")
        assert viewer.organisation is not None
        try:
            made = operations.create_candidate(
                organisation=viewer.organisation,
                actor=viewer,
                origin=Origin.ADDED,
                source="Added by hand",
                emails=[address] if address[0] else [],
                **values,
            )
        except Problem as problem:
            onto_form(problem, form, "email")
        else:
            return redirect("sourcing:candidate", made.pk)
    return render(request, "sourcing/person_form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_EDIT)
def edit_person(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """Edit what is known; a version that somebody changed meanwhile is refused and shown."""
    viewer = viewer_of(request)
    found = selectors.candidate_for(viewer, candidate_id)
    form = PersonForm(request.POST or None, initial=_initial(found))
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        version = values.pop("version") or 0
        try:
            operations.edit_candidate(candidate=found, actor=viewer, version=version, changes=values)
        except Problem as problem:
            onto_form(problem, form)
        else:
            messages.success(request, "Saved")
            return redirect("sourcing:candidate", found.pk)
    context = {"form": form, "person": found}
    return render(request, "sourcing/person_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_EDIT)
def add_email(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """The "+" beside the e-mails: type Personal, Business or Other, address, Save. Only the adder sees it."""
    viewer = viewer_of(request)
    found = selectors.candidate_for(viewer, candidate_id)
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            operations.add_email(candidate=found, actor=viewer, **form.cleaned_data)
        except Problem as problem:
            onto_form(problem, form, "value")
        else:
            return _contacts(request, found)
    context = {"form": form, "person": found, "adding": True} | contacts_context(viewer, found)
    part = wants_part(request, "contacts")
    template = "sourcing/_contacts.html" if part else "sourcing/add_email.html"
    return _private(render(request, template, context, status=422 if form.errors else 200))


@require_POST
@needs(Right.CANDIDATE_EDIT)
def pin(request: HttpRequest, contact_point_id: int) -> HttpResponse:
    """*Use this address first in messaging campaign*."""
    point = selectors.contact_point_for(viewer_of(request), contact_point_id)
    operations.pin(contact_point=point, actor=viewer_of(request))
    return _contacts(request, point.candidate)


@require_POST
@needs(Right.CANDIDATE_EDIT)
def unpin(request: HttpRequest, contact_point_id: int) -> HttpResponse:
    """Take the pin back."""
    point = selectors.contact_point_for(viewer_of(request), contact_point_id)
    operations.unpin(contact_point=point, actor=viewer_of(request))
    return _contacts(request, point.candidate)


@require_POST
@needs(Right.CANDIDATE_EDIT)
def mark_valid(request: HttpRequest, contact_point_id: int) -> HttpResponse:
    """A bounced address works after all."""
    point = selectors.contact_point_for(viewer_of(request), contact_point_id)
    operations.mark_valid(contact_point=point, actor=viewer_of(request))
    return _contacts(request, point.candidate)


@require_POST
@needs(Right.CANDIDATE_EDIT)
def remove_contact(request: HttpRequest, contact_point_id: int) -> HttpResponse:
    """Delete what the viewer added by hand."""
    point = selectors.contact_point_for(viewer_of(request), contact_point_id)
    operations.remove_contact_point(contact_point=point, actor=viewer_of(request))
    return _contacts(request, point.candidate)


def person_context(viewer: User, found: Candidate) -> dict[str, Any]:
    """What the person's panel shows, in the drawer and on the page."""
    panels = [
        {"slot": slot, "content": content}
        for slot in slots.candidate_panel.visible(viewer)
        if (content := slot.context(found, viewer)) is not None
    ]
    return contacts_context(viewer, found) | {
        "person": found,
        "timeline": person_data.timeline(candidate=found, viewer=viewer),
        "panels": panels,
        "suppressed": found.pk in suppression.suppressed_people(found.organisation_id, [found.pk]),
        "education": list(found.education.all()),
        "experience": list(found.experience.all()),
        "links": list(found.social_profiles.all()),
        "projects": selectors.projects_of(viewer, found),
    }


def contacts_context(viewer: User, found: Candidate) -> dict[str, Any]:
    """Addresses and numbers the viewer may see; an own private row stands back behind an equal shared one."""
    points = list(selectors.contact_points(viewer=viewer, candidate=found))
    shared = {(point.kind, point.normalised) for point in points if point.shared}
    shown = [point for point in points if point.shared or (point.kind, point.normalised) not in shared]
    return {
        "person": found,
        "emails": [point for point in shown if point.kind == ContactKind.EMAIL],
        "phones": [point for point in shown if point.kind == ContactKind.PHONE],
        "used_first": used_first(shown),
        "may_edit": can(viewer, Right.CANDIDATE_EDIT),
    }


def used_first(points: list[ContactPoint]) -> int | None:
    """The pinned address that counts for the viewer: their own private one before a shared one."""
    pinned = [point for point in points if point.pinned_at is not None and point.kind == ContactKind.EMAIL]
    return next((point.pk for point in sorted(pinned, key=lambda point: point.shared)), None)


def _contacts(request: HttpRequest, found: Candidate) -> HttpResponse:
    """After a change of addresses: the block again for htmx, else the person's page."""
    if wants_part(request, "contacts"):
        context = contacts_context(viewer_of(request), found)
        return _private(render(request, "sourcing/_contacts.html", context))
    return redirect("sourcing:candidate", found.pk)


def _initial(found: Candidate) -> dict[str, Any]:
    return {
        **{
            name: getattr(found, name) for name in ("first_name", "last_name", "title", "company", "location")
        },
        "summary": found.summary,
        "skills": ", ".join(found.skills),
        "linkedin_url": f"https://{found.linkedin_key}" if found.linkedin_key else "",
        "version": found.version,
    }


def _row_query(request: HttpRequest) -> str:
    """The list's question without the drawer, to which a row adds its person."""
    values = request.GET.copy()
    values.pop("person", None)
    return values.urlencode()


def _without_person(request: HttpRequest) -> str:
    rest = _row_query(request)
    return reverse("sourcing:people") + (f"?{rest}" if rest else "")


def _private(response: HttpResponse) -> HttpResponse:
    """A part and a page share one address, and neither belongs into a cache."""
    response["Vary"] = "HX-Request"
    response["Cache-Control"] = "no-store"
    return response
