"""*Send e-mail* on a person: one message, from a template, now or later."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import Right, needs, viewer_of
from foundation.problems import Invalid
from outreach import single, templates
from outreach.contents import Content
from outreach.forms import SingleMailForm
from outreach.outbox import queue
from outreach.views import editor
from sourcing import selectors, slots, suppression
from sourcing.models import Candidate, ContactPoint


@require_http_methods(["GET", "POST"])
@needs(Right.CAMPAIGN_EDIT)
def write(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """Write to one person; ``?template=`` begins with that text."""
    viewer = viewer_of(request)
    person = selectors.candidate_for(viewer, candidate_id)
    points = single.addresses(viewer, person)
    usable = {str(point.pk): point for point, problem in points if not problem}
    senders = single.senders(viewer)
    content = _begun(viewer, request.GET.get("template"))
    form = SingleMailForm(
        request.POST or None,
        mailboxes=senders,
        addresses=[(pk, f"{point.value} · {point.get_type_display()}") for pk, point in usable.items()],
        initial=editor.initial_of(content)
        | {"mailbox": single.default_sender(viewer), "token": queue.mint_token()},
    )
    if request.method == "POST" and form.is_valid():
        try:
            content = editor.content_from(request)
            planned = _send(viewer, form, person, usable, content)
        except Invalid as problem:
            editor.tell(form, problem)
        else:
            messages.success(request, "The e-mail is planned." if planned else "The e-mail is on its way.")
            return redirect(f"{person.url}?tab=messages")
    data = editor.as_posted(request, content)
    data["person"], data["fixed"] = str(person.pk), "1"
    context = {
        "person": person,
        "form": form,
        "unusable": [(point, problem) for point, problem in points if problem],
        "suppressed": person.pk in suppression.suppressed_people(person.organisation_id, [person.pk]),
        "notices": slots.notices_of(viewer, [person.pk])[person.pk],
        "ready": bool(usable) and senders.exists(),
        "linked": senders.exists(),
        "zone": viewer.time_zone,
        "templates": templates.visible(viewer),
        "editor": editor.editor(viewer, editor.shown(request, content)),
    }
    if content.text.strip() or request.method == "POST":
        context |= editor.checked(viewer, data)
    return render(request, "outreach/write.html", context, status=422 if form.errors else 200)


def _begun(viewer: User, chosen: str | None) -> Content:
    if chosen and chosen.isascii() and chosen.isdigit() and len(chosen) < 19:
        return templates.content_of(templates.template_for(viewer, int(chosen)))
    return Content()


def _send(
    viewer: User, form: SingleMailForm, person: Candidate, usable: dict[str, ContactPoint], content: Content
) -> bool:
    """Into the outbox; True if it waits for a later minute."""
    data = form.cleaned_data
    at = _moment(data["at"], viewer) if data["when"] == "later" else None
    single.send(
        candidate=person,
        actor=viewer,
        mailbox=data["mailbox"],
        address=usable[data["address"]],
        content=content,
        token=data["token"],
        at=at,
    )
    return at is not None


def _moment(typed: datetime, viewer: User) -> datetime:
    """Wall time in the writer's zone; one that the clock skips moves on by the gap; twice: the first."""
    return typed.replace(tzinfo=ZoneInfo(viewer.time_zone), fold=0)
